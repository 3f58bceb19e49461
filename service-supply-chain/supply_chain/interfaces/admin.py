"""Admin: look at workflows and their steps. Actions go through the API, which audits them."""

from django.contrib import admin
from django.http import HttpRequest

from socle.django.administration import AdminLecture
from supply_chain.infrastructure.models import EtapeValidation, Replique, WorkflowValidation


class EtapesEnLigne(admin.TabularInline):
    model = EtapeValidation
    extra = 0
    can_delete = False
    ordering = ("numero",)
    fields = readonly_fields = ("numero", "horodatage", "type", "etat_precedent", "nouvel_etat", "message", "donnees")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(WorkflowValidation)
class WorkflowAdmin(AdminLecture):
    list_display = ("saga_id", "etat_actuel", "demande_id", "magasin_id", "quantite", "date_creation", "proprietaire")
    list_filter = ("etat_actuel", "active")
    search_fields = ("saga_id", "demande_id", "correlation_id")
    inlines = (EtapesEnLigne,)


@admin.register(Replique)
class RepliqueAdmin(AdminLecture):
    list_display = ("nom", "epoque")
