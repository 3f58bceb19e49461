"""One event, and how it travels in a stream entry (contract, section 8: all fields are strings)."""

import json
import math
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from socle import jsons
from socle.correlation import correlation_id, traceparent

VERSION = 1
VERSION_HISTORIQUE = 0
_OBLIGATOIRES = ("type", "payload", "ts")
_TEXTES = ("type", "correlation_id", "causation_id", "source", "traceparent")
_TEXTE_MAX = 255


class EvenementIllisible(ValueError):
    """The entry is not an event of the published language: it can never be processed."""


@dataclass(frozen=True, kw_only=True)
class Evenement:
    """An immutable fact. `cle` orders it (the checkout id); `ts` is epoch seconds; `id` is permanent."""

    id: uuid.UUID
    type: str
    payload: Mapping[str, Any]
    cle: str
    source: str
    ts: float = field(default_factory=time.time)
    v: int = VERSION
    correlation_id: str = ""
    causation_id: str = ""
    traceparent: str = ""

    def champs(self) -> dict[str, str]:
        """The fields of the stream entry. Raises `ValueError` for a payload that JSON cannot say."""
        return self._champs

    @cached_property
    def _champs(self) -> dict[str, str]:
        return {
            "type": self.type,
            "payload": jsons.ecrire(self.payload).decode(),
            "ts": f"{self.ts:.6f}",
            "id": str(self.id),
            "v": str(self.v),
            "correlation_id": self.correlation_id,
            "causation_id": self.causation_id,
            "source": self.source,
            "traceparent": self.traceparent,
        }


def identifiant_derive(cause: uuid.UUID | str, type_: str) -> uuid.UUID:
    """The permanent id of the event of this type that `cause` (an event or a checkout) brings about."""
    racine = cause if isinstance(cause, uuid.UUID) else uuid.UUID(cause)
    return uuid.uuid5(racine, type_)


def suite(
    cause: Evenement, type_: str, payload: Mapping[str, Any], *, source: str, ts: float | None = None
) -> Evenement:
    """The event that `cause` brings about: derived id, same key, correlation and trace, causation set.

    `ts`: when it happened, by the database's clock where clocks matter; this host's by default.
    """
    return Evenement(
        id=identifiant_derive(cause.id, type_),
        type=type_,
        payload=payload,
        cle=cause.cle,
        source=source,
        ts=time.time() if ts is None else ts,
        correlation_id=cause.correlation_id,
        causation_id=str(cause.id),
        traceparent=cause.traceparent,
    )


def premier(
    cle: uuid.UUID, type_: str, payload: Mapping[str, Any], *, source: str, ts: float | None = None
) -> Evenement:
    """The first event of a key, within a request: derived id, correlation and trace of the request.

    `ts`: see `suite`.
    """
    return Evenement(
        id=identifiant_derive(cle, type_),
        type=type_,
        payload=payload,
        cle=str(cle),
        source=source,
        ts=time.time() if ts is None else ts,
        correlation_id=correlation_id(),
        traceparent=traceparent(),
    )


def lire(champs: Mapping[str, str], *, champ_cle: str = "checkout_id") -> Evenement:
    """The event of a stream entry. Raises `EvenementIllisible`.

    Historical entries carry only type, payload and ts: their version is 0, their id derived from these three.
    """
    for nom in _OBLIGATOIRES:
        if nom not in champs:
            raise EvenementIllisible(f"le champ {nom} manque")
    try:
        _verifier(champs)
        payload = jsons.lire(champs["payload"].encode())
        ts = float(champs["ts"])
        identifiant = uuid.UUID(champs["id"]) if champs.get("id") else _identifiant_historique(champs)
        version = int(champs.get("v") or VERSION_HISTORIQUE)
    except ValueError as erreur:
        raise EvenementIllisible(str(erreur)) from erreur
    if not math.isfinite(ts):
        raise EvenementIllisible("ts n'est pas un nombre de secondes")
    if not isinstance(payload, dict) or not isinstance(payload.get(champ_cle), str):
        raise EvenementIllisible(f"payload.{champ_cle} manque")
    cle = payload[champ_cle]
    if not 0 < len(cle) <= _TEXTE_MAX:
        raise EvenementIllisible(f"payload.{champ_cle} : de 1 à {_TEXTE_MAX} caractères sont attendus")
    return Evenement(
        id=identifiant,
        type=champs["type"],
        payload=payload,
        cle=cle,
        source=champs.get("source", ""),
        ts=ts,
        v=version,
        correlation_id=champs.get("correlation_id", ""),
        causation_id=champs.get("causation_id", ""),
        traceparent=champs.get("traceparent", ""),
    )


def _verifier(champs: Mapping[str, str]) -> None:
    """What neither a log line, nor an HTTP header, nor PostgreSQL could carry is refused."""
    textes = [champs.get(nom, "") for nom in _TEXTES]
    if not "".join(textes).isprintable() or max(map(len, textes)) > _TEXTE_MAX:
        raise ValueError(f"{', '.join(_TEXTES)} : des textes de {_TEXTE_MAX} caractères au plus sont attendus")


def _identifiant_historique(champs: Mapping[str, str]) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([champs["type"], champs["payload"], champs["ts"]]))
