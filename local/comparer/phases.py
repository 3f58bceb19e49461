"""The rounds of a comparison. Each drives one style; the other goes through exactly the same right before or after."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

import psycopg2
from rich.console import Console

from local.api import PRODUITS, Api, attendre
from local.banc_orchestre import groupes_de_processus
from local.banc_reprise import PROGRAMMES, interrompre
from local.banc_utilisateurs import Caisse
from local.chaos import derouler
from local.chaos_pannes import Atelier
from local.chaos_plan import Panne
from local.comparer import releves
from local.comparer.donnees import APPELANT, Checkout, Cout, Epreuve, Flot, Reprise, Style
from local.mesures import charger, cpu
from local.plateforme import Plateforme
from local.processus import ErreurLabo

Avancer = Callable[[], None]
_FIN_S = 90.0
_TERMINAL_S = 10.0
AVANCENT = {
    "orchestre": PROGRAMMES,
    "choreo": ("worker-stock-reservation", "worker-order-creation", "worker-stock-compensation", "ecommerce-fond"),
}
"""What brings the checkouts of a style to their end."""


@dataclass(frozen=True, kw_only=True)
class Demande:
    """One checkout as its buyer saw it: HTTP status (0: no answer) and seconds."""

    client: str
    statut: int
    duree_s: float


class Acheteurs:
    """Buyers with a full cart each, who ask for one checkout once: what a caller who does not insist lives through."""

    def __init__(self, plateforme: Plateforme, style: Style, nombre: int, avancer: Avancer) -> None:
        self._plateforme, self._style, self._avancer = plateforme, style, avancer
        self._caisse = Caisse(plateforme, nombre)
        self.clients = self._caisse.clients
        self.demandes: list[Demande] = []

    def acheter(self, corps: object = None) -> None:
        """The next buyer's checkout; thread-safe."""
        client, debut = self._caisse.client(), time.perf_counter()
        api = self._caisse.api
        try:
            statut = (api.checkout if self._style == "orchestre" else api.checkout_choreo)(client, corps).statut
        except ErreurLabo:
            statut = 0
        self.demandes.append(Demande(client=client, statut=statut, duree_s=time.perf_counter() - debut))
        self._avancer()

    def connus(self) -> dict[str, releves.Connu]:
        """What the shop knows of their checkouts, by buyer."""
        return releves.checkouts(self._plateforme, self.clients)

    def conclus(self, debut: float) -> list[Checkout]:
        """What became of each, once all have ended or after a long while. `debut`: when the round began (epoch)."""
        with contextlib.suppress(ErreurLabo):  # what is still open then is told as open
            attendre(lambda: self._restants() == 0, "La fin de tous les checkouts", _FIN_S)
        connus = self.connus()
        ids = [connu.id for connu in connus.values()]
        with contextlib.suppress(ErreurLabo):  # a checkout that never left the shop has no event
            attendre(lambda: len(releves.terminaux(self._plateforme, ids)) == len(ids), "Les événements", _TERMINAL_S)
        fins = releves.terminaux(self._plateforme, ids)
        return [_checkout(demande, connus.get(demande.client), fins, debut) for demande in self.demandes]

    def _restants(self) -> int:
        try:
            return releves.ouverts(self._plateforme, self.clients)
        except psycopg2.OperationalError:
            return -1  # the database is too busy to say


def _checkout(demande: Demande, connu: releves.Connu | None, fins: dict[str, float], debut: float) -> Checkout:
    reponse_ms = round(1000 * demande.duree_s, 2)
    if connu is None:
        return Checkout(
            statut=demande.statut, reponse_ms=reponse_ms, issue="absent", debut_s=None, fin_ms=None, connue_ms=None
        )
    return Checkout(
        statut=demande.statut,
        reponse_ms=reponse_ms,
        issue=connu.statut,
        debut_s=round(connu.debut - debut, 3),
        fin_ms=round(1000 * (fins[connu.id] - connu.debut), 2) if connu.id in fins else None,
        connue_ms=None if connu.connu_s is None else round(1000 * connu.connu_s, 2),
    )


