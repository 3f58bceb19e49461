"""Several members of one group: order per key, scaling out and in, members that die."""

from __future__ import annotations

import threading
import time
import uuid
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import replace

from socle.evenements import inbox, outbox
from socle.evenements.enveloppe import Evenement, suite
from socle.evenements.outbox import Relais
from socle.evenements.reactions import AReessayer, Table
from tests.evenements.conftest import RAPIDE, Banc, attendre

PATIENT = replace(RAPIDE, reclamation_s=60)


class Lent:
    """A handler that stays in its first event until told."""

    def __init__(self) -> None:
        self.dedans, self.sortir = threading.Event(), threading.Event()
        self.echouer = False

    def table(self) -> Table:
        table = Table(groupe="g")

        @table.reaction("Fait")
        def reagir(evenement: Evenement) -> list[Evenement]:
            self.dedans.set()
            assert self.sortir.wait(10)
            if self.echouer:
                raise ValueError("poison")
            return []

        return table


def test_F35_an_event_waits_for_the_one_of_its_key_that_another_member_works_on(banc: Banc) -> None:
    lent, vus = Lent(), []
    vif = Table(groupe="g")
    vif.reaction("Fait")(lambda e: vus.append((e.cle, e.payload["n"], lent.sortir.is_set())) or [])
    cle, autre = str(uuid.uuid4()), str(uuid.uuid4())
    banc.publier(banc.evenement(cle=cle, n=0))
    with banc.membre(lent.table(), "lent", replace(PATIENT, retenues_max=1)):
        assert lent.dedans.wait(5)
        with banc.membre(vif, "vif", PATIENT):
            banc.publier(banc.evenement(cle=cle, n=1), banc.evenement(cle=cle, n=2), banc.evenement(cle=autre, n=9))
            attendre(lambda: vus == [(autre, 9, False)], "the other key flows")
            attendre(lambda: banc.en_attente() == 3)
            lent.sortir.set()
            attendre(lambda: len(vus) == 3)
    assert vus[1:] == [(cle, 1, True), (cle, 2, True)]


def test_F32_a_dead_letter_of_one_member_holds_back_its_key_at_the_others(banc: Banc) -> None:
    lent, vus = Lent(), []
    lent.echouer = True
    vif = Table(groupe="g")
    vif.reaction("Fait")(lambda e: vus.append(e.payload["n"]) or [])
    cle = str(uuid.uuid4())
    banc.publier(banc.evenement(cle=cle, n=0))
    with banc.membre(lent.table(), "lent", replace(PATIENT, retenues_max=1, essais_max=1)):
        assert lent.dedans.wait(5)
        with banc.membre(vif, "vif", PATIENT):
            banc.publier(banc.evenement(cle=cle, n=1), banc.evenement(n=9))
            attendre(lambda: vus == [9])
            lent.sortir.set()
            attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes") == [(2,)])
            attendre(lambda: banc.en_attente() == 0)
    assert vus == [9]


def test_F34_members_come_and_go_and_each_event_takes_effect_once_in_order(banc: Banc) -> None:
    vus: dict[str, list[int]] = defaultdict(list)
    verrou = threading.Lock()

    def table() -> Table:
        table = Table(groupe="g")

        @table.reaction("Fait")
        def reagir(evenement: Evenement) -> list[Evenement]:
            with verrou:
                vus[evenement.cle].append(int(evenement.payload["n"]))
            return []

        return table

    cles = [str(uuid.uuid4()) for _ in range(12)]
    evenements = [banc.evenement(cle=cle, n=n) for n in range(24) for cle in cles]
    reglages = replace(PATIENT, lot=5, en_vol=3)
    with ExitStack() as membres, banc.membre(table(), "m0", reglages):
        for rang in range(1, 4):
            membres.enter_context(banc.membre(table(), f"m{rang}", reglages))
            banc.publier(*evenements[72 * (rang - 1) : 72 * rang])
        membres.close()  # three of the four leave in the middle
        banc.publier(*evenements[216:])
        attendre(lambda: sum(map(len, vus.values())) >= len(evenements), delai_s=15)
        attendre(lambda: banc.en_attente() == 0)
    assert dict(vus) == {cle: list(range(24)) for cle in cles}


def test_F34_a_member_that_leaves_gives_back_at_once_what_it_had_not_begun(banc: Banc) -> None:
    """Not after the claim time, which is a minute here."""
    refuse = Table(groupe="g")

    @refuse.reaction("Fait")
    def attendre_en_vain(evenement: Evenement) -> list[Evenement]:
        raise AReessayer("voisin")

    vus: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    banc.publier(*[banc.evenement() for _ in range(5)])
    with banc.membre(refuse, "part", PATIENT):
        attendre(lambda: banc.en_attente() == 5)
    with banc.membre(table, "reste", PATIENT):
        attendre(lambda: len(vus) == 5, delai_s=4)


