"""I1–I9 over what was read: pure functions from a `Releve` to violations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from tests.chaos.achats import Achat
from tests.chaos.constats import TERMINAUX, Constat, Releve, issue, secondes, somme

ISSUES_SAGA = {"SAGA_TERMINEE": "finalise", "SAGA_ANNULEE": "echec", "INTERVENTION_REQUISE": "intervention_requise"}

# Contract, section 7.
TRANSITIONS = {
    "EN_ATTENTE": {"VERIFICATION_STOCK", "COMPENSATION_EN_COURS"},
    "VERIFICATION_STOCK": {"STOCK_VERIFIE", "ECHEC_STOCK_INSUFFISANT", "COMPENSATION_EN_COURS"},
    "STOCK_VERIFIE": {"RESERVATION_STOCK", "COMPENSATION_EN_COURS"},
    "RESERVATION_STOCK": {"STOCK_RESERVE", "ECHEC_RESERVATION_STOCK"},
    "STOCK_RESERVE": {"CREATION_COMMANDE", "COMPENSATION_EN_COURS"},
    "CREATION_COMMANDE": {"COMMANDE_CREEE", "ECHEC_CREATION_COMMANDE"},
    "COMMANDE_CREEE": {"SAGA_TERMINEE"},
    "ECHEC_STOCK_INSUFFISANT": {"SAGA_ANNULEE"},
    "ECHEC_RESERVATION_STOCK": {"COMPENSATION_EN_COURS"},
    "ECHEC_CREATION_COMMANDE": {"COMPENSATION_EN_COURS"},
    "COMPENSATION_EN_COURS": {"SAGA_ANNULEE", "INTERVENTION_REQUISE"},
    "INTERVENTION_REQUISE": {"COMPENSATION_EN_COURS", "SAGA_ANNULEE"},
}
_UNE_FOIS = ("SAGA_DEMARRE", "STOCK_RESERVE_SUCCES", "COMMANDE_CREEE_SUCCES", "SAGA_TERMINEE_SUCCES", "SAGA_ANNULEE",
             "COMPENSATION_TERMINEE")  # fmt: skip
A_REBOURS = ("creation_commande", "reservation_stock")
_ACTIONS = {"STOCK_RESERVE_SUCCES": "reservation_stock", "COMMANDE_CREEE_SUCCES": "creation_commande"}


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One broken invariant, and whose timelines explain it: a checkout's, a purchase's, or all of those that touch
    `lieu`, a product in a magasin.
    """

    invariant: str
    texte: str
    checkout: str = ""
    achat: int | None = None
    lieu: tuple[str, str] | None = None


def _de(invariant: str, constat: Constat, texte: str) -> Violation:
    return Violation(invariant=invariant, texte=texte, checkout=constat.id, achat=constat.achat.numero)


def i1(releve: Releve) -> Iterator[Violation]:
    """initial = on hand + reserved + sold, all >= 0; once all is quiet nothing is reserved but for an operator."""
    vendu: Counter[tuple[str, str]] = Counter()
    reserve: Counter[tuple[str, str]] = Counter()
    for constat in releve.constats:
        if constat.reservation is None or constat.reservation["etat"] != "RESERVEE":
            if constat.vente_active:
                yield _de("I1", constat, "vente active sans stock réservé sous sa référence")
            continue
        lieu = constat.reservation["magasin_id"]
        for produit, quantite in somme(constat.reservation["lignes"]).items():
            (vendu if constat.vente_active else reserve)[produit, lieu] += quantite
        if not constat.vente_active and constat.statut in ("finalise", "echec"):
            yield _de("I1", constat, f"stock encore réservé, checkout {constat.statut}, sans vente active")
    for lieu_produit, initial in releve.rayon.initial.items():
        main = releve.stocks[lieu_produit]
        total = main + reserve[lieu_produit] + vendu[lieu_produit]
        if main < 0 or total != initial:
            texte = (
                f"produit {lieu_produit[0]} au magasin {lieu_produit[1]} : initial {initial}, en main {main}, "
                f"réservé {reserve[lieu_produit]}, vendu {vendu[lieu_produit]} (écart {total - initial:+d})"
            )
            yield Violation(invariant="I1", texte=texte, lieu=lieu_produit)


