"""The `Demandes` port."""

from uuid import UUID

from django.db.models.functions import Now

from inventaire.domain.demande import Demande, Statut
from inventaire.domain.erreurs import DemandeDejaEnAttente, DemandeInexistante
from inventaire.infrastructure.models import DemandeLigne


class DemandesPostgres:
    """Each method expects an open transaction."""

    def ajouter(self, demande: Demande) -> None:
        # The partial unique index decides a race: the second insert waits for the first one's fate, then does nothing.
        DemandeLigne.objects.bulk_create(
            [
                DemandeLigne(
                    id=demande.id,
                    produit_id=demande.produit_id,
                    magasin_id=demande.magasin_id,
                    quantite=demande.quantite,
                    statut=demande.statut.value,
                )
            ],
            ignore_conflicts=True,
        )
        if not DemandeLigne.objects.filter(pk=demande.id).exists():
            raise DemandeDejaEnAttente(
                f"Une demande du produit {demande.produit_id} est déjà en attente pour ce magasin."
            )

    def verrouiller(self, demande_id: UUID) -> Demande:
        ligne = DemandeLigne.objects.select_for_update().filter(pk=demande_id).first()
        if ligne is None:
            raise DemandeInexistante(demande_id)
        return Demande(
            id=ligne.id,
            produit_id=ligne.produit_id,
            magasin_id=ligne.magasin_id,
            quantite=ligne.quantite,
            statut=Statut(ligne.statut),
            motif=ligne.motif,
            workflow_id=ligne.workflow_id,
        )

    def enregistrer(self, demande: Demande) -> None:
        DemandeLigne.objects.filter(pk=demande.id).update(
            statut=demande.statut.value,
            motif=demande.motif,
            workflow_id=demande.workflow_id,
            date_modification=Now(),
        )

    def supprimer(self, demande_id: UUID) -> None:
        DemandeLigne.objects.filter(pk=demande_id).delete()
