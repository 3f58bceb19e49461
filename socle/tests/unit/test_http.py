"""The HTTP client against real sockets: what is repeated, what is bounded, what is told to the caller."""

import select
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pycurl
import pytest

from socle import correlation, fautes
from socle.disjoncteur import Disjoncteur
from socle.http import ClientHttp, ServiceIndisponible
from socle.tests.concurrence import laisser_passer
from tests.serveur import (
    Scene,
    brut,
    couper,
    goutte_a_goutte,
    repondre,
    repondre_puis_couper,
    serveur,
    tronquer,
)


def client(url: str, **reglages: object) -> ClientHttp:
    return ClientHttp(url, **{"nom": "voisin", "connexion": 0.3, "lecture": 0.3, **reglages})  # type: ignore[arg-type]


@pytest.fixture
def port_ferme() -> Iterator[int]:
    """A port of ours where nobody listens."""
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        yield prise.getsockname()[1]


def test_a_call_carries_the_keys_the_ids_and_the_exact_body() -> None:
    with serveur(repondre()) as voisin, correlation.contexte("corr-1", f"00-{'a' * 32}-{'b' * 16}-01"):
        ClientHttp(f"{voisin.url}/prefixe/", nom="v", cle_api="cle", jeton_interne="jeton").post(
            "/x/", {"prix": Decimal("89.99"), "nom": "é"}, cle_idempotence="saga:1:action"
        )
    (recue,) = voisin.recues
    assert (recue.methode, recue.chemin, recue.corps) == ("POST", "/prefixe/x/", '{"prix":89.99,"nom":"é"}'.encode())
    attendus = {
        "x-api-key": "cle",
        "x-internal-token": "jeton",
        "idempotency-key": "saga:1:action",
        "x-correlation-id": "corr-1",
        "traceparent": f"00-{'a' * 32}-{'b' * 16}-01",
        "content-type": "application/json",
        "accept": "application/json",
    }
    assert attendus.items() <= recue.entetes.items()


def test_outside_of_a_request_no_empty_ids_are_sent() -> None:
    with serveur(repondre()) as voisin:
        client(voisin.url).get("/x/", params={"ids": "a,b", "nom": "thé & co"})
    (recue,) = voisin.recues
    assert recue.chemin == "/x/?ids=a,b&nom=th%C3%A9+%26+co"
    assert not {"x-correlation-id", "traceparent", "idempotency-key", "x-api-key"} & set(recue.entetes)


@pytest.mark.parametrize(
    ("octets", "corps"),
    [
        (b'{"prix": 10.10}', {"prix": Decimal("10.10")}),
        (b"[1, 2]", {"resultats": [1, 2]}),
        (b"", {}),
        (b"<html>", {}),
        (b'{"x": 1e99999999999999999999}', {}),
        (b"[" * 100_000, {}),
    ],
)
def test_a_body_is_read_exactly_and_never_raises(octets: bytes, corps: dict[str, object]) -> None:
    with serveur(brut(200, octets)) as voisin:
        assert client(voisin.url).get("/x/").corps == corps


@pytest.mark.parametrize("statut", [200, 201, 204, 302, 400, 401, 404, 409, 422])
def test_an_answer_below_500_comes_back_as_it_is_after_one_attempt(statut: int) -> None:
    with serveur(repondre(statut)) as voisin:
        reponse = client(voisin.url).post("/x/", {})
    assert (reponse.statut, reponse.ok, len(voisin.recues)) == (statut, statut < 300, 1)


# --- what is repeated -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("doute", [couper, tronquer, repondre(500), repondre(502), repondre(503), repondre(504)])
def test_F12_a_post_without_key_is_sent_once_and_its_possible_effect_is_said(doute: Scene) -> None:
    with serveur(doute, repondre()) as voisin, pytest.raises(ServiceIndisponible) as leve:
        client(voisin.url).post("/x/", {})
    assert len(voisin.recues) == 1
    assert leve.value.effet_possible is True


@pytest.mark.parametrize("doute", [couper, tronquer, repondre(502), repondre(504)])
def test_F12_a_post_with_key_is_repeated_with_the_same_key_and_body(doute: Scene) -> None:
    with serveur(doute, doute, repondre(201)) as voisin:
        assert client(voisin.url).post("/x/", {"a": 1}, cle_idempotence="k").statut == 201
    assert {(r.entetes["idempotency-key"], r.corps) for r in voisin.recues} == {("k", b'{"a":1}')}
    assert len(voisin.recues) == 3


def test_F12_attempts_are_bounded() -> None:
    with serveur(repondre(503)) as voisin, pytest.raises(ServiceIndisponible) as leve:
        client(voisin.url, essais=3).get("/x/")
    assert (len(voisin.recues), leve.value.statut) == (3, 503)


