"""The catalogue of fault points: each name declared once, with the moment it stands for.

A switch for a name that is not here is refused: a point that exists nowhere would silently never fire. `docs/fautes.md`
lists them all, `tests/architecture/test_points.py` holds the page, this catalogue and the code together, and
`./labo test fautes` walks them.

A name with a hole (`reaction.avant.{groupe}`) stands for one point per value. Services declare theirs in
`<package>/points.py`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Point:
    """`moment`: what has happened and what has not. `double`: the effect that follows can be done twice here."""

    nom: str
    moment: str
    double: bool = False

    def designe(self, nom: str) -> bool:
        """Whether `nom` is this point, or one of its family."""
        motif = re.sub(r"\\{\w+\\}", "[a-z0-9_-]+", re.escape(self.nom))
        return re.fullmatch(motif, nom) is not None


_CATALOGUE: dict[str, Point] = {}


def declarer(*points: Point) -> tuple[Point, ...]:
    """Add points to the catalogue. Raises `ValueError` for a name that is there already, alone or in a family."""
    for point in points:
        if trouver(re.sub(r"\{\w+\}", "x", point.nom)) is not None:
            raise ValueError(f"le point de faute {point.nom} est déclaré deux fois")
        _CATALOGUE[point.nom] = point
    return points


def trouver(nom: str) -> Point | None:
    """The point a name designates, or None."""
    return next((point for point in _CATALOGUE.values() if point.designe(nom)), None)


def catalogue() -> Iterable[Point]:
    """What this process has declared, by name."""
    return sorted(_CATALOGUE.values(), key=lambda point: point.nom)


SAGA = declarer(
    Point("saga.avant_creation", "a request came in, nothing is written"),
    Point("saga.apres_creation", "the saga is written, nothing else has happened"),
    Point("saga.apres_reprise", "another process has taken a saga that nobody ran any more"),
    Point("saga.apres_saisie", "an operator's order took the saga from its owner, and is not applied yet"),
    Point("saga.avant_renouvellement", "the leases of the running sagas are about to be prolonged"),
    Point("saga.avant_intention", "everything was read, the intent of the first effect is not written"),
    Point("saga.apres_intention", "the intent is written, no effect was asked for"),
    Point("saga.avant_effet.{etape}", "the step is about to be asked for", double=True),
    Point("saga.apres_effet.{etape}", "the participant answered, nothing is recorded about it"),
    Point("saga.apres_attente", "a failed attempt and the time of the next one are written"),
    Point("saga.apres_remise", "the saga was handed over to whoever claims it"),
    Point("saga.avant_compensation", "the turn back is written, nothing is undone"),
    Point("saga.avant_compensation.{etape}", "the step is about to be undone", double=True),
    Point("saga.apres_compensation.{etape}", "the participant has undone the step, nothing is recorded about it"),
    Point("saga.entre_compensations", "one step is undone and recorded, the next is not"),
    Point("saga.avant_intervention", "the budget of a compensation is spent, and nobody is told yet"),
    Point("saga.apres_intervention", "the saga is written as waiting for an operator"),
    Point("saga.avant_fin", "all is done, the end and its answer are not written"),
    Point("saga.apres_fin", "the end is written, nobody was answered"),
)

BARRIERE = declarer(
    Point("barriere.avant_action", "the reference is inserted, the action has not run"),
    Point("barriere.avant_commit", "the action and its answer are written, nothing is committed"),
    Point("barriere.apres_commit", "the action is committed, its caller has no answer"),
    Point("barriere.avant_commit_refus", "the action was rolled back, its refusal is not committed"),
    Point("barriere.apres_refus", "the refusal is committed, its caller has no answer"),
    Point("barriere.avant_compensation", "the action's row is locked, nothing is undone"),
    Point("barriere.avant_commit_compensation", "the action is undone, nothing is committed"),
    Point(
        "barriere.avant_commit_annulation", "nothing was there to undo; the closing of the reference is not committed"
    ),
    Point("barriere.apres_compensation", "the compensation is committed, its caller has no answer"),
)

IDEMPOTENCE = declarer(
    Point("idempotence.avant_commit", "the request under a key and its answer are written, nothing is committed"),
    Point("idempotence.apres_commit", "key, effect and answer are committed, the caller has no answer"),
)

HTTP = declarer(
    Point("http.avant_envoi", "a neighbour is about to be called", double=True),
    Point("http.reponse_recue", "the neighbour answered, and nobody has read it"),
)

EVENEMENTS = declarer(
    Point("outbox.apres_depot", "the event is in the business transaction, which is not committed"),
    Point(
        "relais.apres_remise_en_file", "Redis is another one: what it may lack is to be published again, not committed"
    ),
    Point("relais.avant_xadd", "the batch is read under the lock, nothing is published", double=True),
    Point("relais.apres_xadd", "the batch is published, its rows are not marked"),
    Point("relais.avant_commit", "the rows are marked, the mark is not committed"),
    Point("relais.apres_commit", "the batch is published and marked"),
    Point("relais.avant_rognage", "what all groups have acknowledged is noted, the stream is not trimmed"),
    Point("consommateur.au_depart.{groupe}", "the member is back and has taken what it had left pending"),
    Point("consommateur.apres_lecture.{groupe}", "entries were delivered, none is looked at"),
    Point("consommateur.apres_inbox.{groupe}", "the inbox rows of the batch are written, nothing is committed"),
    Point("consommateur.avant_commit.{groupe}", "inbox and outbox rows are written, nothing is committed"),
    Point("consommateur.avant_multi.{groupe}", "the batch is committed, not published or acknowledged", double=True),
    Point("consommateur.apres_multi.{groupe}", "the batch is published and acknowledged, its rows are not marked"),
    Point("reaction.avant.{groupe}", "an event is about to be reacted to", double=True),
    Point("reaction.apres.{groupe}", "the reaction had its remote effects, nothing is recorded"),
)
