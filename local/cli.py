"""The commands of `./labo`. Each is a few lines over the modules that do the work; errors are one sentence."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from local import coffre, demarrage, diagnostic, groupes, lettres_mortes, postgres, programmes, prometheus
from local.lieux import depuis_environnement
from local.plateforme import Plateforme
from local.processus import ADRESSE, ErreurLabo

application = typer.Typer(
    name="labo",
    help="Le laboratoire de checkouts distribués, sans Docker.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
application.add_typer(lettres_mortes.application, name="lettres-mortes")
console = Console(highlight=False)
erreurs = Console(stderr=True, highlight=False)

NomDeProgramme = Annotated[
    str, typer.Argument(metavar="NOM", help="Un programme, ou un service et tous ses programmes.")
]


def principal() -> None:
    """Entry point: interruptions stop what was started, known errors are told in one sentence."""
    for numero in (signal.SIGINT, signal.SIGTERM):
        signal.signal(numero, _interrompre)
    try:
        application(prog_name="./labo")
    except ErreurLabo as erreur:
        erreurs.print(f"[red]✗[/red] {escape(str(erreur))}", soft_wrap=True)
        sys.exit(1)


def _interrompre(numero: int, cadre: FrameType | None) -> None:
    raise KeyboardInterrupt


def _etape(debut: float) -> demarrage.Dire:
    def dire(texte: str) -> None:
        console.print(f"[green]✓[/green] {escape(texte)} [dim]{time.monotonic() - debut:.1f} s[/dim]")

    return dire


def _monter(plateforme: Plateforme, *, observer: bool = False) -> None:
    debut = time.monotonic()
    try:
        with console.status("Le laboratoire démarre…"):
            nouveau = demarrage.demarrer(plateforme.lieux, plateforme.services, _etape(debut), observer=observer)
    except KeyboardInterrupt:
        erreurs.print("Interrompu : ce qui avait démarré est arrêté.")
        raise
    console.print(f"Prêt en {time.monotonic() - debut:.1f} s." if nouveau else "Le laboratoire tourne déjà.")


def _adresses(plateforme: Plateforme) -> None:
    table = Table("Quoi", "Adresse", box=None, pad_edge=False)
    passerelle = plateforme.urls["gateway"]
    table.add_row("Magasins, boutique et console", _interface(plateforme))
    table.add_row("Passerelle", f"{passerelle}  (en-tête X-API-Key)")
    for service in (s for s in plateforme.services if s.route):
        table.add_row(f"Swagger {service.nom}", f"{passerelle}{service.route}/swagger/")
    table.add_row("État de la passerelle", f"{plateforme.urls['gateway-etat']}/stats")
    table.add_row("Administration", _administration(plateforme))
    table.add_row("PostgreSQL", f"{ADRESSE}:{plateforme.ports['postgres']}  (./labo shell postgres)")
    table.add_row("Redis", f"{ADRESSE}:{plateforme.ports['redis']}")
    console.print(table)


def _interface(plateforme: Plateforme) -> str:
    """Where people look and sign in, and where their passwords are."""
    service = next(service for service in plateforme.services if service.comptes)
    return (
        f"{plateforme.urls[service.webs[0].nom]}/  (comptes {', '.join(service.comptes)} ; "
        f"mots de passe : COMPTE_… dans {plateforme.lieux.secrets})"
    )


def _administration(plateforme: Plateforme) -> str:
    """Where the Django admins are, and where their password is: it is not shown by itself."""
    django = [service for service in plateforme.services if service.django]
    ports = ", ".join(str(plateforme.ports[service.webs[0].nom]) for service in django)
    fichier = plateforme.lieux.secrets
    return (
        f"http://{ADRESSE}:PORT/admin/ ({ports}), compte « {coffre.ADMIN} », "
        f"mot de passe : {coffre.ADMIN_MOT_DE_PASSE} dans {fichier}"
    )


def _noms(plateforme: Plateforme, nom: str) -> list[str]:
    """The programs `nom` stands for: itself, or those of the service of that name."""
    etats = plateforme.superviseur.etats()
    for service in plateforme.services:
        if service.nom == nom:
            return [programme.nom for programme in service.programmes]
    if nom not in etats:
        raise ErreurLabo(f"Programme inconnu : « {nom} ». Connus : {', '.join(etats)}.")
    return [nom]


@application.command()
def up() -> None:
    """Démarre tout et rend la main quand tout est prêt."""
    plateforme = Plateforme()
    _monter(plateforme, observer=prometheus.voulu())
    _adresses(plateforme)


@application.command()
def demo() -> None:
    """Démarre tout, puis joue les checkouts de démonstration."""
    from local import demo as demonstration

    plateforme = Plateforme()
    _monter(plateforme)
    raise typer.Exit(demonstration.executer(plateforme))


@application.command()
def down() -> None:
    """Arrête tout ; les données restent."""
    lieux = depuis_environnement()
    with console.status("Le laboratoire s'arrête…"):
        arrete = demarrage.arreter(lieux, Plateforme(lieux).services)
    console.print("Arrêté." if arrete else "Rien ne tournait.")


@application.command()
def status() -> None:
    """Montre chaque programme et chaque groupe du flux ; code de sortie 1 si un programme n'est pas prêt."""
    plateforme = Plateforme()
    table = Table("Programme", "État", "Pid", "Depuis", "Port", "Mémoire", "Santé", box=None, pad_edge=False)
    tous_prets = True
    for nom, info in plateforme.superviseur.etats().items():
        pret = plateforme.pret(nom)
        tous_prets &= pret
        table.add_row(
            nom,
            info["statename"],
            str(info["pid"] or ""),
            f"{info['now'] - info['start']} s" if info["pid"] else "",
            str(plateforme.ports.get(nom, "")),
            _mio(_memoire(info["pid"])) if info["pid"] else "",
            "[green]prêt[/green]" if pret else "[red]en panne[/red]",
        )
    console.print(table)
    total = demarrage.memoire_totale(plateforme.lieux)
    console.print(f"Mémoire de toute la plateforme : {_mio(total)} (pages partagées comptées une fois)")
    console.print(f"Magasins, boutique et console : {escape(_interface(plateforme))}", soft_wrap=True)
    console.print(f"Administration : {escape(_administration(plateforme))}", soft_wrap=True)
    _groupes(plateforme)
    raise typer.Exit(0 if tous_prets else 1)


