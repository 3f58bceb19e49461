"""Reading a request by hand, for the hot routes: a serializer of fifty lines costs more than the work it guards.

Nothing is coerced, every wrong field is named at once, and the values read before `verifier()` passes mean nothing.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from socle.erreurs import DonneesInvalides

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
IDENTIFIANTS_MAX = 200
_CONTROLES = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NUL = UUID(int=0)
_ABSENT = object()


def identifiants(brut: str, champ: str) -> list[str]:
    """The query parameter `a,b,c` as canonical UUID texts, each once, in the order given. Raises `DonneesInvalides`."""
    textes = brut.split(",")
    if len(textes) > IDENTIFIANTS_MAX:
        raise DonneesInvalides(champs={champ: f"{IDENTIFIANTS_MAX} identifiants au plus sont attendus."})
    if not all(map(_UUID.fullmatch, textes)):
        raise DonneesInvalides(champs={champ: "Des identifiants UUID séparés par des virgules sont attendus."})
    return list(dict.fromkeys(brut.lower().split(",")))


class Lecteur:
    """Reads the members of one JSON object; wrong ones are collected under their path (`lignes[0].quantite`)."""

    def __init__(self, corps: Mapping[str, Any], *, champs: dict[str, str] | None = None, prefixe: str = "") -> None:
        self._corps, self._prefixe = corps, prefixe
        self._champs: dict[str, str] = {} if champs is None else champs

    def verifier(self) -> None:
        """Raises `DonneesInvalides` naming every wrong field met so far."""
        if self._champs:
            raise DonneesInvalides(champs=self._champs)

    def identifiant(self, nom: str) -> UUID:
        """A UUID as text, in its canonical form."""
        valeur = self._lire(nom)
        if isinstance(valeur, str) and _UUID.fullmatch(valeur):
            return UUID(valeur)
        self._refuser(nom, valeur, "Un identifiant UUID est attendu.")
        return _NUL

    def identifiant_ou_rien(self, nom: str) -> UUID | None:
        """The same where none is needed: null and absent are None."""
        return None if self._corps.get(nom) is None else self.identifiant(nom)

    def interdire(self, nom: str, message: str) -> None:
        """Refuse a member that may not be there beside the others."""
        if nom in self._corps:
            self._champs[f"{self._prefixe}{nom}"] = message

    def entier(self, nom: str, minimum: int, maximum: int) -> int:
        """A JSON integer within bounds: no text, no decimal point, no boolean."""
        valeur = self._lire(nom)
        if type(valeur) is int and minimum <= valeur <= maximum:
            return valeur
        self._refuser(nom, valeur, f"Un nombre entier de {minimum} à {maximum} est attendu.")
        return minimum

    def montant(self, nom: str, minimum: Decimal, maximum: Decimal) -> Decimal:
        """A JSON number within bounds, with two decimals at most."""
        valeur = self._lire(nom)
        if type(valeur) in (int, Decimal) and minimum <= valeur <= maximum and valeur == round(valeur, 2):
            return Decimal(valeur).quantize(Decimal("0.01"))
        self._refuser(nom, valeur, f"Un montant de {minimum} à {maximum}, au cent près, est attendu.")
        return minimum

    def texte(self, nom: str, maximum: int, *, defaut: str | None = None) -> str:
        """A JSON string on one line, trimmed; not empty unless there is a `defaut` for an absent or null one."""
        valeur = self._lire(nom)
        if defaut is not None and (valeur is _ABSENT or valeur is None):
            return defaut
        net = valeur.strip() if isinstance(valeur, str) else ""
        if isinstance(valeur, str) and len(net) <= maximum and (net or defaut is not None):
            if not _CONTROLES.search(net):
                return net
            valeur = net
        self._refuser(nom, valeur, f"Un texte de {maximum} caractères au plus, sur une ligne, est attendu.")
        return ""

    def booleen(self, nom: str, *, defaut: bool) -> bool:
        """JSON `true` or `false`; `defaut` when absent."""
        valeur = self._lire(nom)
        if isinstance(valeur, bool):
            return valeur
        if valeur is not _ABSENT:
            self._refuser(nom, valeur, "true ou false est attendu.")
        return defaut

    def liste(self, nom: str, maximum: int) -> "list[Lecteur]":
        """From one to `maximum` JSON objects, each with a reader of its own; `verifier()` covers them."""
        valeur = self._lire(nom)
        if not isinstance(valeur, list) or not 1 <= len(valeur) <= maximum:
            self._refuser(nom, valeur, f"Une liste de 1 à {maximum} éléments est attendue.")
            return []
        lecteurs = []
        for rang, element in enumerate(valeur):
            chemin = f"{self._prefixe}{nom}[{rang}]"
            if isinstance(element, Mapping):
                lecteurs.append(Lecteur(element, champs=self._champs, prefixe=f"{chemin}."))
            else:
                self._champs[chemin] = "Un objet JSON est attendu."
        return lecteurs

    def _lire(self, nom: str) -> Any:
        return self._corps.get(nom, _ABSENT)

    def _refuser(self, nom: str, valeur: object, message: str) -> None:
        self._champs[f"{self._prefixe}{nom}"] = "Ce champ est obligatoire." if valeur is _ABSENT else message
