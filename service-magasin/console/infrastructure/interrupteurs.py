"""The fault switches of the laboratory's programs, asked of each program itself: two replicas have two sets."""

from collections.abc import Mapping
from typing import Any

from magasin.application.refus import Refus
from socle.http import ClientHttp

_CHEMIN = "/labo/fautes/"


class Interrupteurs:
    """`cibles`: base URL of each program by name."""

    def __init__(self, cibles: Mapping[str, str], *, jeton_interne: str) -> None:
        self._clients = {
            nom: ClientHttp(url, nom=nom, jeton_interne=jeton_interne, connexion=0.3, lecture=1.0, essais=1)
            for nom, url in cibles.items()
        }

    @property
    def programmes(self) -> list[str]:
        """Names, in the order of the platform's own table."""
        return list(self._clients)

    def lire(self, programme: str) -> dict[str, Any]:
        """Switches, catalogue of points, points met. Raises `Indisponible`, `Refus`."""
        return self._exiger(self._clients[programme].get(_CHEMIN))

    def regler(self, programme: str, fautes: list[dict[str, Any]]) -> dict[str, Any]:
        """Replace every switch of the program. Raises `Indisponible`, `Refus` in the program's words."""
        reponse = self._clients[programme].appeler("PUT", _CHEMIN, corps={"fautes": fautes})
        return self._exiger(reponse)

    def _exiger(self, reponse: Any) -> dict[str, Any]:
        if reponse.ok:
            return dict(reponse.corps)
        details = reponse.corps.get("details", f"Refus {reponse.statut}.")
        phrases = details if isinstance(details, list) else [details]
        raise Refus(tuple(map(str, phrases)), champs={}, statut=reponse.statut, corps=reponse.corps)
