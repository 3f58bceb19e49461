"""Admin: look at clients, carts and checkouts; erase a client through the use case."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ecommerce import bootstrap
from ecommerce.infrastructure.models import ArticleLigne, CheckoutLigne, ClientLigne, PanierLigne
from socle.django.administration import AdminLecture


class ArticlesEnLigne(admin.TabularInline):
    model = ArticleLigne
    extra = 0
    can_delete = False
    readonly_fields = ("produit_id", "nom_produit", "prix_unitaire", "quantite")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ClientLigne)
class ClientAdmin(AdminLecture):
    list_display = ("id", "prenom", "nom", "adresse_ville", "actif", "date_creation")
    list_filter = ("actif",)
    search_fields = ("id", "nom", "email")
    actions = ("effacer",)

    @admin.action(description="Effacer les données personnelles")
    def effacer(self, request: HttpRequest, choix: QuerySet) -> None:
        for client_id in choix.values_list("pk", flat=True):
            bootstrap.clients.effacer(client_id)


@admin.register(PanierLigne)
class PanierAdmin(AdminLecture):
    list_display = ("id", "client_id", "statut", "date_modification")
    list_filter = ("statut",)
    search_fields = ("id", "client__id")
    inlines = (ArticlesEnLigne,)


@admin.register(CheckoutLigne)
class CheckoutAdmin(AdminLecture):
    list_display = ("id", "style", "statut", "client_id", "sous_total", "code", "date_creation", "date_conclusion")
    list_filter = ("style", "statut", "conclu_par")
    search_fields = ("id", "client__id", "commande_id")
