"""Read models: live and rebuilt alike, one position with its rows, and their copy in Redis."""

import threading
import uuid
from decimal import Decimal
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from event_store.bootstrap import acces_proprietaire
from event_store.domain.checkout import EvenementLu, plier
from event_store.domain.evenements import TYPES, lire_lot
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.infrastructure.miroir import CLE, MARQUE, MiroirRedis
from event_store.infrastructure.projections import ProjectionsPostgres
from event_store.settings import Config
from local.processus import attendre
from tests.conftest import ajouter, evenement, interne, vider

CLIENTS = [str(uuid.UUID(int=rang)) for rang in (1, 2)]
CHECKOUTS = [str(uuid.UUID(int=rang)) for rang in (11, 12, 13)]
SOURCES = ["choreo-order", "saga-orchestrator"]


@pytest.fixture
def projections(base: Base) -> ProjectionsPostgres:
    return ProjectionsPostgres(base)


@pytest.fixture
def valkey(config: Config) -> Any:
    lien: Any = redis.Redis.from_url(config.redis_url, decode_responses=True)
    lien.flushdb()
    return lien


def contenu(projections: ProjectionsPostgres) -> tuple[Any, ...]:
    lignes, _ = projections.checkouts({}, depuis=None, debut=0, nombre=200)
    commandes = [projections.commandes_du_client(uuid.UUID(c)) for c in CLIENTS]
    return sorted(lignes, key=lambda ligne: ligne["checkout_id"]), commandes


def attendu(lus: list[EvenementLu]) -> tuple[Any, ...]:
    """The oracle: the pure fold of each checkout, and the orders counted where it says `succeeded`."""
    checkouts, commandes = [], []
    for identifiant in CHECKOUTS:
        siens = [e for e in lus if e.checkout_id == identifiant and e.connu]
        if siens:
            etat = plier(siens)
            champs = {nom: getattr(etat, nom) for nom in etat.__slots__}
            checkouts.append({"checkout_id": identifiant, **champs, "position": siens[-1].position})
    vus: set[str] = set()
    reussis = []
    for e in lus:
        if e.type in ("CheckoutSucceeded", "CheckoutFailed") and e.checkout_id not in vus:
            vus.add(str(e.checkout_id))
            if e.type == "CheckoutSucceeded":
                reussis.append(e)
    for client in CLIENTS:
        siens = [e for e in reussis if e.payload["client_id"] == client]
        commandes.append(
            {
                "client_id": client,
                "total_orders": len(siens),
                "last_order_id": siens[-1].payload["commande_id"],
                "last_checkout_id": siens[-1].checkout_id,
                "last_update_ts": siens[-1].ts,
            }
            if siens
            else None
        )
    return checkouts, commandes


tirages = st.lists(
    st.tuples(
        st.sampled_from([*TYPES, "CheckoutSucceeded", "CheckoutFailed", "CartMerged"]),
        st.sampled_from(range(3)),
        st.sampled_from(SOURCES),
        st.integers(0, 12),  # id: drawn from few, so that the same event comes again
    ),
    max_size=25,
)


@given(tirages, st.integers(1, 5), st.integers(1, 7))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_I6_live_and_rebuilt_are_the_fold_of_the_history(
    config: Config,
    base: Base,
    projections: ProjectionsPostgres,
    tirage: list[tuple[str, int, str, int]],
    pas_ajout: int,
    pas_pli: int,
) -> None:
    """F35, F37: any order, doubles, steps of any size; both ways of folding equal the pure fold."""
    vider(config)
    historique = HistoriquePostgres(base)
    evenements = [
        evenement(nom, CHECKOUTS[c], CLIENTS[c % 2], id=str(uuid.uuid5(uuid.UUID(int=numero), nom)), source=source,
                  ts=rang, commande_id=f"c{rang}", reason=f"r{rang}", magasin_id=f"m{rang}")
        for rang, (nom, c, source, numero) in enumerate(tirage)
    ]  # fmt: skip
    for debut in range(0, len(evenements), pas_ajout):
        historique.ajouter("s", lire_lot(evenements[debut : debut + pas_ajout]), None)
        projections.avancer("checkouts", pas_pli)
        projections.avancer("orders-by-client", pas_pli)
    for nom in ("checkouts", "orders-by-client"):
        while (etat := projections.avancer(nom, pas_pli)).position < etat.tete:
            pass
    voulu = attendu(historique.lire("s", apres=None, nom_type=None, ordre="asc", nombre=1000))
    assert contenu(projections) == voulu
    for nom in ("checkouts", "orders-by-client"):
        assert projections.reconstruire(nom)["differences"] == 0
    assert contenu(projections) == voulu
    assert historique.ruptures(1, historique.bornes().tete) == []


