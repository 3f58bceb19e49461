"""One platform of its own, traced, a mixed run on it and a real Prometheus over it, for every test of this folder."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest
import redis

from local import prometheus
from local.plateforme import Plateforme
from local.processus import ADRESSE
from local.recepteur import Recepteur, recevoir
from socle.evenements.flux import FLUX
from tests.commun.monde import Monde, attendre, nouvel_id
from tests.observabilite.serveur import Prometheus, observer


@pytest.fixture(scope="session")
def recepteur() -> Iterator[Recepteur]:
    with recevoir() as ouvert:
        yield ouvert


@pytest.fixture(scope="session")
def monde(recepteur: Recepteur) -> Iterator[Monde]:
    """Never the shared one: its programs must know the receiver when they start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{ADRESSE}:{recepteur.port}")
        patch.setenv("OTEL_BSP_SCHEDULE_DELAY", "200")
        with Plateforme.ephemere() as plateforme:
            yield Monde(plateforme)


@pytest.fixture(scope="session")
def outils() -> prometheus.Outils:
    """Prometheus and promtool, fetched where they are not there yet."""
    trouves = prometheus.obtenir()
    if trouves is None:
        pytest.skip("Prometheus ne peut pas être obtenu ici (ni dans PATH, ni par apt-get) : rien n'est prouvé.")
    return trouves


@pytest.fixture(scope="session")
def serveur(outils: prometheus.Outils, monde: Monde, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    plateforme = monde.plateforme
    dossier = tmp_path_factory.mktemp("prometheus")
    with observer(outils, plateforme.services, plateforme.lieux.decalage, dossier) as vu:
        attendre(lambda: vu.valeurs("count(up) - sum(up)") == [0], "toutes les pages de métriques", 60)
        marcher(monde)
        # A rate sees what happens after a series was first read: what was counted then happens once more.
        fini = time.time()
        attendre(lambda: vu.valeurs("min(timestamp(up))")[0] > fini, "toutes les pages lues après le parcours", 60)
        marcher(monde)
        yield vu


def marcher(monde: Monde) -> None:
    """Both styles: successes, shortages, orders refused after the reservation; a poison event; replays."""
    produit = monde.nouveau_produit(en_ligne=20)
    ailleurs = nouvel_id()  # inventaire has it, commandes does not: what is reserved there is given back
    monde.exiger(
        "PUT", f"/api/inventaire/magasins-connus/{ailleurs}/", {"nom": "Magasin inconnu de commandes"}, interne=True
    )
    monde.approvisionner(produit, 20, ailleurs)
    checkouts = []
    for _ in range(3):
        client = monde.client_avec_panier((produit, 1))
        assert monde.checkout(client).statut == 201
        client = monde.client_avec_panier((produit, 1))
        checkouts.append((client, monde.checkout_choreo(client).corps["checkout_id"]))
    client = monde.client_avec_panier((produit, 1))
    assert monde.checkout(client, {"magasin_id": ailleurs}).statut == 400
    client = monde.client_avec_panier((produit, 1))
    checkouts.append((client, monde.checkout_choreo(client, {"magasin_id": ailleurs}).corps["checkout_id"]))
    corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 1000}]}
    assert monde.appeler("POST", "/api/saga/commandes/", corps).corps["error"] == "Stock insuffisant"
    empoisonner(monde)
    for client, checkout in checkouts:
        attendre(lambda c=client, i=checkout: monde.statut(c, i)["statut"] in ("finalise", "echec"), checkout, 60)  # type: ignore[misc]
        attendre(lambda i=checkout: monde.rejeu(i).get("status") in ("succeeded", "failed"), f"rejeu de {checkout}", 60)  # type: ignore[misc]
    assert monde.exiger("GET", "/api/catalogue/rechercher/?prix_max=20")["success"] is True
    assert monde.appeler("GET", "/api/catalogue/rechercher/?prix_min=2&prix_max=1").statut == 400


def empoisonner(monde: Monde) -> None:
    """An event that its group cannot read: a dead letter."""
    checkout = nouvel_id()
    champs: dict[str, str] = {
        "type": "StockReserved", "ts": "1790000000.0", "id": nouvel_id(), "v": "1", "correlation_id": checkout,
        "causation_id": "", "source": "observabilite", "traceparent": "", "cle": checkout,
        "payload": json.dumps({"checkout_id": checkout, "client_id": checkout, "panier": "illisible"}),
    }  # fmt: skip
    with redis.Redis(port=monde.plateforme.ports["redis"]) as client:
        client.xadd(FLUX, champs)  # type: ignore[arg-type]
    attendre(lambda: bool(monde.sql("workers", "SELECT 1 FROM lettres_mortes")), "une lettre morte", 60)
