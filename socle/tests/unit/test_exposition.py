"""The port of a background program: metrics for everybody, fault switches in the lab profile and with the token."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3
from prometheus_client import CollectorRegistry, Counter

from socle import exposition, fautes

JETON = {"X-Internal-Token": "jeton-de-test"}
CORPS = json.dumps({"fautes": [{"point": "relais.avant_xadd", "genre": "crash"}]}).encode()
EFFACER = json.dumps({"fautes": []}).encode()


@pytest.fixture(scope="module")
def adresse() -> str:
    registre = CollectorRegistry()
    Counter("essais", "Essais", registry=registre).inc(3)
    port = exposition.exposer(0, adresse="127.0.0.1", registre=registre, jeton_interne="jeton-de-test")
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def tableau(tmp_path: Path) -> Iterator[fautes.Tableau]:
    yield fautes.activer(tmp_path / "f.json")
    fautes.desactiver()


def demander(adresse: str, methode: str = "GET", chemin: str = "/labo/fautes/", **options: object) -> tuple[int, bytes]:
    reponse = urllib3.request(methode, adresse + chemin, retries=False, timeout=5, **options)  # type: ignore[arg-type]
    return reponse.status, reponse.data


def code(reponse: tuple[int, bytes]) -> tuple[int, str]:
    corps = json.loads(reponse[1])
    assert corps["success"] is False
    assert corps["error"]
    assert corps["details"]
    assert corps["correlation_id"]
    return reponse[0], corps["code"]


def test_every_other_path_is_the_metrics_page(adresse: str) -> None:
    for chemin in ("/metrics", "/"):
        statut, page = demander(adresse, chemin=chemin)
        assert (statut, b"essais_total 3.0" in page) == (200, True)


def test_outside_the_lab_profile_there_are_no_switches_even_for_who_holds_the_token(
    adresse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fautes, "_tableau", None)
    for methode in ("GET", "PUT"):
        assert code(demander(adresse, methode, headers=JETON, body=CORPS)) == (404, "route_inconnue")


@pytest.mark.parametrize("entetes", [{}, {"X-Internal-Token": ""}, {"X-Internal-Token": "jeton-de-tes"}])
def test_without_the_token_nothing_is_shown_or_set(
    adresse: str, tableau: fautes.Tableau, entetes: dict[str, str]
) -> None:
    assert code(demander(adresse, headers=entetes)) == (403, "jeton_interne_requis")
    assert code(demander(adresse, "PUT", headers=entetes, body=CORPS)) == (403, "jeton_interne_requis")
    assert tableau.lire() == {}


def test_with_the_token_the_switches_are_shown_and_replaced(adresse: str, tableau: fautes.Tableau) -> None:
    statut, page = demander(adresse, "PUT", headers=JETON, body=CORPS)
    assert statut == 200
    faute = {"point": "relais.avant_xadd", "genre": "crash", "nombre": 1, "secondes": 0}
    assert json.loads(page)["fautes"] == [faute]
    assert json.loads(demander(adresse, chemin="/labo/fautes", headers=JETON)[1])["fautes"] == [faute]
    assert json.loads(demander(adresse, "PUT", headers=JETON, body=EFFACER)[1])["fautes"] == []


@pytest.mark.parametrize(
    ("methode", "corps", "attendu"),
    [
        ("PUT", b"", (400, "json_invalide")),
        ("PUT", b"[]", (400, "donnees_invalides")),
        ("PUT", b'{"fautes": [{"point": "x", "genre": "crash"}]}', (400, "donnees_invalides")),
        ("PUT", b"x" * 1_000_001, (400, "donnees_invalides")),
        ("POST", CORPS, (405, "methode_non_autorisee")),
    ],
)
def test_F43_what_is_not_a_list_of_known_switches_is_refused_and_changes_nothing(
    adresse: str, tableau: fautes.Tableau, methode: str, corps: bytes, attendu: tuple[int, str]
) -> None:
    assert code(demander(adresse, methode, headers=JETON, body=corps)) == attendu
    assert tableau.lire() == {}
