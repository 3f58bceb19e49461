"""Shapes of requests and answers. Rules of the business live in the domain; these check types and sizes."""

from typing import Any

from rest_framework import serializers

from ecommerce.application.ports import ARRETE_APRES_S, Situation
from ecommerce.domain.checkout import Statut, Style
from ecommerce.domain.panier import QUANTITE_MAX
from ecommerce.domain.valeurs import COURRIEL_MAX, PAYS_DEFAUT, PROVINCE_DEFAUT
from ecommerce.interfaces import exemples
from socle.django.champs import BooleenStrict, EntierStrict, IdentifiantStrict, TexteStrict
from socle.django.lecture import identifiants

MINUTES_MAX = 60


class NouveauClient(serializers.Serializer):
    """A client to create."""

    prenom = TexteStrict(max_length=100)
    nom = TexteStrict(max_length=100)
    email = TexteStrict(max_length=COURRIEL_MAX, help_text="Unique, quelle que soit la casse.")
    adresse_rue = TexteStrict(max_length=200)
    adresse_ville = TexteStrict(max_length=100)
    adresse_code_postal = TexteStrict(max_length=10, help_text="Code postal canadien ; conservé sous la forme A1A 1A1.")
    adresse_province = TexteStrict(max_length=50, required=False, default=PROVINCE_DEFAUT)
    adresse_pays = TexteStrict(max_length=50, required=False, default=PAYS_DEFAUT)
    telephone = TexteStrict(
        max_length=20, required=False, allow_blank=True, default="", help_text="Dix chiffres ; conservé 514-555-0101."
    )

    class Meta:
        swagger_schema_fields = {"example": exemples.NOUVEAU_CLIENT}


class FicheClientPublique(serializers.Serializer):
    """A client; the personal members are empty once erased."""

    id = serializers.UUIDField()
    prenom = serializers.CharField()
    nom = serializers.CharField()
    nom_complet = serializers.CharField()
    email = serializers.CharField()
    adresse_rue = serializers.CharField()
    adresse_ville = serializers.CharField()
    adresse_code_postal = serializers.CharField()
    adresse_province = serializers.CharField()
    adresse_pays = serializers.CharField()
    adresse_complete = serializers.CharField()
    telephone = serializers.CharField()
    date_creation = serializers.DateTimeField()
    actif = serializers.BooleanField()


class ReponseClient(serializers.Serializer):
    success = serializers.BooleanField()
    client = FicheClientPublique()


class CriteresPage(serializers.Serializer):
    """Paging."""

    page = serializers.IntegerField(required=False, min_value=1, max_value=1_000_000)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200, help_text="50 par défaut.")


class CriteresClients(CriteresPage):
    ids = serializers.CharField(required=False, help_text="Jusqu'à 200 identifiants séparés par des virgules.")


class ReponseClients(serializers.Serializer):
    """With `ids`: found and unknown. Without: one page, and `total`."""

    success = serializers.BooleanField()
    clients = FicheClientPublique(many=True)
    introuvables = serializers.ListField(child=serializers.CharField(), required=False)
    total = serializers.IntegerField(required=False)
    page = serializers.IntegerField(required=False)
    page_size = serializers.IntegerField(required=False)


class ReponseValidation(serializers.Serializer):
    success = serializers.BooleanField()
    client_id = serializers.UUIDField()
    valide = serializers.BooleanField(help_text="Peut commander.")
    actif = serializers.BooleanField()


