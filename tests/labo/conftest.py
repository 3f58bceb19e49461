"""A real gateway on free ports, in front of small real servers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from local import passerelle
from local.processus import ADRESSE, arreter, attendre, lancer, port_libre, port_occupe
from tests.labo.amonts import Amont

RACINE = Path(__file__).resolve().parents[2]
KONG = RACINE / "kong" / "kong.yml"
CONSOMMATEURS = [
    "magasin-app",
    "orchestrator",
    "workers",
    "ecommerce",
    "magasin",
    "commandes",
    "inventaire",
    "supply-chain",
]
CLES = {nom: f"cle-de-{nom}" for nom in CONSOMMATEURS}


def environnement(limite: int = 60_000) -> dict[str, str]:
    """The variables kong.yml asks for."""
    cles = {f"KONG_KEY_{nom.upper().replace('-', '_')}": cle for nom, cle in CLES.items()}
    return {**cles, "KONG_RATE_LIMIT_MINUTE": str(limite)}


@dataclass
class Banc:
    """A running gateway and the servers behind it, by Compose name."""

    url: str
    url_etat: str
    journal: Path
    amonts: dict[str, Amont] = field(default_factory=dict)

    def appeler(
        self, methode: str, chemin: str, cle: str | None = "magasin-app", **options: object
    ) -> requests.Response:
        """One call without client-side retries; `cle` names the consumer whose key is sent."""
        entetes = dict(options.pop("headers", {}))  # type: ignore[call-overload]
        if cle is not None:
            entetes["X-API-Key"] = CLES[cle]
        return requests.request(methode, self.url + chemin, headers=entetes, timeout=10, **options)  # type: ignore[arg-type]

    def lignes(self) -> str:
        """The access log so far."""
        return self.journal.read_text()


FabriqueDeBanc = Callable[..., Banc]


@pytest.fixture
def monter(tmp_path: Path) -> Iterator[FabriqueDeBanc]:
    """Start a gateway: `monter("catalogue-1:8001", …, limite=…, modifier=…)`; targets not named do not exist."""
    nettoyages: list[Callable[[], None]] = []

    def _monter(
        *cibles: str,
        limite: int = 60_000,
        modifier: Callable[[str], str] | None = None,
        refusees: tuple[str, ...] = (),
    ) -> Banc:
        amonts = {cible.split(":")[0]: Amont(cible.split(":")[0]) for cible in cibles}
        nettoyages.extend(amont.tuer for amont in amonts.values())
        adresses = {cible: f"{ADRESSE}:{amonts[cible.split(':')[0]].port}" for cible in cibles}
        adresses |= {cible: f"{ADRESSE}:{port_libre()}" for cible in refusees}
        kong = KONG
        if modifier is not None:
            kong = tmp_path / "kong.yml"
            kong.write_text(modifier(KONG.read_text()))
        port, etat = port_libre(), port_libre()
        configuration = passerelle.preparer(
            kong,
            environnement(limite),
            adresses,
            tmp_path / "gateway",
            adresse=f"{ADRESSE}:{port}",
            adresse_etat=f"{ADRESSE}:{etat}",
        )
        journal = tmp_path / "gateway.log"
        with journal.open("wb") as sortie:
            processus = lancer(passerelle.commande(configuration), sortie)
        nettoyages.append(lambda: arreter(processus, signal.SIGTERM))
        attendre(lambda: port_occupe(port) or processus.poll() is not None, 5, "passerelle")
        assert processus.poll() is None, journal.read_text()
        return Banc(f"http://{ADRESSE}:{port}", f"http://{ADRESSE}:{etat}", journal, amonts)

    yield _monter
    for nettoyer in reversed(nettoyages):
        nettoyer()
