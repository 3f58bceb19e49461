"""The barrier in a real database against a model of ten lines: actions, compensations, duplicates, refusals, crashes
before and after the commit, and callers that meet a transaction that is still open."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from socle import fautes
from socle.barriere import Barriere
from socle.erreurs import CleReutilisee, Conflit, RefusMetier
from socle.tests.concurrence import Fil, attend_un_verrou, attendre_que
from tests.integration.outils import sql, total
from tests.modele.profil import reglages, sans_reduction

pytestmark = pytest.mark.django_db(transaction=True)

BARRIERE = Barriere("modele")
REFERENCES = ("r1", "r2")
AVANT = ("barriere.avant_action", "barriere.avant_commit", "barriere.avant_commit_refus", "barriere.avant_compensation",
         "barriere.avant_commit_compensation", "barriere.avant_commit_annulation")  # fmt: skip
APRES = ("barriere.apres_commit", "barriere.apres_refus", "barriere.apres_compensation")
RIEN = {"rendu": 0}


@dataclass(frozen=True)
class Etat:
    """What the model knows of one reference; None: never seen."""

    nom: str
    demande: int = 0
    reponse: Any = None
    compensation: Any = None


@dataclass(frozen=True)
class Appel:
    """One call: an action (`demande`, whether the business refuses it) or a compensation (`garder`)."""

    reference: str
    demande: int | None = None
    refuse: bool = False
    garder: bool = False


def attendu(etat: Etat | None, appel: Appel) -> tuple[Etat | None, Any, int]:
    """The whole specification: the next state, the answer, and the effect on the business."""
    if appel.demande is None:
        if etat is None:
            return Etat("ANNULEE", compensation=RIEN), RIEN, 0
        if etat.compensation is not None:
            return etat, etat.compensation, 0
        if etat.nom == "REFUSEE":
            return replace(etat, nom="ANNULEE", compensation=RIEN), RIEN, 0
        if appel.garder:
            return etat, {"garde": etat.demande}, 0
        rendu = {"rendu": etat.demande}
        return replace(etat, nom="COMPENSEE", compensation=rendu), rendu, -etat.demande
    if etat is None:
        if appel.refuse:
            return Etat("REFUSEE", appel.demande, "refus"), "refus", 0
        return Etat("FAITE", appel.demande, {"pris": appel.demande}), {"pris": appel.demande}, appel.demande
    if etat.reponse is None:
        return etat, "reference_annulee", 0
    return etat, etat.reponse if etat.demande == appel.demande else "cle_reutilisee", 0


def _prendre(appel: Appel) -> dict[str, Any]:
    sql("UPDATE temoin SET total = total + %s RETURNING total", appel.demande)
    if appel.refuse:
        raise RefusMetier("non", code="refus")
    return {"pris": appel.demande}


def _rendre(reponse: dict[str, Any]) -> dict[str, Any]:
    sql("UPDATE temoin SET total = total - %s RETURNING total", reponse["pris"])
    return {"rendu": reponse["pris"]}


def appeler(appel: Appel, porte: threading.Event | None = None) -> Any:
    """What the barrier answers, refusals by their code. `porte` keeps the action's transaction open until it is set."""

    def faire() -> dict[str, Any]:
        reponse = _prendre(appel)
        if porte is not None:
            porte.wait(10)
        return reponse

    try:
        if appel.demande is not None:
            return BARRIERE.action(appel.reference, {"quantite": appel.demande}, faire)
        return BARRIERE.compensation(
            appel.reference,
            defaire=_rendre,
            absente=lambda: RIEN,
            garder=(lambda reponse: {"garde": reponse["pris"]}) if appel.garder else None,
        )
    except (RefusMetier, Conflit, CleReutilisee) as refus:
        return refus.code


references = st.sampled_from(REFERENCES)
actions = st.builds(Appel, reference=references, demande=st.integers(1, 2), refuse=st.booleans())
compensations = st.builds(Appel, reference=references, garder=st.booleans())


