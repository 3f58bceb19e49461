"""The port of a background program: its metrics and, in the lab profile, its fault switches.

1. `GET/PUT /labo/fautes/` is what the web programs serve under the same path: internal token, 404 outside the profile.
2. Every other path is the metrics page, as Prometheus's own server does it.
"""

import hmac
import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from socle import fautes, jsons
from socle.correlation import accepter, contexte
from socle.erreurs import DonneesInvalides, Erreur, JetonRequis
from socle.reponses import MethodeInterdite, json_refuse, rendre

CHEMIN_FAUTES = "/labo/fautes/"
_CORPS_MAX = 1_000_000

Demarrer = Callable[[str, list[tuple[str, str]]], Any]
Application = Callable[[dict[str, Any], Demarrer], Iterable[bytes]]


def exposer(port: int, *, adresse: str, registre: CollectorRegistry, jeton_interne: str) -> int:
    """Serve in a daemon thread; returns the port (the one chosen, for 0). Raises `OSError` when it is taken."""
    serveur = make_server(adresse, port, application(registre, jeton_interne), _Serveur, _Discret)
    threading.Thread(target=serveur.serve_forever, name="exposition", daemon=True).start()
    return int(serveur.server_port)


def application(registre: CollectorRegistry, jeton_interne: str) -> Application:
    """The WSGI application behind `exposer`."""
    page_metriques = make_wsgi_app(registre)

    def servir(environ: dict[str, Any], demarrer: Demarrer) -> Iterable[bytes]:
        if environ["PATH_INFO"].rstrip("/") != CHEMIN_FAUTES.rstrip("/"):
            return page_metriques(environ, demarrer)
        statut, corps = _fautes(environ, jeton_interne)
        demarrer(statut, [("Content-Type", "application/json"), ("Content-Length", str(len(corps)))])
        return [corps]

    return servir


def _fautes(environ: dict[str, Any], jeton_interne: str) -> tuple[str, bytes]:
    try:
        fautes.etat()  # outside the profile there is nothing here, not even a refusal
        if not hmac.compare_digest(environ.get("HTTP_X_INTERNAL_TOKEN", "").encode(), jeton_interne.encode()):
            raise JetonRequis
        if environ["REQUEST_METHOD"] not in ("GET", "PUT"):
            raise MethodeInterdite
        etat = fautes.regler(_lire(environ)) if environ["REQUEST_METHOD"] == "PUT" else fautes.etat()
    except Erreur as erreur:
        with contexte(accepter(environ.get("HTTP_X_CORRELATION_ID"))):
            rendu = rendre(erreur)
        return f"{rendu.statut} {HTTPStatus(rendu.statut).phrase}", rendu.octets
    return "200 OK", jsons.ecrire(etat)


def _lire(environ: dict[str, Any]) -> Any:
    taille = environ.get("CONTENT_LENGTH") or "0"
    if not taille.isdecimal() or int(taille) > _CORPS_MAX:
        raise DonneesInvalides(champs={"corps": f"une longueur de 0 à {_CORPS_MAX} octets est attendue"})
    try:
        return jsons.lire(environ["wsgi.input"].read(int(taille)))
    except jsons.JsonRefuse as refus:
        raise json_refuse(refus) from None


class _Serveur(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Discret(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Scrapes are no news."""
