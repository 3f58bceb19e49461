import uuid

from event_store.bootstrap import acces, acces_proprietaire
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.infrastructure.migrer import amorcer
from tests.charge.banc_rejeu import mesurer
from tests.conftest import creer_base


def test_bench_on_a_real_history() -> None:
    config = creer_base(f"banc_{uuid.uuid4().hex[:8]}")
    amorcer(Base(acces_proprietaire(config)), config.postgres_user)
    mesures = mesurer(20_000, config)
    assert mesures.rejeu_p95_s < 0.02
    assert min(mesures.reconstructions.values()) > 30_000
    historique = HistoriquePostgres(Base(acces(config)))
    assert historique.ruptures(1, 20_000) == []
    assert historique.tetes_fausses() == []
