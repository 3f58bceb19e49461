from pathlib import Path
from typing import Literal
from uuid import UUID

from pydantic import SecretStr

from socle.config import ConfigDjango, Secondes, charger
from socle.django.reglages import construire


class Config(ConfigDjango):
    """Environment of the service."""

    postgres_db: str = "magasin_db"
    postgres_user: str = "magasin_user"
    magasin_vente_id: UUID = UUID("550e8400-e29b-41d4-a716-446655440000")
    page_budget_s: Secondes = 4.0
    validation_lecture_s: Secondes = 12.0
    checkout_lecture_s: Secondes = 1.5
    lecture_publique: bool = False
    cookies_https: bool = False
    comptes: dict[Literal["lecteur", "operateur", "gestionnaire"], SecretStr] = {}


CONFIG = charger(Config)
_REGLAGES = construire(CONFIG, app="magasin", base="", titre="Magasin", applications=["console"], idempotence=False)
globals().update(_REGLAGES)

# Pages: every request has its session, its user, its messages and its CSRF check (in the other services only /admin/).
MIDDLEWARE = [
    "magasin.interfaces.middleware.PagesMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SILENCED_SYSTEM_CHECKS: list[str] = []
_REGLAGES["TEMPLATES"][0]["OPTIONS"]["context_processors"].append("magasin.interfaces.acces.contexte")
MIGRATION_MODULES = {**_REGLAGES["MIGRATION_MODULES"], "console": "console.infrastructure.migrations"}

TIME_ZONE = "America/Montreal"
LOCALE_PATHS = [Path(__file__).parent / "locale"]
LOGIN_URL = "connexion"
LOGIN_REDIRECT_URL = "indicateurs_performance"
LOGOUT_REDIRECT_URL = "indicateurs_performance"
CSRF_FAILURE_VIEW = "magasin.interfaces.erreurs.jeton_perime"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CONFIG.cookies_https
