"""How far the model checks go: `rapide` in every run, always the same stories; `MODELE=approfondi` when in doubt."""

import os

from hypothesis import HealthCheck, Phase, settings

_SANTE = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
_PROFILS = {"rapide": (150, 50, True), "approfondi": (10_000, 100, False)}


def reglages(part: float = 1.0) -> settings:
    """The settings of the chosen profile, with `part` of its examples (for machines that need a database)."""
    exemples, pas, toujours_les_memes = _PROFILS[os.environ.get("MODELE", "rapide")]
    return settings(
        max_examples=max(1, int(exemples * part)),
        stateful_step_count=pas,
        derandomize=toujours_les_memes,
        deadline=None,
        suppress_health_check=_SANTE,
        report_multiple_bugs=False,
    )


def sans_reduction(reglages: settings) -> settings:
    """The same, content with the first counterexample: for defects that were planted."""
    return settings(reglages, phases=[Phase.generate])
