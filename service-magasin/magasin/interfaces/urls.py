from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from magasin.interfaces.vues import boutique, demandes, indicateurs, produits, stocks, ventes
from socle.django.urls import routes_d_exploitation

_ERREURS = "magasin.interfaces.erreurs"
handler400 = f"{_ERREURS}.requete_refusee"
handler403 = f"{_ERREURS}.interdit"
handler404 = f"{_ERREURS}.introuvable"
handler500 = f"{_ERREURS}.interne"

_CLIENT = "boutique/<identifiant:client_id>/"

# The first twelve are the contract's, section 12: their names and views are public.
urlpatterns = [
    path("", indicateurs.IndicateursView.as_view(), name="home"),
    path("indicateurs/", indicateurs.IndicateursView.as_view(), name="indicateurs_performance"),
    path("rapport-consolide/", indicateurs.RapportConsolideView.as_view(), name="rapport_consolide"),
    path("ventes/ajouter/", ventes.AjouterVente.as_view(), name="ajouter_vente"),
    path("ventes/enregistrer/", ventes.EnregistrerVente.as_view(), name="enregistrer_vente"),
    path("stocks/", stocks.GestionStockView.as_view(), name="gestion_stocks"),
    path("stocks/reapprovisionner/", stocks.Reapprovisionner.as_view(), name="reapprovisionner"),
    path("produits/", produits.GestionProduitsView.as_view(), name="lister_produits"),
    path("produits/ajouter/", produits.AjouterProduit.as_view(), name="ajouter_produit"),
    path("produits/modifier/<identifiant:produit_id>/", produits.ModifierProduit.as_view(), name="modifier_produit"),
    path("demandes/", demandes.WorkflowDemandesView.as_view(), name="workflow_demandes"),
    path("demandes/valider/<identifiant:demande_id>/", demandes.ValiderDemande.as_view(), name="valider_demande"),
    path("demandes/rejeter/<identifiant:demande_id>/", demandes.RejeterDemande.as_view(), name="rejeter_demande"),
    path("demandes/workflows/<identifiant:workflow_id>/", demandes.Workflow.as_view(), name="workflow"),
    path("boutique/", boutique.Boutique.as_view(), name="boutique"),
    path(_CLIENT, boutique.Rayon.as_view(), name="boutique_client"),
    path(f"{_CLIENT}panier/", boutique.AjouterAuPanier.as_view(), name="ajouter_au_panier"),
    path(f"{_CLIENT}panier/vider/", boutique.ViderPanier.as_view(), name="vider_panier"),
    path(f"{_CLIENT}panier/<identifiant:produit_id>/", boutique.FixerQuantite.as_view(), name="fixer_quantite"),
    path(f"{_CLIENT}commander/", boutique.Commander.as_view(), name="commander"),
    path(f"{_CLIENT}suivi/<identifiant:checkout_id>/", boutique.SuiviDeCommande.as_view(), name="suivi"),
    path("console/", include("console.interfaces.urls")),
    path("connexion/", LoginView.as_view(template_name="magasin/connexion.html"), name="connexion"),
    path("deconnexion/", LogoutView.as_view(), name="deconnexion"),
    path("admin/", admin.site.urls),
    *routes_d_exploitation(),
]
