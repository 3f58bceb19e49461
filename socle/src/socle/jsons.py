"""JSON in and out, with exact money and without what PostgreSQL or a log cannot hold.

Money is `Decimal` inside and a JSON number outside. A number of at most fifteen digits survives the trip through
a double and back as the same text, so `float(Decimal("89.99"))` prints `89.99`; sums are never made on floats.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

PROFONDEUR_MAX = 32


class JsonRefuse(ValueError):
    """The text is not acceptable JSON; the message says why, `champ` where (empty: the whole body)."""

    def __init__(self, message: str, champ: str = "") -> None:
        super().__init__(message)
        self.champ = champ


def defaut(valeur: object) -> Any:
    """`default=` of `json.dumps` for the types the services use."""
    if isinstance(valeur, Decimal):
        return float(valeur)
    if isinstance(valeur, datetime):
        return valeur.isoformat()
    return str(valeur)


def ecrire(valeur: object) -> bytes:
    """Compact UTF-8 JSON."""
    return json.dumps(valeur, default=defaut, ensure_ascii=False, separators=(",", ":")).encode()


def lire(octets: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, decimals as `Decimal`, no NUL, no lone surrogate, bounded depth.

    Raises `JsonRefuse`.
    """
    try:
        valeur = json.loads(octets.decode("utf-8"), parse_float=_decimal, parse_constant=_constante)
    except UnicodeDecodeError:
        raise JsonRefuse("le corps n'est pas de l'UTF-8") from None
    except RecursionError:
        raise JsonRefuse("le corps est trop imbriqué") from None
    except JsonRefuse:
        raise
    except ValueError as erreur:
        raise JsonRefuse(f"JSON malformé ({erreur})") from None
    if b"\\u" in octets or octets.count(b"[") + octets.count(b"{") > PROFONDEUR_MAX or b"\x7f" in octets:
        _verifier(valeur, "", 0)
    return valeur


def _decimal(texte: str) -> Decimal:
    if len(texte) > 40:
        raise JsonRefuse("nombre trop long")
    return Decimal(texte)


def _constante(texte: str) -> Any:
    raise JsonRefuse(f"{texte} n'est pas du JSON")


def _verifier(valeur: Any, chemin: str, profondeur: int) -> None:
    if profondeur > PROFONDEUR_MAX:
        raise JsonRefuse("le corps est trop imbriqué")
    if isinstance(valeur, str):
        verifier_texte(valeur, chemin)
    elif isinstance(valeur, list):
        for rang, element in enumerate(valeur):
            _verifier(element, f"{chemin}[{rang}]", profondeur + 1)
    elif isinstance(valeur, dict):
        for nom, element in valeur.items():
            verifier_texte(nom, chemin)
            _verifier(element, f"{chemin}.{nom}" if chemin else nom, profondeur + 1)


def verifier_texte(texte: str, champ: str) -> None:
    """Refuse what PostgreSQL cannot store: NUL and lone surrogates. Raises `JsonRefuse`."""
    if "\x00" in texte or any("\ud800" <= c <= "\udfff" for c in texte):
        raise JsonRefuse("caractère interdit", champ)
