"""From the table of components to command lines and environments."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local import passerelle, postgres, valkey
from local.coffre import (
    ADMIN,
    ADMIN_MOT_DE_PASSE,
    variable_base,
    variable_cle,
    variable_compte,
    variable_django,
    variable_proprietaire,
)
from local.composants import REGLAGES, Fond, Service, Web, ports
from local.lieux import Lieux
from local.processus import ADRESSE, ligne_de_lancement

# Marks every process of a laboratory, so that leftovers of a crash are recognised without doubt.
MARQUE = "LABO_PROGRAMME"


@dataclass(frozen=True, kw_only=True)
class Programme:
    """What the supervisor runs: `signal_arret` asks it to end, within `delai_arret` seconds before SIGKILL."""

    nom: str
    ligne: list[str]
    variables: Mapping[str, str]
    dossier: Path
    signal_arret: str = "TERM"
    delai_arret: int = 20


def environnement_de_base(lieux: Lieux) -> dict[str, str]:
    """What every process of the platform gets, and nothing of the user's shell that could change its behaviour."""
    gardes = ("PATH", "HOME", "LANG", "TMPDIR", "TZ")
    return {
        **{nom: os.environ[nom] for nom in gardes if nom in os.environ},
        "LABO_HOME": str(lieux.maison),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "",
    }


def environnement_du_service(
    service: Service,
    programme: Web | Fond,
    lieux: Lieux,
    coffre: Mapping[str, str],
    services: Sequence[Service],
) -> dict[str, str]:
    """The environment of one program of a service."""
    tous = ports(services, lieux.decalage)
    vus = {nom: lieux.detours.get(f"{service.nom}>{nom}", tous[nom]) for nom in ("postgres", "redis", "gateway")}
    reglages = {nom: os.environ.get(nom) or defaut for nom, defaut in REGLAGES.items()}
    communs = ("DEBUG", "LABO_FAUTES", "LOG_FORMAT", "LOG_LEVEL")
    chemins = ["socle/src", service.dossier]
    if lieux.detours:  # the fault laboratory: clocks can be wrong too
        chemins.insert(0, "local/decalage")
    bascule = os.environ.get("LABO_BASCULE", "")
    if bascule:  # the bench of what measuring costs
        chemins.insert(0, "local/bascule")
    instance = programme.instance if isinstance(programme, Fond) else programme.nom
    variables = {
        **{nom: reglages[nom] for nom in communs},
        **({"LABO_BASCULE": bascule} if bascule else {}),
        **{nom: valeur or reglages[nom] for nom, valeur in service.variables.items()},
        "PYTHONPATH": ":".join(str(lieux.racine / dossier) for dossier in chemins),
        "SECRET_KEY": coffre[variable_django(service)],
        "POSTGRES_HOST": ADRESSE,
        "POSTGRES_PORT": str(vus["postgres"]),
        "POSTGRES_DB": service.nom_base,
        "POSTGRES_USER": service.role,
        "POSTGRES_PASSWORD": coffre[variable_base(service)],
        "KONG_GATEWAY_URL": f"http://{ADRESSE}:{vus['gateway']}",
        "KONG_API_KEY": coffre[variable_cle(service.consommateur)] if service.consommateur else "",
        "INTERNAL_TOKEN": coffre["INTERNAL_TOKEN"],
        "INSTANCE_ID": instance,
        "REDIS_URL": f"redis://{ADRESSE}:{vus['redis']}/0",
        "LABO_FAUTES_REPERTOIRE": str(lieux.run / "fautes"),
    }
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        variables |= {nom: valeur for nom, valeur in os.environ.items() if nom.startswith("OTEL_")}
        variables["OTEL_SERVICE_NAME"] = service.nom
    if service.django:
        variables["DJANGO_SETTINGS_MODULE"] = f"{service.paquet}.settings"
    for voisin in (s for s in services if s.nom in service.lettres_de):
        prefixe = f"{voisin.nom.upper()}_POSTGRES"
        variables |= {
            f"{prefixe}_HOST": ADRESSE,
            f"{prefixe}_PORT": str(vus["postgres"]),
            f"{prefixe}_DB": voisin.nom_base,
        }
    if service.pilote:
        cibles = {p.nom: f"http://{ADRESSE}:{tous[p.nom]}" for s in services for p in s.programmes if p.nom in tous}
        variables |= {"CIBLES_FAUTES": json.dumps(cibles), "JOURNAUX_DOSSIER": str(lieux.logs)}
    if isinstance(programme, Fond) and programme.port is not None:
        variables |= {"METRICS_HOST": ADRESSE, "METRICS_PORT": str(tous[programme.nom])}
    if isinstance(programme, Web):
        # Several processes share one metrics page; a background program is one process.
        variables |= {
            "PROMETHEUS_MULTIPROC_DIR": str(lieux.metriques / programme.nom),
            "BIND": f"{ADRESSE}:{tous[programme.nom]}",
            "WORKERS": str(programme.processus),
            "THREADS": str(programme.fils),
            "WORKER_CLASS": programme.classe,
        }
    return variables


