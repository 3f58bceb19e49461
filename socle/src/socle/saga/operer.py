"""Operator actions: who, when and why go into the saga's history."""

import time
from collections.abc import Callable
from typing import Literal

from socle.erreurs import CleReutilisee, RefusMetier
from socle.saga import moteur
from socle.saga.depot import Suivi
from socle.saga.executeur import Executeur

Geste = Literal["compenser", "reprendre", "ignorer-etape"]

_ORDRES: dict[Geste, Callable[[str, str, str], moteur.Ordre]] = {
    "compenser": moteur.OrdreCompenser,
    "reprendre": moteur.OrdreReprendre,
    "ignorer-etape": moteur.OrdreIgnorer,
}


class ActionImpossible(RefusMetier):
    """The saga's state does not allow this action."""

    error = "Action impossible"
    code = "action_impossible"


class Operer:
    """Applies an order at once, whoever runs the saga, and runs on for at most `attente_s` seconds."""

    def __init__(self, executeur: Executeur, *, attente_s: float) -> None:
        self._executeur, self._attente_s = executeur, attente_s

    def __call__(self, geste: Geste, saga_id: str, *, par: str, motif: str, cle: str = "") -> Suivi:
        """Idempotent by `cle`: the same one again only follows the saga.

        Raises `Introuvable`, `ActionImpossible`, `CleReutilisee` (same key, other reason), `DepotIndisponible`.
        """
        if cle:
            deja = self._executeur.depot.motif_du_geste(saga_id, cle)
            if deja is not None:
                if deja != motif:
                    raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre action.")
                return self._executeur.attendre(saga_id, time.monotonic() + self._attente_s)
        try:
            return self._executeur.ordonner(saga_id, _ORDRES[geste](par, motif, cle), self._attente_s)
        except moteur.OrdreImpossible as refus:
            raise ActionImpossible(str(refus), extra={"saga_id": saga_id}) from refus
