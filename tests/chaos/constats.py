"""What the platform says of each purchase once it has had time to conclude: read over the contract's routes only."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.chaos.acces import Acces
from tests.chaos.achats import Achat, Rayon

TERMINAUX = {"finalise", "echec", "intervention_requise"}
PENURIE = "stock_insuffisant"
"""The one refusal that the driver's inputs can bring about; faults explain every other failure."""


@dataclass(frozen=True, kw_only=True)
class Constat:
    """One checkout as every service tells it; `rejeu` is empty and `vente`, `saga` None where there is none."""

    achat: Achat
    id: str
    detail: Mapping[str, Any]
    vente: Mapping[str, Any] | None
    reservation: Mapping[str, Any] | None
    saga: Mapping[str, Any] | None
    rejeu: Mapping[str, Any]

    @property
    def statut(self) -> str:
        """What ecommerce, the authority, says of it."""
        return str(self.detail["statut"])

    @property
    def lignes(self) -> Counter[str]:
        """Units by product of the closed cart."""
        return somme(self.detail["produits"])

    @property
    def vente_active(self) -> bool:
        """Whether a sale stands."""
        return self.vente is not None and self.vente["statut"] == "active"

    @property
    def evenements(self) -> Sequence[Mapping[str, Any]]:
        """Its events in the order of the event store."""
        return self.rejeu.get("events", ())

    @property
    def types(self) -> Counter[str]:
        """How many events of each type."""
        return Counter(e["type"] for e in self.evenements)


@dataclass(kw_only=True)
class Releve:
    """Everything that was read, at `instant` (seconds since the epoch)."""

    achats: list[Achat]
    rayon: Rayon
    constats: list[Constat] = field(default_factory=list)
    paniers: dict[str, Counter[str]] = field(default_factory=dict)
    stocks: dict[tuple[str, str], int] = field(default_factory=dict)
    instant: float = 0.0

    def de(self, achat: Achat) -> list[Constat]:
        """The checkouts of one purchase, oldest first."""
        siens = [c for c in self.constats if c.achat is achat]
        return sorted(siens, key=lambda c: str(c.detail["date_creation"]))


def somme(lignes: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Units by product."""
    total: Counter[str] = Counter()
    for ligne in lignes:
        total[ligne["produit_id"]] += ligne["quantite"]
    return total


def issue(detail: Mapping[str, Any]) -> str:
    """`vendu`, `refuse` (for lack of stock), `panne` (any other failure); empty for what has not concluded."""
    if detail["statut"] == "echec":
        return "refuse" if detail["code"] == PENURIE else "panne"
    return "vendu" if detail["statut"] == "finalise" else ""


def obtenue(acces: Acces, achat: Achat) -> str:
    """How the latest checkout of this purchase ended; empty for none."""
    historique = _historique(acces, achat) if achat.client_id else []
    return issue(max(historique, key=lambda resume: str(resume["date_creation"]))) if historique else ""


def en_cours(acces: Acces, achats: Iterable[Achat], fils: int = 6) -> list[Achat]:
    """The purchases that have a checkout which has not concluded."""

    def ouvert(achat: Achat) -> bool:
        return any(c["statut"] not in TERMINAUX for c in _historique(acces, achat))

    presents = [achat for achat in achats if achat.client_id]
    with ThreadPoolExecutor(fils) as bassin:
        return [achat for achat, reste in zip(presents, bassin.map(ouvert, presents), strict=True) if reste]


def relever(acces: Acces, achats: Sequence[Achat], rayon: Rayon, fils: int = 6) -> Releve:
    """Read everything again. Raises `Injoignable`."""
    releve = Releve(achats=list(achats), rayon=rayon)
    presents = [achat for achat in achats if achat.client_id]
    with ThreadPoolExecutor(fils) as bassin:
        for constats in bassin.map(lambda achat: _constats(acces, achat), presents):
            releve.constats += constats
        for achat, panier in zip(presents, bassin.map(lambda achat: _panier(acces, achat), presents), strict=True):
            releve.paniers[achat.client_id] = panier
    for magasin in sorted({magasin for _, magasin in rayon.initial}):
        produits = ",".join(rayon.produits)
        lus = acces.lire(f"/api/inventaire/stocks-locaux/{magasin}/?produits={produits}")
        releve.stocks |= {(s["produit_id"], magasin): s["quantite"] for s in lus["stocks"]}
    releve.instant = time.time()
    return releve


def _historique(acces: Acces, achat: Achat) -> Sequence[Mapping[str, Any]]:
    corps = acces.lire(f"/api/commandes/clients/{achat.client_id}/historique/?limite=100")
    if corps["total"] > len(corps["commandes"]):
        raise AssertionError(f"{corps['total']} checkouts sous un seul client : le pilote insiste trop.")
    return list(corps["commandes"])


def _panier(acces: Acces, achat: Achat) -> Counter[str]:
    return somme(acces.lire(f"/api/ecommerce/panier/clients/{achat.client_id}/panier/")["produits"])


def _constats(acces: Acces, achat: Achat) -> list[Constat]:
    return [_constat(acces, achat, resume["checkout_id"]) for resume in _historique(acces, achat)]


def _constat(acces: Acces, achat: Achat, checkout: str) -> Constat:
    vente = acces.lire(f"/api/commandes/ventes-ddd/par-reference/{checkout}/", absent={"vente": None})["vente"]
    saga = acces.lire(f"/api/saga/commandes/{checkout}/", absent=None) if achat.style == "orchestre" else None
    return Constat(
        achat=achat,
        id=checkout,
        detail=acces.lire(f"/api/commandes/clients/{achat.client_id}/checkout/{checkout}/"),
        vente=vente,
        reservation=acces.lire(f"/api/inventaire/reservations/{checkout}/", absent=None),
        saga=saga,
        rejeu=acces.lire(f"/api/event-store/replay/checkout/{checkout}", absent={}),
    )


def secondes(date: str) -> float:
    """Epoch seconds of an ISO date."""
    return datetime.fromisoformat(date).timestamp()
