"""Fault points in real processes: the switches are shared, counted once, and spent before a crash."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from socle import fautes, points
from socle.erreurs import DonneesInvalides, Indisponible, Introuvable
from socle.fautes import Faute

CONNU = "saga.apres_creation"
SOURCES = str(Path(fautes.__file__).parents[1])


@pytest.fixture
def fichier(tmp_path: Path) -> Path:
    return tmp_path / "absent-au-debut" / "fautes.json"


@pytest.fixture
def tableau(fichier: Path) -> Iterator[fautes.Tableau]:
    yield fautes.activer(fichier)
    fautes.desactiver()


def lancer(fichier: Path, programme: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", f"from socle import fautes; fautes.activer({str(fichier)!r})\n{programme}"],
        env={**os.environ, "PYTHONPATH": SOURCES},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_point_is_nothing_outside_the_lab(fichier: Path) -> None:
    fautes.Tableau(fichier).ecrire([Faute(point="p", genre="erreur")])
    fautes.desactiver()
    assert fautes.point("p") is False
    assert fautes.tableau() is None


def test_each_kind_does_what_it_says_once(tableau: fautes.Tableau) -> None:
    tableau.ecrire(
        [Faute(point="e", genre="erreur"), Faute(point="d", genre="double"), Faute(point="l", genre="delai")]
    )
    with pytest.raises(Indisponible, match="point de faute e"):
        fautes.point("e")
    assert [fautes.point("d"), fautes.point("l"), fautes.point("e"), fautes.point("d")] == [True, False, False, False]
    assert tableau.lire() == {}


def test_a_crash_is_spent_before_the_process_dies(fichier: Path) -> None:
    fautes.Tableau(fichier).ecrire([Faute(point="p", genre="crash"), Faute(point="q", genre="double", nombre=2)])
    programme = "fautes.point('p'); print('vivant')"
    mort = lancer(fichier, programme)
    assert (mort.communicate(timeout=20)[0], mort.returncode) == ("", -signal.SIGKILL)
    assert [f["point"] for f in json.loads(fichier.read_text())] == ["q"]
    suivant = lancer(fichier, programme)
    assert (suivant.communicate(timeout=20)[0], suivant.returncode) == ("vivant\n", 0)


def test_a_frozen_process_goes_on_when_it_is_continued(fichier: Path) -> None:
    fautes.Tableau(fichier).ecrire([Faute(point="p", genre="gel")])
    processus = lancer(fichier, "fautes.point('p'); print('reparti')")
    assert os.WIFSTOPPED(os.waitpid(processus.pid, os.WUNTRACED)[1])
    processus.send_signal(signal.SIGCONT)
    assert (processus.communicate(timeout=20)[0], processus.returncode) == ("reparti\n", 0)


def test_a_count_is_shared_by_the_threads_of_several_processes(fichier: Path) -> None:
    fautes.Tableau(fichier).ecrire([Faute(point="p", genre="double", nombre=10)])
    programme = """
