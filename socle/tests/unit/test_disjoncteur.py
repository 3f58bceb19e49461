"""The breaker, with a clock in our hand and real threads."""

import threading

import pytest

from socle.disjoncteur import Disjoncteur


class Horloge:
    maintenant = 0.0

    def __call__(self) -> float:
        return self.maintenant


@pytest.fixture
def horloge() -> Horloge:
    return Horloge()


def ouvert(horloge: Horloge, **reglages: object) -> Disjoncteur:
    disjoncteur = Disjoncteur(seuil=3, repos_s=2.0, horloge=horloge, **reglages)  # type: ignore[arg-type]
    for _ in range(3):
        disjoncteur.echec()
    return disjoncteur


def test_it_opens_at_the_threshold_of_failures_in_a_row(horloge: Horloge) -> None:
    disjoncteur = Disjoncteur(seuil=3, horloge=horloge)
    for verdict in (disjoncteur.echec, disjoncteur.echec, disjoncteur.succes, disjoncteur.echec, disjoncteur.echec):
        verdict()
    assert (disjoncteur.permet(), disjoncteur.etat) == (True, "ferme")
    disjoncteur.echec()
    assert (disjoncteur.permet(), disjoncteur.etat) == (False, "ouvert")


def test_F23_one_probe_among_fifty_threads(horloge: Horloge) -> None:
    disjoncteur = ouvert(horloge)
    horloge.maintenant = 2.0
    assert disjoncteur.etat == "demi_ouvert"
    depart = threading.Barrier(50)
    permis: list[bool] = []

    def demander() -> None:
        depart.wait()
        permis.append(disjoncteur.permet())

    fils = [threading.Thread(target=demander) for _ in range(50)]
    for fil in fils:
        fil.start()
    for fil in fils:
        fil.join()
    assert sorted(permis) == [False] * 49 + [True]


def test_the_outcome_of_the_probe_decides(horloge: Horloge) -> None:
    disjoncteur = ouvert(horloge)
    horloge.maintenant = 2.0
    assert disjoncteur.permet()
    disjoncteur.echec()
    assert (disjoncteur.permet(), disjoncteur.etat) == (False, "ouvert")
    horloge.maintenant = 4.0
    assert disjoncteur.permet()
    disjoncteur.succes()
    assert (disjoncteur.permet(), disjoncteur.permet(), disjoncteur.etat) == (True, True, "ferme")


def test_a_slow_probe_stays_alone_longer_than_the_rest(horloge: Horloge) -> None:
    disjoncteur = ouvert(horloge, sonde_max_s=10.0)
    horloge.maintenant = 2.0
    assert disjoncteur.permet()
    horloge.maintenant = 11.9
    assert not disjoncteur.permet()


def test_a_probe_that_never_reports_back_is_replaced(horloge: Horloge) -> None:
    disjoncteur = ouvert(horloge, sonde_max_s=10.0)
    horloge.maintenant = 2.0
    assert disjoncteur.permet()
    horloge.maintenant = 12.0
    assert disjoncteur.permet()


def test_late_failures_of_calls_begun_before_do_not_prolong_the_rest(horloge: Horloge) -> None:
    disjoncteur = ouvert(horloge)
    horloge.maintenant = 1.9
    disjoncteur.echec()
    horloge.maintenant = 2.0
    assert disjoncteur.permet()


def test_changes_are_told_once_each(horloge: Horloge) -> None:
    changements: list[bool] = []
    disjoncteur = ouvert(horloge, au_changement=changements.append)
    horloge.maintenant = 2.0
    disjoncteur.permet()
    disjoncteur.echec()
    horloge.maintenant = 4.0
    disjoncteur.permet()
    disjoncteur.succes()
    disjoncteur.succes()
    assert changements == [True, False]
