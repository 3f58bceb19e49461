"""Base settings of a Django service. A service's `settings.py` states only what differs.

class Config(ConfigDjango):
    postgres_db: str = "inventaire_db"
    postgres_user: str = "inventaire_user"

CONFIG = charger(Config)
globals().update(construire(CONFIG, app="inventaire", base="api/ddd/inventaire/", titre="Inventaire"))
"""

from collections.abc import Iterable
from typing import Any

from socle import fautes, journaux
from socle.config import ConfigDjango
from socle.traces_sql import options_de_connexion

_SANS_TRANSACTION_PAR_REQUETE = {
    # Connections are expensive (a new one costs more than the request): keep them, one per thread.
    "CONN_MAX_AGE": None,
    "ATOMIC_REQUESTS": False,
    # A health check costs a round trip per request; `socle.django.base` looks at the socket instead.
    "CONN_HEALTH_CHECKS": False,
}


def base_de_donnees(config: ConfigDjango) -> dict[str, Any]:
    """`DATABASES["default"]`: PostgreSQL, persistent connection, server-side time limits."""
    delai = config.postgres_statement_timeout_ms
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": config.postgres_host,
        "PORT": str(config.postgres_port),
        "NAME": config.postgres_db,
        "USER": config.postgres_user,
        "PASSWORD": config.postgres_password.get_secret_value(),
        "OPTIONS": {
            "connect_timeout": 2,
            "application_name": config.instance_id,
            "options": f"-c statement_timeout={delai} -c idle_in_transaction_session_timeout={2 * delai}",
            # A dead server or a half-open connection is noticed within seconds, not hours.
            "keepalives": 1,
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 2,
            "tcp_user_timeout": 2 * delai,
            **options_de_connexion(),
        },
        **_SANS_TRANSACTION_PAR_REQUETE,
    }


def construire(
    config: ConfigDjango,
    *,
    app: str,
    base: str,
    titre: str,
    applications: Iterable[str] = (),
    middleware: Iterable[str] = (),
    idempotence: bool = True,
    barriere: bool = False,
) -> dict[str, Any]:
    """Django settings of one service.

    `app` is the package and app label, `base` the service's base path without leading slash (where health and
    documentation are served as well, so that they work through the gateway), `titre` the French name in the
    documentation. `idempotence` adds the `Idempotency-Key` table and middleware, `barriere` the participant's table.
    """
    installees = [
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "rest_framework",
        "drf_yasg",
        "socle.django.apps.SocleDjangoConfig",
        *(["socle.idempotence.apps.IdempotenceConfig"] if idempotence else []),
        *(["socle.barriere.apps.BarriereConfig"] if barriere else []),
        *applications,
        app,
    ]
    fichier_fautes = str(fautes.fichier_de(config.instance_id)) if config.labo_fautes else ""
    etiquette = app.rpartition(".")[2]
    return {
        "SOCLE": {
            "app": app,
            "base": base,
            "titre": titre,
            "instance": config.instance_id,
            "jeton_interne": config.internal_token.get_secret_value(),
            "fautes_fichier": fichier_fautes,
            "metriques": (config.metrics_host, config.metrics_port),
            "admin": (config.admin_utilisateur, config.admin_mot_de_passe.get_secret_value()),
        },
        "DEBUG": config.debug,
        "SECRET_KEY": config.secret_key.get_secret_value(),
        "ALLOWED_HOSTS": config.allowed_hosts.split(","),
        "APPEND_SLASH": False,
        "ROOT_URLCONF": f"{app}.interfaces.urls",
        "WSGI_APPLICATION": f"{app}.wsgi.application",
        "INSTALLED_APPS": installees,
        "MIDDLEWARE": [
            "socle.django.middleware.SocleMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "socle.django.admin.AdminMiddleware",
            *(["socle.idempotence.middleware.IdempotenceMiddleware"] if idempotence else []),
            *middleware,
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "DATABASES": {"default": base_de_donnees(config)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_048_576,
        "LANGUAGE_CODE": "fr-ca",
        "USE_I18N": True,
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        # Browsers do not tell ports apart: without names of their own, two services' admins log each other out.
        "SESSION_COOKIE_NAME": f"session_{etiquette}",
        "CSRF_COOKIE_NAME": f"csrf_{etiquette}",
        "STATIC_URL": f"/{base}static/",
        "WHITENOISE_USE_FINDERS": True,
        "WHITENOISE_MAX_AGE": 3600,
        "LOGGING": journaux.configuration(app, config.instance_id, forme=config.log_format, niveau=config.log_level),
        "REST_FRAMEWORK": {
            "DEFAULT_RENDERER_CLASSES": ["socle.django.rest.RenduJson"],
            "DEFAULT_PARSER_CLASSES": ["socle.django.rest.LectureJson"],
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_PERMISSION_CLASSES": [],
            "UNAUTHENTICATED_USER": None,
            "DEFAULT_CONTENT_NEGOTIATION_CLASS": "socle.django.rest.ToujoursJson",
            "EXCEPTION_HANDLER": "socle.django.erreurs.gerer_drf",
            "COERCE_DECIMAL_TO_STRING": False,
        },
        "SWAGGER_SETTINGS": {
            "USE_SESSION_AUTH": False,
            "DEFAULT_AUTO_SCHEMA_CLASS": "socle.django.documentation.SchemaVue",
            "SECURITY_DEFINITIONS": {
                "cle": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
        },
        "MIGRATION_MODULES": {etiquette: f"{app}.infrastructure.migrations"},
        "SILENCED_SYSTEM_CHECKS": [
            # The admin's middleware runs inside AdminMiddleware, for /admin/ only: API requests do not pay for it.
            "admin.E408",
            "admin.E409",
            "admin.E410",
        ],
    }
