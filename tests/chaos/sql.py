"""The same invariants in the databases, for those who have access: what no route shows.

Guarantee: read-only; a service without a DSN is skipped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.chaos.acces import Acces
from tests.chaos.constats import Constat, Releve
from tests.chaos.invariants import Violation

SERVICES = ("inventaire", "commandes", "ecommerce", "saga", "workers", "event-store")
_EMETTEURS = ("ecommerce", "saga", "workers")
Sql = Callable[..., list[tuple[Any, ...]]]


def verifier(acces: Acces, releve: Releve) -> list[Violation]:
    """Violations found in the databases that were given."""
    regles = {"inventaire": stocks, "commandes": ventes, "saga": sagas}
    trouvees: list[Violation] = []
    for service, regle in regles.items():
        if service in acces.dsn:
            with acces.base(service) as sql:
                trouvees += regle(sql, releve)
    if {"inventaire", "commandes"} <= acces.dsn.keys():
        trouvees += ordre(acces, releve)
    if "event-store" in acces.dsn:
        trouvees += evenements(acces, releve)
    return trouvees


def _ids(releve: Releve) -> list[str]:
    return [c.id for c in releve.constats]


def _par_id(releve: Releve) -> dict[str, Constat]:
    return {c.id: c for c in releve.constats}


def _de(invariant: str, constat: Constat, texte: str) -> Violation:
    return Violation(invariant=invariant, texte=f"SQL : {texte}", checkout=constat.id, achat=constat.achat.numero)


def stocks(sql: Sql, releve: Releve) -> Iterator[Violation]:
    """I1: what all reservations of the driver's products hold, whoever made them, is what left the shelf."""
    tenus: Counter[tuple[str, str]] = Counter()
    lignes = sql(
        "SELECT reference::text, magasin_id::text, ligne->>'produit_id', (ligne->>'quantite')::int "
        "FROM reservations, jsonb_array_elements(lignes) AS ligne "
        "WHERE etat = 'RESERVEE' AND ligne->>'produit_id' = ANY(%s)",
        [releve.rayon.produits],
    )
    connus = _par_id(releve)
    for reference, magasin, produit, quantite in lignes:
        tenus[produit, magasin] += quantite
        if reference not in connus:
            texte = f"SQL : réservation {reference} d'aucun checkout connu"
            yield Violation(invariant="I1", texte=texte, lieu=(produit, magasin))
    mains = {
        (produit, magasin): quantite
        for produit, magasin, quantite in sql(
            "SELECT produit_id::text, magasin_id::text, quantite FROM stock_local WHERE produit_id = ANY(%s::uuid[])",
            [releve.rayon.produits],
        )
    }
    for lieu, initial in releve.rayon.initial.items():
        main = mains.get(lieu, 0)
        if main + tenus[lieu] != initial:
            texte = f"SQL : produit {lieu[0]} au magasin {lieu[1]} : {initial} ≠ {main} + {tenus[lieu]}"
            yield Violation(invariant="I1", texte=texte, lieu=lieu)


def ventes(sql: Sql, releve: Releve) -> Iterator[Violation]:
    """I2: one sale per checkout at most, and no sale of these clients besides."""
    connus = _par_id(releve)
    clients = {achat.client_id: achat.numero for achat in releve.achats if achat.client_id}
    lignes = sql(
        "SELECT client_id::text, reference::text, reservation_reference::text, statut "
        "FROM ventes WHERE client_id = ANY(%s::uuid[])",
        [list(clients)],
    )
    actives: Counter[str] = Counter()
    for client, reference, reservation, statut in lignes:
        if reference not in connus or reservation != reference:
            texte = f"SQL : vente {statut} sous {reference}, réservation {reservation}"
            yield Violation(invariant="I2", texte=texte, achat=clients[client])
        actives[reference] += statut == "active"
    for constat in releve.constats:
        attendues = 1 if constat.statut == "finalise" else 0
        if constat.statut in ("finalise", "echec") and actives[constat.id] != attendues:
            yield _de("I2", constat, f"{actives[constat.id]} ventes actives, checkout {constat.statut}")


