"""The `Lectures` port on raw SQL: sales and their lines come in one statement, whatever their number."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection

from commandes.application.ports import Filtre, LigneLue, MagasinLu, VenteLue
from commandes.domain.indicateurs import ProduitVendu

_VENTES = """
    SELECT v.id, m.nom, v.magasin_id, v.client_id, v.reference, v.reservation_reference, v.date_vente, v.total,
           v.statut, v.date_annulation, v.motif, v.statut = 'active' AND a.vente_id IS NULL,
           l.produit_id, l.produit_nom, l.quantite, l.prix_unitaire, l.prix_unitaire * l.quantite
    FROM ({source}) v
    JOIN magasins m ON m.id = v.magasin_id
    JOIN lignes_vente l ON l.vente_id = v.id
    LEFT JOIN annulations a ON a.vente_id = v.id
    ORDER BY v.date_vente DESC, v.id, l.rang
"""
_LARGEUR_VENTE = len(VenteLue._fields) - 1


class LecturesPostgres:
    def magasins(self) -> list[MagasinLu]:
        return [MagasinLu(*ligne) for ligne in _lire("SELECT id, nom, adresse FROM magasins ORDER BY lower(nom), id")]

    def magasin_existe(self, magasin_id: UUID) -> bool:
        return bool(_lire("SELECT 1 FROM magasins WHERE id = %s", magasin_id))

    def vente(self, vente_id: UUID) -> VenteLue | None:
        return _une(_VENTES.format(source="SELECT * FROM ventes WHERE id = %s"), vente_id)

    def par_reference(self, reference: UUID) -> VenteLue | None:
        return _une(_VENTES.format(source="SELECT * FROM ventes WHERE reference = %s"), reference)

    def ventes(self, filtre: Filtre, *, debut: int, taille: int) -> tuple[list[VenteLue], int]:
        demandes = {colonne: valeur for colonne, valeur in filtre._asdict().items() if valeur is not None}
        ou = " AND ".join(f"{colonne} = %s" for colonne in demandes) or "true"
        valeurs = [str(valeur) for valeur in demandes.values()]
        total = int(_lire(f"SELECT count(*) FROM ventes WHERE {ou}", *valeurs)[0][0])  # noqa: S608 - fixed names
        source = f"SELECT * FROM ventes WHERE {ou} ORDER BY date_vente DESC, id OFFSET %s LIMIT %s"  # noqa: S608
        return _grouper(_lire(_VENTES.format(source=source), *valeurs, debut, taille)), total

    def produits_vendus(self, jours: int) -> Mapping[UUID, list[ProduitVendu]]:
        lignes = _lire(
            """
            SELECT v.magasin_id, l.produit_id, (array_agg(l.produit_nom ORDER BY v.date_vente DESC))[1],
                   sum(l.quantite), sum(l.prix_unitaire * l.quantite)
            FROM ventes v JOIN lignes_vente l ON l.vente_id = v.id
            WHERE v.statut = 'active' AND v.date_vente >= now() - make_interval(days => %s)
            GROUP BY v.magasin_id, l.produit_id ORDER BY v.magasin_id, 5 DESC, 3
            """,
            jours,
        )
        return {
            magasin_id: [ProduitVendu(*ligne[1:]) for ligne in groupe]
            for magasin_id, groupe in groupby(lignes, key=lambda ligne: ligne[0])
        }


def _lire(requete: str, *valeurs: object) -> list[tuple[Any, ...]]:
    with connection.cursor() as curseur:
        curseur.execute(requete, valeurs)
        lignes: list[tuple[Any, ...]] = curseur.fetchall()
    return lignes


def _une(requete: str, identifiant: UUID) -> VenteLue | None:
    ventes = _grouper(_lire(requete, identifiant))
    return ventes[0] if ventes else None


def _grouper(lignes: Iterable[tuple[Any, ...]]) -> list[VenteLue]:
    return [
        VenteLue._make((*vente, [LigneLue(*ligne[_LARGEUR_VENTE:]) for ligne in groupe]))
        for vente, groupe in groupby(lignes, key=lambda ligne: ligne[:_LARGEUR_VENTE])
    ]
