"""Replace the ${NAME} placeholders of kong.yml by the environment's values.

`python kong/rendre.py kong/kong.yml > rendered.yml`; only the standard library, so that any Python image can run it.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

_MARQUE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
# Anything else could change the structure of the document it lands in.
_VALEUR_SURE = re.compile(r"[A-Za-z0-9._~+/=-]+")


class ErreurRendu(Exception):
    """The environment does not complete the document; the text names the variables and never their values."""


def rendre(texte: str, environnement: Mapping[str, str]) -> str:
    """The document without placeholders. `ErreurRendu` names every variable that is missing or unsafe."""
    noms = dict.fromkeys(_MARQUE.findall(texte))
    manquantes = [nom for nom in noms if not environnement.get(nom)]
    if manquantes:
        raise ErreurRendu(f"Variable d'environnement manquante : {', '.join(manquantes)}.")
    douteuses = [nom for nom in noms if not _VALEUR_SURE.fullmatch(environnement[nom])]
    if douteuses:
        raise ErreurRendu(f"Caractère interdit dans la valeur de : {', '.join(douteuses)}.")
    return _MARQUE.sub(lambda marque: environnement[marque[1]], texte)


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage : python rendre.py kong.yml > sortie.yml")
    try:
        sys.stdout.write(rendre(Path(sys.argv[1]).read_text(encoding="utf-8"), os.environ))
    except (OSError, ErreurRendu) as erreur:
        sys.exit(str(erreur))


if __name__ == "__main__":
    main()
