"""The schedule is a pure function of the seed, the duration and the kinds, and names only what exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from local import chaos_pannes, cli
from local.chaos import commande, executer
from local.chaos_plan import _PROPRES, GENRES, Panne, emplacements, planifier
from local.composants import SERVICES, liens
from local.lieux import RACINE
from local.processus import ErreurLabo
from socle import points

DUREE_S = 120.0


def test_the_same_seed_gives_the_same_schedule_in_another_process() -> None:
    code = "from local.chaos_plan import planifier\nprint(*planifier(7, 120.0), sep='\\n')"
    variables = {**os.environ, "PYTHONHASHSEED": "123", "PYTHONPATH": f"{RACINE / 'socle' / 'src'}:{RACINE}"}
    ailleurs = subprocess.run([sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=True)
    assert ailleurs.stdout.splitlines() == [str(panne) for panne in planifier(7, DUREE_S)]


def test_seed_duration_and_kinds_all_count() -> None:
    plans = [planifier(7, DUREE_S), planifier(8, DUREE_S), planifier(7, 60.0), planifier(7, DUREE_S, ["mort", "gel"])]
    assert len({tuple(map(str, plan[:5])) for plan in plans}) == 4
    assert {panne.genre for panne in plans[3]} == {"mort", "gel"}
    assert planifier(7, DUREE_S, ["gel", "mort"]) == plans[3]


@pytest.mark.parametrize("graine", range(20))
def test_every_kind_has_its_turn_and_all_is_over_in_time(graine: int) -> None:
    pannes = planifier(graine, DUREE_S)
    assert {panne.genre for panne in pannes} == set(GENRES)
    assert all(panne.debut_s + panne.duree_s <= DUREE_S for panne in pannes)
    assert [panne.rang for panne in pannes] == list(range(len(pannes)))
    for cible in {panne.cible for panne in pannes}:
        siennes = [panne for panne in pannes if panne.cible == cible]
        for avant, apres in pairwise(siennes):
            assert avant.debut_s + avant.duree_s < apres.debut_s


def test_every_kind_is_done_by_something_and_every_target_exists() -> None:
    assert set(chaos_pannes._GENRES) == set(GENRES)
    connues = {p.nom for s in SERVICES for p in s.programmes} | {s.nom for s in SERVICES}
    connues |= {"postgres", "redis", "gateway"} | set(liens(SERVICES, 0))
    assert {panne.cible for graine in range(30) for panne in planifier(graine, DUREE_S)} <= connues


def test_every_fault_point_of_the_schedule_exists_in_the_catalogue() -> None:
    """Those of the services are declared in packages that cannot be imported together: their text is read."""
    textes = [fichier.read_text() for fichier in Path(RACINE).glob("*/*/points.py")]
    declares = {nom for texte in textes for nom in re.findall(r'Point\(\s*"([^"]+)"', texte)}
    for programme, nom in emplacements():
        assert points.trouver(nom) is not None or nom in declares, f"{programme} : {nom}"
    assert {nom for noms in _PROPRES.values() for nom in noms} <= declares
    assert {point.nom for point in points.catalogue()} == {
        next(p.nom for p in points.catalogue() if p.designe(nom)) for _, nom in emplacements() if points.trouver(nom)
    }


def test_the_replay_line_says_everything_the_schedule_depends_on() -> None:
    assert commande(5, 2.0, ["mort", "gel"], sur_place=True) == (
        "./labo chaos --seed 5 --minutes 2 --only mort --only gel --sur-place"
    )


@pytest.mark.parametrize("choix", ["--only mort gel --seed 5", "--seed 5 --only mort --only gel"])
def test_kinds_follow_one_only_or_one_each(choix: str, tmp_path: Path) -> None:
    """Asked of a laboratory that does not run: the replay line is said, and nothing is broken."""
    essai = CliRunner().invoke(
        cli.application, ["chaos", "--sur-place", *choix.split()], env={"LABO_HOME": str(tmp_path)}
    )
    assert essai.output.endswith(
        "Pour rejouer : ./labo chaos --seed 5 --minutes 2 --only mort --only gel --sur-place\n"
    )
    assert str(essai.exception) == "Le laboratoire n'est pas démarré : lancez ./labo up."


def test_kinds_without_only_are_refused_with_the_right_way() -> None:
    essai = CliRunner().invoke(cli.application, ["chaos", "mort", "gel"])
    assert str(essai.exception) == "Pour choisir les pannes : --only mort gel."
    assert essai.output == ""


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ErreurLabo, match=r"inconnu : tempete\. Connus : mort, "):
        planifier(1, DUREE_S, ["mort", "tempete"])


def test_a_poison_is_the_same_from_the_same_seed_and_of_every_form() -> None:
    for forme in ("illisible", "sans_panier", "type_inconnu", "version_future", "client_invalide"):
        premier, second = (dict(chaos_pannes.poison(forme, 3)) for _ in range(2))
        premier.pop("ts"), second.pop("ts")
        assert premier == second != dict(chaos_pannes.poison(forme, 4))


def test_a_fault_says_itself_in_one_line() -> None:
    panne = Panne(rang=0, genre="gel", cible="saga-1", debut_s=1.5, duree_s=4.0, details={"n": 2})
    assert str(panne).split() == ["1.5", "s", "gel", "saga-1", "4.0", "s", "n=2"]


def test_what_needs_the_proxy_is_refused_on_a_platform_that_runs_without_it() -> None:
    with pytest.raises(ErreurLabo, match=r"Sans --sur-place seulement : horloge, reseau\."):
        executer(1, 1.0, ["reseau", "gel", "horloge"], sur_place=True, rapport_json=None, console=Console(quiet=True))
