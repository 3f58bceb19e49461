"""Shapes of requests and answers, for the documentation; query parameters are validated by them too."""

from rest_framework import serializers

from commandes.domain.indicateurs import JOURS_MAX
from commandes.domain.vente import LIGNES_MAX, MOTIF_MAX, NOM_MAX, PRIX_MAX, PRIX_MIN, QUANTITE_MAX, Statut
from commandes.interfaces import exemples
from socle.django.champs import BooleenStrict, EntierStrict, IdentifiantStrict, MontantStrict, TexteStrict


class LigneAEnregistrer(serializers.Serializer):
    produit_id = IdentifiantStrict()
    produit_nom = TexteStrict(max_length=NOM_MAX, help_text="Figé par la saga.")
    quantite = EntierStrict(min_value=1, max_value=QUANTITE_MAX)
    prix_unitaire = MontantStrict(min_value=PRIX_MIN, max_value=PRIX_MAX, help_text="Dollars canadiens, figé.")


class VenteAEnregistrer(serializers.Serializer):
    """Two forms: with `reference` (sagas), or with `produit_id` and `quantite`."""

    magasin_id = IdentifiantStrict()
    client_id = IdentifiantStrict()
    produit_id = IdentifiantStrict(required=False, help_text="Forme à un produit.")
    quantite = EntierStrict(min_value=1, max_value=QUANTITE_MAX, required=False, help_text="Forme à un produit.")
    reference = IdentifiantStrict(required=False, help_text="Forme saga : une seule vente par référence.")
    reservation_reference = IdentifiantStrict(required=False, help_text="Forme saga : où le stock est réservé.")
    lignes = LigneAEnregistrer(many=True, required=False, min_length=1, max_length=LIGNES_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.DEMANDE_SAGA}


class AnnulationVente(serializers.Serializer):
    motif = TexteStrict(max_length=MOTIF_MAX, required=False, allow_blank=True, allow_null=True)

    class Meta:
        swagger_schema_fields = {"example": exemples.ANNULATION}


class AnnulationReference(AnnulationVente):
    seulement_si_absente = BooleenStrict(required=False, help_text="Vrai : une vente existante reste telle quelle.")

    class Meta:
        swagger_schema_fields = {"example": exemples.ANNULATION_REFERENCE}


class CriteresVentes(serializers.Serializer):
    """Query parameters of the list."""

    magasin_id = IdentifiantStrict(required=False)
    client_id = IdentifiantStrict(required=False)
    statut = serializers.ChoiceField(required=False, choices=[s.value for s in Statut])
    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class CriteresPeriode(serializers.Serializer):
    jours = serializers.IntegerField(required=False, min_value=1, max_value=JOURS_MAX, help_text="7 par défaut.")


class LigneVendue(serializers.Serializer):
    produit_id = serializers.UUIDField()
    produit_nom = serializers.CharField()
    quantite = serializers.IntegerField()
    prix_unitaire = serializers.FloatField()
    sous_total = serializers.FloatField()


class VenteEnregistree(serializers.Serializer):
    id = serializers.UUIDField()
    magasin = serializers.CharField(help_text="Nom du magasin.")
    magasin_id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    reference = serializers.UUIDField()
    reservation_reference = serializers.UUIDField()
    date_vente = serializers.DateTimeField()
    total = serializers.FloatField(help_text="Dollars canadiens, hors livraison.")
    statut = serializers.ChoiceField(choices=[s.value for s in Statut])
    date_annulation = serializers.DateTimeField(required=False, allow_null=True)
    motif = serializers.CharField(required=False)
    peut_etre_annulee = serializers.BooleanField()
    lignes = LigneVendue(many=True)


class ReponseVente(serializers.Serializer):
    success = serializers.BooleanField()
    vente = VenteEnregistree()


class ReponseVentes(serializers.Serializer):
    success = serializers.BooleanField()
    ventes = VenteEnregistree(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class ReponseAnnulation(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    vente_id = serializers.UUIDField()
    statut = serializers.CharField()
    date_annulation = serializers.DateTimeField()
    motif = serializers.CharField(allow_blank=True)


class ReponseEtatReference(serializers.Serializer):
    etat = serializers.ChoiceField(choices=["annulee", "jamais_creee", "active"])


class Magasin(serializers.Serializer):
    id = serializers.UUIDField()
    nom = serializers.CharField()
    adresse = serializers.CharField()


class ReponseMagasins(serializers.Serializer):
    success = serializers.BooleanField()
    magasins = Magasin(many=True)
    total = serializers.IntegerField()


class ProduitVendu(serializers.Serializer):
    produit_id = serializers.UUIDField()
    nom = serializers.CharField()
    quantite_totale = serializers.IntegerField()
    chiffre_affaires = serializers.FloatField()


class IndicateurMagasin(serializers.Serializer):
    magasin = serializers.CharField()
    magasin_id = serializers.UUIDField()
    chiffre_affaires = serializers.FloatField()
    ruptures = serializers.IntegerField(help_text="Produits dont il ne reste rien au magasin.")
    surstock = serializers.IntegerField(help_text="Produits dont le magasin tient plus de dix unités.")
    tendances = ProduitVendu(many=True, help_text="Les trois produits les plus vendus.")


class StockLocal(serializers.Serializer):
    ruptures = serializers.IntegerField()
    surstock = serializers.IntegerField()
    produits_en_stock = serializers.IntegerField()


class RapportMagasin(serializers.Serializer):
    magasin = serializers.CharField()
    magasin_id = serializers.UUIDField()
    total = serializers.FloatField()
    produits_vendus = ProduitVendu(many=True)
    stock_local = StockLocal()
