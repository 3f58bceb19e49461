"""The `Stocks` port on raw SQL: on the path of every checkout, a few statements whatever the number of lines.

Rows are locked in the order of their product, by every statement that touches several: two carts with the same
products in opposite orders wait for each other, they do not deadlock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from inventaire.domain.stock import EtatStock, Lieu


def _sql(ordre: str, table: str, *, ici: str, lieu_connu: str, cle: str, valeurs: str) -> str:
    """One statement for one of the two tables; all parts are constants of this module."""
    for nom, texte in {"TABLE": table, "ICI": ici, "LIEU_CONNU": lieu_connu, "CLE": cle, "VALEURS": valeurs}.items():
        ordre = ordre.replace(f"<{nom}>", texte)
    return ordre


_VERROUILLER = """
WITH tenus AS MATERIALIZED (
    SELECT s.produit_id, s.quantite FROM <TABLE> s
    WHERE <ICI> AND s.produit_id = ANY(%(produits)s::uuid[])
    ORDER BY s.produit_id FOR UPDATE
)
SELECT <LIEU_CONNU>, d.id, p.nom, t.quantite
FROM unnest(%(produits)s::uuid[]) AS d(id)
LEFT JOIN produits_connus p ON p.id = d.id
LEFT JOIN tenus t ON t.produit_id = d.id
"""
_RETIRER = """
UPDATE <TABLE> s SET quantite = s.quantite - d.quantite
FROM unnest(%(produits)s::uuid[], %(quantites)s::int[]) AS d(produit_id, quantite)
WHERE <ICI> AND s.produit_id = d.produit_id
RETURNING s.produit_id, s.quantite
"""
_AJOUTER = """
INSERT INTO <TABLE> AS s (<CLE>, quantite)
SELECT <VALEURS>, d.quantite
FROM unnest(%(produits)s::uuid[], %(quantites)s::int[]) AS d(produit_id, quantite)
ORDER BY d.produit_id
ON CONFLICT (<CLE>) DO UPDATE SET quantite = s.quantite + EXCLUDED.quantite
RETURNING s.produit_id, s.quantite
"""
_RETIRER_SI_POSSIBLE = """
UPDATE <TABLE> s SET quantite = s.quantite - %(quantite)s
FROM produits_connus p
WHERE <ICI> AND s.produit_id = %(produit)s AND s.quantite >= %(quantite)s AND p.id = s.produit_id
RETURNING p.nom, s.quantite
"""


@dataclass(frozen=True, slots=True)
class _Ordres:
    verrouiller: str
    retirer: str
    ajouter: str
    retirer_si_possible: str


def _ordres(table: str, **parts: str) -> _Ordres:
    return _Ordres(*(_sql(o, table, **parts) for o in (_VERROUILLER, _RETIRER, _AJOUTER, _RETIRER_SI_POSSIBLE)))


_CENTRAL = _ordres("stock_central", ici="true", lieu_connu="true", cle="produit_id", valeurs="d.produit_id")
_LOCAL = _ordres(
    "stock_local",
    ici="s.magasin_id = %(lieu)s",
    lieu_connu="EXISTS (SELECT 1 FROM magasins_connus WHERE id = %(lieu)s)",
    cle="magasin_id, produit_id",
    valeurs="%(lieu)s::uuid, d.produit_id",
)


def _pour(lieu: Lieu) -> _Ordres:
    return _CENTRAL if lieu is None else _LOCAL


class StocksPostgres:
    def verrouiller(self, lieu: Lieu, produits: Sequence[UUID]) -> EtatStock:
        lignes = self._executer(_pour(lieu).verrouiller, {"lieu": lieu, "produits": list(produits)})
        return EtatStock(
            lieu=lieu,
            lieu_connu=bool(lignes[0][0]),
            noms={produit: nom for _, produit, nom, _ in lignes if nom is not None},
            disponibles={produit: quantite for _, produit, _, quantite in lignes if quantite is not None},
        )

    def retirer(self, lieu: Lieu, quantites: Mapping[UUID, int]) -> dict[UUID, int]:
        return self._deplacer(_pour(lieu).retirer, lieu, quantites)

    def ajouter(self, lieu: Lieu, quantites: Mapping[UUID, int]) -> dict[UUID, int]:
        return self._deplacer(_pour(lieu).ajouter, lieu, quantites)

    def retirer_si_possible(self, lieu: Lieu, produit_id: UUID, quantite: int) -> tuple[str, int] | None:
        lignes = self._executer(
            _pour(lieu).retirer_si_possible, {"lieu": lieu, "produit": produit_id, "quantite": quantite}
        )
        return lignes[0] if lignes else None

    def _deplacer(self, ordre: str, lieu: Lieu, quantites: Mapping[UUID, int]) -> dict[UUID, int]:
        return dict(
            self._executer(ordre, {"lieu": lieu, "produits": list(quantites), "quantites": list(quantites.values())})
        )

    def _executer(self, ordre: str, valeurs: dict[str, Any]) -> list[Any]:
        with connection.cursor() as curseur:
            curseur.execute(ordre, valeurs)
            return list(curseur.fetchall())