def test_a_409_with_retry_after_is_the_same_key_in_progress_and_is_asked_again() -> None:
    with serveur(repondre(409, Retry_After="1"), repondre(201)) as voisin:
        assert client(voisin.url).post("/x/", {}, cle_idempotence="k").statut == 201
    assert len(voisin.recues) == 2


@pytest.mark.parametrize("statut", [408, 425, 429])
def test_a_request_that_was_not_processed_is_repeated_even_without_key(statut: int) -> None:
    with serveur(repondre(statut), repondre()) as voisin:
        assert client(voisin.url).post("/x/", {}).ok
    assert len(voisin.recues) == 2


def test_F23_a_refused_connection_is_repeated_without_key_and_had_no_effect(port_ferme: int) -> None:
    essais: list[str] = []
    refuse = client(f"http://127.0.0.1:{port_ferme}", observateur=lambda _s, _e, statut, _d: essais.append(statut))
    with pytest.raises(ServiceIndisponible) as leve:
        refuse.post("/x/", {})
    assert (essais, leve.value.effet_possible) == (["erreur"] * 3, False)


def test_F12_the_effect_of_an_earlier_attempt_is_not_forgotten_by_a_later_refused_one() -> None:
    """First attempt: dropped after the request was read. Second: connection refused. It may have been done."""
    with serveur(couper) as voisin:

        def disparaitre(prise: socket.socket) -> bool:
            voisin.fermer()
            return False

        voisin.jouer(disparaitre)
        with pytest.raises(ServiceIndisponible) as leve:
            client(voisin.url, essais=2).post("/x/", {}, cle_idempotence="k")
    assert (leve.value.cause, leve.value.effet_possible) == ("connexion refusée", True)


def test_a_keep_alive_connection_closed_by_the_neighbour_is_replaced_before_it_is_used() -> None:
    with serveur(repondre_puis_couper, repondre()) as voisin:
        appelant = client(voisin.url)
        appelant.get("/x/")
        (inactive,) = appelant._transport._libres
        # The end of the stream has arrived when the idle socket is readable.
        assert select.select([inactive.curl.getinfo(pycurl.ACTIVESOCKET)], [], [], 5)[0]
        assert appelant.get("/x/").ok
    assert (len(voisin.recues), voisin.connexions) == (2, 2)


def test_F12_a_kept_connection_that_is_cut_under_a_keyed_request_is_replaced_at_once() -> None:
    """The transport's own repetition: what the neighbour closes as we write was not refused by it."""
    with serveur(repondre(), couper, repondre(201)) as voisin:
        appelant = client(voisin.url, essais=1)
        appelant.get("/x/")
        assert appelant.post("/x/", {"a": 1}, cle_idempotence="k").statut == 201
    assert [(r.corps, r.entetes.get("idempotency-key")) for r in voisin.recues[1:]] == [(b'{"a":1}', "k")] * 2


def test_F12_a_post_without_key_never_leaves_twice_on_a_kept_connection_either() -> None:
    with serveur(repondre(), couper, repondre()) as voisin:
        appelant = client(voisin.url)
        appelant.get("/x/")
        with pytest.raises(ServiceIndisponible) as leve:
            appelant.post("/x/", {})
    assert (leve.value.cause, leve.value.effet_possible) == ("connexion coupée", True)
    assert [r.methode for r in voisin.recues] == ["GET", "POST"]


def test_what_a_connection_carried_before_leaves_no_trace_in_the_next_request() -> None:
    methodes = ["POST", "GET", "PUT", "HEAD", "DELETE", "GET"]
    with serveur(repondre()) as voisin:
        voisin.jouer(*(brut(200, b"") if methode == "HEAD" else repondre() for methode in methodes))
        appelant = client(voisin.url)
        for methode in methodes:
            corps = {"a": methode} if methode in ("POST", "PUT") else None
            assert appelant.appeler(methode, f"/{methode}", corps=corps, cle_idempotence="k").ok
    assert [(r.methode, r.chemin) for r in voisin.recues] == [(m, f"/{m}") for m in methodes]
    assert [r.corps for r in voisin.recues] == [b'{"a":"POST"}', b"", b'{"a":"PUT"}', b"", b"", b""]
    assert ["content-type" in r.entetes for r in voisin.recues] == [True, False, True, False, False, False]


def test_a_header_with_a_line_break_sends_nothing() -> None:
    with serveur(repondre()) as voisin:
        with pytest.raises(ValueError, match="line break"):
            client(voisin.url).appeler("GET", "/x/", entetes={"X-Nom": "a\r\nX-Internal-Token: vole"})
        assert voisin.recues == []


