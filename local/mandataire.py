"""A TCP proxy between components, for the fault laboratory: it delays, cuts, falls silent or refuses on demand.

One listening port per link, all served by one thread. Everything passes unchanged until `regler` says otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal, Self

from local.processus import ADRESSE

Mode = Literal["passe", "retard", "coupe", "muet", "refuse"]
MODES: tuple[Mode, ...] = ("passe", "retard", "coupe", "muet", "refuse")
"""`retard`: each piece of data waits; `coupe`: connections are reset, now and as soon as they open; `muet`: half-open,
accepted and never answered, nothing lost once it passes again; `refuse`: what is open goes on, nothing new opens."""

_MORCEAU = 65_536


@dataclass(kw_only=True)
class _Lien:
    """One link. `libre` is set while data may pass."""

    cible: int
    prise: socket.socket
    mode: Mode = "passe"
    retard_s: float = 0.0
    libre: asyncio.Event = field(default_factory=asyncio.Event)
    ouverts: set[asyncio.StreamWriter] = field(default_factory=set)


class Mandataire:
    """A context manager; `liens` names each link and the loopback port it leads to. Thread-safe.

    `ports` are known from construction on, so that components can be configured before anything runs.
    """

    def __init__(self, liens: Mapping[str, int]) -> None:
        self._liens = {
            nom: _Lien(cible=cible, prise=socket.create_server((ADRESSE, 0))) for nom, cible in liens.items()
        }
        self.ports = {nom: int(lien.prise.getsockname()[1]) for nom, lien in self._liens.items()}
        self._boucle = asyncio.new_event_loop()
        self._fil = threading.Thread(target=self._boucle.run_forever, name="mandataire", daemon=True)

    def __enter__(self) -> Self:
        self._fil.start()
        self._attendre(self._ouvrir())
        return self

    def __exit__(
        self, genre: type[BaseException] | None, cause: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._attendre(self._fermer())
        self._boucle.call_soon_threadsafe(self._boucle.stop)
        self._fil.join()
        self._boucle.close()

    def regler(self, nom: str, mode: Mode, retard_s: float = 0.0) -> None:
        """What happens on a link from now on. Idempotent; `KeyError` for a link that does not exist."""
        lien = self._liens[nom]

        async def changer() -> None:
            lien.mode, lien.retard_s = mode, retard_s
            if mode == "coupe":
                _couper(lien)
            if mode == "muet":
                lien.libre.clear()
            else:
                lien.libre.set()

        self._attendre(changer())

    def tout_laisser_passer(self) -> None:
        """Every link as if there were no proxy."""
        for nom in self._liens:
            self.regler(nom, "passe")

    def _attendre(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._boucle).result(10)

    async def _ouvrir(self) -> None:
        self._serveurs = [
            await asyncio.start_server(lambda lecteur, plume, lien=lien: _servir(lien, lecteur, plume), sock=lien.prise)
            for lien in self._liens.values()
        ]
        for lien in self._liens.values():
            lien.libre.set()

    async def _fermer(self) -> None:
        for serveur in self._serveurs:
            serveur.close()
        for lien in self._liens.values():
            _couper(lien)
        autres = asyncio.all_tasks() - {asyncio.current_task()}
        for tache in autres:
            tache.cancel()
        await asyncio.gather(*autres, return_exceptions=True)


def _couper(lien: _Lien) -> None:
    for plume in lien.ouverts:
        plume.transport.abort()


async def _servir(lien: _Lien, lecteur: asyncio.StreamReader, plume: asyncio.StreamWriter) -> None:
    if lien.mode in ("coupe", "refuse"):
        plume.transport.abort()
        return
    lien.ouverts.add(plume)
    distante: asyncio.StreamWriter | None = None
    try:
        await lien.libre.wait()
        distant, distante = await asyncio.open_connection(ADRESSE, lien.cible)
        lien.ouverts.add(distante)
        async with asyncio.TaskGroup() as groupe:
            groupe.create_task(_passer(lien, lecteur, distante))
            groupe.create_task(_passer(lien, distant, plume))
    except* (OSError, EOFError):
        pass  # either end has closed: so does the other
    finally:
        for extremite in (plume, distante):
            if extremite is not None:
                lien.ouverts.discard(extremite)
                extremite.transport.abort() if lien.mode == "coupe" else extremite.close()


async def _passer(lien: _Lien, lecteur: asyncio.StreamReader, plume: asyncio.StreamWriter) -> None:
    """One direction, until its end; the other one may go on."""
    while morceau := await lecteur.read(_MORCEAU):
        if lien.retard_s:
            await asyncio.sleep(lien.retard_s)
        await lien.libre.wait()
        plume.write(morceau)
        await plume.drain()
    await lien.libre.wait()
    with contextlib.suppress(OSError, NotImplementedError):
        plume.write_eof()
