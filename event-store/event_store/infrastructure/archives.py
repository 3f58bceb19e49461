"""Months older than the hot period, moved to compressed files by the owner role.

Guarantee: an event is always in the database, or in a file that was re-read and whose chain was verified; never in
neither. Chain heads, event ids and a summary of each event stay in the database.

1. The file is written, verified against the chain, then renamed; only afterwards is the partition detached, in one
   transaction with its summaries and heads. A crash in between leaves a file that the next run writes again.
2. A month is archived only after all earlier ones, so archived positions are a prefix of the history.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import IO, Any

from psycopg2 import sql
from psycopg2.extensions import cursor

from event_store.domain.chaine import ChaineRompue, Tete, Verificateur
from event_store.infrastructure.base import Base
from socle import fautes
from socle.erreurs import DonneesInvalides

JOURS_MIN = 30
_LOT = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class MoisArchive:
    """One month that left: its file and how many events it holds."""

    mois: date
    fichier: Path
    evenements: int


def archiver(base: Base, dossier: Path, jours: int) -> list[MoisArchive]:
    """Move every month that ended more than `jours` days ago (database clock) to `dossier`. Idempotent.

    Raises `DonneesInvalides` below 30 days, `ChaineRompue` when the history does not verify (nothing is removed).
    """
    if jours < JOURS_MIN:
        raise DonneesInvalides(champs={"jours": f"au moins {JOURS_MIN} jours restent en ligne"})
    dossier.mkdir(parents=True, exist_ok=True)
    partis = [_archiver_mois(base, dossier, mois) for mois in _mois_echus(base, jours)]
    return [parti for parti in partis if parti.evenements]


def _mois_echus(base: Base, jours: int) -> list[date]:
    with base.curseur() as curseur:
        curseur.execute(
            "SELECT mois::date FROM (SELECT to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM') AS mois"
            " FROM pg_inherits WHERE inhparent = 'evenements'::regclass) partitions"
            " WHERE (mois + interval '1 month') AT TIME ZONE 'UTC' <= clock_timestamp() - make_interval(days => %s)"
            " ORDER BY mois",
            [jours],
        )
        return [mois for (mois,) in curseur.fetchall()]


def _archiver_mois(base: Base, dossier: Path, mois: date) -> MoisArchive:
    nom = f"evenements_{mois:%Y_%m}"
    fichier = dossier / f"{nom}.jsonl.gz"
    partition = sql.Identifier(nom)
    with base.transaction() as curseur:
        tetes = tetes_archivees(curseur)
        nombre = _exporter(curseur, partition, fichier)
    verificateur = Verificateur(tetes=tetes)
    premieres = {stream: tete.version + 1 for stream, tete in tetes.items()}
    places: dict[str, list[int]] = {}
    for canonique, empreinte in lire_lignes(fichier):
        position = verificateur.suivre(canonique, empreinte)
        places.setdefault(json.loads(canonique)[1], []).append(position)
    fautes.point("event_store.archive.avant_detachement")
    somme = hashlib.sha256(fichier.read_bytes()).digest()
    with base.transaction() as curseur:
        curseur.execute("SET LOCAL lock_timeout = '5s'")
        curseur.execute(sql.SQL("ALTER TABLE evenements DETACH PARTITION {}").format(partition))
        curseur.execute(sql.SQL("SELECT count(*) FROM {}").format(partition))
        if (curseur.fetchone() or (0,))[0] != nombre:
            raise ChaineRompue(f"Le mois {mois:%Y-%m} a changé pendant son archivage.")
        curseur.execute(
            sql.SQL(
                "INSERT INTO resumes SELECT position, stream, version, id, type, ts, v,"
                " CASE WHEN payload -> 'panier' ? 'produits' THEN payload #- '{{panier,produits}}' ELSE payload END,"
                " checkout_id, position_checkout, correlation_id, causation_id, source, traceparent, ajoute_le FROM {}"
            ).format(partition)
        )
        for stream, positions in places.items():
            tete = verificateur.tetes[stream]
            curseur.execute(
                "INSERT INTO archives (mois, stream, premiere_position, derniere_position, premiere_version,"
                " derniere_version, empreinte, fichier, fichier_sha256) VALUES (%s,%s,%s,%s,%s,%s,%s,%s,%s)",
                [mois, stream, positions[0], positions[-1], premieres.get(stream, 1), tete.version, tete.empreinte,
                 fichier.name, somme],
            )  # fmt: skip
        curseur.execute(sql.SQL("DROP TABLE {}").format(partition))
    if not nombre:
        fichier.unlink()
    return MoisArchive(mois=mois, fichier=fichier, evenements=nombre)


def tetes_archivees(curseur: cursor) -> dict[str, Tete]:
    """The chain heads that the archive left, by stream."""
    curseur.execute(
        "SELECT DISTINCT ON (stream) stream, derniere_version, empreinte FROM archives ORDER BY stream, mois DESC"
    )
    return {stream: Tete(version, bytes(empreinte)) for stream, version, empreinte in curseur.fetchall()}


def _exporter(curseur: cursor, table: sql.Composable, fichier: Path) -> int:
    brouillon = fichier.with_name(fichier.name + ".part")
    with gzip.open(brouillon, "wt", encoding="utf-8", newline="\n") as sortie:
        nombre = ecrire_evenements(curseur, table, sortie)
    remplacer(brouillon, fichier)
    return nombre


def ecrire_evenements(curseur: cursor, table: sql.Composable, sortie: IO[str]) -> int:
    """Write the events of `table` by position, one JSON line each; return their number."""
    requete = sql.SQL("SELECT canonique((t.*)::evenements), encode(t.empreinte, 'hex') FROM {} t ORDER BY t.position")
    nombre = 0
    for canonique, empreinte in parcourir(curseur, requete.format(table)):
        sortie.write(json.dumps({"e": canonique, "h": empreinte}, ensure_ascii=False) + "\n")
        nombre += 1
    return nombre


def parcourir(curseur: cursor, requete: sql.Composable) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, a bounded number in memory at once; the caller holds a transaction."""
    curseur.execute(sql.SQL("DECLARE lignes NO SCROLL CURSOR FOR ") + requete)
    while True:
        curseur.execute("FETCH %s FROM lignes", [_LOT])
        if not (lot := curseur.fetchall()):
            break
        yield from lot
    curseur.execute("CLOSE lignes")