def test_a_long_body_is_sent_without_asking_first_and_an_early_answer_is_not_the_answer() -> None:
    indices = b"HTTP/1.1 103 X\r\nLien: tot\r\n\r\n"

    def avec_indices(prise: socket.socket) -> bool:
        prise.sendall(indices)
        return repondre(201, Lieu="ici")(prise)

    with serveur(avec_indices) as voisin:
        reponse = client(voisin.url).post("/x/", {"a": "b" * 2_000_000})
    (recue,) = voisin.recues
    assert ("expect" in recue.entetes, len(recue.corps)) == (False, 2_000_008)
    assert (reponse.statut, reponse.entetes.get("lieu"), reponse.entetes.get("lien")) == (201, "ici", None)


def test_the_proxy_of_the_environment_is_not_for_neighbours(port_ferme: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port_ferme}")
    with serveur(repondre()) as voisin:
        assert client(voisin.url).get("/x/").ok


def test_connections_beyond_the_kept_ones_are_closed_after_use() -> None:
    ensemble = threading.Barrier(4)

    def avec_les_autres(prise: socket.socket) -> bool:
        ensemble.wait(5)
        return repondre()(prise)

    with serveur(avec_les_autres) as voisin:
        appelant = client(voisin.url, connexions_max=2, lecture=5.0)
        with ThreadPoolExecutor(4) as fils:
            assert [r.statut for r in fils.map(lambda _: appelant.get("/x/"), range(4))] == [200] * 4
        assert (voisin.connexions, len(appelant._transport._libres)) == (4, 2)


def test_one_connection_serves_many_calls() -> None:
    with serveur(repondre()) as voisin:
        appelant = client(voisin.url)
        for _ in range(5):
            appelant.get("/x/")
    assert (len(voisin.recues), voisin.connexions) == (5, 1)


# --- what is bounded --------------------------------------------------------------------------------------------------


def _duree_et_erreur(appelant: ClientHttp, **options: object) -> tuple[float, ServiceIndisponible]:
    debut = time.monotonic()
    with pytest.raises(ServiceIndisponible) as leve:
        appelant.get("/x/", **options)  # type: ignore[arg-type]
    return time.monotonic() - debut, leve.value


def test_F23_a_silent_neighbour_costs_the_read_limit() -> None:
    fin = threading.Event()
    with serveur(lambda _: fin.wait(5) and False) as voisin:
        duree, erreur = _duree_et_erreur(client(voisin.url), essais=1)
        fin.set()
    assert 0.3 <= duree < 0.6
    assert (erreur.cause, erreur.effet_possible) == ("délai dépassé", True)


def test_F23_a_neighbour_that_drips_costs_the_read_limit_too() -> None:
    with serveur(goutte_a_goutte) as voisin:
        duree, _ = _duree_et_erreur(client(voisin.url), essais=1)
    assert 0.3 <= duree < 0.6


def test_F23_a_half_open_connection_costs_the_connect_limit_and_had_no_effect() -> None:
    """A listener whose queue is full answers no SYN: what a frozen machine looks like."""
    with socket.socket() as ecoute:
        ecoute.bind(("127.0.0.1", 0))
        ecoute.listen(0)
        adresse = ecoute.getsockname()
        bouchons = []
        for _ in range(4):
            bouchon = socket.socket()
            bouchon.setblocking(False)
            bouchon.connect_ex(adresse)
            bouchons.append(bouchon)
        duree, erreur = _duree_et_erreur(client(f"http://127.0.0.1:{adresse[1]}"), essais=1)
        for bouchon in bouchons:
            bouchon.close()
    assert 0.3 <= duree < 0.6
    assert (erreur.cause, erreur.effet_possible) == ("délai dépassé", False)


@pytest.mark.parametrize("scene", [goutte_a_goutte, repondre(503)])
def test_the_deadline_bounds_all_attempts_and_waits_together(scene: Scene) -> None:
    with serveur(scene) as voisin, correlation.echeance(0.4):
        duree, _ = _duree_et_erreur(client(voisin.url, essais=50, disjoncteur=Disjoncteur(seuil=1000)))
    assert duree < 0.55


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    with serveur(repondre()) as voisin, correlation.echeance(0.001):
        laisser_passer(0.002)
        duree, erreur = _duree_et_erreur(client(voisin.url))
    assert (voisin.recues, erreur.effet_possible, erreur.cause) == ([], False, "délai épuisé")
    assert duree < 0.1


# --- the breaker ------------------------------------------------------------------------------------------------------


