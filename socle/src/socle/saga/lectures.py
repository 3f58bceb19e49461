"""The read side that every service with sagas shares."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any


def objet(valeur: Any) -> Any:
    """A jsonb column; Django leaves it undecoded on its cursors."""
    return json.loads(valeur) if isinstance(valeur, str) else valeur


def attente(
    execution: Mapping[str, Any],
    *,
    bloquee: bool,
    proprietaire: str | None,
    prochain_essai: datetime | None,
    bail_expire: datetime | None,
) -> dict[str, Any]:
    """What an unfinished saga is waiting for. `bloquee`: an operator."""
    a_compenser = execution["a_compenser"]
    if bloquee:
        quoi = f"opérateur (compensation de {a_compenser[0]})"
    elif a_compenser:
        quoi = f"compensation de {a_compenser[0]}"
    else:
        quoi = f"étape {execution['position'] + 1}"
    return {
        "quoi": quoi,
        "tentatives": execution["echecs"],
        "prochain_essai": prochain_essai,
        "derniere_erreur": execution["derniere_erreur"] or None,
        "proprietaire": proprietaire,
        "bail_expire": bail_expire if proprietaire else None,
    }
