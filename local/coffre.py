"""The secrets of a laboratory: generated once, kept in one private file, never printed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from local.composants import CLE_DU_LABO, Service

ADMIN, ADMIN_MOT_DE_PASSE = "labo", "ADMIN_MOT_DE_PASSE"
"""The account of every Django admin, and the variable that holds its password."""

# Consumers of kong.yml beside magasin-app, whether or not their service runs here.
CONSOMMATEURS = ("orchestrator", "workers", "ecommerce", "magasin", "commandes", "inventaire", "supply-chain")


def variable_cle(consommateur: str) -> str:
    """Variable that holds a consumer's gateway key."""
    return f"KONG_KEY_{consommateur.upper().replace('-', '_')}"


def variable_base(service: Service) -> str:
    """Variable that holds the password of a service's database role."""
    return f"POSTGRES_PASSWORD_{service.base.upper()}"


def variable_proprietaire(service: Service) -> str:
    """Variable that holds the password of the role that owns a service's database."""
    return f"POSTGRES_PASSWORD_{service.proprietaire.upper()}" if service.base_a_part else variable_base(service)


def variable_django(service: Service) -> str:
    """Variable that holds a service's Django secret key."""
    return f"SECRET_KEY_{service.paquet.upper()}"


def variable_compte(compte: str) -> str:
    """Variable that holds the password of a laboratory account."""
    return f"COMPTE_{compte.upper()}"


def ouvrir(fichier: Path, services: Iterable[Service], environnement: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Every secret by variable name; those missing from `fichier` are generated and added to it (mode 0600).

    The lab key is not a generated secret: KONG_KEY_MAGASIN_APP of the environment, else the course material's.
    """
    noms = ["POSTGRES_PASSWORD", "INTERNAL_TOKEN", ADMIN_MOT_DE_PASSE, *map(variable_cle, CONSOMMATEURS)]
    for service in services:
        noms += [variable_base(service), variable_proprietaire(service), variable_django(service)]
        noms += map(variable_compte, service.comptes)
    connus = _lire(fichier)
    manquants = {nom: secrets.token_urlsafe(36) for nom in noms if nom not in connus}
    if manquants:
        _ecrire(fichier, connus | manquants)
    lab = environnement.get(variable_cle("magasin-app")) or CLE_DU_LABO
    return connus | manquants | {variable_cle("magasin-app"): lab}


def _lire(fichier: Path) -> dict[str, str]:
    if not fichier.exists():
        return {}
    return dict(ligne.split("=", 1) for ligne in fichier.read_text().splitlines() if "=" in ligne)


def _ecrire(fichier: Path, valeurs: Mapping[str, str]) -> None:
    """Whole file or nothing: losing a database password half-way would lock the data away."""
    brouillon = fichier.with_suffix(".brouillon")
    brouillon.unlink(missing_ok=True)
    brouillon.touch(mode=0o600)
    brouillon.write_text("".join(f"{nom}={valeur}\n" for nom, valeur in sorted(valeurs.items())))
    brouillon.replace(fichier)
