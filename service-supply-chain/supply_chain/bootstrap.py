"""The only place that chooses adapters."""

from collections.abc import Callable

from socle.http import ClientHttp
from socle.saga.definition import Registre
from socle.saga.depot import Proprietaire
from socle.saga.depot_postgres import DepotPostgres, Tables
from socle.saga.executeur import Executeur, Reglages
from socle.saga.operer import Operer
from socle.saga.proprietaire import courant
from supply_chain.application.conclure import conclure
from supply_chain.application.lister import Lister
from supply_chain.application.rejeter import Rejeter
from supply_chain.application.saga_validation import definition_v1
from supply_chain.application.valider import Valider
from supply_chain.infrastructure.inventaire import DemandesHttp, InventaireHttp
from supply_chain.infrastructure.lectures import LecturesPostgres
from supply_chain.settings import CONFIG

client = ClientHttp(
    f"{CONFIG.kong_gateway_url}/api/inventaire",
    nom="inventaire",
    cle_api=CONFIG.kong_api_key.get_secret_value(),
    jeton_interne=CONFIG.internal_token.get_secret_value(),
    connexion=CONFIG.http_connexion_s,
    lecture=CONFIG.http_lecture_s,
)
registre = Registre(definition_v1(CONFIG.politique, CONFIG.politique_compensation))


def executeur_de(proprietaire: Callable[[], Proprietaire]) -> Executeur:
    """The engine as this owner runs it: the web process, or the recovery loop (`SAGA_EXECUTEUR`)."""
    return Executeur(
        depot=DepotPostgres(Tables("workflows_validation", "etapes_validation", "saga_proprietaires")),
        registre=registre,
        ports=InventaireHttp(client),
        conclure=conclure,
        proprietaire=proprietaire,
        reglages=Reglages(delai_s=CONFIG.saga_timeout, etape_s=CONFIG.saga_etape_s),
    )


lectures = LecturesPostgres()
_demandes = DemandesHttp(client)
_executeur = executeur_de(courant)
lister = Lister(_demandes, CONFIG.saga_etape_s)
valider = Valider(_executeur, _demandes, attente_s=CONFIG.saga_attente_s, lecture_s=CONFIG.saga_etape_s)
rejeter = Rejeter(_demandes, CONFIG.saga_etape_s)
operer = Operer(_executeur, attente_s=CONFIG.saga_attente_s)
