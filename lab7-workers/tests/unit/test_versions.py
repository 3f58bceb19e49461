"""F38: old events are read in the present version, newer ones are parked."""

from __future__ import annotations

import json

import pytest

from local.voisins import MAGASIN, PRODUITS, Voisins
from socle.evenements.enveloppe import lire
from tests.conftest import CONTRATS, exemple
from workers import stock_reservation
from workers.contexte import Contexte
from workers.versions import VersionInconnue, relever

V0 = sorted(fichier.stem for fichier in (CONTRATS / "exemples" / "v0").glob("*.json"))


def entree_v0(nom: str) -> tuple[dict[str, str], dict]:
    contenu = json.loads((CONTRATS / "exemples" / "v0" / f"{nom}.json").read_text())
    entree = contenu["entree"]
    return {**entree, "payload": json.dumps(entree["payload"])}, contenu["payload_v1"]


def test_there_are_old_examples() -> None:
    assert V0 == ["CheckoutInitiated", "OrderCreated"]


@pytest.mark.parametrize("nom", V0)
def test_F38_an_event_of_the_first_format_is_read_as_version_1(nom: str) -> None:
    champs, attendu = entree_v0(nom)
    releve = relever(lire(champs))
    assert releve.v == 1
    assert json.loads(releve.champs()["payload"]) == attendu


def test_F38_an_old_checkout_still_in_the_stream_is_reserved(contexte: Contexte, voisins: Voisins) -> None:
    champs, attendu = entree_v0("CheckoutInitiated")
    (suite,) = stock_reservation.table(contexte).reagir(lire(champs))
    assert (suite.type, suite.payload["initie_le"]) == ("StockReserved", attendu["emitted_at"])
    assert voisins.stock[MAGASIN, PRODUITS[0]] == 499


def test_F38_a_newer_version_is_not_guessed(contexte: Contexte, voisins: Voisins) -> None:
    champs = {**exemple("CheckoutInitiated").champs(), "v": "2"}
    with pytest.raises(VersionInconnue, match="version 2 de CheckoutInitiated"):
        stock_reservation.table(contexte).reagir(lire(champs))
    assert voisins.appels == []