def test_F32_what_a_member_died_of_twice_is_tried_alone_and_counted_before(banc: Banc) -> None:
    """Its neighbours of those days are innocent: each gets its turn, and takes effect."""
    banc.laisser(*[banc.evenement(n=n) for n in range(4)], membre="m1", livraisons=2)
    banc.publier(*[banc.evenement(n=9) for _ in range(4)])
    ensemble, plus, comptes = set(), [], []
    verrou = threading.Lock()
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        with verrou:
            ensemble.add(evenement.id)
            plus.append((evenement.payload["n"], len(ensemble)))
        if evenement.payload["n"] != 9:
            lignes = banc.redis.xpending_range(banc.flux, "g", "-", "+", 10)
            comptes.append(sorted(ligne["times_delivered"] for ligne in lignes if ligne["times_delivered"] > 2))
        with verrou:
            ensemble.discard(evenement.id)
        return []

    with banc.membre(table, "m1", replace(RAPIDE, essais_max=5)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(8,)])
    assert [nombre for n, nombre in plus if n != 9] == [1, 1, 1, 1]
    assert comptes[0] == [3]
    assert banc.sql("SELECT count(*) FROM lettres_mortes") == [(0,)]


def test_F32_an_event_that_members_keep_dying_of_becomes_a_dead_letter(banc: Banc) -> None:
    banc.laisser(banc.evenement(n=0), membre="m1", livraisons=RAPIDE.essais_max)
    banc.publier(banc.evenement(n=1))
    vus: list[int] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(e.payload["n"]) or [])
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes") == [(1,)])
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert vus == [1]
    assert banc.sql("SELECT cause FROM lettres_mortes") == [("livré 3 fois sans aboutir",)]


def test_an_event_that_waits_for_its_neighbour_through_many_restarts_stays_innocent(banc: Banc) -> None:
    banc.laisser(banc.evenement(), membre="m1")
    essais: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        essais.append(1)
        if len(essais) <= RAPIDE.essais_max + 2:
            raise AReessayer("voisin")
        return []

    une_fois = replace(RAPIDE, attente_min_s=30, attente_max_s=60)
    for fois in range(1, RAPIDE.essais_max + 3):
        with banc.membre(table, "m1", une_fois):
            attendre(lambda fois=fois: len(essais) == fois)
    with banc.membre(table, "m1"):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert banc.sql("SELECT count(*) FROM lettres_mortes") == [(0,)]


def test_F31_a_slow_handler_keeps_its_entry_longer_than_the_claim_time(banc: Banc) -> None:
    """Nobody takes over what a living member holds: the other one's handler never runs."""
    lent, vus = Lent(), []
    vif = Table(groupe="g")
    vif.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    banc.publier(banc.evenement())
    with banc.membre(lent.table(), "lent", replace(RAPIDE, reclamation_s=2 * RAPIDE.reclamation_s)):
        assert lent.dedans.wait(5)
        debut = time.monotonic()
        with banc.membre(vif, "vif"):
            attendre(lambda: time.monotonic() - debut > 2.5 * RAPIDE.reclamation_s)
            assert banc.redis.xpending(banc.flux, "g")["consumers"] == [{"name": "lent", "pending": 1}]
            lent.sortir.set()
            attendre(lambda: banc.en_attente() == 0)
    assert vus == []


def test_F26_what_a_dead_member_left_unpublished_goes_out_before_what_follows_it(banc: Banc) -> None:
    """No relay runs: the member that finds the event done publishes its consequence before the next one's."""
    assert Relais(banc.base(), banc.bus, groupes=[]).balayer() == 0  # notes which Redis it is
    premier, second = banc.evenement(cle="k", n=1), banc.evenement(cle="k", n=2)
    banc.laisser(premier, membre="m1")
    oubliee = suite(premier, "Suite", {"checkout_id": "k", "n": 1}, source="t")
    base = banc.base()
    with base.transaction() as curseur:
        inbox.inscrire(curseur, "g", [str(premier.id)])
        outbox.deposer(curseur, banc.flux, [oubliee])
    base.fermer()
    banc.publier(second)
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: [suite(e, "Suite", {"checkout_id": "k", "n": e.payload["n"]}, source="t")])
    with banc.membre(table):
        attendre(lambda: len(banc.publies()) == 4)
        attendre(lambda: banc.en_attente() == 0)
        consequence = suite(second, "Suite", {"checkout_id": "k"}, source="t")
        assert banc.publies() == [str(premier.id), str(second.id), str(oubliee.id), str(consequence.id)]
    assert banc.sql("SELECT count(*) FROM outbox WHERE publie_le IS NULL") == [(0,)]
