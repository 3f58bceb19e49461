"""An excerpt of the laboratory's logs: the lines of one correlation id, from the end of each program's file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FIN_OCTETS = 400_000
_LIGNES_MAX = 40


@dataclass(frozen=True)
class Ligne:
    """One line of a program's log."""

    quand: str
    programme: str
    niveau: str
    texte: str


def extrait(dossier: Path | None, correlation: str) -> list[Ligne]:
    """The latest lines that carry this id, oldest first; none outside the laboratory."""
    if dossier is None or not correlation:
        return []
    lignes = [ligne for fichier in sorted(dossier.glob("*.log")) for ligne in _lignes(fichier, correlation)]
    return sorted(lignes, key=lambda ligne: ligne.quand)[-_LIGNES_MAX:]


def _lignes(fichier: Path, correlation: str) -> Iterator[Ligne]:
    try:
        with fichier.open("rb") as flux:
            flux.seek(0, 2)
            flux.seek(max(0, flux.tell() - _FIN_OCTETS))
            brut = flux.read().decode(errors="replace")
    except OSError:
        return
    if correlation not in brut:
        return
    for texte in brut.splitlines():
        if correlation in texte:
            yield _ligne(fichier.stem, texte)


def _ligne(programme: str, texte: str) -> Ligne:
    try:
        champs = json.loads(texte)
    except ValueError:
        return Ligne("", programme, "", texte[:300])
    if not isinstance(champs, dict):
        return Ligne("", programme, "", texte[:300])
    quand, niveau = str(champs.get("ts", "")), str(champs.get("niveau", ""))
    return Ligne(quand, programme, niveau, str(champs.get("message", texte))[:300])
