"""Shapes of requests and answers, for the documentation and for the routes that are not hot."""

from typing import Any

from rest_framework import serializers

from saga_orchestrator.application.lister import Situation
from saga_orchestrator.domain.commande import LIGNES_MAX, QUANTITE_MAX
from saga_orchestrator.domain.etats import ETATS
from saga_orchestrator.interfaces import exemples
from socle.django.champs import BooleenStrict, EntierStrict, IdentifiantStrict, TexteStrict

MINUTES_MAX = 60


class LigneDemandee(serializers.Serializer):
    """One line of the cart."""

    produit_id = IdentifiantStrict()
    quantite = EntierStrict(min_value=1, max_value=QUANTITE_MAX)


class DemandeSaga(serializers.Serializer):
    """A cart to check out."""

    client_id = IdentifiantStrict()
    magasin_id = IdentifiantStrict(required=False, help_text="Magasin en ligne si absent.")
    checkout_id = IdentifiantStrict(required=False, help_text="Devient l'identifiant de la saga.")
    lignes = LigneDemandee(many=True, min_length=1, max_length=LIGNES_MAX)

    class Meta:
        swagger_schema_fields = {"example": exemples.DEMANDE}


class DemandeSimulation(serializers.Serializer):
    """What to simulate; everything has a default."""

    client_id = IdentifiantStrict(required=False)
    magasin_id = IdentifiantStrict(required=False)
    produit_id = IdentifiantStrict(required=False)

    class Meta:
        swagger_schema_fields = {"example": {"produit_id": exemples.PRODUIT}}


class CriteresSagas(serializers.Serializer):
    """Query parameters of the list."""

    etat = serializers.ChoiceField(choices=ETATS, required=False)
    actives_seulement = serializers.ChoiceField(choices=["true", "false", "1", "0"], required=False)
    situation = serializers.ChoiceField(
        choices=[s.value for s in Situation],
        required=False,
        help_text="en_reprise : un essai a échoué et le suivant vient ; bloquee : hors délai, ou attend un opérateur.",
    )
    client_id = IdentifiantStrict(required=False)
    produit_id = IdentifiantStrict(required=False)
    recherche = TexteStrict(
        required=False, max_length=128, help_text="Saga, vente, client, produit ou corrélation, par son identifiant."
    )
    avant = serializers.DateTimeField(required=False, help_text="`date_creation` de la dernière ligne lue.")
    avant_id = IdentifiantStrict(required=False, help_text="`saga_id` de la dernière ligne lue ; avec `avant`.")
    compter = serializers.ChoiceField(choices=["oui", "non"], required=False)
    page = serializers.IntegerField(required=False, min_value=1)
    page_size = serializers.IntegerField(required=False, min_value=1, max_value=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("avant" in attrs) != ("avant_id" in attrs):
            raise serializers.ValidationError({"avant": "`avant` et `avant_id` vont ensemble."})
        return attrs


class CriteresStatistiques(serializers.Serializer):
    """Query parameters of the figures."""

    minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=MINUTES_MAX, help_text="Largeur de la fenêtre ; 10 par défaut."
    )


class LigneResume(serializers.Serializer):
    """One line of the cart; null until the saga has read the catalogue."""

    produit_id = serializers.UUIDField()
    produit_nom = serializers.CharField(allow_null=True)
    quantite = serializers.IntegerField()
    prix_unitaire = serializers.FloatField(allow_null=True)
    sous_total = serializers.FloatField(allow_null=True)


class Resume(serializers.Serializer):
    """`resume_execution`."""

    saga_id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    etat_actuel = serializers.ChoiceField(choices=ETATS)
    est_terminee = serializers.BooleanField()
    est_en_echec = serializers.BooleanField()
    necessite_compensation = serializers.BooleanField()
    montant_total = serializers.FloatField(allow_null=True)
    quantite_totale_articles = serializers.IntegerField()
    nombre_lignes = serializers.IntegerField()
    lignes_commande = LigneResume(many=True)
    nombre_evenements = serializers.IntegerField()
    duree_totale_secondes = serializers.FloatField()
    duree_par_etape = serializers.DictField(child=serializers.FloatField())
    tentatives_par_etape = serializers.DictField(child=serializers.IntegerField())
    reservations_actives = serializers.IntegerField()
    commande_finale_id = serializers.UUIDField(allow_null=True)
    date_creation = serializers.DateTimeField()
    date_derniere_modification = serializers.DateTimeField()


class ReponseSucces(serializers.Serializer):
    """A finished saga."""

    success = serializers.BooleanField()
    saga_id = serializers.UUIDField()
    etat_final = serializers.ChoiceField(choices=ETATS)
    commande_id = serializers.UUIDField()
    resume_execution = Resume()


class ReponseEchec(serializers.Serializer):
    """A saga that was undone."""

    success = serializers.BooleanField()
    error = serializers.CharField()
    details = serializers.JSONField(help_text="Phrase, ou liste de phrases.")
    code = serializers.CharField()
    correlation_id = serializers.CharField()
    saga_id = serializers.UUIDField(required=False)
    etat_final = serializers.ChoiceField(choices=ETATS, required=False)
    etat_echec = serializers.CharField(required=False)
    etape_echec = serializers.CharField(required=False)
    resume_execution = Resume(required=False)


