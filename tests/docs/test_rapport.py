"""The comparison that is shown is a real one: its page says what the measures beside it say."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.comparer import synthese
from local.comparer.donnees import Checkout, Epreuve, lire
from local.lieux import RACINE
from tests.commun.comparaison import attendues, exiger_un_rapport_fidele

RAPPORT = RACINE / "docs" / "rapport"


def test_the_report_says_what_its_measures_say() -> None:
    exiger_un_rapport_fidele(RAPPORT)


def test_the_table_of_raw_checkouts_is_that_of_the_measures(tmp_path: Path) -> None:
    lire(RAPPORT).ecrire(tmp_path)
    for nom in ("donnees.json", "checkouts.csv"):
        assert (tmp_path / nom).read_text() == (RAPPORT / nom).read_text()


def test_a_report_that_says_something_else_is_seen(tmp_path: Path) -> None:
    lues = lire(RAPPORT)
    vue = lues.epreuve("sain", "choreo").checkouts
    vue[0] = Checkout(**{**vars(vue[0]), "issue": "echec"})
    lues.ecrire(tmp_path)
    ecarts = {cle for cle, valeur in attendues(tmp_path).items() if attendues(RAPPORT)[cle] != valeur}
    assert {"sain.choreo.echec", "sain.choreo.finalise", "sain.choreo.reussite"} <= ecarts


def test_every_target_is_judged_for_both_styles() -> None:
    cibles = synthese.cibles(lire(RAPPORT))
    assert [cible.quoi.split(",")[0].split(" :")[0] for cible in cibles] == [
        "orchestré", "orchestré", "orchestré", "chorégraphié", "chorégraphié", "chorégraphié",
        "orchestré", "chorégraphié", "orchestré", "chorégraphié",
    ]  # fmt: skip


@pytest.mark.parametrize(("issues", "taux"), [(["finalise"], 100.0), (["finalise", "absent", "echec", "initie"], 25.0)])
def test_success_is_of_all_that_was_asked(issues: list[str], taux: float) -> None:
    vus = [Checkout(statut=0, reponse_ms=1, issue=i, debut_s=0, fin_ms=1, connue_ms=1) for i in issues]
    epreuve = Epreuve(nom="sain", style="choreo", utilisateurs=1, pause_s=1, checkouts=vus)
    assert synthese.reussite(epreuve) == taux
    assert sum(synthese.issues(epreuve).values()) == len(issues)