def commande_du_service(service: Service, *mots: str) -> list[str]:
    """Command line of a Django management command, or of the package of a service without Django."""
    return [sys.executable, "-m", "django" if service.django else service.paquet, *mots]


def environnement_d_amorce(
    service: Service, lieux: Lieux, coffre: Mapping[str, str], services: Sequence[Service]
) -> dict[str, str]:
    """The environment of the command that prepares a service's database.

    Its owner's password comes with it, the role that its dead letters are entrusted to, and its first accounts.
    """
    variables = environnement_du_service(service, service.programmes[0], lieux, coffre, services)
    variables.pop("PROMETHEUS_MULTIPROC_DIR", None)  # a short-lived command leaves no samples behind
    if service.django:
        variables |= {"ADMIN_UTILISATEUR": ADMIN, ADMIN_MOT_DE_PASSE: coffre[ADMIN_MOT_DE_PASSE]}
    if service.comptes:
        variables["COMPTES"] = json.dumps({nom: coffre[variable_compte(nom)] for nom in service.comptes})
    if service.base_a_part:
        variables |= {
            "POSTGRES_OWNER_USER": service.proprietaire,
            "POSTGRES_OWNER_PASSWORD": coffre[variable_proprietaire(service)],
        }
    for guichet in (s for s in services if service.nom in s.lettres_de):
        variables["LETTRES_MORTES_ROLE"] = guichet.role
    return variables


def programmes_des_services(services: Sequence[Service], lieux: Lieux, coffre: Mapping[str, str]) -> list[Programme]:
    """One entry per program of every service."""
    tous = []
    for service in services:
        for programme in service.programmes:
            if isinstance(programme, Web):
                ligne = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "python:socle.gunicorn",
                         f"{service.paquet}.wsgi:application"]  # fmt: skip
            else:
                ligne = commande_du_service(service, programme.commande)
            tous.append(
                Programme(
                    nom=programme.nom,
                    ligne=ligne_de_lancement(ligne, fin=signal.SIGTERM, courtoisie=programme.courtoisie),
                    variables=environnement_du_service(service, programme, lieux, coffre, services),
                    dossier=lieux.racine / service.dossier,
                )
            )
    return tous


def programmes_infra(services: Sequence[Service], lieux: Lieux, configuration: Path) -> list[Programme]:
    """PostgreSQL, Valkey and the gateway (whose configuration is already written)."""
    tous = ports(services, lieux.decalage)
    return [
        Programme(
            nom="postgres",
            ligne=postgres.commande(lieux.pg, tous["postgres"]),
            variables={},
            dossier=lieux.maison,
            signal_arret="INT",
        ),
        Programme(nom="redis", ligne=valkey.commande(lieux.redis, tous["redis"]), variables={}, dossier=lieux.redis),
        Programme(
            nom="gateway",
            ligne=passerelle.commande(configuration),
            variables={},
            dossier=lieux.run,
            signal_arret="USR1",  # finishes the requests under way
            delai_arret=6,
        ),
    ]