class ModeleBarriere(RuleBasedStateMachine):
    """Two references, so that what one does cannot show at the other."""

    tableau: fautes.Tableau

    def __init__(self) -> None:
        super().__init__()
        sql("DELETE FROM barriere")
        sql("DELETE FROM temoin")
        sql("INSERT INTO temoin VALUES (0)")
        self.tableau.ecrire([])
        self.etats: dict[str, Etat | None] = dict.fromkeys(REFERENCES)
        self.total = 0

    def _appliquer(self, appel: Appel) -> Any:
        self.etats[appel.reference], reponse, effet = attendu(self.etats[appel.reference], appel)
        self.total += effet
        return reponse

    @rule(appel=actions | compensations)
    def un_appel(self, appel: Appel) -> None:
        assert appeler(appel) == self._appliquer(appel)

    @rule(appel=actions | compensations, point=st.sampled_from(AVANT))
    def un_appel_qui_meurt_avant_son_commit(self, appel: Appel, point: str) -> None:
        self.tableau.ecrire([fautes.Faute(point=point, genre="erreur")])
        try:
            reponse = appeler(appel)
        except fautes.FauteInjectee:
            pass  # nothing of it remains: the model does not move
        else:
            assert reponse == self._appliquer(appel)
        self.tableau.ecrire([])

    @rule(appel=actions | compensations, point=st.sampled_from(APRES))
    def un_appel_dont_la_reponse_se_perd(self, appel: Appel, point: str) -> None:
        self.tableau.ecrire([fautes.Faute(point=point, genre="erreur")])
        reponse = self._appliquer(appel)
        try:
            assert appeler(appel) == reponse
        except fautes.FauteInjectee:
            pass  # its effect is there, and its caller does not know
        self.tableau.ecrire([])

    @precondition(lambda self: None in self.etats.values())
    @rule(
        demande=st.integers(1, 2),
        meurt=st.booleans(),
        autres=st.lists(st.tuples(st.sampled_from([1, 2, None]), st.booleans(), st.booleans()), min_size=1, max_size=2),
    )
    def des_appels_rencontrent_une_transaction_ouverte(
        self, demande: int, meurt: bool, autres: list[tuple[int | None, bool, bool]]
    ) -> None:
        """They wait for it; then the outcome is that of some order in which they might have come."""
        reference = next(r for r, etat in self.etats.items() if etat is None)
        porte = threading.Event()
        if meurt:
            self.tableau.ecrire([fautes.Faute(point="barriere.avant_commit", genre="erreur")])
        premier = Appel(reference, demande)
        ouverte = Fil(lambda: appeler(premier, porte))
        attendre_que(lambda: sql("SELECT count(*) FROM pg_locks WHERE relation = 'temoin'::regclass "
                                 "AND mode = 'RowExclusiveLock'")[0][0] >= 1)  # fmt: skip
        suivants = [Appel(reference, d, refuse, garder) for d, refuse, garder in autres]
        fils = [Fil(lambda a=appel: appeler(a)) for appel in suivants]  # type: ignore[misc]
        attendre_que(lambda: attend_un_verrou(len(fils)))
        porte.set()
        if meurt:
            with pytest.raises(fautes.FauteInjectee):
                ouverte.resultat()
        else:
            assert ouverte.resultat() == self._appliquer(premier)
        self.tableau.ecrire([])
        obtenu = [fil.resultat() for fil in fils]
        self._choisir_l_ordre(reference, suivants, obtenu)

    def _choisir_l_ordre(self, reference: str, appels: list[Appel], obtenu: list[Any]) -> None:
        """Go on from an order of these calls that explains every answer and the total."""
        depart, reel = self.etats[reference], total()
        for ordre in itertools.permutations(range(len(appels))):
            etat, somme, reponses = depart, self.total, dict[int, Any]()
            for rang in ordre:
                etat, reponses[rang], effet = attendu(etat, appels[rang])
                somme += effet
            if somme == reel and all(reponses[rang] == reponse for rang, reponse in enumerate(obtenu)):
                self.etats[reference], self.total = etat, somme
                return
        raise AssertionError(f"no order of {appels} after {depart} explains {obtenu} and a total of {reel}")

    @invariant()
    def la_base_est_ce_que_dit_le_modele(self) -> None:
        assert total() == self.total
        assert {r: BARRIERE.etat(r) for r in REFERENCES} == {r: e and e.nom for r, e in self.etats.items()}


@pytest.fixture(autouse=True)
def tableau(tmp_path: Path) -> Iterator[None]:
    ModeleBarriere.tableau = fautes.activer(tmp_path / "fautes.json")
    yield
    fautes.desactiver()


def test_F1_F2_F3_F4_F6_F7_no_story_of_calls_breaks_the_barrier() -> None:
    run_state_machine_as_test(ModeleBarriere, settings=reglages(0.12))  # type: ignore[no-untyped-call]


def _decider_avant_de_dedupliquer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The action runs before its reference is looked for."""
    origine = Barriere.action

    def action(self: Barriere, reference: str, demande: object, faire: Any) -> Any:
        reponse = faire()
        return origine(self, reference, demande, lambda: reponse)

    monkeypatch.setattr(Barriere, "action", action)


def _compensation_sans_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compensation of what was never done is not recorded."""
    origine = Barriere.compensation

    def compensation(self: Barriere, reference: str, **options: Any) -> Any:
        return origine(self, reference, **options) if self.etat(reference) else options["absente"]()

    monkeypatch.setattr(Barriere, "compensation", compensation)


def _compensation_repetee(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeated compensation undoes again."""
    origine = Barriere.compensation

    def compensation(self: Barriere, reference: str, **options: Any) -> Any:
        reponse = origine(self, reference, **options)
        if self.etat(reference) == "COMPENSEE":
            options["defaire"]({"pris": reponse["rendu"]})
        return reponse

    monkeypatch.setattr(Barriere, "compensation", compensation)


@pytest.mark.parametrize("defaut", [_decider_avant_de_dedupliquer, _compensation_sans_trace, _compensation_repetee])
def test_the_model_sees_a_planted_defect(defaut: object, monkeypatch: pytest.MonkeyPatch) -> None:
    defaut(monkeypatch)  # type: ignore[operator]
    with pytest.raises(AssertionError):
        run_state_machine_as_test(ModeleBarriere, settings=sans_reduction(reglages(0.12)))  # type: ignore[no-untyped-call]
