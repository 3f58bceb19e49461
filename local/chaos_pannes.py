"""How each kind of fault is done to a platform, and undone. Each is a context manager: broken inside, mended after."""

from __future__ import annotations

import contextlib
import json
import random
import subprocess
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import redis

from local.chaos_plan import Panne
from local.composants import Fond
from local.mandataire import Mandataire
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo, arreter, attendre, lancer, port_libre
from local.programmes import MARQUE, Programme, environnement_de_base, programmes_des_services
from local.superviseur import TOURNE
from socle.evenements.flux import FLUX
from socle.fautes import Faute, Tableau

_RETOUR_S = 60.0


class Atelier:
    """Breaks one platform. `mandataire` is None on a platform that was not started for it: its links cannot be broken.

    Faults of different targets may overlap; those of one program wait for each other.
    """

    def __init__(self, plateforme: Plateforme, mandataire: Mandataire | None) -> None:
        self.plateforme, self.mandataire = plateforme, mandataire
        self._verrous: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._figes: set[str] = set()

    def panne(self, panne: Panne) -> AbstractContextManager[None]:
        """The fault as a context manager. Raises `ErreurLabo`: it cannot be done, or the program does not return."""
        return _GENRES[panne.genre](self, panne)

    @contextlib.contextmanager
    def seul(self, programme: str) -> Iterator[None]:
        """Nobody else breaks this program meanwhile; it runs to begin with."""
        with self._verrous[programme]:
            attendre(lambda: programme in self.plateforme.programmes(), _RETOUR_S, f"Marche de {programme}", pas=0.1)
            yield

    @contextlib.contextmanager
    def fige(self, programme: str) -> Iterator[None]:
        """The program and its worker processes are stopped (SIGSTOP) for the time of the block."""
        self._figes.add(programme)
        try:
            self.plateforme.figer(programme)
            yield
        finally:
            self._figes.discard(programme)
            self.plateforme.reveiller(programme)

    def reveiller(self, programme: str) -> None:
        """Continue whichever of its processes stopped itself at a fault point. Harmless for one that runs or is dead.

        A program that is frozen by `fige` stays so until the end of that.
        """
        if programme not in self._figes:
            with contextlib.suppress(ErreurLabo, ProcessLookupError):  # it may be starting just now
                self.plateforme.reveiller(programme)

    def instances(self) -> dict[str, str]:
        """Each service program, and the instance whose fault switches it reads: a recovery reads its replica's."""
        programmes = [programme for service in self.plateforme.services for programme in service.programmes]
        return {p.nom: p.instance if isinstance(p, Fond) else p.nom for p in programmes}

    def flux(self) -> Any:
        """A client of Redis itself, not through the proxy."""
        port = self.plateforme.ports["redis"]
        return redis.Redis(host=ADRESSE, port=port, decode_responses=True, socket_timeout=3, socket_connect_timeout=3)

    def revenir(self, programme: str) -> None:
        """Start the program unless it runs and wait until it is ready."""
        self.plateforme.demarrer(programme)
        self.plateforme.attendre_pret(programme, _RETOUR_S)

    def description(self, nom: str) -> Programme:
        """What the supervisor runs under this name."""
        p = self.plateforme
        return next(d for d in programmes_des_services(p.services, p.lieux, p.secrets) if d.nom == nom)

    def remettre(self) -> None:
        """Undo everything, whatever state a fault left things in, and wait until the whole platform answers."""
        p = self.plateforme
        if self.mandataire is not None:
            self.mandataire.tout_laisser_passer()
        for fichier in (p.lieux.run / "fautes").glob("*.json"):
            Tableau(fichier).ecrire([])
        for fichier in p.lieux.horloges.glob("*"):
            fichier.unlink()
        for nom, etat in p.superviseur.etats().items():
            if etat["statename"] in TOURNE:
                self.reveiller(nom)
            else:
                p.demarrer(nom)
        for nom in p.superviseur.etats():
            p.attendre_pret(nom, _RETOUR_S)
        for service in (s for s in p.services if s.route):
            attendre(lambda s=service: p.route_prete(s), _RETOUR_S, f"{service.nom} derrière la passerelle", pas=0.1)


@contextlib.contextmanager
def _mort(atelier: Atelier, panne: Panne) -> Iterator[None]:
    with atelier.seul(panne.cible):
        atelier.plateforme.tuer(panne.cible)
        yield


@contextlib.contextmanager
def _absence(atelier: Atelier, panne: Panne) -> Iterator[None]:
    with atelier.seul(panne.cible):
        if panne.details.get("brutal", True):
            atelier.plateforme.tuer(panne.cible, relancer=False)
        else:
            atelier.plateforme.arreter(panne.cible)
        try:
            yield
        finally:
            atelier.revenir(panne.cible)


@contextlib.contextmanager
def _gel(atelier: Atelier, panne: Panne) -> Iterator[None]:
    with atelier.seul(panne.cible), atelier.fige(panne.cible):
        yield


@contextlib.contextmanager
def _roulant(atelier: Atelier, panne: Panne) -> Iterator[None]:
    service = next(s for s in atelier.plateforme.services if s.nom == panne.cible)
    for programme in service.programmes:
        with atelier.seul(programme.nom):
            atelier.plateforme.redemarrer(programme.nom)
    yield


