"""The audit trail in magasin's database."""

from uuid import UUID

from django.db.models.functions import Now

from console.application.operer import Demande, Issue
from console.infrastructure.models import Geste
from socle.erreurs import CleReutilisee

DERNIERS = 100


class RegistrePostgres:
    """Port `Registre`."""

    def ouvrir(self, demande: Demande, correlation: str) -> Issue | None:
        geste, cree = Geste.objects.get_or_create(
            id=demande.cle,
            defaults={
                "compte": demande.compte,
                "role": demande.role,
                "geste": demande.geste,
                "saga_id": demande.saga_id,
                "cible": demande.cible,
                "motif": demande.motif,
                "correlation_id": correlation,
            },
        )
        if not cree and (geste.geste, geste.cible, geste.motif) != (demande.geste, demande.cible, demande.motif):
            raise CleReutilisee("Ce formulaire a déjà servi pour un autre geste.")
        return None if geste.statut is None else Issue(geste.statut, geste.reponse)

    def clore(self, cle: UUID, issue: Issue) -> None:
        Geste.objects.filter(pk=cle).update(statut=issue.statut, reponse=issue.texte, repondu_le=Now())


def derniers(saga_id: UUID | None = None) -> list[Geste]:
    """The latest actions, of one saga or of all."""
    gestes = Geste.objects.all() if saga_id is None else Geste.objects.filter(saga_id=saga_id)
    return list(gestes.order_by("-demande_le")[:DERNIERS])
