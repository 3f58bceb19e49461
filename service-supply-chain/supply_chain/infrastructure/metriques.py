"""What the workflows do now, on the metrics page."""

from socle.metriques import REGISTRE_BASE
from socle.saga.jauges import JaugesSagas
from supply_chain.domain.etats import INTERVENTION_REQUISE, TERMINAUX, TRANSITIONS

_enregistrees = False


def enregistrer_jauges(retard_s: float) -> None:
    """Idempotent. `retard_s`: age in seconds from which a workflow is stalled."""
    global _enregistrees
    if _enregistrees:
        return
    _enregistrees = True
    REGISTRE_BASE.register(
        JaugesSagas(
            table="workflows_validation",
            style="validation",
            etats=[etat for etat in TRANSITIONS if etat not in TERMINAUX],
            intervention=INTERVENTION_REQUISE,
            retard_s=retard_s,
        )
    )