def _groupes(plateforme: Plateforme) -> None:
    vus, avis = groupes.observer(plateforme)
    table = Table("Groupe du flux", "Programme", "Retard", "Attente", "Lettres mortes", box=None, pad_edge=False)
    for groupe in vus:
        nombres = ("?" if n is None else str(n) for n in (groupe.retard, groupe.attente, groupe.lettres))
        table.add_row(groupe.nom, groupe.programme, *nombres)
    if vus:
        console.print("")
        console.print(table)
    for phrase in avis:
        console.print(f"[red]✗[/red] {escape(phrase)}", soft_wrap=True)
    if any(groupe.lettres for groupe in vus):
        console.print("Les voir : ./labo lettres-mortes list")


def _memoire(pid: int) -> int:
    """Resident bytes of a program and its workers; pages they share are counted in each."""
    try:
        racine = psutil.Process(pid)
        return sum(p.memory_info().rss for p in [racine, *racine.children(recursive=True)])
    except psutil.Error:
        return 0


def _mio(octets: int) -> str:
    return f"{octets / 2**20:.0f} Mio"


@application.command()
def logs(
    nom: Annotated[str | None, typer.Argument(help="Un programme ; tous sans argument.")] = None,
    suivre: Annotated[bool, typer.Option("-f", "--suivre", help="Continue d'afficher ce qui arrive.")] = False,
    lignes: Annotated[int, typer.Option("-n", help="Nombre de lignes par programme.")] = 40,
) -> None:
    """Affiche les journaux, et les suit avec -f."""
    from local import journaux

    journaux.afficher(depuis_environnement(), nom, suivre=suivre, lignes=lignes)


@application.command()
def restart(nom: NomDeProgramme) -> None:
    """Redémarre proprement un programme et attend qu'il soit prêt."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        plateforme.redemarrer(programme)
        console.print(f"[green]✓[/green] {programme} redémarré, prêt.")


@application.command()
def kill(nom: NomDeProgramme) -> None:
    """Tue net un programme (SIGKILL) ; le superviseur le relance."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        console.print(f"{programme} (pid {plateforme.tuer(programme)}) tué net.")


@application.command()
def stop(nom: NomDeProgramme) -> None:
    """Arrête proprement un programme, jusqu'à `start`."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        plateforme.arreter(programme)
        console.print(f"{programme} arrêté.")


@application.command()
def start(nom: NomDeProgramme) -> None:
    """Démarre un programme arrêté et attend qu'il soit prêt."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        plateforme.demarrer(programme)
        plateforme.attendre_pret(programme)
        console.print(f"[green]✓[/green] {programme} prêt.")


