"""The only place that chooses adapters."""

from magasin.infrastructure.clients.catalogue import CatalogueClient
from magasin.infrastructure.clients.commandes import CommandesClient
from magasin.infrastructure.clients.ecommerce import EcommerceClient
from magasin.infrastructure.clients.inventaire import InventaireClient
from magasin.infrastructure.clients.saga import SagaClient
from magasin.infrastructure.clients.supply_chain import SupplyChainClient
from magasin.settings import CONFIG
from socle.http import ClientHttp


def joindre(route: str, nom: str, *, lecture: float = CONFIG.http_lecture_s, essais: int = 3) -> ClientHttp:
    """A service behind the gateway, with this program's own key; `lecture` in seconds."""
    return ClientHttp(
        f"{CONFIG.kong_gateway_url}{route}",
        nom=nom,
        cle_api=CONFIG.kong_api_key.get_secret_value(),
        jeton_interne=CONFIG.internal_token.get_secret_value(),
        connexion=CONFIG.http_connexion_s,
        lecture=lecture,
        essais=essais,
    )


catalogue = CatalogueClient(joindre("/api/catalogue", "catalogue"))
inventaire = InventaireClient(joindre("/api/inventaire", "inventaire"))
commandes = CommandesClient(joindre("/api/commandes", "commandes"))
supply_chain = SupplyChainClient(
    joindre("/api/supply-chain", "supply-chain"),
    joindre("/api/supply-chain", "supply-chain", lecture=CONFIG.validation_lecture_s, essais=1),
)
ecommerce = EcommerceClient(
    joindre("/api/ecommerce", "ecommerce"),
    joindre("/api/ecommerce", "ecommerce", lecture=CONFIG.checkout_lecture_s, essais=1),
)
saga = SagaClient(joindre("/api/saga", "saga"))
