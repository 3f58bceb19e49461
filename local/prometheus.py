"""Prometheus for the laboratory, where it can be had: from PATH, else Debian's package, unpacked in the tree's state.

It is no condition of anything. The package is fetched once, by a process of its own that outlives the command which
began it, so that no start waits for it: `up` adds Prometheus when it is there, and says so when it is not (yet).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.composants import COURTOISIE, Service, ports
from local.lieux import RACINE, Lieux
from local.processus import ADRESSE, ligne_de_lancement
from local.programmes import Programme

NOM = "prometheus"
PAQUET = RACINE / ".labo" / "outils" / NOM
"""Shared by every laboratory of this tree; `./labo reset` leaves it, as it leaves the Python environment."""
_DELAI_S = 120
_CONSERVATION = ("--storage.tsdb.retention.time=7d", "--storage.tsdb.retention.size=512MB")


@dataclass(frozen=True)
class Outils:
    """The two programs, and the pages of the first when they are not where it was compiled to look for them."""

    prometheus: Path
    promtool: Path
    pages: Path | None


def voulu(environnement: Mapping[str, str] = os.environ) -> bool:
    """Whether the user wants it: unless LABO_PROMETHEUS is 0."""
    return environnement.get("LABO_PROMETHEUS", "1") != "0"


def trouver() -> Outils | None:
    """What can be run now."""
    prometheus, promtool = shutil.which("prometheus"), shutil.which("promtool")
    if prometheus and promtool:
        return Outils(Path(prometheus), Path(promtool), None)
    binaires = PAQUET / "usr" / "bin"
    if (binaires / "promtool").exists():
        return Outils(binaires / "prometheus", binaires / "promtool", PAQUET / "usr/share/prometheus/web")
    return None


def obtenir() -> Outils | None:
    """What can be run, fetched first where nothing is there; None when it cannot be had within two minutes."""
    if (trouves := trouver()) is not None or not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return trouves
    PAQUET.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PAQUET.parent) as brouillon:
        try:
            commun = {"cwd": brouillon, "timeout": _DELAI_S, "check": True, "capture_output": True}
            subprocess.run(["apt-get", "download", "prometheus"], **commun)  # type: ignore[call-overload]
            archive = next(Path(brouillon).glob("prometheus_*.deb"))
            subprocess.run(["dpkg-deb", "-x", archive, "contenu"], **commun)  # type: ignore[call-overload]
            Path(brouillon, "contenu").rename(PAQUET)
        except (OSError, StopIteration, subprocess.SubprocessError):
            return trouver()  # another one may have fetched it meanwhile
    return trouver()


def commencer_a_obtenir() -> subprocess.Popen[bytes]:
    """Fetch it in a process of its own, which goes on when ours ends."""
    return subprocess.Popen(
        [sys.executable, "-m", "local.prometheus"],
        cwd=RACINE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=lambda: os.nice(COURTOISIE),
    )


def ligne(outils: Outils, configuration: Path, donnees: Path, port: int) -> list[str]:
    """Its command line; it answers `/-/ready` when it is."""
    pages = [f"--web.local-assets={outils.pages}"] if outils.pages else []
    return [
        str(outils.prometheus),
        f"--config.file={configuration}",
        f"--storage.tsdb.path={donnees}",
        f"--web.listen-address={ADRESSE}:{port}",
        "--log.level=warn",
        *_CONSERVATION,
        *pages,
    ]


def programme(outils: Outils, services: Sequence[Service], lieux: Lieux) -> Programme:
    """Its line in the supervisor, its configuration written. It gives way to the checkouts, like all that watches."""
    from monitoring import cibles  # the scrape configuration, of one source with Compose's

    lieux.prometheus.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = lieux.run / "prometheus.yml"
    configuration.write_text(cibles.natives(services, lieux.decalage))
    port = ports(services, lieux.decalage)[NOM]
    return Programme(
        nom=NOM,
        ligne=ligne_de_lancement(ligne(outils, configuration, lieux.prometheus, port), courtoisie=COURTOISIE),
        variables={},
        dossier=lieux.prometheus,
    )


if __name__ == "__main__":
    obtenir()