class ReponseEffacement(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField()
    client_id = serializers.UUIDField()
    actif = serializers.BooleanField()


class AjoutPanier(serializers.Serializer):
    """A product to put in the cart."""

    produit_id = IdentifiantStrict()
    quantite = EntierStrict(min_value=1, max_value=QUANTITE_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.AJOUT}


class QuantitePanier(serializers.Serializer):
    """The new quantity of a line; 0 removes it."""

    quantite = EntierStrict(min_value=0, max_value=QUANTITE_MAX)

    class Meta:
        swagger_schema_fields = {"example": {"quantite": 3}}


class ProduitPanier(serializers.Serializer):
    produit_id = serializers.UUIDField()
    nom_produit = serializers.CharField()
    prix_unitaire = serializers.FloatField()
    quantite = serializers.IntegerField()
    prix_ligne = serializers.FloatField()


class ResumePanier(serializers.Serializer):
    nombre_articles = serializers.IntegerField()
    prix_total = serializers.FloatField()
    nombre_produits_differents = serializers.IntegerField()


class ReponsePanier(serializers.Serializer):
    success = serializers.BooleanField()
    message = serializers.CharField(required=False)
    panier_existe = serializers.BooleanField()
    est_vide = serializers.BooleanField()
    panier_id = serializers.UUIDField(allow_null=True)
    client_id = serializers.UUIDField()
    produits = ProduitPanier(many=True)
    resume = ResumePanier()


class Adresse(serializers.Serializer):
    """Where the goods go."""

    nom_destinataire = TexteStrict(max_length=200)
    rue = TexteStrict(max_length=200)
    ville = TexteStrict(max_length=100)
    code_postal = TexteStrict(max_length=20)
    province = TexteStrict(max_length=50)
    pays = TexteStrict(max_length=50, required=False, default=PAYS_DEFAUT)
    instructions_livraison = TexteStrict(multiligne=True, max_length=500, required=False, allow_blank=True, default="")
    livraison_express = BooleenStrict(required=False, default=False)

    class Meta:
        swagger_schema_fields = {"example": exemples.ADRESSE}


class DemandeCheckout(serializers.Serializer):
    """All optional: without an address the client's own, without a magasin the default one."""

    adresse_livraison = Adresse(required=False, allow_null=True, default=None)
    notes = TexteStrict(multiligne=True, max_length=1000, required=False, allow_blank=True, default="")
    magasin_id = IdentifiantStrict(required=False, allow_null=True, default=None)

    class Meta:
        swagger_schema_fields = {"example": exemples.DEMANDE_CHECKOUT}


class CommandeRendue(serializers.Serializer):
    """What the order costs and where it goes."""

    commande_id = serializers.UUIDField()
    sous_total = serializers.FloatField()
    frais_livraison = serializers.FloatField()
    livraison_gratuite = serializers.BooleanField()
    livraison_express = serializers.BooleanField()
    total = serializers.FloatField()
    nombre_articles = serializers.IntegerField()
    adresse_livraison = serializers.JSONField(help_text="null une fois le client effacé.")
    notes = serializers.CharField()


class PrixModifie(serializers.Serializer):
    """A price that changed between the cart and the order."""

    produit_id = serializers.UUIDField()
    nom_produit = serializers.CharField()
    ancien_prix = serializers.FloatField()
    nouveau_prix = serializers.FloatField()


class OperationSaga(serializers.Serializer):
    """One step of the saga."""

    etape = serializers.CharField()
    libelle = serializers.CharField()
    duree_secondes = serializers.FloatField()
    tentatives = serializers.IntegerField()


class _Identite(serializers.Serializer):
    checkout_id = serializers.UUIDField()
    saga_id = serializers.UUIDField()
    commande_id = serializers.UUIDField(allow_null=True)
    statut = serializers.ChoiceField(choices=[s.value for s in Statut])


class _Contenu(serializers.Serializer):
    commande = CommandeRendue(allow_null=True)
    produits = ProduitPanier(many=True)
    prix_modifies = PrixModifie(many=True)
    operations = OperationSaga(many=True)


class ReponseCheckout(_Contenu, _Identite):
    success = serializers.BooleanField()


class ReponseCheckoutEnCours(_Identite):
    success = serializers.BooleanField()
    statut_url = serializers.CharField()


class ReponseCheckoutAccepte(_Identite):
    success = serializers.BooleanField()
    accepted = serializers.BooleanField()
    follow = serializers.CharField(help_text="Relecture par l'event store.")
    statut_url = serializers.CharField()
    prix_modifies = PrixModifie(many=True)


class ReponseCheckoutEchec(serializers.Serializer):
    """A refusal; the identity is there once a checkout was begun (an empty cart begins none)."""

    success = serializers.BooleanField()
    error = serializers.CharField()
    details = serializers.JSONField(help_text="Phrase, ou liste de phrases.")
    code = serializers.CharField()
    correlation_id = serializers.CharField()
    checkout_id = serializers.UUIDField(required=False)
    saga_id = serializers.UUIDField(required=False)
    commande_id = serializers.UUIDField(required=False, allow_null=True)
    statut = serializers.ChoiceField(choices=[s.value for s in Statut], required=False)
    statut_url = serializers.CharField(required=False)
    operations = OperationSaga(many=True, required=False)


class ResumeCheckout(_Identite):
    """One line of a list of checkouts."""

    style = serializers.ChoiceField(choices=[s.value for s in Style])
    client_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    nombre_articles = serializers.IntegerField()
    total = serializers.FloatField(allow_null=True)
    motif = serializers.CharField()
    code = serializers.CharField()
    date_creation = serializers.DateTimeField()
    date_modification = serializers.DateTimeField()
    date_conclusion = serializers.DateTimeField(allow_null=True)
    statut_url = serializers.CharField()
    correlation_id = serializers.CharField()
    conclu_par = serializers.CharField(help_text="requete, suivi ou evenement ; vide tant que rien n'est conclu.")
    suivis = serializers.IntegerField(help_text="Combien de fois le suivi a dû s'en occuper.")
    prochain_suivi = serializers.DateTimeField(allow_null=True, help_text="Quand il s'en occupe ; nul si conclu.")


class EvenementHistorique(serializers.Serializer):
    """One moment of a checkout."""

    horodatage = serializers.DateTimeField()
    source = serializers.CharField(help_text="ecommerce, saga, ou qui a publié l'événement.")
    type = serializers.CharField()
    message = serializers.CharField(allow_blank=True)
    etat = serializers.CharField()
    id = serializers.UUIDField(allow_null=True, help_text="L'identifiant du checkout pour ce qui commence tout.")
    causation_id = serializers.CharField(allow_null=True, help_text="L'identifiant de ce qui l'a causé.")
    correlation_id = serializers.CharField(allow_null=True)


class ReponseStatut(_Contenu, ResumeCheckout):
    success = serializers.BooleanField()
    follow = serializers.CharField()
    historique = EvenementHistorique(many=True)
    historique_complet = serializers.BooleanField(
        help_text="Faux quand la part de la saga, ou celle de l'event store, n'a pu être lue."
    )


class CriteresCheckouts(CriteresPage):
    """Query parameters of the list."""

    style = serializers.ChoiceField(required=False, choices=[s.value for s in Style])
    statut = serializers.ChoiceField(required=False, choices=[s.value for s in Statut])
    client_id = serializers.UUIDField(required=False)
    magasin_id = serializers.UUIDField(required=False)
    depuis = serializers.DateTimeField(required=False, help_text="Compris.")
    jusqua = serializers.DateTimeField(required=False, help_text="Non compris.")
    situation = serializers.ChoiceField(
        required=False,
        choices=[s.value for s in Situation],
        help_text=f"en_reprise : le suivi a dû s'en occuper ; bloquee : ouvert depuis plus de {ARRETE_APRES_S} s.",
    )
    produit_id = IdentifiantStrict(required=False)
    recherche = TexteStrict(
        required=False,
        max_length=128,
        help_text="Checkout, vente, client, produit ou corrélation, par identifiant.",
    )
    ids = serializers.CharField(required=False, help_text="Ces checkouts-là : au plus 200, séparés par des virgules.")
    avant = serializers.DateTimeField(required=False, help_text="`date_creation` de la dernière ligne lue.")
    avant_id = IdentifiantStrict(required=False, help_text="`checkout_id` de la dernière ligne lue ; avec `avant`.")
    compter = serializers.ChoiceField(required=False, choices=["oui", "non"])

    def validate_ids(self, value: str) -> list[str]:
        return identifiants(value, "ids")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("avant" in attrs) != ("avant_id" in attrs):
            raise serializers.ValidationError({"avant": "`avant` et `avant_id` vont ensemble."})
        return attrs


class CriteresStatistiques(serializers.Serializer):
    """Query parameters of the figures."""

    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=MINUTES_MAX, help_text="Largeur de la fenêtre ; 10 par défaut."
    )


