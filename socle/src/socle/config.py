"""Settings come from the environment, are validated at start, and fail with one clear message."""

import sys
from typing import Annotated, Literal, TypeVar

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Port = Annotated[int, Field(ge=1, le=65535)]
Secondes = Annotated[float, Field(gt=0, le=3600)]


class ConfigBase(BaseSettings):
    """What every process of the platform reads. Variables are the field names in upper case."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    instance_id: str = Field("local-1", min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
    log_format: Literal["json", "texte"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    labo_fautes: bool = False
    internal_token: SecretStr = Field(min_length=8)

    kong_gateway_url: str = Field("http://127.0.0.1:8080", pattern=r"^https?://[^/]+$")
    kong_api_key: SecretStr = SecretStr("")
    http_connexion_s: Secondes = 0.5
    http_lecture_s: Secondes = 2.0


class ConfigDjango(ConfigBase):
    """What every Django service reads besides; a subclass gives the defaults of its own database names."""

    debug: bool = False
    secret_key: SecretStr = Field(min_length=16)
    allowed_hosts: str = "*"
    postgres_host: str = "127.0.0.1"
    postgres_port: Port = 5434
    postgres_db: str = Field(min_length=1)
    postgres_user: str = Field(min_length=1)
    postgres_password: SecretStr
    postgres_statement_timeout_ms: int = Field(5000, ge=100, le=600_000)
    redis_url: str = Field("redis://127.0.0.1:6379/0", pattern=r"^rediss?://")


C = TypeVar("C", bound=ConfigBase)


def charger(modele: type[C]) -> C:
    """Read and validate the environment; on error print one line per variable and exit with status 78 (EX_CONFIG).

    Values are never printed: one of them may be a secret.
    """
    try:
        return modele()
    except ValidationError as erreur:
        print(f"Configuration invalide de {modele.__module__} :", file=sys.stderr)
        for detail in erreur.errors(include_input=False, include_url=False):
            nom = ".".join(str(partie) for partie in detail["loc"]).upper() or "(ensemble)"
            print(f"  {nom} : {detail['msg']}", file=sys.stderr)
        raise SystemExit(78) from None
