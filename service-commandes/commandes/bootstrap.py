"""The only place that chooses adapters."""

from commandes.application.analyser import Analyser
from commandes.application.annuler import AnnulerReference, AnnulerVente
from commandes.application.consulter import Consulter
from commandes.application.enregistrer import Enregistrer
from commandes.application.reprendre import Reprendre
from commandes.application.vendre import Vendre
from commandes.infrastructure import intentions
from commandes.infrastructure.annulations import AnnulationsPostgres
from commandes.infrastructure.intentions import IntentionsPostgres
from commandes.infrastructure.lectures import LecturesPostgres
from commandes.infrastructure.ventes import VentesPostgres
from commandes.infrastructure.voisins import CatalogueHttp, InventaireHttp
from commandes.settings import CONFIG
from socle.barriere import Barriere
from socle.http import ClientHttp


def _client(nom: str) -> ClientHttp:
    return ClientHttp(
        f"{CONFIG.kong_gateway_url}/api/{nom}",
        nom=nom,
        cle_api=CONFIG.kong_api_key.get_secret_value(),
        jeton_interne=CONFIG.internal_token.get_secret_value(),
        connexion=CONFIG.http_connexion_s,
        lecture=CONFIG.http_lecture_s,
    )


_barriere = Barriere("vente")
_ventes = VentesPostgres()
_lectures = LecturesPostgres()
_intentions = IntentionsPostgres(CONFIG.vente_abandon_s)
_annulations = AnnulationsPostgres(CONFIG.vente_abandon_s)
_inventaire = InventaireHttp(_client("inventaire"))

enregistrer = Enregistrer(_ventes, _barriere)
vendre = Vendre(
    intentions=_intentions,
    lectures=_lectures,
    catalogue=CatalogueHttp(_client("catalogue")),
    inventaire=_inventaire,
    enregistrer=enregistrer,
    delai_s=CONFIG.voisins_delai_s,
)
annuler_reference = AnnulerReference(_ventes, _barriere)
annuler_vente = AnnulerVente(_annulations, _inventaire, CONFIG.voisins_delai_s)
consulter = Consulter(_lectures)
analyser = Analyser(_lectures, _inventaire, CONFIG.voisins_delai_s)
reprendre = Reprendre(_intentions, _annulations, _inventaire, annuler_vente, CONFIG.voisins_delai_s)
purger = intentions.purger
