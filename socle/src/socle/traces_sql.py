"""Statements as spans, whoever runs them on a psycopg2 connection: Django, the engine, the bus, the event store.

They tell the operation and its first table; no text, no parameter.
"""

import re
from typing import Any

from psycopg2.extensions import cursor as CurseurPsycopg  # noqa: N812 - the driver's class has a function's name

from socle import traces

_OPERATION = re.compile(r"\s*(?:PREPARE\s+\w+\s*(?:\([^)]*\)\s*)?AS\s+)?(\w+)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|EXECUTE)\s+\"?(\w+)", re.IGNORECASE)
_ENTRE_PARENTHESES = re.compile(r"\([^()]*\)")
_APRES_WITH = re.compile(r"\b(?:SELECT|INSERT|UPDATE|DELETE)\b.*", re.IGNORECASE | re.DOTALL)
_NOMS_MAX = 2000
_noms: dict[str | bytes, str] = {}


class CurseurTrace(CurseurPsycopg):
    """A cursor whose statements are spans of the current trace, if there is one."""

    def execute(self, query: Any, vars: Any = None) -> None:
        with traces.etendue(nom_de(query), "CLIENT", db__system="postgresql"):
            super().execute(query, vars)


def options_de_connexion() -> dict[str, Any]:
    """What to hand to `psycopg2.connect` besides where the database is: nothing while tracing is off."""
    return {"cursor_factory": CurseurTrace} if traces.ACTIVES else {}


def nom_de(requete: Any) -> str:
    """`INSERT checkouts`: the operation and the first table of a statement; of its last part when it begins by WITH."""
    if not isinstance(requete, str | bytes):
        return "SQL"
    nom = _noms.get(requete)
    if nom is None:
        texte = requete.decode(errors="replace") if isinstance(requete, bytes) else requete
        texte = _principale(texte)
        operation, table = _OPERATION.match(texte), _TABLE.search(texte)
        nom = " ".join(trouve[1] for trouve in (operation, table) if trouve) or "SQL"
        if len(_noms) < _NOMS_MAX:
            _noms[requete] = nom
    return nom


def _principale(texte: str) -> str:
    """What a statement does in the end: without its common table expressions."""
    debut = _OPERATION.match(texte)
    if debut is None or debut[1].upper() != "WITH":
        return texte
    nu, precedent = texte, ""
    while nu != precedent:
        nu, precedent = _ENTRE_PARENTHESES.sub(" ", nu), nu
    suite = _APRES_WITH.search(nu)
    return suite[0] if suite else texte
