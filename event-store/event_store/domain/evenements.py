"""What may enter the history, and what of it this service understands.

Entry fields are those of the stream (contract, section 8), where every value is a text: `payload` is accepted as JSON
text or as an object, `ts` and `v` as text or number. Only what this service reads is required; the full shape of each
type is published as JSON Schema and checked by its producers.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from socle import jsons
from socle.erreurs import DonneesInvalides

VERSION_COURANTE = 1
LOT_MAX = 1000
STREAM_CHECKOUTS = "ecommerce.checkout.events"

SUCCES, ECHEC = "CheckoutSucceeded", "CheckoutFailed"
TERMINAUX = (SUCCES, ECHEC)

_IDENTITE = ("checkout_id", "client_id")
_LUS: dict[str, tuple[str, ...]] = {
    "CheckoutInitiated": (),
    "StockReserved": (),
    "StockReservationFailed": ("reason",),
    "OrderCreated": ("commande_id",),
    SUCCES: ("commande_id",),
    "OrderCreationFailed": ("reason",),
    "StockReleased": (),
    ECHEC: ("reason",),
}
TYPES = tuple(_LUS)
"""The eight known types; any other is stored, listed and parked by the projections."""

_ANCIENS_NOMS = {0: {"commande_id": "order_id"}}
"""Fields by their name in an old schema version; the history is read in the present one (F38)."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,99}")
_NOMBRE = re.compile(r"\d{1,11}(\.\d{1,9})?")
_TEXTE_MAX = 255
_TS_MAX = Decimal(10) ** 11

PERSONNELS = frozenset(
    {"nom", "prenom", "nom_complet", "nom_client", "nom_destinataire", "email", "courriel", "telephone", "adresse",
     "adresse_livraison", "adresse_rue", "adresse_complete", "code_postal", "adresse_code_postal"}
)  # fmt: skip
"""Field names that would put a person into a history nobody can erase (F39)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evenement:
    """One event to append: a checked envelope and its payload as received."""

    id: UUID
    type: str
    ts: Decimal
    v: int
    payload: Mapping[str, Any]
    checkout_id: UUID | None
    correlation_id: str
    causation_id: str
    source: str
    traceparent: str


def lire_lot(brut: object) -> list[Evenement]:
    """A batch of 1 to 1000 events from parsed JSON. Raises `DonneesInvalides` naming every wrong field."""
    if not isinstance(brut, list) or not 1 <= len(brut) <= LOT_MAX:
        raise DonneesInvalides(champs={"events": f"une liste de 1 à {LOT_MAX} événements est attendue"})
    lot, champs = [], {}
    for rang, un in enumerate(brut):
        try:
            lot.append(lire(un))
        except DonneesInvalides as refus:
            champs.update({f"events[{rang}].{nom}": message for nom, message in refus.champs.items()})
    if champs:
        raise DonneesInvalides(champs=champs)
    return lot


def lire(brut: object) -> Evenement:
    """One event from parsed JSON. Raises `DonneesInvalides` naming every wrong field."""
    if not isinstance(brut, Mapping):
        raise DonneesInvalides(champs={"": "un objet JSON est attendu"})
    champs: dict[str, str | list[str]] = {}
    identifiant = _uuid(brut.get("id"))
    if identifiant is None:
        champs["id"] = "un identifiant UUID est attendu"
    nom = brut.get("type")
    if not isinstance(nom, str) or not _TYPE.fullmatch(nom):
        champs["type"] = "un nom de type est attendu"
    ts = _nombre(brut.get("ts"))
    if ts is None:
        champs["ts"] = "des secondes depuis 1970 sont attendues"
    version = _nombre(brut.get("v", 0))
    if version is None or version != int(version) or version > 1000:
        champs["v"] = "un entier de 0 à 1000 est attendu"
    textes = {}
    for champ in ("correlation_id", "causation_id", "source", "traceparent"):
        texte = brut.get(champ)
        textes[champ] = "" if texte is None else texte
        if not isinstance(textes[champ], str) or len(textes[champ]) > _TEXTE_MAX:
            champs[champ] = f"un texte de {_TEXTE_MAX} caractères au plus est attendu"
    payload = _payload(brut.get("payload"), champs)
    checkout = _uuid(payload.get("checkout_id")) if payload is not None else None
    if payload is not None and version is not None and isinstance(nom, str):
        champs.update(_champs_manquants(nom, int(version), payload))
    if champs or identifiant is None or not isinstance(nom, str) or ts is None or version is None or payload is None:
        raise DonneesInvalides(champs=champs)
    return Evenement(id=identifiant, type=nom, ts=ts, v=int(version), payload=payload, checkout_id=checkout, **textes)


def causes(lot: Sequence[Evenement]) -> set[UUID]:
    """The events that brought these about. What began a checkout has none, or the checkout's own id."""
    return {cause for e in lot if (cause := _cause(e)) is not None}


