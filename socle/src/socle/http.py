"""Pooled HTTP client for calls between services.

Guarantee: every call ends within its time limits and the deadline of `socle.correlation.echeance`, even when the
neighbour sends one byte a second; it is repeated only where a repetition cannot have a second effect; it carries the
correlation id, the trace context and the keys.

1. A POST without `cle_idempotence` is repeated only when nothing can have been done: the connection was refused, or
   the answer is 408, 425 or 429.
2. `ServiceIndisponible.effet_possible` tells whether the neighbour may have done the work all the same, in any of
   the attempts. Callers that compensate must compensate when it is true.
3. A 4xx is an answer, not a failure: it comes back as a `Reponse` and closes the circuit. The exception is a 409 with
   `Retry-After`: the same key is being processed, so it is asked again.
4. JSON numbers with a decimal point come back as `Decimal`; a JSON array comes back as `{"resultats": [...]}`.
5. An open circuit fails at once, without further attempts; so does a deadline too near for the next attempt.
6. Connections are opened by the first call: make no call before gunicorn forks, or the workers share a socket.
"""

import json
import logging
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from socle import fautes, jsons, metriques, traces
from socle.correlation import correlation_id, temps_restant, traceparent
from socle.disjoncteur import Disjoncteur
from socle.erreurs import Indisponible
from socle.transport import EchecTransport, Envoi, Transport

journal = logging.getLogger("socle.http")

Observateur = Callable[[str, str, str, float], None]
"""Called once per attempt with (service, endpoint, status or `erreur`, seconds)."""

_RIEN_FAIT = frozenset({408, 425, 429})
_DUREE_MINIMALE_S = 0.02
_ATTENTE_MAX_S = 1.0
_IDENTIFIANT = re.compile(r"(?<=/)(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9]+)(?=/|$)")
_hasard = secrets.SystemRandom()


class ServiceIndisponible(Indisponible):
    """The neighbour `service` gave no usable answer in time. `effet_possible`: it may have acted all the same."""

    def __init__(self, service: str, cause: str, *, effet_possible: bool, statut: int = 0) -> None:
        super().__init__(f"Le service {service} ne répond pas ({cause}).")
        self.service, self.cause, self.effet_possible, self.statut = service, cause, effet_possible, statut


class _NonTente(ServiceIndisponible):
    """No attempt was made, and another one now would not be made either."""


@dataclass(frozen=True, slots=True)
class Reponse:
    """An answer below 500: status, parsed JSON object (empty when the body is not JSON), headers in lower case."""

    statut: int
    corps: dict[str, Any]
    entetes: Mapping[str, str]

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.statut < 300


# Made once: `json.loads` with options builds a new one for every answer.
_decodeur = json.JSONDecoder(parse_float=jsons.decimal)


def _lire_json(octets: bytes) -> dict[str, Any]:
    try:
        valeur = _decodeur.decode(octets.decode())
    except (ValueError, RecursionError):
        return {}
    return valeur if isinstance(valeur, dict) else {"resultats": valeur}


