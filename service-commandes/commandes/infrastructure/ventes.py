"""The `Ventes` port on raw SQL: a sale of fifty lines is one statement, like a sale of one."""

from uuid import UUID

from django.db import connection

from commandes.application.ports import VenteInscrite
from commandes.domain.vente import Statut, Vente


class VentesPostgres:
    def inscrire(self, vente: Vente) -> VenteInscrite | None:
        lignes = vente.lignes
        with connection.cursor() as curseur:
            curseur.execute(
                """
                WITH magasin AS (SELECT id, nom FROM magasins WHERE id = %s),
                inscrite AS (
                    INSERT INTO ventes (id, reference, reservation_reference, magasin_id, client_id, total)
                    SELECT %s, %s, %s, magasin.id, %s, %s FROM magasin RETURNING id, date_vente
                ),
                inscrites AS (
                    INSERT INTO lignes_vente (vente_id, rang, produit_id, produit_nom, quantite, prix_unitaire)
                    SELECT inscrite.id, ligne.rang, ligne.produit_id, ligne.produit_nom, ligne.quantite, ligne.prix
                    FROM inscrite, unnest(%s::uuid[], %s::text[], %s::int[], %s::numeric[])
                        WITH ORDINALITY AS ligne (produit_id, produit_nom, quantite, prix, rang)
                )
                SELECT magasin.nom, inscrite.date_vente FROM magasin, inscrite
                """,
                [
                    vente.magasin_id,
                    vente.id,
                    vente.reference,
                    vente.reservation_reference,
                    vente.client_id,
                    vente.total,
                    [str(ligne.produit_id) for ligne in lignes],
                    [ligne.produit_nom for ligne in lignes],
                    [ligne.quantite for ligne in lignes],
                    [ligne.prix_unitaire for ligne in lignes],
                ],
            )
            ligne = curseur.fetchone()
        return None if ligne is None else VenteInscrite(*ligne)

    def annuler_reference(self, reference: UUID, motif: str) -> None:
        with connection.cursor() as curseur:
            curseur.execute(
                "UPDATE ventes SET statut = 'annulee', date_annulation = now(), motif = %s "
                "WHERE reference = %s AND statut = 'active'",
                [motif, reference],
            )

    def statut_reference(self, reference: UUID) -> Statut:
        with connection.cursor() as curseur:
            curseur.execute("SELECT statut FROM ventes WHERE reference = %s", [reference])
            return Statut(curseur.fetchone()[0])
