"""One service behind the gateway: reads, changes, and what its refusals say."""

from collections.abc import Mapping
from typing import Any

from magasin.application.refus import Refus
from socle.erreurs import Indisponible
from socle.http import ClientHttp, Reponse

Objet = dict[str, Any]

TOUT = 200
"""The longest page the services give: a list of choices is one call."""


class ReponseIncomprise(Indisponible):
    """The service answered, but not in the agreed shape."""

    code = "reponse_incomprise"


class ClientService:
    """Base of the six clients. Every call ends within the client's time limits and the page's own.

    Raises `Indisponible` when the service gives no usable answer in time, `Refus` when it refuses.
    """

    def __init__(self, http: ClientHttp) -> None:
        self._http = http

    def refermer(self) -> None:
        """Forget past failures: the next call is tried whatever the last ones did."""
        self._http.disjoncteur.succes()

    def lire(self, chemin: str, params: Mapping[str, Any] | None = None) -> Objet:
        """GET; empty parameters are left out."""
        utiles = {nom: valeur for nom, valeur in (params or {}).items() if valeur not in ("", None)}
        return self._exiger(self._http.get(chemin, params=utiles, essais=2))

    def envoyer(self, methode: str, chemin: str, corps: Mapping[str, Any] | None = None, *, cle: str) -> Objet:
        """A change; `cle` makes its repetition harmless."""
        return self._exiger(self._http.appeler(methode, chemin, corps=corps or {}, cle_idempotence=cle))

    def liste(self, reponse: Objet, nom: str) -> list[Objet]:
        """A list member of an answer. Raises `ReponseIncomprise`."""
        valeur = reponse.get(nom)
        if not isinstance(valeur, list):
            raise ReponseIncomprise(f"La réponse du service {self._http.nom} est incompréhensible.")
        return valeur

    def _exiger(self, reponse: Reponse) -> Objet:
        if reponse.ok:
            return reponse.corps
        corps = reponse.corps
        details = corps.get("details") or corps.get("error") or corps.get("message") or f"Refus {reponse.statut}."
        champs = corps.get("champs")
        raise Refus(
            tuple(str(phrase) for phrase in (details if isinstance(details, list) else [details])),
            champs={str(nom): _phrase(texte) for nom, texte in champs.items()} if isinstance(champs, dict) else {},
            statut=reponse.statut,
            corps=corps,
        )


def _phrase(texte: Any) -> str:
    return " ".join(map(str, texte)) if isinstance(texte, list) else str(texte)