def sagas(sql: Sql, releve: Releve) -> Iterator[Violation]:
    """I4: the stored history is one chain without a gap that ends in the saga's state."""
    chaines: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for saga, numero, avant, apres in sql(
        "SELECT saga_id::text, numero, etat_precedent, nouvel_etat FROM saga_evenements "
        "WHERE saga_id = ANY(%s::uuid[]) ORDER BY saga_id, numero",
        [_ids(releve)],
    ):
        chaines[saga].append((numero, avant, apres))
    etats: dict[str, str] = dict(
        sql("SELECT saga_id::text, etat_actuel FROM saga_commandes WHERE saga_id = ANY(%s::uuid[])", [_ids(releve)])
    )
    connus = _par_id(releve)
    for saga, maillons in chaines.items():
        numeros = [numero for numero, _, _ in maillons]
        if numeros != list(range(numeros[0], numeros[0] + len(numeros))):
            yield _de("I4", connus[saga], f"numéros {numeros}")
        if maillons[-1][2] != etats.get(saga):
            yield _de("I4", connus[saga], f"histoire finie en {maillons[-1][2]}, saga {etats.get(saga)}")


def ordre(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I4: no sale of a reference can be made any more when its stock goes back.

    Clocks: both moments are of the databases, which are on one machine in a laboratory.
    """
    with acces.base("inventaire") as sql:
        liberees = dict(
            sql(
                "SELECT reference::text, date_liberation FROM reservations "
                "WHERE etat = 'LIBEREE' AND reference = ANY(%s::uuid[])",
                [_ids(releve)],
            )
        )
    with acces.base("commandes") as sql:
        fermees = dict(
            sql(
                "SELECT b.reference, coalesce(v.date_annulation, b.cree_le) FROM barriere b "
                "LEFT JOIN ventes v ON v.reference::text = b.reference "
                "WHERE b.espace = 'vente' AND b.reference = ANY(%s) AND b.etat IN ('COMPENSEE', 'ANNULEE')",
                [_ids(releve)],
            )
        )
    connus = _par_id(releve)
    for reference, liberee in liberees.items():
        if reference in fermees and fermees[reference] > liberee:
            yield _de("I4", connus[reference], f"stock rendu à {liberee}, commande fermée à {fermees[reference]}")


def evenements(acces: Acces, releve: Releve) -> Iterator[Violation]:
    """I5: each committed outbox row is exactly one stored event, and one writer's rows are stored in their order."""
    with acces.base("event-store") as sql:
        stockes = sql(
            "SELECT id::text, position, checkout_id::text FROM evenements WHERE checkout_id = ANY(%s::uuid[])",
            [_ids(releve)],
        )
    connus = _par_id(releve)
    positions: dict[str, int] = {}
    for identifiant, position, checkout in stockes:
        if positions.setdefault(identifiant, position) != position:
            yield _de(
                "I5", connus[checkout], f"événement {identifiant} deux fois, en {positions[identifiant]} et {position}"
            )
    emis: set[str] = set()
    for service in _EMETTEURS:
        if service not in acces.dsn:
            continue
        with acces.base(service) as sql:
            lignes = sql(
                "SELECT event_id::text, cle, champs::jsonb->>'type' FROM outbox WHERE cle = ANY(%s) ORDER BY seq",
                [_ids(releve)],
            )
        emis |= {identifiant for identifiant, _, _ in lignes}
        yield from _outbox(service, lignes, positions, connus)
    if set(_EMETTEURS) <= acces.dsn.keys():
        for identifiant, _, checkout in stockes:
            if identifiant not in emis:
                yield _de("I5", connus[checkout], f"événement {identifiant} que personne n'a émis")


def _outbox(
    service: str, lignes: Sequence[tuple[Any, ...]], positions: dict[str, int], connus: dict[str, Constat]
) -> Iterator[Violation]:
    dernieres: dict[str, int] = {}
    for identifiant, checkout, type_ in lignes:
        position = positions.get(identifiant)
        if position is None:
            yield _de("I5", connus[checkout], f"{type_} de {service} n'est pas dans l'historique")
        elif position < dernieres.get(checkout, 0):
            yield _de("I5", connus[checkout], f"{type_} de {service} stocké avant le précédent")
        else:
            dernieres[checkout] = position
