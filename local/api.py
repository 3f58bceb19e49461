"""The platform as its callers see it: JSON over the gateway, with the lab key."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests

from local.processus import ErreurLabo

PRODUITS = {
    "clavier": "550e8400-e29b-41d4-a716-446655440001",
    "souris": "550e8400-e29b-41d4-a716-446655440002",
    "cafe": "550e8400-e29b-41d4-a716-446655440003",
    "ecouteurs": "550e8400-e29b-41d4-a716-446655440004",
    "chocolat": "550e8400-e29b-41d4-a716-446655440005",
}
MAGASIN_EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
MAGASIN_CENTRAL = "33333333-3333-3333-3333-333333333331"


@dataclass(frozen=True)
class Reponse:
    """Status and JSON body of one answer."""

    statut: int
    corps: Any


class Api:
    """A caller behind the gateway. Not thread-safe: one per thread."""

    def __init__(self, passerelle: str, cle: str, *, delai_s: float = 20.0) -> None:
        self._base = passerelle.rstrip("/")
        self._delai_s = delai_s
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["X-API-Key"] = cle

    def appeler(
        self, methode: str, chemin: str, corps: object = None, entetes: dict[str, str] | None = None
    ) -> Reponse:
        """One call; raises `ErreurLabo` only when the gateway itself does not answer."""
        try:
            recue = self._session.request(
                methode, self._base + chemin, json=corps, headers=entetes, timeout=self._delai_s
            )
        except requests.RequestException as erreur:
            raise ErreurLabo(f"La passerelle ne répond pas à {methode} {chemin} ({type(erreur).__name__}).") from erreur
        try:
            return Reponse(recue.status_code, recue.json())
        except ValueError:
            return Reponse(recue.status_code, {"details": recue.text[:200]})

    def exiger(self, methode: str, chemin: str, corps: object = None, *, statut: int = 200) -> Any:
        """The body of a call that must answer `statut`; raises `ErreurLabo` otherwise."""
        reponse = self.appeler(methode, chemin, corps)
        if reponse.statut != statut:
            raise ErreurLabo(f"{methode} {chemin} a répondu {reponse.statut} au lieu de {statut} : {reponse.corps}")
        return reponse.corps

    # -- what the demo, the benches and the labs do ---------------------------------------------------------------

    def nouveau_client(self) -> str:
        """Create a client nobody else uses; returns its id."""
        corps = {
            "prenom": "Demo",
            "nom": "Labo",
            "email": f"demo-{uuid.uuid4().hex[:12]}@example.com",
            "adresse_rue": "1 rue du Laboratoire",
            "adresse_ville": "Montréal",
            "adresse_code_postal": "H2X 1Y4",
        }
        return str(self.exiger("POST", "/api/ecommerce/clients/", corps, statut=201)["client"]["id"])

    def remplir_panier(self, client: str, lignes: list[tuple[str, int]]) -> None:
        """Add (product, quantity) lines to the client's cart."""
        chemin = f"/api/ecommerce/panier/clients/{client}/panier/"
        for produit, quantite in lignes:
            self.exiger("POST", chemin, {"produit_id": produit, "quantite": quantite}, statut=201)

    def panier(self, client: str) -> Any:
        return self.exiger("GET", f"/api/ecommerce/panier/clients/{client}/panier/")

    def checkout(self, client: str, corps: object = None) -> Reponse:
        """The orchestrated checkout of the client's cart, with a key of its own."""
        chemin = f"/api/commandes/clients/{client}/checkout/"
        return self.appeler("POST", chemin, corps or {}, {"Idempotency-Key": str(uuid.uuid4())})

    def checkout_choreo(self, client: str, corps: object = None) -> Reponse:
        """The choreographed checkout of the client's cart, with a key of its own: 202 and a checkout id."""
        chemin = f"/api/commandes/clients/{client}/checkout/choreo/"
        return self.appeler("POST", chemin, corps or {}, {"Idempotency-Key": str(uuid.uuid4())})

    def statut(self, client: str, checkout_id: str) -> Any:
        """What ecommerce knows of a checkout of either style."""
        return self.exiger("GET", f"/api/commandes/clients/{client}/checkout/{checkout_id}/")

    def rejeu(self, checkout_id: str) -> Any:
        """The event store's replay of a checkout; `status` is unknown while it holds nothing of it."""
        return self.appeler("GET", f"/api/event-store/replay/checkout/{checkout_id}").corps

    def saga(self, saga_id: str) -> Any:
        return self.exiger("GET", f"/api/saga/commandes/{saga_id}/")

    def vente(self, reference: str) -> Reponse:
        """The sale of a saga: 200 with `vente`, or 404."""
        return self.appeler("GET", f"/api/commandes/ventes-ddd/par-reference/{reference}/")

    def stock(self, produit: str, magasin: str = MAGASIN_EN_LIGNE) -> int:
        """Units of the product on hand in the magasin; 0 when it has no row."""
        corps = self.exiger("GET", f"/api/inventaire/stock-local/{produit}/{magasin}/")
        return int(corps["quantite"])

    def reassortir(self, produit: str, minimum: int, magasin: str = MAGASIN_EN_LIGNE) -> None:
        """Add stock until at least `minimum` units are on hand (at most 10 000 per call, the service's limit)."""
        manque = minimum - self.stock(produit, magasin)
        while manque > 0:
            lot = min(manque, 10_000)
            corps = {"produit_id": produit, "quantite": lot, "magasin_id": magasin}
            self.exiger("POST", "/api/inventaire/augmenter-stock/", corps)
            manque -= lot


def attendre(condition: Callable[[], bool], quoi: str, delai_s: float = 15.0) -> float:
    """Poll until `condition` holds; returns the seconds it took. Raises `ErreurLabo` after `delai_s`."""
    debut = time.monotonic()
    while not condition():
        if time.monotonic() - debut > delai_s:
            raise ErreurLabo(f"{quoi} : rien après {delai_s:.0f} s.")
        time.sleep(0.05)
    return time.monotonic() - debut
