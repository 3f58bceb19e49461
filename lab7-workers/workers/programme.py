"""One worker process: its consumer, the relay of the workers' outbox, its metrics page."""

import logging
import logging.config
import signal
import threading
from collections.abc import Callable, Collection
from typing import Any

from prometheus_client import REGISTRY as REGISTRE
from prometheus_client import CollectorRegistry

from socle import exposition, fautes, journaux
from socle.evenements import lettres_mortes
from socle.evenements.base import Base
from socle.evenements.bus import ouvrir
from socle.evenements.compteurs import BusCompte
from socle.evenements.consommateur import Consommateur, Reglages
from socle.evenements.flux import FLUX, GROUPES, TYPES
from socle.evenements.jauges import EtatDuGroupe
from socle.evenements.outbox import Relais
from socle.evenements.reactions import Table
from socle.evenements.tables import CREATION
from socle.fils import Fils
from workers import audit, cqrs_projection, notification, order_creation, stock_compensation, stock_reservation
from workers.canaux import Canal, CanalConsole, CanalSmtp
from workers.config import Config
from workers.contexte import Contexte
from workers.horloge import Horloge
from workers.metriques import CompteursDeWorker
from workers.services import Services

journal = logging.getLogger("workers")

# Name of each worker and its metrics port (contract, section 1).
PORTS = {
    "notification": 9100,
    "audit": 9101,
    "stock-reservation": 9102,
    "order-creation": 9103,
    "stock-compensation": 9104,
    "cqrs-projection": 9105,
}
# Nobody waits for what these do: they work in larger batches.
_SUITES = frozenset({"notification", "audit", "cqrs-projection"})
# What audit takes to store a batch: the projections fold what it has stored, and rest that much longer than it.
_CONSIGNATION_S = 0.05
# Workers publish with the acknowledgement; the relay of each of the six picks up what one of them left by dying.
_AGE_DU_RELAIS_S = 2.0
_INTERVALLE_DU_RELAIS_S = 2.0
# One outbox, six programs: its backlog stands on one page, so that adding up the pages is right.
_MONTRE_L_OUTBOX = "audit"
_ENTRETIEN_DU_RELAIS_S = 6.0
_DRAINAGE_S = 10.0


def base(config: Config, role: str) -> Base:
    """A connection of its own to workers_db; `role` tells it apart in PostgreSQL's list of sessions."""
    return Base(
        nom=f"{config.instance_id}{role}",
        host=config.postgres_host,
        port=config.postgres_port,
        dbname=config.postgres_db,
        user=config.postgres_user,
        password=config.postgres_password.get_secret_value(),
    )


def amorcer(config: Config) -> None:
    """Create the tables of workers_db where they are missing, and entrust the dead letters to their role.

    Idempotent, also when run twice at once.
    """
    connexion = base(config, "-amorce")
    with connexion.transaction() as curseur:
        curseur.execute("SELECT pg_advisory_xact_lock(hashtext('workers:amorce'))")
        curseur.execute("SELECT to_regclass('outbox')")
        if curseur.fetchone()[0] is None:
            curseur.execute(CREATION)
        if config.lettres_mortes_role:
            lettres_mortes.confier(curseur, config.lettres_mortes_role)
    connexion.fermer()


def _table(nom: str, contexte: Contexte, config: Config) -> Table:
    tables: dict[str, Callable[[], Table]] = {
        "stock-reservation": lambda: stock_reservation.table(contexte),
        "order-creation": lambda: order_creation.table(contexte),
        "stock-compensation": lambda: stock_compensation.table(contexte),
        "notification": lambda: notification.table(contexte, _canal(config)),
        "audit": lambda: audit.table(contexte),
        "cqrs-projection": lambda: cqrs_projection.table(contexte, _lettres_d_audit(base(config, "-lettres"))),
    }
    return tables[nom]()


def _canal(config: Config) -> Canal:
    if config.notification_canal == "console":
        return CanalConsole()
    return CanalSmtp(
        hote=config.smtp_host,
        port=config.smtp_port,
        expediteur=config.smtp_expediteur,
        chiffre=config.smtp_chiffre,
        utilisateur=config.smtp_utilisateur,
        mot_de_passe=config.smtp_mot_de_passe.get_secret_value(),
        ensemble=config.en_vol,
    )


