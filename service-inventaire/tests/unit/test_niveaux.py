"""Stock levels (contract, section 3)."""

import pytest

from inventaire.domain.niveaux import niveau_central, niveau_local, quantite_suggeree


@pytest.mark.parametrize(
    ("quantite", "attendu"),
    [
        (None, "Indisponible"),
        (0, "Critique"),
        (5, "Critique"),
        (6, "Bas"),
        (10, "Bas"),
        (11, "Normal"),
        (99, "Normal"),
        (100, "Élevé"),
    ],
)
def test_central_levels(quantite: int | None, attendu: str) -> None:
    assert niveau_central(quantite) == attendu


@pytest.mark.parametrize(
    ("quantite", "attendu"),
    [
        (None, "Indisponible"),
        (0, "Critique"),
        (2, "Critique"),
        (3, "Bas"),
        (5, "Bas"),
        (6, "Moyen"),
        (20, "Moyen"),
        (21, "Haut"),
    ],
)
def test_local_levels(quantite: int | None, attendu: str) -> None:
    assert niveau_local(quantite) == attendu


@pytest.mark.parametrize(("quantite", "attendu"), [(0, 10), (3, 7), (5, 5)])
def test_suggestion_is_ten_less_what_is_left_and_five_at_least(quantite: int, attendu: int) -> None:
    assert quantite_suggeree(quantite) == attendu
