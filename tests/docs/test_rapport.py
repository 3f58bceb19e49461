"""The comparison that is shown is a real one: its page says what the measures beside it say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.comparer import rapport, synthese
from local.comparer.donnees import Checkout, Epreuve, lire
from local.lieux import RACINE
from tests.commun.comparaison import attendues, exiger_des_nombres_justes, exiger_un_rapport_fidele

RAPPORT = RACINE / "docs" / "rapport"
# One of each kind of number that the page says.
NOMBRES = (
    "duree", "cible.1.cible", "cible.1.mesure", "cible.4.quoi", "cible.7.mesure", "cible.9.mesure",
    "sain.orchestre.demandes", "pannes.choreo.finalise", "pannes.orchestre.reussite", "sain.choreo.fin_ms.p95",
    "sain.choreo.debit", "balayage.choreo.50.utilisateurs", "balayage.choreo.50.offert", "balayage.orchestre.25.fin_ms",
    "balayage.orchestre.10.debit", "cout.orchestre.requêtes entre services", "cout.choreo.entrées du flux",
    "cout.choreo.commits", "cout.orchestre.CPU de toute la plateforme, ms", "compensation.choreo.nombre",
    "compensation.orchestre.mediane", "compensation.choreo.pire", "reprise.orchestre.1.coupes",
    "reprise.choreo.2.duree", "reprise.choreo.3.connue", "flot.choreo.OrderCreated.consomme.choreo-audit",
    "contexte.Processeur",
)  # fmt: skip


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


@pytest.fixture(scope="module")
def page() -> str:
    return rapport.composer(lire(RAPPORT), RAPPORT)


def test_the_page_says_what_the_measures_are(page: str) -> None:
    exiger_des_nombres_justes(page, RAPPORT)


@pytest.mark.parametrize("cle", NOMBRES)
def test_a_page_with_one_changed_number_is_seen(page: str, cle: str) -> None:
    def changer(trouve: re.Match[str]) -> str:
        return trouve[1] + re.sub(r"\d", lambda chiffre: str((int(chiffre[0]) + 1) % 10), trouve[2], count=1)

    changee, combien = re.subn(rf'(data-mesure="{re.escape(cle)}">)([^<]*)', changer, page)
    assert (combien, changee == page) == (1, False)
    with pytest.raises(AssertionError, match=re.escape(f"'{cle}': (")):
        exiger_des_nombres_justes(changee, RAPPORT)


def test_a_changed_verdict_is_seen(page: str) -> None:
    autres = {"tenue": "manquée", "manquée": "tenue"}
    dit = re.compile(r'(data-mesure="cible\.1\.verdict">)([^<]*)')
    with pytest.raises(AssertionError, match=r"cible\.1\.verdict"):
        exiger_des_nombres_justes(dit.sub(lambda trouve: trouve[1] + autres[trouve[2]], page), RAPPORT)


def test_a_number_that_is_not_marked_as_a_measure_is_seen(page: str) -> None:
    with pytest.raises(AssertionError, match=r"not marked as measures: .*12\.5 ms"):
        exiger_des_nombres_justes(page.replace("</tbody>", "<tr><td>12.5 ms</td></tr></tbody>", 1), RAPPORT)


@pytest.mark.parametrize(("issues", "taux"), [(["finalise"], 100.0), (["finalise", "absent", "echec", "initie"], 25.0)])
def test_success_is_of_all_that_was_asked(issues: list[str], taux: float) -> None:
    vus = [Checkout(statut=0, reponse_ms=1, issue=i, debut_s=0, fin_ms=1, connue_ms=1) for i in issues]
    epreuve = Epreuve(nom="sain", style="choreo", utilisateurs=1, pause_s=1, checkouts=vus)
    assert synthese.reussite(epreuve) == taux
    assert sum(synthese.issues(epreuve).values()) == len(issues)
