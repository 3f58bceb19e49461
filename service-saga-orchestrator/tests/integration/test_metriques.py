"""Starts and ends of sagas are counted under one label of the shop, in whatever process they are counted."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client
from prometheus_client import REGISTRY

from saga_orchestrator.infrastructure import metriques
from saga_orchestrator.infrastructure.metriques import AUTRE, ObservateurPrometheus
from socle.saga.depot import Conclusion, Saga
from socle.saga.moteur import EtatSaga
from tests.integration.conftest import panier, poster, sql
from tests.voisins import MAGASIN, Voisins

EN_LIGNE = str(uuid.uuid4())
SERIES = {
    "début": ("saga_total", {"client_type": AUTRE}),
    "étape": ("saga_etapes_total", {"etape": "creation_commande", "statut": "succes"}),
    "fin": ("saga_duree_seconds_count", {"etat_final": "SAGA_TERMINEE"}),
}


@pytest.fixture(autouse=True)
def processus_neuf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that knows of no shop but the online one, which is not the neighbours' one here."""
    monkeypatch.setattr(metriques, "MAGASIN_EN_LIGNE", EN_LIGNE)
    monkeypatch.setattr(metriques, "_magasins", {EN_LIGNE})


def compter(magasin: str) -> dict[str, float]:
    return {
        quoi: REGISTRY.get_sample_value(nom, labels | {"magasin": magasin}) or 0.0
        for quoi, (nom, labels) in SERIES.items()
    }


def test_a_saga_starts_and_ends_under_one_label_the_first_of_a_shop_included(client: Client, voisins: Voisins) -> None:
    avant, avant_autre = compter(MAGASIN), compter(AUTRE)
    for _ in range(3):
        assert poster(client, panier()).status_code == 201
    assert {quoi: n - avant_autre[quoi] for quoi, n in compter(AUTRE).items()} == dict.fromkeys(SERIES, 1.0)
    assert {quoi: n - avant[quoi] for quoi, n in compter(MAGASIN).items()} == dict.fromkeys(SERIES, 2.0)
    choix = "SELECT donnees_contexte->>'magasin_mesure' FROM saga_commandes ORDER BY date_creation"
    assert sql(choix) == [(None,), (MAGASIN,), (MAGASIN,)]


@pytest.mark.parametrize("connu_au_debut", [True, False])
def test_a_saga_that_another_process_ends_keeps_the_label_of_its_start(
    monkeypatch: pytest.MonkeyPatch, connu_au_debut: bool
) -> None:
    magasin = str(uuid.uuid4())
    saga = Saga(
        saga_id=str(uuid.uuid4()), nom="commande", version=1, etat=EtatSaga("SAGA_TERMINEE"),
        donnees={"magasin_id": magasin}, jeton=1, creee_le=datetime.now(UTC), age_charge_s=0.0, correlation_id="",
        traceparent="",
    )  # fmt: skip
    ici, ailleurs = ({EN_LIGNE, magasin}, {EN_LIGNE}) if connu_au_debut else ({EN_LIGNE}, {EN_LIGNE, magasin})
    avant = compter(AUTRE)
    monkeypatch.setattr(metriques, "_magasins", ici)
    ObservateurPrometheus().debut(saga)
    saga.donnees = json.loads(json.dumps(saga.donnees))
    monkeypatch.setattr(metriques, "_magasins", ailleurs)
    ObservateurPrometheus().etape(saga, "creation_commande", "action", "succes", 0.1)
    ObservateurPrometheus().fin(saga, Conclusion(statut=201, corps="{}"))
    vus = {AUTRE: {quoi: n - avant[quoi] for quoi, n in compter(AUTRE).items()}, magasin: compter(magasin)}
    une_de_chaque, rien = dict.fromkeys(SERIES, 1.0), dict.fromkeys(SERIES, 0.0)
    assert vus == {
        AUTRE: rien if connu_au_debut else une_de_chaque,
        magasin: une_de_chaque if connu_au_debut else rien,
    }
