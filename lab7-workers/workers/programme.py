"""One worker process: its consumer, the relay of the workers' outbox, its metrics page."""

import logging.config
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import redis
from prometheus_client import REGISTRY as REGISTRE
from prometheus_client import CollectorRegistry, start_http_server

from socle import fautes, journaux
from socle.evenements import inbox
from socle.evenements.base import Base
from socle.evenements.bus import Bus
from socle.evenements.consommateur import Consommateur, Reglages
from socle.evenements.outbox import Relais
from socle.evenements.reactions import Table
from socle.evenements.tables import CREATION
from workers import audit, cqrs_projection, notification, order_creation, stock_compensation, stock_reservation
from workers.canaux import Canal, CanalConsole, CanalSmtp
from workers.config import FLUX, Config
from workers.contexte import Contexte
from workers.metriques import Compteurs, EtatDuGroupe, Horloge
from workers.services import Services

GROUPES = (
    stock_reservation.GROUPE,
    order_creation.GROUPE,
    stock_compensation.GROUPE,
    notification.GROUPE,
    audit.GROUPE,
    cqrs_projection.GROUPE,
    "choreo-suivi",
)
_TABLES: dict[str, Callable[[Contexte], Table]] = {
    "audit": audit.table,
    "stock-reservation": stock_reservation.table,
    "order-creation": order_creation.table,
    "stock-compensation": stock_compensation.table,
    "cqrs-projection": cqrs_projection.table,
}
NOMS = (*_TABLES, "notification")
_AGE_DU_RELAIS_S = 2.0


def _canal(config: Config) -> Canal:
    if config.notification_canal == "smtp":
        return CanalSmtp(config.smtp_host, config.smtp_port, expediteur=config.smtp_expediteur)
    return CanalConsole()


def _table(nom: str, contexte: Contexte, config: Config) -> Table:
    return notification.table(contexte, _canal(config)) if nom == "notification" else _TABLES[nom](contexte)


def base(config: Config, nom: str) -> Base:
    """A connection of its own to workers_db."""
    return Base(
        nom=nom,
        host=config.postgres_host,
        port=config.postgres_port,
        dbname=config.postgres_db,
        user=config.postgres_user,
        password=config.postgres_password.get_secret_value(),
    )


def amorcer(config: Config) -> None:
    """Create the tables of workers_db where they are missing, and forget old inbox rows. Idempotent."""
    connexion = base(config, "amorce")
    with connexion.transaction() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(7)")
        curseur.execute("SELECT to_regclass('outbox')")
        if curseur.fetchone()[0] is None:
            curseur.execute(CREATION)
        inbox.purger(curseur)
    connexion.fermer()


class Programme:
    """Wires one worker from its settings."""

    def __init__(self, nom: str, config: Config) -> None:
        self._config, self._nom = config, nom
        client = redis.Redis.from_url(
            config.redis_url,
            decode_responses=True,
            socket_connect_timeout=config.http_connexion_s,
            socket_timeout=5.0,
            health_check_interval=15,
        )
        self._bus = Bus(client, FLUX)
        horloge = Horloge(base(config, f"{config.instance_id}-horloge"))
        services = Services(
            config.kong_gateway_url,
            cle_api=config.kong_api_key.get_secret_value(),
            jeton_interne=config.internal_token.get_secret_value(),
            connexion=config.http_connexion_s,
            lecture=config.http_lecture_s,
        )
        contexte = Contexte(
            services=services,
            age_s=lambda moment: horloge.epoque() - datetime.fromisoformat(moment).timestamp(),
            echeance_s=config.echeance_s,
            source=nom,
            maintenant=lambda: datetime.fromtimestamp(horloge.epoque(), UTC),
        )
        self._table = _table(nom, contexte, config)
        self._consommateur = Consommateur(
            self._table,
            base=base(config, config.instance_id),
            bus=self._bus,
            nom=config.instance_id,
            reglages=Reglages(en_vol=config.en_vol, reclamation_s=config.reclamation_s),
            observateur=Compteurs(FLUX, self._table.groupe, nom, horloge),
        )

    def tourner(self) -> None:
        """Work until SIGTERM or SIGINT, then drain."""
        arret = threading.Event()

        def finir(*_: Any) -> None:
            arret.set()
            self._consommateur.arreter()

        signal.signal(signal.SIGTERM, finir)
        signal.signal(signal.SIGINT, finir)
        self._exposer()
        relais = Relais(
            base(self._config, f"{self._config.instance_id}-relais"), self._bus, groupes=GROUPES, age_s=_AGE_DU_RELAIS_S
        )
        fil = threading.Thread(target=relais.tourner, args=(arret,), name="relais")
        fil.start()
        self._consommateur.tourner()
        arret.set()
        fil.join(5)

    def _exposer(self) -> None:
        registre = CollectorRegistry()
        registre.register(REGISTRE)
        registre.register(EtatDuGroupe(base(self._config, "metriques"), self._bus, self._table.groupe))
        start_http_server(self._config.metrics_port, addr=self._config.metrics_host, registry=registre)


def journaliser(config: Config) -> None:
    """Logs to stderr in the configured form; fault points in the lab profile."""
    logging.config.dictConfig(
        journaux.configuration("workers", config.instance_id, forme=config.log_format, niveau=config.log_level)
    )


def allumer_les_fautes(config: Config) -> None:
    """Turn the fault points on in the lab profile."""
    if config.labo_fautes:
        fautes.activer(fautes.fichier_de(config.instance_id))
