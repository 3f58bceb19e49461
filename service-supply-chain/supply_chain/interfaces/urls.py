from django.urls import path

from socle.django.urls import routes
from supply_chain.interfaces import vues

API = [
    path("demandes-en-attente/", vues.DemandesEnAttente.as_view(), name="demandes-en-attente"),
    path("valider-demande/<identifiant:demande_id>/", vues.ValiderDemande.as_view(), name="valider-demande"),
    path("rejeter-demande/<identifiant:demande_id>/", vues.RejeterDemande.as_view(), name="rejeter-demande"),
    path("workflows/", vues.Workflows.as_view(), name="workflows"),
    path("workflows/<identifiant:workflow_id>/", vues.Workflow.as_view(), name="workflow"),
    path("workflows/<identifiant:workflow_id>/compenser/", vues.CompenserWorkflow.as_view(), name="compenser"),
    path("workflows/<identifiant:workflow_id>/reprendre/", vues.ReprendreWorkflow.as_view(), name="reprendre"),
    path(
        "workflows/<identifiant:workflow_id>/ignorer-etape/", vues.IgnorerEtapeWorkflow.as_view(), name="ignorer-etape"
    ),
]

urlpatterns = routes(API)
