"""Where a laboratory keeps its state, and which ports it uses: both follow from LABO_HOME and LABO_PORT_OFFSET."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.processus import ErreurLabo

RACINE = Path(__file__).resolve().parents[1]
DECALAGE_MAX = 23_000  # keeps every port below the range the system gives to outgoing connections
_LONGUEUR_SOCKET_UNIX = 100


@dataclass(frozen=True)
class Lieux:
    """One laboratory: `maison` holds all its state, `racine` the code it runs, `decalage` shifts its ports.

    `detours`: for the fault laboratory, the port at which one component finds another, by "from>to", where it is not
    the other's own.
    """

    maison: Path
    decalage: int = 0
    racine: Path = RACINE
    detours: Mapping[str, int] = field(default_factory=dict)

    @property
    def pg(self) -> Path:
        """PostgreSQL's data."""
        return self.maison / "pg"

    @property
    def redis(self) -> Path:
        """Valkey's append-only file."""
        return self.maison / "redis"

    @property
    def logs(self) -> Path:
        """One rotated file per program."""
        return self.maison / "logs"

    @property
    def run(self) -> Path:
        """Generated configuration, sockets, pid files, fault switches."""
        return self.maison / "run"

    @property
    def metriques(self) -> Path:
        """One folder of Prometheus samples per program instance."""
        return self.maison / "metriques"

    @property
    def prometheus(self) -> Path:
        """What Prometheus has scraped."""
        return self.maison / "prometheus"

    @property
    def secrets(self) -> Path:
        """The generated secrets, readable by the owner only."""
        return self.maison / "secrets.env"

    @property
    def amorces(self) -> Path:
        """What each service's database was last migrated and seeded with."""
        return self.maison / "amorces.json"

    @property
    def prise(self) -> Path:
        """Supervisor's socket; elsewhere when the path would be too long for a unix socket."""
        chemin = self.run / "supervisor.sock"
        if len(str(chemin)) <= _LONGUEUR_SOCKET_UNIX:
            return chemin
        empreinte = hashlib.sha256(str(self.maison).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir(), f"labo-{os.getuid()}-{empreinte}.sock")

    @property
    def accessoires(self) -> Path:
        """Supervisor's lines for what is added to a running laboratory."""
        return self.run / "accessoires.conf"

    @property
    def horloges(self) -> Path:
        """By how many seconds the clock of a program is wrong, one file per program (fault laboratory only)."""
        return self.run / "horloges"

    def journal(self, programme: str) -> Path:
        """Log of one program."""
        return self.logs / f"{programme}.log"

    def contenu(self) -> list[Path]:
        """What the laboratory wrote and can be thrown away; anything else in the folder is not ours to delete."""
        dossiers = (self.pg, self.redis, self.logs, self.run, self.metriques, self.prometheus)
        return [chemin for chemin in (*dossiers, self.secrets, self.amorces) if chemin.exists()]

    def creer(self) -> None:
        """Make the folders, private to their owner."""
        for dossier in (self.maison, self.redis, self.logs, self.run, self.metriques, self.run / "fautes"):
            dossier.mkdir(parents=True, exist_ok=True, mode=0o700)


def depuis_environnement(environnement: Mapping[str, str] = os.environ) -> Lieux:
    """The laboratory the user means; `ErreurLabo` when LABO_PORT_OFFSET is not a usable number."""
    texte = environnement.get("LABO_PORT_OFFSET") or "0"
    if not texte.isdecimal() or int(texte) > DECALAGE_MAX:
        raise ErreurLabo(f"LABO_PORT_OFFSET doit être un entier de 0 à {DECALAGE_MAX}, pas « {texte} ».")
    decalage = int(texte)
    defaut = RACINE / (f".labo-{decalage}" if decalage else ".labo")
    return Lieux(Path(environnement.get("LABO_HOME") or defaut).resolve(), decalage)
