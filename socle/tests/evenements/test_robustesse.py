"""What a member must survive: hostile entries, data a database refuses, outages, waiting without spinning."""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import replace

import psycopg2
import pytest
import redis

from socle import fautes
from socle.erreurs import Indisponible
from socle.evenements import lettres_mortes
from socle.evenements.consommateur import Consommateur
from socle.evenements.enveloppe import Evenement, suite
from socle.evenements.outbox import Relais
from socle.evenements.reactions import ADifferer, AReessayer, Table
from socle.tests.concurrence import laisser_passer
from tests.evenements.conftest import RAPIDE, Banc, attendre


def compteur(vus: list[str]) -> Table:
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    return table


def lettres(banc: Banc) -> list[tuple]:
    return banc.sql("SELECT etat, cause FROM lettres_mortes ORDER BY rang")


@pytest.mark.parametrize(
    "champs",
    [
        {"type": b"Fait", "source": b"a\x00b", "payload": b'{"checkout_id":"k"}', "ts": b"1"},
        {"type": b"Fait", "payload": b'{"checkout_id":"\xff\xfe"}', "ts": b"1"},
        {"type": b"Fait", "payload": b'{"checkout_id":"' + b"k" * 5000 + b'"}', "ts": b"1"},
        {"type": b"Fait", "payload": b"[" * 5000, "ts": b"1"},
        {b"\xff\x00": b"\x00\xff"},
    ],
    ids=["nul", "not-utf8", "long-key", "deep", "noise"],
)
def test_F32_a_hostile_entry_is_recorded_and_the_others_flow(banc: Banc, champs: dict[str, bytes]) -> None:
    banc.redis.xadd(banc.flux, champs)
    banc.publier(banc.evenement())
    vus: list[str] = []
    with banc.membre(compteur(vus)):
        attendre(lambda: len(vus) == 1)
        attendre(lambda: len(lettres(banc)) == 1)
        attendre(lambda: banc.en_attente() == 0)
    assert lettres(banc)[0][1].startswith("illisible : ")


def test_F32_a_consequence_that_cannot_be_written_condemns_its_event_alone(banc: Banc) -> None:
    """All three finish in one batch: the other two are committed."""
    ensemble = threading.Barrier(3)
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        ensemble.wait(5)
        x = float("nan") if evenement.payload["n"] == 1 else 1.0
        return [suite(evenement, "Suite", {"checkout_id": evenement.cle, "x": x}, source="t")]

    banc.publier(*[banc.evenement(n=n) for n in range(3)])
    with banc.membre(table, reglages=replace(RAPIDE, linger_s=0.1)):
        attendre(lambda: len(lettres(banc)) == 1)
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(2,)])
        attendre(lambda: banc.en_attente() == 0)
    assert lettres(banc)[0][1].startswith("ValueError: ")
    assert banc.sql("SELECT count(*) FROM outbox") == [(2,)]


def test_F32_a_payload_that_only_the_reaction_reads_condemns_its_event_alone(banc: Banc) -> None:
    vus: list[int] = []

    def lot(evenements: list[Evenement]) -> None:
        vus.extend([int(evenement.payload["n"]) for evenement in evenements])

    banc.redis.xadd(banc.flux, {**banc.evenement(cle="k", n=0).champs(), "payload": "{"})
    banc.publier(banc.evenement(n=1), banc.evenement(n=2))
    with banc.membre(Table(groupe="g", par_lot=lot, corps=False)):
        attendre(lambda: len(lettres(banc)) == 1)
        attendre(lambda: banc.en_attente() == 0)
    assert vus == [1, 2]
    assert lettres(banc)[0][1].startswith("EvenementIllisible: ")


def _par_django() -> Exception:
    """As Django wraps the driver's error."""
    try:
        try:
            raise psycopg2.OperationalError("server closed the connection")
        except psycopg2.OperationalError as cause:
            raise RuntimeError("django.db.OperationalError") from cause
    except RuntimeError as erreur:
        return erreur


