"""The timeline of one checkout, from both sides: what its client said and heard, what every service recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.chaos.acces import Echange
from tests.chaos.achats import Achat
from tests.chaos.constats import Constat, secondes

_EXTRAIT = 160


@dataclass(frozen=True, kw_only=True, order=True)
class Moment:
    """One line: epoch seconds, who tells it, what happened."""

    instant: float
    cote: str
    texte: str

    @property
    def heure(self) -> str:
        """UTC, to the millisecond."""
        return datetime.fromtimestamp(self.instant, UTC).strftime("%H:%M:%S.%f")[:-3]


def de_l_achat(achat: Achat) -> list[Moment]:
    """What the client said and heard."""
    return sorted(moment for echange in achat.echanges for moment in _echange(echange))


def _echange(echange: Echange) -> Iterator[Moment]:
    cle = f" clé {echange.cle[:8]}" if echange.cle else ""
    debut = f"{echange.methode} {echange.chemin}{cle} {echange.corps}"
    yield Moment(instant=echange.debut, cote="client", texte=debut[:_EXTRAIT])
    if echange.abandon:
        yield Moment(instant=echange.fin, cote="client", texte="connexion fermée sans attendre")
        return
    reponse = f"← {echange.statut or 'perdue'} {echange.octets.decode(errors='replace')}"
    yield Moment(instant=echange.fin, cote="client", texte=reponse[:_EXTRAIT])


def du_constat(constat: Constat) -> list[Moment]:
    """What ecommerce, the saga or the event store, inventaire and commandes recorded."""
    return sorted(_recits(constat))


def _recits(constat: Constat) -> Iterator[Moment]:
    for fait in constat.detail["historique"]:
        texte = f"{fait['type']} [{fait['etat']}] {fait['message']}"
        yield Moment(instant=secondes(fait["horodatage"]), cote=fait["source"], texte=texte[:_EXTRAIT])
    for evenement in constat.evenements:
        texte = (
            f"{evenement['position']} {evenement['type']} de {evenement['source']}, cause {evenement['causation_id']}"
        )
        yield Moment(instant=float(evenement["ts"]), cote="event-store", texte=texte)
    for date, nom in (("date_creation", "réservation"), ("date_liberation", "libération")):
        if constat.reservation and constat.reservation.get(date):
            yield Moment(instant=secondes(constat.reservation[date]), cote="inventaire", texte=nom)
    for date, nom in (("date_vente", "vente"), ("date_annulation", "annulation")):
        if constat.vente and constat.vente.get(date):
            yield Moment(instant=secondes(constat.vente[date]), cote="commandes", texte=f"{nom} {constat.vente['id']}")
