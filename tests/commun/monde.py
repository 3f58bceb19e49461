"""The platform as the tests see it: HTTP through the gateway as callers do, SQL to check what really happened."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import urllib3

from local import groupes
from local.plateforme import Plateforme

MAGASIN_EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
MAGASIN_CENTRAL = "33333333-3333-3333-3333-333333333331"
MAGASIN_NORD = "33333333-3333-3333-3333-333333333332"
CLAVIER, SOURIS, CAFE, ECOUTEURS, CHOCOLAT = (f"550e8400-e29b-41d4-a716-44665544000{n}" for n in range(1, 6))
JEAN = "11111111-1111-1111-1111-111111111111"

# Rows that processes write by themselves, whether or not anybody calls.
_TABLES_VIVANTES = {"outbox", "outbox_flux", "points_de_reprise", "django_migrations"}


@dataclass(frozen=True)
class Reponse:
    """One answer."""

    statut: int
    entetes: Mapping[str, str]
    octets: bytes

    @property
    def corps(self) -> Any:
        """The JSON body, numbers with a point as `Decimal`; fails on anything that is not JSON."""
        return json.loads(self.octets, parse_float=Decimal)

    def __repr__(self) -> str:
        return f"<{self.statut} {self.octets[:600].decode(errors='replace')}>"


def nouvel_id() -> str:
    """A random identifier."""
    return str(uuid.uuid4())


def attendre(condition: Callable[[], bool], quoi: str, delai_s: float = 10.0) -> float:
    """Poll until `condition` holds; the seconds it took. `AssertionError` naming `quoi` after `delai_s`."""
    debut = time.monotonic()
    while not condition():
        assert time.monotonic() - debut < delai_s, f"{quoi} : rien après {delai_s:g} s"
        time.sleep(0.02)
    return time.monotonic() - debut


class Monde:
    """One running platform. Thread-safe."""

    def __init__(self, plateforme: Plateforme) -> None:
        self.plateforme = plateforme
        self.passerelle = plateforme.urls["gateway"]
        self._secrets = plateforme.secrets
        self._pool = urllib3.PoolManager(maxsize=64, retries=False)
        self._rang = itertools.count(int(time.time()) % 1000)
        self.armes: set[str] = set()

    # -- HTTP --------------------------------------------------------------------------------------------------------

    def appeler(
        self,
        methode: str,
        chemin: str,
        corps: object = None,
        *,
        brut: bytes | None = None,
        entetes: Mapping[str, str] | None = None,
        cle: str | None = "magasin-app",
        interne: bool = False,
        programme: str = "gateway",
        delai_s: float = 30.0,
    ) -> Reponse:
        """One call, never repeated, through the gateway unless `programme` names a service's own port.

        `cle` names the consumer whose key is sent (None: no key); `interne` adds the internal token; `brut` replaces
        the JSON of `corps`.
        """
        complets: dict[str, str] = {}
        octets = brut
        if octets is None and corps is not None:
            octets = json.dumps(corps, default=float).encode()
        if octets is not None:
            complets["Content-Type"] = "application/json"
        if cle is not None and programme == "gateway":
            complets["X-API-Key"] = self.plateforme.cle(cle)
        if interne:
            complets["X-Internal-Token"] = self._secrets["INTERNAL_TOKEN"]
        complets.update(entetes or {})
        url = self.plateforme.urls[programme] + chemin
        recue = self._pool.request(methode, url, body=octets, headers=complets, redirect=False, timeout=delai_s)
        return Reponse(recue.status, recue.headers, recue.data)

    def exiger(self, methode: str, chemin: str, corps: object = None, *, statut: int = 200, **options: Any) -> Any:
        """The body of a call that must answer `statut`."""
        reponse = self.appeler(methode, chemin, corps, **options)
        assert reponse.statut == statut, f"{methode} {chemin} -> {reponse}"
        return reponse.corps if reponse.octets else None

    # -- things to act on ----------------------------------------------------------------------------------------------

    def nouveau_client(self, **remplace: str) -> str:
        """A client nobody else uses; its id."""
        corps = {
            "prenom": "Essai",
            "nom": "Contrat",
            "email": f"essai-{uuid.uuid4().hex}@example.com",
            "adresse_rue": "1 rue de l'Essai",
            "adresse_ville": "Montréal",
            "adresse_code_postal": "H2X 1Y4",
        }
        corps |= remplace
        return str(self.exiger("POST", "/api/ecommerce/clients/", corps, statut=201)["client"]["id"])

    def nouveau_sku(self) -> str:
        """A free SKU: three letters and four digits."""
        while True:
            brut = uuid.uuid4().int
            lettres = "".join(chr(65 + (brut >> (5 * i)) % 26) for i in range(3))
            sku = f"{lettres}{next(self._rang) % 10_000:04d}"
            if not self.sql("catalogue", "SELECT 1 FROM produits WHERE sku = %s", [sku]):
                return sku

    def nouveau_produit(self, prix: float = 10.0, **stocks: int) -> str:
        """A product nobody else uses, with units at each named magasin (`en_ligne`, `central`, `magasin_central`)."""
        corps = {"nom": f"Essai {uuid.uuid4().hex}", "categorie": "Meubles", "prix": prix, "sku": self.nouveau_sku()}
        produit = str(self.exiger("POST", "/api/catalogue/ajouter/", corps, statut=201)["data"]["id"])
        lieux = {"en_ligne": MAGASIN_EN_LIGNE, "central": None, "magasin_central": MAGASIN_CENTRAL}
        for lieu, quantite in stocks.items():
            self.approvisionner(produit, quantite, lieux[lieu])
        return produit

    def approvisionner(self, produit: str, quantite: int, magasin: str | None = MAGASIN_EN_LIGNE) -> None:
        """Add units; None is the central stock."""
        corps: dict[str, Any] = {"produit_id": produit, "quantite": quantite}
        if magasin:
            corps["magasin_id"] = magasin
        self.exiger("POST", "/api/inventaire/augmenter-stock/", corps)

    def remplir(self, client: str, lignes: Iterable[tuple[str, int]]) -> None:
        """Add (product, quantity) lines to the client's cart."""
        for produit, quantite in lignes:
            corps = {"produit_id": produit, "quantite": quantite}
            self.exiger("POST", f"/api/ecommerce/panier/clients/{client}/panier/", corps, statut=201)

    def client_avec_panier(self, *lignes: tuple[str, int]) -> str:
        """A new client whose cart holds these lines."""
        client = self.nouveau_client()
        self.remplir(client, lignes)
        return client

    def panier(self, client: str) -> Any:
        """The client's cart."""
        return self.exiger("GET", f"/api/ecommerce/panier/clients/{client}/panier/")

    def checkout(self, client: str, corps: object = None, **options: Any) -> Reponse:
        """The orchestrated checkout of the client's cart."""
        return self.appeler("POST", f"/api/commandes/clients/{client}/checkout/", corps or {}, **options)

    def checkout_choreo(self, client: str, corps: object = None, **options: Any) -> Reponse:
        """The choreographed checkout of the client's cart."""
        return self.appeler("POST", f"/api/commandes/clients/{client}/checkout/choreo/", corps or {}, **options)

    def statut(self, client: str, checkout: str) -> Any:
        """What ecommerce knows of a checkout of either style, its history included."""
        return self.exiger("GET", f"/api/commandes/clients/{client}/checkout/{checkout}/")

    def rejeu(self, checkout: str) -> Any:
        """The event store's replay of a checkout; `status` is unknown while it holds nothing of it."""
        return self.appeler("GET", f"/api/event-store/replay/checkout/{checkout}").corps

    def stock(self, produit: str, magasin: str = MAGASIN_EN_LIGNE) -> int:
        """Units on hand."""
        return int(self.exiger("GET", f"/api/inventaire/stock-local/{produit}/{magasin}/")["quantite"])

    def vente(self, reference: str) -> Any:
        """The sale under a reference, or None."""
        reponse = self.appeler("GET", f"/api/commandes/ventes-ddd/par-reference/{reference}/")
        assert reponse.statut in (200, 404), reponse
        return reponse.corps["vente"] if reponse.statut == 200 else None

    def saga(self, saga_id: str) -> Any:
        """The saga's state and history."""
        return self.exiger("GET", f"/api/saga/commandes/{saga_id}/")

    # -- faults and database ---

    def fautes(self, programme: str, *fautes: Mapping[str, Any]) -> None:
        """Replace the fault switches of a program; none switches everything off. `armes` remembers who has some."""
        self.armes.add(programme)
        corps = {"fautes": list(fautes)}
        self.exiger("PUT", "/labo/fautes/", corps, programme=programme, interne=True)
        if not fautes:
            self.armes.discard(programme)

    def sql(self, service: str, requete: str, params: Iterable[Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows of one statement in a service's database."""
        return self.plateforme.sql(service, requete, None if params is None else list(params))

    def journal(self, programme: str) -> str:
        """Everything a program has logged."""
        return self.plateforme.journal(programme)

    def attendre_dans_le_journal(self, programme: str, texte: str) -> None:
        """The supervisor writes logs a moment later: wait until `texte` is there."""
        attendre(lambda: texte in self.journal(programme), f"« {texte} » dans le journal de {programme}", 5)

    def attendre_le_repos(self, services: Iterable[str]) -> dict[str, dict[str, tuple[int, str]]]:
        """Wait until every checkout has concluded and nothing is written any more; the contents then."""
        ouverts = "SELECT 1 FROM checkouts WHERE statut IN ('initie', 'en_cours') LIMIT 1"
        attendre(lambda: not self.sql("ecommerce", ouverts), "conclusion des checkouts en cours", 40)
        noms = list(services)
        if "event-store" in noms:
            attendre(self._tout_est_raconte, "repos du flux", 30)
        lus = {nom: self.contenu(nom) for nom in noms}

        def inchanges() -> bool:
            nonlocal lus
            avant, lus = lus, {nom: self.contenu(nom) for nom in noms}
            return avant == lus

        attendre(inchanges, "repos des bases", 20)
        return lus

    def _tout_est_raconte(self) -> bool:
        """Every event is published and every group has done with it; asked in this order, for groups publish too."""
        restants = "SELECT 1 FROM outbox WHERE publie_le IS NULL LIMIT 1"
        publie = not any(self.sql(service, restants) for service in ("ecommerce", "saga", "workers"))
        return publie and all(g.au_repos for g in groupes.observer(self.plateforme)[0] if g.programme)

    def contenu(self, service: str) -> dict[str, tuple[int, str]]:
        """(rows, digest) of every table of a service: equal before and after means that nothing was written."""
        tables = self.sql(service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        noms = sorted({nom for (nom,) in tables} - _TABLES_VIVANTES)
        morceaux = [
            f"SELECT '{nom}', count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '')"
            f' FROM "{nom}" t'
            for nom in noms
        ]
        return {nom: (lignes, digest) for nom, lignes, digest in self.sql(service, " UNION ALL ".join(morceaux))}