@application.command()
def freeze(nom: NomDeProgramme) -> None:
    """Fige un programme (SIGSTOP) : il garde ses connexions et ne répond plus."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        plateforme.figer(programme)
        console.print(f"{programme} figé.")


@application.command()
def thaw(nom: NomDeProgramme) -> None:
    """Réveille un programme figé (SIGCONT), là où il en était."""
    plateforme = Plateforme()
    for programme in _noms(plateforme, nom):
        plateforme.reveiller(programme)
        console.print(f"{programme} réveillé.")


@application.command()
def faute(
    programme: Annotated[str, typer.Argument(metavar="NOM", help="Un programme.")],
    point: Annotated[str | None, typer.Argument(help="Un point de docs/fautes.md ; sans lui, montre l'état.")] = None,
    genre: Annotated[str, typer.Argument(help="crash, erreur, delai, gel ou double.")] = "crash",
    nombre: Annotated[int, typer.Option(help="Combien de fois.")] = 1,
    secondes: Annotated[float, typer.Option(help="Durée d'un délai.")] = 0.0,
    eteindre: Annotated[bool, typer.Option("--off", help="Éteint tout ce qui est armé chez ce programme.")] = False,
) -> None:
    """Arme un point de faute d'un programme, montre ceux qui le sont, ou les éteint."""
    from local import fautes

    plateforme = Plateforme()
    if eteindre:
        fautes.eteindre(plateforme, programme)
    elif point is not None:
        fautes.armer(plateforme, programme, point, genre, nombre=nombre, secondes=secondes)
    armees = fautes.lire(plateforme, programme)["fautes"]
    for une in armees:
        console.print(f"{une['point']} : {une['genre']}, encore {une['nombre']} fois")
    if not armees:
        console.print(f"Rien n'est armé chez {programme}.")


@application.command()
def lab(nom: Annotated[str | None, typer.Argument(help="Un laboratoire ; la liste sans argument.")] = None) -> None:
    """Prépare un laboratoire guidé (docs/labs) : eval "$(./labo lab NOM)"."""
    from local import labs

    if nom is None:
        for cle, un in labs.LABS.items():
            console.print(f"{cle:<22} {un.titre}  [dim]docs/labs/{un.page}[/dim]", soft_wrap=True)
        return
    if nom not in labs.LABS:
        raise ErreurLabo(f"Laboratoire inconnu : « {nom} ». Connus : {', '.join(labs.LABS)}.")
    print(labs.preparer(Plateforme(), nom))
    erreurs.print(f"[green]✓[/green] Prêt : suivez docs/labs/{labs.LABS[nom].page}", soft_wrap=True)


@application.command("test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def essayer(
    contexte: typer.Context,
    partie: Annotated[str | None, typer.Argument(help="Une partie ; toutes sans argument.")] = None,
) -> None:
    """Vérifie le projet : lint, types, règles d'import, tests. Les arguments suivants vont à pytest."""
    from local import essais

    raise typer.Exit(essais.executer(partie, contexte.args))


@application.command("compose-test", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def compose_test(contexte: typer.Context) -> None:
    """Construit et éprouve la plateforme sur Docker Compose ; code de sortie 2 sans moteur Docker."""
    from local import compose_essai

    raise typer.Exit(compose_essai.executer(contexte.args, console))


@application.command()
def docs() -> None:
    """Construit le site de la documentation."""
    from local import site

    page = site.construire(depuis_environnement().maison)
    console.print(f"[green]✓[/green] {page}", soft_wrap=True)


@application.command()
def chaos(
    graine: Annotated[int | None, typer.Option("--seed", help="Même graine, mêmes pannes ; au hasard sinon.")] = None,
    minutes: Annotated[float, typer.Option("--minutes", min=0.1, max=600, help="Durée des pannes.")] = 2.0,
    premiers: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="GENRE…", help="Ces genres de panne seulement (--only mort gel) ; répétable."),
    ] = None,
    suivants: Annotated[
        list[str] | None, typer.Argument(metavar="GENRE", help="D'autres genres, après --only.")
    ] = None,
    sur_place: Annotated[
        bool, typer.Option("--sur-place", help="Sur le laboratoire qui tourne, et non sur une plateforme à part.")
    ] = False,
    json: Annotated[Path | None, typer.Option("--json", help="Fichier du rapport complet.")] = None,
) -> None:
    """Casse tout pendant que des clients achètent, puis vérifie les invariants ; code de sortie 1 si l'un a cédé."""
    from local import chaos as casse

    if suivants and not premiers:
        raise ErreurLabo(f"Pour choisir les pannes : --only {' '.join(suivants)}.")
    genres = [*(premiers or []), *(suivants or [])]
    raise typer.Exit(casse.executer(graine, minutes, genres, sur_place=sur_place, rapport_json=json, console=console))


