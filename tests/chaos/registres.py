"""What is judged of the platform as a whole: the event store's chain and read models, dead letters, metrics, logs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.chaos.acces import Acces
from tests.chaos.constats import Releve
from tests.chaos.invariants import Violation

PROJECTIONS = ("orders-by-client", "checkouts")
_FILS = 6
_INSTANCES = {
    "catalogue": 3, "inventaire": 1, "commandes": 1, "supply-chain": 1, "ecommerce": 1, "saga": 2, "event-store": 1,
}  # fmt: skip
"""The services that have a route, and how many instances answer there in turn."""


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
            rompues = {rupture["position"] for rupture in page["ruptures"]}
            touches = (c.id for c in releve.constats if any(e["position"] in rompues for e in c.evenements))
            yield Violation(invariant="I5", texte=texte, checkout=next(touches, ""))
            return
        depuis = page["suite"]


def modeles(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I6: both read models say what the events of each checkout say."""

    def lire(client: str) -> tuple[Any, Any]:
        return (
            acces.lire(f"/api/event-store/cqrs/orders-by-client/{client}"),
            acces.lire(f"/api/event-store/cqrs/checkouts?client_id={client}&page_size=200"),
        )

    connus = [achat for achat in releve.achats if achat.client_id]
    with ThreadPoolExecutor(_FILS) as bassin:
        lectures = list(bassin.map(lire, (achat.client_id for achat in connus)))
    for achat, (commandes, page) in zip(connus, lectures, strict=True):
        client, siens = achat.client_id, releve.de(achat)
        reussis = {c.detail["commande_id"] for c in siens if c.rejeu.get("status") == "succeeded"}
        derniere = commandes["last_order_id"]
        if commandes["total_orders"] != len(reussis) or (reussis and derniere not in reussis):
            texte = f"orders-by-client de {client} : {commandes['total_orders']} ({derniere}), commandes {reussis}"
            yield Violation(invariant="I6", texte=texte, achat=achat.numero)
        lus = {c["checkout_id"]: (c["statut"], c["evenements"]) for c in page["checkouts"]}
        attendus = {c.id: (c.rejeu["status"], len(c.evenements)) for c in siens if c.rejeu}
        if lus != attendus:
            texte = f"checkouts de {client} : {lus}, rejeux {attendus}"
            yield Violation(invariant="I6", texte=texte, achat=achat.numero)


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
    secrets = _sentinelles(releve) | {c.id: c.achat.numero for c in releve.constats}
    for service, instances in _INSTANCES.items():
        for _ in range(instances):
            echange = acces.insister("GET", f"/api/{service}/metrics")
            if echange.statut != 200:
                yield Violation(invariant="I9", texte=f"métriques de {service} illisibles : {echange.statut}")
            page = echange.octets.decode(errors="replace").lower()
            if trouve := next((mot for mot in secrets if mot in page), None):
                texte = f"donnée d'un client dans les métriques de {service} : {trouve}"
                yield Violation(invariant="I9", texte=texte, achat=secrets[trouve])
                break


def journaux(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I9: nothing personal in the logs, where their folder was given."""
    if not acces.journaux:
        return
    noms = _sentinelles(releve)
    for fichier in sorted(Path(acces.journaux).glob("*.log*")):
        lues = set(re.findall(r"sentinelle[0-9a-f]{32}", fichier.read_text(errors="replace").lower()))
        if trouvees := sorted(lues & noms.keys()):
            texte = f"donnée d'un client dans {fichier.name} : {trouvees[0]}"
            yield Violation(invariant="I9", texte=texte, achat=noms[trouvees[0]])


def _sentinelles(releve: Releve) -> dict[str, int]:
    """The name that each client alone has in the whole platform, with the purchase it made."""
    return {achat.sentinelle.lower(): achat.numero for achat in releve.achats}
