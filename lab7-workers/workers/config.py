"""Settings of the workers, from the environment."""

from typing import Literal

from pydantic import Field, SecretStr

from socle.config import ConfigBase, Port, Secondes


class Config(ConfigBase):
    """One worker program. `echeance_s`: after this age of the checkout, a neighbour that is down means failure.

    `metrics_port` 0 is the port that the contract (section 1) gives to the worker.
    """

    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5434
    postgres_db: str = "workers_db"
    postgres_user: str = "workers_user"
    postgres_password: SecretStr
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://")

    echeance_s: Secondes = 30.0
    en_vol: int = Field(8, ge=1, le=64)
    cadence_s: float = Field(0.025, ge=0, le=2)
    cadence_vaine_s: float = Field(0.1, ge=0, le=2)
    cadence_audit_s: float = Field(0.2, ge=0, le=2)
    cadence_suites_s: float = Field(0.5, ge=0, le=2)
    reclamation_s: Secondes = 15.0
    essais_max: int = Field(5, ge=1, le=100)
    attente_max_s: Secondes = 2.0

    notification_canal: Literal["console", "smtp"] = "console"
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 25
    smtp_chiffre: bool = False
    smtp_utilisateur: str = ""
    smtp_mot_de_passe: SecretStr = SecretStr("")
    # Whoever keeps the dead letters (the event store); `amorcer` grants it what that takes.
    lettres_mortes_role: str = Field("", pattern=r"^([a-z_][a-z0-9_]{0,62})?$")

    smtp_expediteur: str = Field("boutique@example.com", pattern=r"^[^@\s]+@[^@\s]+$")
