"""pytest plugin: a gateway that says what the test tells it to, open and named before the settings are read."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest


@dataclass(frozen=True)
class Appel:
    """One request as the gateway saw it."""

    methode: str
    chemin: str
    params: dict[str, str]
    entetes: dict[str, str]
    corps: Any


Reponse = tuple[int, Any]
Repondeur = Callable[[Appel], Reponse]


@dataclass
class Passerelle:
    """`dire` fixes the answer of a route; a prefix in `eteints` is down, one in `lents` waits so many seconds first."""

    reponses: dict[tuple[str, str], Reponse | Repondeur] = field(default_factory=dict)
    eteints: set[str] = field(default_factory=set)
    lents: dict[str, float] = field(default_factory=dict)
    appels: list[Appel] = field(default_factory=list)
    verrou: threading.Lock = field(default_factory=threading.Lock)

    def vider(self) -> None:
        for etat in (self.reponses, self.eteints, self.lents, self.appels):
            etat.clear()

    def dire(self, methode: str, chemin: str, reponse: Reponse | Repondeur) -> None:
        self.reponses[methode, chemin] = reponse

    def recus(self, methode: str = "", debut: str = "/") -> list[Appel]:
        return [a for a in self.appels if a.methode.startswith(methode) and a.chemin.startswith(debut)]

    def servir(self, appel: Appel) -> Reponse:
        with self.verrou:
            self.appels.append(appel)
        for debut, secondes in tuple(self.lents.items()):
            if appel.chemin.startswith(debut):
                time.sleep(secondes)
        if any(appel.chemin.startswith(debut) for debut in self.eteints):
            return 502, {"message": "An invalid response was received from the upstream server"}
        reponse = self.reponses.get((appel.methode, appel.chemin), (404, {"error": "Route inconnue"}))
        return reponse(appel) if callable(reponse) else reponse


passerelle_de_test = Passerelle()


class _Guichet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Headers and body leave in two writes: Nagle's algorithm would hold the second for forty milliseconds.
    disable_nagle_algorithm = True

    def _traiter(self) -> None:
        adresse = urlsplit(self.path)
        brut = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        params = {nom: valeurs[0] for nom, valeurs in parse_qs(adresse.query).items()}
        corps = json.loads(brut) if brut else None
        appel = Appel(self.command, adresse.path, params, dict(self.headers), corps)
        statut, reponse = passerelle_de_test.servir(appel)
        octets = json.dumps(reponse).encode()
        self.send_response(statut)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(octets)))
        self.end_headers()
        self.wfile.write(octets)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _traiter  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Quiet."""


_serveur = ThreadingHTTPServer(("127.0.0.1", 0), _Guichet)
_serveur.daemon_threads = True
threading.Thread(target=_serveur.serve_forever, daemon=True).start()

os.environ["KONG_GATEWAY_URL"] = f"http://127.0.0.1:{_serveur.server_port}"
# Limits short enough for tests; they nest as in production.
os.environ.setdefault("HTTP_CONNEXION_S", "0.2")
os.environ.setdefault("HTTP_LECTURE_S", "0.5")
os.environ.setdefault("PAGE_BUDGET_S", "1.2")
os.environ.setdefault("VALIDATION_LECTURE_S", "1.0")
os.environ.setdefault("CHECKOUT_LECTURE_S", "0.3")


@pytest.fixture
def passerelle() -> Iterator[Passerelle]:
    passerelle_de_test.vider()
    yield passerelle_de_test
    passerelle_de_test.vider()
