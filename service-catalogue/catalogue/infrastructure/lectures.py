"""The `Lectures` port on raw SQL: `par_ids` is on the path of every checkout, and needs rows, not objects."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from catalogue.application.ports import ChangementPrix, Fiche
from catalogue.domain.criteres import Criteres
from catalogue.domain.valeurs import SEUIL_PREMIUM, Categorie

_COLONNES = ", ".join(Fiche._fields)


class LecturesPostgres:
    def par_ids(self, ids: Sequence[str]) -> list[Fiche]:
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT {_COLONNES} FROM produits WHERE id = ANY(%s::uuid[])", [list(ids)])  # noqa: S608 - our own column names
            return [Fiche(*ligne) for ligne in curseur.fetchall()]

    def rechercher(self, criteres: Criteres, *, debut: int, taille: int) -> tuple[list[Fiche], int]:
        ou, valeurs = _conditions(criteres)
        ordre = "lower(nom), id"
        valeurs_ordre: list[Any] = []
        if criteres.nom:
            ordre, valeurs_ordre = f"(prix > %s) DESC, prix, {ordre}", [SEUIL_PREMIUM]
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT count(*) FROM produits WHERE {ou}", valeurs)  # noqa: S608 - fixed fragments
            total = int(curseur.fetchone()[0])
            curseur.execute(
                f"SELECT {_COLONNES} FROM produits WHERE {ou} ORDER BY {ordre} OFFSET %s LIMIT %s",  # noqa: S608
                [*valeurs, *valeurs_ordre, debut, taille],
            )
            return [Fiche(*ligne) for ligne in curseur.fetchall()], total

    def historique_prix(self, produit_id: UUID) -> list[ChangementPrix]:
        with connection.cursor() as curseur:
            curseur.execute(
                "SELECT ancien_prix, nouveau_prix, date FROM historique_prix WHERE produit_id = %s "
                "ORDER BY id DESC LIMIT 200",
                [produit_id],
            )
            return [ChangementPrix(*ligne) for ligne in curseur.fetchall()]


def _conditions(criteres: Criteres) -> tuple[str, list[Any]]:
    """Fixed SQL fragments and their values; `strpos` has no wildcard that a caller could slip in."""
    fragments: list[tuple[str, list[Any]]] = []
    if criteres.nom:
        fragments.append(
            (
                "(strpos(lower(nom), lower(%s)) > 0 OR strpos(lower(description), lower(%s)) > 0)",
                [criteres.nom, criteres.nom],
            )
        )
    if criteres.categorie:
        fragments.append(("lower(categorie) = lower(%s)", [criteres.categorie]))
    if criteres.categorie_id:
        nommee = next((c.value for c in Categorie if c.identifiant == criteres.categorie_id), "")
        fragments.append(("categorie = %s", [nommee]))
    if criteres.prix_min is not None:
        fragments.append(("prix >= %s", [criteres.prix_min]))
    if criteres.prix_max is not None:
        fragments.append(("prix <= %s", [criteres.prix_max]))
    if criteres.actifs_seulement:
        fragments.append(("actif", []))
    ou = " AND ".join(fragment for fragment, _ in fragments) or "true"
    return ou, [valeur for _, valeurs in fragments for valeur in valeurs]
