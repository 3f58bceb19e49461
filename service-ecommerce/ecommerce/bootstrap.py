"""The only place that chooses adapters."""

from django.db import transaction

from ecommerce.application.clients import GererClients
from ecommerce.application.conclure import Conclure
from ecommerce.application.consulter import Consulter
from ecommerce.application.panier import GererPanier
from ecommerce.application.passer_commande import PasserCommande
from ecommerce.application.suivre import Suivre
from ecommerce.infrastructure.checkouts import CheckoutsPostgres
from ecommerce.infrastructure.cles import ClesPostgres, purger_tout
from ecommerce.infrastructure.clients import ClientsPostgres
from ecommerce.infrastructure.paniers import PaniersPostgres
from ecommerce.infrastructure.voisins import CatalogueHttp, CommandesHttp, OrchestrateurHttp, StocksHttp
from ecommerce.settings import CONFIG
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
_orchestrateur = OrchestrateurHttp(
    _client("saga", CONFIG.orchestrateur_lecture_s), attente_s=CONFIG.orchestrateur_lecture_s
)
_conclure = Conclure(_checkouts, _paniers)

clients = GererClients(_clients, transaction.atomic)
panier = GererPanier(
    _clients,
    _paniers,
    CatalogueHttp(_client("catalogue")),
    StocksHttp(_client("inventaire")),
    transaction.atomic,
    CONFIG.magasin_vente_id,
    CONFIG.panier_budget_s,
)
passer_commande = PasserCommande(
    _clients,
    _paniers,
    _checkouts,
    _cles,
    _orchestrateur,
    _conclure,
    transaction.atomic,
    CONFIG.magasin_vente_id,
    budget_s=CONFIG.orchestrateur_lecture_s,
)
purger = purger_tout
consulter = Consulter(_clients, _paniers, _checkouts, _orchestrateur)
suivre = Suivre(
    _checkouts,
    _cles,
    _orchestrateur,
    CommandesHttp(_client("commandes")),
    _conclure,
    transaction.atomic,
    limite_s=CONFIG.suivi_limite_s,
    lot=CONFIG.suivi_lot,
)