@pytest.mark.parametrize(
    "panne",
    [
        psycopg2.OperationalError("x"),
        psycopg2.errors.ReadOnlySqlTransaction("x"),
        redis.ConnectionError("x"),
        Indisponible("x"),
        _par_django(),
    ],
    ids=["postgresql", "F42-read-only", "redis", "service", "django"],
)
def test_a_reaction_whose_neighbour_is_down_waits_whoever_says_so(banc: Banc, panne: Exception) -> None:
    essais: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        essais.append(1)
        if len(essais) < RAPIDE.essais_max + 3:
            raise panne
        return []

    banc.publier(banc.evenement())
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert lettres(banc) == []


def test_F35_an_event_before_what_it_needs_lets_the_next_of_its_key_go_first(banc: Banc) -> None:
    vus: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        n = int(evenement.payload["n"])
        if n > len(vus):
            raise ADifferer(f"{n} avant {len(vus)}")
        vus.append(n)
        return []

    banc.publier(*[banc.evenement(cle="k", n=n) for n in (2, 1, 0)])
    with banc.membre(table, reglages=replace(RAPIDE, patience_s=30)):
        attendre(lambda: vus == [0, 1, 2])
    assert lettres(banc) == []


def test_F35_what_never_comes_is_not_awaited_for_ever(banc: Banc) -> None:
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        raise ADifferer("le début manque")

    banc.publier(banc.evenement())
    with banc.membre(table, reglages=replace(RAPIDE, patience_s=0.3)):
        attendre(lambda: lettres(banc) == [("en_attente", "attendu en vain : le début manque")])


def test_a_duplicate_of_a_dead_event_leaves_its_letter_and_its_redrive_as_they_are(banc: Banc) -> None:
    evenement = banc.evenement()
    malade = True
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        if malade:
            raise ValueError("poison")
        return []

    banc.publier(evenement)
    with banc.membre(table):
        attendre(lambda: len(lettres(banc)) == 1)
    banc.sql("UPDATE lettres_mortes SET etat = 'relancee', checkout_id = checkout_id")
    banc.publier(evenement)
    base = banc.base()
    with base.transaction() as curseur:  # before anybody redrives it
        lettre = lettres_mortes.LettreMorte(
            groupe="g", stream=banc.flux, event_id=str(evenement.id), type="Fait", cle=evenement.cle, position="",
            cause=lettres_mortes.DERRIERE, essais=0, evenement=evenement.champs(),
        )  # fmt: skip
        lettres_mortes.deposer(curseur, [lettre])
    base.fermer()
    assert lettres(banc) == [("relancee", "ValueError: poison")]
    malade = False
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
        attendre(lambda: banc.en_attente() == 0)
    assert lettres(banc) == [("traitee", "ValueError: poison")]


def test_F32_an_event_that_was_given_up_is_ignored_when_it_comes_again_and_its_key_flows(banc: Banc) -> None:
    perdu, suivant = banc.evenement(cle="k", n=0), banc.evenement(cle="k", n=1)
    vus: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        if evenement.payload["n"] == 0 and not vus:
            raise ValueError("poison")
        vus.append(int(evenement.payload["n"]))
        return []

    banc.publier(perdu)
    with banc.membre(table):
        attendre(lambda: len(lettres(banc)) == 1)
        base = banc.base()
        with base.transaction() as curseur:
            ((identifiant,),) = banc.sql("SELECT id::text FROM lettres_mortes")
            assert lettres_mortes.abandonner(curseur, identifiant, "essai")
        base.fermer()
        banc.publier(suivant, perdu)
        attendre(lambda: vus == [1])
        attendre(lambda: banc.en_attente() == 0)
    assert vus == [1]
    assert lettres(banc) == [("abandonnee", "ValueError: poison")]


def test_a_redriven_letter_that_nobody_can_read_waits_again_and_holds_no_other_back(banc: Banc) -> None:
    derniere = [banc.redis.xadd(banc.flux, {"bruit": "x"}) for _ in range(2)][1]
    with banc.membre(compteur([])):
        attendre(lambda: len(lettres(banc)) == 2)
        banc.sql("UPDATE lettres_mortes SET etat = 'relancee', cause = '' WHERE position_stream = %s", derniere)
        attendre(lambda: [etat for etat, cause in lettres(banc) if cause] == ["en_attente"] * 2)