def remplacer(brouillon: Path, fichier: Path) -> None:
    """Put a finished file in place: its bytes are on disk before its name is."""
    with brouillon.open("rb") as ecrit:
        os.fsync(ecrit.fileno())
    brouillon.replace(fichier)
    repertoire = os.open(fichier.parent, os.O_RDONLY)
    try:
        os.fsync(repertoire)
    finally:
        os.close(repertoire)


def lire_lignes(fichier: Path) -> Iterator[tuple[str, str]]:
    """Canonical text and hash of each event of an archive file. Raises `ChaineRompue` when it cannot be read."""
    try:
        with gzip.open(fichier, "rt", encoding="utf-8") as entree:
            for ligne in entree:
                lue = json.loads(ligne)
                yield lue["e"], lue["h"]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as cause:
        raise ChaineRompue(f"Le fichier {fichier.name} est illisible ({type(cause).__name__}).") from cause


def verifier_fichiers(base: Base, dossier: Path) -> int:
    """Verify every archived month from the first event on, file by file; return the number of events.

    Raises `ChaineRompue` when a file is missing, was altered, or does not end at the heads kept in the database.
    """
    with base.curseur() as curseur:
        curseur.execute("SELECT DISTINCT mois, fichier, fichier_sha256 FROM archives ORDER BY mois")
        mois = curseur.fetchall()
        tetes = tetes_archivees(curseur)
    verificateur = Verificateur()
    nombre = 0
    for _, nom, somme in mois:
        fichier = dossier / nom
        if not fichier.is_file() or hashlib.sha256(fichier.read_bytes()).digest() != bytes(somme):
            raise ChaineRompue(f"Le fichier {nom} est absent ou n'est plus celui qui a été archivé.")
        for canonique, empreinte in lire_lignes(fichier):
            verificateur.suivre(canonique, empreinte)
            nombre += 1
    verificateur.verifier_tetes(tetes)
    return nombre
