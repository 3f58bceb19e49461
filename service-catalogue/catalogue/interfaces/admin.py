"""Admin: look at products and prices; archive and reactivate through the use cases."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from catalogue import bootstrap
from catalogue.infrastructure.models import ChangementPrixLigne, ProduitLigne
from socle.django.administration import AdminLecture


class HistoriquePrixEnLigne(admin.TabularInline):
    model = ChangementPrixLigne
    extra = 0
    can_delete = False
    readonly_fields = ("ancien_prix", "nouveau_prix", "date")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(ProduitLigne)
class ProduitAdmin(AdminLecture):
    list_display = ("nom", "categorie", "prix", "sku", "actif", "date_modification")
    list_filter = ("categorie", "actif")
    search_fields = ("nom", "sku")
    inlines = (HistoriquePrixEnLigne,)
    actions = ("archiver", "reactiver")

    @admin.action(description="Archiver")
    def archiver(self, request: HttpRequest, choix: QuerySet) -> None:
        for produit_id in choix.values_list("pk", flat=True):
            bootstrap.modifier.archiver(produit_id)

    @admin.action(description="Réactiver")
    def reactiver(self, request: HttpRequest, choix: QuerySet) -> None:
        for produit_id in choix.values_list("pk", flat=True):
            bootstrap.modifier.reactiver(produit_id)
