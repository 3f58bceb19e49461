"""Whatever a violation names, its report tells the purchases behind it from both sides, whole and bounded."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.chaos import registres
from tests.chaos.acces import Acces, Echange
from tests.chaos.chronologie import raconter
from tests.chaos.constats import Releve
from tests.chaos.histoires import COMPENSEE, MAGASIN, P, raconter_un
from tests.chaos.invariants import Violation
from tests.chaos.rapport import Rapport

VIDE: Mapping[str, Any] = {
    "integrity": {"integre": True, "suite": None},
    "orders-by-client": {"total_orders": 0, "last_order_id": None},
    "cqrs/checkouts": {"checkouts": []},
    "metrics": "",
}
ANCIENS = 20


class Dicte(Acces):
    """A platform that gives the answers it is told to, by a part of their address; the first that fits."""

    def __init__(self, reponses: Mapping[str, Any], journaux: Path | str = "") -> None:
        super().__init__("http://127.0.0.1:1", "x", journaux=str(journaux))
        self.reponses = [*reponses.items(), *VIDE.items()]
        self.lues: list[str] = []

    def appeler(self, methode: str, chemin: str, corps: Any = None, **_: Any) -> Echange:
        self.lues.append(chemin)
        texte = next(reponse for partie, reponse in self.reponses if partie in chemin)
        octets = (texte if isinstance(texte, str) else json.dumps(texte)).encode()
        return Echange(methode=methode, chemin=chemin, statut=200, octets=octets)


def _rapport(releve: Releve, *violations: Violation) -> Rapport:
    return Rapport(graine=1, releve=releve, violations=list(violations), duree_s=1.0, repos_s=1.0)


def _texte(rapport: Rapport) -> str:
    sortie = io.StringIO()
    rapport.montrer(Console(file=sortie, width=100))
    return sortie.getvalue()


def _deux_cotes(releve: Releve, violation: Violation) -> list[int]:
    """The purchases it tells, each from both sides."""
    recits = _rapport(releve, violation).json()["violations"][0]["recits"]
    for recit in recits:
        assert {"client", "ecommerce", "inventaire", "event-store"} <= {m["cote"] for m in recit["moments"]}, recit
    return [recit["achat"] for recit in recits]


def test_what_names_a_checkout_a_purchase_or_a_shelf_is_told_from_both_sides(sain: Releve) -> None:
    assert _deux_cotes(sain, Violation(invariant="I3", texte="pas terminé", achat=3)) == [3]
    assert _deux_cotes(sain, Violation(invariant="I6", texte="modèle", checkout="checkout-2")) == [2]
    assert _deux_cotes(sain, Violation(invariant="I1", texte="écart", lieu=(P, MAGASIN))) == [0, 1, 2, 3]
    assert _deux_cotes(sain, Violation(invariant="I1", texte="écart", lieu=("autre", MAGASIN))) == []
    assert _deux_cotes(sain, Violation(invariant="I1", texte="écart", lieu=(P, "ailleurs"))) == []


def test_I7_a_twin_is_told_with_the_other(sain: Releve) -> None:
    assert _deux_cotes(sain, Violation(invariant="I7", texte="jumeaux", checkout="checkout-1")) == [0, 1]
    assert _deux_cotes(sain, Violation(invariant="I7", texte="attendu", achat=2)) == [2]


def test_I1_of_a_shelf_that_many_took_from_the_last_are_told_and_all_counted(sain: Releve) -> None:
    for numero in range(4, ANCIENS):
        achat, constat = raconter_un(numero, "choreo", "vendu")
        sain.achats.append(achat)
        sain.constats.append(constat)
    rapport = _rapport(sain, Violation(invariant="I1", texte="écart", lieu=(P, MAGASIN)))
    violation = rapport.json()["violations"][0]
    assert violation["achats_concernes"] == ANCIENS
    assert [recit["achat"] for recit in violation["recits"]] == list(range(10, 20))
    assert "20 achats concernés ; les 10 derniers :" in _texte(rapport)


def test_a_timeline_is_in_order_and_says_which_checkout_each_line_is_of(sain: Releve) -> None:
    sain.constats.append(replace(sain.constats[2], id="checkout-9"))
    recit = raconter(sain, sain.achats[2])
    assert recit.checkouts == ["checkout-2", "checkout-9"]
    recits = [m for m in recit.moments if not m.texte.startswith("état lu")]
    assert [m.instant for m in recits] == sorted(m.instant for m in recits)
    assert [m.texte[:4] for m in recits if m.cote == "client"] == ["POST", "← 20"]
    siens = [m for m in recit.moments if m.checkout == "checkout-9"]
    assert [m.texte for m in siens if m.cote == "inventaire"] == [
        "réservation", "libération", "état lu : LIBEREE {'p': 2, 'q': 1}",
    ]  # fmt: skip
    assert [m.texte for m in siens if m.cote == "commandes"] == ["état lu : rien"]
    types = [fait["type"] for fait in COMPENSEE]
    assert [m.texte.split()[0] for m in siens if m.cote == "saga"] == [*types, "état"]
    assert siens[-2].texte == "état lu : LIBEREE {'p': 2, 'q': 1}"


def test_every_violation_is_printed_and_a_long_moment_is_whole_for_programs_only(sain: Releve) -> None:
    sain.achats[0].noter(replace(sain.achats[0].echanges[0], octets=b"x" * 5000))
    rapport = _rapport(sain, *(Violation(invariant="I8", texte=f"faute {rang}.", achat=0) for rang in range(30)))
    texte = _texte(rapport)
    assert [rang for rang in range(30) if f"faute {rang}." not in texte] == []
    assert "x" * 5000 not in texte
    assert "x" * 390 in texte
    moments = rapport.json()["violations"][0]["recits"][0]["moments"]
    assert "← 202 " + "x" * 5000 in [m["texte"] for m in moments]


def _sans_alerte(releve: Releve) -> dict[str, Any]:
    releve.constats[3].detail.update(statut="intervention_requise")  # type: ignore[attr-defined]
    return {}


def _rompre(releve: Releve) -> dict[str, Any]:
    rupture = {"position": releve.constats[3].evenements[0]["position"], "cause": "empreinte"}
    return {"integrity": {"integre": False, "ruptures": [rupture], "tetes_fausses": []}}


def _compter(releve: Releve) -> dict[str, Any]:
    return {"orders-by-client/client-3": {"total_orders": 1, "last_order_id": "x"}}


def _nommer(service: str) -> Callable[[Releve], dict[str, Any]]:
    return lambda releve: {f"{service}/metrics": f'x{{client="{releve.achats[3].sentinelle}"}} 1'}


REGISTRES: dict[str, tuple[str, Any, Callable[[Releve], dict[str, Any]]]] = {
    "an intervention without an alert": ("I3", registres.alerte, _sans_alerte),
    "a broken chain": ("I5", registres.chaine, _rompre),
    "a read model that counts too many": ("I6", registres.modeles, _compter),
    **{
        f"a client in the metrics of {service}": ("I9", registres.metriques, _nommer(service))
        for service in ("catalogue", "saga", "supply-chain", "event-store")
    },
}


@pytest.mark.parametrize("nom", REGISTRES)
def test_what_is_wrong_with_the_platform_as_a_whole_is_told_too(nom: str, sain: Releve) -> None:
    invariant, regle, planter = REGISTRES[nom]
    violations = list(regle(Dicte(planter(sain)), sain))
    assert {v.invariant for v in violations} == {invariant}
    assert 3 in [achat for violation in violations for achat in _deux_cotes(sain, violation)]


def test_I9_every_service_with_a_route_shows_its_metrics_each_instance_in_turn(sain: Releve) -> None:
    assert list(registres.metriques(acces := Dicte({}), sain)) == []
    assert sorted(acces.lues) == sorted(
        f"/api/{service}/metrics"
        for service in ["catalogue"] * 3 + ["saga"] * 2
        + ["inventaire", "commandes", "supply-chain", "ecommerce", "event-store"]
    )  # fmt: skip


def test_I9_a_client_named_in_a_log_is_told_from_both_sides(sain: Releve, tmp_path: Path) -> None:
    sain.achats[2].sentinelle = f"Sentinelle{'0f' * 16}"
    (tmp_path / "saga-1.log").write_text(f"bonjour {sain.achats[2].sentinelle.upper()}\n")
    (violation,) = registres.journaux(Dicte({}, tmp_path), sain)
    assert _deux_cotes(sain, violation) == [2]
