"""Logical backup: one compressed JSONL file of one moment of the history, verified by its hash chain both ways.

First line: what the archive left (heads, months) and the recorded heads. Then the summaries and ids of archived
events, then every hot event with its hash. Read models are not in it: they are folded again.
"""

import gzip
import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor

from event_store.domain.chaine import ChaineRompue, Tete, Verificateur
from event_store.infrastructure import archives
from event_store.infrastructure.base import Base
from socle.erreurs import Conflit

FORMAT = 1
_LOT = 2000


class BaseNonVide(Conflit):
    """A backup is restored into an empty history only."""

    error = "Base non vide"
    code = "base_non_vide"


def sauvegarder(base: Base, fichier: Path) -> int:
    """Write the history to `fichier` (replaced when complete), verify it, and return the number of hot events.

    Raises `ChaineRompue` when what was written does not verify.
    """
    brouillon = fichier.with_name(fichier.name + ".part")
    with base.transaction() as curseur, gzip.open(brouillon, "wt", encoding="utf-8", newline="\n") as sortie:
        curseur.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        sortie.write(json.dumps(_entete(curseur), ensure_ascii=False) + "\n")
        resumes = archives.parcourir(curseur, sql.SQL("SELECT to_jsonb(r)::text FROM resumes r ORDER BY position"))
        sortie.writelines(f'{{"r": {resume}}}\n' for (resume,) in resumes)
        nombre = archives.ecrire_evenements(curseur, sql.SQL("evenements"), sortie)
    _verifier(brouillon)
    archives.remplacer(brouillon, fichier)
    return nombre


def _entete(curseur: cursor) -> dict[str, Any]:
    curseur.execute(
        "SELECT jsonb_build_object('format', %s, 'position', c.position, 'ajoute_le', c.ajoute_le::text,"
        " 'flux', (SELECT coalesce(jsonb_object_agg(stream, jsonb_build_array(version, encode(empreinte, 'hex'))),"
        "   '{}') FROM flux),"
        " 'archives', (SELECT coalesce(jsonb_agg(to_jsonb(a)), '[]') FROM archives a)) FROM compteur c",
        [FORMAT],
    )
    entete: dict[str, Any] = (curseur.fetchone() or ({},))[0]
    entete["tetes_archivees"] = {
        stream: [tete.version, tete.empreinte.hex()] for stream, tete in archives.tetes_archivees(curseur).items()
    }
    return entete


def _lignes(fichier: Path) -> Iterator[str]:
    try:
        with gzip.open(fichier, "rt", encoding="utf-8") as entree:
            yield from entree
    except (OSError, EOFError, ValueError) as cause:
        raise ChaineRompue(f"Le fichier {fichier.name} est illisible ({type(cause).__name__}).") from cause


def _tetes(brut: dict[str, list[Any]]) -> dict[str, Tete]:
    return {stream: Tete(version, bytes.fromhex(empreinte)) for stream, (version, empreinte) in brut.items()}


def _verifier(fichier: Path) -> dict[str, Any]:
    """The header of a backup whose every event verifies and whose chains end at the recorded heads."""
    try:
        lignes = map(json.loads, _lignes(fichier))
        entete: dict[str, Any] = next(lignes, {})
        if entete.get("format") != FORMAT:
            raise ChaineRompue(f"Le fichier {fichier.name} n'est pas une sauvegarde lisible.")
        verificateur = Verificateur(tetes=_tetes(entete["tetes_archivees"]))
        for ligne in lignes:
            if "e" in ligne:
                verificateur.suivre(ligne["e"], ligne["h"])
    except ValueError as cause:
        raise ChaineRompue(f"Le fichier {fichier.name} n'est pas une sauvegarde lisible.") from cause
    verificateur.verifier_tetes(_tetes(entete["flux"]))
    return entete


def restaurer(base: Base, fichier: Path) -> int:
    """Bring a backup back into an empty, migrated database; return the number of hot events. All or nothing.

    Raises `BaseNonVide`, and `ChaineRompue` before anything is written when the file does not verify.
    """
    entete = _verifier(fichier)
    with base.transaction() as curseur:
        curseur.execute("SELECT position FROM compteur FOR UPDATE")
        if (curseur.fetchone() or (0,))[0] != 0:
            raise BaseNonVide("L'historique contient déjà des événements.")
        curseur.execute("CREATE TEMP TABLE lues (ligne jsonb) ON COMMIT DROP")
        for lot in _par_lots(fichier):
            curseur.copy_expert("COPY lues (ligne) FROM STDIN WITH (FORMAT csv)", lot)
        curseur.execute(_RESTAURER)
        curseur.execute(
            "INSERT INTO archives SELECT a.* FROM jsonb_populate_recordset(NULL::archives, %s) a",
            [json.dumps(entete["archives"])],
        )
        curseur.execute(
            "INSERT INTO flux SELECT key, (value ->> 0)::bigint, decode(value ->> 1, 'hex') FROM jsonb_each(%s)",
            [json.dumps(entete["flux"])],
        )
        curseur.execute("UPDATE compteur SET position = %s, ajoute_le = %s", [entete["position"], entete["ajoute_le"]])
        curseur.execute("SELECT pos FROM ruptures((SELECT min(position) FROM evenements), %s)", [entete["position"]])
        if (rompue := curseur.fetchone()) is not None:
            raise ChaineRompue(f"La position {rompue[0]} ne se vérifie plus une fois restaurée.")
        curseur.execute("SELECT count(*) FROM evenements")
        return int((curseur.fetchone() or (0,))[0])


def _par_lots(fichier: Path) -> Iterator[io.StringIO]:
    """The lines after the header as they are, quoted for COPY: parsed by PostgreSQL alone, their numbers stay exact."""
    lignes = itertools.islice(_lignes(fichier), 1, None)
    while lot := list(itertools.islice(lignes, _LOT)):
        yield io.StringIO("".join('"' + ligne.rstrip("\n").replace('"', '""') + '"\n' for ligne in lot))


_RESTAURER = """
CREATE TEMP VIEW canoniques AS SELECT (ligne ->> 'e')::jsonb AS c, decode(ligne ->> 'h', 'hex') AS h
FROM lues WHERE ligne ? 'e';
SELECT assurer_partitions(m, 0) FROM (
    SELECT DISTINCT date_trunc('month', to_timestamp((c ->> 14)::double precision) AT TIME ZONE 'UTC')
        AT TIME ZONE 'UTC' AS m FROM canoniques) mois;
INSERT INTO evenements
SELECT (c ->> 0)::bigint, c ->> 1, (c ->> 2)::bigint, (c ->> 3)::uuid, c ->> 4, (c ->> 5)::numeric, (c ->> 6)::integer,
       c -> 7, (c ->> 8)::uuid, (c ->> 9)::integer, c ->> 10, c ->> 11, c ->> 12, c ->> 13,
       timestamptz 'epoch' + (c ->> 14)::numeric * 1000000 * interval '1 microsecond', h
FROM canoniques;
DROP VIEW canoniques;
INSERT INTO resumes SELECT r.* FROM lues, jsonb_populate_record(NULL::resumes, ligne -> 'r') r WHERE ligne ? 'r';
INSERT INTO identifiants
SELECT id, stream, position, version, position_checkout FROM evenements
UNION ALL SELECT id, stream, position, version, position_checkout FROM resumes;
INSERT INTO tetes_checkouts
SELECT checkout_id, max(position_checkout) FROM historique WHERE checkout_id IS NOT NULL GROUP BY checkout_id;
"""
