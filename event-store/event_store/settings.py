"""What this service reads from the environment, besides the variables common to all."""

from pydantic import Field, SecretStr

from socle.config import ConfigBase, Port


class Config(ConfigBase):
    """`POSTGRES_USER` may read the history and append to it; `POSTGRES_OWNER_USER` owns the tables (commands only)."""

    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5434
    postgres_db: str = "event_store_db"
    postgres_user: str = "event_store_user"
    postgres_password: SecretStr = SecretStr("")
    postgres_statement_timeout_ms: int = Field(5000, ge=100, le=600_000)
    postgres_owner_user: str = "event_store_owner"
    postgres_owner_password: SecretStr = SecretStr("")

    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://")

    # Dead letters live with the services that consume the stream. We enter those databases as ourselves; empty host
    # and port 0 mean the same server as ours.
    workers_postgres_host: str = ""
    workers_postgres_port: int = Field(0, ge=0, le=65535)
    workers_postgres_db: str = "workers_db"
    ecommerce_postgres_host: str = ""
    ecommerce_postgres_port: int = Field(0, ge=0, le=65535)
    ecommerce_postgres_db: str = "ecommerce_db"

    # Sagas of the orchestrator keep their own history; {id} is the checkout id.
    historique_saga_url: str = "/api/saga/api/saga/commandes/{id}/"
