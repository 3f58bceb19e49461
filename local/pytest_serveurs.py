"""pytest plugin (`-p local.pytest_serveurs`): real servers and a complete environment before Django's settings.

Without POSTGRES_HOST in the environment, a PostgreSQL and a Valkey of this run alone start on free ports (about a
second) and stop at its end, whatever the end. xdist workers inherit the controller's servers through the
environment. Every variable a service needs gets a test value unless it is set already.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from local import postgres, valkey
from local.processus import ADRESSE

_PREFIXE = "labo-tests-"
_MOT_DE_PASSE = "mot-de-passe-de-test"
_VALEURS = {
    "DEBUG": "0",
    "SECRET_KEY": "cle-secrete-de-test-longue-de-cinquante-caracteres-au-moins",
    "INTERNAL_TOKEN": "jeton-de-test",
    "KONG_GATEWAY_URL": "http://127.0.0.1:9",  # discard port: nobody answers unless the test says who
    "KONG_API_KEY": "cle-de-test",
    "INSTANCE_ID": "instance-de-test",
    "LABO_FAUTES": "1",
    "LOG_FORMAT": "texte",
    "LOG_LEVEL": "WARNING",
    "POSTGRES_DB": "labo",
}


def _dossier_temporaire() -> Path:
    """A new folder named after our pid; those of runs that were killed are removed first."""
    racine = Path(tempfile.gettempdir())
    for ancien in racine.glob(f"{_PREFIXE}*"):
        pid = ancien.name.removeprefix(_PREFIXE).split("-")[0]
        if pid.isdecimal() and not Path("/proc", pid).exists():
            shutil.rmtree(ancien, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{_PREFIXE}{os.getpid()}-"))


def _demarrer(pile: contextlib.ExitStack, dossier: Path) -> dict[str, str]:
    port_pg = pile.enter_context(postgres.serveur_jetable(dossier, _MOT_DE_PASSE))
    port_valkey = pile.enter_context(valkey.serveur_jetable(dossier))
    return {
        "POSTGRES_HOST": ADRESSE,
        "POSTGRES_PORT": str(port_pg),
        "POSTGRES_USER": postgres.SUPERUTILISATEUR,
        "POSTGRES_PASSWORD": _MOT_DE_PASSE,
        "REDIS_URL": f"redis://{ADRESSE}:{port_valkey}/0",
    }


# A wrapper runs before every plain implementation, pytest-django's included, which imports the settings.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    for nom, valeur in _VALEURS.items():
        os.environ.setdefault(nom, valeur)
    pile = contextlib.ExitStack()
    early_config.add_cleanup(pile.close)
    dossier = _dossier_temporaire()
    pile.callback(shutil.rmtree, dossier, ignore_errors=True)
    # Never shared, even when the servers are: a fault switched on or off by one suite is not its neighbour's.
    os.environ["LABO_FAUTES_REPERTOIRE"] = str(dossier / "fautes")
    if "POSTGRES_HOST" not in os.environ:
        os.environ.update(_demarrer(pile, dossier))
    return (yield)
