"""Dead letters as operators see them: listed, read, moved between states, under a role that can do nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
from psycopg2.errors import InsufficientPrivilege

from socle.evenements import lettres_mortes
from socle.evenements.base import Base
from socle.evenements.lettres_mortes import LettreMorte
from tests.evenements.conftest import Banc, _parametres

INCONNUE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def curseur(banc: Banc) -> Iterator[Any]:
    base = banc.base()
    with base.transaction() as curseur:
        yield curseur
        curseur.connection.rollback()
    base.fermer()


def deposer(curseur: Any, banc: Banc, groupe: str, nombre: int = 1) -> list[str]:
    """Ids of new letters of the group, in the order of arrival."""
    lettres = [
        LettreMorte(
            groupe=groupe, stream=banc.flux, event_id=str(uuid.uuid4()), type=("Fait", "Refait")[n % 2], cle=f"k{n}",
            position=f"{n}-0", cause=f"cause {n}", essais=5, evenement={"type": "Fait", "n": str(n)},
        )
        for n in range(nombre)
    ]  # fmt: skip
    lettres_mortes.deposer(curseur, lettres)
    return [str(uuid.uuid5(uuid.UUID(lettre.event_id), groupe)) for lettre in lettres]


def test_letters_are_listed_by_page_and_by_each_criterion(curseur: Any, banc: Banc) -> None:
    premiers, second = deposer(curseur, banc, "g1", 5), deposer(curseur, banc, "g2")
    lettres_mortes.relancer(curseur, premiers[4])

    def ids(**criteres: Any) -> tuple[list[str], int]:
        lignes, total = lettres_mortes.lister(curseur, **criteres)
        assert all(tuple(ligne) == lettres_mortes.COLONNES for ligne in lignes)
        return [ligne["id"] for ligne in lignes], total

    assert ids() == ([*premiers, *second], 6)
    assert ids(debut=2, nombre=2) == (premiers[2:4], 6)
    assert ids(debut=6) == ([], 6)
    assert ids(groupe="g2") == (second, 1)
    assert ids(type_="Refait") == ([premiers[1], premiers[3]], 2)
    assert ids(etat="relancee") == ([premiers[4]], 1)
    assert ids(cle="k0", groupe="g1") == ([premiers[0]], 1)
    assert ids(etat="traitee") == ([], 0)
    assert lettres_mortes.compter_par_groupe(curseur) == {"g1": 5, "g2": 1}
    assert lettres_mortes.compter(curseur, "g1") == {"Fait": 3, "Refait": 2}


def test_a_letter_is_read_with_its_event(curseur: Any, banc: Banc) -> None:
    (identifiant,) = deposer(curseur, banc, "g")
    lettre = lettres_mortes.lire(curseur, identifiant)
    assert lettre is not None
    assert (lettre["cause"], lettre["essais"], lettre["etat"], lettre["motif"]) == ("cause 0", 5, "en_attente", "")
    assert lettre["evenement"] == {"type": "Fait", "n": "0"}
    assert lettres_mortes.lire(curseur, INCONNUE) is None


def test_F32_a_redrive_asked_twice_is_asked_once_and_what_is_closed_stays_so(curseur: Any, banc: Banc) -> None:
    relancee, abandonnee, traitee = deposer(curseur, banc, "g", 3)
    assert lettres_mortes.relancer(curseur, relancee)
    premier = lettres_mortes.lire(curseur, relancee)
    assert not lettres_mortes.relancer(curseur, relancee)
    assert lettres_mortes.lire(curseur, relancee) == premier
    assert lettres_mortes.abandonner(curseur, abandonnee, "essai\x00")
    assert not lettres_mortes.abandonner(curseur, abandonnee, "encore")
    assert not lettres_mortes.relancer(curseur, abandonnee)
    curseur.execute("SELECT event_id::text FROM lettres_mortes WHERE id = %s", [traitee])
    lettres_mortes.conclure(curseur, "g", [curseur.fetchone()[0]])
    assert not lettres_mortes.relancer(curseur, traitee)
    assert not lettres_mortes.abandonner(curseur, traitee, "trop tard")
    etats = {i: lettres_mortes.lire(curseur, i) for i in (relancee, abandonnee, traitee)}
    assert [(e["etat"], e["motif"], e["cause"]) for e in etats.values() if e] == [
        ("relancee", "", "cause 0"), ("abandonnee", "essai\ufffd", "cause 1"), ("traitee", "", "cause 2"),
    ]  # fmt: skip
    assert lettres_mortes.compter_par_groupe(curseur) == {"g": 1}
    assert not lettres_mortes.relancer(curseur, INCONNUE)


def test_the_operators_role_moves_letters_and_can_do_nothing_else(banc: Banc, nom_base: str) -> None:
    role, base = f"guichet_{uuid.uuid4().hex[:8]}", banc.base()
    with base.transaction() as curseur:
        (identifiant,) = deposer(curseur, banc, "g")
        curseur.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'secret'")
        lettres_mortes.confier(curseur, role)
        lettres_mortes.confier(curseur, role)
    parametres = {**_parametres(nom_base), "user": role, "password": "secret"}
    guichet = Base(nom="guichet", **parametres)
    try:
        with guichet.transaction() as curseur:
            assert lettres_mortes.lister(curseur)[1] == 1
            assert lettres_mortes.relancer(curseur, identifiant)
            assert lettres_mortes.abandonner(curseur, identifiant, "essai")
        for requete in (
            "UPDATE lettres_mortes SET evenement = '{}'",
            "DELETE FROM lettres_mortes",
            "INSERT INTO inbox (groupe, event_id) VALUES ('g', gen_random_uuid())",
            "SELECT * FROM outbox",
        ):
            with pytest.raises(InsufficientPrivilege), guichet.transaction() as curseur:
                curseur.execute(requete)
    finally:
        guichet.fermer()
        with base.transaction() as curseur:
            curseur.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
        base.fermer()
    assert banc.sql("SELECT etat, motif FROM lettres_mortes") == [("abandonnee", "essai")]


def test_a_role_that_does_not_exist_is_an_error(banc: Banc) -> None:
    base = banc.base()
    with pytest.raises(psycopg2.errors.UndefinedObject), base.transaction() as curseur:
        lettres_mortes.confier(curseur, "nul; DROP TABLE outbox")
    base.fermer()
    assert banc.sql("SELECT count(*) FROM outbox") == [(0,)]