class ChiffresStyle(serializers.Serializer):
    """The checkouts of one style begun in the window."""

    style = serializers.ChoiceField(choices=[s.value for s in Style])
    commencees = serializers.IntegerField()
    reussies = serializers.IntegerField()
    echouees = serializers.IntegerField()
    en_cours = serializers.IntegerField()
    p50_secondes = serializers.FloatField(allow_null=True)
    p95_secondes = serializers.FloatField(allow_null=True)


class ReponseStatistiques(serializers.Serializer):
    success = serializers.BooleanField()
    minutes = serializers.IntegerField()
    styles = ChiffresStyle(many=True)


class ReponseCheckouts(serializers.Serializer):
    success = serializers.BooleanField()
    checkouts = ResumeCheckout(many=True)
    total = serializers.IntegerField(allow_null=True)
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class CriteresHistorique(serializers.Serializer):
    """Query parameters of the history."""

    limite = serializers.IntegerField(required=False, min_value=1, max_value=100, help_text="20 par défaut.")


class CheckoutHistorique(ResumeCheckout):
    """One past checkout with what it held."""

    produits = ProduitPanier(many=True)


class ReponseHistorique(serializers.Serializer):
    success = serializers.BooleanField()
    client_id = serializers.UUIDField()
    commandes = CheckoutHistorique(many=True)
    total = serializers.IntegerField(help_text="Nombre de checkouts du client, au-delà de la limite aussi.")


class VerdictsPrerequis(serializers.Serializer):
    client_actif = serializers.BooleanField()
    adresse_livraison = serializers.BooleanField()
    panier_non_vide = serializers.BooleanField()


class ReponsePrerequis(serializers.Serializer):
    success = serializers.BooleanField()
    client_id = serializers.UUIDField()
    peut_commander = serializers.BooleanField()
    prerequis = VerdictsPrerequis()
    manquants = serializers.ListField(child=serializers.CharField())
    panier = ResumePanier()
