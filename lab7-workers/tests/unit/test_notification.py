"""Messages: whom they reach, what they say, what the mail server's answers mean."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from local.voisins import CLIENT, Voisins
from socle.erreurs import Indisponible
from socle.evenements.reactions import AReessayer
from tests.conftest import exemple
from tests.smtp import ServeurSmtp
from workers import notification
from workers.canaux import CanalConsole, CanalSmtp, MessageRefuse
from workers.carnet import Carnet
from workers.contexte import Contexte


@pytest.fixture
def boite() -> Iterator[ServeurSmtp]:
    serveur = ServeurSmtp()
    serveur.ouvrir()
    yield serveur
    serveur.fermer()


@pytest.fixture
def canal(boite: ServeurSmtp) -> CanalSmtp:
    return CanalSmtp(hote="127.0.0.1", port=boite.port, expediteur="boutique@example.com", delai_s=1.0)


def test_a_success_is_confirmed_by_mail_with_a_permanent_message_id(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    evenement = exemple("CheckoutSucceeded")
    assert notification.table(contexte, canal).reagir(evenement) == []
    ((destinataires, message),) = boite.recus
    assert destinataires == ["ada@example.com"]
    assert message["Message-ID"] == f"<{evenement.id}@example.com>"
    assert str(email_sujet(message)) == "Votre commande est confirmée"
    assert evenement.payload["commande_id"] in corps(message)


def test_a_cancelled_order_sends_the_cancellation(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    evenement = exemple("CheckoutFailed")
    assert notification.table(contexte, canal).reagir(evenement) == []
    ((_, message),) = boite.recus
    assert str(email_sujet(message)) == "Votre commande est annulée"
    assert evenement.payload["reason"] in corps(message)
    assert "Rien ne vous est facturé." in corps(message)


@pytest.mark.parametrize("client", [None, {"id": CLIENT, "email": "efface@example.com", "actif": False}])
def test_F39_an_unknown_or_erased_client_is_left_alone(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp, client: dict | None
) -> None:
    voisins.clients = {CLIENT: client} if client else {}
    assert notification.table(contexte, canal).reagir(exemple("CheckoutSucceeded")) == []
    assert boite.recus == []


def test_those_who_ask_together_are_answered_by_one_request_and_nothing_is_remembered() -> None:
    demandes: list[set[str]] = []
    ensemble = threading.Barrier(4)

    def demander(clients: Collection[str]) -> dict[str, str]:
        demandes.append(set(clients))
        return {client: f"{client}@example.com" for client in clients if client != "inconnu"}

    carnet = Carnet(demander, ensemble_s=1.0)

    def chercher(client: str) -> str:
        ensemble.wait(5)
        return carnet.courriel(client)

    with ThreadPoolExecutor(4) as pool:
        courriels = list(pool.map(chercher, ["ada", "jean", "ada", "inconnu"]))
    assert courriels == ["ada@example.com", "jean@example.com", "ada@example.com", ""]
    assert demandes == [{"ada", "jean", "inconnu"}]
    assert carnet.courriel("ada") == "ada@example.com"
    assert demandes[1:] == [{"ada"}]


def test_a_request_that_fails_fails_for_all_who_asked_and_the_next_one_is_made() -> None:
    pannes = [AReessayer("en panne")]

    def demander(clients: Collection[str]) -> dict[str, str]:
        if pannes:
            raise pannes.pop()
        return {}

    carnet = Carnet(demander)
    with pytest.raises(AReessayer):
        carnet.courriel("ada")
    assert carnet.courriel("ada") == ""


def test_an_address_book_that_is_down_is_retried_and_nothing_is_sent(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    voisins.eteints.add("ecommerce")
    with pytest.raises(Indisponible):
        notification.table(contexte, canal).reagir(exemple("CheckoutSucceeded"))
    assert boite.recus == []


@pytest.mark.parametrize("ou", ["reponse_rcpt", "reponse_data"])
@pytest.mark.parametrize(("reponse", "verdict"), [("451 plus tard", AReessayer), ("550 ada inconnue", MessageRefuse)])
def test_the_server_decides_between_later_and_never_and_its_words_are_not_repeated(
    canal: CanalSmtp, boite: ServeurSmtp, ou: str, reponse: str, verdict: type[Exception]
) -> None:
    setattr(boite, ou, reponse)
    with pytest.raises(verdict) as refus:
        canal.envoyer("id", "ada@example.com", "sujet", "texte")
    assert "ada" not in str(refus.value)
    assert boite.recus == []


def test_a_mail_server_that_is_down_is_retried(boite: ServeurSmtp, canal: CanalSmtp) -> None:
    with pytest.raises(AReessayer):
        replace(canal, port=9).envoyer("id", "ada@example.com", "sujet", "texte")


def test_an_address_cannot_smuggle_a_header_in(canal: CanalSmtp, boite: ServeurSmtp) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        canal.envoyer("id", "ada@example.com\r\nBcc: tous@example.com", "sujet", "texte")
    assert boite.recus == []


def test_the_console_names_nobody(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        CanalConsole().envoyer("id-1", "ada@example.com", "Votre commande est confirmée", "texte")
    assert "id-1" in caplog.text
    assert "ada" not in caplog.text


def email_sujet(message) -> str:
    from email.header import decode_header, make_header

    return str(make_header(decode_header(message["Subject"])))


def corps(message) -> str:
    return message.get_payload(decode=True).decode()
