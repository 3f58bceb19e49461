"""Named fault points: places where a test, the console or the chaos runner can make this process fail on purpose.

Guarantee: unless `activer()` was called (lab profile, `LABO_FAUTES=1`), a point costs one attribute test and does
nothing.

1. The switches live in one JSON file per program (in `LABO_FAUTES_REPERTOIRE`), so that every worker process of the
   program sees them; a point looks whether the file was replaced (one read of shared memory), so a switch works from
   the moment it is set.
2. `nombre` bounds how often a fault fires in all processes of the program together, then it is spent. A `crash` is
   spent before the process dies (the file is rewritten first), so that the restarted process does not die of it again.
3. `crash` is SIGKILL to the own process: no handler, no rollback by us; its last log line says so.
4. The names are those of the catalogue, `socle.points`; a switch for another one is refused.
"""

import fcntl
import json
import logging
import mmap
import os
import signal
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from socle import points
from socle.erreurs import DonneesInvalides, Indisponible, Introuvable

journal = logging.getLogger("socle.fautes")

Genre = Literal["crash", "erreur", "delai", "double", "gel"]
GENRES: tuple[Genre, ...] = ("crash", "erreur", "delai", "double", "gel")

rencontres: set[str] = set()
"""The points this process has come by since the lab profile is on."""


@dataclass(frozen=True, kw_only=True)
class Faute:
    """One switch: what happens at `point`, how many times (`nombre`), and for how long (`secondes`, delays only)."""

    point: str
    genre: Genre
    nombre: int = 1
    secondes: float = 0.0


class FauteInjectee(Indisponible):
    """Raised by the `erreur` genre: to callers it looks like a neighbour that is down."""

    error = "Faute injectée"
    code = "faute_injectee"


_COMPTEUR_OCTETS = 8