def epreuve(
    plateforme: Plateforme, nom: str, style: Style, *, utilisateurs: int, nombre: int, pause_s: float, avancer: Avancer
) -> Epreuve:
    """`nombre` checkouts by buyers who think `pause_s` in between: a load that does not depend on the style."""
    acheteurs = Acheteurs(plateforme, style, nombre, avancer)
    debut = time.time()
    charger(acheteurs.acheter, nombre=nombre, concurrence=utilisateurs, pause_s=pause_s)
    return Epreuve(nom=nom, style=style, utilisateurs=utilisateurs, pause_s=pause_s, checkouts=acheteurs.conclus(debut))


def saine(
    plateforme: Plateforme, style: Style, *, utilisateurs: int, nombre: int, pause_s: float, avancer: Avancer
) -> tuple[Epreuve, list[Flot]]:
    """The round where nothing breaks, and the events that went through the bus meanwhile."""
    releves.attendre_le_repos(plateforme)
    avant = releves.flots(plateforme)
    vue = epreuve(plateforme, "sain", style, utilisateurs=utilisateurs, nombre=nombre, pause_s=pause_s, avancer=avancer)
    releves.attendre_le_repos(plateforme)
    return vue, releves.flots_entre(avant, releves.flots(plateforme))


def pannes(duree_s: float) -> list[Panne]:
    """What breaks in a round with faults, the same for both styles: a service is away, one is killed, then a process
    of each style's own, then the bus is away."""

    def une(rang: int, genre: str, cible: str, debut: float, duree: float = 0.0) -> Panne:
        return Panne(
            rang=rang, genre=genre, cible=cible, debut_s=round(debut * duree_s, 1), duree_s=round(duree * duree_s, 1)
        )

    return [
        une(0, "absence", "commandes", 0.1, 0.15),
        une(1, "mort", "inventaire", 0.4),
        une(2, "mort", "saga-1", 0.55),
        une(3, "mort", "worker-order-creation", 0.55),
        une(4, "valkey", "redis", 0.7, 0.08),
    ]


def cassee(
    plateforme: Plateforme,
    style: Style,
    *,
    utilisateurs: int,
    nombre: int,
    pause_s: float,
    avancer: Avancer,
    console: Console,
) -> Epreuve:
    """The same load while things break; everything is mended before its end is looked at."""
    acheteurs = Acheteurs(plateforme, style, nombre, avancer)
    plan = pannes(nombre / utilisateurs * pause_s)
    debut = time.time()
    with ThreadPoolExecutor(1) as bassin:
        casse = bassin.submit(derouler, Atelier(plateforme, None), plan, console, 0.0)
        charger(acheteurs.acheter, nombre=nombre, concurrence=utilisateurs, pause_s=pause_s)
        casse.result()
    return Epreuve(
        nom="pannes",
        style=style,
        utilisateurs=utilisateurs,
        pause_s=pause_s,
        checkouts=acheteurs.conclus(debut),
        pannes=[asdict(panne) for panne in plan],
    )


def cout(
    plateforme: Plateforme, style: Style, *, nombre: int, repos_s: float, publication_s: float, avancer: Avancer
) -> Cout:
    """What one successful checkout makes the platform do, all that follows from it included.

    What the platform does when idle is measured first, during `repos_s`, and taken off. `publication_s`: how long
    PostgreSQL's sessions may keep their counters to themselves (10 seconds, when idle). Raises `ErreurLabo` when a
    checkout fails.
    """
    acheteurs = Acheteurs(plateforme, style, nombre, avancer)
    releves.attendre_le_repos(plateforme)
    _patienter(publication_s)
    au_debut = _Compteurs(plateforme)
    _patienter(repos_s)
    au_milieu = _Compteurs(plateforme)
    journal = plateforme.lieux.journal("gateway").stat().st_size
    flots = releves.flots(plateforme)
    charger(acheteurs.acheter, nombre=nombre, concurrence=4)
    vus = acheteurs.conclus(time.time())
    releves.attendre_le_repos(plateforme)
    _patienter(publication_s)
    attendre(lambda: releves.requetes(plateforme, journal)[APPELANT] == nombre, "Le journal de la passerelle", 20)
    a_la_fin = _Compteurs(plateforme)
    if rates := [vu for vu in vus if vu.issue != "finalise"]:
        raise ErreurLabo(f"Un checkout de la mesure des coûts n'a pas abouti : {rates[0]}")
    repos, charge = au_milieu.depuis(au_debut), a_la_fin.depuis(au_milieu)
    part = (a_la_fin.quand - au_milieu.quand) / (au_milieu.quand - au_debut.quand)
    net = {cle: round(max(0.0, valeur - part * repos.get(cle, 0.0)), 2) for cle, valeur in charge.items()}
    publies = releves.flots_entre(flots, releves.flots(plateforme))
    return Cout(
        checkouts=nombre,
        requetes=dict(releves.requetes(plateforme, journal)),
        entrees=sum(flot.nombre for flot in publies if flot.sens == "publie"),
        commits={nom: valeur for (quoi, nom), valeur in net.items() if quoi == "commits"},
        cpu_ms={nom: valeur for (quoi, nom), valeur in net.items() if quoi == "cpu_ms"},
    )