class ReponseSimulation(ReponseEchec):
    """A simulated shortage."""

    simulation_reussie = BooleenStrict(required=False)


class ReponseEnCours(serializers.Serializer):
    """A saga that goes on."""

    success = serializers.BooleanField()
    accepted = serializers.BooleanField()
    saga_id = serializers.UUIDField()
    statut = serializers.CharField()
    etat_actuel = serializers.ChoiceField(choices=ETATS)
    statut_url = serializers.CharField()


class EvenementHistorique(serializers.Serializer):
    """One history entry."""

    type = serializers.CharField()
    etat_precedent = serializers.ChoiceField(choices=ETATS)
    nouvel_etat = serializers.ChoiceField(choices=ETATS)
    message = serializers.CharField()
    timestamp = serializers.DateTimeField()
    donnees = serializers.JSONField()
    id = serializers.UUIDField(help_text="Toujours le même pour la même entrée.")
    causation_id = serializers.UUIDField(help_text="L'entrée précédente ; pour la première, le checkout.")


class LigneEtat(serializers.Serializer):
    """One line, with the frozen name and price once they are read."""

    produit_id = serializers.UUIDField()
    quantite = serializers.IntegerField()
    produit_nom = serializers.CharField(required=False)
    prix_unitaire = serializers.CharField(required=False)


class Attente(serializers.Serializer):
    """What an unfinished saga is waiting for."""

    quoi = serializers.CharField()
    tentatives = serializers.IntegerField()
    prochain_essai = serializers.DateTimeField(allow_null=True)
    derniere_erreur = serializers.CharField(allow_null=True)
    proprietaire = serializers.CharField(allow_null=True)
    bail_expire = serializers.DateTimeField(allow_null=True)


class EtapeSuivie(serializers.Serializer):
    """What one step has cost so far."""

    nom = serializers.CharField()
    duree_secondes = serializers.FloatField()
    tentatives = serializers.IntegerField()


class EchecSaga(serializers.Serializer):
    """Why a saga turned back."""

    genre = serializers.CharField(help_text="metier, technique, delai ou operateur.")
    code = serializers.CharField()
    message = serializers.CharField()
    etape = serializers.CharField()


class EtatSaga(serializers.Serializer):
    """Everything known of one saga."""

    saga_id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    etat_actuel = serializers.ChoiceField(choices=ETATS)
    est_terminee = serializers.BooleanField()
    commande_finale_id = serializers.UUIDField(allow_null=True)
    date_creation = serializers.DateTimeField()
    derniere_modification = serializers.DateTimeField()
    donnees_contexte = serializers.JSONField()
    historique_evenements = EvenementHistorique(many=True)
    lignes_commande = LigneEtat(many=True)
    attend = Attente(allow_null=True)
    reponse_statut = serializers.IntegerField(allow_null=True)
    version_definition = serializers.IntegerField()
    correlation_id = serializers.CharField()
    date_fin = serializers.DateTimeField(allow_null=True)
    traceparent = serializers.CharField()
    etapes = EtapeSuivie(many=True)


class ResumeListe(serializers.Serializer):
    """One row of the list."""

    saga_id = serializers.UUIDField()
    client_id = serializers.UUIDField()
    magasin_id = serializers.UUIDField()
    etat_actuel = serializers.ChoiceField(choices=ETATS)
    est_terminee = serializers.BooleanField()
    montant_total = serializers.FloatField(allow_null=True)
    commande_finale_id = serializers.UUIDField(allow_null=True)
    date_creation = serializers.DateTimeField()
    derniere_modification = serializers.DateTimeField()
    date_fin = serializers.DateTimeField(allow_null=True)
    correlation_id = serializers.CharField()
    reponse_statut = serializers.IntegerField(allow_null=True)
    echec = EchecSaga(allow_null=True)
    attend = Attente(allow_null=True)


class ListeSagas(serializers.Serializer):
    """One page of sagas."""

    success = serializers.BooleanField()
    sagas = ResumeListe(many=True)
    total = serializers.IntegerField(allow_null=True)
    page = serializers.IntegerField()
    page_size = serializers.IntegerField()


class StatistiquesSagas(serializers.Serializer):
    """Figures of the sagas begun in a window of time."""

    success = serializers.BooleanField()
    style = serializers.CharField()
    minutes = serializers.IntegerField()
    commencees = serializers.IntegerField()
    reussies = serializers.IntegerField()
    echouees = serializers.IntegerField()
    en_cours = serializers.IntegerField()
    compensees = serializers.IntegerField()
    p50_secondes = serializers.FloatField(allow_null=True)
    p95_secondes = serializers.FloatField(allow_null=True)


class Info(serializers.Serializer):
    """The saga's table."""

    service = serializers.CharField()
    saga = serializers.CharField()
    version = serializers.IntegerField()
    instance_id = serializers.CharField()
    etapes = serializers.ListField(child=serializers.JSONField())
    etats = serializers.ListField(child=serializers.CharField())
    transitions = serializers.JSONField()
    delais = serializers.DictField(child=serializers.FloatField())
