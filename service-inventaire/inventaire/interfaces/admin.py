"""Admin: look at stocks, reservations and requests; approve requests through the use case."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from inventaire import bootstrap
from inventaire.infrastructure.models import (
    DemandeLigne,
    MagasinConnu,
    ProduitConnu,
    ReservationLigne,
    StockCentralLigne,
    StockLocalLigne,
)
from socle.django.administration import AdminLecture
from socle.erreurs import Erreur


@admin.register(ProduitConnu, MagasinConnu)
class ConnuAdmin(AdminLecture):
    list_display = ("nom", "id")
    search_fields = ("nom",)


@admin.register(StockCentralLigne)
class StockCentralAdmin(AdminLecture):
    list_display = ("produit", "quantite")
    list_select_related = ("produit",)
    search_fields = ("produit__nom",)


@admin.register(StockLocalLigne)
class StockLocalAdmin(AdminLecture):
    list_display = ("magasin", "produit", "quantite")
    list_select_related = ("magasin", "produit")
    list_filter = ("magasin",)
    search_fields = ("produit__nom",)


@admin.register(ReservationLigne)
class ReservationAdmin(AdminLecture):
    list_display = ("reference", "magasin_id", "etat", "date_creation", "date_liberation")
    list_filter = ("etat",)
    search_fields = ("reference",)


@admin.register(DemandeLigne)
class DemandeAdmin(AdminLecture):
    list_display = ("date_creation", "magasin", "produit", "quantite", "statut", "motif")
    list_select_related = ("magasin", "produit")
    list_filter = ("statut", "magasin")
    actions = ("approuver",)

    @admin.action(description="Approuver")
    def approuver(self, request: HttpRequest, choix: QuerySet) -> None:
        for demande_id in choix.values_list("pk", flat=True):
            try:
                bootstrap.demander.approuver(demande_id)
            except Erreur as refus:
                self.message_user(request, str(refus), "error")