def test_orders_by_client_route(client: FlaskClient, projections: ProjectionsPostgres) -> None:
    checkout = str(uuid.uuid4())
    ajouter(client, evenement("CheckoutSucceeded", checkout, CLIENTS[0], ts="1763700000.5", commande_id="c-1"))
    reponse = client.get(f"/api/event-store/cqrs/orders-by-client/{CLIENTS[0]}")
    assert (reponse.status_code, reponse.json["total_orders"]) == (200, 0)
    assert client.get("/projections").json["projections"][1]["retard"] == 1
    avance = interne(client, "projections/orders-by-client/avancer").json
    assert [(p["position"], p["retard"]) for p in avance["projections"]] == [(1, 0)]
    assert client.get(f"/cqrs/orders-by-client/{CLIENTS[0]}/").json == {
        "client_id": CLIENTS[0],
        "total_orders": 1,
        "last_order_id": "c-1",
        "last_checkout_id": checkout,
        "last_update_ts": 1763700000.5,
    }
    assert interne(client, "projections/inconnue/avancer").status_code == 404
    assert interne(client, "projections/inconnue/rebuild").status_code == 404


def test_advance_is_bounded_and_goes_on(client: FlaskClient) -> None:
    ajouter(client, *(evenement("StockReleased", str(uuid.uuid4())) for _ in range(5)))
    for attendue in (2, 4, 5, 5):
        (etat,) = interne(client, "projections/checkouts/avancer", {"nombre": 2}).json["projections"]
        assert etat["position"] == attendue


def test_whoever_advances_learns_which_events_are_not_folded_yet(client: FlaskClient) -> None:
    """Folding is by position: an event not stored yet, or beyond the bound of this call, is absent."""
    lot = [evenement("StockReleased", str(uuid.uuid4())) for _ in range(3)]
    ids = [e["id"] for e in lot]

    def absents(**corps: object) -> set[str]:
        return set(interne(client, "projections/avancer", corps).json["absents"])

    ajouter(client, *lot[:2])
    assert absents(nombre=1, evenements=ids) == set(ids[1:])
    assert absents(evenements=ids) == set(ids[2:])
    ajouter(client, lot[2])
    assert absents(evenements=ids) == absents() == set()


@pytest.mark.parametrize("ids", ["x", ["x"], [3], [str(uuid.uuid4())] * 1001])
def test_the_events_waited_for_are_a_bounded_list_of_ids(client: FlaskClient, ids: object) -> None:
    reponse = interne(client, "projections/avancer", {"evenements": ids})
    assert (reponse.status_code, list(reponse.json["champs"])) == (400, ["evenements"])


def test_checkouts_route_filters_and_counts(client: FlaskClient) -> None:
    a, b = str(uuid.uuid4()), str(uuid.uuid4())
    ajouter(
        client,
        evenement("CheckoutFailed", a, CLIENTS[0], ts=10),
        evenement("CheckoutSucceeded", b, CLIENTS[1], ts=20, source="saga-orchestrator"),
    )
    interne(client, "projections/checkouts/avancer")
    tout = client.get("/cqrs/checkouts").json
    assert [c["checkout_id"] for c in tout["checkouts"]] == [b, a]
    assert (tout["total"], tout["par_statut"]) == (2, {"failed": 1, "succeeded": 1})
    for filtre, trouves in (
        ("statut=failed", [a]),
        ("style=orchestre", [b]),
        (f"client_id={CLIENTS[0]}", [a]),
        ("depuis=15", [b]),
        ("statut=initiated", []),
    ):
        assert [c["checkout_id"] for c in client.get(f"/cqrs/checkouts?{filtre}").json["checkouts"]] == trouves
    assert [c["checkout_id"] for c in client.get("/cqrs/checkouts?page=2&page_size=1").json["checkouts"]] == [a]
    assert client.get("/cqrs/checkouts?statut=x").status_code == 400


def test_the_list_tells_what_is_being_compensated_and_what_was(client: FlaskClient) -> None:
    en_cours, fait, ouvert = (str(uuid.uuid4()) for _ in range(3))
    ajouter(
        client,
        evenement("OrderCreationFailed", en_cours, ts=10),
        evenement("StockReleased", fait, ts=20),
        evenement("CheckoutFailed", fait, ts=21),
        evenement("StockReserved", ouvert, ts=30),
    )
    interne(client, "projections/checkouts/avancer")
    for filtre, trouves in (
        ("compensation=en_cours", [en_cours]),
        ("compensation=faite", [fait]),
        (f"ids={ouvert.upper()},{fait}", [ouvert, fait]),
        (f"ids={fait}&compensation=en_cours", []),
    ):
        assert [c["checkout_id"] for c in client.get(f"/cqrs/checkouts?{filtre}").json["checkouts"]] == trouves
    for faux in ("ids=1", "ids=", "compensation=peut-etre"):
        assert client.get(f"/cqrs/checkouts?{faux}").status_code == 400


def test_one_event_is_found_by_its_id(client: FlaskClient) -> None:
    checkout = str(uuid.uuid4())
    voulu = evenement("StockReserved", checkout, ts=30)
    ajouter(client, evenement("CheckoutInitiated", checkout, ts=29), voulu)
    lu = client.get(f"/events/{voulu['id']}").json
    assert (lu["id"], lu["type"], lu["checkout_id"], lu["position"]) == (voulu["id"], "StockReserved", checkout, 2)
    inconnu = client.get(f"/api/event-store/events/{uuid.uuid4()}")
    assert (inconnu.status_code, inconnu.json["code"]) == (404, "evenement_inconnu")


