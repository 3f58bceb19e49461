from django.urls import path

from commandes.interfaces import vues
from socle.django.urls import routes

API = [
    path("magasins/", vues.Magasins.as_view(), name="magasins"),
    path("ventes-ddd/", vues.Ventes.as_view(), name="ventes"),
    path("ventes-ddd/enregistrer/", vues.EnregistrerVente.as_view(), name="vente-enregistrer"),
    path(
        "ventes-ddd/par-reference/<identifiant:reference>/",
        vues.VenteParReference.as_view(),
        name="vente-par-reference",
    ),
    path(
        "ventes-ddd/par-reference/<identifiant:reference>/annuler/",
        vues.AnnulerReference.as_view(),
        name="vente-annuler-reference",
    ),
    path("ventes-ddd/<identifiant:vente_id>/", vues.Vente.as_view(), name="vente"),
    path("ventes-ddd/<identifiant:vente_id>/annuler/", vues.AnnulerVente.as_view(), name="vente-annuler"),
    path("indicateurs/", vues.Indicateurs.as_view(), name="indicateurs"),
    path("rapport-consolide/", vues.RapportConsolide.as_view(), name="rapport-consolide"),
]

urlpatterns = routes(API)
