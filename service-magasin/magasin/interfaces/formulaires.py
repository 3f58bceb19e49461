"""Forms that lose nothing: refused or unanswered, they come back as they were typed, with a sentence at its field.

The hidden `cle` travels as idempotency key. It stays while nobody knows what became of the sending, so that sending
again is safe; a refusal uses it up.
"""

from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from magasin.application.refus import Refus
from magasin.settings import CONFIG
from socle.correlation import echeance
from socle.erreurs import Indisponible

T = TypeVar("T")
QUANTITE_MAX = 10_000
PRIX_MAX = 999_999.99


class ChoixLibre(forms.ChoiceField):
    """A choice by identifier. The service knows the choices; when it cannot be asked, what was chosen is kept."""

    def valid_value(self, value: str) -> bool:
        try:
            UUID(value)
        except ValueError:
            return False
        return True


class Formulaire(forms.Form):
    """Base. `champ_du_code`: the field that a service's refusal is about, by the refusal's code."""

    data: Any
    cle = forms.UUIDField(required=False, widget=forms.HiddenInput)
    champ_du_code: ClassVar[Mapping[str, str]] = {}
    statut: int = HTTPStatus.BAD_REQUEST

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.label_suffix = ""
        self.initial.setdefault("cle", str(uuid4()))

    @property
    def cle_du_formulaire(self) -> str:
        """The idempotency key of this sending."""
        return str(self.cleaned_data.get("cle") or uuid4())

    def proposer(self, champ: str, choix: Iterable[tuple[str, str]], *, conserver: bool = True) -> None:
        """Fill a choice; with `conserver`, what was chosen before stays one even when the service does not say so."""
        liste = [("", _("Choisissez…")), *choix]
        actuel = str(self[champ].value() or "")
        if conserver and actuel and actuel not in {valeur for valeur, _texte in liste}:
            liste.append((actuel, _("(choix conservé)")))
        self.fields[champ].choices = liste

    def envoyer(self, faire: Callable[[dict[str, Any], str], T], *, budget_s: float = CONFIG.page_budget_s) -> T | None:
        """What `faire(data, key)` returns; None when the form is wrong, refused or unanswered, and then says why.

        `budget_s`: seconds the services have, repetitions included.
        """
        if not self.is_valid():
            return None
        try:
            with echeance(budget_s):
                return faire(self.cleaned_data, self.cle_du_formulaire)
        except Refus as refus:
            self._refuser(refus)
        except Indisponible as panne:
            self._suspendre(panne)
        return None

    def _refuser(self, refus: Refus) -> None:
        self._changer_de_cle()
        champs = {nom: texte for nom, texte in refus.champs.items() if nom in self.fields}
        for nom, texte in champs.items():
            self.add_error(nom, texte)
        if not champs:
            self.add_error(self.champ_du_code.get(refus.code), list(refus.phrases))

    def _suspendre(self, panne: Indisponible) -> None:
        self.statut = HTTPStatus.SERVICE_UNAVAILABLE
        self.add_error(
            None,
            _("%(panne)s Votre saisie est conservée : renvoyez-la, elle ne sera comptée qu'une fois.")
            % {"panne": panne},
        )

    def _changer_de_cle(self) -> None:
        self.data = self.data.copy()
        self.data["cle"] = str(uuid4())


class Vente(Formulaire):
    """A sale at a counter."""

    champ_du_code: ClassVar[Mapping[str, str]] = {
        "stock_insuffisant": "quantite",
        "magasin_invalide": "magasin_id",
        "produit_invalide": "produit_id",
    }
    magasin_id = ChoixLibre(label=gettext_lazy("Magasin"))
    client_id = ChoixLibre(label=gettext_lazy("Client"))
    produit_id = ChoixLibre(label=gettext_lazy("Produit"))
    quantite = forms.IntegerField(label=gettext_lazy("Quantité"), min_value=1, max_value=QUANTITE_MAX, initial=1)


class Reapprovisionnement(Formulaire):
    """A magasin asks the central stock for units of a product."""

    champ_du_code: ClassVar[Mapping[str, str]] = {
        "stock_insuffisant": "quantite",
        "demande_deja_en_attente": "produit_id",
        "produit_inexistant": "produit_id",
        "magasin_inexistant": "magasin_id",
    }
    magasin_id = ChoixLibre(label=gettext_lazy("Magasin"))
    produit_id = ChoixLibre(label=gettext_lazy("Produit"))
    quantite = forms.IntegerField(label=gettext_lazy("Quantité"), min_value=1, max_value=QUANTITE_MAX)


class Produit(Formulaire):
    """A new product."""

    champ_du_code: ClassVar[Mapping[str, str]] = {
        "produit_deja_existant": "nom",
        "categorie_inexistante": "categorie",
    }
    nom = forms.CharField(label=gettext_lazy("Nom"), min_length=2, max_length=100)
    categorie = forms.ChoiceField(label=gettext_lazy("Catégorie"))
    prix = forms.DecimalField(
        label=gettext_lazy("Prix ($)"), min_value=0.01, max_value=PRIX_MAX, max_digits=8, decimal_places=2
    )
    sku = forms.CharField(
        label=gettext_lazy("SKU"), required=False, max_length=7,
        help_text=gettext_lazy("Trois lettres et quatre chiffres ; facultatif."),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )


class Prix(Formulaire):
    """A new price; the old one stays in the history."""

    prix = forms.DecimalField(
        label=gettext_lazy("Nouveau prix ($)"), min_value=0.01, max_value=PRIX_MAX, max_digits=8, decimal_places=2
    )


class Rejet(Formulaire):
    """Why a request is refused."""

    motif = forms.CharField(
        label=gettext_lazy("Motif du rejet"), min_length=5, max_length=500,
        help_text=gettext_lazy("Au moins cinq caractères ; il est conservé avec la demande."),
    )  # fmt: skip


class Geste(Formulaire):
    """A change without anything to type."""


class AjoutAuPanier(Formulaire):
    """A product into the cart."""

    champ_du_code: ClassVar[Mapping[str, str]] = {"stock_insuffisant": "quantite", "quantite_excessive": "quantite"}
    produit_id = forms.UUIDField(widget=forms.HiddenInput)
    quantite = forms.IntegerField(label=gettext_lazy("Quantité"), min_value=1, max_value=99, initial=1)


class Quantite(Formulaire):
    """How many of a product the cart holds; 0 takes it out."""

    quantite = forms.IntegerField(label=gettext_lazy("Quantité"), min_value=0, max_value=99)


class Commande(Formulaire):
    """A checkout: which style, and how it is delivered."""

    style = forms.ChoiceField(
        label=gettext_lazy("Style de saga"),
        choices=[("orchestre", gettext_lazy("Orchestré")), ("choreo", gettext_lazy("Chorégraphié"))],
        initial="orchestre",
    )
    express = forms.BooleanField(label=gettext_lazy("Livraison express (15,00 $)"), required=False)
    notes = forms.CharField(label=gettext_lazy("Notes de livraison"), required=False, max_length=500)
