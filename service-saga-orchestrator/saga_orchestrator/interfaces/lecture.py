"""The body of a checkout, read by hand: this route is the hot one, and every refusal names its field."""

import re
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from saga_orchestrator.application.demarrer import Demande
from saga_orchestrator.domain.commande import LIGNES_MAX, MAGASIN_EN_LIGNE, QUANTITE_MAX, Ligne
from socle.erreurs import DonneesInvalides
from socle.idempotence.middleware import lire_cle
from socle.saga.vues import consommateur

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def demande(corps: Mapping[str, Any], request: HttpRequest) -> Demande:
    """Raises `DonneesInvalides` naming every wrong field; nothing is stored then."""
    fautes: dict[str, str | list[str]] = {}
    client = _identifiant(corps, "client_id", fautes)
    magasin = _identifiant(corps, "magasin_id", fautes, MAGASIN_EN_LIGNE)
    checkout = _identifiant(corps, "checkout_id", fautes, "")
    lignes = _lignes(corps.get("lignes"), fautes)
    if fautes:
        raise DonneesInvalides(champs=fautes)
    return Demande(
        client_id=client,
        magasin_id=magasin,
        lignes=lignes,
        checkout_id=checkout or None,
        cle=lire_cle(request),
        consommateur=consommateur(request),
        asynchrone="respond-async" in request.headers.get("Prefer", ""),
    )


def _identifiant(
    corps: Mapping[str, Any],
    champ: str,
    fautes: dict[str, str | list[str]],
    defaut: str | None = None,
    chemin: str = "",
) -> str:
    brut = corps.get(champ)
    if brut is None and defaut is not None:
        return defaut
    if brut is None:
        fautes[chemin + champ] = "Ce champ est obligatoire."
    elif isinstance(brut, str):
        valeur = brut.lower()
        if _UUID.fullmatch(valeur):
            return valeur
    fautes.setdefault(chemin + champ, "Un identifiant UUID est attendu.")
    return ""


def _lignes(brutes: Any, fautes: dict[str, str | list[str]]) -> list[Ligne]:
    if not isinstance(brutes, list) or not 1 <= len(brutes) <= LIGNES_MAX:
        fautes["lignes"] = f"Une liste de 1 à {LIGNES_MAX} lignes est attendue."
        return []
    lignes = []
    for rang, brute in enumerate(brutes):
        if not isinstance(brute, dict):
            fautes[f"lignes[{rang}]"] = "Un objet est attendu."
            continue
        produit = _identifiant(brute, "produit_id", fautes, chemin=f"lignes[{rang}].")
        quantite = brute.get("quantite")
        if type(quantite) is not int or not 1 <= quantite <= QUANTITE_MAX:
            fautes[f"lignes[{rang}].quantite"] = f"Un entier de 1 à {QUANTITE_MAX} est attendu."
            continue
        lignes.append(Ligne(produit, quantite))
    return lignes