def i2(releve: Releve) -> Iterator[Violation]:
    """A succeeded checkout has exactly one active sale with exactly the cart's lines; a failed one has none."""
    for constat in releve.constats:
        if constat.statut != "finalise":
            if constat.statut == "echec" and constat.vente_active:
                yield _de("I2", constat, "vente active d'un checkout en échec")
            continue
        vente = constat.vente
        if vente is None or vente["statut"] != "active":
            yield _de("I2", constat, f"checkout réussi, vente {vente and vente['statut']}")
            continue
        if somme(vente["lignes"]) != constat.lignes:
            yield _de("I2", constat, f"vente {dict(somme(vente['lignes']))}, panier {dict(constat.lignes)}")
        if vente["id"] != constat.detail["commande_id"] or vente["client_id"] != constat.achat.client_id:
            yield _de("I2", constat, f"la vente {vente['id']} n'est pas celle que dit le checkout")
    for achat in releve.achats:
        yield from _lignes_conservees(releve, achat)


def _lignes_conservees(releve: Releve, achat: Achat) -> Iterator[Violation]:
    """Each unit that the client put in his cart was sold once, or is in his cart."""
    constats = releve.de(achat)
    reussis = [c for c in constats if c.statut == "finalise"]
    if len(reussis) > 1:
        yield _de("I2", reussis[1], f"{len(reussis)} checkouts réussis pour un seul panier")
    if achat.incertain or not achat.client_id or any(c.statut not in ("finalise", "echec") for c in constats):
        return
    retrouve = releve.paniers[achat.client_id].copy()
    for constat in reussis:
        retrouve += constat.lignes
    if retrouve != achat.panier:
        texte = f"mis au panier {dict(achat.panier)}, vendu ou au panier {dict(retrouve)}"
        yield Violation(invariant="I2", texte=texte, checkout=constats[-1].id if constats else "", achat=achat.numero)


def i3(releve: Releve) -> Iterator[Violation]:
    """Every checkout has ended."""
    for constat in releve.constats:
        if constat.statut not in TERMINAUX:
            yield _de("I3", constat, f"toujours {constat.statut}")


def i4(releve: Releve) -> Iterator[Violation]:
    """One effect per step and direction; a compensated step was done before, and is undone in reverse order."""
    for constat in releve.constats:
        if constat.achat.style == "orchestre":
            yield from _i4_saga(constat)
        yield from _i4_ordre(constat)


def _i4_saga(constat: Constat) -> Iterator[Violation]:
    saga = constat.saga
    if saga is None:
        if constat.statut == "finalise":
            yield _de("I4", constat, "checkout réussi sans saga")
        return
    histoire = saga["historique_evenements"]
    if histoire and histoire[0]["etat_precedent"] != "EN_ATTENTE":
        yield _de("I4", constat, f"l'histoire commence en {histoire[0]['etat_precedent']}")
    for avant, apres in pairwise(histoire):
        if avant["nouvel_etat"] != apres["etat_precedent"]:
            yield _de("I4", constat, f"histoire rompue entre {avant['nouvel_etat']} et {apres['etat_precedent']}")
    for fait in histoire:
        depart, arrivee = fait["etat_precedent"], fait["nouvel_etat"]
        if depart != arrivee and arrivee not in TRANSITIONS.get(depart, ()):
            yield _de("I4", constat, f"transition interdite {depart} → {arrivee}")
    types = Counter(fait["type"] for fait in histoire)
    for type_ in _UNE_FOIS:
        if types[type_] > 1:
            yield _de("I4", constat, f"{types[type_]} fois {type_}")
    attendu = ISSUES_SAGA.get(saga["etat_actuel"])
    if constat.statut in TERMINAUX and attendu != constat.statut:
        yield _de("I4", constat, f"saga {saga['etat_actuel']}, checkout {constat.statut}")
    faites = [_ACTIONS[fait["type"]] for fait in histoire if fait["type"] in _ACTIONS]
    defaites = [fait["donnees"].get("etape") for fait in histoire if fait["type"] == "COMPENSATION_EFFECTUEE"]
    if saga["etat_actuel"] == "SAGA_ANNULEE" and not set(faites) <= {*defaites, *_ignorees(histoire)}:
        yield _de("I4", constat, f"fait {faites}, défait {defaites}")
    if defaites != [etape for etape in A_REBOURS if etape in defaites]:
        yield _de("I4", constat, f"défait dans l'ordre {defaites} : ni une fois, ni à rebours")


