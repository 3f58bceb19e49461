"""The one root of errors, by meaning. Pure Python: domains may raise these, and know nothing of HTTP.

The mapping to HTTP statuses is in one place, `socle.reponses`.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class Erreur(Exception):
    """An expected refusal, said to the caller in French.

    `error` is the short label, `code` the stable machine string, `details` a sentence or a list of sentences,
    `extra` the further members of the answer (for example `saga_id`). Subclasses set `error` and `code` as class
    attributes; either can be overridden for one instance.
    """

    error: str = "Erreur"
    code: str = "erreur"

    def __init__(
        self,
        details: str | list[str] = "",
        *,
        error: str | None = None,
        code: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.details = details or (error or self.error)
        if error is not None:
            self.error = error
        if code is not None:
            self.code = code
        self.extra = dict(extra or {})
        super().__init__(self.details)

    def __str__(self) -> str:
        return self.details if isinstance(self.details, str) else "; ".join(self.details)


class DonneesInvalides(Erreur):
    """The request does not have the documented shape. Never remembered under an `Idempotency-Key`."""

    error = "Données invalides"
    code = "donnees_invalides"

    def __init__(
        self,
        details: str | list[str] = "",
        *,
        champs: Mapping[str, str | list[str]] | None = None,
        error: str | None = None,
        code: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.champs = dict(champs or {})
        if not details and self.champs:
            details = [f"{nom} : {_phrase(message)}" for nom, message in self.champs.items()]
        complet = dict(extra or {})
        if self.champs:
            complet["champs"] = self.champs
        super().__init__(details, error=error, code=code, extra=complet)


class RefusMetier(Erreur):
    """A business rule says no. Deterministic: remembered, and answered again to a retry."""

    error = "Opération refusée"
    code = "refus_metier"


class Introuvable(Erreur):
    """The thing named by the request does not exist."""

    error = "Ressource introuvable"
    code = "introuvable"


class Conflit(Erreur):
    """The request contradicts the present state."""

    error = "Conflit"
    code = "conflit"


class CleReutilisee(Erreur):
    """The idempotency key was used for another request."""

    error = "Clé d'idempotence réutilisée"
    code = "cle_reutilisee"


class EnCours(Erreur):
    """The same request is being processed right now: ask again after `reessayer_apres` seconds. Never remembered."""

    error = "Requête en cours"
    code = "en_cours"
    reessayer_apres: ClassVar[int] = 1


class Interdit(Erreur):
    """The caller may not do this."""

    error = "Accès interdit"
    code = "interdit"


class JetonRequis(Interdit):
    """An internal operation was called without the token that internal callers hold."""

    error = "Jeton interne requis"
    code = "jeton_interne_requis"

    def __init__(self) -> None:
        super().__init__("Cette opération est réservée aux appelants internes.")


class Indisponible(Erreur):
    """A neighbour, or our own database, is down or too slow: ask again after `reessayer_apres` seconds."""

    error = "Service externe indisponible"
    code = "service_indisponible"
    reessayer_apres: ClassVar[int] = 2


def _phrase(message: str | list[str]) -> str:
    return message if isinstance(message, str) else " ".join(message)
