"""The sequence diagram of what really happened: who told what to whom, what failed and what was undone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from console.domain.lecture import NOMS_ETAPES
from console.domain.saga import Moment

Genre = Literal["appel", "retour", "echec", "note"]
_ECHAPPES = str.maketrans({";": ",", "#": "№", "\n": " ", "<": "‹", ">": "›", '"': "'"})


@dataclass(frozen=True, kw_only=True)
class Message:
    """One arrow, or a note at `de` when it is also `vers`."""

    de: str
    vers: str
    texte: str
    genre: Genre
    quand: datetime


@dataclass(frozen=True)
class Diagramme:
    """The lifelines in order of appearance, and the messages in order of time."""

    participants: Sequence[str]
    messages: Sequence[Message]


def tracer(moments: Iterable[Moment]) -> Diagramme:
    """The diagram of these moments, which are in order of time."""
    connus: dict[str, Moment] = {}
    messages: list[Message] = []
    for moment in moments:
        messages += _du_flux(moment, connus.get(moment.cause or "")) if _publie(moment) else _appels(moment)
        connus[moment.id] = moment
    participants = dict.fromkeys(acteur for message in messages for acteur in (message.de, message.vers))
    return Diagramme(list(participants), messages)


def _publie(moment: Moment) -> bool:
    return moment.cible == "flux d'événements"


def _du_flux(moment: Moment, cause: Moment | None) -> list[Message]:
    """An event: delivered to who reacts, who publishes what follows."""
    echec = moment.type.endswith("Failed")
    livree = []
    if cause is not None and _publie(cause):
        livree = [_message(moment.cible, moment.acteur, f"livre {cause.type}", "retour", moment)]
    return [*livree, _message(moment.acteur, moment.cible, moment.type, "echec" if echec else "appel", moment)]


def _appels(moment: Moment) -> list[Message]:
    """A history entry of the orchestrator, an operator's order, an acceptance or a conclusion."""
    etape = _etape(moment)
    if moment.acteur != "orchestrateur" or not moment.cible:
        return [_message(moment.acteur, moment.cible or moment.acteur, _court(moment), _genre(moment), moment)]
    if moment.type.endswith("_SUCCES"):
        return [
            _message(moment.acteur, moment.cible, etape, "appel", moment),
            _message(moment.cible, moment.acteur, "fait", "retour", moment),
        ]
    if moment.type.endswith("_ECHEC") or moment.type == "NOUVEL_ESSAI":
        return [
            _message(moment.acteur, moment.cible, etape, "appel", moment),
            _message(moment.cible, moment.acteur, moment.texte, "echec", moment),
        ]
    if moment.type == "COMPENSATION_EFFECTUEE":
        return [
            _message(moment.acteur, moment.cible, etape, "appel", moment),
            _message(moment.cible, moment.acteur, "défait", "retour", moment),
        ]
    return [_message(moment.acteur, moment.acteur, _court(moment), "note", moment)]


def _etape(moment: Moment) -> str:
    """What was called: the step, or its compensation."""
    nom = NOMS_ETAPES.get(str(moment.donnees.get("etape", "")), "")
    a_rebours = moment.type == "COMPENSATION_EFFECTUEE" or moment.donnees.get("etat") == "COMPENSATION_EN_COURS"
    return f"défaire : {nom}" if a_rebours else nom


def _genre(moment: Moment) -> Genre:
    if not moment.cible or moment.cible == moment.acteur:
        return "note"
    return "echec" if moment.ton == "echec" else "appel"


def _court(moment: Moment) -> str:
    return moment.texte or moment.type


def _message(de: str, vers: str, texte: str, genre: Genre, moment: Moment) -> Message:
    return Message(de=de, vers=vers, texte=texte, genre=genre, quand=moment.quand)


def mermaid(sequence: Diagramme) -> str:
    """The same as Mermaid text."""
    alias = {nom: f"p{rang}" for rang, nom in enumerate(sequence.participants)}
    lignes = ["sequenceDiagram", *(f"    participant {court} as {_net(nom)}" for nom, court in alias.items())]
    fleches = {"appel": "->>", "retour": "-->>", "echec": "--x"}
    for message in sequence.messages:
        de, vers = alias[message.de], alias[message.vers]
        if message.genre == "note":
            lignes.append(f"    Note over {de}: {_net(message.texte)}")
        else:
            lignes.append(f"    {de}{fleches[message.genre]}{vers}: {_net(message.texte)}")
    return "\n".join(lignes) + "\n"


def _net(texte: str) -> str:
    return texte.translate(_ECHAPPES).strip() or "-"