class ClientHttp:
    """One neighbour behind one base URL. Thread-safe; connections are kept alive and shared by the process.

    `connexion` bounds the opening of a connection and `lecture` the whole attempt, in seconds; `essais` is the number
    of attempts in all, `nom` the service's name in errors and metrics. `endpoint` of each call is its label in metrics
    and logs; by default the method and the path with identifiers masked, so that the number of labels stays bounded.
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
        self._transport = Transport(base_url, connexions_max)
        self._connexion, self._lecture, self._essais = connexion, lecture, essais
        self._entetes = {"Accept": "application/json"}
        if cle_api:
            self._entetes["X-API-Key"] = cle_api
        if jeton_interne:
            self._entetes["X-Internal-Token"] = jeton_interne
        self.disjoncteur = disjoncteur or Disjoncteur(
            sonde_max_s=connexion + lecture + 1.0,
            au_changement=lambda ouvert: metriques.DISJONCTEUR.labels(nom).set(ouvert),
        )
        metriques.DISJONCTEUR.labels(nom)  # a circuit that has never opened is told as closed, not left out
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
        est_reponse: Callable[[Reponse], bool] | None = None,
    ) -> Reponse:
        """Any method; see `get` and `post`. `essais=1` leaves repetition to the caller.

        `est_reponse` recognises a 5xx that the neighbour means as its answer (a saga that was undone, say): it comes
        back like a refusal, is not repeated, and does not count against the neighbour. It must not raise.
        """
        octets = jsons.ecrire(corps) if corps is not None else None
        complets = self._composer_entetes(octets, cle_idempotence, entetes)
        repetable = methode in ("GET", "HEAD", "PUT", "DELETE") or bool(cle_idempotence)
        envoi = Envoi(methode, chemin, octets, complets, unique=not repetable)
        libelle = endpoint or f"{methode} {_IDENTIFIANT.sub('{id}', chemin.partition('?')[0])}"
        dernier = self._essais if essais is None else essais
        effet_possible = False
        numero = 1
        while True:
            try:
                with traces.etendue(libelle, "CLIENT", service=self.nom, tentative=numero) as appel:
                    if traces.ACTIVES and (trace := traceparent()):
                        complets["traceparent"] = trace
                    reponse = self._un_essai(envoi, libelle, est_reponse)
                    appel.dire(http__response__status_code=reponse.statut)
                    return reponse
            except ServiceIndisponible as erreur:
                # What an earlier attempt may have done is not undone by a later one that was refused.
                effet_possible = erreur.effet_possible = effet_possible or erreur.effet_possible
                if numero >= dernier or isinstance(erreur, _NonTente) or (effet_possible and not repetable):
                    raise
                attente = _hasard.uniform(0, min(_ATTENTE_MAX_S, 0.05 * 2**numero))
                if temps_restant(60.0) < attente + _DUREE_MINIMALE_S:
                    raise
            time.sleep(attente)
            numero += 1

    def _composer_entetes(self, octets: bytes | None, cle: str, supplement: Mapping[str, str] | None) -> dict[str, str]:
        entetes = dict(self._entetes)
        if octets is not None:
            entetes["Content-Type"] = "application/json"
            # We repeat ourselves; in return the gateway can say that this very request reached nobody.
            entetes["X-Gateway-Retry"] = "off"
        if cle:
            entetes["Idempotency-Key"] = cle
        if courant := correlation_id():
            entetes["X-Correlation-ID"] = courant
        if trace := traceparent():
            entetes["traceparent"] = trace
        if supplement:
            entetes.update(supplement)
        return entetes

    def _un_essai(self, envoi: Envoi, endpoint: str, est_reponse: Callable[[Reponse], bool] | None) -> Reponse:
        total_s = temps_restant(self._lecture)
        if total_s < _DUREE_MINIMALE_S:
            raise _NonTente(self.nom, "délai épuisé", effet_possible=False)
        if not self.disjoncteur.permet():
            self._observer(endpoint, "circuit_ouvert", 0.0)
            raise _NonTente(self.nom, "circuit ouvert", effet_possible=False)
        debut = time.perf_counter()
        double = envoyee = False
        try:
            double = fautes.point("http.avant_envoi")
            envoyee = double
            if double:
                self._transport.echanger(envoi, self._connexion, total_s)
            statut, recus, donnees = self._transport.echanger(envoi, self._connexion, total_s)
            envoyee = True
            fautes.point("http.reponse_recue")
        except EchecTransport as erreur:
            raise self._echouer(endpoint, debut, str(erreur), effet_possible=double or erreur.parti) from erreur
        except fautes.FauteInjectee as erreur:
            raise self._echouer(endpoint, debut, "faute injectée", effet_possible=envoyee) from erreur
        except BaseException:
            self.disjoncteur.echec()
            raise
        self._observer(endpoint, str(statut), time.perf_counter() - debut)
        lue = Reponse(statut, _lire_json(donnees), recus)
        panne = statut >= 500 and not (est_reponse is not None and est_reponse(lue))
        if panne:
            self.disjoncteur.echec()
        else:
            self.disjoncteur.succes()
        if panne or statut in _RIEN_FAIT or (statut == 409 and "retry-after" in recus):
            jamais_parvenue = statut in _RIEN_FAIT or recus.get("x-upstream-reached") == "no"
            raise ServiceIndisponible(self.nom, f"HTTP {statut}", effet_possible=not jamais_parvenue, statut=statut)
        return lue

    def _echouer(self, endpoint: str, debut: float, cause: str, *, effet_possible: bool) -> ServiceIndisponible:
        self.disjoncteur.echec()
        self._observer(endpoint, "erreur", time.perf_counter() - debut)
        journal.warning("appel de %s %s: %s", self.nom, endpoint, cause)
        return ServiceIndisponible(self.nom, cause, effet_possible=effet_possible)

    def _observer(self, endpoint: str, statut: str, duree: float) -> None:
        if self._observateur is not None:
            self._observateur(self.nom, endpoint, statut, duree)
