"""Time limits nest, or the service does not start."""

import pytest
from pydantic import ValidationError

from ecommerce.settings import Config


@pytest.mark.parametrize(
    "variables",
    [
        {"panier_budget_s": 2.0},
        {"orchestrateur_lecture_s": 4.0},
        {"orchestrateur_lecture_s": 60.0, "suivi_limite_s": 90.0},
        {"suivi_limite_s": 15.0},
    ],
)
def test_limits_that_do_not_nest_are_refused(variables: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Config(**variables)  # type: ignore[arg-type]
