"""Pooled HTTP client for calls between services.

Guarantee: every call ends within its time limits and the deadline of `socle.correlation.echeance`; it is repeated
only where a repetition cannot have a second effect; it carries the correlation id, the trace context and the keys.

1. A POST without `cle_idempotence` is repeated only when the connection was refused: nothing was sent.
2. `ServiceIndisponible.effet_possible` tells whether the neighbour may have done the work all the same. Callers
   that compensate must compensate when it is true.
3. A 4xx is an answer, not a failure: it comes back as a `Reponse` and closes the circuit.
4. JSON numbers with a decimal point come back as `Decimal`.
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import tenacity
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from socle import fautes, jsons, metriques
from socle.correlation import correlation_id, temps_restant, traceparent
from socle.disjoncteur import Disjoncteur
from socle.erreurs import Indisponible

journal = logging.getLogger("socle.http")

Observateur = Callable[[str, str, str, float], None]
"""Called once per attempt with (service, endpoint, status or `erreur`, seconds)."""

_PASSAGERES = frozenset({500, 502, 503, 504, 408, 425, 429})
_DUREE_MINIMALE_S = 0.02


class ServiceIndisponible(Indisponible):
    """The neighbour `service` gave no usable answer in time. `effet_possible`: it may have acted all the same."""

    def __init__(self, service: str, cause: str, *, effet_possible: bool, statut: int = 0) -> None:
        super().__init__(f"Le service {service} ne répond pas ({cause}).")
        self.service, self.cause, self.effet_possible, self.statut = service, cause, effet_possible, statut


@dataclass(frozen=True, slots=True)
class Reponse:
    """An answer below 500: status, parsed JSON object (empty when the body is not one), headers."""

    statut: int
    corps: dict[str, Any]
    entetes: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.statut < 300


def _lire_json(octets: bytes) -> dict[str, Any]:
    try:
        valeur = json.loads(octets, parse_float=Decimal)
    except ValueError:
        return {}
    return valeur if isinstance(valeur, dict) else {"resultats": valeur}


class ClientHttp:
    """One neighbour behind one base URL. Thread-safe; connections are kept alive and shared by the process.

    `connexion` and `lecture` are seconds per attempt, `essais` the attempts in all, `nom` the service's name in
    errors and metrics. `endpoint` of each call is a bounded label, never the raw path.
    """

    def __init__(
        self,
        base_url: str,
        *,
        nom: str,
        cle_api: str = "",
        jeton_interne: str = "",
        connexion: float = 0.5,
        lecture: float = 2.0,
        essais: int = 3,
        connexions_max: int = 32,
        disjoncteur: Disjoncteur | None = None,
        observateur: Observateur | None = None,
    ) -> None:
        self.nom = nom
        url = urllib3.util.parse_url(base_url)
        self._pool = urllib3.connection_from_url(base_url, maxsize=connexions_max, block=False)
        self._prefixe = (url.path or "").rstrip("/")
        self._connexion, self._lecture, self._essais = connexion, lecture, essais
        self._entetes = {"Accept": "application/json"}
        if cle_api:
            self._entetes["X-API-Key"] = cle_api
        if jeton_interne:
            self._entetes["X-Internal-Token"] = jeton_interne
        self.disjoncteur = disjoncteur or Disjoncteur(
            au_changement=lambda ouvert: metriques.DISJONCTEUR.labels(nom).set(ouvert)
        )
        self._observateur = observateur

    def get(
        self,
        chemin: str,
        *,
        params: Mapping[str, Any] | None = None,
        endpoint: str = "",
        essais: int | None = None,
    ) -> Reponse:
        """Read; safe to repeat. Raises `ServiceIndisponible`."""
        if params:
            chemin = f"{chemin}?{urlencode(params, safe=',')}"
        return self.appeler("GET", chemin, endpoint=endpoint, essais=essais)

    def post(
        self,
        chemin: str,
        corps: Mapping[str, Any],
        *,
        cle_idempotence: str = "",
        endpoint: str = "",
        essais: int | None = None,
    ) -> Reponse:
        """Write; repeated after a doubtful outcome only with `cle_idempotence`. Raises `ServiceIndisponible`."""
        return self.appeler(
            "POST", chemin, corps=corps, cle_idempotence=cle_idempotence, endpoint=endpoint, essais=essais
        )

    def appeler(
        self,
        methode: str,
        chemin: str,
        *,
        corps: Mapping[str, Any] | None = None,
        cle_idempotence: str = "",
        entetes: Mapping[str, str] | None = None,
        endpoint: str = "",
        essais: int | None = None,
    ) -> Reponse:
        """Any method; see `get` and `post`. `essais=1` leaves repetition to the caller."""
        octets = jsons.ecrire(corps) if corps is not None else None
        complets = self._composer_entetes(octets, cle_idempotence, entetes)
        repetable = methode in ("GET", "HEAD", "PUT", "DELETE") or bool(cle_idempotence)
        libelle = endpoint or f"{methode} {chemin.partition('?')[0]}"
        nombre = self._essais if essais is None else essais

        def un_essai() -> Reponse:
            return self._un_essai(methode, chemin, octets, complets, libelle)

        if nombre == 1:
            return un_essai()

        def a_repeter(erreur: BaseException) -> bool:
            return isinstance(erreur, ServiceIndisponible) and (repetable or not erreur.effet_possible)

        return tenacity.Retrying(
            stop=tenacity.stop_after_attempt(nombre) | _echeance_passee,
            wait=tenacity.wait_random_exponential(multiplier=0.05, max=1.0),
            retry=tenacity.retry_if_exception(a_repeter),
            reraise=True,
        )(un_essai)

    def _composer_entetes(
        self, octets: bytes | None, cle: str, supplement: Mapping[str, str] | None
    ) -> dict[str, str]:
        entetes = dict(self._entetes)
        if octets is not None:
            entetes["Content-Type"] = "application/json"
        if cle:
            entetes["Idempotency-Key"] = cle
        if courant := correlation_id():
            entetes["X-Correlation-ID"] = courant
        if trace := traceparent():
            entetes["traceparent"] = trace
        if supplement:
            entetes.update(supplement)
        return entetes

    def _un_essai(
        self, methode: str, chemin: str, octets: bytes | None, entetes: dict[str, str], endpoint: str
    ) -> Reponse:
        reste = temps_restant(self._connexion + self._lecture)
        if reste < _DUREE_MINIMALE_S:
            raise ServiceIndisponible(self.nom, "délai épuisé", effet_possible=False)
        if not self.disjoncteur.permet():
            self._observer(endpoint, "circuit_ouvert", 0.0)
            raise ServiceIndisponible(self.nom, "circuit ouvert", effet_possible=False)
        debut = time.perf_counter()
        try:
            fautes.point("http.avant_envoi")
            reponse = self._pool.urlopen(
                methode,
                self._prefixe + chemin,
                body=octets,
                headers=entetes,
                timeout=urllib3.Timeout(connect=min(self._connexion, reste), read=min(self._lecture, reste)),
                retries=False,
                redirect=False,
            )
            fautes.point("http.reponse_recue")
        except (NewConnectionError, ConnectTimeoutError) as erreur:
            raise self._echouer(endpoint, debut, erreur, effet_possible=False) from erreur
        except (HTTPError, OSError) as erreur:
            raise self._echouer(endpoint, debut, erreur, effet_possible=True) from erreur
        except Indisponible:
            self.disjoncteur.echec()
            raise
        self._observer(endpoint, str(reponse.status), time.perf_counter() - debut)
        if reponse.status in _PASSAGERES or reponse.status > 504:
            if reponse.status >= 500:
                self.disjoncteur.echec()
            else:
                self.disjoncteur.succes()
            raise ServiceIndisponible(
                self.nom,
                f"HTTP {reponse.status}",
                effet_possible=reponse.status >= 500,
                statut=reponse.status,
            )
        self.disjoncteur.succes()
        return Reponse(reponse.status, _lire_json(reponse.data), reponse.headers)

    def _echouer(
        self, endpoint: str, debut: float, erreur: Exception, *, effet_possible: bool
    ) -> ServiceIndisponible:
        self.disjoncteur.echec()
        self._observer(endpoint, "erreur", time.perf_counter() - debut)
        journal.warning("appel de %s %s: %s", self.nom, endpoint, type(erreur).__name__)
        return ServiceIndisponible(self.nom, type(erreur).__name__, effet_possible=effet_possible)

    def _observer(self, endpoint: str, statut: str, duree: float) -> None:
        if self._observateur is not None:
            self._observateur(self.nom, endpoint, statut, duree)


def _echeance_passee(_: tenacity.RetryCallState) -> bool:
    return temps_restant(60.0) < _DUREE_MINIMALE_S
