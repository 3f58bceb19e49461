"""A checkout as its client watches it: what has happened, and in which mood to show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Objet = Mapping[str, Any]

REUSSITE, ACTIF, ATTENTE, COMPENSATION, ECHEC = "reussite", "actif", "attente", "compensation", "echec"

_TERMINES = {"finalise": REUSSITE, "echec": ECHEC, "intervention_requise": ATTENTE}
_TITRES = {
    "initie": "Commande acceptée",
    "en_cours": "Commande en cours",
    "finalise": "Commande confirmée",
    "echec": "Commande annulée",
    "intervention_requise": "Un opérateur doit intervenir",
}
STYLES = {"orchestre": "orchestré", "choreo": "chorégraphié"}


@dataclass(frozen=True)
class Moment:
    """One entry of the timeline."""

    instant: str
    source: str
    type: str
    message: str
    humeur: str


@dataclass(frozen=True)
class Suivi:
    """`en_cours`: there is more to come, look again. `attend`: what the saga waits for, when it says so."""

    statut: str
    titre: str
    humeur: str
    en_cours: bool
    moments: tuple[Moment, ...]
    attend: Objet | None
    complet: bool


def suivi(checkout: Objet, saga: Objet | None) -> Suivi:
    """From the status of the checkout and, while it goes on, its orchestrated saga if it has one."""
    statut = str(checkout["statut"])
    return Suivi(
        statut=statut,
        titre=_TITRES.get(statut, statut),
        humeur=_TERMINES.get(statut, ACTIF),
        en_cours=statut not in _TERMINES,
        moments=tuple(_moment(m) for m in checkout["historique"]),
        attend=_attente(saga),
        complet=bool(checkout["historique_complet"]),
    )


def _moment(moment: Objet) -> Moment:
    genre = str(moment["type"])
    return Moment(str(moment["horodatage"]), str(moment["source"]), genre, str(moment["message"]), humeur(genre))


_SIGNES: Sequence[tuple[str, tuple[str, ...]]] = (
    (COMPENSATION, ("COMPENSATION", "RELEASED", "ANNUL")),
    (ECHEC, ("ECHEC", "FAILED")),
    (ATTENTE, ("INTERVENTION",)),
    (REUSSITE, ("SUCCES", "SUCCEEDED", "FINALISE", "TERMINEE", "RESERVED", "CREATED")),
)


def humeur(genre: str) -> str:
    """The colour of an event, in either style's words: undone, failed, done, or merely begun."""
    grand = genre.upper()
    return next((nom for nom, signes in _SIGNES if any(signe in grand for signe in signes)), ACTIF)


def _attente(saga: Objet | None) -> Objet | None:
    attend = saga.get("attend") if saga else None
    return attend if attend and attend.get("quoi") else None
