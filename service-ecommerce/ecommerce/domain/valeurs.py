"""Value objects: a value that exists is valid. Each raises `DonneesInvalides` naming its field."""

import re
import unicodedata
from dataclasses import dataclass

from socle.erreurs import DonneesInvalides

PROVINCE_DEFAUT, PAYS_DEFAUT = "Québec", "Canada"
COURRIEL_MAX = 254
_COURRIEL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
# Canada Post never uses D F I O Q U, nor W Z in first place.
_CODE_POSTAL = re.compile(r"([ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z])[ -]?(\d[ABCEGHJ-NPRSTV-Z]\d)", re.ASCII)
_TELEPHONE = re.compile(r"[0-9 ().+-]{10,20}")


def texte_net(texte: str, champ: str) -> str:
    """Composed Unicode without surrounding blanks, and never empty."""
    net = unicodedata.normalize("NFC", texte).strip()
    if not net:
        raise DonneesInvalides(champs={champ: "ce champ ne peut être vide"})
    return net


def courriel(texte: str, champ: str = "email") -> str:
    """An e-mail address as typed, trimmed; uniqueness ignores case."""
    net = texte.strip()
    if len(net) > COURRIEL_MAX or not _COURRIEL.fullmatch(net) or ".." in net:
        raise DonneesInvalides(champs={champ: "une adresse de courriel valide est attendue"})
    return net


def code_postal(texte: str, champ: str) -> str:
    """A Canadian postal code as `A1A 1A1`; typed in any case, with a blank, a hyphen or nothing between."""
    trouve = _CODE_POSTAL.fullmatch(texte.strip().upper())
    if trouve is None:
        raise DonneesInvalides(champs={champ: "un code postal canadien (A1A 1A1) est attendu"})
    return f"{trouve[1]} {trouve[2]}"


def telephone(texte: str, champ: str = "telephone") -> str:
    """Ten digits as `514-555-0101`; empty stays empty. Blanks, hyphens, dots, brackets and +1 are accepted."""
    net = texte.strip()
    if not net:
        return ""
    chiffres = re.sub(r"\D", "", net, flags=re.ASCII)
    if len(chiffres) == 11 and chiffres[0] == "1":
        chiffres = chiffres[1:]
    if not _TELEPHONE.fullmatch(net) or len(chiffres) != 10:
        raise DonneesInvalides(champs={champ: "un numéro de téléphone de dix chiffres est attendu"})
    return f"{chiffres[:3]}-{chiffres[3:6]}-{chiffres[6:]}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AdresseLivraison:
    """Where the goods go. The postal code is checked for Canada only."""

    nom_destinataire: str
    rue: str
    ville: str
    code_postal: str
    province: str
    pays: str = PAYS_DEFAUT
    instructions_livraison: str = ""
    livraison_express: bool = False

    def __post_init__(self) -> None:
        for champ in ("nom_destinataire", "rue", "ville", "province", "pays"):
            object.__setattr__(self, champ, texte_net(getattr(self, champ), f"adresse_livraison.{champ}"))
        if self.pays.casefold() == PAYS_DEFAUT.casefold():
            net = code_postal(self.code_postal, "adresse_livraison.code_postal")
        else:
            net = texte_net(self.code_postal, "adresse_livraison.code_postal")
        object.__setattr__(self, "code_postal", net)
