"""Admin: look at magasins, sales, and what is under way."""

from django.contrib import admin

from commandes.infrastructure.models import AnnulationLigne, IntentionLigne, LigneVenteLigne, MagasinLigne, VenteLigne
from socle.django.administration import AdminLecture


class LignesEnLigne(admin.TabularInline):
    model = LigneVenteLigne
    extra = 0
    can_delete = False
    readonly_fields = ("rang", "produit_id", "produit_nom", "quantite", "prix_unitaire")


@admin.register(MagasinLigne)
class MagasinAdmin(AdminLecture):
    list_display = ("nom", "adresse", "id")


@admin.register(VenteLigne)
class VenteAdmin(AdminLecture):
    list_display = ("id", "magasin", "client_id", "total", "statut", "date_vente")
    list_filter = ("statut", "magasin")
    list_select_related = ("magasin",)
    search_fields = ("id", "reference", "client_id")
    inlines = (LignesEnLigne,)


@admin.register(IntentionLigne)
class IntentionAdmin(AdminLecture):
    list_display = ("vente_id", "etat", "essais", "prochain_essai", "cree_le")
    list_filter = ("etat",)


@admin.register(AnnulationLigne)
class AnnulationAdmin(AdminLecture):
    list_display = ("vente_id", "motif", "terminee", "essais", "prochain_essai")
    list_filter = ("terminee",)
