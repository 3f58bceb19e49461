"""The invariants of the platform, checked from the outside: over HTTP as a caller sees it, and in the databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from tests.commun.monde import MAGASIN_EN_LIGNE, Monde, Reponse, attendre


def exiger_i1(monde: Monde, produit: str, initial: int, magasin: str = MAGASIN_EN_LIGNE) -> int:
    """I1: initial = on hand + reserved + sold, nothing negative, nothing reserved once all is quiet; returns sold."""
    reservees = monde.sql(
        "inventaire",
        "SELECT reference::text, (ligne->>'quantite')::int FROM reservations, jsonb_array_elements(lignes) AS ligne "
        "WHERE etat = 'RESERVEE' AND magasin_id = %s AND ligne->>'produit_id' = %s",
        [magasin, produit],
    )
    vendues = dict(
        monde.sql(
            "commandes",
            "SELECT v.reservation_reference::text, sum(l.quantite)::int "
            "FROM ventes v JOIN lignes_vente l ON l.vente_id = v.id "
            "WHERE v.statut = 'active' AND v.magasin_id = %s AND l.produit_id = %s GROUP BY 1",
            [magasin, produit],
        )
    )
    vendu = sum(quantite for reference, quantite in reservees if reference in vendues)
    reserve = sum(quantite for reference, quantite in reservees if reference not in vendues)
    main = monde.stock(produit, magasin)
    assert main >= 0
    assert sum(vendues.values()) == vendu, "a sale without its reservation"
    assert (main + reserve + vendu, reserve) == (initial, 0), f"main {main}, réservé {reserve}, vendu {vendu}"
    return vendu


def exiger_i2(monde: Monde, reference: str, lignes: Mapping[str, int] | None) -> None:
    """I2: exactly one active sale with exactly these lines, or (None) no active sale at all."""
    actives = monde.sql(
        "commandes", "SELECT id::text FROM ventes WHERE reference = %s AND statut = 'active'", [reference]
    )
    vente = monde.vente(reference)
    if lignes is None:
        assert actives == []
        assert vente is None or vente["statut"] == "annulee"
        return
    assert vente is not None
    assert actives == [(vente["id"],)]
    assert vente["statut"] == "active"
    vendues: Counter[str] = Counter()
    for ligne in vente["lignes"]:
        vendues[ligne["produit_id"]] += ligne["quantite"]
    assert vendues == dict(lignes)


def exiger_checkout_vendu(monde: Monde, reponse: Reponse, lignes: Iterable[tuple[str, int]]) -> str:
    """A 201 whose sale has exactly these lines; returns the checkout's id."""
    assert reponse.statut == 201, reponse
    corps = reponse.corps
    assert (corps["statut"], corps["saga_id"]) == ("finalise", corps["checkout_id"])
    exiger_i2(monde, corps["checkout_id"], dict(lignes))
    return str(corps["checkout_id"])


def exiger_chaine(monde: Monde, saga_id: str) -> None:
    """The history is one legal chain that ends in the saga's state: nobody wrote beside its owner."""
    maillons = monde.sql(
        "saga", "SELECT etat_precedent, nouvel_etat FROM saga_evenements WHERE saga_id = %s ORDER BY numero", [saga_id]
    )
    assert maillons[0][0] == "EN_ATTENTE"
    assert all(avant[1] == apres[0] for avant, apres in pairwise(maillons))
    assert maillons[-1][1] == monde.saga(saga_id)["etat_actuel"]


def terminee(monde: Monde, saga_id: str) -> bool:
    """Whether the saga has ended, well or not; from the database: a replica may be frozen in front of it."""
    return monde.sql("saga", "SELECT etat_actuel FROM saga_commandes WHERE saga_id = %s", [saga_id]) in (
        [("SAGA_TERMINEE",)],
        [("SAGA_ANNULEE",)],
    )


def attendre_la_fin(monde: Monde, saga_id: str, delai_s: float) -> float:
    """Seconds until the saga has ended. `AssertionError` tells where it stands and whose it is."""
    try:
        return attendre(lambda: terminee(monde, saga_id), f"fin de la saga {saga_id}", delai_s)
    except AssertionError as attente:
        saga = monde.sql("saga", "SELECT *, clock_timestamp() FROM saga_commandes WHERE saga_id = %s", [saga_id])
        histoire = monde.sql("saga", "SELECT * FROM saga_evenements WHERE saga_id = %s ORDER BY numero", [saga_id])
        raise AssertionError(f"{attente}\n{saga}\n{histoire}") from None
