"""`./labo bench [name]`: the benches by name."""

from __future__ import annotations

from collections.abc import Callable

from rich.console import Console

from local import (
    banc_bus,
    banc_choreo,
    banc_observabilite,
    banc_orchestre,
    banc_replay,
    banc_reprise,
    banc_utilisateurs,
)
from local.plateforme import Plateforme
from local.processus import ErreurLabo

BANCS: dict[str, Callable[..., int]] = {
    "orchestre": banc_orchestre.executer,
    "utilisateurs": banc_utilisateurs.executer,
    "choreo": banc_choreo.executer,
    "reprise": banc_reprise.executer,
    "bus": banc_bus.executer,
    "replay": banc_replay.executer,
    "observabilite": banc_observabilite.executer,
}


def executer(plateforme: Plateforme, nom: str | None = None, **options: int) -> int:
    """Run one bench, or all of them; the number of benches that missed a bound."""
    if nom is not None and nom not in BANCS:
        raise ErreurLabo(f"Le banc « {nom} » n'existe pas ; choisissez parmi {', '.join(BANCS)}.")
    console = Console()
    return sum(BANCS[choisi](plateforme, console=console, **options) for choisi in ([nom] if nom else BANCS))