def test_an_attempt_that_was_forgotten_keeps_its_key_busy_until_it_ends(banc: Banc) -> None:
    """Redis fails under the loop while a handler runs: its event is delivered again, and not run beside itself."""
    dedans, sortir = threading.Event(), threading.Event()
    ensemble, plus = [], []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        ensemble.append(1)
        plus.append(len(ensemble))
        dedans.set()
        assert sortir.wait(10)
        ensemble.pop()
        return [suite(evenement, "Suite", {"checkout_id": evenement.cle}, source="t")]

    banc.publier(banc.evenement(cle="k"))
    vrai, coupures = banc.bus.lire, []

    def lire(*args, **kwargs):
        if dedans.is_set() and len(coupures) < 2:
            coupures.append(1)
            raise redis.ConnectionError("cut")
        return vrai(*args, **kwargs)

    banc.bus.lire = lire
    with banc.membre(table):
        attendre(lambda: len(coupures) == 2)
        banc.publier(banc.evenement(cle="autre"))
        attendre(lambda: len(plus) == 2, "the other key flows meanwhile")
        sortir.set()
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(2,)])
    assert sorted(plus)[-1] == 2
    assert banc.sql("SELECT count(*) FROM outbox") == [(2,)]


def _appels(banc: Banc) -> int:
    return sum(int(ligne["calls"]) for ligne in banc.redis.info("commandstats").values())


@pytest.mark.parametrize("par_lot", [False, True], ids=["one-by-one", "in-batches"])
def test_a_member_full_of_events_that_wait_does_not_spin(banc: Banc, par_lot: bool) -> None:
    def en_panne(_: object) -> list[Evenement]:
        raise AReessayer("voisin")

    table = Table(groupe="g", par_lot=en_panne if par_lot else None)
    table.reaction("Fait")(en_panne)
    calme = replace(RAPIDE, retenues_max=20, lot=10, attente_min_s=4, attente_max_s=4, reclamation_s=60)
    banc.publier(*[banc.evenement() for _ in range(50)])
    with banc.membre(table, reglages=calme):
        attendre(lambda: banc.en_attente() >= 20)
        laisser_passer(0.3)
        debut, charge = _appels(banc), time.process_time()
        laisser_passer(1.0)
        assert _appels(banc) - debut < 40
        assert time.process_time() - charge < 0.3
        assert banc.en_attente() == 20


def test_the_pause_between_attempts_grows_and_is_bounded(banc: Banc) -> None:
    reglages = replace(RAPIDE, attente_min_s=0.1, attente_max_s=5.0)
    membre = Consommateur(Table(groupe="g"), base=banc.base(), bus=banc.bus, nom="m", reglages=reglages)

    def pauses(age_s: float) -> list[float]:
        return [membre._recul(time.monotonic() - age_s) - time.monotonic() for _ in range(200)]

    for age_s, plafond_s in ((0.0, 0.1), (1.0, 1.0), (60.0, 5.0)):
        assert all(0.04 < pause <= plafond_s + 0.01 for pause in pauses(age_s))
        assert max(pauses(age_s)) > 0.8 * plafond_s
        assert min(pauses(age_s)) < 0.3 * plafond_s + 0.05, "full jitter"


def test_in_batches_what_could_not_be_taken_yet_holds_back_its_key_alone(banc: Banc) -> None:
    pret = threading.Event()
    vus: list[int] = []

    def lot(evenements: list[Evenement]) -> set[uuid.UUID]:
        absents = {e.id for e in evenements if e.payload["n"] == 1 and not pret.is_set()}
        vus.extend(int(e.payload["n"]) for e in evenements if e.id not in absents)
        return absents

    cle = str(uuid.uuid4())
    banc.publier(*[banc.evenement(cle=cle, n=n) for n in range(3)], banc.evenement(n=7))
    with banc.membre(Table(groupe="g", par_lot=lot)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(2,)])
        attendre(lambda: banc.en_attente() == 2)
        pret.set()
        attendre(lambda: banc.en_attente() == 0)
    assert vus[-2:] == [1, 2] or vus[-1] == 2
    assert lettres(banc) == []


