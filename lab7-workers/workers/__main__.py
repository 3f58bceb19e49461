"""`python -m workers NAME` runs one worker; `python -m workers amorcer` prepares workers_db."""

import argparse

from socle.config import charger
from workers.config import Config
from workers.programme import NOMS, Programme, allumer_les_fautes, amorcer, journaliser


def main() -> None:
    """Entry point."""
    parseur = argparse.ArgumentParser(prog="python -m workers", description="Workers du checkout chorégraphié.")
    parseur.add_argument("nom", choices=[*NOMS, "amorcer"])
    nom = parseur.parse_args().nom
    config = charger(Config)
    journaliser(config)
    if nom == "amorcer":
        amorcer(config)
        return
    allumer_les_fautes(config)
    Programme(nom, config).tourner()


if __name__ == "__main__":
    main()
