"""The only place of the console that chooses adapters."""

from pathlib import Path
from uuid import UUID

from console.application import comparer
from console.application.consulter import Consulter
from console.application.operer import Demande, Issue, Operer
from console.infrastructure import charge, registre
from console.infrastructure import journaux as _journaux
from console.infrastructure.interrupteurs import Interrupteurs
from console.infrastructure.registre import RegistrePostgres
from console.infrastructure.voisins import EnParallele, ServicesHttp
from console.reglages import CONFIG
from magasin import bootstrap as magasin
from magasin.application.refus import Refus
from magasin.infrastructure.clients.base import ClientService
from magasin.settings import CONFIG as MAGASIN
from socle.erreurs import Indisponible

GESTE_S = 12.0
"""Seconds an operator's action may take: the orchestrator runs the saga on for ten."""
PRODUIT_DE_CHARGE = "550e8400-e29b-41d4-a716-446655440003"


def _service(nom: str, route: str) -> ClientService:
    return ClientService(magasin.joindre(route, nom))


en_parallele = EnParallele()
services = ServicesHttp(
    saga=_service("saga", "/api/saga"),
    ecommerce=_service("ecommerce", "/api/ecommerce"),
    event_store=_service("event-store", "/api/event-store"),
    inventaire=_service("inventaire", "/api/inventaire"),
    commandes=_service("commandes", "/api/commandes"),
    gestes=ClientService(magasin.joindre("/api/saga", "saga", lecture=GESTE_S, essais=1)),
)
consulter = Consulter(services, en_parallele)
_registre = RegistrePostgres()
operer = Operer(services, _registre)
gestes_recents = registre.derniers
dernieres_charges = charge.dernieres
interrupteurs = Interrupteurs(
    CONFIG.cibles_fautes if MAGASIN.labo_fautes else {}, jeton_interne=MAGASIN.internal_token.get_secret_value()
)
_dossier = Path(CONFIG.journaux_dossier) if CONFIG.journaux_dossier and MAGASIN.labo_fautes else None
boutique = magasin.ecommerce
catalogue = magasin.catalogue
traces_url = CONFIG.traces_url


def journaux(correlation: str) -> list[_journaux.Ligne]:
    """The log lines of one correlation id; none outside the laboratory."""
    return _journaux.extrait(_dossier, correlation)


def consigner(demande: Demande, correlation: str) -> None:
    """Put into the trail what was done already."""
    _registre.ouvrir(demande, correlation)
    _registre.clore(demande.cle, Issue(200, ""))


def demarrer_charge(compte: str, style: str, nombre: int, clients: list[str], cle: UUID) -> None:
    """Begin a bounded load. Raises `ChargeEnCours`."""
    charge.demarrer(compte, style, nombre, clients, acheter, cle)


def acheter(client_id: str, style: str, cle: str) -> bool:
    """One checkout of a load; False when none was opened."""
    try:
        comparer.acheter(boutique, client_id, style, [(PRODUIT_DE_CHARGE, 1)], UUID(cle))
    except (Refus, Indisponible):
        return False
    return True
