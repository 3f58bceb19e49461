"""Consumers: one effect per event, order per key, dead letters that hold back their key alone."""

from __future__ import annotations

import itertools
import logging
import threading
import time
import uuid
from collections import defaultdict
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from socle.evenements import inbox, lettres_mortes, outbox
from socle.evenements.bus import Recue
from socle.evenements.consommateur import Reglages
from socle.evenements.enveloppe import Evenement, suite
from socle.evenements.reactions import AReessayer, Table
from socle.tests.concurrence import laisser_passer
from tests.evenements.conftest import RAPIDE, Banc, attendre


def test_events_published_before_the_group_exists_are_consumed(banc: Banc) -> None:
    vus: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    evenements = [banc.evenement() for _ in range(20)]
    banc.publier(*evenements)
    with banc.membre(table):
        attendre(lambda: len(vus) == 20)
    assert sorted(vus) == sorted(str(e.id) for e in evenements)


def test_F8_a_handler_that_fails_leaves_no_inbox_row_and_redelivery_processes_it(banc: Banc) -> None:
    essais: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def fragile(evenement: Evenement) -> list[Evenement]:
        essais.append(1)
        if len(essais) == 1:
            assert banc.sql("SELECT count(*) FROM inbox") == [(0,)]
            raise RuntimeError("once")
        return [suite(evenement, "Suite", {"checkout_id": evenement.cle}, source="t")]

    banc.publier(banc.evenement())
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert len(essais) == 2
    assert banc.sql("SELECT count(*) FROM outbox") == [(1,)]


def test_order_is_kept_per_key_while_keys_run_side_by_side(banc: Banc) -> None:
    vus: dict[str, list[int]] = defaultdict(list)
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus[e.cle].append(int(e.payload["n"])) or [])
    cles = [banc.evenement().cle for _ in range(10)]
    banc.publier(*[banc.evenement(cle=cle, n=n) for n in range(10) for cle in cles])
    with banc.membre(table):
        attendre(lambda: sum(map(len, vus.values())) == 100)
    assert all(vus[cle] == list(range(10)) for cle in cles)


def test_what_comes_within_the_cadence_makes_one_batch_and_the_first_after_a_silence_is_taken_at_once(
    banc: Banc,
) -> None:
    lots: list[list[int]] = []

    def lot(evenements: list[Evenement]) -> None:
        lots.append([int(evenement.payload["n"]) for evenement in evenements])
        if len(lots) == 1:
            for n in range(1, 6):
                banc.publier(banc.evenement(n=n))

    with banc.membre(Table(groupe="g", par_lot=lot), reglages=replace(RAPIDE, cadence_s=2.0)):
        banc.publier(banc.evenement(n=0))
        attendre(lambda: len(lots) == 1, "at once", 2.0)
        attendre(lambda: len(lots) == 2)
    assert lots == [[0], [1, 2, 3, 4, 5]]


def test_a_full_batch_is_followed_by_the_next_without_a_pause_and_a_pause_does_not_delay_the_end(banc: Banc) -> None:
    lots: list[int] = []
    banc.publier(*[banc.evenement() for _ in range(25)])
    table = Table(groupe="g", par_lot=lambda evenements: lots.append(len(evenements)))
    with banc.membre(table, reglages=replace(RAPIDE, lot=10, cadence_s=60.0)):
        attendre(lambda: banc.en_attente() == 0 and sum(lots) == 25)
    assert lots == [10, 10, 5]


def test_a_retry_does_not_wait_for_the_cadence(banc: Banc) -> None:
    essais: list[int] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        essais.append(1)
        if len(essais) == 1:
            raise AReessayer("voisin")
        return []

    banc.publier(banc.evenement())
    with banc.membre(table, reglages=replace(RAPIDE, cadence_s=60.0)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert len(essais) == 2


def test_a_group_whose_reads_are_vain_reads_less_often_until_one_is_not(banc: Banc) -> None:
    vus: list[str] = []
    lectures: list[float] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(e.cle) or [])
    vrai = banc.bus.lire

    def lire(*args: Any, **kwargs: Any) -> list[Recue]:
        recues = vrai(*args, **kwargs)
        if recues:
            lectures.append(time.monotonic())
        return recues

    banc.bus.lire = lire  # type: ignore[method-assign]
    with banc.membre(table, reglages=replace(RAPIDE, cadence_vaine_s=0.4)):
        for n in range(1, 12):
            banc.publier(banc.evenement("Ailleurs"))
            attendre(lambda n=n: len(lectures) == n)  # type: ignore[misc]
        banc.publier(banc.evenement(cle="k"))
        attendre(lambda: vus == ["k"])
        banc.publier(banc.evenement("Ailleurs"))
        attendre(lambda: len(lectures) == 13)
    pauses = [apres - avant for avant, apres in itertools.pairwise(lectures)]
    assert all(pause >= 0.4 for pause in pauses[8:11])
    assert min(pauses[:8] + pauses[11:]) < 0.4