import threading
vus = []
input()
fils = [threading.Thread(target=lambda: vus.extend(fautes.point('p') for _ in range(5))) for _ in range(4)]
[f.start() for f in fils]; [f.join() for f in fils]
print(sum(vus))
"""
    processus = [lancer(fichier, programme) for _ in range(2)]
    sorties = [p.communicate("partez\n", timeout=30)[0] for p in processus]
    assert sum(int(s) for s in sorties) == 10


def test_a_switch_turned_on_elsewhere_is_seen(tableau: fautes.Tableau, fichier: Path) -> None:
    assert fautes.point("p") is False
    fautes.Tableau(fichier).ecrire([Faute(point="p", genre="double")])
    vu = threading.Event()
    for _ in range(200):
        if fautes.point("p"):
            vu.set()
            break
        vu.wait(0.005)
    assert vu.is_set()


def test_two_writes_within_one_clock_tick_are_told_apart(fichier: Path) -> None:
    lecteur, ecrivain = fautes.Tableau(fichier), fautes.Tableau(fichier)
    ecrivain.ecrire([Faute(point="a", genre="double")])
    horodatage = fichier.stat().st_mtime_ns
    lecteur.lire()
    ecrivain.ecrire([Faute(point="b", genre="double")])
    os.utime(fichier, ns=(horodatage, horodatage))
    lecteur._lu_a = 0.0
    assert list(lecteur.lire()) == ["b"]


def test_switches_come_from_json_whose_numbers_are_exact() -> None:
    assert fautes.valider([{"point": CONNU, "genre": "delai", "secondes": Decimal("0.5")}]) == [
        Faute(point=CONNU, genre="delai", nombre=1, secondes=0.5)
    ]


@pytest.mark.parametrize(
    ("brut", "champ"),
    [
        ({}, "fautes"),
        ([3], "fautes[0].point"),
        ([{"point": CONNU, "genre": []}], "fautes[0].genre"),
        ([{"point": CONNU, "genre": "crash"}, {"point": CONNU, "genre": "crash", "nombre": 0}], "fautes[1].nombre"),
        ([{"point": CONNU, "genre": "crash", "nombre": True}], "fautes[0].nombre"),
        ([{"point": CONNU, "genre": "delai", "secondes": 601}], "fautes[0].secondes"),
        ([{"point": "saga.apres_effe", "genre": "crash"}], "fautes[0].point"),
        ([{"point": "saga.apres_effet.{etape}", "genre": "crash"}], "fautes[0].point"),
        ([{"point": "http.reponse_recue", "genre": "double"}], "fautes[0].genre"),
    ],
)
def test_a_malformed_switch_names_its_field(brut: object, champ: str) -> None:
    with pytest.raises(DonneesInvalides) as leve:
        fautes.valider(brut)
    assert list(leve.value.champs) == [champ]


def test_what_can_be_done_twice_and_a_family_by_its_values_are_accepted() -> None:
    lues = fautes.valider(
        [{"point": "http.avant_envoi", "genre": "double"}, {"point": "reaction.apres.choreo-order", "genre": "gel"}]
    )
    assert [(f.point, f.genre) for f in lues] == [
        ("http.avant_envoi", "double"),
        ("reaction.apres.choreo-order", "gel"),
    ]


def test_a_point_is_declared_once_and_only_once() -> None:
    for nom in (CONNU, "saga.apres_effet.reservation", "reaction.avant.{autre}"):
        with pytest.raises(ValueError, match="est déclaré deux fois"):
            points.declarer(points.Point(nom, "again"))


def test_outside_the_lab_there_is_nothing_to_see_or_to_set() -> None:
    with pytest.raises(Introuvable):
        fautes.etat()
    with pytest.raises(Introuvable):
        fautes.regler({"fautes": []})


def test_the_state_shows_switches_catalogue_and_what_was_met(tableau: fautes.Tableau) -> None:
    fautes.point("http.avant_envoi")
    etat = fautes.regler({"fautes": [{"point": CONNU, "genre": "crash", "nombre": 2}]})
    assert etat["fautes"] == [{"point": CONNU, "genre": "crash", "nombre": 2, "secondes": 0.0}]
    assert {"nom": "http.avant_envoi", "moment": "a neighbour is about to be called", "double": True} in etat["points"]
    assert "http.avant_envoi" in etat["rencontres"]
    assert fautes.regler({"fautes": []})["fautes"] == []


@pytest.mark.parametrize("corps", [None, [], "x"])
def test_a_body_that_is_no_object_changes_nothing(tableau: fautes.Tableau, corps: object) -> None:
    tableau.ecrire([Faute(point=CONNU, genre="delai")])
    with pytest.raises(DonneesInvalides):
        fautes.regler(corps)
    assert list(fautes.etat()["fautes"]) == [{"point": CONNU, "genre": "delai", "nombre": 1, "secondes": 0.0}]
