"""What this service refuses. Callers search for `n'existe pas` in `error`, as they do at inventaire."""

from socle.erreurs import Introuvable, RefusMetier


class DemandeInexistante(Introuvable):
    """No replenishment request has this identifier."""

    error = "La demande n'existe pas"
    code = "demande_inexistante"

    def __init__(self, demande_id: str) -> None:
        super().__init__(f"La demande {demande_id} n'existe pas.")


class DemandeDejaTraitee(RefusMetier):
    """The request is not pending any more."""

    error = "Demande déjà traitée"
    code = "demande_deja_traitee"
