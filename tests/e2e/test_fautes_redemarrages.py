"""The database and the programs restarted while buyers of both styles are at work."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any

import pytest
import requests

from tests.commun.monde import Monde, attendre
from tests.e2e.charge import ErreursServies, clientele

pytestmark = pytest.mark.natif(raison="un seul PostgreSQL pour tous, et le journal de la passerelle sans Docker")

REDEMARRAGES = 3


def par_statut(erreurs: list[dict[str, Any]]) -> Counter[tuple[int, str, str]]:
    """How often each (status, route, target)."""
    return Counter((e["statut"], e["route"], e["cible"]) for e in erreurs)


def test_F14_postgresql_restarted_every_few_seconds_under_load_loses_and_doubles_nothing(casse: Monde) -> None:
    """Before each restart new buyers come, and some of them are served; then it happens under the others."""
    erreurs = ErreursServies(casse)
    with clientele(casse, REDEMARRAGES * 8) as clients:
        for _ in range(REDEMARRAGES):
            venus = clients.envoyer(8)
            assert wait(venus, timeout=20, return_when=FIRST_COMPLETED).done
            casse.plateforme.redemarrer("postgres")
    assert clients.exiger_rien_perdu_rien_double() > 0
    assert {statut for statut, _, _ in par_statut(erreurs.nouvelles())} <= {503}


def repliques_vues(monde: Monde) -> dict[str, int]:
    """Instances that the gateway sends requests to, of each service that it watches."""
    etat = requests.get(f"{monde.plateforme.urls['gateway-etat']}/status", timeout=5).json()
    return dict(etat["cibles"])


def test_F41_a_rolling_restart_under_load_loses_and_doubles_nothing(casse: Monde) -> None:
    """First what has replicas, one after the other, where no request may fail; then the other services, one after the
    other with all their programs, where a caller may be told to come back."""
    services = casse.plateforme.services
    repliques = [p.nom for s in services if len(s.webs) > 1 for p in s.programmes]
    seuls = [[p.nom for p in s.programmes] for s in services if len(s.webs) <= 1]
    completes, erreurs = repliques_vues(casse), ErreursServies(casse)
    with clientele(casse, 4 * len(repliques) + 8 * len(seuls)) as clients, ThreadPoolExecutor() as ensemble:
        for programme in repliques:
            clients.envoyer(4)
            casse.plateforme.redemarrer(programme)
            attendre(lambda: repliques_vues(casse) == completes, f"{programme} vu de la passerelle")
        de_repliques = par_statut(erreurs.nouvelles())
        for programmes in seuls:
            clients.envoyer(8)
            list(ensemble.map(casse.plateforme.redemarrer, programmes))
    assert clients.exiger_rien_perdu_rien_double() > 0
    assert de_repliques == Counter()
    autres = par_statut(erreurs.nouvelles())
    assert [vue for vue in autres if vue[0] == 500 or vue[2].startswith("catalogue-")] == []
