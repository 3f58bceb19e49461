"""Dead letters: events that cannot be processed, with their cause, in order per key.

Guarantee: an open dead letter of a key holds back the later events of that key in its group (they become dead letters
behind it); others flow. A redrive gives them back to the same reaction, in order. Redriving twice is harmless.

1. A letter is `en_attente`, then `relancee` (asked for again by an operator), then `traitee`; or `abandonnee`: given up
   for good, so that a later delivery of the same event is ignored.
2. A letter without a key (an entry nobody could read) holds nothing back.
3. Members of a group may redrive one letter at once: the inbox lets one of them take effect.
4. Operators may work under a role of their own, which sees this table and moves letters between states, no more
   (`confier`).
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extras import Json

ETATS = ("en_attente", "relancee", "traitee", "abandonnee")
COLONNES = (
    "id", "groupe", "stream", "event_id", "type", "checkout_id", "position_stream", "cause", "essais", "etat", "motif",
    "cree_le", "modifie_le",
)  # fmt: skip
_LUES = "id::text, groupe, stream, event_id::text, " + ", ".join(COLONNES[4:])
DERRIERE = "une lettre morte de la même clé attend devant"


@dataclass(frozen=True, kw_only=True)
class LettreMorte:
    """One event that its group could not process. `evenement` holds the fields of the stream entry."""

    groupe: str
    stream: str
    event_id: str
    type: str
    cle: str
    position: str
    cause: str
    essais: int
    evenement: Mapping[str, str]


def deposer(curseur: Any, lettres: Iterable[LettreMorte]) -> None:
    """Record dead letters, in the order given. Idempotent per (group, event).

    One that is open already waits again with today's cause; one that only waits behind another keeps what it says.
    """
    for lettre in lettres:
        curseur.execute(
            "INSERT INTO lettres_mortes (id, groupe, stream, event_id, type, checkout_id, position_stream, cause, "
            "essais, evenement) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (groupe, event_id) "
            "DO UPDATE SET etat = 'en_attente', cause = EXCLUDED.cause, essais = EXCLUDED.essais, "
            "modifie_le = clock_timestamp() WHERE lettres_mortes.etat IN ('en_attente', 'relancee') "
            "AND EXCLUDED.cause <> %s",
            [
                str(uuid.uuid5(uuid.UUID(lettre.event_id), lettre.groupe)),
                lettre.groupe,
                lettre.stream,
                lettre.event_id,
                _texte(lettre.type),
                lettre.cle,
                lettre.position,
                _texte(lettre.cause[:2000]),
                lettre.essais,
                Json({_texte(nom): _texte(valeur) for nom, valeur in lettre.evenement.items()}),
                DERRIERE,
            ],
        )


def _texte(texte: str) -> str:
    """The text without what PostgreSQL cannot hold: an unreadable entry must be recorded all the same."""
    return texte.replace("\x00", "\ufffd").encode(errors="replace").decode()


def situation(curseur: Any, groupe: str, event_ids: Sequence[str], cles: Sequence[str]) -> tuple[set[str], set[str]]:
    """(which of these events were given up, which of these keys have an open dead letter) in the group."""
    curseur.execute(
        "SELECT true, event_id::text FROM lettres_mortes "
        "WHERE groupe = %s AND event_id = ANY(%s::uuid[]) AND etat = 'abandonnee' "
        "UNION SELECT false, checkout_id FROM lettres_mortes "
        "WHERE groupe = %s AND checkout_id = ANY(%s) AND etat IN ('en_attente', 'relancee')",
        [groupe, list(event_ids), groupe, list(cles)],
    )
    lignes = curseur.fetchall()
    return {event_id for oui, event_id in lignes if oui}, {cle for oui, cle in lignes if not oui}


def parmi(curseur: Any, groupe: str, event_ids: Iterable[str]) -> set[str]:
    """Which of these events have a dead letter in the group, in any state."""
    curseur.execute(
        "SELECT event_id::text FROM lettres_mortes WHERE groupe = %s AND event_id = ANY(%s::uuid[])",
        [groupe, list(event_ids)],
    )
    return {ligne[0] for ligne in curseur.fetchall()}


def a_relancer(curseur: Any, groupe: str, *, nombre: int = 50) -> list[tuple[str, Mapping[str, str]]]:
    """(id, fields) of the redriven letters whose turn it is: nothing open of their key stands before them."""
    curseur.execute(
        "SELECT id::text, evenement FROM lettres_mortes AS l "
        "WHERE groupe = %s AND etat = 'relancee' AND (l.checkout_id = '' OR NOT EXISTS ("
        "  SELECT 1 FROM lettres_mortes AS avant WHERE avant.groupe = l.groupe "
        "  AND avant.checkout_id = l.checkout_id AND avant.rang < l.rang "
        "  AND avant.etat IN ('en_attente', 'relancee'))) "
        "ORDER BY rang LIMIT %s",
        [groupe, nombre],
    )
    return list(curseur.fetchall())


def conclure(curseur: Any, groupe: str, event_ids: Iterable[str]) -> None:
    """The redriven letters of these events have taken effect."""
    curseur.execute(
        "UPDATE lettres_mortes SET etat = 'traitee', modifie_le = clock_timestamp() "
        "WHERE groupe = %s AND event_id = ANY(%s::uuid[]) AND etat IN ('en_attente', 'relancee')",
        [groupe, list(event_ids)],
    )


def refuser_la_relance(curseur: Any, identifiant: str, cause: str) -> None:
    """A redriven letter still cannot be processed: it waits again, with today's cause."""
    curseur.execute(
        "UPDATE lettres_mortes SET etat = 'en_attente', cause = %s, modifie_le = clock_timestamp() "
        "WHERE id = %s AND etat = 'relancee'",
        [_texte(cause[:2000]), identifiant],
    )


