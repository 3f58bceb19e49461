"""What a service refuses, in its own words, for the person who asked."""

from collections.abc import Mapping
from typing import Any


class Refus(Exception):
    """A 4xx answer. `phrases` are sentences in French; `champs` the sentence of each field at fault, where known.

    `code` is the service's stable machine string, `statut` the HTTP status. `corps` the whole answer. A refusal
    may be remembered under its idempotency key: a corrected request needs a new one.
    """

    def __init__(
        self, phrases: tuple[str, ...], *, champs: Mapping[str, str], statut: int, corps: Mapping[str, Any]
    ) -> None:
        super().__init__(" ".join(phrases))
        self.phrases, self.champs, self.statut, self.corps = phrases, dict(champs), statut, corps
        self.code = str(corps.get("code", ""))
