"""The only place that chooses adapters."""

import logging.config
from dataclasses import dataclass, replace

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


def acces_des_lettres(config: Config) -> list[Acces]:
    """The databases that hold dead letters, entered as the service itself."""
    ici = acces(config)
    return [
        replace(ici, host=host or ici.host, port=port or ici.port, base=base)
        for host, port, base in (
            (config.workers_postgres_host, config.workers_postgres_port, config.workers_postgres_db),
            (config.ecommerce_postgres_host, config.ecommerce_postgres_port, config.ecommerce_postgres_db),
        )
    ]


def assembler(config: Config) -> Services:
    """The services over real PostgreSQL and Redis; nothing is connected yet."""
    base = Base(acces(config))
    projections = ProjectionsPostgres(base)
    return Services(
        config=config,
        historique=HistoriquePostgres(base),
        projections=projections,
        miroir=MiroirRedis(config.redis_url, projections),
        lettres=LettresMortesPostgres([Base(acces) for acces in acces_des_lettres(config)]),
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
        fautes.activer(fautes.fichier_de(config.instance_id))
    services = assembler(config)
    metriques.REGISTRE_BASE.register(Jauges(services.historique, services.projections))
    return creer(services)
