"""The only place that chooses adapters."""

import logging.config
from dataclasses import dataclass

from flask import Flask

import event_store.points  # noqa: F401  (their catalogue)
from event_store.application.ports import Historique, LettresMortes, Miroir, Projections
from event_store.infrastructure.base import Acces, Base
from event_store.infrastructure.cles import ClesPostgres
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.infrastructure.lettres_mortes import LettresMortesPostgres
from event_store.infrastructure.miroir import MiroirRedis
from event_store.infrastructure.projections import ProjectionsPostgres
from event_store.settings import Config
from socle import fautes, journaux, metriques


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the views work with."""

    config: Config
    historique: Historique
    projections: Projections
    miroir: Miroir
    lettres: LettresMortes
    cles: ClesPostgres


def acces(config: Config) -> Acces:
    """The service's own entry: it reads the history and appends to it."""
    return Acces(
        host=config.postgres_host,
        port=config.postgres_port,
        base=config.postgres_db,
        role=config.postgres_user,
        mot_de_passe=config.postgres_password.get_secret_value(),
        application=config.instance_id,
        statement_timeout_ms=config.postgres_statement_timeout_ms,
    )


def acces_proprietaire(config: Config) -> Acces:
    """The owner's entry, for migrations, archive and restore; its statements have no time limit."""
    return Acces(
        host=config.postgres_host,
        port=config.postgres_port,
        base=config.postgres_db,
        role=config.postgres_owner_user,
        mot_de_passe=config.postgres_owner_password.get_secret_value(),
        application="event-store-entretien",
        statement_timeout_ms=0,
    )


def acces_travailleurs(config: Config) -> Acces:
    """The workers' database."""
    return Acces(
        host=config.workers_postgres_host or config.postgres_host,
        port=config.workers_postgres_port or config.postgres_port,
        base=config.workers_postgres_db,
        role=config.workers_postgres_user,
        mot_de_passe=config.workers_postgres_password.get_secret_value(),
        application=config.instance_id,
        statement_timeout_ms=config.postgres_statement_timeout_ms,
    )


def assembler(config: Config) -> Services:
    """The services over real PostgreSQL and Redis; nothing is connected yet."""
    base = Base(acces(config))
    projections = ProjectionsPostgres(base)
    return Services(
        config=config,
        historique=HistoriquePostgres(base),
        projections=projections,
        miroir=MiroirRedis(config.redis_url, projections),
        lettres=LettresMortesPostgres(Base(acces_travailleurs(config))),
        cles=ClesPostgres(base),
    )


def application(config: Config) -> Flask:
    """The whole WSGI application of one process."""
    from event_store.interfaces.application import creer
    from event_store.interfaces.metriques import Jauges

    logging.config.dictConfig(
        journaux.configuration("event_store", config.instance_id, forme=config.log_format, niveau=config.log_level)
    )
    if config.labo_fautes:
        config.labo_fautes_repertoire.mkdir(parents=True, exist_ok=True)
        fautes.activer(config.labo_fautes_repertoire / f"{config.instance_id}.json")
    services = assembler(config)
    metriques.REGISTRE_BASE.register(Jauges(services.historique, services.projections))
    return creer(services)
