"""The only place that chooses adapters."""

from django.db import transaction

from inventaire.application.ajuster import Ajuster
from inventaire.application.approvisionner import Approvisionner
from inventaire.application.connaitre import Connaitre
from inventaire.application.consulter import Consulter
from inventaire.application.demander import Demander
from inventaire.application.reserver import Reserver
from inventaire.infrastructure.catalogue import CatalogueHttp
from inventaire.infrastructure.connus import ConnusPostgres
from inventaire.infrastructure.demandes import DemandesPostgres
from inventaire.infrastructure.lectures import LecturesPostgres
from inventaire.infrastructure.reservations import ReservationsPostgres
from inventaire.infrastructure.stocks import StocksPostgres
from inventaire.settings import CONFIG
from socle.barriere import Barriere
from socle.http import ClientHttp

_catalogue = CatalogueHttp(
    ClientHttp(
        CONFIG.kong_gateway_url,
        nom="catalogue",
        cle_api=CONFIG.kong_api_key.get_secret_value(),
        connexion=CONFIG.http_connexion_s,
        lecture=CONFIG.http_lecture_s,
    ),
    CONFIG.catalogue_delai_s,
)
_stocks = StocksPostgres()
_reservations = ReservationsPostgres()
_lectures = LecturesPostgres()
_ANNULEE = "reference annulée"
"""As in the contract, section 3, without the first accent: callers search for it."""

connaitre = Connaitre(_catalogue, ConnusPostgres())
consulter = Consulter(_lectures, connaitre)
ajuster = Ajuster(_stocks, connaitre, transaction.atomic)
reserver = Reserver(_stocks, _reservations, Barriere("reservation", libelle_annulee=_ANNULEE), connaitre)
approvisionner = Approvisionner(
    _stocks, _reservations, Barriere("approvisionnement", libelle_annulee=_ANNULEE), connaitre
)
demander = Demander(DemandesPostgres(), _lectures, _stocks, connaitre, transaction.atomic)
