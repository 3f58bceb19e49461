"""How an expected error becomes an HTTP answer, in any framework: status, body, headers. Pure Python, no framework.

Body: `{"success": false, "error", "details", "code", "correlation_id", …extra}`.
"""

from dataclasses import dataclass, field
from typing import Any

from socle import erreurs, jsons
from socle.correlation import correlation_id


class CorpsTropGrand(erreurs.Erreur):
    """The request body is over the limit."""

    error = "Requête trop volumineuse"
    code = "corps_trop_grand"

    def __init__(self) -> None:
        super().__init__("Le corps dépasse la taille permise.")


class MethodeInterdite(erreurs.Erreur):
    """The route exists, the method does not."""

    error = "Méthode non autorisée"
    code = "methode_non_autorisee"

    def __init__(self, details: str = "Cette méthode n'est pas permise ici.") -> None:
        super().__init__(details)


class RouteInconnue(erreurs.Introuvable):
    """No such route, or a malformed identifier in the path."""

    error = "Route inconnue"
    code = "route_inconnue"


class ErreurInterne(erreurs.Erreur):
    """A defect of ours: logged with its traceback, which the caller never sees."""

    error = "Erreur interne"
    code = "erreur_interne"

    def __init__(self) -> None:
        super().__init__("Une erreur imprévue est survenue ; elle a été consignée.")


class BaseIndisponible(erreurs.Indisponible):
    """Our own database is down, read-only, full or too slow."""

    error = "Service temporairement indisponible"
    code = "base_indisponible"


_STATUTS: tuple[tuple[type[erreurs.Erreur], int], ...] = (
    (CorpsTropGrand, 413),
    (MethodeInterdite, 405),
    (erreurs.DonneesInvalides, 400),
    (erreurs.RefusMetier, 400),
    (erreurs.Introuvable, 404),
    (erreurs.EnCours, 409),
    (erreurs.Conflit, 409),
    (erreurs.CleReutilisee, 422),
    (erreurs.Interdit, 403),
    (erreurs.Indisponible, 503),
)


@dataclass(frozen=True, kw_only=True)
class Rendu:
    """An answer, whatever writes it to the socket."""

    statut: int
    octets: bytes
    entetes: dict[str, str] = field(default_factory=dict)


def statut_de(erreur: erreurs.Erreur) -> int:
    """HTTP status of an expected error; 500 for one that nobody gave a meaning."""
    return next((statut for classe, statut in _STATUTS if isinstance(erreur, classe)), 500)


def corps_de(erreur: erreurs.Erreur) -> dict[str, Any]:
    """The error body; a replayed refusal brings the correlation id of the first answer in its `extra`."""
    return {
        "success": False,
        "error": erreur.error,
        "details": erreur.details,
        "code": erreur.code,
        "correlation_id": correlation_id(),
        **erreur.extra,
    }


def rendre(erreur: erreurs.Erreur) -> Rendu:
    """The whole answer, with `Retry-After` where asking again is worth it."""
    entetes = {"Content-Type": "application/json"}
    if isinstance(erreur, erreurs.Indisponible | erreurs.EnCours):
        entetes["Retry-After"] = str(erreur.reessayer_apres)
    return Rendu(statut=statut_de(erreur), octets=jsons.ecrire(corps_de(erreur)), entetes=entetes)


def memorisable(erreur: erreurs.Erreur) -> bool:
    """Whether an `Idempotency-Key` may keep this answer: a refusal is kept, what may go well later is not."""
    return statut_de(erreur) < 500 and not isinstance(
        erreur, erreurs.DonneesInvalides | erreurs.EnCours | CorpsTropGrand
    )


def json_refuse(refus: jsons.JsonRefuse) -> erreurs.DonneesInvalides:
    """What is said of a body that is not the JSON it should be."""
    return erreurs.DonneesInvalides(champs={refus.champ or "corps": str(refus)}, code="json_invalide")
