"""Last step before a program of the laboratory: tie its life to its parent's, drop root if asked, exec it.

Run as a script (`python -ISB lanceur.py [options] -- program …`), so it only uses the standard library.

* The program dies with the process that started it, even when that one is killed with SIGKILL, so nothing
  survives a crashed supervisor or an interrupted test run.
* `--sans-root`: PostgreSQL refuses to run as root. A user namespace shows it an unprivileged uid (65534) while
  files keep their real owner, so it works below a 0700 home. Where user namespaces are forbidden, the uid is
  really changed, and the folders named by `--donnees` are given to it.
* `--courtoisie N`: N steps of lower scheduling priority, for work nobody waits for.
* `LABO_JOURNAL`: the file that gets everything it writes, from here on.
* `--verrou FILE`: deletes a pid file left by a crash when the pid it names now belongs to something else.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

UID_SANS_DROITS = 65534
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def mourir_avec_le_parent(numero: int) -> None:
    """Ask the kernel for signal `numero` when the parent dies; exits at once if it is dead already."""
    parent = os.getppid()
    _libc.prctl(_PR_SET_PDEATHSIG, numero, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


def espace_utilisateur() -> bool:
    """Enter a user namespace in which we are not root. False where the system forbids it."""
    if _libc.unshare(_CLONE_NEWUSER) != 0:
        return False
    for fichier, contenu in (
        ("setgroups", "deny"),
        ("gid_map", f"{UID_SANS_DROITS} 0 1"),
        ("uid_map", f"{UID_SANS_DROITS} 0 1"),
    ):
        Path("/proc/self", fichier).write_text(contenu)
    return True


def quitter_root(donnees: list[Path]) -> None:
    """Stop being root, by a user namespace or else for good; the given folders follow the new owner."""
    if os.geteuid() != 0 or espace_utilisateur():
        return
    for racine in donnees:
        os.chown(racine, UID_SANS_DROITS, UID_SANS_DROITS)
        for dossier, sous_dossiers, fichiers in os.walk(racine):
            for nom in sous_dossiers + fichiers:
                os.lchown(os.path.join(dossier, nom), UID_SANS_DROITS, UID_SANS_DROITS)
    os.setgroups([])
    os.setgid(UID_SANS_DROITS)
    os.setuid(UID_SANS_DROITS)


def oublier_verrou_perime(verrou: Path, indice: str) -> None:
    """Delete `verrou` unless the process it names runs with `indice` in its command line.

    After a crash the pid may have been given to an unrelated process, which PostgreSQL takes for a server.
    """
    try:
        pid = int(verrou.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    try:
        ligne = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        ligne = b""
    if indice.encode() not in ligne:
        verrou.unlink(missing_ok=True)


def ecrire_dans(journal: str) -> None:
    """Append all that is written from now on to this file."""
    descripteur = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    os.dup2(descripteur, 1)
    os.dup2(descripteur, 2)


def main() -> None:
    if journal := os.environ.pop("LABO_JOURNAL", ""):
        ecrire_dans(journal)
    analyseur = argparse.ArgumentParser()
    analyseur.add_argument("--sans-root", action="store_true")
    analyseur.add_argument("--donnees", type=Path, action="append", default=[])
    analyseur.add_argument("--verrou", type=Path)
    analyseur.add_argument("--signal", default="SIGKILL")
    analyseur.add_argument("--courtoisie", type=int, default=0)
    analyseur.add_argument("programme", nargs="+")
    options = analyseur.parse_args()
    if options.verrou:
        oublier_verrou_perime(options.verrou, str(options.verrou.parent))
    if options.sans_root:
        quitter_root(options.donnees)
    mourir_avec_le_parent(signal.Signals[options.signal])
    os.nice(options.courtoisie)
    try:
        os.execvp(options.programme[0], options.programme)  # noqa: S606 - running it is this script's purpose
    except OSError as erreur:
        sys.exit(f"{options.programme[0]}: {erreur.strerror}")


if __name__ == "__main__":
    main()