def _ignorees(histoire: list[dict]) -> set[str]:
    return {fait["donnees"].get("etape") for fait in histoire if fait["type"] == "ETAPE_IGNOREE"}


def _i4_ordre(constat: Constat) -> Iterator[Violation]:
    """The sale is cancelled before the stock goes back: never stock on the shelf that somebody was sold."""
    reservation, vente = constat.reservation, constat.vente
    if reservation is None or reservation["etat"] != "LIBEREE":
        return
    if constat.statut == "finalise":
        yield _de("I4", constat, "stock rendu d'un checkout réussi")
    if vente is None:
        return
    if vente["date_annulation"] and secondes(vente["date_annulation"]) > secondes(reservation["date_liberation"]):
        yield _de("I4", constat, "stock rendu avant l'annulation de la vente")


def i5(releve: Releve) -> Iterator[Violation]:
    """The events of a checkout: each once, in causal order, one end, and the end that the checkout had."""
    vus: dict[str, str] = {}
    for constat in releve.constats:
        for evenement in constat.evenements:
            if vus.setdefault(evenement["id"], constat.id) != constat.id:
                yield _de("I5", constat, f"événement {evenement['id']} dans deux checkouts")
        yield from _i5_un(constat)


def _i5_un(constat: Constat) -> Iterator[Violation]:
    evenements, types = constat.evenements, constat.types
    for type_, nombre in types.items():
        if nombre > 1:
            yield _de("I5", constat, f"{nombre} fois {type_}")
    if types["CheckoutSucceeded"] and types["CheckoutFailed"]:
        yield _de("I5", constat, "deux fins opposées")
    if [e["position_checkout"] for e in evenements] != list(range(1, len(evenements) + 1)):
        yield _de("I5", constat, f"positions {[e['position_checkout'] for e in evenements]}")
    connus: set[str] = set()
    tous = {e["id"] for e in evenements}
    for evenement in evenements:
        if evenement["causation_id"] in tous - connus:
            yield _de("I5", constat, f"{evenement['type']} précède sa cause")
        connus.add(evenement["id"])
    attendus = {
        "finalise": {"OrderCreated", "CheckoutSucceeded"},
        "echec": {"CheckoutFailed"},
    }.get(constat.statut, set())
    if constat.achat.style == "choreo":
        attendus = attendus | {"CheckoutInitiated"}
    if constat.achat.style == "orchestre" and constat.saga is None:
        attendus = set()  # it never reached the orchestrator, who alone announces its outcome
    if manquants := attendus - set(types):
        yield _de("I5", constat, f"jamais annoncés : {', '.join(sorted(manquants))}")
    fin = {"succeeded": "finalise", "failed": "echec"}.get(constat.rejeu.get("status", ""))
    if fin is not None and constat.statut in ("finalise", "echec") and fin != constat.statut:
        yield _de("I5", constat, f"le rejeu dit {fin}, le checkout {constat.statut}")
    if types["StockReleased"] and (constat.reservation is None or constat.reservation["etat"] != "LIBEREE"):
        yield _de("I5", constat, "StockReleased sans stock rendu")


def i7(releve: Releve) -> Iterator[Violation]:
    """Same inputs, same outcome in both styles, unless a technical failure says why not; twins that sold sold alike."""
    derniers = {achat.numero: constats[-1] for achat in releve.achats if (constats := releve.de(achat))}
    for achat in releve.achats:
        dernier = derniers.get(achat.numero)
        if dernier is None:
            continue
        obtenu = issue(dernier.detail)
        if achat.attendu and obtenu and obtenu != achat.attendu and (obtenu != "panne" or achat.calme):
            yield _de("I7", dernier, f"attendu {achat.attendu}, obtenu {obtenu} ({dernier.detail['code']})")
        autre = derniers.get(achat.jumeau) if achat.jumeau is not None else None
        if autre is not None and achat.style == "orchestre":
            yield from _i7_jumeaux(dernier, autre)


def _i7_jumeaux(orchestre: Constat, choreo: Constat) -> Iterator[Violation]:
    """Whether twins sell at all is judged by what is expected of each. A line that was never acknowledged may be in one
    cart only: other inputs.
    """
    if orchestre.lignes != choreo.lignes or not (orchestre.vente_active and choreo.vente_active):
        return
    if (vendu := _vendu(orchestre)) != (autre := _vendu(choreo)):
        yield _de("I7", orchestre, f"jumeaux : orchestré {vendu}, chorégraphié {autre}")


