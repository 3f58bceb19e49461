"""Settings of the workers, from the environment."""

from pydantic import Field, SecretStr

from socle.config import ConfigBase, Port, Secondes

FLUX = "ecommerce.checkout.events"


class Config(ConfigBase):
    """One worker program. `echeance_s`: after this age of the checkout, a neighbour that is down means failure."""

    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5434
    postgres_db: str = "workers_db"
    postgres_user: str = "workers_user"
    postgres_password: SecretStr
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://")
    metrics_port: Port = 9100
    metrics_host: str = "127.0.0.1"
    echeance_s: Secondes = 30.0
    en_vol: int = Field(8, ge=1, le=64)
    reclamation_s: Secondes = 15.0

    notification_canal: str = Field("console", pattern="^(console|smtp)$")
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 25
    smtp_expediteur: str = "boutique@example.com"
