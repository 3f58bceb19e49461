"""Reactions without a stream: a clock that the test sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from workers.contexte import Contexte
from workers.services import Services

DEBUT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Montre:
    """Database time; moves when told."""

    secondes: float = DEBUT.timestamp()

    def epoque(self) -> float:
        return self.secondes


@pytest.fixture
def montre() -> Montre:
    return Montre()


@pytest.fixture
def contexte(services: Services, montre: Montre) -> Contexte:
    return Contexte(services=services, heure=montre, echeance_s=30.0, source="essai")
