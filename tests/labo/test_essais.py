"""`./labo test`: which parts run, what counts, and the line that tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import essais
from local.essais import Compte, Enfants, Essais, Suite
from local.processus import ErreurLabo


def jouer(tmp_path: Path, source: str, *args: str, nom: str = "essai", reprendre: bool = False) -> Compte:
    """One suite of one file, by a real pytest."""
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (tmp_path / "test_a.py").write_text(source)
    compte = Compte(nom=nom)
    suite = Suite(nom=nom, dossier=tmp_path, chemins=("test_a.py",))
    Essais(args, tmp_path, Enfants(), reprendre=reprendre)._pytest(compte, suite, direct=False)
    return compte


def test_without_a_name_every_part_runs_cheap_ones_first() -> None:
    longues = [nom for nom in essais.PARTIES if nom in essais.A_LA_DEMANDE]
    assert essais.choisir(None, []) == ([nom for nom in essais.PARTIES if nom not in longues], [])
    assert "fautes" in longues
    assert essais.choisir("fautes", []) == (["fautes"], [])
    assert list(essais.PARTIES)[:3] == ["lint", "types", "regles"]


def test_several_parts_may_be_named_and_the_rest_goes_to_pytest() -> None:
    assert essais.choisir("types", ["lint", "-k", "unit"]) == (["lint", "types"], ["-k", "unit"])


def test_an_unknown_part_is_one_sentence_that_names_the_known_ones() -> None:
    with pytest.raises(ErreurLabo, match=r"Partie inconnue : tout\. Connues : lint, types, regles"):
        essais.choisir("tout", [])


def test_counts_are_those_of_pytest(tmp_path: Path) -> None:
    source = (
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert 0\n"
        "@pytest.mark.skip\ndef test_c(): pass\n"
        "@pytest.fixture\ndef f(): raise OSError\n"
        "def test_d(f): pass\n"
    )
    compte = jouer(tmp_path, source)
    assert (compte.passes, compte.echecs, compte.ignores, compte.bon) == (1, 2, 1, False)


@pytest.mark.parametrize("source", ["", "import absent", "def test_a(:", "import os\nos._exit(3)"])
def test_a_suite_that_runs_nothing_or_dies_is_a_failure(tmp_path: Path, source: str) -> None:
    compte = jouer(tmp_path, source)
    assert (compte.passes, compte.echecs, compte.bon) == (0, 1, False)


def test_a_filter_may_leave_a_suite_without_tests_but_not_a_part(tmp_path: Path) -> None:
    compte = jouer(tmp_path, "def test_a(): pass", "-k", "autre")
    assert (compte.passes, compte.echecs, compte.bon) == (0, 0, False)


UNE_FOIS_SUR_DEUX = (
    "from pathlib import Path\n"
    "def test_a(): pass\n"
    "def test_b():\n"
    "    vu = Path(__file__).with_name('vu'); deja = vu.exists(); vu.touch(); assert deja\n"
)


def test_a_test_that_passes_the_second_time_is_counted_as_unstable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compte = jouer(tmp_path, UNE_FOIS_SUR_DEUX, reprendre=True)
    assert (compte.passes, compte.echecs, compte.instables, compte.bon) == (2, 0, 1, True)
    essais.conclure([compte])
    assert "1 instables" in capsys.readouterr().out


def test_a_test_that_fails_twice_has_failed(tmp_path: Path) -> None:
    compte = jouer(tmp_path, UNE_FOIS_SUR_DEUX + "def test_c(): assert 0\n", reprendre=True)
    assert (compte.passes, compte.echecs, compte.instables, compte.bon) == (2, 1, 1, False)


@pytest.mark.parametrize(("nom", "reprendre"), [("essai", False), ("chaos", True), ("fautes", True)])
def test_nothing_is_tried_twice_unasked_nor_where_invariants_are_judged(
    tmp_path: Path, nom: str, reprendre: bool
) -> None:
    compte = jouer(tmp_path, UNE_FOIS_SUR_DEUX, nom=nom, reprendre=reprendre)
    assert (compte.passes, compte.echecs, compte.instables) == (1, 1, 0)


@pytest.mark.parametrize(
    ("comptes", "ligne", "code"),
    [
        ([Compte(nom="a", passes=3), Compte(nom="b", passes=120)], "123 passed, 0 failed", 0),
        ([Compte(nom="a", passes=3, ignores=2)], "3 passed, 0 failed, 2 skipped", 0),
        ([Compte(nom="a", passes=3), Compte(nom="b", passes=1, echecs=1)], "4 passed, 1 failed", 1),
        ([Compte(nom="a", passes=3), Compte(nom="b")], "3 passed, 0 failed", 1),
        ([Compte(nom="a", passes=3), Compte(nom="b", ignores=4)], "3 passed, 0 failed, 4 skipped", 1),
        ([Compte(nom="b", ignores=4, dispense="sans x")], "0 passed, 0 failed, 4 skipped", 0),
        ([], "0 passed, 0 failed", 1),
    ],
)
def test_the_last_line_and_the_exit_status_tell(
    comptes: list[Compte], ligne: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert essais.conclure(comptes) == code
    assert capsys.readouterr().out.splitlines()[-1] == ligne
