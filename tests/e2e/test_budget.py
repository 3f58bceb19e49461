"""What a checkout and the platform may cost: calls, commits, connections, memory."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from local import demarrage, postgres
from local.comparer.releves import commits
from local.composants import BUDGET_CONNEXIONS
from tests.commun.monde import Monde, attendre, nouvel_id

ROUTES_D_UN_CHECKOUT = {
    "/api/inventaire/stocks-locaux/": 1,
    "/api/catalogue/produits/": 1,
    "/api/inventaire/diminuer-stock/": 1,
    "/api/commandes/ventes-ddd/enregistrer/": 1,
}
COMMITS_D_UNE_SAGA = {"saga": 3, "inventaire": 2, "catalogue": 1, "commandes": 1}
"""Transactions of one successful saga, reads in autocommit included: creation, intent and end; a read and the
reservation; a read; the sale."""


def appels_derriere(monde: Monde, correlation: str) -> Counter[str]:
    """(consumer, path up to the identifier) of every request of one correlation id, from the gateway's access log."""
    vus: Counter[str] = Counter()
    for ligne in monde.journal("gateway").splitlines():
        if correlation in ligne:
            brut = json.loads(ligne)
            if brut["consommateur"] == "orchestrator":
                chemin = brut["chemin"].split("/")
                vus["/".join(chemin[:4]) + "/" if "stocks-locaux" in chemin else brut["chemin"]] += 1
    return vus


UN_SEUL_POSTGRESQL = pytest.mark.natif(raison="un seul PostgreSQL dit les transactions et les sessions de tous")
UNE_SEULE_MACHINE = pytest.mark.natif(raison="mémoire et démarrage du laboratoire sans Docker")


@pytest.mark.parametrize("lignes", [1, 10, 50])
def test_a_checkout_costs_four_calls_behind_the_gateway_whatever_its_lines(lignes: int, monde: Monde) -> None:
    with ThreadPoolExecutor(8) as bassin:
        produits = list(bassin.map(lambda _: monde.nouveau_produit(en_ligne=3), range(lignes)))
    client = monde.client_avec_panier(*((produit, 1) for produit in produits))
    correlation = f"budget-{nouvel_id()}"
    assert monde.checkout(client, entetes={"X-Correlation-ID": correlation}).statut == 201
    # The caller's own line is the last one written.
    attendre(
        lambda: any(
            correlation in ligne and '"magasin-app"' in ligne for ligne in monde.journal("gateway").splitlines()[-400:]
        ),
        "journal de la passerelle",
    )
    assert appels_derriere(monde, correlation) == ROUTES_D_UN_CHECKOUT


@UN_SEUL_POSTGRESQL
def test_a_saga_costs_no_more_commits_than_its_budget(monde: Monde) -> None:
    """An average over many sagas, less what the background processes commit when idle (a little more than when busy).

    The exact numbers are fixed by each service's own tests; this one sees what they cannot: the deployed whole.
    """
    nombre = 300
    produit = monde.nouveau_produit(en_ligne=nombre)

    def une_saga(_: int) -> int:
        corps = {"client_id": nouvel_id(), "lignes": [{"produit_id": produit, "quantite": 1}]}
        return monde.appeler("POST", "/api/saga/commandes/", corps).statut

    debut, avant = releve(monde)
    milieu, repos = attendre_un_releve(monde, debut + 4)
    with ThreadPoolExecutor(4) as bassin:
        assert set(bassin.map(une_saga, range(nombre))) == {201}
    fin, apres = attendre_un_releve(monde, time.monotonic() + 2)  # PostgreSQL publishes its counters each second
    par_saga = {}
    for service in COMMITS_D_UNE_SAGA:
        rythme = (repos[service] - avant[service]) / (milieu - debut)
        par_saga[service] = (apres[service] - repos[service] - rythme * (fin - milieu)) / nombre
    for service, budget in COMMITS_D_UNE_SAGA.items():
        assert 0.5 < par_saga[service] < budget + 0.5, par_saga


def releve(monde: Monde) -> tuple[float, dict[str, int]]:
    """When, and the counters."""
    return time.monotonic(), commits(monde.plateforme)


def attendre_un_releve(monde: Monde, quand: float) -> tuple[float, dict[str, int]]:
    """The counters at `quand` (monotonic seconds)."""
    attendre(lambda: time.monotonic() >= quand, "l'heure du relevé")
    return releve(monde)


@UN_SEUL_POSTGRESQL
def test_postgresql_sessions_stay_under_the_budget_with_fifty_callers(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=200)
    with ThreadPoolExecutor(16) as bassin:
        clients = list(bassin.map(lambda _: monde.client_avec_panier((produit, 1)), range(100)))
    with ThreadPoolExecutor(50) as bassin:
        assert {r.statut for r in bassin.map(monde.checkout, clients)} == {201}
    lien = postgres.connexion(monde.plateforme.ports["postgres"], monde.plateforme.secrets["POSTGRES_PASSWORD"])
    try:
        with lien.cursor() as curseur:
            curseur.execute("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'")
            sessions = curseur.fetchone()[0]
    finally:
        lien.close()
    assert sessions < BUDGET_CONNEXIONS == 200


@UNE_SEULE_MACHINE
def test_the_platform_is_ready_in_twenty_seconds_fits_in_two_gibibytes_and_has_lost_nothing(casse: Monde) -> None:
    """Warm: environment, schemas and data are there. A shared machine (CI) gets three times as long."""
    produit = casse.nouveau_produit(en_ligne=10)
    client = casse.client_avec_panier((produit, 4))
    saga = casse.checkout(client).corps["saga_id"]
    plateforme = casse.plateforme
    assert demarrage.arreter(plateforme.lieux, plateforme.services)
    debut = time.monotonic()
    # Not bound to this process: whoever started the platform stops it, and other suites may follow on it.
    assert demarrage.demarrer(plateforme.lieux, plateforme.services, dire=demarrage.silence)
    assert time.monotonic() - debut < (60 if "CI" in os.environ else 20)
    assert 0 < demarrage.memoire_totale(plateforme.lieux) < 2 * 2**30  # at rest
    assert casse.vente(saga)["statut"] == "active"
    assert casse.stock(produit) == 6
