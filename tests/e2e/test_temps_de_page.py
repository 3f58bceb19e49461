"""How long the console's list takes on the running platform: fifty real sagas, asked of the real services."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.commun.monde import Monde

SAGAS = 50
PAGE_S = 0.150
LOTS = 6
"""Batches of seven pages at most: the median of one of them has to keep the bound, whatever else the machine does."""


def test_a_page_of_fifty_sagas_is_served_in_less_than_150_ms(monde: Monde, capsys: pytest.CaptureFixture[str]) -> None:
    produit = monde.nouveau_produit(en_ligne=SAGAS)

    def acheter(rang: int) -> None:
        client = monde.client_avec_panier((produit, 1))
        recu = monde.checkout(client) if rang % 2 else monde.checkout_choreo(client)
        assert recu.statut in (201, 202), recu

    with ThreadPoolExecutor(4) as fils:
        list(fils.map(acheter, range(SAGAS)))
    page(monde)  # templates are compiled, connections open
    lots: list[float] = []
    while len(lots) < LOTS and min(lots, default=PAGE_S) >= PAGE_S:
        lots.append(statistics.median(page(monde) for _ in range(7)))
    with capsys.disabled():
        print(f"\n50 sagas, services compris : {1000 * min(lots):.0f} ms (médiane de 7, lot {len(lots)})")
    assert min(lots) < PAGE_S


def page(monde: Monde) -> float:
    """Seconds from the request to the last byte of the list."""
    debut = time.perf_counter()
    recue = monde.appeler("GET", "/console/", programme="magasin", cle=None)
    duree = time.perf_counter() - debut
    assert recue.statut == 200
    assert recue.octets.count(b'class="ouvrir"') == SAGAS
    assert "Une partie de cette page manque." not in recue.octets.decode()
    return duree
