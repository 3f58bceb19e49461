from django.urls import path

from catalogue.interfaces import vues
from socle.django.urls import routes

API = [
    path("rechercher/", vues.Rechercher.as_view(), name="rechercher"),
    path("ajouter/", vues.Ajouter.as_view(), name="ajouter"),
    path("categories/", vues.Categories.as_view(), name="categories"),
    path("produits/", vues.Produits.as_view(), name="produits"),
    path("produits/<identifiant:produit_id>/", vues.Produit.as_view(), name="produit"),
    path("produits/<identifiant:produit_id>/prix/", vues.PrixProduit.as_view(), name="produit-prix"),
    path("produits/<identifiant:produit_id>/archiver/", vues.ArchiverProduit.as_view(), name="produit-archiver"),
    path("produits/<identifiant:produit_id>/reactiver/", vues.ReactiverProduit.as_view(), name="produit-reactiver"),
]

urlpatterns = routes(API)
