"""The proxy between components, with a real server behind it."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from local.mandataire import Mandataire
from local.processus import ADRESSE


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        while recu := self.request.recv(65_536):
            self.request.sendall(recu)


class _Serveur(socketserver.ThreadingTCPServer):
    daemon_threads = True


@pytest.fixture
def lien() -> Iterator[Mandataire]:
    """A link to a server that sends everything back."""
    with _Serveur((ADRESSE, 0), _Echo) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        with Mandataire({"a>b": serveur.server_address[1]}) as mandataire:
            yield mandataire
        serveur.shutdown()


def ouvrir(mandataire: Mandataire) -> socket.socket:
    prise = socket.create_connection((ADRESSE, mandataire.ports["a>b"]), timeout=5)
    prise.settimeout(5)
    return prise


def dire(prise: socket.socket, octets: bytes) -> bytes:
    """Send, and receive as much."""
    prise.sendall(octets)
    recus = b""
    while len(recus) < len(octets):
        morceau = prise.recv(65_536)
        if not morceau:
            raise ConnectionError("closed")
        recus += morceau
    return recus


def test_everything_passes_unchanged_both_ways(lien: Mandataire) -> None:
    octets = bytes(range(256)) * 4_000
    with ouvrir(lien) as prise:
        ecrivain = threading.Thread(target=prise.sendall, args=(octets,))
        ecrivain.start()
        recus = b""
        while len(recus) < len(octets):
            recus += prise.recv(65_536)
        ecrivain.join()
    assert recus == octets


def test_the_end_of_one_side_reaches_the_other(lien: Mandataire) -> None:
    with ouvrir(lien) as prise:
        assert dire(prise, b"a") == b"a"
        prise.shutdown(socket.SHUT_WR)
        assert prise.recv(10) == b""


def test_delayed_data_arrives_late_and_whole(lien: Mandataire) -> None:
    lien.regler("a>b", "retard", 0.2)
    with ouvrir(lien) as prise:
        debut = time.monotonic()
        assert dire(prise, b"abc") == b"abc"
        assert time.monotonic() - debut >= 0.4  # there and back
    lien.regler("a>b", "passe")
    with ouvrir(lien) as prise:
        debut = time.monotonic()
        assert dire(prise, b"abc") == b"abc"
        assert time.monotonic() - debut < 0.2


def test_F23_a_half_open_link_accepts_says_nothing_and_loses_nothing(lien: Mandataire) -> None:
    with ouvrir(lien) as ancienne:
        assert dire(ancienne, b"a") == b"a"
        lien.regler("a>b", "muet")
        with ouvrir(lien) as nouvelle:
            for prise in (ancienne, nouvelle):
                prise.sendall(b"b")
                prise.settimeout(0.2)
                with pytest.raises(TimeoutError):
                    prise.recv(10)
                prise.settimeout(5)
            lien.regler("a>b", "passe")
            assert ancienne.recv(10) == nouvelle.recv(10) == b"b"


def test_a_cut_link_resets_what_is_open_and_what_opens(lien: Mandataire) -> None:
    with ouvrir(lien) as ancienne:
        assert dire(ancienne, b"a") == b"a"
        lien.regler("a>b", "coupe")
        with pytest.raises(ConnectionError):
            dire(ancienne, b"b")
    with pytest.raises(ConnectionError), ouvrir(lien) as nouvelle:
        dire(nouvelle, b"b")
    lien.tout_laisser_passer()
    with ouvrir(lien) as encore:
        assert dire(encore, b"c") == b"c"


def test_a_refusing_link_keeps_what_is_open(lien: Mandataire) -> None:
    with ouvrir(lien) as ancienne:
        assert dire(ancienne, b"a") == b"a"
        lien.regler("a>b", "refuse")
        assert dire(ancienne, b"b") == b"b"
        with pytest.raises(ConnectionError), ouvrir(lien) as nouvelle:
            dire(nouvelle, b"c")


def test_a_link_whose_server_is_gone_closes(lien: Mandataire) -> None:
    with Mandataire({"a>b": 1}) as seul, ouvrir(seul) as prise:
        assert prise.recv(10) == b""


def test_an_unknown_link_is_an_error(lien: Mandataire) -> None:
    with pytest.raises(KeyError):
        lien.regler("a>c", "passe")
