"""The timelines that explain a violation, from both sides: what clients said and heard, what every service recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.chaos.acces import Echange
from tests.chaos.achats import Achat
from tests.chaos.constats import Constat, Releve, secondes, somme
from tests.chaos.invariants import Violation


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One line: epoch seconds, who tells it, what happened, whole; `checkout` is empty for what the client tells."""

    instant: float
    cote: str
    texte: str
    checkout: str = ""

    @property
    def heure(self) -> str:
        """UTC, to the millisecond."""
        return datetime.fromtimestamp(self.instant, UTC).strftime("%H:%M:%S.%f")[:-3]


@dataclass(frozen=True, kw_only=True)
class Recit:
    """One purchase with all its checkouts, both sides in order of time."""

    achat: int
    style: str
    conduite: str
    checkouts: list[str]
    moments: list[Moment]


def concernes(releve: Releve, violation: Violation) -> list[Achat]:
    """The purchases that a violation is about, oldest first; none for what belongs to the platform as a whole.

    They are the one it names, the one of the checkout it names, and all that touch the shelf it names. Under I7 their
    twins too.
    """
    numeros = {violation.achat}
    for constat in releve.constats:
        if constat.id == violation.checkout or (violation.lieu and _touche(constat, *violation.lieu)):
            numeros.add(constat.achat.numero)
    if violation.invariant == "I7":
        numeros |= {achat.jumeau for achat in releve.achats if achat.numero in numeros}
    return sorted((a for a in releve.achats if a.numero in numeros - {None}), key=lambda a: a.numero)


def _touche(constat: Constat, produit: str, magasin: str) -> bool:
    reservation = constat.reservation
    if reservation and reservation["magasin_id"] == magasin and produit in somme(reservation["lignes"]):
        return True
    return constat.achat.magasin_id == magasin and produit in constat.lignes


def raconter(releve: Releve, achat: Achat) -> Recit:
    """Everything known of one purchase; the states in which it was read come last."""
    constats = releve.de(achat)
    moments = de_l_achat(achat)
    for constat in constats:
        moments += du_constat(constat)
    return Recit(
        achat=achat.numero,
        style=achat.style,
        conduite=achat.conduite,
        checkouts=[c.id for c in constats],
        moments=_en_ordre(moments) + [etat for constat in constats for etat in _etats(constat, releve.instant)],
    )


def _en_ordre(moments: Iterable[Moment]) -> list[Moment]:
    """What one side told at one instant stays in its order: a saga writes several entries in one transaction."""
    return sorted(moments, key=lambda moment: moment.instant)


def de_l_achat(achat: Achat) -> list[Moment]:
    """What the client said and heard."""
    return _en_ordre(moment for echange in achat.echanges for moment in _echange(echange))


def _echange(echange: Echange) -> Iterator[Moment]:
    cle = f" clé {echange.cle[:8]}" if echange.cle else ""
    debut = f"{echange.methode} {echange.chemin}{cle} {echange.corps}"
    yield Moment(instant=echange.debut, cote="client", texte=debut)
    if echange.abandon:
        yield Moment(instant=echange.fin, cote="client", texte="connexion fermée sans attendre")
        return
    reponse = f"← {echange.statut or 'perdue'} {echange.octets.decode(errors='replace')}"
    yield Moment(instant=echange.fin, cote="client", texte=reponse)


def du_constat(constat: Constat) -> list[Moment]:
    """What ecommerce, the orchestrator, the event store, inventaire and commandes recorded."""
    return _en_ordre(
        Moment(instant=instant, cote=cote, texte=texte, checkout=constat.id)
        for instant, cote, texte in _recits(constat)
    )


def _recits(constat: Constat) -> Iterator[tuple[float, str, str]]:
    for fait in constat.detail["historique"]:
        if fait["source"] == "ecommerce":  # what it repeats of the others, they tell themselves below
            yield secondes(fait["horodatage"]), "ecommerce", f"{fait['type']} [{fait['etat']}] {fait['message']}"
    for fait in constat.saga["historique_evenements"] if constat.saga else ():
        texte = f"{fait['type']} [{fait['etat_precedent']} → {fait['nouvel_etat']}] {fait['message']} {fait['donnees']}"
        yield secondes(fait["timestamp"]), "saga", texte
    for evenement in constat.evenements:
        texte = (
            f"{evenement['position']} {evenement['type']} de {evenement['source']}, "
            f"cause {evenement['causation_id']} {evenement['payload']}"
        )
        yield float(evenement["ts"]), "event-store", texte
    for date, nom in (("date_creation", "réservation"), ("date_liberation", "libération")):
        if constat.reservation and constat.reservation.get(date):
            yield secondes(constat.reservation[date]), "inventaire", nom
    for date, nom in (("date_vente", "vente"), ("date_annulation", "annulation")):
        if constat.vente and constat.vente.get(date):
            yield secondes(constat.vente[date]), "commandes", f"{nom} {constat.vente['id']}"


def _etats(constat: Constat, instant: float) -> Iterator[Moment]:
    """Where each service says it stands, as it was read."""
    detail, saga, reservation, vente = constat.detail, constat.saga, constat.reservation, constat.vente
    etats = {
        "ecommerce": f"{constat.statut} {detail['code'] or ''}",
        "saga": saga and saga["etat_actuel"],
        "event-store": constat.rejeu and f"{constat.rejeu['status']}, {len(constat.evenements)} événements",
        "inventaire": reservation and f"{reservation['etat']} {dict(somme(reservation['lignes']))}",
        "commandes": vente and f"{vente['statut']} {dict(somme(vente['lignes']))}",
    }
    for cote, etat in etats.items():
        if cote != "saga" or constat.achat.style == "orchestre":
            yield Moment(instant=instant, cote=cote, texte=f"état lu : {etat or 'rien'}".rstrip(), checkout=constat.id)
