"""Shapes of requests and answers."""

from rest_framework import serializers

from socle.django.champs import IdentifiantStrict, TexteStrict
from supply_chain.domain.demande import MOTIF_MAX, MOTIF_MIN, motif_parle
from supply_chain.domain.etapes import StatutEtape
from supply_chain.domain.etats import ETATS
from supply_chain.interfaces import exemples


class CriteresPage(serializers.Serializer):
    """Query parameters of a list."""

    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class CriteresWorkflows(CriteresPage):
    """Query parameters of the list of workflows."""

    etat = serializers.ChoiceField(choices=ETATS, required=False)
    demande_id = IdentifiantStrict(required=False)


class Rejet(serializers.Serializer):
    """Why a request is refused."""

    motif = TexteStrict(multiligne=True, min_length=MOTIF_MIN, max_length=MOTIF_MAX, help_text="Au moins une lettre.")

    def validate_motif(self, motif: str) -> str:
        if not motif_parle(motif):
            raise serializers.ValidationError("Le motif doit contenir au moins une lettre.")
        return motif

    class Meta:
        swagger_schema_fields = {"example": exemples.REJETER}


class _Pied(serializers.Serializer):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class DemandeEnAttente(serializers.Serializer):
    """A pending replenishment request, as inventaire shows it, and what its quantity means."""

    id = serializers.UUIDField()
    produit_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    statut = serializers.CharField()
    date_creation = serializers.DateTimeField()
    nom_produit = serializers.CharField()
    nom_magasin = serializers.CharField()
    est_quantite_importante = serializers.BooleanField(help_text="Plus de 100 unités.")
    est_quantite_critique = serializers.BooleanField(help_text="Plus de 1000 unités.")
    quantite_formatee = serializers.CharField()


class ReponseDemandesEnAttente(_Pied):
    success = serializers.BooleanField()
    use_case = serializers.CharField()
    count = serializers.IntegerField(help_text="Demandes de cette page.")
    demandes = DemandeEnAttente(many=True)


class ReponseValidation(serializers.Serializer):
    """A workflow that ended well."""

    success = serializers.BooleanField()
    use_case = serializers.CharField()
    demande_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    message = serializers.CharField()
    etapes_executees = serializers.ListField(child=serializers.CharField())
    rollback_effectue = serializers.BooleanField()
    statut = serializers.CharField()


class ReponseEchec(serializers.Serializer):
    """A workflow that was undone, or a request that cannot be validated."""

    success = serializers.BooleanField()
    error = serializers.CharField()
    details = serializers.JSONField(help_text="Phrase, ou liste de phrases.")
    code = serializers.CharField()
    correlation_id = serializers.CharField()
    use_case = serializers.CharField(required=False)
    demande_id = serializers.UUIDField(required=False)
    workflow_id = serializers.UUIDField(required=False)
    message = serializers.CharField(required=False)
    etapes_executees = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Effectuées avant l'échec, puis défaites."
    )
    rollback_effectue = serializers.BooleanField(required=False)
    details_erreur = serializers.CharField(required=False)
    etape_echec = serializers.CharField(required=False)
    statut = serializers.CharField(required=False)


class ReponseEnCours(serializers.Serializer):
    """A workflow that goes on, or waits for an operator."""

    success = serializers.BooleanField()
    accepted = serializers.BooleanField()
    use_case = serializers.CharField()
    demande_id = serializers.UUIDField()
    workflow_id = serializers.UUIDField()
    message = serializers.CharField()
    rollback_effectue = serializers.BooleanField()
    statut = serializers.CharField()
    etat = serializers.ChoiceField(choices=ETATS)
    statut_url = serializers.CharField()


class ReponseRejet(serializers.Serializer):
    success = serializers.BooleanField()
    use_case = serializers.CharField()
    demande_id = serializers.UUIDField()
    message = serializers.CharField()
    motif = serializers.CharField()
    statut = serializers.CharField()


class Workflow(serializers.Serializer):
    """One row of the list."""

    workflow_id = serializers.UUIDField()
    demande_id = serializers.UUIDField()
    produit_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    nom_produit = serializers.CharField()
    nom_magasin = serializers.CharField()
    etat = serializers.ChoiceField(choices=ETATS)
    est_termine = serializers.BooleanField()
    rollback_effectue = serializers.BooleanField()
    details_erreur = serializers.CharField(allow_null=True)
    date_creation = serializers.DateTimeField()
    derniere_modification = serializers.DateTimeField()
    date_fin = serializers.DateTimeField(allow_null=True)
    correlation_id = serializers.CharField()


class ReponseWorkflows(_Pied):
    success = serializers.BooleanField()
    workflows = Workflow(many=True)


class EtapeWorkflow(serializers.Serializer):
    """One of the three steps."""

    ordre = serializers.IntegerField()
    nom = serializers.CharField()
    description = serializers.CharField()
    statut = serializers.ChoiceField(choices=[statut.value for statut in StatutEtape])
    tentatives = serializers.IntegerField()
    duree_secondes = serializers.FloatField()


class EvenementWorkflow(serializers.Serializer):
    """One history entry."""

    numero = serializers.IntegerField()
    type = serializers.CharField()
    etat_precedent = serializers.ChoiceField(choices=ETATS)
    nouvel_etat = serializers.ChoiceField(choices=ETATS)
    message = serializers.CharField()
    timestamp = serializers.DateTimeField()
    donnees = serializers.JSONField()


class AttenteWorkflow(serializers.Serializer):
    """What an unfinished workflow is waiting for."""

    quoi = serializers.CharField()
    tentatives = serializers.IntegerField()
    prochain_essai = serializers.DateTimeField(allow_null=True)
    derniere_erreur = serializers.CharField(allow_null=True)
    proprietaire = serializers.CharField(allow_null=True)
    bail_expire = serializers.DateTimeField(allow_null=True)


class ReponseWorkflow(Workflow):
    """Everything known of one workflow."""

    success = serializers.BooleanField()
    etapes = EtapeWorkflow(many=True)
    historique = EvenementWorkflow(many=True)
    attend = AttenteWorkflow(allow_null=True)
