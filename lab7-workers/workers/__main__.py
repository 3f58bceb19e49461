"""`python -m workers NAME` runs one worker; `python -m workers amorcer` prepares workers_db."""

import argparse

from socle.config import charger
from workers.config import Config
from workers.programme import PORTS, Programme, amorcer, preparer


def main() -> None:
    """Entry point."""
    parseur = argparse.ArgumentParser(prog="python -m workers", description="Workers du checkout chorégraphié.")
    parseur.add_argument("nom", choices=[*PORTS, "amorcer"], help="le worker à lancer, ou la base à préparer")
    nom = parseur.parse_args().nom
    config = charger(Config)
    preparer(config)
    if nom == "amorcer":
        amorcer(config)
    else:
        Programme(nom, config).tourner()


if __name__ == "__main__":
    main()
