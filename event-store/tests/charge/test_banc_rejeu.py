import uuid

from event_store.bootstrap import acces
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from tests.charge.banc_rejeu import PROJECTIONS, mesurer
from tests.conftest import creer_base


def test_the_bench_measures_a_real_history() -> None:
    config = creer_base(f"banc_{uuid.uuid4().hex[:8]}")
    mesures = mesurer(20_000, config, rejeux=100)
    assert mesures.evenements == 20_000
    assert 0 < mesures.rejeu_p50_s <= mesures.rejeu_p95_s < 0.2
    assert tuple(mesures.reconstructions_s) == PROJECTIONS
    assert all(0 < duree < 10 for duree in mesures.reconstructions_s.values())
    historique = HistoriquePostgres(Base(acces(config)))
    assert historique.ruptures(1, 20_000) == []
    assert historique.tetes_fausses() == []