def relancer(curseur: Any, identifiant: str) -> bool:
    """Ask for a redrive of this letter; False when it was not waiting (asked for already, processed, given up)."""
    curseur.execute(
        "UPDATE lettres_mortes SET etat = 'relancee', modifie_le = clock_timestamp() "
        "WHERE id = %s AND etat = 'en_attente'",
        [identifiant],
    )
    return bool(curseur.rowcount)


def abandonner(curseur: Any, identifiant: str, motif: str) -> bool:
    """Give this letter up, with the reason; False when it is not open. Later letters of its key get their turn."""
    curseur.execute(
        "UPDATE lettres_mortes SET etat = 'abandonnee', motif = %s, modifie_le = clock_timestamp() "
        "WHERE id = %s AND etat IN ('en_attente', 'relancee')",
        [_texte(motif), identifiant],
    )
    return bool(curseur.rowcount)


def lister(
    curseur: Any,
    *,
    groupe: str | None = None,
    type_: str | None = None,
    etat: str | None = None,
    cle: str | None = None,
    debut: int = 0,
    nombre: int = 50,
) -> tuple[list[dict[str, Any]], int]:
    """(a page in the order of arrival, how many there are) of the letters that match; a row has `COLONNES`."""
    filtres = {"groupe": groupe, "type": type_, "etat": etat, "cle": cle}
    condition = (
        "(%(groupe)s::text IS NULL OR groupe = %(groupe)s) AND (%(type)s::text IS NULL OR type = %(type)s) "
        "AND (%(etat)s::text IS NULL OR etat = %(etat)s) AND (%(cle)s::text IS NULL OR checkout_id = %(cle)s)"
    )
    curseur.execute(f"SELECT count(*) FROM lettres_mortes WHERE {condition}", filtres)  # noqa: S608
    total = int(curseur.fetchone()[0])
    curseur.execute(
        f"SELECT {_LUES} FROM lettres_mortes WHERE {condition} "  # noqa: S608
        "ORDER BY cree_le, id LIMIT %(nombre)s OFFSET %(debut)s",
        {**filtres, "nombre": nombre, "debut": debut},
    )
    return [dict(zip(COLONNES, ligne, strict=True)) for ligne in curseur.fetchall()], total


def lire(curseur: Any, identifiant: str) -> dict[str, Any] | None:
    """One letter: `COLONNES` and `evenement`, the fields of its stream entry; None when there is none of this id."""
    curseur.execute(f"SELECT {_LUES}, evenement FROM lettres_mortes WHERE id = %s", [identifiant])  # noqa: S608
    ligne = curseur.fetchone()
    return dict(zip((*COLONNES, "evenement"), ligne, strict=True)) if ligne is not None else None


def compter(curseur: Any, groupe: str) -> dict[str, int]:
    """Open letters of the group by type, for the gauge."""
    curseur.execute(
        "SELECT type, count(*) FROM lettres_mortes WHERE groupe = %s AND etat IN ('en_attente', 'relancee') GROUP BY 1",
        [groupe],
    )
    return {type_: int(nombre) for type_, nombre in curseur.fetchall()}


def compter_par_groupe(curseur: Any) -> dict[str, int]:
    """Open letters by group, for the status page; groups that have none are absent."""
    curseur.execute(
        "SELECT groupe, count(*) FROM lettres_mortes WHERE etat IN ('en_attente', 'relancee') GROUP BY 1",
    )
    return {groupe: int(nombre) for groupe, nombre in curseur.fetchall()}


def confier(curseur: Any, role: str) -> None:
    """Let `role`, which exists and may connect, list the letters and move them between states. Idempotent."""
    ordre = sql.SQL("GRANT SELECT, UPDATE (etat, motif, modifie_le) ON lettres_mortes TO {}")
    curseur.execute(ordre.format(sql.Identifier(role)))
