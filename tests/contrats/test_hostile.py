"""F43: hostile input on every route. No 500, no traceback, JSON always, and a refused request has stored nothing."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.commun.monde import Monde, Reponse, nouvel_id
from tests.contrats.documents import Documents
from tests.contrats.tables.cas import Cas
from tests.contrats.test_regles_communes import REUSSIS, nom

CHANGEANTES = [cle for cle in REUSSIS if not cle[1].startswith("GET")]
LUES = [cle for cle in REUSSIS if cle[1].startswith("GET")]

VALEURS: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    10**30,
    -(2**63),
    2**31,
    1e308,
    1.0000000001,
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u0000",
    "🛒" * 200,
    "é" * 100_000,
    "' OR 1=1; DROP TABLE produits; --",
    "<script>alert(1)</script>",
    "${jndi:ldap://x}{{7*7}}%s%n",
    "../../etc/passwd",
    "NaN",
    [],
    {},
    [None],
    {"$ne": None},
    [[[[]]]],
)
CORPS: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xff\xfe\x00",
    b"{",
    b'{"a":',
    b"nul",
    b"NaN",
    b'{"quantite": NaN}',
    b'{"quantite": Infinity}',
    b'{"prix": 1e999999999}',
    b'{"prix": ' + b"9" * 5000 + b"}",
    b"[" * 50_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    b'"' + b"a" * 100_000 + b'"',
    b"\xef\xbb\xbf{}",
    "{}".encode("utf-16"),
    b"a=1&b=2",
    b"<xml/>",
    b'{"\\u0000": 1}',
)
REQUETES: tuple[str, ...] = (
    "%00",
    "%FF",
    "%ED%A0%80",
    "-1",
    "0",
    "9" * 40,
    "1e9",
    "NaN",
    "Infinity",
    "%27%20OR%201=1--",
    "%3Cscript%3E",
    "a" * 3000,
    quote("🛒é"),
    "null",
    "[]",
    "%0d%0aX-Faux:%201",
    "550e8400-e29b-41d4-a716-446655440001" + ",x" * 50,
)
ENTETES: tuple[Mapping[str, str], ...] = (
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/xml"},
    {"Content-Type": "multipart/form-data; boundary=x"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Idempotency-Key": "x" * 4000},
    {"Idempotency-Key": "' OR 1=1"},
    {"Accept": "text/html"},
    {"Accept-Language": "zz;q=abc"},
    {"X-Correlation-ID": "é\x01" + "x" * 500},
    {"traceparent": "00-zz-zz-01"},
    {"Prefer": "respond-async; wait=abc"},
    {"X-Forwarded-Prefix": "//evil.example/<x>"},
    {"X-Consumer-Username": "orchestrator"},
    {"Content-Encoding": "gzip"},
)


def exiger_polie(reponse: Reponse) -> None:
    """An answer a caller can work with: below 500, or 503 that says when to come back; JSON; no trace of our code."""
    assert reponse.statut < 500 or (reponse.statut == 503 and "Retry-After" in reponse.entetes), reponse
    assert reponse.entetes["Content-Type"].startswith("application/json"), reponse
    assert reponse.corps is not None
    for interdit in (b"Traceback", b"psycopg2", b"django", b"<html", b".py"):
        assert interdit not in reponse.octets, reponse


def places(corps: Any, schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(list or "", member): every place of a body, documented or sent, nested ones included."""
    for champ in sorted({*schema.get("properties", {}), *(corps or {})}):
        yield "", champ
    for champ in (corps or {}).get("lignes", [{}])[0]:
        yield "lignes", champ


def empoisonner(corps: Any, place: tuple[str, str], valeur: Any) -> Any:
    """The good body with one hostile value."""
    liste, champ = place
    if liste:
        return {**corps, liste: [{**corps[liste][0], champ: valeur}]}
    return {**(corps or {}), champ: valeur}


def encoder(corps: Any) -> bytes:
    """JSON, lone surrogates as escapes."""
    return json.dumps(corps, default=float).encode()


class Temoin:
    """Watches a service's tables: what refuses must not write."""

    def __init__(self, monde: Monde, service: str) -> None:
        self._monde, self._service = monde, service
        self._avant = monde.attendre_le_repos([service])[service]

    def rien_de_neuf(self) -> None:
        """Fails when a row was added, changed or deleted since the beginning."""
        assert self._monde.contenu(self._service) == self._avant


