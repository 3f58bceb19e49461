"""The only place that chooses adapters."""

import threading

from django.db import transaction

from ecommerce.application.clients import GererClients
from ecommerce.application.conclure import Conclure
from ecommerce.application.consulter import Consulter
from ecommerce.application.enquetes import EnqueteChoreo, EnqueteOrchestree
from ecommerce.application.entendre import ECHEC, REUSSITE, Entendre, est_choregraphie
from ecommerce.application.initier import InitierChoreo
from ecommerce.application.ouvrir import Ouvrir
from ecommerce.application.panier import GererPanier
from ecommerce.application.passer_commande import PasserCommande
from ecommerce.application.suivre import Suivre
from ecommerce.domain.checkout import Checkout, Style
from ecommerce.infrastructure import metriques
from ecommerce.infrastructure.checkouts import CheckoutsPostgres
from ecommerce.infrastructure.cles import ClesPostgres
from ecommerce.infrastructure.cles import purger as purger
from ecommerce.infrastructure.clients import ClientsPostgres
from ecommerce.infrastructure.flux import Flux, PublicationsPostgres
from ecommerce.infrastructure.paniers import PaniersPostgres
from ecommerce.infrastructure.voisins import CatalogueHttp, CommandesHttp, EventStoreHttp, OrchestrateurHttp, StocksHttp
from ecommerce.settings import CONFIG
from socle.evenements.consommateur import Consommateur
from socle.evenements.flux import SUIVI
from socle.http import ClientHttp


def _client(service: str, lecture_s: float = CONFIG.http_lecture_s) -> ClientHttp:
    return ClientHttp(
        f"{CONFIG.kong_gateway_url}/api/{service}",
        nom=service,
        cle_api=CONFIG.kong_api_key.get_secret_value(),
        jeton_interne=CONFIG.internal_token.get_secret_value(),
        connexion=CONFIG.http_connexion_s,
        lecture=lecture_s,
    )


_clients = ClientsPostgres()
_paniers = PaniersPostgres()
_checkouts = CheckoutsPostgres(suivi_apres_s=CONFIG.suivi_apres_s)
_cles = ClesPostgres()
_publications = PublicationsPostgres()
_catalogue = CatalogueHttp(_client("catalogue"))
_stocks = StocksHttp(_client("inventaire"))
_commandes = CommandesHttp(_client("commandes"))
_orchestrateur = OrchestrateurHttp(
    _client("saga", CONFIG.orchestrateur_lecture_s), attente_s=CONFIG.orchestrateur_lecture_s
)
_conclure = Conclure(_checkouts, _paniers)
_ouvrir = Ouvrir(_clients, _paniers, _checkouts, _cles, transaction.atomic, CONFIG.magasin_vente_id)

clients = GererClients(_clients, transaction.atomic)
panier = GererPanier(
    _clients,
    _paniers,
    _catalogue,
    _stocks,
    transaction.atomic,
    CONFIG.magasin_vente_id,
    CONFIG.panier_budget_s,
)
passer_commande = PasserCommande(
    _ouvrir,
    _checkouts,
    _cles,
    _orchestrateur,
    _conclure,
    transaction.atomic,
    budget_s=CONFIG.orchestrateur_lecture_s,
)
initier_choreo = InitierChoreo(
    _ouvrir,
    _paniers,
    _cles,
    _catalogue,
    _publications,
    metriques.compter_debut,
    budget_s=CONFIG.panier_budget_s,
)
consulter = Consulter(_clients, _paniers, _checkouts, _orchestrateur, EventStoreHttp(_client("event-store")))


def _observer_decision(checkout: Checkout) -> None:
    if checkout.style is Style.CHOREO:
        metriques.compter_decision(checkout)


suivre = Suivre(
    _checkouts,
    _cles,
    {
        Style.ORCHESTRE: EnqueteOrchestree(_orchestrateur, _commandes, limite_s=CONFIG.suivi_limite_s),
        Style.CHOREO: EnqueteChoreo(_commandes, _stocks, limite_s=CONFIG.suivi_choreo_limite_s),
    },
    _conclure,
    _publications,
    transaction.atomic,
    _observer_decision,
    lot=CONFIG.suivi_lot,
)
entendre = Entendre(_checkouts, _conclure, transaction.atomic, metriques.compter_fin)
_flux = Flux(CONFIG.redis_url, CONFIG.instance_id)


def relayer(arret: threading.Event) -> None:
    """Publish the outbox until `arret` is set."""
    _flux.relayer(arret)


def consommateur() -> Consommateur:
    """The member of `choreo-suivi` of this program, not yet running."""
    return _flux.consommateur(
        {REUSSITE: entendre, ECHEC: entendre}, filtre=est_choregraphie, cadence_s=CONFIG.suivi_cadence_s
    )


def exposer_les_metriques() -> None:
    """The background program's own page, when it is given a port."""
    if CONFIG.metrics_port:
        metriques.exposer(
            CONFIG.metrics_port,
            CONFIG.metrics_host,
            _flux.base("metriques"),
            _flux.bus,
            SUIVI,
            jeton_interne=CONFIG.internal_token.get_secret_value(),
        )
