"""Statements as spans, whoever runs them on a psycopg2 connection: Django, the engine, the bus, the event store.

They tell the operation and its first table; no text, no parameter.
"""

import re
from typing import Any

from psycopg2.extensions import cursor as CurseurPsycopg  # noqa: N812 - the driver's class has a function's name

from socle import traces

_OPERATION = re.compile(r"\s*(?:PREPARE\s+\w+\s*(?:\([^)]*\)\s*)?AS\s+)?(\w+)")
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE|EXECUTE)\s+\"?(\w+)", re.IGNORECASE)
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
    """`INSERT checkouts`: the operation and the first table of a statement."""
    if not isinstance(requete, str | bytes):
        return "SQL"
    nom = _noms.get(requete)
    if nom is None:
        texte = requete.decode(errors="replace") if isinstance(requete, bytes) else requete
        operation, table = _OPERATION.match(texte), _TABLE.search(texte)
        nom = " ".join(trouve[1] for trouve in (operation, table) if trouve) or "SQL"
        if len(_noms) < _NOMS_MAX:
            _noms[requete] = nom
    return nom
