"""One HTTP/1.1 exchange with a neighbour, by libcurl: kept connections, limits that hold, whether anything left.

Nothing here is repeated on purpose. What libcurl itself may do: when a kept connection turns out to be dead as the
request is written to it, the request goes out once more on a new one; hence `unique`.
"""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import pycurl

_CAUSES = {
    pycurl.E_COULDNT_RESOLVE_HOST: "hôte inconnu",
    pycurl.E_COULDNT_CONNECT: "connexion refusée",
    pycurl.E_OPERATION_TIMEDOUT: "délai dépassé",
    pycurl.E_GOT_NOTHING: "connexion coupée",
    pycurl.E_SEND_ERROR: "connexion coupée",
    pycurl.E_RECV_ERROR: "connexion coupée",
    pycurl.E_PARTIAL_FILE: "réponse tronquée",
}
_SAUT = re.compile(r"[\r\n\0]")


class EchecTransport(Exception):
    """No whole answer; its text is the French cause. `parti`: whether a byte of the request was sent."""

    def __init__(self, cause: str, *, parti: bool) -> None:
        super().__init__(cause)
        self.parti = parti


@dataclass(frozen=True, slots=True)
class Envoi:
    """A request. `unique`: it must not leave twice, so it goes on a connection of its own."""

    methode: str
    chemin: str
    octets: bytes | None
    entetes: Mapping[str, str]
    unique: bool = False


class Transport:
    """Exchanges with one base URL, `connexions_max` kept connections. Thread-safe.

    Raises `ValueError` for a base URL that is none. The first exchange must come after gunicorn has forked.
    """

    def __init__(self, base_url: str, connexions_max: int) -> None:
        url = urlsplit(base_url)
        if not url.hostname or url.scheme not in ("http", "https"):
            raise ValueError("base_url : une adresse http(s) est attendue")
        self.base = base_url.rstrip("/")
        self._max = connexions_max
        self._libres: list[_Ligne] = []

    def echanger(self, envoi: Envoi, connexion_s: float, total_s: float) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of the answer.

        `connexion_s` bounds the opening of a connection, `total_s` the whole, in seconds. Raises `EchecTransport`;
        `ValueError` for a header with a line break, and `UnicodeEncodeError` for what is not ASCII in a header or path:
        nothing was sent then.
        """
        try:
            ligne = self._libres.pop()
        except IndexError:
            ligne = _Ligne()
        ligne.preparer(envoi, self.base)
        reponse = ligne.jouer(connexion_s, total_s)
        if len(self._libres) < self._max:
            self._libres.append(ligne)
        return reponse


class _Ligne:
    """A handle of libcurl and the one connection it keeps."""

    def __init__(self) -> None:
        self._recues: list[bytes] = []
        curl = self.curl = pycurl.Curl()
        for option, valeur in (
            (pycurl.NOSIGNAL, 1),
            (pycurl.PROXY, ""),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.MAXCONNECTS, 1),
            (pycurl.DNS_CACHE_TIMEOUT, 0),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.USERAGENT, "socle"),
            (pycurl.HEADERFUNCTION, self._recues.append),
        ):
            curl.setopt(option, valeur)
        if autorites := ssl.get_default_verify_paths().cafile:
            curl.setopt(pycurl.CAINFO, autorites)

    def preparer(self, envoi: Envoi, base: str) -> None:
        lignes = [f"{nom}: {valeur}" for nom, valeur in envoi.entetes.items()]
        if any(map(_SAUT.search, lignes)):
            raise ValueError("a header contains a line break")
        curl = self.curl
        curl.setopt(pycurl.HTTPHEADER, [*lignes, "Expect:"])
        curl.setopt(pycurl.URL, base + envoi.chemin)
        if envoi.octets is None:
            curl.setopt(pycurl.HTTPGET, 1)
        else:
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, envoi.octets)
        curl.setopt(pycurl.NOBODY, envoi.methode == "HEAD")
        curl.setopt(pycurl.CUSTOMREQUEST, envoi.methode)
        curl.setopt(pycurl.FRESH_CONNECT, envoi.unique)

    def jouer(self, connexion_s: float, total_s: float) -> tuple[int, dict[str, str], bytes]:
        curl = self.curl
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, max(1, int(1000 * connexion_s)))
        curl.setopt(pycurl.TIMEOUT_MS, max(1, int(1000 * total_s)))
        self._recues.clear()
        try:
            corps: bytes = curl.perform_rb()
        except pycurl.error as erreur:
            numero = erreur.args[0]
            cause = _CAUSES.get(numero, f"erreur {numero} de libcurl")
            raise EchecTransport(cause, parti=curl.getinfo(pycurl.REQUEST_SIZE) > 0) from erreur
        return curl.getinfo(pycurl.RESPONSE_CODE), self._entetes(), corps

    def _entetes(self) -> dict[str, str]:
        entetes: dict[str, str] = {}
        for ligne in self._recues:
            nom, deux_points, valeur = ligne.partition(b":")
            if deux_points:
                entetes[nom.decode("latin-1").lower()] = valeur.strip().decode("latin-1")
            elif ligne.startswith(b"HTTP/"):
                entetes.clear()
        return entetes