def _vendu(constat: Constat) -> tuple[object, ...]:
    """What an active sale says, without what no two sales share."""
    assert constat.vente is not None
    lignes = sorted((li["produit_id"], li["quantite"], li["prix_unitaire"]) for li in constat.vente["lignes"])
    return constat.vente["magasin_id"], constat.vente["total"], constat.detail["total"], lignes


def i8(releve: Releve) -> Iterator[Violation]:
    """A 2xx is durable, a key has one answer, and a checkout named in an answer ended as that answer said."""
    for achat in releve.achats:
        constats = {c.id: c for c in releve.de(achat)}
        yield from _i8_reponses(achat, constats)
        yield from _i8_cle(achat)


def _i8_reponses(achat: Achat, constats: dict[str, Constat]) -> Iterator[Violation]:
    for echange in achat.demandes:
        corps = echange.json
        identifiant = corps.get("checkout_id") if isinstance(corps, dict) else None
        if echange.statut in (201, 202) and identifiant not in constats:
            texte = f"{echange.statut} pour le checkout {identifiant}, que le service ne connaît plus"
            yield Violation(invariant="I8", texte=texte, achat=achat.numero)
        if identifiant not in constats:
            continue
        statut, dit = constats[identifiant].statut, corps.get("statut")
        if dit in TERMINAUX and statut != dit:
            yield _de("I8", constats[identifiant], f"répondu {echange.statut} {dit}, et finalement {statut}")
        if echange.statut == 201 and corps.get("commande_id") != constats[identifiant].detail["commande_id"]:
            yield _de("I8", constats[identifiant], "201 avec une autre commande")


def _i8_cle(achat: Achat) -> Iterator[Violation]:
    finales = {
        (e.statut, e.octets)
        for e in achat.demandes
        if e.cle and e.corps == achat.corps and not e.abandon and not e.a_repeter
    }
    if len(finales) > 1:
        texte = f"une clé, {len(finales)} réponses différentes : {sorted(statut for statut, _ in finales)}"
        yield Violation(invariant="I8", texte=texte, achat=achat.numero)
    for echange in achat.demandes:
        if echange.corps != achat.corps and not echange.a_repeter and echange.statut != 422:
            texte = f"même clé, autre corps : {echange.statut} au lieu de 422"
            yield Violation(invariant="I8", texte=texte, achat=achat.numero)
    for echange in achat.echanges:
        if echange.statut == 500 or (echange.statut >= 400 and b"Traceback" in echange.octets):
            texte = f"{echange.methode} {echange.chemin} : {echange.statut} {echange.octets[:200]!r}"
            yield Violation(invariant="I8", texte=texte, achat=achat.numero)


def i9(releve: Releve) -> Iterator[Violation]:
    """The correlation id of a request that asked for the checkout is on it and on all its events; no personal data."""
    for constat in releve.constats:
        demandees = {e.correlation for e in constat.achat.demandes}
        correlation = constat.detail["correlation_id"]
        if correlation not in demandees:
            yield _de("I9", constat, f"correlation_id {correlation} n'est d'aucune demande")
        for evenement in constat.evenements:
            if evenement["correlation_id"] != correlation:
                yield _de("I9", constat, f"{evenement['type']} porte {evenement['correlation_id']}, pas {correlation}")
        if constat.achat.sentinelle.lower() in str(constat.evenements).lower():
            yield _de("I9", constat, "donnée personnelle dans un événement")
    for achat in releve.achats:
        for echange in achat.echanges:
            recue = {nom.lower(): valeur for nom, valeur in echange.entetes.items()}.get("x-correlation-id")
            if echange.statut and recue != echange.correlation:
                texte = f"{echange.methode} {echange.chemin} : X-Correlation-ID {recue}, envoyé {echange.correlation}"
                yield Violation(invariant="I9", texte=texte, achat=achat.numero)


REGLES: tuple[Callable[[Releve], Iterator[Violation]], ...] = (i1, i2, i3, i4, i5, i7, i8, i9)


def verifier(releve: Releve) -> list[Violation]:
    """Every violation of what can be judged from the readings alone."""
    return [violation for regle in REGLES for violation in regle(releve)]
