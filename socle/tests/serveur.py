"""A real TCP server that plays a script: what no ordinary server can be asked to do (drop, drip, stay silent)."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Requete:
    methode: str
    chemin: str
    entetes: dict[str, str]
    corps: bytes


Scene = Callable[[socket.socket], bool]
"""Answers one request on its connection; says whether the connection lives on."""


def repondre(statut: int = 200, corps: object = None, **entetes: str) -> Scene:
    """An ordinary answer."""
    octets = json.dumps(corps if corps is not None else {"ok": True}).encode()
    return brut(statut, octets, **entetes)


def brut(statut: int, octets: bytes, **entetes: str) -> Scene:
    """An answer with exactly these bytes as its body."""
    lignes = [f"HTTP/1.1 {statut} X", f"Content-Length: {len(octets)}"]
    lignes += [f"{nom.replace('_', '-')}: {valeur}" for nom, valeur in entetes.items()]

    def scene(prise: socket.socket) -> bool:
        prise.sendall("\r\n".join(lignes).encode() + b"\r\n\r\n" + octets)
        return True

    return scene


def couper(prise: socket.socket) -> bool:
    """The request is read, the connection closed without an answer."""
    return False


def repondre_puis_couper(prise: socket.socket) -> bool:
    """An answer that promises keep-alive, on a connection that is closed all the same."""
    repondre()(prise)
    return False


def tronquer(prise: socket.socket) -> bool:
    """Half of the announced body, then the end."""
    prise.sendall(b'HTTP/1.1 200 X\r\nContent-Length: 50\r\n\r\n{"ok": tr')
    return False


def goutte_a_goutte(prise: socket.socket) -> bool:
    """One byte of the body every 50 ms: no single wait is ever long."""
    try:
        prise.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            prise.sendall(b" ")
            time.sleep(0.05)
    except OSError:
        pass
    return False


@dataclass
class Serveur:
    """Plays its scenes in order, one per request; the last one repeats. Records what it received."""

    scenes: list[Scene]
    recues: list[Requete] = field(default_factory=list)
    connexions: int = 0
    _prise: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _verrou: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._prise.getsockname()[1]}"

    def jouer(self, *scenes: Scene) -> None:
        """Replace what follows."""
        with self._verrou:
            self.scenes[:] = scenes

    def boucler(self) -> None:
        while True:
            try:
                prise, _ = self._prise.accept()
            except OSError:
                return
            self.connexions += 1
            threading.Thread(target=self._servir, args=(prise,), daemon=True).start()

    def _servir(self, prise: socket.socket) -> None:
        with prise, prise.makefile("rb") as flux:
            while ligne := flux.readline():
                methode, chemin, _ = ligne.decode().split(" ", 2)
                entetes = {}
                while (entete := flux.readline().decode().strip()) != "":
                    nom, _, valeur = entete.partition(": ")
                    entetes[nom.lower()] = valeur
                corps = flux.read(int(entetes.get("content-length", 0)))
                with self._verrou:
                    self.recues.append(Requete(methode, chemin, entetes, corps))
                    scene = self.scenes.pop(0) if len(self.scenes) > 1 else self.scenes[0]
                if not scene(prise):
                    return

    def fermer(self) -> None:
        """Nobody listens any more. Idempotent."""
        with suppress(OSError):
            self._prise.shutdown(socket.SHUT_RDWR)  # close alone leaves a blocked accept() waiting
        self._prise.close()


@contextmanager
def serveur(*scenes: Scene) -> Iterator[Serveur]:
    """A server for one test."""
    jeu = Serveur(list(scenes))
    fil = threading.Thread(target=jeu.boucler, daemon=True)
    fil.start()
    try:
        yield jeu
    finally:
        jeu.fermer()
        fil.join(5)
