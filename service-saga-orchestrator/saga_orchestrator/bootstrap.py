"""The only place that chooses adapters."""

from collections.abc import Callable

from saga_orchestrator.application.conclure import Conclure
from saga_orchestrator.application.demarrer import Demarrer
from saga_orchestrator.application.ports import Participants
from saga_orchestrator.application.saga_commande import NOM, definition_v1
from saga_orchestrator.infrastructure import lignes, publication
from saga_orchestrator.infrastructure.lectures import LecturesPostgres
from saga_orchestrator.infrastructure.listes import ListesPostgres
from saga_orchestrator.infrastructure.metriques import ObservateurPrometheus, observer_appel
from saga_orchestrator.infrastructure.participants import CatalogueHttp, CommandesHttp, StocksHttp
from saga_orchestrator.settings import CONFIG
from socle.http import ClientHttp
from socle.saga.definition import Registre
from socle.saga.depot import Proprietaire
from socle.saga.depot_postgres import DepotPostgres, Tables
from socle.saga.executeur import Executeur, Reglages
from socle.saga.operer import Operer
from socle.saga.proprietaire import courant


def _client(service: str) -> ClientHttp:
    return ClientHttp(
        f"{CONFIG.kong_gateway_url}/api/{service}",
        nom=service,
        cle_api=CONFIG.kong_api_key.get_secret_value(),
        jeton_interne=CONFIG.internal_token.get_secret_value(),
        connexion=CONFIG.http_connexion_s,
        lecture=CONFIG.http_lecture_s,
        essais=1,
        observateur=observer_appel,
    )


participants = Participants(
    stocks=StocksHttp(_client("inventaire")),
    catalogue=CatalogueHttp(_client("catalogue")),
    commandes=CommandesHttp(_client("commandes")),
)
registre = Registre(definition_v1(CONFIG.politique, CONFIG.politique_compensation))


def executeur_de(proprietaire: Callable[[], Proprietaire]) -> Executeur:
    """The engine as this owner runs it: the web process, or the recovery loop (`SAGA_EXECUTEUR`)."""
    return Executeur(
        depot=DepotPostgres(Tables("saga_commandes", "saga_evenements", "saga_proprietaires")),
        registre=registre,
        ports=participants,
        conclure=Conclure(lignes.inserer, publication.deposer),
        avec_intention=lignes.inserer,
        proprietaire=proprietaire,
        observateur=ObservateurPrometheus(),
        reglages=Reglages(delai_s=CONFIG.saga_timeout, etape_s=CONFIG.saga_etape_s),
    )


relayer = publication.Publication(CONFIG.redis_url, CONFIG.instance_id).relayer
lectures = LecturesPostgres(ordre=[etape.nom for etape in registre.derniere(NOM).etapes])
listes = ListesPostgres(retard_s=CONFIG.saga_timeout + CONFIG.saga_attente_s)
_executeur = executeur_de(courant)
demarrer = Demarrer(_executeur, attente_s=CONFIG.saga_attente_s)
operer = Operer(_executeur, attente_s=CONFIG.saga_attente_s)
