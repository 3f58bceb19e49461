"""Settings come from the environment, are validated at start, and fail with one clear message."""

import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

Port = Annotated[int, Field(ge=1, le=65535)]
Secondes = Annotated[float, Field(gt=0, le=3600)]
MOT_DE_PASSE_MIN = 12


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

    # The metrics page of a background program; web programs show theirs on the port they serve.
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(0, ge=0, le=65535)


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
    admin_utilisateur: str = Field("", max_length=150)
    admin_mot_de_passe: SecretStr = SecretStr("")

    @model_validator(mode="after")
    def _compte_entier(self) -> Self:
        mot_de_passe = self.admin_mot_de_passe.get_secret_value()
        if bool(self.admin_utilisateur) != bool(mot_de_passe) or 0 < len(mot_de_passe) < MOT_DE_PASSE_MIN:
            raise ValueError(
                "ADMIN_UTILISATEUR et ADMIN_MOT_DE_PASSE vont ensemble ; "
                f"le mot de passe a au moins {MOT_DE_PASSE_MIN} caractères"
            )
        return self


C = TypeVar("C", bound=ConfigBase)


def charger(modele: type[C]) -> C:
    """Read and validate the environment; on error print one line per variable and exit with status 78 (EX_CONFIG).

    Values are never printed: one of them may be a secret.
    """
    try:
        return modele()  # type: ignore[call-arg]  # the environment provides them
    except ValidationError as erreur:
        print(f"Configuration invalide de {modele.__module__} :", file=sys.stderr)
        for detail in erreur.errors(include_input=False, include_url=False):
            nom = ".".join(str(partie) for partie in detail["loc"]).upper() or "(ensemble)"
            print(f"  {nom} : {_expliquer(detail['type'], detail.get('ctx', {}), detail['msg'])}", file=sys.stderr)
        raise SystemExit(78) from None
    except SettingsError as erreur:  # a structured field whose text is not JSON; the message names the field only
        print(f"Configuration invalide de {modele.__module__} :\n  {erreur}", file=sys.stderr)
        raise SystemExit(78) from None


_EXPLICATIONS = {
    "missing": "variable absente",
    "literal_error": "une des valeurs {expected} est attendue",
    "int_parsing": "un nombre entier est attendu",
    "int_from_float": "un nombre entier est attendu",
    "float_parsing": "un nombre est attendu",
    "bool_parsing": "0 ou 1 est attendu",
    "string_too_short": "au moins {min_length} caractères sont attendus",
    "string_too_long": "au plus {max_length} caractères sont attendus",
    "too_short": "au moins {min_length} caractères sont attendus",
    "string_pattern_mismatch": "la forme {pattern} est attendue",
    "greater_than": "plus de {gt} est attendu",
    "greater_than_equal": "au moins {ge} est attendu",
    "less_than": "moins de {lt} est attendu",
    "less_than_equal": "au plus {le} est attendu",
}


def _expliquer(genre: str, contexte: Mapping[str, Any], defaut: str) -> str:
    """One sentence in French; a validator's own message (which must not quote the value) as it is."""
    modele = _EXPLICATIONS.get(genre)
    return modele.format(**contexte) if modele else defaut