def test_F31_two_members_commit_one_batch_at_once_and_one_effect_remains(banc: Banc) -> None:
    """The second waits for the first one's open inbox row, then finds that the event is not its own."""
    evenement = banc.evenement()
    banc.publier(evenement)
    base = banc.base()
    vus: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(
        lambda e: vus.append("m") or [suite(e, "Suite", {"checkout_id": e.cle, "par": "m"}, source="m")]
    )
    with base.transaction() as curseur:
        curseur.execute("INSERT INTO inbox (groupe, event_id) VALUES ('g', %s)", [str(evenement.id)])
        with banc.membre(table) as membre:
            attendre(lambda: vus == ["m"])
            attendre(lambda: banc.sql("SELECT count(*) FROM pg_locks WHERE NOT granted") == [(1,)])
            curseur.connection.commit()
            attendre(lambda: banc.en_attente() == 0)
            membre.arreter()
    base.fermer()
    assert banc.sql("SELECT count(*) FROM outbox") == [(0,)]


def test_F31_a_fault_between_the_commit_and_the_multi_publishes_once_and_acknowledges(
    banc: Banc, tmp_path: object
) -> None:
    fautes.activer(f"{tmp_path}/fautes.json").ecrire([fautes.Faute(point="consommateur.avant_multi.g", genre="erreur")])
    appels: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(
        lambda e: appels.append(str(e.id)) or [suite(e, "Suite", {"checkout_id": e.cle}, source="t")]
    )
    evenement = banc.evenement()
    try:
        banc.publier(evenement)
        with banc.membre(table):
            attendre(lambda: len(banc.publies()) == 2)
            attendre(lambda: banc.en_attente() == 0)
    finally:
        fautes.desactiver()
    assert appels == [str(evenement.id)]
    assert banc.sql("SELECT count(*) FROM inbox") == [(1,)]


def test_F30_redis_replaced_right_after_the_multi_gets_the_consequence_again(banc: Banc) -> None:
    """The mark of an entry of the old Redis must not be made once the new one is known."""
    evenement = banc.evenement()
    consequence = suite(evenement, "Suite", {"checkout_id": evenement.cle}, source="t")
    table = Table(groupe="g")
    table.reaction("Fait")(lambda _: [consequence])
    vrai = banc.bus.publier_et_acquitter
    prudent = Relais(banc.base(), banc.bus, groupes=["g"], age_s=60)
    prudent.balayer()

    def publier_et_acquitter(*args):
        publiees = vrai(*args)
        banc.redis.delete(banc.flux, f"{banc.flux}:identite")
        prudent.balayer()  # notes the new Redis, leaves the row to the member
        return publiees

    banc.publier(evenement)
    banc.bus.publier_et_acquitter = publier_et_acquitter
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
        attendre(lambda: banc.en_attente() == 0, "the member has begun again")
    assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(1,)]
    assert Relais(banc.base(), banc.bus, groupes=["g"]).balayer() == 1
    assert banc.publies() == [str(consequence.id)]


def test_F32_a_letter_is_not_redriven_before_those_that_stand_before_it(banc: Banc) -> None:
    malade = True
    vus: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        if malade:
            raise ValueError("poison")
        vus.append(int(evenement.payload["n"]))
        return []

    premier, second = banc.evenement(cle="k", n=0), banc.evenement(cle="k", n=1)
    autre = banc.evenement(cle="autre", n=9)
    banc.publier(premier, second, autre)
    with banc.membre(table):
        attendre(lambda: len(lettres(banc)) == 3)
        malade = False
        banc.sql("UPDATE lettres_mortes SET etat = 'relancee' WHERE event_id <> %s", str(premier.id))
        attendre(lambda: vus == [9])
        banc.sql("UPDATE lettres_mortes SET etat = 'relancee' WHERE event_id = %s", str(premier.id))
        attendre(lambda: vus == [9, 0, 1])
    assert [etat for etat, _ in lettres(banc)] == ["traitee"] * 3
