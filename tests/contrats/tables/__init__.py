"""The contract as tables: one row per route and outcome; every documented route has rows, every row a route."""

from tests.contrats.tables import catalogue, commandes, ecommerce, inventaire, saga
from tests.contrats.tables.cas import Cas

CAS: list[Cas] = [*catalogue.CAS, *inventaire.CAS, *commandes.CAS, *ecommerce.CAS, *saga.CAS]
SERVICES = ("catalogue", "inventaire", "commandes", "ecommerce", "saga")
