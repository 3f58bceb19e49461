"""The contract as tables: one row per route and outcome; every documented route has rows, every row a route."""

from tests.contrats.tables import catalogue, commandes, ecommerce, event_store, inventaire, saga, supply_chain
from tests.contrats.tables.cas import Cas

CAS: list[Cas] = [
    *catalogue.CAS, *inventaire.CAS, *commandes.CAS, *supply_chain.CAS, *ecommerce.CAS, *saga.CAS, *event_store.CAS,
]  # fmt: skip
SERVICES = ("catalogue", "inventaire", "commandes", "supply-chain", "ecommerce", "saga", "event-store")
