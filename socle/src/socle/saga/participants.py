"""What a participant's HTTP answer means to a step."""

from collections.abc import Mapping
from typing import Any

from socle.http import Reponse
from socle.saga.definition import PanneEtape, RefusEtape


def exiger(reponse: Reponse, service: str) -> Mapping[str, Any]:
    """The body of a 2xx. A business answer raises `RefusEtape` with its code; what is not the service's own,
    `PanneEtape`."""
    corps = reponse.corps
    if reponse.ok:
        return corps
    if reponse.statut in (401, 403) or "error" not in corps:
        # The gateway's own refusal (key, token, unknown route): the service never saw the call.
        raise PanneEtape(f"{service} : réponse {reponse.statut} inattendue.", effet_possible=False)
    if corps.get("code") == "en_cours":
        raise PanneEtape(f"{service} : requête en cours.", effet_possible=True)
    details = corps.get("details", "")
    phrase = " ".join(details) if isinstance(details, list) else str(details)
    raise RefusEtape(phrase or str(corps["error"]), code=str(corps.get("code", "refus")))


def malforme(service: str) -> PanneEtape:
    """The answer cannot be read: the work may have been done all the same."""
    return PanneEtape(f"{service} : réponse illisible.", effet_possible=True)
