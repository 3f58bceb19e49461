"""JSON in and out, with exact money and without what PostgreSQL or a log cannot hold.

Money is `Decimal` inside and a JSON number outside. A number of at most fifteen digits survives the trip through
a double and back as the same text, so `float(Decimal("89.99"))` prints `89.99`; sums are never made on floats.
Beyond fifteen significant digits the text is rounded: no amount of the platform is that long.
"""

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson

PROFONDEUR_MAX = 32
EXPOSANT_MAX = 300


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
    """Compact UTF-8 JSON. Raises `ValueError` for what JSON cannot say: infinity, NaN, a lone surrogate.

    By orjson, which writes NaN and infinity as null: where a null is written, the standard library has the last word.
    """
    try:
        octets = orjson.dumps(valeur, defaut, _OPTIONS)
    except TypeError:
        octets = _NUL
    return _encodeur.encode(valeur).encode() if _NUL in octets else octets


def lire(octets: bytes) -> Any:
    """Strict JSON: UTF-8, no NaN, decimals as `Decimal`, no NUL, no lone surrogate, bounded depth.

    Raises `JsonRefuse`.
    """
    try:
        valeur = _decodeur.decode(octets.decode("utf-8"))
    except UnicodeDecodeError:
        raise JsonRefuse("le corps n'est pas de l'UTF-8") from None
    except RecursionError:
        raise JsonRefuse("le corps est trop imbriqué") from None
    except JsonRefuse:
        raise
    except json.JSONDecodeError as erreur:
        raise JsonRefuse(f"JSON malformé, ligne {erreur.lineno}, colonne {erreur.colno}") from None
    except ValueError:  # an integer of thousands of digits
        raise JsonRefuse("nombre trop long") from None
    # A NUL or a surrogate can only come from an escape: raw, the decoder and `json` have refused them already.
    if b"\\u" in octets or octets.count(b"[") + octets.count(b"{") > PROFONDEUR_MAX:
        _verifier(valeur, "", 0)
    return valeur


def decimal(texte: str) -> Decimal:
    """`parse_float=` of `json.loads`: exact, and within what a double can say again. Raises `JsonRefuse`."""
    if len(texte) > 40:
        raise JsonRefuse("nombre trop long")
    try:
        valeur = Decimal(texte)
    except InvalidOperation:  # an exponent beyond what the decimal module can hold
        raise JsonRefuse("nombre hors limites") from None
    if abs(valeur.adjusted()) > EXPOSANT_MAX:
        raise JsonRefuse("nombre hors limites")
    return valeur


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


_NUL = b"null"
_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
# Made once: `json.dumps` and `json.loads` with options build a new one for every call.
_encodeur = json.JSONEncoder(default=defaut, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_decodeur = json.JSONDecoder(parse_float=decimal, parse_constant=_constante)
