from django.urls import path

from inventaire.interfaces import vues
from socle.django.urls import routes

API = [
    path("diminuer-stock/", vues.DiminuerStock.as_view(), name="diminuer-stock"),
    path("augmenter-stock/", vues.AugmenterStock.as_view(), name="augmenter-stock"),
    path("reservations/<identifiant:reference>/", vues.Reservation.as_view(), name="reservation"),
    path("stock-central/<identifiant:produit_id>/", vues.StockCentral.as_view(), name="stock-central"),
    path(
        "stock-local/<identifiant:produit_id>/<identifiant:magasin_id>/",
        vues.StockLocal.as_view(),
        name="stock-local",
    ),
    path("stocks-centraux/", vues.StocksCentraux.as_view(), name="stocks-centraux"),
    path("stocks-locaux/<identifiant:magasin_id>/", vues.StocksLocaux.as_view(), name="stocks-locaux"),
    path("magasins-stocks/", vues.MagasinsStocks.as_view(), name="magasins-stocks"),
    path("magasins-connus/<identifiant:magasin_id>/", vues.MagasinConnu.as_view(), name="magasin-connu"),
    path("transferer/", vues.Transferer.as_view(), name="transferer"),
    path("demandes/", vues.Demandes.as_view(), name="demandes"),
    path("demandes/en-attente/", vues.DemandesEnAttente.as_view(), name="demandes-en-attente"),
    path("demandes/magasin/<identifiant:magasin_id>/", vues.DemandesDuMagasin.as_view(), name="demandes-magasin"),
    path("demandes/<identifiant:demande_id>/", vues.Demande.as_view(), name="demande"),
    path("demandes/<identifiant:demande_id>/approuver/", vues.ApprouverDemande.as_view(), name="demande-approuver"),
    path("demandes/<identifiant:demande_id>/rejeter/", vues.RejeterDemande.as_view(), name="demande-rejeter"),
    path("demandes/<identifiant:demande_id>/statut/", vues.StatutDemande.as_view(), name="demande-statut"),
    path("demandes/<identifiant:demande_id>/supprimer/", vues.SupprimerDemande.as_view(), name="demande-supprimer"),
    path("analyser-besoins/<identifiant:magasin_id>/", vues.AnalyserBesoins.as_view(), name="analyser-besoins"),
]

urlpatterns = routes(API)
