"""One event, and how it travels in a stream entry (contract, section 8: all fields are strings).

Beside the fields of the contract an entry holds `cle`, so that a group can order and acknowledge events whose payload
is not its business without reading it. Entries without it (the first format, other publishers) are read whole.
"""

import json
import math
import re
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from socle import jsons
from socle.correlation import correlation_id, traceparent

VERSION = 1
VERSION_HISTORIQUE = 0
_TEXTES = ("type", "correlation_id", "causation_id", "source", "traceparent", "cle")
_TEXTE_MAX = 255
_TRACE = len("00-") + 32
"""How much of a `traceparent` names the trace; the rest names a span of it."""
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch


class EvenementIllisible(ValueError):
    """The entry is not an event of the published language: it can never be processed."""


@dataclass(frozen=True, kw_only=True)
class Evenement:
    """An immutable fact. `cle` orders it (the checkout id); `ts` is epoch seconds; `id` is permanent.

    What came from an entry (`lire`) keeps its texts; `id` and, where it was left unread, `payload` are made of them
    when first asked for. The latter may then raise `EvenementIllisible`.
    """

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
    def identifiant(self) -> str:
        """`id` as a text."""
        return str(self.id)

    @cached_property
    def _texte(self) -> str:
        """The payload as the entry says it."""
        return jsons.ecrire(self.payload).decode()

    @cached_property
    def _champs(self) -> dict[str, str]:
        return {
            "type": self.type,
            "payload": self._texte,
            "ts": f"{self.ts:.6f}",
            "id": self.identifiant,
            "v": str(self.v),
            "correlation_id": self.correlation_id,
            "causation_id": self.causation_id,
            "source": self.source,
            "traceparent": self.traceparent,
            "cle": self.cle,
        }

    if not TYPE_CHECKING:

        def __getattr__(self, nom: str) -> Any:
            """What `lire` left for later."""
            if nom == "id" and "identifiant" in self.__dict__:
                valeur = uuid.UUID(self.identifiant)
            elif nom == "payload" and "_texte" in self.__dict__:
                valeur = _payload(self._texte, self._champ_cle, self.cle)
            else:
                raise AttributeError(nom)
            self.__dict__[nom] = valeur
            return valeur


def identifiant_derive(cause: uuid.UUID | str, type_: str) -> uuid.UUID:
    """The permanent id of the event of this type that `cause` (an event or a checkout) brings about."""
    racine = cause if isinstance(cause, uuid.UUID) else uuid.UUID(cause)
    return uuid.uuid5(racine, type_)


def suite(
    cause: Evenement, type_: str, payload: Mapping[str, Any], *, source: str, ts: float | None = None
) -> Evenement:
    """The event that `cause` brings about: derived id, same key, correlation and trace, causation set.

    In the trace it follows whatever reacts to `cause` at this moment.

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
        traceparent=trace if (trace := traceparent())[:_TRACE] == cause.traceparent[:_TRACE] else cause.traceparent,
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


def lire(champs: Mapping[str, str], *, champ_cle: str = "checkout_id", corps: bool = True) -> Evenement:
    """The event of a stream entry. Raises `EvenementIllisible`.

    Without `corps`, the payload of an entry that says its key is not read before somebody asks for it. Historical
    entries carry only type, payload and ts: their version is 0, their id derived from these three.
    """
    try:
        type_, texte, ts = champs["type"], champs["payload"], float(champs["ts"])
        correlation, causation, source, trace, cle = _textes(champs)
        recu = champs.get("id")
        if recu is None or _UUID(recu) is None:
            recu = str(uuid.UUID(recu) if recu else _identifiant_historique(champs))
        version = int(champs.get("v") or VERSION_HISTORIQUE)
    except KeyError as manque:
        raise EvenementIllisible(f"le champ {manque.args[0]} manque") from None
    except ValueError as erreur:
        raise EvenementIllisible(str(erreur)) from erreur
    if not math.isfinite(ts):
        raise EvenementIllisible("ts n'est pas un nombre de secondes")
    evenement = object.__new__(Evenement)
    lu = evenement.__dict__
    if corps or not cle:
        payload = lu["payload"] = _payload(texte, champ_cle, cle)
        cle = payload[champ_cle]
    lu.update(
        identifiant=recu,
        type=type_,
        cle=cle,
        source=source,
        ts=ts,
        v=version,
        correlation_id=correlation,
        causation_id=causation,
        traceparent=trace,
        _texte=texte,
        _champ_cle=champ_cle,
    )
    return evenement


def _textes(champs: Mapping[str, str]) -> tuple[str, str, str, str, str]:
    """The free texts. What neither a log line, nor an HTTP header, nor PostgreSQL could carry is refused."""
    lire_champ = champs.get
    textes = (
        lire_champ("correlation_id", ""),
        lire_champ("causation_id", ""),
        lire_champ("source", ""),
        lire_champ("traceparent", ""),
        lire_champ("cle", ""),
    )
    ensemble = "".join((champs["type"], *textes))
    if not ensemble.isprintable() or (
        len(ensemble) > _TEXTE_MAX and max(map(len, (champs["type"], *textes))) > _TEXTE_MAX
    ):
        raise ValueError(f"{', '.join(_TEXTES)} : des textes de {_TEXTE_MAX} caractères au plus sont attendus")
    return textes


def _payload(texte: str, champ_cle: str, cle: str) -> dict[str, Any]:
    """The payload, which holds its key; the one the entry says, if it says one. Raises `EvenementIllisible`."""
    try:
        payload = jsons.lire(texte.encode())
    except ValueError as erreur:
        raise EvenementIllisible(str(erreur)) from erreur
    if not isinstance(payload, dict) or not isinstance(payload.get(champ_cle), str):
        raise EvenementIllisible(f"payload.{champ_cle} manque")
    if not 0 < len(payload[champ_cle]) <= _TEXTE_MAX:
        raise EvenementIllisible(f"payload.{champ_cle} : de 1 à {_TEXTE_MAX} caractères sont attendus")
    if cle and payload[champ_cle] != cle:
        raise EvenementIllisible(f"payload.{champ_cle} n'est pas la clé de l'entrée")
    return payload


def _identifiant_historique(champs: Mapping[str, str]) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, json.dumps([champs["type"], champs["payload"], champs["ts"]]))
