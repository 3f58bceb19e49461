"""What operators type."""

from django import forms
from django.utils.translation import gettext_lazy as _

from console.application.comparer import NOMBRE_MAX
from console.application.operer import MOTIF_MAX
from console.domain.saga import Situation
from magasin.interfaces.formulaires import ChoixLibre, Formulaire
from socle.fautes import GENRES

SITUATIONS = {
    Situation.ACTIVE: _("En cours"),
    Situation.EN_REPRISE: _("Nouvel essai"),
    Situation.EN_COMPENSATION: _("En compensation"),
    Situation.BLOQUEE: _("Bloquées"),
    Situation.INTERVENTION: _("Intervention requise"),
    Situation.ECHOUEE: _("Annulées"),
    Situation.REUSSIE: _("Réussies"),
}
STYLES = {"orchestre": _("Orchestrée"), "choreo": _("Chorégraphiée")}


class Recherche(forms.Form):
    """The filters of the list; all may be empty. A wrong one is refused, never ignored."""

    situation = forms.ChoiceField(
        required=False, choices=[("", _("Toutes")), *((s.value, nom) for s, nom in SITUATIONS.items())]
    )
    style = forms.ChoiceField(required=False, label=_("Style"), choices=[("", _("Les deux styles")), *STYLES.items()])
    recherche = forms.CharField(required=False, label=_("N'importe quel identifiant"), max_length=128)
    client_id = forms.UUIDField(required=False, label=_("Client"))
    produit_id = forms.UUIDField(required=False, label=_("Produit"))
    avant = forms.DateTimeField(required=False, input_formats=["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%dT%H:%M:%S%z"])
    avant_id = forms.UUIDField(required=False)


class Motif(Formulaire):
    """Why an operator acts: kept in the audit trail and, for a saga, in its history."""

    motif = forms.CharField(
        label=_("Motif"), min_length=3, max_length=MOTIF_MAX,
        help_text=_("Il est gardé dans le registre des gestes et dans l'historique de la saga."),
    )  # fmt: skip


class Cote(Formulaire):
    """A cart to buy in both styles."""

    client_id = ChoixLibre(label=_("Client"))
    produit_id = ChoixLibre(label=_("Produit"))
    quantite = forms.IntegerField(label=_("Quantité"), min_value=1, max_value=99, initial=1)


class Faute(Formulaire):
    """One switch of one program."""

    point = forms.CharField(label=_("Point de faute"), max_length=120)
    genre = forms.ChoiceField(label=_("Genre"), choices=[(genre, genre) for genre in GENRES])
    nombre = forms.IntegerField(label=_("Combien de fois"), min_value=1, max_value=1000, initial=1)
    secondes = forms.FloatField(label=_("Secondes (délai)"), min_value=0, max_value=60, initial=0, required=False)


class Charge(Formulaire):
    """A bounded load."""

    style = forms.ChoiceField(label=_("Style"), choices=list(STYLES.items()))
    nombre = forms.IntegerField(label=_("Nombre de checkouts"), min_value=1, max_value=NOMBRE_MAX, initial=20)
