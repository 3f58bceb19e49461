from django.urls import path

from saga_orchestrator.interfaces import vues
from socle.django.urls import routes

API = [
    path("commandes/", vues.Commandes.as_view(), name="commandes"),
    path("commandes/<identifiant:saga_id>/", vues.Saga.as_view(), name="commande"),
    path("commandes/<identifiant:saga_id>/compenser/", vues.Compenser.as_view(), name="compenser"),
    path("commandes/<identifiant:saga_id>/reprendre/", vues.Reprendre.as_view(), name="reprendre"),
    path("commandes/<identifiant:saga_id>/ignorer-etape/", vues.IgnorerEtape.as_view(), name="ignorer-etape"),
    path("sagas/", vues.Sagas.as_view(), name="sagas"),
    path("statistiques/", vues.Statistiques.as_view(), name="statistiques"),
    path("test/echec-stock/", vues.EchecStock.as_view(), name="echec-stock"),
    path("info/", vues.Info.as_view(), name="info"),
    # Historical spellings (contract, section 9).
    path("checkout/", vues.Commandes.as_view(), name="checkout"),
    path("list/", vues.Sagas.as_view(), name="list"),
    path("<identifiant:saga_id>/status/", vues.Saga.as_view(), name="status"),
    path("<identifiant:saga_id>/compensate/", vues.Compenser.as_view(), name="compensate"),
]

urlpatterns = routes(API)
