"""How money, times and levels are written, and the key that makes a form's sending happen once."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from magasin.application.suivi import humeur

register = template.Library()

_NIVEAUX = {
    "Critique": "echec",
    "Indisponible": "echec",
    "Bas": "attente",
    "Normal": "actif-calme",
    "Moyen": "actif-calme",
    "Haut": "reussite",
    "Élevé": "reussite",
}
_DEMANDES = {"En attente": "attente", "Approuvée": "reussite", "Refusée": "echec", "Échec validation": "compensation"}
_ETAPES = {
    "EFFECTUEE": ("faite", "faite"),
    "EN_COURS": ("en-cours", "en cours"),
    "EN_ATTENTE": ("", "à venir"),
    "EN_ECHEC": ("echouee", "en échec"),
    "A_DEFAIRE": ("defaite", "à défaire"),
    "DEFAITE": ("defaite", "défaite"),
    "NON_EXECUTEE": ("", "non exécutée"),
}
_WORKFLOWS = {
    "VALIDATION_TERMINEE": ("reussite", "approuvée"),
    "VALIDATION_ANNULEE": ("compensation", "défaite"),
    "INTERVENTION_REQUISE": ("attente", "intervention requise"),
    "COMPENSATION_EN_COURS": ("compensation", "compensation"),
}
_STATUTS = {
    "initie": ("actif", "acceptée"),
    "en_cours": ("actif", "en cours"),
    "finalise": ("reussite", "confirmée"),
    "echec": ("echec", "annulée"),
    "intervention_requise": ("attente", "intervention requise"),
    "active": ("reussite", "active"),
    "annulee": ("compensation", "annulée"),
    "remboursee": ("compensation", "remboursée"),
}


@register.filter
def argent(montant: Any) -> str:
    """`1 234,50 $`; nothing for None."""
    return "" if montant is None else f"{formats.number_format(Decimal(montant), 2, force_grouping=True)} $"


@register.filter
def instant(texte: Any) -> datetime | None:
    """An API's ISO time as a local one, for the `date` filter; None when there is none."""
    if not texte:
        return None
    moment = texte if isinstance(texte, datetime) else datetime.fromisoformat(str(texte))
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


@register.filter
def duree_ms(secondes: Any) -> str:
    """`12 ms`, `1,50 s`."""
    valeur = Decimal(str(secondes or 0))
    return f"{int(valeur * 1000)} ms" if valeur < 1 else f"{formats.number_format(valeur, 2)} s"


register.filter("humeur", humeur)


@register.filter
def classe_du_niveau(niveau: str) -> str:
    """The badge of a stock level."""
    return _NIVEAUX.get(niveau, "")


@register.filter
def classe_de_demande(statut: str) -> str:
    """The badge of a replenishment request."""
    return _DEMANDES.get(statut, "")


@register.filter
def classe_d_etape(statut: str) -> str:
    """The class of a workflow's step."""
    return _ETAPES.get(statut, ("", ""))[0]


@register.filter
def nom_d_etape(statut: str) -> str:
    """A step's status in words."""
    return _ETAPES.get(statut, ("", statut))[1]


@register.simple_tag
def badge_de_workflow(etat: str) -> SafeString:
    """A workflow's state."""
    return _badge(*_WORKFLOWS.get(etat, ("actif", "en cours")))


@register.simple_tag
def badge_de_statut(statut: str) -> SafeString:
    """The status of a checkout or of a sale."""
    return _badge(*_STATUTS.get(statut, ("", statut)))


def _badge(classe: str, texte: str) -> SafeString:
    return format_html('<span class="badge {}">{}</span>', classe, texte)


@register.simple_tag
def cle() -> SafeString:
    """The hidden idempotency key of a form: sent twice, it acts once."""
    return format_html('<input type="hidden" name="cle" value="{}">', uuid4())
