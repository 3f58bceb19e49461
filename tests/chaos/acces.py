"""Ways into a platform under test: HTTP through its gateway, and SQL where the caller has access."""

from __future__ import annotations

import contextlib
import json
import random
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import urllib3

PERDUE = 0
"""Status of an exchange whose answer never came: refused, cut, or later than the caller waited."""

_PASSAGERS = {PERDUE, 408, 425, 429, 500, 502, 503, 504}


@dataclass(kw_only=True)
class Echange:
    """One request as its caller saw it; times are seconds since the epoch. `abandon`: nobody waited for the answer."""

    methode: str
    chemin: str
    corps: Any = None
    cle: str = ""
    correlation: str = ""
    debut: float = 0.0
    fin: float = 0.0
    statut: int = PERDUE
    octets: bytes = b""
    entetes: Mapping[str, str] = field(default_factory=dict)
    abandon: bool = False

    @property
    def json(self) -> Any:
        """The JSON body, exact numbers; an empty object for anything else."""
        try:
            return json.loads(self.octets, parse_float=Decimal)
        except ValueError:
            return {}

    @property
    def a_repeter(self) -> bool:
        """A client that knows the contract asks again with the same key."""
        return self.statut in _PASSAGERS or (self.statut == 409 and "Retry-After" in self.entetes)


class Injoignable(Exception):
    """The platform did not give a usable answer in the time a patient caller waits."""


class Acces:
    """One platform behind its gateway. `jeton`: internal token, for what only operators may read. Thread-safe."""

    def __init__(
        self, passerelle: str, cle: str, *, jeton: str = "", dsn: Mapping[str, str] | None = None, journaux: str = ""
    ) -> None:
        self.passerelle = passerelle.rstrip("/")
        self.jeton, self.dsn, self.journaux = jeton, dict(dsn or {}), journaux
        self._cle = cle
        self._pool = urllib3.PoolManager(maxsize=64, retries=False)

    def appeler(
        self,
        methode: str,
        chemin: str,
        corps: Any = None,
        *,
        cle: str = "",
        interne: bool = False,
        delai_s: float = 20.0,
    ) -> Echange:
        """One request, never repeated; a lost answer is an exchange too."""
        echange, entetes, octets = self._preparer(methode, chemin, corps, cle, interne=interne)
        try:
            recue = self._pool.request(
                methode, self.passerelle + chemin, body=octets, headers=entetes, redirect=False, timeout=delai_s
            )
            echange.statut, echange.octets, echange.entetes = recue.status, recue.data, recue.headers
        except urllib3.exceptions.HTTPError as erreur:
            echange.octets = type(erreur).__name__.encode()
        echange.fin = time.time()
        return echange

    def abandonner(self, methode: str, chemin: str, corps: Any = None, *, cle: str = "") -> Echange:
        """Send a whole request and close the connection without reading the answer."""
        echange, entetes, octets = self._preparer(methode, chemin, corps, cle)
        echange.abandon = True
        adresse = urlsplit(self.passerelle)
        complets = {"Host": adresse.netloc, "Content-Length": str(len(octets or b"")), **entetes}
        tete = "".join(f"{nom}: {valeur}\r\n" for nom, valeur in complets.items())
        with (
            contextlib.suppress(OSError),
            socket.create_connection((adresse.hostname, adresse.port or 80), timeout=2) as prise,
        ):
            prise.sendall(f"{methode} {chemin} HTTP/1.1\r\n{tete}\r\n".encode() + (octets or b""))
        echange.fin = time.time()
        return echange

    def _preparer(
        self, methode: str, chemin: str, corps: Any, cle: str, *, interne: bool = False
    ) -> tuple[Echange, dict[str, str], bytes | None]:
        correlation = str(uuid.uuid4())
        entetes = {"X-API-Key": self._cle, "X-Correlation-ID": correlation}
        octets = None
        if corps is not None:
            octets = json.dumps(corps).encode()
            entetes["Content-Type"] = "application/json"
        if cle:
            entetes["Idempotency-Key"] = cle
        if interne:
            entetes["X-Internal-Token"] = self.jeton
        echange = Echange(
            methode=methode, chemin=chemin, corps=corps, cle=cle, correlation=correlation, debut=time.time()
        )
        return echange, entetes, octets

    def insister(
        self,
        methode: str,
        chemin: str,
        corps: Any = None,
        *,
        cle: str = "",
        interne: bool = False,
        patience_s: float = 60.0,
        noter: Callable[[Echange], None] = lambda _: None,
    ) -> Echange:
        """Ask until the answer is a 2xx or a refusal, with the same key. Raises `Injoignable` after `patience_s`."""
        fin = time.monotonic() + patience_s
        pause = 0.1
        while True:
            echange = self.appeler(methode, chemin, corps, cle=cle, interne=interne)
            noter(echange)
            if not echange.a_repeter:
                return echange
            if time.monotonic() > fin:
                raise Injoignable(f"{methode} {chemin} : {echange.statut} {echange.octets[:200]!r}")
            time.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(2.0, pause * 2)

    def lire(self, chemin: str, *, interne: bool = False, absent: Any = None) -> Any:
        """The body of a GET; `absent` for a 404. Raises `Injoignable` for anything else."""
        echange = self.insister("GET", chemin, interne=interne, patience_s=20)
        if echange.statut == 404:
            return absent
        if echange.statut != 200:
            raise Injoignable(f"GET {chemin} : {echange.statut} {echange.octets[:200]!r}")
        return echange.json

    @contextlib.contextmanager
    def base(self, service: str) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
        """A function that runs one statement in a service's database and returns its rows."""
        import psycopg2  # only those who give a DSN need it

        lien = psycopg2.connect(self.dsn[service], connect_timeout=5)
        lien.set_session(readonly=True, autocommit=True)

        def sql(requete: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
            with lien.cursor() as curseur:
                curseur.execute(requete, list(params))
                return list(curseur.fetchall())

        with contextlib.closing(lien):
            yield sql
