"""The `Paniers` port on raw SQL.

Whoever changes a cart locks its row first, in a statement of its own: the lines are read by the next statement,
whose snapshot then holds what the previous owner of the lock committed.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import connection

from ecommerce.domain.panier import LignePanier, Panier
from ecommerce.infrastructure.models import FERME, OUVERT

_LIRE = """
SELECT p.id, l.produit_id, l.nom_produit, l.prix_unitaire, l.quantite
FROM paniers p LEFT JOIN lignes_panier l ON l.panier_id = p.id
WHERE p.client_id = %s AND p.statut = %s ORDER BY l.id
"""
_CREER = f"""
INSERT INTO paniers (id, client_id) VALUES (%s, %s)
ON CONFLICT (client_id) WHERE statut = '{OUVERT}' DO UPDATE SET date_modification = now() RETURNING id
"""  # noqa: S608 - our own constants
_VERROUILLER = "SELECT id FROM paniers WHERE client_id = %s AND statut = %s FOR UPDATE"
_LIGNES = "SELECT produit_id, nom_produit, prix_unitaire, quantite FROM lignes_panier WHERE panier_id = %s ORDER BY id"
_ECRIRE = """
INSERT INTO lignes_panier (panier_id, produit_id, nom_produit, prix_unitaire, quantite)
SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::numeric[], %s::smallint[])
ON CONFLICT (panier_id, produit_id) DO UPDATE
SET nom_produit = excluded.nom_produit, prix_unitaire = excluded.prix_unitaire, quantite = excluded.quantite
"""

FERMER = f"UPDATE paniers SET statut = '{FERME}', date_modification = now() WHERE id = %s"  # noqa: S608


class PaniersPostgres:
    def lire(self, client_id: UUID) -> Panier:
        with connection.cursor() as curseur:
            curseur.execute(_LIRE, [client_id, OUVERT])
            rangees = curseur.fetchall()
        if not rangees:
            return Panier(client_id)
        return Panier(client_id, rangees[0][0], _lignes([r[1:] for r in rangees if r[1] is not None]))

    def verrouiller(self, client_id: UUID, *, creer: bool = False) -> Panier:
        with connection.cursor() as curseur:
            if creer:
                curseur.execute(_CREER, [uuid4(), client_id])
            else:
                curseur.execute(_VERROUILLER, [client_id, OUVERT])
            trouve = curseur.fetchone()
            if trouve is None:
                return Panier(client_id)
            curseur.execute(_LIGNES, [trouve[0]])
            return Panier(client_id, trouve[0], _lignes(curseur.fetchall()))

    def ecrire(self, panier: Panier, lignes: Sequence[LignePanier]) -> None:
        with connection.cursor() as curseur:
            curseur.execute(
                _ECRIRE,
                [
                    panier.id,
                    [ligne.produit_id for ligne in lignes],
                    [ligne.nom_produit for ligne in lignes],
                    [ligne.prix_unitaire for ligne in lignes],
                    [ligne.quantite for ligne in lignes],
                ],
            )

    def retirer(self, panier: Panier, produit_id: UUID | None = None) -> None:
        with connection.cursor() as curseur:
            curseur.execute(
                "DELETE FROM lignes_panier WHERE panier_id = %s AND produit_id = COALESCE(%s, produit_id)",
                [panier.id, produit_id],
            )


def _lignes(rangees: Sequence[Sequence[Any]]) -> list[LignePanier]:
    return [
        LignePanier(produit_id=produit, nom_produit=nom, prix_unitaire=prix, quantite=quantite)
        for produit, nom, prix, quantite in rangees
    ]
