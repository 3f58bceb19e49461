"""`up` and `down`: the phases that bring a platform from anything (nothing, half of it, a crash) to ready, and back."""

from __future__ import annotations

import concurrent.futures
import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil

from local import coffre, passerelle, plateforme, postgres, programmes, prometheus, superviseur
from local.composants import ACCESSOIRES, REGLAGES, Service, adresses, ports
from local.lieux import Lieux
from local.processus import ADRESSE, ErreurLabo, attendre, port_occupe

Dire = Callable[[str], None]
ESPACE_MINIMAL = 500 * 2**20
_DELAI_PRET = 60.0
_INFRA = ("postgres", "redis")


@contextlib.contextmanager
def _exclusif(lieux: Lieux, dire: Dire) -> Iterator[None]:
    """One `up` or `down` at a time in a laboratory; the other waits."""
    lieux.creer()
    with (lieux.run / "labo.lock").open("w") as verrou:
        try:
            fcntl.flock(verrou, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            dire("Une autre commande démarre ou arrête ce laboratoire : on l'attend.")
            fcntl.flock(verrou, fcntl.LOCK_EX)
        yield


def demarrer(
    lieux: Lieux, services: Sequence[Service], dire: Dire, *, avec_le_parent: bool = False, observer: bool = False
) -> bool:
    """Bring everything up and return when it is ready. False when all of it ran already.

    `observer`: Prometheus as well, if it can be had; nothing waits for that.

    Interrupted or failing, it stops what it started; a platform that ran before it is left as it was.
    Raises `ErreurLabo` with one sentence the user can act on.
    """
    with _exclusif(lieux, dire):
        surveillant = superviseur.Superviseur(lieux)
        tournait = surveillant.repond()
        vue = plateforme.Plateforme(lieux, services)
        recherche = prometheus.commencer_a_obtenir() if observer and prometheus.trouver() is None else None
        if tournait and all(vue.pret(nom) for nom in surveillant.etats()):
            if observer:
                _observer(vue, dire, recherche)
            return False
        try:
            _phases(lieux, services, surveillant, dire, tournait=tournait, avec_le_parent=avec_le_parent)
        except BaseException:
            if not tournait:
                _tout_arreter(lieux, services, surveillant)
            raise
        if observer:
            _observer(vue, dire, recherche)
    return True


def _observer(vue: plateforme.Plateforme, dire: Dire, recherche: subprocess.Popen[bytes] | None) -> None:
    """Add Prometheus to a platform that runs, or say why not. `recherche`: what was begun to fetch it, if anything."""
    if prometheus.NOM in vue.superviseur.etats():
        vue.superviseur.demarrer(prometheus.NOM)
        return
    outils, port = prometheus.trouver(), vue.ports[prometheus.NOM]
    if outils is None:
        attendu = recherche is not None and recherche.poll() is None
        dire("Prometheus est en train d'être téléchargé : le prochain ./labo up l'ajoutera." if attendu else
             "Prometheus ne peut pas être obtenu ici (ni dans PATH, ni par apt-get) : on s'en passe.")  # fmt: skip
        return
    if port_occupe(port):
        dire(f"Le port {port} est pris{occupant(port)} : on se passe de Prometheus.")
        return
    programme = prometheus.programme(outils, vue.services, vue.lieux)
    vue.lieux.accessoires.write_text(superviseur.section(vue.lieux, programme))
    vue.superviseur.ajouter(programme.nom)
    try:
        _lancer(vue, [programme.nom])
    except ErreurLabo as erreur:
        dire(f"On se passe de Prometheus : {erreur}")
    else:
        dire(f"Prometheus observe : http://{ADRESSE}:{port}/")


def silence(texte: str) -> None:
    """Progress nobody listens to."""


def arreter(lieux: Lieux, services: Sequence[Service], dire: Dire = silence) -> bool:
    """Stop everything within a bounded time. False when nothing ran."""
    if not lieux.maison.exists():
        return False
    with _exclusif(lieux, dire):
        return _tout_arreter(lieux, services, superviseur.Superviseur(lieux))


def _tout_arreter(lieux: Lieux, services: Sequence[Service], surveillant: superviseur.Superviseur) -> bool:
    """Callers first, so that what is under way can finish; the servers they need last."""
    tournait = surveillant.repond()
    if tournait:
        connus = surveillant.etats()
        rangs = sorted({service.rang for service in services}, reverse=True)
        groupes = [[p.nom for s in services if s.rang == rang for p in s.programmes] for rang in rangs]
        for groupe in [list(ACCESSOIRES), *groupes, ["gateway"], list(_INFRA)]:
            with contextlib.suppress(ErreurLabo):  # what does not stop in time dies with the supervisor
                surveillant.arreter(*(nom for nom in groupe if nom in connus))
        surveillant.eteindre()
    return superviseur.nettoyer_restes(lieux) > 0 or tournait


def _phases(
    lieux: Lieux,
    services: Sequence[Service],
    surveillant: superviseur.Superviseur,
    dire: Dire,
    *,
    tournait: bool,
    avec_le_parent: bool,
) -> None:
    secrets = coffre.ouvrir(lieux.secrets, services)
    vue = plateforme.Plateforme(lieux, services)
    if not tournait:
        if superviseur.nettoyer_restes(lieux):
            dire("Restes d'un arrêt brutal : nettoyés.")
        verifier_place(lieux)
        verifier_ports(ports(services, lieux.decalage))
        postgres.initialiser(lieux.pg, secrets["POSTGRES_PASSWORD"])
        _configurer(lieux, services, secrets)
        superviseur.demarrer(lieux, avec_le_parent=avec_le_parent)
    _lancer(vue, list(_INFRA))
    dire("PostgreSQL et Valkey répondent.")
    for service in services:
        postgres.creer_base(
            vue.ports["postgres"],
            secrets["POSTGRES_PASSWORD"],
            base=service.nom_base,
            role=service.proprietaire,
            mot_de_passe_role=secrets[coffre.variable_proprietaire(service)],
        )
        if service.base_a_part:
            postgres.creer_locataire(
                vue.ports["postgres"],
                secrets["POSTGRES_PASSWORD"],
                base=service.nom_base,
                role=service.role,
                mot_de_passe_role=secrets[coffre.variable_base(service)],
            )
    for service, voisin in ((s, v) for s in services for v in services if v.nom in s.lettres_de):
        postgres.creer_locataire(
            vue.ports["postgres"],
            secrets["POSTGRES_PASSWORD"],
            base=voisin.nom_base,
            role=service.role,
            mot_de_passe_role=secrets[coffre.variable_base(service)],
        )
    faits = _amorcer_tous(vue, secrets)
    dire("Schémas et données initiales : " + (", ".join(faits) if faits else "à jour") + ".")
    _lancer(vue, [p.nom for s in services for p in s.programmes])
    dire("Services prêts.")
    _lancer(vue, ["gateway"])  # after them: its first health checks find every instance up
    for service in (s for s in services if s.route):
        attendre(lambda s=service: vue.route_prete(s), _DELAI_PRET, f"{service.nom} derrière la passerelle")
    dire("Tout répond à travers la passerelle.")


def _configurer(lieux: Lieux, services: Sequence[Service], secrets: dict[str, str]) -> None:
    """Write the gateway's and the supervisor's files, private because they carry keys."""
    tous = ports(services, lieux.decalage)
    limite = os.environ.get("KONG_RATE_LIMIT_MINUTE") or REGLAGES["KONG_RATE_LIMIT_MINUTE"]
    configuration = passerelle.preparer(
        lieux.racine / "kong" / "kong.yml",
        secrets | {"KONG_RATE_LIMIT_MINUTE": limite},
        adresses(services, lieux.decalage, lieux.detours),
        lieux.run / "gateway",
        adresse=f"{ADRESSE}:{tous['gateway']}",
        adresse_etat=f"{ADRESSE}:{tous['gateway-etat']}",
    )
    listes = [
        *programmes.programmes_infra(services, lieux, configuration),
        *programmes.programmes_des_services(services, lieux, secrets),
    ]
    lieux.accessoires.unlink(missing_ok=True)  # added again, if it is still wanted, once the rest is ready
    fichier = lieux.run / "supervisord.conf"
    fichier.unlink(missing_ok=True)
    fichier.touch(mode=0o600)
    fichier.write_text(superviseur.configuration(lieux, listes))


def _lancer(vue: plateforme.Plateforme, noms: list[str]) -> None:
    """Start programs together, wait until each is ready; one that cannot start is told with its last words."""
    for nom in noms:
        vue.superviseur.demarrer(nom)
    fin = time.monotonic() + _DELAI_PRET
    restants = noms
    while restants:
        etats = vue.superviseur.etats()
        for nom in restants:
            if etats[nom]["statename"] == "FATAL" or (
                etats[nom]["statename"] == "BACKOFF" and time.monotonic() > fin - _DELAI_PRET + 10
            ):
                raise ErreurLabo(f"« {nom} » ne démarre pas : {dernieres_paroles(vue.lieux.journal(nom))}")
        restants = [nom for nom in restants if not vue.pret(nom)]
        if restants and time.monotonic() > fin:
            nom = restants[0]
            raise ErreurLabo(f"« {nom} » n'est pas prêt : {dernieres_paroles(vue.lieux.journal(nom))}")
        time.sleep(0.05)


def dernieres_paroles(journal: Path) -> str:
    """The end of a log, in one line, and where to read the rest."""
    try:
        lignes = journal.read_text(errors="replace").strip().splitlines()
    except OSError:
        lignes = []
    return f"{lignes[-1][:300] if lignes else 'rien dans son journal'} (journal : {journal})"


def _amorcer_tous(vue: plateforme.Plateforme, secrets: dict[str, str]) -> list[str]:
    """Migrate and seed the services whose code or database is not the one done last; the names of those done."""
    fichier = vue.lieux.amorces
    deja = json.loads(fichier.read_text()) if fichier.exists() else {}
    empreintes = {service.nom: _empreinte(vue, service, secrets) for service in vue.services}
    a_faire = [service for service in vue.services if deja.get(service.nom) != empreintes[service.nom]]
    with concurrent.futures.ThreadPoolExecutor(max_workers=os.cpu_count() or 2) as bassin:
        travaux = [bassin.submit(_amorcer, vue, service, secrets) for service in a_faire]
        for travail in travaux:
            travail.result()
    brouillon = fichier.with_suffix(".brouillon")
    brouillon.write_text(json.dumps(empreintes))
    brouillon.replace(fichier)
    return [service.nom for service in a_faire]


def _amorcer(vue: plateforme.Plateforme, service: Service, secrets: dict[str, str]) -> None:
    variables = programmes.environnement_d_amorce(service, vue.lieux, secrets, vue.services)
    resultat = subprocess.run(
        programmes.commande_du_service(service, "amorcer"),
        cwd=vue.lieux.racine / service.dossier,
        env={
            **programmes.environnement_de_base(vue.lieux),
            **variables,
            programmes.MARQUE: f"amorcer-{service.nom}",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    journal = vue.lieux.journal(f"amorcer-{service.nom}")
    journal.write_text(resultat.stdout + resultat.stderr)
    if resultat.returncode != 0:
        raise ErreurLabo(f"Migrations et données de « {service.nom} » : {dernieres_paroles(journal)}")


def _empreinte(vue: plateforme.Plateforme, service: Service, secrets: dict[str, str]) -> str:
    """What the result of `amorcer` depends on: the code of the service and of the socle, which database it is, and the
    passwords of its accounts.
    """
    comptes = (coffre.ADMIN_MOT_DE_PASSE, *map(coffre.variable_compte, service.comptes))
    somme = hashlib.sha256(" ".join(secrets[nom] for nom in comptes).encode())
    for dossier in (vue.lieux.racine / "socle" / "src", vue.lieux.racine / service.dossier / service.paquet):
        for source in sorted(dossier.rglob("*")):
            if source.is_file() and "__pycache__" not in source.parts:
                somme.update(str(source.relative_to(dossier)).encode() + source.read_bytes())
    lien = postgres.connexion(vue.ports["postgres"], secrets["POSTGRES_PASSWORD"])
    with contextlib.closing(lien), lien.cursor() as curseur:
        curseur.execute(
            "SELECT system_identifier, (SELECT oid FROM pg_database WHERE datname = %s) FROM pg_control_system()",
            [service.nom_base],
        )
        somme.update(repr(curseur.fetchone()).encode())
    return somme.hexdigest()


def verifier_place(lieux: Lieux) -> None:
    """`ErreurLabo` when the disk that holds the laboratory is nearly full."""
    libre = shutil.disk_usage(lieux.maison).free
    if libre < ESPACE_MINIMAL:
        raise ErreurLabo(
            f"Il ne reste que {libre >> 20} Mio sur le disque de {lieux.maison} : il en faut {ESPACE_MINIMAL >> 20}."
        )


def verifier_ports(tous: dict[str, int]) -> None:
    """`ErreurLabo` naming the first busy port, the component that needs it and, if it can be known, who has it."""
    for nom, port in tous.items():
        if nom not in ACCESSOIRES and port_occupe(port):
            raise ErreurLabo(
                f"Le port {port}, nécessaire à « {nom} », est déjà pris{occupant(port)} : "
                "libérez-le ou choisissez LABO_PORT_OFFSET."
            )


def occupant(port: int) -> str:
    """` par python3 (pid 12)`, or nothing when the system does not tell."""
    with contextlib.suppress(psutil.Error):
        for lien in psutil.net_connections("tcp"):
            if lien.status == psutil.CONN_LISTEN and lien.laddr[1:2] == (port,) and lien.pid:
                return f" par {psutil.Process(lien.pid).name()} (pid {lien.pid})"
    return ""


def memoire_totale(lieux: Lieux) -> int:
    """Bytes of memory of the whole platform, shared pages counted once (PSS).

    Descendants are asked for by parentage: PostgreSQL's overwrite the environment that marks our processes.
    """
    tous = {processus.pid: processus for processus in superviseur.restes(lieux)}
    for processus in list(tous.values()):
        with contextlib.suppress(psutil.Error):
            tous |= {enfant.pid: enfant for enfant in processus.children(recursive=True)}
    total = 0
    for processus in tous.values():
        with contextlib.suppress(psutil.Error):
            total += processus.memory_full_info().pss
    return total
