"""The `Lectures` port: rows, not objects."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from inventaire.application.ports import DemandeLue, MagasinLu, StockLu
from inventaire.domain.demande import Statut
from inventaire.domain.stock import Lieu
from inventaire.infrastructure.models import DemandeLigne, MagasinConnu, StockCentralLigne

_CHOISIS_CENTRAUX = """
SELECT NULL, d.id, p.nom, s.quantite
FROM unnest(%(produits)s::uuid[]) WITH ORDINALITY AS d(id, rang)
LEFT JOIN produits_connus p ON p.id = d.id
LEFT JOIN stock_central s ON s.produit_id = d.id
ORDER BY d.rang
"""
_CHOISIS_LOCAUX = """
SELECT m.nom, d.id, p.nom, s.quantite
FROM unnest(%(produits)s::uuid[]) WITH ORDINALITY AS d(id, rang)
LEFT JOIN magasins_connus m ON m.id = %(lieu)s
LEFT JOIN produits_connus p ON p.id = d.id
LEFT JOIN stock_local s ON s.produit_id = d.id AND s.magasin_id = %(lieu)s
ORDER BY d.rang
"""
_MAGASINS = """
SELECT m.id, m.nom, s.produit_id, p.nom, s.quantite
FROM magasins_connus m
LEFT JOIN stock_local s ON s.magasin_id = m.id
LEFT JOIN produits_connus p ON p.id = s.produit_id
WHERE m.id = ANY(%s::uuid[])
ORDER BY m.nom, m.id, p.nom, p.id
"""


class LecturesPostgres:
    def choisis(self, lieu: Lieu, produits: Sequence[UUID]) -> tuple[str | None, list[StockLu], list[UUID]]:
        ordre = _CHOISIS_CENTRAUX if lieu is None else _CHOISIS_LOCAUX
        with connection.cursor() as curseur:
            curseur.execute(ordre, {"lieu": lieu, "produits": list(produits)})
            lignes = curseur.fetchall()
        return (
            lignes[0][0],
            [StockLu(produit, nom, quantite) for _, produit, nom, quantite in lignes if nom is not None],
            [produit for _, produit, nom, _ in lignes if nom is None],
        )

    def magasin(self, magasin_id: UUID) -> MagasinLu | None:
        trouves = _magasins([magasin_id])
        return trouves[0] if trouves else None

    def centraux(self, *, debut: int, taille: int) -> tuple[list[StockLu], int]:
        lignes = StockCentralLigne.objects.order_by("produit__nom", "produit_id").values_list(
            "produit_id", "produit__nom", "quantite"
        )
        return [StockLu(*ligne) for ligne in lignes[debut : debut + taille]], lignes.count()

    def magasins(self, *, debut: int, taille: int) -> tuple[list[MagasinLu], int]:
        ids = MagasinConnu.objects.order_by("nom", "id").values_list("id", flat=True)
        return _magasins(ids[debut : debut + taille]), ids.count()

    def demandes(
        self, *, debut: int, taille: int, statut: Statut | None = None, magasin_id: UUID | None = None
    ) -> tuple[list[DemandeLue], int]:
        choix = DemandeLigne.objects.order_by("date_creation", "id")
        if statut is not None:
            choix = choix.filter(statut=statut.value)
        if magasin_id is not None:
            choix = choix.filter(magasin_id=magasin_id)
        return [DemandeLue(*ligne) for ligne in _colonnes(choix)[debut : debut + taille]], choix.count()

    def demande(self, demande_id: UUID) -> DemandeLue | None:
        ligne = _colonnes(DemandeLigne.objects.filter(pk=demande_id)).first()
        return DemandeLue(*ligne) if ligne else None

    def nom_magasin(self, magasin_id: UUID) -> str | None:
        return MagasinConnu.objects.filter(pk=magasin_id).values_list("nom", flat=True).first()


def _colonnes(choix: Any) -> Any:
    return choix.annotate(nom_produit=F("produit__nom"), nom_magasin=F("magasin__nom")).values_list(*DemandeLue._fields)


def _magasins(ids: Iterable[UUID]) -> list[MagasinLu]:
    with connection.cursor() as curseur:
        curseur.execute(_MAGASINS, [list(ids)])
        magasins: dict[UUID, MagasinLu] = {}
        for magasin_id, nom, produit_id, nom_produit, quantite in curseur.fetchall():
            magasin = magasins.setdefault(magasin_id, MagasinLu(magasin_id, nom, []))
            if produit_id is not None:
                magasin.stocks.append(StockLu(produit_id, nom_produit, quantite))
    return list(magasins.values())
