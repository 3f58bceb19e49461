"""Tiny real HTTP servers standing in for the services behind the gateway: they say what they received."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Amont:
    """One upstream server on a free loopback port.

    `recues` lists what reached it (health checks apart); `comportement(gestionnaire, rang)` may answer, or break the
    connection, in place of the default echo by returning True; `rang` counts the requests from 1.
    """

    def __init__(self, nom: str, port: int = 0) -> None:
        self.nom = nom
        self.recues: list[dict[str, Any]] = []
        self.sante = 200
        self.sondes = 0
        self.comportement: Callable[[BaseHTTPRequestHandler, int], bool] | None = None
        self._verrou = threading.Lock()
        self._connexions: set[socket.socket] = set()
        self._port_demande = port
        self._demarrer()

    def _demarrer(self) -> None:
        amont = self

        class Gestionnaire(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet per answer: headers and body apart would meet Nagle's delay

            def setup(self) -> None:
                super().setup()
                amont._connexions.add(self.connection)

            def handle(self) -> None:
                try:
                    super().handle()
                except ConnectionError:
                    return  # the gateway, or the test, cut it

            def log_message(self, *args: Any) -> None:
                """Quiet."""

            def _traiter(self) -> None:
                amont._repondre(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _traiter  # noqa: N815

        self.serveur = ThreadingHTTPServer(("127.0.0.1", self._port_demande), Gestionnaire)
        self.serveur.daemon_threads = True
        self.port = self.serveur.server_address[1]
        threading.Thread(target=self.serveur.serve_forever, args=(0.02,), daemon=True).start()

    def _repondre(self, g: BaseHTTPRequestHandler) -> None:
        taille = int(g.headers.get("Content-Length") or 0)
        corps = g.rfile.read(taille).decode()
        if g.path == "/health/ready":
            self.sondes += 1
            repondre(g, self.sante, {})
            return
        with self._verrou:
            self.recues.append(
                {
                    "methode": g.command,
                    "chemin": g.path,
                    "entetes": {nom.lower(): valeur for nom, valeur in g.headers.items()},
                    "corps": corps,
                }
            )
            rang = len(self.recues)
        if self.comportement is None or not self.comportement(g, rang):
            repondre(g, 200, {"amont": self.nom, **self.recues[rang - 1]})

    def tuer(self) -> None:
        """Stop listening and cut every connection, as a SIGKILL does."""
        self.serveur.shutdown()
        self.serveur.server_close()
        for connexion in list(self._connexions):
            try:
                connexion.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
        self._connexions.clear()

    def ressusciter(self) -> None:
        """Listen again on the same port."""
        self._port_demande = self.port
        self._demarrer()


def repondre(g: BaseHTTPRequestHandler, statut: int, corps: dict[str, Any], **entetes: str) -> bool:
    """Send a JSON answer; True, for use as the end of a `comportement`."""
    octets = json.dumps(corps).encode()
    g.send_response(statut)
    g.send_header("Content-Type", "application/json")
    g.send_header("Content-Length", str(len(octets)))
    for nom, valeur in entetes.items():
        g.send_header(nom.replace("_", "-"), valeur)
    g.end_headers()
    if g.command != "HEAD":
        g.wfile.write(octets)
    return True


def couper(g: BaseHTTPRequestHandler) -> bool:
    """Close the connection without a byte of answer: the request may have been processed."""
    g.close_connection = True
    g.connection.shutdown(socket.SHUT_RDWR)
    return True
