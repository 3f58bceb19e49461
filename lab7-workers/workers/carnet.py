"""The address book of the notification worker: one request for all who ask at about the same time."""

import threading
import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future

Demande = Callable[[Collection[str]], Mapping[str, str]]
"""The addresses of these clients, by client; those unknown or erased are absent."""


class Carnet:
    """Thread-safe. The first caller waits `ensemble_s` for others, then asks for all; nothing is remembered."""

    def __init__(self, demander: Demande, *, ensemble_s: float = 0.005) -> None:
        self._demander, self._ensemble_s = demander, ensemble_s
        self._verrou = threading.Lock()
        self._clients: set[str] = set()
        self._reponse: Future[Mapping[str, str]] = Future()

    def courriel(self, client_id: str) -> str:
        """The address of a client; empty for one unknown or erased. Raises what the request raises."""
        with self._verrou:
            meneur = not self._clients
            self._clients.add(client_id)
            reponse = self._reponse
        if meneur:
            time.sleep(self._ensemble_s)
            with self._verrou:  # whoever comes from now on belongs to the next request
                clients, self._clients = self._clients, set()
                self._reponse = Future()
            try:
                reponse.set_result(self._demander(clients))
            except Exception as erreur:
                reponse.set_exception(erreur)
        return reponse.result().get(client_id, "")