class _Compteurs:
    """Commits by database and CPU by program so far."""

    def __init__(self, plateforme: Plateforme) -> None:
        self.quand = time.monotonic()
        groupes = groupes_de_processus(plateforme)
        groupes.pop("client du banc")
        self._valeurs: dict[tuple[str, str], float] = {
            **{("commits", base): valeur for base, valeur in releves.commits(plateforme).items()},
            **{("cpu_ms", nom): 1000 * secondes for nom, secondes in cpu(groupes).items()},
        }

    def depuis(self, avant: _Compteurs) -> dict[tuple[str, str], float]:
        """How much more than then."""
        return {cle: valeur - avant._valeurs.get(cle, 0.0) for cle, valeur in self._valeurs.items()}


def _patienter(secondes: float) -> None:
    fin = time.monotonic() + secondes
    attendre(lambda: time.monotonic() >= fin, "Le temps", secondes + 5)


def compensation(plateforme: Plateforme, style: Style, *, nombre: int, avancer: Avancer) -> list[float]:
    """Orders refused after the stock was reserved: inventaire knows a magasin that commandes does not."""
    acheteurs = Acheteurs(plateforme, style, nombre, avancer)
    magasin = str(uuid.uuid4())
    api = Api(plateforme.urls["gateway"], plateforme.cle())
    jeton = {"X-Internal-Token": plateforme.secrets["INTERNAL_TOKEN"]}
    nom = {"nom": "Magasin inconnu de commandes"}
    connu = api.appeler("PUT", f"/api/inventaire/magasins-connus/{magasin}/", nom, jeton)
    if connu.statut != 200:
        raise ErreurLabo(f"Le magasin de la mesure n'existe pas : {connu}")
    for produit in list(PRODUITS.values())[:3]:
        api.reassortir(produit, nombre, magasin)
    charger(lambda: acheteurs.acheter({"magasin_id": magasin}), nombre=nombre, concurrence=2)
    vus = acheteurs.conclus(time.time())
    durees = releves.compensations(plateforme, style, [connu.id for connu in acheteurs.connus().values()])
    if len(durees) != nombre or {vu.issue for vu in vus} != {"echec"}:
        raise ErreurLabo(f"{len(durees)} compensations au lieu de {nombre} ({style}).")
    return [round(duree, 3) for duree in durees]


def reprise(plateforme: Plateforme, style: Style, *, nombre: int, avancer: Avancer) -> Reprise:
    """Everything that advances the style's checkouts dies in the middle of `nombre` of them, and is started again.

    Once more when all had ended just before. Raises `ErreurLabo` when that happens three times.
    """
    ouverts = releves.sagas_ouvertes if style == "orchestre" else releves.ouverts
    for _ in range(3):
        acheteurs = Acheteurs(plateforme, style, nombre, avancer)
        demandes = [acheteurs.acheter] * nombre
        coupure = interrompre(plateforme, AVANCENT[style], demandes, partial(ouverts, plateforme, acheteurs.clients))
        if coupure.coupes:
            break
    else:
        raise ErreurLabo(f"Aucun checkout n'a été coupé ({style}).")
    attendre(lambda: releves.ouverts(plateforme, acheteurs.clients) == 0, "Ce que la boutique en sait", _FIN_S)
    sus = [connu.debut + (connu.connu_s or 0.0) for connu in acheteurs.connus().values()]
    return Reprise(
        coupes=coupure.coupes,
        duree_s=round(coupure.duree_s, 3),
        connue_s=round(max(0.0, max(sus) - coupure.redemarrage), 3),
    )
