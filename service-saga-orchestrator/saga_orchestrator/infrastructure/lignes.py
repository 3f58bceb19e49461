"""The saga's lines, written in the very statements that create and end the saga."""

from collections.abc import Mapping, Sequence
from typing import Any

from socle import jsons
from socle.saga.depot import Fragment

_INSERER = (
    "INSERT INTO saga_lignes_commande (saga_id, numero, produit_id, quantite) SELECT s.saga_id, v.* "
    "FROM s, jsonb_to_recordset(%s::jsonb) AS v(numero int, produit_id uuid, quantite int)"
)
_TARIFER = (
    "UPDATE saga_lignes_commande l SET produit_nom = v.produit_nom, prix_unitaire = v.prix_unitaire "
    "FROM s, jsonb_to_recordset(%s::jsonb) AS v(numero int, produit_nom text, prix_unitaire numeric) "
    "WHERE l.saga_id = s.saga_id AND l.numero = v.numero"
)


def inserer(lignes: Sequence[Mapping[str, Any]]) -> Fragment:
    """Product and quantity of each line."""
    return Fragment(_INSERER, [_numeroter(lignes)])


def tarifer(lignes: Sequence[Mapping[str, Any]]) -> Fragment:
    """Name and frozen price of each line."""
    return Fragment(_TARIFER, [_numeroter(lignes)])


def _numeroter(lignes: Sequence[Mapping[str, Any]]) -> str:
    return jsons.ecrire([{"numero": rang, **ligne} for rang, ligne in enumerate(lignes, 1)]).decode()
