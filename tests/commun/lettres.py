"""Dead letters put where the groups' services keep them, for the tests of the routes and commands over them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from socle.evenements import lettres_mortes
from socle.evenements.lettres_mortes import LettreMorte
from tests.commun.monde import Monde, nouvel_id

CAUSE = "essai : [illisible]"
SERVICES = ("workers", "ecommerce")


def deposer(
    monde: Monde, service: str, *, groupe: str = "essai", champs: Mapping[str, str] | None = None, cle: str = ""
) -> str:
    """One letter in the service's database, of a group that nobody consumes unless a real one is named; its id."""
    champs = champs or {"id": nouvel_id(), "type": "StockReserved", "payload": "{}"}
    lettre = LettreMorte(
        groupe=groupe, stream="s", event_id=champs["id"], type=champs["type"], cle=cle or nouvel_id(), position="1-0",
        cause=CAUSE, essais=5, evenement=champs,
    )  # fmt: skip
    with monde.plateforme.transaction(service) as curseur:
        lettres_mortes.deposer(curseur, [lettre])
    return str(uuid.uuid5(uuid.UUID(champs["id"]), groupe))


def conclure(monde: Monde, service: str, identifiant: str) -> None:
    """As if its group had processed it."""
    ((groupe, event_id),) = monde.sql(
        service, "SELECT groupe, event_id::text FROM lettres_mortes WHERE id = %s", [identifiant]
    )
    with monde.plateforme.transaction(service) as curseur:
        lettres_mortes.conclure(curseur, groupe, [event_id])


def etat(monde: Monde, service: str, identifiant: str) -> tuple[str, str]:
    """(state, reason) in the service's database."""
    with monde.plateforme.transaction(service) as curseur:
        lettre = lettres_mortes.lire(curseur, identifiant)
    assert lettre is not None, identifiant
    return lettre["etat"], lettre["motif"]


def vider(monde: Monde) -> None:
    """None of the letters put by `deposer` is left."""
    for service in SERVICES:
        monde.sql(service, "DELETE FROM lettres_mortes WHERE cause = %s", [CAUSE])
