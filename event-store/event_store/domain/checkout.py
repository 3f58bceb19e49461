"""The state of one checkout, folded from its events in the order of their positions.

The first terminal event decides; every other fact (stock reserved, released, order created) is true once told,
whatever the order in which events arrived (F35). Types this release does not know change nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from event_store.domain.evenements import ECHEC, SUCCES, TERMINAUX, TYPES, VERSION_COURANTE

Statut = Literal["unknown", "initiated", "succeeded", "failed"]
STATUTS: tuple[Statut, ...] = ("initiated", "succeeded", "failed")
STYLES = ("choreo", "orchestre")

_ECHECS = ("StockReservationFailed", "OrderCreationFailed")


@dataclass(frozen=True, kw_only=True, slots=True)
class EvenementLu:
    """One stored event, in the present schema version; `archive`: the bulk of its payload is in the archive files."""

    position: int
    version: int
    id: str
    type: str
    ts: Decimal
    v: int
    v_origine: int
    payload: dict[str, Any]
    checkout_id: str | None
    position_checkout: int | None
    correlation_id: str
    causation_id: str
    source: str
    traceparent: str
    archive: bool

    @property
    def connu(self) -> bool:
        """Whether this release can fold it; otherwise it is parked."""
        return self.type in TYPES and self.v <= VERSION_COURANTE


@dataclass(frozen=True, kw_only=True, slots=True)
class Etat:
    """What the events say. `debut_ts` and `fin_ts` are epoch seconds of the first and of the deciding event."""

    statut: Statut = "unknown"
    style: str | None = None
    client_id: str | None = None
    magasin_id: str | None = None
    stock_reserved: bool = False
    stock_released: bool = False
    commande_id: str | None = None
    reason: str | None = None
    debut_ts: Decimal | None = None
    fin_ts: Decimal | None = None
    evenements: int = 0


def plier(evenements: Iterable[EvenementLu]) -> Etat:
    """Fold events given in any order; duplicates by id count once. Pure and deterministic."""
    uniques = {e.position: e for e in evenements if e.connu}
    suite = [uniques[position] for position in sorted(uniques)]
    if not suite:
        return Etat()
    types = {e.type for e in suite}
    fin = next((e for e in suite if e.type in TERMINAUX), None)
    reussi = fin is not None and fin.type == SUCCES
    return Etat(
        statut="initiated" if fin is None else "succeeded" if reussi else "failed",
        style=style(suite[0].source),
        client_id=suite[0].payload["client_id"].lower(),
        magasin_id=_premier(suite, "magasin_id", TYPES),
        stock_reserved="StockReserved" in types,
        stock_released="StockReleased" in types,
        commande_id=_premier(suite, "commande_id", ("OrderCreated", SUCCES)),
        reason=None if reussi else _premier(suite, "reason", (ECHEC,)) or _premier(suite, "reason", _ECHECS),
        debut_ts=suite[0].ts,
        fin_ts=fin.ts if fin else None,
        evenements=len(suite),
    )


def style(source: str) -> str:
    """`orchestre` for what the saga orchestrator published (its `source` begins with `saga`), else `choreo`."""
    return "orchestre" if source.startswith("saga") else "choreo"


def chaine_causale(evenements: Sequence[EvenementLu]) -> list[dict[str, Any]]:
    """Each event with its cause and its depth below what began the checkout; a cause outside the list is a root."""
    par_id = {e.id: e for e in evenements}
    profondeurs: dict[str, int] = {}
    for evenement in evenements:
        chemin: list[str] = []
        courant: EvenementLu | None = evenement
        # A cause is older than its effect in a sane history; a cycle in a forged one ends here all the same.
        while courant is not None and courant.id not in profondeurs and courant.id not in chemin:
            chemin.append(courant.id)
            courant = par_id.get(courant.causation_id)
        profondeur = profondeurs.get(courant.id, -1) if courant is not None else -1
        for identifiant in reversed(chemin):
            profondeur += 1
            profondeurs[identifiant] = profondeur
    return [
        {
            "id": e.id,
            "type": e.type,
            "causation_id": e.causation_id or None,
            "source": e.source,
            "ts": e.ts,
            "profondeur": profondeurs[e.id],
        }
        for e in evenements
    ]


def _premier(suite: Sequence[EvenementLu], champ: str, types: Sequence[str]) -> str | None:
    return next((e.payload[champ] for e in suite if e.type in types and isinstance(e.payload.get(champ), str)), None)