def test_an_event_rests_before_a_group_that_needs_another_one_tries_it(banc: Banc) -> None:
    instants: list[float] = []
    table = Table(groupe="g", par_lot=lambda _: instants.append(time.monotonic()))
    with banc.membre(table, reglages=replace(RAPIDE, delai_s=0.5)):
        publie = time.monotonic()
        banc.publier(*[banc.evenement() for _ in range(3)])
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(3,)])
    assert len(instants) == 1
    assert instants[0] - publie >= 0.5


def test_what_a_batch_could_not_take_yet_is_tried_again_together(banc: Banc) -> None:
    lots: list[int] = []

    def lot(evenements: list[Evenement]) -> set[UUID]:
        lots.append(len(evenements))
        return {evenement.id for evenement in evenements} if len(lots) < 3 else set()

    banc.publier(*[banc.evenement() for _ in range(10)])
    with banc.membre(Table(groupe="g", par_lot=lot)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(10,)])
    assert lots == [10, 10, 10]


def test_what_the_filter_refuses_is_acknowledged_unread(banc: Banc) -> None:
    vus: list[str] = []
    table = Table(groupe="g", filtre=lambda champs: champs["source"] != "ailleurs")
    table.reaction("Fait")(lambda e: vus.append(e.cle) or [])
    banc.publier(replace(banc.evenement(), source="ailleurs"), banc.evenement(cle="k"))
    banc.redis.xadd(banc.flux, {"type": "Fait", "source": "ailleurs", "payload": "{", "ts": "1"})
    with banc.membre(table):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
        attendre(lambda: banc.en_attente() == 0)
    assert vus == ["k"]
    assert banc.sql("SELECT count(*) FROM lettres_mortes") == [(0,)]


def test_F32_in_a_batch_what_failed_fails_alone_and_what_must_wait_waits_alone(banc: Banc) -> None:
    reussis: list[int] = []
    pannes = [1, 2]

    def lot(evenements: list[Evenement]) -> dict[UUID, Exception]:
        causes: dict[UUID, Exception] = {}
        for evenement in evenements:
            n = int(evenement.payload["n"])
            if n == 0:
                causes[evenement.id] = ValueError("poison")
            elif n == 1 and pannes:
                pannes.pop()
                causes[evenement.id] = AReessayer("voisin")
            else:
                reussis.append(n)
        return causes

    banc.publier(*[banc.evenement(n=n) for n in range(4)])
    with banc.membre(Table(groupe="g", par_lot=lot)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(3,)])
        attendre(lambda: banc.en_attente() == 0)
    assert reussis[:2] == [2, 3]
    assert reussis[2:] == [1]
    assert banc.sql("SELECT cause, essais FROM lettres_mortes") == [("ValueError: poison", RAPIDE.essais_max)]


def test_F31_a_batch_slower_than_the_claim_time_stays_with_its_member(banc: Banc) -> None:
    dedans, sortir = threading.Event(), threading.Event()
    appels: list[int] = []

    def lot(evenements: list[Evenement]) -> None:
        appels.append(len(evenements))
        dedans.set()
        assert sortir.wait(10)

    banc.publier(*[banc.evenement() for _ in range(3)])
    table = Table(groupe="g", par_lot=lot)
    with banc.membre(table, "m1"):
        assert dedans.wait(5)
        with banc.membre(table, "m2"):
            laisser_passer(3 * RAPIDE.reclamation_s)
            assert appels == [3]
            sortir.set()
            attendre(lambda: banc.en_attente() == 0)
    assert appels == [3]
    assert banc.sql("SELECT count(*) FROM inbox") == [(3,)]


def test_F32_a_poison_event_stops_only_its_own_key_and_redrive_is_ordered_and_harmless_twice(banc: Banc) -> None:
    vus: list[tuple[str, int]] = []
    poison = threading.Event()
    poison.set()
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        if evenement.payload["n"] == 0 and evenement.payload["malade"] and poison.is_set():
            raise ValueError("poison")
        vus.append((evenement.cle, int(evenement.payload["n"])))
        return []

    malade, sain = banc.evenement().cle, banc.evenement().cle
    for n in range(3):
        banc.publier(banc.evenement(cle=malade, n=n, malade=True), banc.evenement(cle=sain, n=n, malade=False))
    with banc.membre(table):
        attendre(lambda: len([v for v in vus if v[0] == sain]) == 3)
        attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes") == [(3,)])
        assert [v for v in vus if v[0] == malade] == []
        ((cause,),) = banc.sql("SELECT cause FROM lettres_mortes ORDER BY rang LIMIT 1")
        assert cause == "ValueError: poison"
        poison.clear()
        base = banc.base()
        ids = [ligne[0] for ligne in banc.sql("SELECT id::text FROM lettres_mortes ORDER BY rang DESC")]
        for identifiant in ids + ids:
            with base.transaction() as curseur:
                lettres_mortes.relancer(curseur, identifiant)
        base.fermer()
        attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes WHERE etat = 'traitee'") == [(3,)])
    assert [n for cle, n in vus if cle == malade] == [0, 1, 2]
    assert banc.en_attente() == 0


