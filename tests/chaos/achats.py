"""What the driver did: one purchase per client, with everything that was said."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.chaos.acces import Echange

Style = Literal["orchestre", "choreo"]
STYLES: tuple[Style, Style] = ("orchestre", "choreo")


@dataclass(kw_only=True)
class Achat:
    """One client, one cart, one checkout asked for in some way, perhaps many times.

    `lignes`: what the client asked for; `panier`: what the service said it holds. `attendu`: the outcome that the
    inputs alone decide (None: competition for scarce stock, or faults, may decide otherwise). `jumeau`: the purchase
    of the other style with the same inputs, compared under I7.
    """

    numero: int
    style: Style
    conduite: str
    magasin_id: str
    lignes: dict[str, int]
    attendu: Literal["vendu", "refuse"] | None = None
    jumeau: int | None = None
    calme: bool = False
    sentinelle: str = ""
    client_id: str = ""
    cle: str = ""
    panier: Counter[str] = field(default_factory=Counter)
    incertain: bool = False
    """Some line was asked for and never acknowledged: the cart may hold more than `panier`."""
    echanges: list[Echange] = field(default_factory=list)
    _verrou: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def noter(self, echange: Echange) -> None:
        """Remember an exchange; several threads may act for one client."""
        with self._verrou:
            self.echanges.append(echange)

    @property
    def chemin(self) -> str:
        """Where its checkout is asked for."""
        suffixe = "choreo/" if self.style == "choreo" else ""
        return f"/api/commandes/clients/{self.client_id}/checkout/{suffixe}"

    @property
    def corps(self) -> dict[str, Any]:
        """The body of its checkout."""
        return {"magasin_id": self.magasin_id}

    @property
    def demandes(self) -> list[Echange]:
        """The exchanges that asked for the checkout."""
        return [e for e in self.echanges if e.methode == "POST" and e.chemin == self.chemin]


@dataclass(kw_only=True)
class Rayon:
    """The stock the driver put there: initial units by (product, magasin)."""

    initial: dict[tuple[str, str], int]
    abondants: list[str]
    rares: list[str]

    @property
    def produits(self) -> list[str]:
        """Every product of the driver."""
        return [*self.abondants, *self.rares]
