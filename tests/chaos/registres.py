"""What is judged of the platform as a whole: the event store's chain and read models, dead letters, metrics, logs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.chaos.acces import Acces
from tests.chaos.achats import clients
from tests.chaos.constats import Releve
from tests.chaos.invariants import Violation

PROJECTIONS = ("orders-by-client", "checkouts")
_FILS = 6
_SERVICES = ("catalogue", "inventaire", "commandes", "ecommerce", "saga")


def verifier(acces: Acces, releve: Releve) -> list[Violation]:
    """Violations of I3 (alert), I5 (chain, dead letters), I6 and I9 (metrics, logs). Raises `Injoignable`.

    Reads only: it can be asked again of what lags.
    """
    regles = (alerte, chaine, modeles, metriques, journaux)
    trouvees = [violation for regle in regles for violation in regle(acces, releve)]
    if acces.jeton:
        trouvees += lettres_mortes(acces, releve)
    return trouvees


def alerte(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I3: a checkout that waits for an operator is counted where an alert watches."""
    bloques = [c for c in releve.constats if c.statut == "intervention_requise"]
    if not bloques:
        return
    page = acces.insister("GET", "/api/saga/metrics").octets.decode()
    lue = re.search(r'^stalled_sagas\{[^}]*style="orchestre"[^}]*\} (\S+)$', page, re.MULTILINE)
    if lue is None or float(lue[1]) < len(bloques):
        texte = f"{len(bloques)} interventions requises, alerte à {lue and lue[1]}"
        yield Violation(invariant="I3", texte=texte, checkout=bloques[0].id, achat=bloques[0].achat.numero)


def chaine(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I5: the hash chain verifies from the first hot position to the head."""
    depuis: int | None = 1
    while depuis is not None:
        page = acces.lire(f"/api/event-store/integrity?de={depuis}")
        if not page["integre"]:
            texte = f"chaîne rompue : {page['ruptures'][:3]} têtes fausses : {page['tetes_fausses'][:3]}"
            yield Violation(invariant="I5", texte=texte)
            return
        depuis = page["suite"]


def modeles(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I6: both read models say what the events of each checkout say."""

    def lire(client: str) -> tuple[Any, Any]:
        return (
            acces.lire(f"/api/event-store/cqrs/orders-by-client/{client}"),
            acces.lire(f"/api/event-store/cqrs/checkouts?client_id={client}&page_size=200"),
        )

    connus = clients(releve.achats)
    with ThreadPoolExecutor(_FILS) as bassin:
        lectures = list(bassin.map(lire, connus))
    for client, (commandes, page) in zip(connus, lectures, strict=True):
        siens = [c for c in releve.constats if c.achat.client_id == client]
        premier = siens[0].id if siens else ""
        reussis = {c.detail["commande_id"] for c in siens if c.rejeu.get("status") == "succeeded"}
        derniere = commandes["last_order_id"]
        if commandes["total_orders"] != len(reussis) or (reussis and derniere not in reussis):
            texte = f"orders-by-client de {client} : {commandes['total_orders']} ({derniere}), commandes {reussis}"
            yield Violation(invariant="I6", texte=texte, checkout=premier)
        lus = {c["checkout_id"]: (c["statut"], c["evenements"]) for c in page["checkouts"]}
        attendus = {c.id: (c.rejeu["status"], len(c.evenements)) for c in siens if c.rejeu}
        if lus != attendus:
            yield Violation(invariant="I6", texte=f"checkouts de {client} : {lus}, rejeux {attendus}", checkout=premier)


def reconstructions(acces: Acces) -> Iterator[Violation]:
    """I6: a rebuild beside the model being served finds no difference.

    To be asked once, last: what is rebuilt is also repaired. Nothing without the internal token. Raises `Injoignable`.
    """
    for nom in PROJECTIONS if acces.jeton else ():
        chemin = f"/api/event-store/projections/{nom}/rebuild"
        echange = acces.insister("POST", chemin, interne=True, patience_s=60)
        if echange.statut != 200 or echange.json["differences"]:
            yield Violation(invariant="I6", texte=f"reconstruction de {nom} : {echange.statut} {echange.json}")


def lettres_mortes(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I5: no event of these checkouts was given up."""
    connus = {c.id: c for c in releve.constats}
    page = 1
    while True:
        lues = acces.lire(f"/api/event-store/lettres-mortes?page={page}&page_size=200", interne=True)
        for lettre in lues["lettres_mortes"]:
            constat = connus.get(lettre["checkout_id"])
            if constat is not None and lettre["etat"] in ("en_attente", "abandonnee"):
                texte = f"lettre morte de {lettre['groupe']} : {lettre['type']} ({lettre['cause']})"
                yield Violation(invariant="I5", texte=texte, checkout=constat.id, achat=constat.achat.numero)
        if page * 200 >= lues["total"]:
            return
        page += 1


def metriques(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I9: no identifier and nothing personal in a label; routes by their name."""
    secrets = _personnel(releve)
    for service in _SERVICES:
        page = acces.insister("GET", f"/api/{service}/metrics").octets.decode(errors="replace").lower()
        if trouve := next((mot for mot in secrets if mot in page), None):
            yield Violation(invariant="I9", texte=f"donnée d'un client dans les métriques de {service} : {trouve}")


def journaux(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I9: nothing personal in the logs, where their folder was given."""
    if not acces.journaux:
        return
    noms = [achat.sentinelle.lower() for achat in releve.achats]
    for fichier in sorted(Path(acces.journaux).glob("*.log*")):
        compte = _sentinelles(fichier)
        if trouvees := [nom for nom in noms if compte[nom]]:
            yield Violation(invariant="I9", texte=f"donnée d'un client dans {fichier.name} : {trouvees[0]}")


def _sentinelles(fichier: Path) -> Counter[str]:
    texte = fichier.read_text(errors="replace").lower()
    return Counter(re.findall(r"sentinelle[0-9a-f]{32}", texte))


def _personnel(releve: Releve) -> set[Any]:
    return {achat.sentinelle.lower() for achat in releve.achats} | {c.id for c in releve.constats}
