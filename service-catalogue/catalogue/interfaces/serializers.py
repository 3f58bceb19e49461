"""Shapes of requests and answers. Rules of the business live in the domain; these check types and sizes."""

from rest_framework import serializers

from catalogue.domain.valeurs import NOM_MAX, NOM_MIN, PRIX_MAX, PRIX_MIN
from catalogue.interfaces import exemples
from socle.django.champs import MontantStrict, TexteStrict


class AjoutProduit(serializers.Serializer):
    """A product to add."""

    nom = TexteStrict(min_length=NOM_MIN, max_length=NOM_MAX, help_text="Unique, sans < ni >.")
    categorie = TexteStrict(
        max_length=100, help_text="Informatique, Boissons, Confiserie, Électronique, Meubles ou Vêtements."
    )
    prix = MontantStrict(min_value=PRIX_MIN, max_value=PRIX_MAX, help_text="Dollars canadiens.")
    description = TexteStrict(multiligne=True, max_length=2000, required=False, allow_blank=True)
    sku = TexteStrict(max_length=7, required=False, allow_null=True, help_text="Trois lettres et quatre chiffres.")

    class Meta:
        swagger_schema_fields = {"example": exemples.AJOUT}


class NouveauPrix(serializers.Serializer):
    """A price."""

    prix = MontantStrict(min_value=PRIX_MIN, max_value=PRIX_MAX, help_text="Dollars canadiens.")

    class Meta:
        swagger_schema_fields = {"example": {"prix": 79.99}}


class CriteresRecherche(serializers.Serializer):
    """Query parameters of a search."""

    nom = TexteStrict(required=False, allow_blank=True, max_length=200, help_text="Partie du nom ou de la description.")
    categorie = TexteStrict(required=False, allow_blank=True, max_length=100)
    categorie_id = serializers.UUIDField(required=False)
    prix_min = serializers.DecimalField(required=False, max_digits=12, decimal_places=2, min_value=0)
    prix_max = serializers.DecimalField(required=False, max_digits=12, decimal_places=2, min_value=0)
    actifs_seulement = serializers.BooleanField(required=False, default=True)
    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class CriteresLot(serializers.Serializer):
    """Query parameters of the reading of many products."""

    ids = serializers.CharField(required=False, help_text="Jusqu'à 200 identifiants séparés par des virgules.")
    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class FicheProduit(serializers.Serializer):
    """A product."""

    id = serializers.UUIDField()
    nom = serializers.CharField()
    prix = serializers.FloatField(help_text="Dollars canadiens, deux décimales au plus.")
    description = serializers.CharField()
    categorie = serializers.CharField()
    sku = serializers.CharField(allow_null=True)
    actif = serializers.BooleanField(help_text="Faux une fois archivé : plus vendu, plus trouvé par défaut.")
    date_creation = serializers.DateTimeField()


class ProduitComplet(FicheProduit):
    """A product and when it last changed."""

    date_modification = serializers.DateTimeField()


class ProduitAjoute(ProduitComplet):
    """The product just added."""

    message = serializers.CharField()


class ReponseAjout(serializers.Serializer):
    success = serializers.BooleanField()
    data = ProduitAjoute()


class ReponseModification(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    data = ProduitComplet()


class ResultatRecherche(serializers.Serializer):
    produits = ProduitComplet(many=True)
    total = serializers.IntegerField()
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class ReponseRecherche(serializers.Serializer):
    success = serializers.BooleanField()
    data = ResultatRecherche()
    instance_id = serializers.CharField(help_text="L'instance du catalogue qui a répondu.")


class ReponseLot(serializers.Serializer):
    """With `ids`: found and unknown. Without: one page, and `total`."""

    produits = FicheProduit(many=True)
    introuvables = serializers.ListField(child=serializers.CharField(), required=False)
    total = serializers.IntegerField(required=False)
    page = serializers.IntegerField(required=False)
    page_size = serializers.IntegerField(required=False)


class LigneHistoriquePrix(serializers.Serializer):
    ancien_prix = serializers.FloatField()
    nouveau_prix = serializers.FloatField()
    date = serializers.DateTimeField()


class ReponseHistoriquePrix(serializers.Serializer):
    produit_id = serializers.UUIDField()
    prix = serializers.FloatField()
    historique = LigneHistoriquePrix(many=True)


class CategorieConnue(serializers.Serializer):
    id = serializers.UUIDField()
    nom = serializers.CharField()


class ReponseCategories(serializers.Serializer):
    categories = CategorieConnue(many=True)
    total = serializers.IntegerField()