def test_F23_the_breaker_opens_then_one_probe_closes_it() -> None:
    maintenant = [0.0]
    disjoncteur = Disjoncteur(seuil=2, repos_s=5, horloge=lambda: maintenant[0])
    with serveur(repondre(503)) as voisin:
        appelant = client(voisin.url, essais=1, disjoncteur=disjoncteur)
        for _ in range(2):
            _duree_et_erreur(appelant)
        _, erreur = _duree_et_erreur(appelant, essais=3)
        assert (erreur.cause, erreur.effet_possible, len(voisin.recues)) == ("circuit ouvert", False, 2)
        maintenant[0] = 5.0
        _duree_et_erreur(appelant)
        assert (len(voisin.recues), disjoncteur.etat) == (3, "ouvert")
        maintenant[0] = 10.0
        voisin.jouer(repondre(404))
        assert appelant.get("/x/").statut == 404
        assert disjoncteur.etat == "ferme"


def test_a_5xx_that_the_caller_recognises_is_an_answer() -> None:
    disjoncteur = Disjoncteur(seuil=1)
    with serveur(repondre(503, {"etat_final": "SAGA_ANNULEE"}), repondre(503)) as voisin:
        appelant = client(voisin.url, disjoncteur=disjoncteur)
        options = {"cle_idempotence": "k", "est_reponse": lambda r: "etat_final" in r.corps}
        reponse = appelant.appeler("POST", "/x/", corps={}, **options)
        assert (reponse.statut, reponse.ok, len(voisin.recues), disjoncteur.etat) == (503, False, 1, "ferme")
        with pytest.raises(ServiceIndisponible):
            appelant.appeler("POST", "/x/", corps={}, essais=1, **options)
        assert disjoncteur.etat == "ouvert"


def test_a_429_does_not_open_the_circuit() -> None:
    disjoncteur = Disjoncteur(seuil=1)
    with serveur(repondre(429)) as voisin:
        _duree_et_erreur(client(voisin.url, disjoncteur=disjoncteur), essais=1)
    assert disjoncteur.etat == "ferme"


def test_a_defect_in_the_caller_gives_the_probe_back() -> None:
    disjoncteur = Disjoncteur(seuil=1, repos_s=0.0)
    disjoncteur.echec()
    with serveur(repondre()) as voisin:
        appelant = client(voisin.url, disjoncteur=disjoncteur)
        with pytest.raises(UnicodeEncodeError):
            appelant.appeler("GET", "/x/", entetes={"X-Nom": "中"})
        assert appelant.get("/x/").ok


# --- labels and faults ------------------------------------------------------------------------------------------------


def test_labels_are_bounded_even_when_the_caller_gives_none() -> None:
    vus: list[tuple[str, str, str]] = []
    with serveur(repondre()) as voisin:
        appelant = client(voisin.url, observateur=lambda s, e, statut, _d: vus.append((s, e, statut)))
        appelant.get("/produits/550e8400-e29b-41d4-a716-446655440001/", params={"x": 1})
        appelant.get("/pages/12")
        appelant.get("/x/", endpoint="rechercher")
    assert vus == [
        ("voisin", "GET /produits/{id}/", "200"),
        ("voisin", "GET /pages/{id}", "200"),
        ("voisin", "rechercher", "200"),
    ]


@pytest.fixture
def tableau(tmp_path: Path) -> Iterator[fautes.Tableau]:
    yield fautes.activer(tmp_path / "f.json")
    fautes.desactiver()


@pytest.mark.parametrize(
    ("point", "recues", "effet"), [("http.avant_envoi", 0, False), ("http.reponse_recue", 1, True)]
)
def test_an_injected_fault_looks_like_a_neighbour_that_is_down(
    tableau: fautes.Tableau, point: str, recues: int, effet: bool
) -> None:
    tableau.ecrire([fautes.Faute(point=point, genre="erreur")])
    with serveur(repondre()) as voisin, pytest.raises(ServiceIndisponible) as leve:
        client(voisin.url, essais=1).get("/x/")
    assert (len(voisin.recues), leve.value.effet_possible) == (recues, effet)


def test_F22_an_injected_duplicate_is_sent_twice(tableau: fautes.Tableau) -> None:
    tableau.ecrire([fautes.Faute(point="http.avant_envoi", genre="double")])
    with serveur(repondre()) as voisin:
        assert client(voisin.url).post("/x/", {"a": 1}).ok
    assert [r.corps for r in voisin.recues] == [b'{"a":1}', b'{"a":1}']


@pytest.mark.parametrize("url", ["127.0.0.1:80", "ftp://a", ""])
def test_a_base_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        client(url)
