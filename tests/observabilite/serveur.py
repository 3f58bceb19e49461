"""A real Prometheus over a running platform, and a stand-in for Kong that serves samples as Kong 3.9 shows them."""

from __future__ import annotations

import contextlib
import itertools
import json
import math
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import yaml

from local import prometheus
from local.composants import Service
from local.plateforme import repond_200
from local.processus import ADRESSE, arreter, attendre, lancer, ligne_de_lancement, port_libre
from local.recepteur import servir
from monitoring import cibles

ECHANTILLONS = Path(__file__).with_name("kong.prom")
_JAUGES = ("kong_upstream_target_health",)


@contextlib.contextmanager
def kong() -> Iterator[int]:
    """A page whose counters grow with each scrape; its port."""
    passages = itertools.count(1)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            fois = next(passages)
            texte = "".join(_croitre(ligne, fois) for ligne in ECHANTILLONS.read_text().splitlines())
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(texte.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Scrapes are no news."""

    with servir(Page) as port:
        yield port


def _croitre(ligne: str, fois: int) -> str:
    if ligne.startswith(("#", *_JAUGES)):
        return ligne + "\n"
    nom, _, valeur = ligne.rpartition(" ")
    return f"{nom} {float(valeur) * fois}\n"


class Prometheus:
    """A running server, asked over its API."""

    def __init__(self, port: int) -> None:
        self._url = f"http://{ADRESSE}:{port}/api/v1"

    def valeurs(self, expression: str) -> list[float]:
        """The numbers an expression gives now; those that are no number are left out."""
        vecteur = self.lire("query", query=expression)["result"]
        return [float(serie["value"][1]) for serie in vecteur if not math.isnan(float(serie["value"][1]))]

    def lire(self, chemin: str, **criteres: str) -> Any:
        """`data` of an answer; fails on an expression that Prometheus refuses."""
        adresse = f"{self._url}/{chemin}?{urllib.parse.urlencode(criteres)}"
        with urllib.request.urlopen(adresse, timeout=10) as reponse:
            lue = json.loads(reponse.read())
        assert lue["status"] == "success", lue
        return lue["data"]


@contextlib.contextmanager
def observer(
    outils: prometheus.Outils, services: tuple[Service, ...], decalage: int, dossier: Path
) -> Iterator[Prometheus]:
    """A Prometheus that scrapes this laboratory every two seconds, with the configuration natively used."""
    with kong() as port_kong:
        document = yaml.safe_load(cibles.natives(services, decalage, intervalle_s=2.0))
        cible = {"targets": [f"{ADRESSE}:{port_kong}"], "labels": {"instance": "kong"}}
        document["scrape_configs"].append({"job_name": "kong", "static_configs": [cible]})
        configuration = dossier / "prometheus.yml"
        configuration.write_text(yaml.safe_dump(document))
        port = port_libre()
        ligne = prometheus.ligne(outils, configuration, dossier / "donnees", port)
        with (dossier / "prometheus.log").open("wb") as journal:
            processus = lancer(ligne_de_lancement(ligne), journal)
            try:
                attendre(lambda: repond_200(f"http://{ADRESSE}:{port}/-/ready"), 20, "Prometheus")
                yield Prometheus(port)
            finally:
                arreter(processus)