class Tableau:
    """The switches of one program, shared by its processes through one file.

    How often it was replaced is counted in memory that they share as well: asking the file system at each point took
    8 % of the orchestrator's CPU.
    """

    def __init__(self, fichier: Path) -> None:
        self._fichier = fichier
        self._compteur: mmap.mmap | None = None
        self._vue = b""
        self._fautes: dict[str, Faute] = {}

    def lire(self) -> dict[str, Faute]:
        """The switches as they are now."""
        vue = self._remplacements()[:]
        if vue != self._vue:
            self._fautes, self._vue = self._contenu(), vue
        return self._fautes

    def _remplacements(self) -> mmap.mmap:
        """The number of replacements so far, in a file of its own that is never replaced."""
        if self._compteur is None:
            self._fichier.parent.mkdir(parents=True, exist_ok=True)
            descripteur = os.open(self._fichier.with_suffix(".compteur"), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                os.ftruncate(descripteur, _COMPTEUR_OCTETS)
                self._compteur = mmap.mmap(descripteur, _COMPTEUR_OCTETS)
            finally:
                os.close(descripteur)
        return self._compteur

    def _contenu(self) -> dict[str, Faute]:
        try:
            texte = self._fichier.read_text()
        except FileNotFoundError:
            return {}
        return {f["point"]: Faute(**f) for f in json.loads(texte)}

    def _remplacer(self, fautes: dict[str, Faute]) -> None:
        self._fichier.parent.mkdir(parents=True, exist_ok=True)
        descripteur, provisoire = tempfile.mkstemp(dir=self._fichier.parent)
        with os.fdopen(descripteur, "w") as sortie:
            json.dump([asdict(f) for f in fautes.values()], sortie)
        Path(provisoire).replace(self._fichier)
        compteur = self._remplacements()
        compteur[:] = (int.from_bytes(compteur[:], "little") + 1).to_bytes(_COMPTEUR_OCTETS, "little")
        self._vue = b""

    def _verrou(self) -> Any:
        self._fichier.parent.mkdir(parents=True, exist_ok=True)
        verrou = self._fichier.with_suffix(".verrou").open("w")
        fcntl.flock(verrou, fcntl.LOCK_EX)
        return verrou

    def ecrire(self, fautes: list[Faute]) -> None:
        """Replace every switch. Idempotent."""
        with self._verrou():
            self._remplacer({f.point: f for f in fautes})

    def prendre(self, point: str) -> Faute | None:
        """Spend one firing of `point`, or None when it is off. One process at a time: a count of 1 fires once."""
        if point not in self.lire():
            return None
        with self._verrou():
            # Read under the lock, not through the shared copy: another thread may be putting an older one there.
            fautes = self._contenu()
            faute = fautes.get(point)
            if faute is None:
                return None
            reste = {nom: f for nom, f in fautes.items() if nom != point}
            if faute.nombre > 1:
                reste[point] = replace(faute, nombre=faute.nombre - 1)
            self._remplacer(reste)
            return faute


_tableau: Tableau | None = None


def fichier_de(instance: str) -> Path:
    """Where the switches of program `instance` are: `LABO_FAUTES_REPERTOIRE`, else a folder of the system's."""
    repertoire = os.environ.get("LABO_FAUTES_REPERTOIRE") or Path(tempfile.gettempdir()) / "socle-fautes"
    return Path(repertoire) / f"{instance}.json"


def activer(fichier: str | Path) -> Tableau:
    """Turn the points of this process on, with their switches in `fichier`."""
    global _tableau
    _tableau = Tableau(Path(fichier))
    return _tableau


def desactiver() -> None:
    """Turn every point of this process off again."""
    global _tableau
    _tableau = None


def tableau() -> Tableau | None:
    """The switches, or None outside the lab profile."""
    return _tableau


def point(nom: str) -> bool:
    """A named fault point. Returns True when the caller must do its effect twice (genre `double`).

    Raises `FauteInjectee` for genre `erreur`; sleeps for `delai`; never returns for `crash`; `gel` stops the
    whole process (SIGSTOP) until somebody continues it.
    """
    if _tableau is None:
        return False
    rencontres.add(nom)
    faute = _tableau.prendre(nom)
    if faute is None:
        return False
    # The last line of a process that dies or stands still here, and all that it said before.
    journal.warning("point de faute %s : %s", nom, faute.genre)
    if faute.genre == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    elif faute.genre == "gel":
        os.kill(os.getpid(), signal.SIGSTOP)
    elif faute.genre == "delai":
        time.sleep(faute.secondes)
    elif faute.genre == "erreur":
        raise FauteInjectee(f"point de faute {nom}")
    return faute.genre == "double"


def valider(brut: object) -> list[Faute]:
    """Switches from JSON; raises `DonneesInvalides` naming the field."""
    if not isinstance(brut, list):
        raise DonneesInvalides(champs={"fautes": "une liste est attendue"})
    fautes = []
    for rang, element in enumerate(brut):
        if not isinstance(element, dict) or not isinstance(element.get("point"), str):
            raise DonneesInvalides(champs={f"fautes[{rang}].point": "un nom de point est attendu"})
        declare = points.trouver(element["point"])
        if declare is None:
            raise DonneesInvalides(champs={f"fautes[{rang}].point": "inconnu ; docs/fautes.md les nomme tous"})
        if element.get("genre") not in GENRES:
            raise DonneesInvalides(champs={f"fautes[{rang}].genre": f"un de {', '.join(GENRES)}"})
        if element["genre"] == "double" and not declare.double:
            raise DonneesInvalides(champs={f"fautes[{rang}].genre": "rien ne peut être fait deux fois à ce point"})
        nombre, secondes = element.get("nombre", 1), element.get("secondes", 0)
        if type(nombre) is not int or not 1 <= nombre <= 1_000_000:
            raise DonneesInvalides(champs={f"fautes[{rang}].nombre": "un entier de 1 à 1000000"})
        if type(secondes) not in (int, float, Decimal) or not 0 <= secondes <= 600:
            raise DonneesInvalides(champs={f"fautes[{rang}].secondes": "un nombre de 0 à 600"})
        fautes.append(Faute(point=element["point"], genre=element["genre"], nombre=nombre, secondes=float(secondes)))
    return fautes


def etat() -> dict[str, Any]:
    """What `GET /labo/fautes/` shows: the switches, the catalogue, and the points this process has come by.

    Raises `Introuvable` outside the lab profile.
    """
    return {
        "fautes": [asdict(faute) for faute in _exiger_tableau().lire().values()],
        "points": [asdict(point) for point in points.catalogue()],
        "rencontres": sorted(rencontres),
    }


def regler(corps: object) -> dict[str, Any]:
    """What `PUT /labo/fautes/ {fautes: […]}` does: replace every switch. Idempotent.

    Raises `Introuvable` outside the lab profile, `DonneesInvalides` naming the field.
    """
    tableau = _exiger_tableau()
    if not isinstance(corps, dict):
        raise DonneesInvalides(champs={"corps": "un objet JSON est attendu"})
    tableau.ecrire(valider(corps.get("fautes")))
    return etat()


def _exiger_tableau() -> Tableau:
    if _tableau is None:
        raise Introuvable("Les points de faute sont éteints.", error="Route inconnue", code="route_inconnue")
    return _tableau