def separer(lot: Sequence[Evenement], connus: Collection[UUID]) -> tuple[list[Evenement], list[Evenement]]:
    """The events whose cause is among `connus` or in the batch, causes first, and those that came before their cause.

    An event that is itself known has its place already.
    """
    vus, prets, orphelins = set(connus), list[Evenement](), list(lot)
    while suivants := [e for e in orphelins if e.id in vus or (cause := _cause(e)) is None or cause in vus]:
        vus |= {e.id for e in suivants}
        prets += suivants
        orphelins = [e for e in orphelins if e.id not in vus]
    return prets, orphelins


def _cause(evenement: Evenement) -> UUID | None:
    cause = _uuid(evenement.causation_id)
    return None if cause == evenement.checkout_id else cause


def _payload(brut: object, champs: dict[str, str | list[str]]) -> Mapping[str, Any] | None:
    if isinstance(brut, str):
        try:
            brut = jsons.lire(brut.encode("utf-8", "surrogatepass"))
        except jsons.JsonRefuse as refus:
            champs["payload"] = str(refus)
            return None
    if not isinstance(brut, Mapping):
        champs["payload"] = "un objet JSON est attendu"
        return None
    if (refus_contenu := _refus(brut, "payload")) is not None:
        champs[refus_contenu[0]] = refus_contenu[1]
        return None
    return brut


def _refus(valeur: Any, chemin: str) -> tuple[str, str] | None:
    """The first thing in a payload that must not, or cannot exactly, be kept."""
    if isinstance(valeur, Mapping):
        for nom, element in valeur.items():
            if nom in PERSONNELS:
                return f"{chemin}.{nom}", "donnée personnelle : l'historique ne connaît que client_id"
            if (refus := _refus(element, f"{chemin}.{nom}")) is not None:
                return refus
    elif isinstance(valeur, list):
        for rang, element in enumerate(valeur):
            if (refus := _refus(element, f"{chemin}[{rang}]")) is not None:
                return refus
    elif isinstance(valeur, Decimal) and Decimal(repr(float(valeur))) != valeur:
        return chemin, "nombre trop long pour être gardé exactement"
    return None


def _champs_manquants(nom: str, version: int, payload: Mapping[str, Any]) -> dict[str, str]:
    if nom not in _LUS or version > VERSION_COURANTE:
        return {}
    anciens = _ANCIENS_NOMS.get(version, {})
    manquants = {
        f"payload.{champ}": "un identifiant UUID est attendu"
        for champ in _IDENTITE
        if _uuid(payload.get(champ)) is None
    }
    for champ in _LUS[nom]:
        nom_alors = anciens.get(champ, champ)
        if not isinstance(payload.get(nom_alors), str) or not payload[nom_alors]:
            manquants[f"payload.{nom_alors}"] = "un texte est attendu"
    return manquants


def _uuid(brut: object) -> UUID | None:
    return UUID(brut) if isinstance(brut, str) and _UUID.fullmatch(brut) else None


def _nombre(brut: object) -> Decimal | None:
    if isinstance(brut, str):
        return Decimal(brut) if _NOMBRE.fullmatch(brut) else None
    if type(brut) in (int, Decimal):
        nombre = Decimal(brut)  # type: ignore[arg-type]
        return nombre if 0 <= nombre < _TS_MAX else None
    return None


def en_json(lot: list[Evenement]) -> str:
    """The batch as the JSON array that `ajouter()` of the database takes."""
    return json.dumps(
        [
            {
                "id": e.id, "type": e.type, "ts": str(e.ts), "v": e.v, "payload": e.payload,
                "checkout_id": e.checkout_id, "correlation_id": e.correlation_id, "causation_id": e.causation_id,
                "source": e.source, "traceparent": e.traceparent,
            }
            for e in lot
        ],
        default=jsons.defaut,
        ensure_ascii=False,
    )  # fmt: skip
