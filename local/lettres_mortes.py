"""`./labo lettres-mortes`: what a group could not process, and what the operator decides, through the event store."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.console import Console
from rich.markup import escape

from local.api import Api
from local.plateforme import Plateforme
from local.processus import ErreurLabo
from socle.evenements.lettres_mortes import ETATS

application = typer.Typer(
    help="Les événements qu'un groupe n'a pas pu traiter : les voir, les relancer, les abandonner.",
    no_args_is_help=True,
)
console = Console(highlight=False)

TOUTES = "toutes"
_PAGE = 200
_CHEMIN = "/api/event-store/lettres-mortes"

Identifiant = Annotated[str, typer.Argument(metavar="ID", help="Identifiant de la lettre (voir list).")]


class Guichet:
    """The dead-letter routes of the event store, through the gateway, as an internal caller."""

    def __init__(self, plateforme: Plateforme) -> None:
        self._api = Api(plateforme.urls["gateway"], plateforme.cle())
        self._interne = {"X-Internal-Token": plateforme.secrets["INTERNAL_TOKEN"]}

    def lister(self, **criteres: str) -> Iterator[dict[str, Any]]:
        """Every letter that matches, in the order of arrival. `ErreurLabo` when the routes refuse or do not answer."""
        page, recues = 1, 0
        while True:
            requete = urlencode({**criteres, "page": page, "page_size": _PAGE})
            corps = self._exiger("GET", f"{_CHEMIN}?{requete}")
            yield from corps["lettres_mortes"]
            recues += len(corps["lettres_mortes"])
            if not corps["lettres_mortes"] or recues >= corps["total"]:
                return
            page += 1

    def lire(self, identifiant: str) -> dict[str, Any]:
        """One letter with its event. `ErreurLabo` when there is none."""
        return self._exiger("GET", self._adresse(identifiant))

    def relancer(self, identifiant: str) -> dict[str, Any]:
        """Ask for its redrive; harmless twice. `ErreurLabo` when there is none, or it was dropped."""
        return self._exiger("POST", f"{self._adresse(identifiant)}/redrive")

    def abandonner(self, identifiant: str, motif: str) -> dict[str, Any]:
        """Drop it; harmless twice. `ErreurLabo` when there is none, or it has been processed."""
        return self._exiger("POST", f"{self._adresse(identifiant)}/drop", {"motif": motif})

    def _adresse(self, identifiant: str) -> str:
        try:
            return f"{_CHEMIN}/{uuid.UUID(identifiant)}"
        except ValueError:
            raise ErreurLabo(f"« {identifiant} » n'est pas l'identifiant d'une lettre morte (un UUID).") from None

    def _exiger(self, methode: str, chemin: str, corps: object = None) -> Any:
        reponse = self._api.appeler(methode, chemin, corps, self._interne)
        if reponse.statut == 200:
            return reponse.corps
        details = reponse.corps.get("champs") or reponse.corps.get("details") or reponse.corps.get("message", "")
        raise ErreurLabo(f"L'event store a répondu {reponse.statut} : {details}")


def _quand(texte: str) -> str:
    return datetime.fromisoformat(texte).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _dire(texte: str) -> None:
    console.print(texte, soft_wrap=True)


@application.command("list")
def lister(
    groupe: Annotated[str | None, typer.Option("--groupe", help="Un seul groupe de consommateurs.")] = None,
    etat: Annotated[str, typer.Option("--etat", help=f"{', '.join(ETATS)}, ou {TOUTES}.")] = ETATS[0],
    checkout: Annotated[str | None, typer.Option("--checkout", help="Un seul checkout.")] = None,
    en_json: Annotated[bool, typer.Option("--json", help="Pour un programme : un tableau JSON.")] = False,
) -> None:
    """Liste les lettres mortes dans l'ordre d'arrivée ; celles qui attendent, sauf avis contraire."""
    if etat not in (*ETATS, TOUTES):
        raise ErreurLabo(f"État inconnu : « {etat} ». Connus : {', '.join([*ETATS, TOUTES])}.")
    voulus = {"groupe": groupe, "etat": None if etat == TOUTES else etat, "checkout_id": checkout}
    lettres = list(Guichet(Plateforme()).lister(**{nom: valeur for nom, valeur in voulus.items() if valeur}))
    if en_json:
        print(json.dumps(lettres, ensure_ascii=False, indent=2))
        return
    for lettre in lettres:
        _dire(f"[bold]{lettre['id']}[/bold]  {lettre['groupe']}  {escape(lettre['type'])}  {lettre['etat']}")
        cle = f"checkout {escape(lettre['checkout_id'])}" if lettre["checkout_id"] else "sans checkout"
        cause = escape(lettre["cause"].strip().partition("\n")[0])
        _dire(f"    {cle}, {lettre['essais']} essais, {_quand(lettre['cree_le'])} : {cause}")
    _dire(f"{len(lettres)} lettre(s) morte(s)." if lettres else "Aucune lettre morte.")


@application.command()
def show(identifiant: Identifiant) -> None:
    """Montre une lettre, sa cause et son événement."""
    lettre = Guichet(Plateforme()).lire(identifiant)
    for nom in ("id", "groupe", "type", "checkout_id", "event_id", "etat", "essais"):
        _dire(f"{nom:<12} {escape(str(lettre[nom]))}")
    for nom in ("cree_le", "modifie_le"):
        _dire(f"{nom:<12} {_quand(lettre[nom])}")
    for nom in ("cause", "motif"):
        if lettre[nom]:
            _dire(f"{nom:<12} {escape(lettre[nom])}")
    evenement = dict(lettre["evenement"])
    try:
        evenement["payload"] = json.loads(evenement["payload"])
    except (KeyError, ValueError):
        pass  # an entry nobody can read is shown as it came
    print(json.dumps(evenement, ensure_ascii=False, indent=2))


@application.command()
def redrive(
    identifiants: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Les lettres à relancer.")] = None,
    tout: Annotated[bool, typer.Option("--tout", help="Toutes celles qui attendent dans le groupe.")] = False,
    groupe: Annotated[str | None, typer.Option("--groupe", help="Le groupe, avec --tout.")] = None,
) -> None:
    """Redonne des lettres à leur groupe, dans l'ordre de chaque checkout ; deux fois ne fait rien de plus."""
    if tout is bool(identifiants) or tout is not bool(groupe):
        raise ErreurLabo("Nommez des lettres, ou un groupe entier : --tout --groupe NOM.")
    guichet = Guichet(Plateforme())
    if tout:
        # All of them before the first: one that fails again waits again, and would come round for ever.
        identifiants = [lettre["id"] for lettre in guichet.lister(groupe=str(groupe), etat=ETATS[0])]
    for identifiant in identifiants or ():
        lettre = guichet.relancer(identifiant)
        suite = "déjà traitée" if lettre["etat"] == "traitee" else "relancée"
        _dire(f"[green]✓[/green] {lettre['id']} {suite} ({lettre['groupe']}, {escape(lettre['type'])}).")
    if not identifiants:
        _dire(f"Aucune lettre morte n'attend dans {groupe}.")


@application.command()
def drop(
    identifiant: Identifiant,
    motif: Annotated[str, typer.Option("--motif", help="Pourquoi (3 à 500 caractères) ; obligatoire.")] = "",
    oui: Annotated[bool, typer.Option("--oui", "-o", help="Ne demande pas.")] = False,
) -> None:
    """Abandonne une lettre : son événement n'aura jamais d'effet dans ce groupe."""
    if not motif.strip():
        raise ErreurLabo("Dites pourquoi : --motif « … ».")
    guichet = Guichet(Plateforme())
    lettre = guichet.lire(identifiant)
    question = f"Abandonner {lettre['type']} du checkout {lettre['checkout_id'] or '?'} dans {lettre['groupe']} ?"
    if not oui and not (sys.stdin.isatty() and typer.confirm(question)):
        raise ErreurLabo("Rien n'a été abandonné : confirmez, ou ajoutez --oui.")
    lettre = guichet.abandonner(identifiant, motif)
    _dire(f"[green]✓[/green] {lettre['id']} abandonnée : {escape(lettre['motif'])}")