def test_I6_old_model_is_served_while_the_new_one_is_built(
    client: FlaskClient, app: Flask, config: Config, base: Base
) -> None:
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0]))
    interne(client, "projections/avancer")
    lien = acces_proprietaire(config).ouvrir()
    with lien.cursor() as curseur:
        # The rebuild stops at its first write into the new generation, for as long as we hold this lock.
        curseur.execute("BEGIN; LOCK TABLE mises_de_cote IN EXCLUSIVE MODE")
        fil = threading.Thread(target=lambda: interne(app.test_client(), "projections/orders-by-client/rebuild"))
        fil.start()
        attendre(lambda: _attend_un_verrou(base), 5, "la reconstruction attend")
        assert client.get(f"/cqrs/orders-by-client/{CLIENTS[0]}").json["total_orders"] == 1
        seconde = interne(client, "projections/orders-by-client/rebuild")
        assert (seconde.status_code, seconde.headers["Retry-After"]) == (409, "1")
        ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[1], CLIENTS[0]))
        curseur.execute("ROLLBACK")
    lien.close()
    fil.join()
    # What arrived meanwhile is in.
    assert client.get(f"/cqrs/orders-by-client/{CLIENTS[0]}").json["total_orders"] == 2


def _attend_un_verrou(base: Base) -> bool:
    with base.curseur() as curseur:
        curseur.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 'mises_de_cote'::regclass AND NOT granted)"
        )
        return bool((curseur.fetchone() or (False,))[0])


def _copie(valkey: Any, client_id: str) -> dict[str, str]:
    return {nom: texte for nom, texte in valkey.hgetall(CLE.format(client_id)).items() if nom[0] != "_"}


def test_F30_redis_copy_comes_back_after_flush(client: FlaskClient, valkey: Any) -> None:
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0], commande_id="c-1", ts=7))
    assert interne(client, "projections/avancer").json["miroir"] is True
    copie = {
        "client_id": CLIENTS[0], "total_orders": "1", "last_order_id": "c-1", "last_checkout_id": CHECKOUTS[0],
        "last_update_ts": "7",
    }  # fmt: skip
    assert _copie(valkey, CLIENTS[0]) == copie
    valkey.flushdb()
    interne(client, "projections/avancer")
    assert _copie(valkey, CLIENTS[0]) == copie


def test_F30_redis_copy_catches_up_after_losing_its_last_second(client: FlaskClient, valkey: Any) -> None:
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0]))
    interne(client, "projections/avancer")
    sauvee = {cle: valkey.hgetall(cle) for cle in valkey.keys("cqrs:*")}
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[1], CLIENTS[0]))
    interne(client, "projections/avancer")
    valkey.flushdb()
    for cle, champs in sauvee.items():
        valkey.hset(cle, mapping=champs)
    interne(client, "projections/avancer")
    assert _copie(valkey, CLIENTS[0])["total_orders"] == "2"


def test_redis_copy_of_another_life_is_replaced(client: FlaskClient, valkey: Any) -> None:
    valkey.hset(MARQUE, mapping={"_generation": 9, "_position": 5000})
    valkey.hset(CLE.format("disparu"), mapping={"_generation": 9, "_position": 5000, "total_orders": 3})
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0]))
    interne(client, "projections/avancer")
    assert valkey.exists(CLE.format("disparu")) == 0
    assert _copie(valkey, CLIENTS[0])["total_orders"] == "1"


def test_redis_copy_keeps_the_later_of_two_writers(
    client: FlaskClient, valkey: Any, base: Base, config: Config
) -> None:
    class Lent(ProjectionsPostgres):
        """Reads, then is overtaken by another process before it writes."""

        def commandes_depuis(self, position: int) -> tuple[int, int, list[dict[str, Any]]]:
            lu = super().commandes_depuis(position)
            ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[1], CLIENTS[0]))
            assert interne(client, "projections/avancer").json["miroir"] is True
            return lu

    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0]))
    interne(client, "projections/avancer")
    valkey.flushdb()
    assert MiroirRedis(config.redis_url, Lent(base)).synchroniser() is True
    assert _copie(valkey, CLIENTS[0])["total_orders"] == "2"
    assert valkey.hget(MARQUE, "_position") == "2"


def test_redis_down_never_fails_a_request(client: FlaskClient, base: Base) -> None:
    miroir = MiroirRedis("redis://127.0.0.1:9/0", ProjectionsPostgres(base))
    assert miroir.synchroniser() is False
    assert miroir.synchroniser() is False


def test_times_are_kept_exactly(client: FlaskClient, projections: ProjectionsPostgres) -> None:
    ajouter(client, evenement("CheckoutSucceeded", CHECKOUTS[0], CLIENTS[0], ts="1763700000.123456789"))
    interne(client, "projections/avancer")
    ligne = projections.commandes_du_client(uuid.UUID(CLIENTS[0]))
    assert ligne is not None
    assert ligne["last_update_ts"] == Decimal("1763700000.123456789")
