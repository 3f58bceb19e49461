"""Shapes of requests and answers. Rules of the business live in the domain; these check types and sizes."""

from rest_framework import serializers

from inventaire.application.ajuster import Sens
from inventaire.domain import demande, stock
from inventaire.domain.demande import Statut
from inventaire.interfaces import exemples
from socle.django.champs import EntierStrict, IdentifiantStrict, TexteStrict


class LigneStock(serializers.Serializer):
    """Units of one product."""

    produit_id = IdentifiantStrict()
    quantite = EntierStrict(min_value=1, max_value=stock.QUANTITE_MAX)


class DiminutionStock(serializers.Serializer):
    """Either one product, or a reservation: a reference and its lines. Read by `lecture`; documented here."""

    produit_id = IdentifiantStrict(required=False)
    quantite = EntierStrict(min_value=1, max_value=stock.QUANTITE_MAX, required=False)
    magasin_id = IdentifiantStrict(required=False, allow_null=True, help_text="Absent : stock central.")
    reference = IdentifiantStrict(required=False, help_text="Celle de la saga.")
    lignes = LigneStock(many=True, required=False, max_length=stock.LIGNES_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.DIMINUER}


class AugmentationStock(DiminutionStock):
    """One product, a release, an addition under a reference, or its undoing. Read by `lecture`."""

    annulation = serializers.BooleanField(required=False, help_text="Défaire l'ajout de cette référence.")

    class Meta:
        swagger_schema_fields = {"example": exemples.AUGMENTER}


class LigneDeplacee(serializers.Serializer):
    produit_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    nouvelle_quantite = serializers.IntegerField()
    niveau = serializers.CharField()


class ReponseMouvement(serializers.Serializer):
    """`nouvelle_quantite` and `niveau` for one product; `reference`, `etat` and `lignes` for a reference."""

    success = serializers.BooleanField()
    message = serializers.CharField()
    magasin_id = serializers.UUIDField(allow_null=True)
    produit_id = serializers.UUIDField(required=False)
    nouvelle_quantite = serializers.IntegerField(required=False)
    niveau = serializers.CharField(required=False)
    reference = serializers.UUIDField(required=False)
    etat = serializers.CharField(required=False, help_text="RESERVEE, LIBEREE, ANNULEE ou AJOUTEE.")
    lignes = LigneDeplacee(many=True, required=False)


class LigneReservee(serializers.Serializer):
    produit_id = serializers.UUIDField()
    quantite = serializers.IntegerField()


class ReponseReservation(serializers.Serializer):
    success = serializers.BooleanField()
    reference = serializers.UUIDField()
    magasin_id = serializers.UUIDField(allow_null=True)
    etat = serializers.ChoiceField(["RESERVEE", "LIBEREE", "ANNULEE"])
    lignes = LigneReservee(many=True)
    date_creation = serializers.DateTimeField(required=False)
    date_liberation = serializers.DateTimeField(required=False, allow_null=True)


class CriteresProduits(serializers.Serializer):
    """Query parameters of a magasin's stocks."""

    produits = serializers.CharField(
        required=False, help_text="Jusqu'à 200 identifiants séparés par des virgules ; absent : tous."
    )


class CriteresPage(serializers.Serializer):
    """Query parameters of a list."""

    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class StockProduit(serializers.Serializer):
    produit_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    niveau = serializers.CharField()
    nom_produit = serializers.CharField()


class StockProduitMagasin(StockProduit):
    magasin_id = serializers.UUIDField()
    nom_magasin = serializers.CharField()


class ReponseStocksLocaux(serializers.Serializer):
    magasin_id = serializers.UUIDField()
    nom_magasin = serializers.CharField()
    stocks = StockProduit(many=True)


class _Pied(serializers.Serializer):
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class ReponseStocksCentraux(_Pied):
    success = serializers.BooleanField()
    stocks = StockProduit(many=True)


class ReponseMagasinsStocks(_Pied):
    success = serializers.BooleanField()
    magasins = ReponseStocksLocaux(many=True)


class NomMagasin(serializers.Serializer):
    """The real name of a magasin."""

    nom = TexteStrict(min_length=1, max_length=200)

    class Meta:
        swagger_schema_fields = {"example": {"nom": "Magasin Central"}}


class ReponseMagasinConnu(serializers.Serializer):
    success = serializers.BooleanField()
    magasin_id = serializers.UUIDField()
    nom = serializers.CharField()


class TransfertStock(serializers.Serializer):
    """Units of one product to move between the central stock and a magasin."""

    produit_id = IdentifiantStrict()
    magasin_id = IdentifiantStrict()
    quantite = EntierStrict(min_value=1, max_value=stock.QUANTITE_MAX)
    sens = serializers.ChoiceField([sens.value for sens in Sens])

    class Meta:
        swagger_schema_fields = {"example": exemples.TRANSFERER}


class ReponseTransfert(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    produit_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    sens = serializers.CharField()
    stock_central = serializers.IntegerField()
    stock_local = serializers.IntegerField()


class NouvelleDemande(serializers.Serializer):
    """Units that a magasin asks of the central stock."""

    produit_id = IdentifiantStrict()
    magasin_id = IdentifiantStrict()
    quantite = EntierStrict(min_value=1, max_value=demande.QUANTITE_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.CREER_DEMANDE}


class RejetDemande(serializers.Serializer):
    """Why a request is refused."""

    motif = TexteStrict(min_length=1, max_length=demande.MOTIF_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.REJETER}


class StatutDemande(serializers.Serializer):
    """What a validation workflow concluded."""

    statut = serializers.ChoiceField([s.value for s in Statut if s != Statut.EN_ATTENTE])
    motif = TexteStrict(required=False, allow_blank=True, max_length=demande.MOTIF_MAX)
    workflow_id = IdentifiantStrict()

    class Meta:
        swagger_schema_fields = {"example": exemples.FIXER_STATUT}


class DemandeReapprovisionnement(serializers.Serializer):
    """A replenishment request."""

    id = serializers.UUIDField()
    produit_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    statut = serializers.ChoiceField([s.value for s in Statut])
    motif = serializers.CharField(allow_blank=True, help_text="Celui du refus ou de l'échec.")
    workflow_id = serializers.UUIDField(allow_null=True)
    date_creation = serializers.DateTimeField()
    date_modification = serializers.DateTimeField()
    nom_produit = serializers.CharField()
    nom_magasin = serializers.CharField()


class ReponseDemande(DemandeReapprovisionnement):
    success = serializers.BooleanField()


class ReponseDemandes(_Pied):
    success = serializers.BooleanField()
    demandes = DemandeReapprovisionnement(many=True)


class ReponseSuppression(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    demande_id = serializers.UUIDField()


class BesoinProduit(serializers.Serializer):
    produit_id = serializers.UUIDField()
    nom_produit = serializers.CharField()
    quantite_actuelle = serializers.IntegerField()
    niveau = serializers.CharField()
    quantite_suggeree = serializers.IntegerField()


class ReponseBesoins(serializers.Serializer):
    success = serializers.BooleanField()
    magasin_id = serializers.UUIDField()
    nom_magasin = serializers.CharField()
    besoins = BesoinProduit(many=True)
    total = serializers.IntegerField()
