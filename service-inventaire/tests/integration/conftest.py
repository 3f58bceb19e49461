"""A clean, seeded database for each test, open to several threads; a catalogue that is a real HTTP server."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client

from inventaire import bootstrap
from inventaire.infrastructure.amorce import charger
from socle.http import ClientHttp

CLAVIER, SOURIS, CAFE, ECOUTEURS, CHOCOLAT = (f"550e8400-e29b-41d4-a716-44665544000{rang}" for rang in range(1, 6))
CENTRAL = "33333333-3333-3333-3333-333333333331"
NORD = "33333333-3333-3333-3333-333333333332"
EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
INCONNU = "00000000-0000-4000-8000-000000000000"
NOUVEAU = "99999999-9999-4999-8999-999999999999"
BASE = "/api/ddd/inventaire/"
INTERNE = {"X-Internal-Token": "jeton-de-test"}


@pytest.fixture(autouse=True)
def base(transactional_db: None) -> None:
    charger()


class Api:
    """The service over HTTP, as the gateway sees it."""

    def __init__(self) -> None:
        self.client = Client(raise_request_exception=False)

    def __call__(self, methode: str, chemin: str, corps: Any = None, **entetes: str) -> Any:
        suite = {} if corps is None else {"data": json.dumps(corps), "content_type": "application/json"}
        return self.client.generic(methode, BASE + chemin, headers=entetes, **suite)

    def get(self, chemin: str) -> Any:
        return self("GET", chemin)

    def reserver(self, reference: str, lignes: list[tuple[str, int]], magasin: str | None = EN_LIGNE) -> Any:
        corps = {"reference": reference, "lignes": [{"produit_id": p, "quantite": q} for p, q in lignes]}
        return self("POST", "diminuer-stock/", {**corps, **({"magasin_id": magasin} if magasin else {})})

    def liberer(self, reference: str) -> Any:
        return self("POST", "augmenter-stock/", {"reference": reference})

    def ajouter(self, reference: str, lignes: list[tuple[str, int]], magasin: str | None = EN_LIGNE) -> Any:
        corps = {"reference": reference, "lignes": [{"produit_id": p, "quantite": q} for p, q in lignes]}
        return self("POST", "augmenter-stock/", {**corps, **({"magasin_id": magasin} if magasin else {})})

    def annuler(self, reference: str) -> Any:
        return self("POST", "augmenter-stock/", {"reference": reference, "annulation": True})


@pytest.fixture
def api() -> Api:
    return Api()


def stock(produit: str, magasin: str | None = EN_LIGNE) -> int | None:
    """Units in the database; None without a row."""
    table, valeurs = ("stock_central", [produit]) if magasin is None else ("stock_local", [produit, magasin])
    with connection.cursor() as curseur:
        ou = "produit_id = %s" + ("" if magasin is None else " AND magasin_id = %s")
        curseur.execute(f"SELECT quantite FROM {table} WHERE {ou}", valeurs)
        ligne = curseur.fetchone()
    return ligne and ligne[0]


def compter(table: str) -> int:
    with connection.cursor() as curseur:
        curseur.execute(f"SELECT count(*) FROM {table}")
        return curseur.fetchone()[0]


def attendre_blocages(nombre: int) -> None:
    """Until that many transactions wait for a lock, 5 s at most."""
    pause = threading.Event()
    for _ in range(500):
        with connection.cursor() as curseur:
            curseur.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if curseur.fetchone()[0] >= nombre:
                return
        pause.wait(0.01)
    pytest.fail(f"{nombre} transactions devaient attendre un verrou")


@pytest.fixture
def fils() -> Iterator[Callable[..., Future]]:
    """Run calls in threads, each with a database connection of its own, closed at its end."""

    def isole(appel: Callable[[], Any]) -> Any:
        try:
            return appel()
        finally:
            connection.close()

    with ThreadPoolExecutor(100) as pool:
        yield lambda appel: pool.submit(isole, appel)


class CatalogueTemoin:
    """The catalogue's route that this service reads, on a real socket; `demandes` counts what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.produits: dict[str, str] = {}
        self.demandes: list[str] = []
        self.statut = 200


def _brancher(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    client = ClientHttp(url, nom="catalogue", cle_api="cle-de-test", essais=2, lecture=0.5)
    monkeypatch.setattr(bootstrap._catalogue, "_client", client)


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> Iterator[CatalogueTemoin]:
    class Reponses(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            prefixe, _, identifiant = self.path.rstrip("/").rpartition("/")
            temoin.demandes.append(identifiant)
            nom = temoin.produits.get(identifiant)
            if prefixe != "/api/catalogue/produits" or self.headers["X-API-Key"] != "cle-de-test":
                statut, corps = 401, {"message": "Unauthorized"}
            elif temoin.statut != 200:
                statut, corps = temoin.statut, {"error": "Panne", "code": "panne"}
            elif nom is None:
                statut, corps = 404, {"error": "Produit introuvable", "code": "produit_introuvable"}
            else:
                statut, corps = 200, {"id": identifiant, "nom": nom, "prix": 1.5, "actif": True}
            octets = json.dumps(corps).encode()
            self.send_response(statut)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *args: Any) -> None:
            """Nothing on the terminal."""

    serveur = ThreadingHTTPServer(("127.0.0.1", 0), Reponses)
    serveur.daemon_threads = True
    temoin = CatalogueTemoin(f"http://127.0.0.1:{serveur.server_port}")
    threading.Thread(target=serveur.serve_forever, args=(0.01,), daemon=True).start()
    _brancher(monkeypatch, temoin.url)
    yield temoin
    serveur.shutdown()
    serveur.server_close()


@pytest.fixture
def catalogue_muet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens: a closed loopback port."""
    _brancher(monkeypatch, "http://127.0.0.1:9")


def ref(rang: int) -> str:
    """A readable reference."""
    return str(UUID(int=0x7000_4000_8000_0000_0000 + rang))