@contextlib.contextmanager
def _vidage(atelier: Atelier, panne: Panne) -> Iterator[None]:
    with atelier.seul("redis"):
        atelier.flux().flushall()
    yield


@contextlib.contextmanager
def _reseau(atelier: Atelier, panne: Panne) -> Iterator[None]:
    if atelier.mandataire is None:
        raise ErreurLabo("Cette plateforme n'a pas été démarrée à travers le mandataire.")
    atelier.mandataire.regler(panne.cible, panne.details["mode"], panne.details.get("retard_s", 0.0))
    try:
        yield
    finally:
        atelier.mandataire.regler(panne.cible, "passe")


@contextlib.contextmanager
def _au_point(atelier: Atelier, panne: Panne) -> Iterator[None]:
    instances = atelier.instances()
    tableau = Tableau(atelier.plateforme.lieux.run / "fautes" / f"{instances[panne.cible]}.json")
    tableau.ecrire([Faute(**panne.details)])
    try:
        yield
    finally:
        tableau.ecrire([])
        for nom, instance in instances.items():
            if instance == instances[panne.cible]:
                atelier.reveiller(nom)  # whoever froze at the point still stands there


@contextlib.contextmanager
def _horloge(atelier: Atelier, panne: Panne) -> Iterator[None]:
    """Its host's clock is wrong: the program is started anew with it, and again without."""
    p = atelier.plateforme
    fichier = p.lieux.horloges / panne.cible
    with atelier.seul(panne.cible):
        fichier.parent.mkdir(exist_ok=True)
        fichier.write_text(str(panne.details["decalage_s"]))
        try:
            p.tuer(panne.cible)
            p.attendre_pret(panne.cible, _RETOUR_S)
            yield
        finally:
            fichier.unlink(missing_ok=True)
            p.tuer(panne.cible)
            p.attendre_pret(panne.cible, _RETOUR_S)


@contextlib.contextmanager
def _relais(atelier: Atelier, panne: Panne) -> Iterator[None]:
    """A second member of the group, and a second relay of the same outbox, then one less."""
    description = atelier.description(panne.cible)
    nom = f"{panne.cible}-double"
    variables = {
        **environnement_de_base(atelier.plateforme.lieux),
        **description.variables,
        "INSTANCE_ID": nom,
        "METRICS_PORT": str(port_libre()),
        MARQUE: nom,
    }
    with atelier.plateforme.lieux.journal(nom).open("ab") as journal:
        second: subprocess.Popen[bytes] = lancer(description.ligne, journal, variables, description.dossier)
    try:
        yield
    finally:
        arreter(second, delai=20)


@contextlib.contextmanager
def _poison(atelier: Atelier, panne: Panne) -> Iterator[None]:
    with atelier.seul("redis"):
        atelier.flux().xadd(FLUX, poison(panne.details["forme"], panne.details["graine"]))
    yield


@contextlib.contextmanager
def _redelivrance(atelier: Atelier, panne: Panne) -> Iterator[None]:
    """The latest entries once more, under their own event ids."""
    with atelier.seul("redis"):
        flux = atelier.flux()
        for _, champs in reversed(flux.xrevrange(FLUX, count=panne.details["nombre"])):
            flux.xadd(FLUX, champs)
    yield


def poison(forme: str, graine: int) -> Mapping[Any, Any]:
    """An entry that cannot be processed, of a checkout that exists nowhere; a pure function but for the time in it."""
    hasard = random.Random(graine)  # noqa: S311 - reproducible on purpose

    def identifiant() -> str:
        return str(uuid.UUID(int=hasard.getrandbits(128), version=4))

    checkout = identifiant()
    payload: dict[str, Any] = {
        "checkout_id": checkout,
        "client_id": identifiant(),
        "emitted_at": "2026-01-01T00:00:00+00:00",
    }
    entree = {
        "type": "StockReserved",
        "payload": "",
        "ts": f"{time.time():.6f}",
        "id": identifiant(),
        "v": "1",
        "correlation_id": identifiant(),
        "causation_id": identifiant(),
        "source": "chaos",
        "traceparent": "",
    }
    if forme == "type_inconnu":
        entree["type"] = "PanierVole"
    elif forme == "version_future":
        entree["v"] = "99"
    elif forme == "client_invalide":
        payload["client_id"] = "../../admin"
    elif forme == "sans_panier":
        payload["magasin_id"] = identifiant()
    entree["payload"] = "{illisible" if forme == "illisible" else json.dumps(payload)
    return entree


_GENRES: dict[str, Callable[[Atelier, Panne], AbstractContextManager[None]]] = {
    "mort": _mort,
    "absence": _absence,
    "gel": _gel,
    "roulant": _roulant,
    "postgres": _absence,
    "valkey": _absence,
    "vidage": _vidage,
    "passerelle": _absence,
    "reseau": _reseau,
    "lenteur": _au_point,
    "echec": _au_point,
    "crash": _au_point,
    "double": _au_point,
    "somme": _au_point,
    "horloge": _horloge,
    "relais": _relais,
    "poison": _poison,
    "redelivrance": _redelivrance,
}
