from django.urls import path

from ecommerce.interfaces import vues_checkouts, vues_clients
from socle.django.urls import routes

_CLIENT = "clients/<identifiant:client_id>/"
_PANIER = f"panier/{_CLIENT}panier/"
_COMMANDES = f"commandes/{_CLIENT}"

API = [
    path("clients/", vues_clients.Clients.as_view(), name="clients"),
    path(_CLIENT, vues_clients.UnClient.as_view(), name="client"),
    path(f"{_CLIENT}valider/", vues_clients.ValiderClient.as_view(), name="client-valider"),
    path(f"{_CLIENT}anonymiser/", vues_clients.AnonymiserClient.as_view(), name="client-anonymiser"),
    path(_PANIER, vues_clients.PanierClient.as_view(), name="panier"),
    path(f"{_PANIER}produits/<identifiant:produit_id>/", vues_clients.ProduitDuPanier.as_view(), name="panier-produit"),
    path(f"{_COMMANDES}checkout/", vues_checkouts.CheckoutOrchestre.as_view(), name="checkout"),
    path(f"{_COMMANDES}checkout/choreo/", vues_checkouts.CheckoutChoreo.as_view(), name="checkout-choreo"),
    path(f"{_COMMANDES}checkout/prerequis/", vues_checkouts.Prerequis.as_view(), name="checkout-prerequis"),
    path(
        f"{_COMMANDES}checkout/<identifiant:checkout_id>/",
        vues_checkouts.StatutCheckout.as_view(),
        name="checkout-statut",
    ),
    path(f"{_COMMANDES}historique/", vues_checkouts.Historique.as_view(), name="historique"),
    path("commandes/checkouts/", vues_checkouts.Checkouts.as_view(), name="checkouts"),
    path("commandes/statistiques/", vues_checkouts.Statistiques.as_view(), name="statistiques"),
]

urlpatterns = routes(API)
