"""Admin: look at sagas, their lines and their history. Actions go through the API, which audits them."""

from django.contrib import admin
from django.http import HttpRequest

from saga_orchestrator.infrastructure.models import EvenementCommande, LigneCommande, Replique, SagaCommande
from socle.django.administration import AdminLecture


class LignesEnLigne(admin.TabularInline):
    model = LigneCommande
    extra = 0
    can_delete = False
    fields = readonly_fields = ("numero", "produit_id", "produit_nom", "quantite", "prix_unitaire")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class EvenementsEnLigne(admin.TabularInline):
    model = EvenementCommande
    extra = 0
    can_delete = False
    ordering = ("numero",)
    fields = readonly_fields = (
        "numero", "horodatage", "type", "etat_precedent", "nouvel_etat", "message", "donnees",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(SagaCommande)
class SagaAdmin(AdminLecture):
    list_display = (
        "saga_id",
        "etat_actuel",
        "client_id",
        "magasin_id",
        "montant_total",
        "date_creation",
        "proprietaire",
    )
    list_filter = ("etat_actuel", "active")
    search_fields = ("saga_id", "client_id", "commande_finale_id", "correlation_id")
    inlines = (LignesEnLigne, EvenementsEnLigne)


@admin.register(Replique)
class RepliqueAdmin(AdminLecture):
    list_display = ("nom", "epoque")