@application.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(
    contexte: typer.Context, nom: Annotated[str | None, typer.Argument(help="Un banc ; tous sans argument.")] = None
) -> None:
    """Mesure la plateforme (démarrée au besoin). Options : --nom=entier, propres à chaque banc."""
    from local import bancs

    options = {}
    for mot in contexte.args:
        cle, egal, valeur = mot.removeprefix("--").partition("=")
        if not (mot.startswith("--") and egal and valeur.isdecimal()):
            raise ErreurLabo(f"Option de banc incomprise : « {mot} » ; écrivez --nom=entier.")
        options[cle.replace("-", "_")] = int(valeur)
    plateforme = Plateforme()
    _monter(plateforme)
    raise typer.Exit(bancs.executer(plateforme, nom, **options))


@application.command()
def comparer(
    sortie: Annotated[Path, typer.Option("--sortie", help="Dossier du rapport.")] = Path("build/comparaison"),
    vite: Annotated[
        bool, typer.Option("--vite", help="Quelques secondes par ronde : pour essayer, pas pour juger.")
    ] = False,
    redessiner: Annotated[bool, typer.Option("--redessiner", help="Refait le rapport des mesures du dossier.")] = False,
) -> None:
    """Mesure les deux styles à charge égale, sans panne puis avec, sur une plateforme à part, et écrit un rapport."""
    from local.comparer import commande

    page = commande.executer(sortie, vite=vite, redessiner=redessiner, console=console)
    console.print(f"[green]✓[/green] {page}", markup=True, soft_wrap=True)


@application.command()
def shell(service: Annotated[str, typer.Argument(metavar="SERVICE", help="Un service, ou postgres.")]) -> None:
    """Ouvre un shell Django dans l'environnement d'un service, ou psql."""
    plateforme = Plateforme()
    secrets, lieux = plateforme.secrets, plateforme.lieux
    if service == "postgres":
        port = str(plateforme.ports["postgres"])
        ligne = [postgres.binaire("psql"), "-h", ADRESSE, "-p", port, "-U", postgres.SUPERUTILISATEUR]
        os.execve(ligne[0], ligne, {**os.environ, "PGPASSWORD": secrets["POSTGRES_PASSWORD"]})  # noqa: S606
    avec_shell = [s for s in plateforme.services if s.django]
    choisi = next((s for s in avec_shell if s.nom == service), None)
    if choisi is None:
        noms = ", ".join(s.nom for s in avec_shell)
        raise ErreurLabo(f"Service inconnu : « {service} ». Connus : {noms}, postgres.")
    variables = programmes.environnement_du_service(choisi, choisi.programmes[0], lieux, secrets, plateforme.services)
    variables.pop("PROMETHEUS_MULTIPROC_DIR", None)
    os.chdir(lieux.racine / choisi.dossier)
    ligne = programmes.commande_du_service(choisi, "shell")
    os.execve(ligne[0], ligne, {**os.environ, **variables, "LOG_FORMAT": "texte"})  # noqa: S606


@application.command()
def reset(oui: Annotated[bool, typer.Option("--yes", "-y", help="Ne demande pas.")] = False) -> None:
    """Jette toutes les données et tous les journaux (les secrets aussi)."""
    lieux = depuis_environnement()
    if not lieux.maison.exists():
        console.print("Rien à jeter.")
        return
    if not oui and not (sys.stdin.isatty() and typer.confirm(f"Effacer toutes les données de {lieux.maison} ?")):
        raise ErreurLabo("Rien n'a été effacé : confirmez, ou ajoutez --yes.")
    demarrage.arreter(lieux, Plateforme(lieux).services)
    for chemin in lieux.contenu():
        shutil.rmtree(chemin) if chemin.is_dir() else chemin.unlink(missing_ok=True)
    console.print("Effacé : le prochain ./labo up repart de zéro.")


@application.command()
def doctor() -> None:
    """Examine la machine et le laboratoire ; code de sortie 1 si quelque chose empêche de démarrer."""
    verdicts = diagnostic.examiner(depuis_environnement(), Plateforme().services)
    for verdict in verdicts:
        marque = "[green]✓[/green]" if verdict.bon else "[red]✗[/red]"
        console.print(f"{marque} {escape(verdict.sujet)} : {escape(verdict.constat)}", soft_wrap=True)
    raise typer.Exit(0 if all(verdict.bon for verdict in verdicts) else 1)