@pytest.mark.parametrize("cle", CHANGEANTES, ids=nom)
def test_F43_hostile_bodies_are_refused_politely_and_store_nothing(
    cle: tuple[str, str], monde: Monde, documents: Documents
) -> None:
    cas = REUSSIS[cle]
    chemin = cas.adresse(cas.preparer(monde))
    temoin = Temoin(monde, cas.service)
    attend_un_corps = bool((documents.operation(*cle).corps or {}).get("required"))
    for brut in CORPS if attend_un_corps else CORPS[1:]:
        reponse = monde.appeler(cas.methode, chemin, brut=brut, interne=cas.interne)
        exiger_polie(reponse)
        if cas.corps:
            assert reponse.statut in (400, 413), (brut[:40], reponse)
    if cas.corps:
        temoin.rien_de_neuf()


@pytest.mark.parametrize("cle", [cle for cle in CHANGEANTES if REUSSIS[cle].corps], ids=nom)
def test_F43_hostile_values_in_every_field_are_answered_politely(
    cle: tuple[str, str], monde: Monde, documents: Documents
) -> None:
    cas = REUSSIS[cle]
    valeurs = cas.preparer(monde)
    schema = documents.operation(*cle).corps or {}
    temoin = Temoin(monde, cas.service)
    for place, valeur in itertools.product(list(places(cas.contenu(valeurs), schema)), VALEURS):
        corps = encoder(empoisonner(cas.contenu(valeurs), place, valeur))
        reponse = monde.appeler(cas.methode, cas.adresse(valeurs), brut=corps, interne=cas.interne)
        exiger_polie(reponse)
        if reponse.statut < 400:  # harmless after all: the next ones act on fresh objects
            valeurs = cas.preparer(monde)
            temoin = Temoin(monde, cas.service)
    temoin.rien_de_neuf()


@pytest.mark.parametrize("cle", LUES, ids=nom)
def test_F43_hostile_queries_are_answered_politely(cle: tuple[str, str], monde: Monde, documents: Documents) -> None:
    cas = REUSSIS[cle]
    base = Cas(service=cas.service, route=cas.route, quand="", statut=200).adresse(cas.preparer(monde))
    for parametre in [*documents.operation(*cle).parametres("query"), "inconnu"]:
        for valeur in REQUETES:
            exiger_polie(monde.appeler("GET", f"{base}?{parametre}={valeur}", interne=cas.interne))
    for requete in ("?" + "a=1&" * 1200, "?=&&=", "?%", "?page=1&page=2", "?a[b]=c"):
        exiger_polie(monde.appeler("GET", base + requete, interne=cas.interne))


@pytest.mark.parametrize("cle", sorted(REUSSIS), ids=nom)
def test_F43_hostile_headers_are_answered_politely(cle: tuple[str, str], monde: Monde) -> None:
    cas = REUSSIS[cle]
    for entetes in ENTETES:
        valeurs = cas.preparer(monde)
        envoyes = {nom: valeur.encode().decode("latin-1") for nom, valeur in entetes.items()}
        exiger_polie(cas.appeler(monde, valeurs, entetes=envoyes))


def test_F43_a_body_over_the_limit_is_a_413(monde: Monde) -> None:
    corps = b'{"nom": "' + b"a" * 2_000_000 + b'"}'
    reponse = monde.appeler("POST", "/api/catalogue/ajouter/", brut=corps)
    assert reponse.statut == 413
    assert reponse.corps


def test_F43_duplicate_members_of_an_object_are_read_once_or_refused(monde: Monde) -> None:
    produit = monde.nouveau_produit(en_ligne=10)
    magasin = "550e8400-e29b-41d4-a716-446655440000"
    brut = f'{{"produit_id": "{produit}", "magasin_id": "{magasin}", "quantite": 1, "quantite": 2}}'.encode()
    reponse = monde.appeler("POST", "/api/inventaire/diminuer-stock/", brut=brut)
    exiger_polie(reponse)
    assert (reponse.statut, monde.stock(produit)) in ((200, 8), (400, 10))


def test_F43_the_internal_token_cannot_be_guessed_by_shape(monde: Monde) -> None:
    chemin = f"/api/inventaire/magasins-connus/{nouvel_id()}/"
    avant = monde.contenu("inventaire")
    for jeton in ("", " ", "null", "x" * 5000, "é", "' OR 1=1"):
        entetes = {"X-Internal-Token": jeton.encode().decode("latin-1")}
        assert monde.appeler("PUT", chemin, {"nom": "Pirate"}, entetes=entetes).statut == 403
    assert monde.contenu("inventaire") == avant
