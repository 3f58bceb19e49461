"""`python -m event_store <commande>`: what the owner of the history does. Needs POSTGRES_OWNER_PASSWORD."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from event_store.bootstrap import acces_proprietaire
from event_store.domain.chaine import ChaineRompue
from event_store.infrastructure import archives, migrer, sauvegarde
from event_store.infrastructure.base import Base
from event_store.infrastructure.historique import HistoriquePostgres
from event_store.settings import Config
from socle import fautes
from socle.config import charger
from socle.erreurs import Erreur

Commande = Callable[[Base, Config, argparse.Namespace], str]
_PAS = 200_000


def _amorcer(base: Base, config: Config, _: argparse.Namespace) -> str:
    nouvelles = migrer.amorcer(base, config.postgres_user)
    return f"Migrations appliquées : {', '.join(nouvelles) or 'aucune, tout y était'}."


def _archiver(base: Base, _: Config, options: argparse.Namespace) -> str:
    mois = archives.archiver(base, options.vers, options.jours)
    return "\n".join(f"{m.mois:%Y-%m} : {m.evenements} événements dans {m.fichier}" for m in mois) or "Rien à archiver."


def _sauvegarder(base: Base, _: Config, options: argparse.Namespace) -> str:
    return f"{sauvegarde.sauvegarder(base, options.vers)} événements dans {options.vers}, chaîne vérifiée."


def _restaurer(base: Base, _: Config, options: argparse.Namespace) -> str:
    return f"{sauvegarde.restaurer(base, options.depuis)} événements restaurés, chaîne vérifiée."


def _verifier(base: Base, _: Config, options: argparse.Namespace) -> str:
    archives_lues = archives.verifier_fichiers(base, options.archives) if options.archives else 0
    historique = HistoriquePostgres(base)
    bornes = historique.bornes()
    for debut in range(bornes.premiere, bornes.tete + 1, _PAS):
        for position, cause in historique.ruptures(debut, min(debut + _PAS - 1, bornes.tete)):
            raise ChaineRompue(f"Position {position} : {cause}.")
    if fausses := historique.tetes_fausses():
        raise ChaineRompue(f"Têtes fausses : {', '.join(fausses)}.")
    return f"Intègre : {archives_lues} événements archivés, positions {bornes.premiere} à {bornes.tete} en ligne."


def _analyseur() -> argparse.ArgumentParser:
    analyseur = argparse.ArgumentParser(prog="python -m event_store", description=__doc__)
    commandes = analyseur.add_subparsers(required=True, metavar="commande")

    def commande(nom: str, aide: str, faire: Commande) -> argparse.ArgumentParser:
        sous = commandes.add_parser(nom, help=aide)
        sous.set_defaults(faire=faire)
        return sous

    commande("amorcer", "applique les migrations et accorde ses droits au service", _amorcer)
    archive = commande("archiver", "déplace les mois échus vers des fichiers compressés", _archiver)
    archive.add_argument("--vers", type=Path, required=True, help="dossier des archives")
    archive.add_argument("--jours", type=int, default=archives.JOURS_MIN, help="jours gardés en ligne (30 au moins)")
    copie = commande("sauvegarder", "écrit l'historique dans un fichier vérifié", _sauvegarder)
    copie.add_argument("--vers", type=Path, required=True, help="fichier .jsonl.gz")
    retour = commande("restaurer", "ramène une sauvegarde dans une base vide et amorcée", _restaurer)
    retour.add_argument("--depuis", type=Path, required=True, help="fichier .jsonl.gz")
    controle = commande("verifier", "vérifie la chaîne entière, archives comprises", _verifier)
    controle.add_argument("--archives", type=Path, help="dossier des archives")
    return analyseur


def principal(arguments: list[str]) -> int:
    """Run one command; 0 when done, 1 when refused. What came of it is said in French on stderr.

    Stdout is left to the bytes of a backup that is piped out of a container.
    """
    options = _analyseur().parse_args(arguments)
    config = charger(Config)
    if config.labo_fautes:
        fautes.activer(fautes.fichier_de(config.instance_id))
    base = Base(acces_proprietaire(config))
    try:
        print(options.faire(base, config, options), file=sys.stderr)
    except Erreur as refus:
        print(f"{refus.error} : {refus}", file=sys.stderr)
        return 1
    finally:
        base.fermer()
    return 0


if __name__ == "__main__":
    raise SystemExit(principal(sys.argv[1:]))
