"""Messages: whom they reach, what they say, what the mail server's answers mean."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.voisins import CLIENT, Voisins
from socle.erreurs import Indisponible
from socle.evenements.enveloppe import Evenement
from socle.evenements.flux import TYPES
from socle.evenements.reactions import AReessayer
from tests.conftest import exemple
from tests.smtp import ServeurSmtp
from workers import notification
from workers.canaux import CanalConsole, CanalSmtp, MessageRefuse
from workers.contexte import Contexte
from workers.versions import VersionInconnue


@pytest.fixture
def boite() -> Iterator[ServeurSmtp]:
    serveur = ServeurSmtp()
    serveur.ouvrir()
    yield serveur
    serveur.fermer()


@pytest.fixture
def canal(boite: ServeurSmtp) -> CanalSmtp:
    return CanalSmtp(hote="127.0.0.1", port=boite.port, expediteur="boutique@example.com", delai_s=1.0)


def prevenir(contexte: Contexte, canal: CanalSmtp, *evenements: Evenement) -> dict[uuid.UUID, Exception]:
    """What a batch of these events failed of."""
    par_lot = notification.table(contexte, canal).par_lot
    assert par_lot is not None
    echecs = par_lot(list(evenements))
    assert isinstance(echecs, dict)
    return echecs


def test_a_success_is_confirmed_by_mail_with_a_permanent_message_id(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    evenement = exemple("CheckoutSucceeded")
    assert prevenir(contexte, canal, evenement) == {}
    ((destinataires, message),) = boite.recus
    assert destinataires == ["ada@example.com"]
    assert message["Message-ID"] == f"<{evenement.id}@example.com>"
    assert str(email_sujet(message)) == "Votre commande est confirmée"
    assert evenement.payload["commande_id"] in corps(message)


def test_a_cancelled_order_sends_the_cancellation(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    evenement = exemple("CheckoutFailed")
    assert prevenir(contexte, canal, evenement) == {}
    ((_, message),) = boite.recus
    assert str(email_sujet(message)) == "Votre commande est annulée"
    assert evenement.payload["reason"] in corps(message)
    assert "Rien ne vous est facturé." in corps(message)


@pytest.mark.parametrize("client", [None, {"id": CLIENT, "email": "efface@example.com", "actif": False}])
def test_F39_an_unknown_or_erased_client_is_left_alone(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp, client: dict | None
) -> None:
    voisins.clients = {CLIENT: client} if client else {}
    assert prevenir(contexte, canal, exemple("CheckoutSucceeded")) == {}
    assert boite.recus == []


def test_a_batch_asks_for_all_addresses_at_once_and_what_fails_fails_alone(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    autre = str(uuid.uuid4())
    voisins.clients[autre] = {"id": autre, "email": "jean@example.com", "actif": True}
    confirme, annule = exemple("CheckoutSucceeded"), exemple("CheckoutFailed")
    annule = replace(annule, payload={**annule.payload, "client_id": autre.upper()})
    recent = replace(confirme, id=uuid.uuid4(), v=2)
    faux = replace(confirme, id=uuid.uuid4(), payload={**confirme.payload, "client_id": "personne"})
    echecs = prevenir(contexte, canal, confirme, recent, annule, faux)
    assert {cle: type(cause) for cle, cause in echecs.items()} == {recent.id: VersionInconnue, faux.id: ValueError}
    assert sorted(destinataires for destinataires, _ in boite.recus) == [["ada@example.com"], ["jean@example.com"]]
    assert [route for route, *_ in voisins.appels] == ["clients"]


def test_a_message_that_is_refused_is_the_failure_of_its_event_alone(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    boite.reponse_data = "550 jamais"
    evenement = exemple("CheckoutSucceeded")
    assert [type(cause) for cause in prevenir(contexte, canal, evenement).values()] == [MessageRefuse]


def test_the_worker_hears_terminal_events_only(contexte: Contexte) -> None:
    entendus = [type_ for type_ in TYPES if notification.table(contexte, CanalConsole()).concerne({"type": type_})]
    assert sorted(entendus) == ["CheckoutFailed", "CheckoutSucceeded"]


def test_an_address_book_that_is_down_is_retried_and_nothing_is_sent(
    contexte: Contexte, voisins: Voisins, canal: CanalSmtp, boite: ServeurSmtp
) -> None:
    voisins.eteints.add("ecommerce")
    with pytest.raises(Indisponible):
        prevenir(contexte, canal, exemple("CheckoutSucceeded"))
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