def test_a_neighbour_that_is_down_is_not_a_poison(banc: Banc) -> None:
    en_panne = threading.Event()
    en_panne.set()
    vus: list[str] = []
    table = Table(groupe="g")

    @table.reaction("Fait")
    def reagir(evenement: Evenement) -> list[Evenement]:
        vus.append(str(evenement.id))
        if en_panne.is_set():
            raise AReessayer("voisin")
        return []

    banc.publier(banc.evenement())
    with banc.membre(table):
        attendre(lambda: len(vus) > 6)
        en_panne.clear()
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
    assert banc.sql("SELECT count(*) FROM lettres_mortes") == [(0,)]


def test_F30_F33_redis_emptied_in_the_middle_loses_no_event(banc: Banc) -> None:
    vus: dict[str, set[str]] = {"g1": set(), "g2": set()}
    lent = threading.Event()
    tables = []
    for groupe in vus:
        table = Table(groupe=groupe)

        def reagir(evenement: Evenement, groupe: str = groupe) -> list[Evenement]:
            if groupe == "g2" and not lent.is_set():
                raise AReessayer("g2 est en retard")
            vus[groupe].add(str(evenement.id))
            return []

        table.reaction("Fait")(reagir)
        tables.append(table)
    evenements = [banc.evenement() for _ in range(30)]
    base = banc.base()
    with banc.membre(tables[0]), banc.membre(tables[1]), banc.relais(["g1", "g2"]):
        with base.transaction() as curseur:
            outbox.deposer(curseur, banc.flux, evenements[:20])
        attendre(lambda: len(vus["g1"]) == 20)
        banc.redis.delete(banc.flux, f"{banc.flux}:identite")
        with base.transaction() as curseur:
            outbox.deposer(curseur, banc.flux, evenements[20:])
        lent.set()
        attendre(lambda: len(vus["g2"]) == 30 and len(vus["g1"]) == 30, "all events in both groups", 15)
    base.fermer()
    assert vus["g1"] == vus["g2"] == {str(e.id) for e in evenements}
    assert banc.sql("SELECT groupe, count(*) FROM inbox GROUP BY 1 ORDER BY 1") == [("g1", 30), ("g2", 30)]


def test_F31_a_handler_slower_than_the_claim_time_has_one_effect(banc: Banc) -> None:
    """Both members run the handler (the first is frozen past the claim time): exactly one commits its outbox row."""
    entrees: list[str] = []
    degel = threading.Event()

    def table(nom: str) -> Table:
        table = Table(groupe="g")

        @table.reaction("Fait")
        def reagir(evenement: Evenement) -> list[Evenement]:
            entrees.append(nom)
            if nom == "gele":
                degel.wait(10)
            return [suite(evenement, "Suite", {"checkout_id": evenement.cle, "par": nom}, source=nom)]

        return table

    sourd = Reglages(reclamation_s=60)
    banc.publier(banc.evenement())
    with banc.membre(table("gele"), "gele", sourd):
        attendre(lambda: entrees == ["gele"])
        with banc.membre(table("vif"), "vif"):
            attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(1,)])
            degel.set()
            attendre(lambda: banc.en_attente() == 0)
    assert entrees == ["gele", "vif"]
    ((champs,),) = banc.sql("SELECT champs FROM outbox")
    assert '"source":"vif"' in champs


def test_F31_a_member_killed_between_effect_and_acknowledgement_has_one_effect(banc: Banc) -> None:
    """Commit without MULTI, as a SIGKILL between the two leaves it; the next member only acknowledges."""
    evenement = banc.evenement()
    banc.laisser(evenement, membre="mort")
    consequence = suite(evenement, "Suite", {"checkout_id": evenement.cle}, source="t")
    base = banc.base()
    with base.transaction() as curseur:
        inbox.inscrire(curseur, "g", [str(evenement.id)])
        outbox.deposer(curseur, banc.flux, [consequence])
    base.fermer()
    appels: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: appels.append(str(e.id)) or [])
    with banc.membre(table), banc.relais(["g"]):
        attendre(lambda: banc.en_attente() == 0)
        attendre(lambda: banc.redis.xlen(banc.flux) == 2)
    assert appels == []
    assert [champs["id"] for _, champs in banc.redis.xrange(banc.flux)] == [str(evenement.id), str(consequence.id)]


