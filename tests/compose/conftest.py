"""What the services say of themselves, asked once for the documents and for the routes of kong.yml."""

from __future__ import annotations

import pytest

from local.documents import Interface, documentes, interroger_tous


@pytest.fixture(scope="session")
def interfaces() -> dict[str, Interface]:
    from tests.compose.test_kong_reel import CHEMINS, INCONNUS, derriere

    chemins: dict[str, list[str]] = {}
    for chemin, service in (CHEMINS | INCONNUS).items():
        chemins.setdefault(service, []).append(derriere(chemin)[1])
    return interroger_tous(documentes(), chemins)