def _lettres_d_audit(connexion: Base) -> cqrs_projection.Lettres:
    def lettres(event_ids: Collection[str]) -> set[str]:
        with connexion.transaction() as curseur:
            trouvees = lettres_mortes.parmi(curseur, audit.GROUPE, event_ids)
        connexion.fermer()
        return trouvees

    return lettres


def _reglages(nom: str, config: Config) -> Reglages:
    cadences = dict.fromkeys(_SUITES, config.cadence_suites_s) | {"audit": config.cadence_audit_s}
    courriels = nom == "notification" and config.notification_canal == "smtp"
    return Reglages(
        # A member killed between sending and committing sends its batch again: no more e-mails than are sent at once.
        lot=config.en_vol if courriels else Reglages.lot,
        en_vol=config.en_vol,
        reclamation_s=config.reclamation_s,
        essais_max=config.essais_max,
        attente_max_s=config.attente_max_s,
        cadence_s=cadences.get(nom, config.cadence_s),
        cadence_vaine_s=config.cadence_vaine_s,
        delai_s=config.cadence_audit_s + _CONSIGNATION_S if nom == "cqrs-projection" else 0.0,
        drainage_s=_DRAINAGE_S,
    )


class Programme:
    """Wires one worker from its settings."""

    def __init__(self, nom: str, config: Config) -> None:
        self._nom, self._config = nom, config
        self._bus = BusCompte(ouvrir(config.redis_url, connexion_s=config.http_connexion_s), FLUX)
        heure = Horloge(base(config, "-heure"))
        contexte = Contexte(
            services=Services(
                config.kong_gateway_url,
                cle_api=config.kong_api_key.get_secret_value(),
                jeton_interne=config.internal_token.get_secret_value(),
                connexion=config.http_connexion_s,
                lecture=config.http_lecture_s,
            ),
            heure=heure,
            echeance_s=config.echeance_s,
            source=nom,
        )
        table = _table(nom, contexte, config)
        self._groupe = table.groupe
        self._consommateur = Consommateur(
            table,
            base=base(config, ""),
            bus=self._bus,
            nom=config.instance_id,
            reglages=_reglages(nom, config),
            observateur=CompteursDeWorker(FLUX, table.groupe, heure=heure.epoque),
        )

    def tourner(self) -> None:
        """Work until SIGTERM or SIGINT, then drain. Raises `SystemExit(1)` when a part of it failed."""
        arret = threading.Event()

        def finir(*_: Any) -> None:
            arret.set()

        signal.signal(signal.SIGTERM, finir)
        signal.signal(signal.SIGINT, finir)
        self._exposer()
        relais = Relais(
            base(self._config, "-relais"),
            self._bus,
            groupes=GROUPES,
            age_s=_AGE_DU_RELAIS_S,
            entretien_s=_ENTRETIEN_DU_RELAIS_S,
        )
        fils = Fils(arret)
        fils.lancer("relais", lambda: relais.tourner(arret, intervalle_s=_INTERVALLE_DU_RELAIS_S))
        fils.lancer("consommateur", self._consommateur.tourner)
        journal.info("%s au travail", self._nom)
        arret.wait()
        self._consommateur.arreter()
        fils.finir(_DRAINAGE_S + 5.0)
        journal.info("%s a fini", self._nom)

    def _exposer(self) -> None:
        registre = CollectorRegistry()
        registre.register(REGISTRE)
        service = "workers" if self._nom == _MONTRE_L_OUTBOX else ""
        connexion = base(self._config, "-metriques")
        registre.register(EtatDuGroupe(connexion, self._bus, self._groupe, types=TYPES, service=service))
        port = self._config.metrics_port or PORTS[self._nom]
        try:
            exposition.exposer(
                port,
                adresse=self._config.metrics_host,
                registre=registre,
                jeton_interne=self._config.internal_token.get_secret_value(),
            )
        except OSError as erreur:
            raise SystemExit(
                f"Le port {port} des métriques de {self._nom} n'est pas libre ({erreur.strerror})."
            ) from None


def preparer(config: Config) -> None:
    """Logs to stderr in the configured form; fault points in the lab profile."""
    logging.config.dictConfig(
        journaux.configuration("workers", config.instance_id, forme=config.log_format, niveau=config.log_level)
    )
    if config.labo_fautes:
        fautes.activer(fautes.fichier_de(config.instance_id))
