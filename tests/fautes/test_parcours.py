"""Every declared fault point, crashed for real: SIGKILL at that point, of a process of a running platform, in each
style, with success and with compensation. Then the invariants must hold.

The whole walk is `./labo test fautes` (some half hour); `-m "not long"` is the sample of the short suite.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from socle import points
from socle.fautes import Faute
from tests.architecture.regles import RACINE
from tests.architecture.test_points import code, declares
from tests.commun.monde import Monde, attendre
from tests.fautes.interrupteurs import Interrupteurs
from tests.fautes.scenarios import GROUPES, SCENARIOS, crash
from tests.fautes.table import AILLEURS, BRUIT, CAS, ECHANTILLON, ECHANTILLON_DOUBLE, EN_ENTIER, ETAPES, TABLE, Cas

DOUBLES = [cas for cas in CAS if cas.scenario in EN_ENTIER and getattr(points.trouver(cas.point), "double", False)]


def tous_les_points() -> set[str]:
    """Every name of the catalogue, families by all their values."""
    noms = set()
    for nom in declares(code()):
        if "{etape}" in nom:
            valeurs = ETAPES[2:] if "compensation" in nom else ETAPES
            noms |= {nom.replace("{etape}", etape) for etape in valeurs}
        elif "{groupe}" in nom:
            noms |= {nom.replace("{groupe}", groupe) for groupe in GROUPES.values()}
        else:
            noms.add(nom)
    return noms


@pytest.fixture
def interrupteurs(monde: Monde) -> Iterator[Interrupteurs]:
    """All off before and after."""
    interrupteurs = Interrupteurs(monde.plateforme)
    interrupteurs.eteindre()
    yield interrupteurs
    interrupteurs.eteindre()


def test_every_declared_point_is_walked_or_crashed_by_a_test_that_says_so() -> None:
    assert tous_les_points() == {cas.point for cas in CAS} | set(AILLEURS)
    for point, (fichier, debut) in AILLEURS.items():
        texte = (RACINE / fichier).read_text()
        assert f"def {debut}" in texte
        assert point in texte, f"{fichier} does not crash at {point}"


def test_the_sample_is_part_of_the_walk() -> None:
    assert set(CAS) >= ECHANTILLON
    assert set(DOUBLES) >= ECHANTILLON_DOUBLE


@pytest.mark.long
@pytest.mark.parametrize("nom", EN_ENTIER)
def test_the_table_lists_every_point_a_story_comes_by(nom: str, monde: Monde, interrupteurs: Interrupteurs) -> None:
    """All points armed with a pause of nothing: those that are spent were met."""
    scenario = SCENARIOS[nom]
    histoire = scenario.installer(monde)
    tous = tous_les_points()
    muettes = [Faute(point=point, genre="delai") for point in tous]
    interrupteurs.armer({p: [*muettes, *scenario.fautes.get(p, ())] for p in interrupteurs.porteurs()})
    scenario.jouer(histoire)
    scenario.verifier(histoire)
    prevus = {porteur: set(siens) for porteur, siens in TABLE[nom].items()}
    delaissees = {point for siens in scenario.fautes.values() for point in (f.point for f in siens)}

    def manques() -> dict[str, set[str]]:
        return {p: siens - interrupteurs.tires(p, siens) - delaissees for p, siens in prevus.items()}

    attendre(lambda: not any(manques().values()), f"tous les points de {nom}", 20)
    for porteur in interrupteurs.porteurs():
        en_plus = interrupteurs.tires(porteur, tous) - prevus.get(porteur, set()) - delaissees
        assert {p for p in en_plus if not any(p.startswith(bruit) for bruit in BRUIT)} == set(), porteur


@pytest.mark.parametrize(
    "cas", [pytest.param(c, id=c.nom, marks=() if c in ECHANTILLON else pytest.mark.long) for c in CAS]
)
def test_F11_F26_F31_a_crash_at_any_point_leaves_one_sale_or_nothing(
    cas: Cas, monde: Monde, interrupteurs: Interrupteurs
) -> None:
    scenario = SCENARIOS[cas.scenario]
    histoire = scenario.installer(monde)
    interrupteurs.armer(scenario.fautes)
    interrupteurs.armer({cas.porteur: [*scenario.fautes.get(cas.porteur, ()), crash(cas.point)]})
    scenario.jouer(histoire)
    attendre(lambda: bool(interrupteurs.tires(cas.porteur, [cas.point])), f"{cas.point} atteint chez {cas.porteur}", 30)
    scenario.verifier(histoire)


@pytest.mark.parametrize(
    "cas", [pytest.param(c, id=c.nom, marks=() if c in ECHANTILLON_DOUBLE else pytest.mark.long) for c in DOUBLES]
)
def test_F1_F22_F26_an_effect_that_is_done_twice_is_one_effect(
    cas: Cas, monde: Monde, interrupteurs: Interrupteurs
) -> None:
    """Called, published or reacted to twice in a row, under the same key or identifier."""
    scenario = SCENARIOS[cas.scenario]
    histoire = scenario.installer(monde)
    interrupteurs.armer(scenario.fautes)
    double = Faute(point=cas.point, genre="double")
    interrupteurs.armer({cas.porteur: [*scenario.fautes.get(cas.porteur, ()), double]})
    scenario.jouer(histoire)
    attendre(lambda: bool(interrupteurs.tires(cas.porteur, [cas.point])), f"{cas.point} atteint chez {cas.porteur}", 30)
    scenario.verifier(histoire)


def test_I5_after_the_crashes_the_history_verifies_and_nothing_waits(monde: Monde) -> None:
    reponse = monde.exiger("GET", "/api/event-store/integrity")
    assert (reponse["integre"], reponse["ruptures"], reponse["tetes_fausses"]) == (True, [], [])
    for service in ("ecommerce", "saga", "workers"):
        retard = "SELECT 1 FROM outbox WHERE publie_le IS NULL LIMIT 1"
        attendre(lambda s=service, r=retard: not monde.sql(s, r), f"outbox de {service} vide", 20)  # type: ignore[misc]


def test_a_family_has_no_value_that_no_program_knows(monde: Monde) -> None:
    etapes = [etape["nom"] for etape in monde.exiger("GET", "/api/saga/info/")["etapes"]]
    assert tuple(etapes) == ETAPES
    assert all(points.trouver(f"reaction.avant.{groupe}") for groupe in GROUPES.values())
