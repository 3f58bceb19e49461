"""The `Annulations` port on raw SQL. The sale's row is locked while its cancellation is decided."""

from uuid import UUID

from django.db import IntegrityError, connection, transaction

from commandes.application.ports import Cle, VenteAnnulee
from commandes.domain.erreurs import VenteDejaAnnulee, VenteIntrouvable
from commandes.domain.vente import Statut
from socle.erreurs import CleReutilisee, EnCours


class AnnulationsPostgres:
    """`reprise_s`: seconds after which somebody else goes on with a cancellation, by the database clock."""

    def __init__(self, reprise_s: float) -> None:
        self._reprise_s = reprise_s

    def demander(self, vente_id: UUID, motif: str, cle: Cle | None) -> UUID:
        try:
            with transaction.atomic():
                return self._demander(vente_id, motif, cle)
        except IntegrityError as erreur:  # the key was given to another cancellation at this very moment
            raise _cle_reutilisee() from erreur

    def _demander(self, vente_id: UUID, motif: str, cle: Cle | None) -> UUID:
        with connection.cursor() as curseur:
            curseur.execute("SELECT statut, reservation_reference FROM ventes WHERE id = %s FOR UPDATE", [vente_id])
            ligne = curseur.fetchone()
            if ligne is None:
                raise VenteIntrouvable(f"Aucune vente n'a l'identifiant {vente_id}.")
            if ligne[0] != Statut.ACTIVE:
                raise VenteDejaAnnulee(f"La vente {vente_id} n'est plus active.")
            curseur.execute(
                """
                INSERT INTO annulations AS a (vente_id, motif, consommateur, cle, prochain_essai)
                VALUES (%s, %s, %s, %s, now() + make_interval(secs => %s))
                ON CONFLICT (vente_id) DO UPDATE SET
                    motif = CASE WHEN a.cle IS NULL THEN excluded.motif ELSE a.motif END,
                    consommateur = CASE WHEN a.cle IS NULL THEN excluded.consommateur ELSE a.consommateur END,
                    cle = coalesce(a.cle, excluded.cle)
                RETURNING consommateur, cle
                """,
                [vente_id, motif, cle.consommateur if cle else "", cle.valeur if cle else None, self._reprise_s],
            )
            if cle and curseur.fetchone() != cle:
                raise EnCours(f"L'annulation de la vente {vente_id} est en cours pour un autre demandeur.")
            reservation: UUID = ligne[1]
        return reservation

    def deja_faite(self, vente_id: UUID, motif: str, cle: Cle) -> VenteAnnulee | None:
        with connection.cursor() as curseur:
            curseur.execute(
                """
                SELECT a.vente_id, a.motif, a.terminee, v.date_annulation
                FROM annulations a JOIN ventes v ON v.id = a.vente_id WHERE a.consommateur = %s AND a.cle = %s
                """,
                [*cle],
            )
            ligne = curseur.fetchone()
        if ligne is None:
            return None
        if ligne[:2] != (vente_id, motif):
            raise _cle_reutilisee()
        return VenteAnnulee(vente_id, ligne[3], motif) if ligne[2] else None

    def achever(self, vente_id: UUID) -> VenteAnnulee | None:
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute(
                """
                UPDATE ventes v SET statut = 'annulee', date_annulation = now(), motif = a.motif FROM annulations a
                WHERE v.id = %s AND a.vente_id = v.id AND v.statut = 'active'
                RETURNING v.id, v.date_annulation, v.motif
                """,
                [vente_id],
            )
            ligne = curseur.fetchone()
            curseur.execute("UPDATE annulations SET terminee = true WHERE vente_id = %s", [vente_id])
        return None if ligne is None else VenteAnnulee(*ligne)

    def reclamer(self, lot: int) -> list[tuple[UUID, UUID]]:
        with connection.cursor() as curseur:
            curseur.execute(
                """
                UPDATE annulations a SET essais = essais + 1,
                    prochain_essai = now() + make_interval(secs => least(60, power(2, least(essais, 10))))
                FROM ventes v WHERE v.id = a.vente_id AND a.vente_id IN (
                    SELECT vente_id FROM annulations WHERE NOT terminee AND prochain_essai <= now()
                    ORDER BY prochain_essai LIMIT %s FOR UPDATE SKIP LOCKED
                )
                RETURNING a.vente_id, v.reservation_reference
                """,
                [lot],
            )
            return [(ligne[0], ligne[1]) for ligne in curseur.fetchall()]


def _cle_reutilisee() -> CleReutilisee:
    return CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre annulation.")
