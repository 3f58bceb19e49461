"""The saga's lines as rows, written in the very statement that writes its intent, or its end when it had none.

Until then they are in the saga's data: a table of lines without names and prices would serve nobody.
"""

from collections.abc import Sequence

from socle import jsons
from socle.saga.depot import Fragment, Saga

_INSERER = (
    "INSERT INTO saga_lignes_commande (saga_id, numero, produit_id, quantite, produit_nom, prix_unitaire) "
    "SELECT s.saga_id, v.* FROM s, jsonb_to_recordset(%s::jsonb) "
    "AS v(numero int, produit_id uuid, quantite int, produit_nom text, prix_unitaire numeric)"
)


def inserer(saga: Saga) -> Sequence[Fragment]:
    """Product and quantity of each line; name and frozen price when the catalogue was read."""
    lignes = [{"numero": rang, **ligne} for rang, ligne in enumerate(saga.donnees["lignes"], 1)]
    return [Fragment(_INSERER, [jsons.ecrire(lignes).decode()])]
