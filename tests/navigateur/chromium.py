"""The browser: Debian's Chromium, installed the first time it is needed where that is possible."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

_NOMS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_INSTALLER = ("install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-dejavu-core")
_DELAI_S = 240
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
"""As root Chromium needs the first; the others keep it from talking to anybody but the page."""

ABSENT = (
    "Chromium n'est pas sur cette machine et ne peut pas y être installé "
    "(`apt-get install chromium` en tant qu'administrateur) : les parcours du navigateur sont ignorés."
)


def trouver() -> str | None:
    """Path of the browser; None when there is none here."""
    return next((chemin for nom in _NOMS if (chemin := shutil.which(nom))), None)


def obtenir() -> str | None:
    """Path of the browser, installed by apt-get if we may; None when it cannot be had."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return trouver()
    with _un_seul():
        if trouver() is None:
            for ligne in (("update", "-qq"), _INSTALLER):
                with contextlib.suppress(subprocess.TimeoutExpired, OSError):
                    subprocess.run(
                        ["apt-get", *ligne],
                        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                        stdin=subprocess.DEVNULL,
                        capture_output=True,
                        timeout=_DELAI_S,
                    )
    return trouver()


@contextlib.contextmanager
def lancer(chemin: str) -> Iterator[Browser]:
    """The browser of that path, closed at the end."""
    with sync_playwright() as outil:
        fenetres = outil.chromium.launch(executable_path=chemin, args=list(OPTIONS))
        yield fenetres
        fenetres.close()


@contextlib.contextmanager
def _un_seul() -> Iterator[None]:
    with Path(tempfile.gettempdir(), "labo-chromium.lock").open("w") as verrou:
        fcntl.flock(verrou, fcntl.LOCK_EX)
        yield