def test_F34_a_member_that_left_has_its_pending_entries_claimed(banc: Banc) -> None:
    banc.laisser(*[banc.evenement() for _ in range(10)], membre="parti")
    vus: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    with banc.membre(table):
        attendre(lambda: len(vus) == 10)
    assert len(set(vus)) == 10


def test_a_member_that_died_begins_with_what_it_left_pending(banc: Banc) -> None:
    """All of it, page after page, before anything new."""
    banc.laisser(*[banc.evenement(n=n) for n in range(7)], membre="m1")
    banc.publier(banc.evenement(n=7))
    vus: list[int] = []
    table = Table(groupe="g", par_lot=lambda lot: vus.extend(int(e.payload["n"]) for e in lot))
    with banc.membre(table, "m1", replace(RAPIDE, lot=2, reclamation_s=60)):
        attendre(lambda: len(vus) == 8)
    assert vus == [0, 1, 2, 3, 4, 5, 6, 7]


def test_an_unreadable_entry_is_a_dead_letter_and_others_flow(banc: Banc) -> None:
    banc.redis.xadd(banc.flux, {"n'importe": "quoi"})
    banc.publier(banc.evenement())
    vus: list[str] = []
    table = Table(groupe="g")
    table.reaction("Fait")(lambda e: vus.append(str(e.id)) or [])
    with banc.membre(table):
        attendre(lambda: len(vus) == 1)
        attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes") == [(1,)])
    assert banc.en_attente() == 0


def test_in_batches_one_poison_event_is_found_alone(banc: Banc) -> None:
    vus: list[int] = []

    def lot(evenements: list[Evenement]) -> None:
        if any(e.payload["n"] == 2 for e in evenements):
            raise ValueError("poison")
        vus.extend(int(e.payload["n"]) for e in evenements)

    banc.publier(*[banc.evenement(n=n) for n in range(5)])
    with banc.membre(Table(groupe="g", par_lot=lot)):
        attendre(lambda: banc.sql("SELECT count(*) FROM lettres_mortes") == [(1,)])
        attendre(lambda: len(vus) == 4)
    assert sorted(vus) == [0, 1, 3, 4]


def test_each_attempt_of_a_batch_is_one_line_that_names_its_checkouts_once(
    banc: Banc, caplog: pytest.LogCaptureFixture
) -> None:
    """I9: who looks for a checkout, or for its correlation id, finds what every group did with it."""
    caplog.set_level(logging.INFO, "socle.evenements.consommateur")
    essais: list[int] = []

    def lot(evenements: list[Evenement]) -> None:
        essais.append(len(evenements))
        if len(essais) == 1:
            raise AReessayer("voisin parti")

    premier, second = (str(uuid.uuid4()) for _ in range(2))
    evenements = [replace(banc.evenement(cle=cle), correlation_id=f"corr-{cle}") for cle in (premier, second, premier)]
    banc.publier(*evenements)
    with banc.membre(Table(groupe="g", par_lot=lot)):
        attendre(lambda: banc.sql("SELECT count(*) FROM inbox") == [(3,)])
    champs = ("message", "statut", "tentative", "lot", "cause", "groupe", "checkouts", "correlations")
    lignes = [vars(ligne) for ligne in caplog.records if ligne.message.startswith("lot")]
    communs = ("g", [premier, second], [f"corr-{premier}", f"corr-{second}"])
    assert [tuple(ligne[champ] for champ in champs) for ligne in lignes] == [
        ("lot attente", "attente", 1, 3, "voisin parti", *communs),
        ("lot succes", "succes", 2, 3, "", *communs),
    ]
    assert all(ligne["duree_ms"] >= 0 for ligne in lignes)


def test_an_event_that_ended_otherwise_than_its_batch_has_a_line_of_its_own(
    banc: Banc, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "socle.evenements.consommateur")
    refuse, passe = banc.evenement(), banc.evenement()
    banc.publier(refuse, passe)
    with banc.membre(Table(groupe="g", par_lot=lambda _: {refuse.id: ValueError("illisible")})):
        attendre(lambda: banc.sql("SELECT event_id::text FROM lettres_mortes") == [(refuse.identifiant,)])
    lignes = [vars(ligne) for ligne in caplog.records if ligne.message == "Fait panne"]
    assert [(ligne["checkout_id"], ligne["tentative"], ligne["cause"]) for ligne in lignes] == [
        (refuse.cle, tentative, "ValueError: illisible") for tentative in (1, 2, 3)
    ]
