"""Reading the programs' logs: the last lines of each, then what arrives; for people on a terminal, as is in a pipe."""

from __future__ import annotations

import os
import time
from collections import deque
from pathlib import Path
from typing import TextIO

from rich.console import Console

from local.lieux import Lieux
from local.processus import ErreurLabo
from socle.journaux import lisible

_PAS = 0.2


def afficher(lieux: Lieux, nom: str | None, *, suivre: bool, lignes: int) -> None:
    """Print the last `lignes` lines of one program or of all; with `suivre`, go on until interrupted.

    On a terminal JSON lines come in the readable form; elsewhere every line is what the program wrote.
    """
    fichiers = {fichier.stem: fichier for fichier in sorted(lieux.logs.glob("*.log"))}
    if not fichiers:
        raise ErreurLabo("Aucun journal : lancez ./labo up.")
    if nom is not None and nom not in fichiers:
        raise ErreurLabo(f"Aucun journal de « {nom} ». Connus : {', '.join(fichiers)}.")
    choisis = {nom: fichiers[nom]} if nom else fichiers
    largeur = 0 if nom else max(map(len, choisis))
    terminal = Console().is_terminal
    ouverts: dict[str, TextIO] = {}
    for programme, fichier in choisis.items():
        flux = fichier.open(encoding="utf-8", errors="replace")
        for ligne in deque(flux, maxlen=lignes):
            _ecrire(programme, largeur, ligne, terminal=terminal)
        ouverts[programme] = flux
    while suivre:
        for programme, fichier in choisis.items():
            ouverts[programme] = _suivre_la_rotation(ouverts[programme], fichier)
            for ligne in ouverts[programme]:
                _ecrire(programme, largeur, ligne, terminal=terminal)
        time.sleep(_PAS)


def _suivre_la_rotation(flux: TextIO, fichier: Path) -> TextIO:
    """Where the log goes on: from its start, when it is shorter than what was read of it or the name means another."""
    try:
        etat = fichier.stat()
    except FileNotFoundError:  # between the renaming and the new file
        return flux
    if etat.st_ino != os.fstat(flux.fileno()).st_ino:
        flux.close()
        return fichier.open(encoding="utf-8", errors="replace")
    if etat.st_size < os.lseek(flux.fileno(), 0, os.SEEK_CUR):
        flux.seek(0)
    return flux


def _ecrire(programme: str, largeur: int, ligne: str, *, terminal: bool) -> None:
    """`largeur`: of the column that names the program, 0 for none."""
    texte = ligne.rstrip("\n")
    prefixe = f"{programme:<{largeur}} | " if largeur else ""
    for partie in (lisible(texte) if terminal else texte).split("\n"):
        print(f"{prefixe}{partie}", flush=True)
