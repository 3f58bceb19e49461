"""The rules every HTTP API of the platform obeys, asked of every documented route (contract, "Rules")."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.commun.formes import ERREUR, exiger_forme
from tests.commun.monde import Monde, Reponse, nouvel_id
from tests.contrats.documents import METHODES, Documents, Operation
from tests.contrats.tables import CAS, SERVICES
from tests.contrats.tables.cas import Cas

REUSSIS: dict[tuple[str, str], Cas] = {}
for _cas in CAS:
    if _cas.statut < 300:
        REUSSIS.setdefault((_cas.service, _cas.route), _cas)
ROUTES = sorted({(cas.service, cas.route) for cas in CAS})
AVEC_CORPS = [cle for cle, cas in REUSSIS.items() if cas.corps]
NOMS = {"stream": "flux.inconnu", "nom": "checkouts"}
"""What a path names by a word and not by an identifier."""


def nom(cle: tuple[str, str]) -> str:
    return " ".join(cle)


def est_une_erreur(reponse: Reponse, statut: int) -> None:
    """The one error body, as JSON."""
    assert reponse.statut == statut, reponse
    assert reponse.entetes["Content-Type"].startswith("application/json")
    exiger_forme(reponse.corps, ERREUR)
    assert b"Traceback" not in reponse.octets


def adresse(service: str, route: str) -> str:
    """The route with identifiers nobody has, and a name where it takes one."""
    cas = Cas(service=service, route=route, quand="", statut=0)
    return cas.adresse({mot: NOMS.get(mot) or nouvel_id() for mot in _trous(route)})


@pytest.mark.parametrize("cle", ROUTES, ids=nom)
def test_without_a_key_every_route_answers_401(cle: tuple[str, str], monde: Monde) -> None:
    service, route = cle
    reponse = monde.appeler(route.split()[0], adresse(service, route), cle=None)
    assert (reponse.statut, reponse.corps["message"]) == (401, "No API key found in request")
    assert reponse.entetes["WWW-Authenticate"].startswith("Key")


@pytest.mark.parametrize("cle", ROUTES, ids=nom)
def test_the_correlation_id_comes_back(cle: tuple[str, str], monde: Monde) -> None:
    service, route = cle
    envoye = f"contrat-{nouvel_id()}"
    reponse = monde.appeler(route.split()[0], adresse(service, route), entetes={"X-Correlation-ID": envoye})
    assert reponse.entetes["X-Correlation-ID"] == envoye
    if reponse.statut >= 400:
        assert reponse.corps["correlation_id"] == envoye


def _trous(route: str) -> list[str]:
    return [morceau.partition("}")[0] for morceau in route.split("{")[1:]]


@pytest.mark.parametrize("cle", [cle for cle in ROUTES if set(_trous(cle[1])) - set(NOMS)], ids=nom)
def test_a_malformed_identifier_is_a_json_404(cle: tuple[str, str], monde: Monde) -> None:
    service, route = cle
    for mauvais in ("pas-un-uuid", "550e8400", "550e8400-e29b-41d4-a716-44665544000g", "%00", "..%2F..%2Fetc"):
        chemin = Cas(service=service, route=route, quand="", statut=0).adresse(dict.fromkeys(_trous(route), mauvais))
        reponse = monde.appeler(route.split()[0], chemin, {}, interne=True)
        est_une_erreur(reponse, 400 if mauvais == "%00" else 404)


def _methodes_absentes(documents: Documents) -> Iterator[tuple[str, str, str]]:
    for service in SERVICES:
        par_chemin: dict[str, set[str]] = {}
        for operation in documents.toutes([service]):
            par_chemin.setdefault(operation.chemin, set()).add(operation.methode.lower())
        for chemin, connues in par_chemin.items():
            for methode in METHODES:
                if methode not in connues:
                    yield service, methode.upper(), chemin


def test_a_wrong_method_is_a_json_405(monde: Monde, documents: Documents) -> None:
    essais = list(_methodes_absentes(documents))
    assert len(essais) > 200
    for service, methode, chemin in essais:
        reponse = monde.appeler(methode, adresse(service, f"{methode} {chemin}"), interne=True)
        est_une_erreur(reponse, 405)


# The event store takes its addresses with and without a slash at their end.
INCONNUES = [
    (service, chemin)
    for service in SERVICES
    for chemin in ("/nulle-part/", "/health", "/health/ready/", "//", "/admin-secret/")
    if not (service == "event-store" and chemin.startswith("/health"))
]


@pytest.mark.parametrize(("service", "chemin"), INCONNUES)
def test_an_unknown_route_is_a_json_404(service: str, chemin: str, monde: Monde) -> None:
    est_une_erreur(monde.appeler("GET", f"/api/{service}{chemin}"), 404)


@pytest.mark.parametrize("cle", AVEC_CORPS, ids=nom)
def test_malformed_json_is_a_400_and_a_missing_or_mistyped_field_is_named(
    cle: tuple[str, str], monde: Monde, documents: Documents
) -> None:
    cas = REUSSIS[cle]
    valeurs = cas.preparer(monde)
    chemin, bon = cas.adresse(valeurs), cas.contenu(valeurs)

    def envoyer(corps: object = None, brut: bytes | None = None) -> Reponse:
        return monde.appeler(cas.methode, chemin, corps, brut=brut, interne=cas.interne)

    for brut in (b"{", b"\xff\xfe", b"[1, 2", b'{"a": NaN}', b"null", b"[]", b'"texte"', b"12"):
        est_une_erreur(envoyer(brut=brut), 400)
    schema = documents.operation(*cle).corps or {}
    for champ in schema.get("required", []):
        reponse = envoyer({nom: valeur for nom, valeur in bon.items() if nom != champ})
        est_une_erreur(reponse, 400)
        assert champ in reponse.octets.decode(), reponse
    for champ in bon:
        for faux in ({"objet": 1}, [[1]]):
            reponse = envoyer({**bon, champ: faux})
            est_une_erreur(reponse, 400)
            assert champ in reponse.octets.decode(), reponse


def _listes(documents: Documents) -> list[Operation]:
    return [o for o in documents.toutes(SERVICES) if "page_size" in o.parametres("query")]


def test_every_list_is_paged_and_says_its_total(monde: Monde, documents: Documents) -> None:
    listes = _listes(documents)
    assert len(listes) >= 10
    for operation in listes:
        cas = REUSSIS[operation.service, operation.route]
        valeurs = cas.preparer(monde)
        base = Cas(service=cas.service, route=cas.route, quand="", statut=200).adresse(valeurs)
        corps = monde.exiger("GET", f"{base}?page=1&page_size=1", interne=cas.interne)
        corps = corps.get("data", corps)
        elements = next(v for nom, v in corps.items() if isinstance(v, list))
        assert len(elements) == min(1, corps["total"]), operation
        assert monde.exiger("GET", f"{base}?page=999999&page_size=1", interne=cas.interne) is not None
        for fautive in ("page=0", "page=-1", "page=abc", "page_size=0", "page_size=201", "page_size=1.5", "page=1e3"):
            est_une_erreur(monde.appeler("GET", f"{base}?{fautive}", interne=cas.interne), 400)


@pytest.mark.parametrize("service", SERVICES)
def test_documentation_health_and_metrics_are_where_they_should_be(service: str, monde: Monde) -> None:
    for page in ("swagger/", "redoc/", "swagger.json", "swagger.yaml"):
        assert monde.appeler("GET", f"/api/{service}/{page}", cle=None).statut == 200, page
    accueil = monde.appeler("GET", f"/api/{service}/", cle=None)
    assert (accueil.statut, accueil.entetes["Location"]) == (302, f"/api/{service}/swagger/")
    for page in ("metrics", "metrics/", "health/", "health/live", "health/ready"):
        assert monde.appeler("GET", f"/api/{service}/{page}").statut == 200, page
        assert monde.appeler("GET", f"/api/{service}/{page}", cle=None).statut == 401, page


@pytest.mark.parametrize(
    "programme",
    [
        "catalogue-1",
        "catalogue-2",
        "catalogue-3",
        "inventaire",
        "commandes",
        "supply-chain",
        "ecommerce",
        "saga-1",
        "saga-2",
        "event-store",
    ],
)
def test_each_program_serves_the_common_pages_on_its_own_port(programme: str, monde: Monde) -> None:
    for page in ("swagger/", "redoc/", "swagger.json", "swagger.yaml", "metrics", "metrics/", "health/", "health/live",
                 "health/ready"):  # fmt: skip
        assert monde.appeler("GET", f"/{page}", programme=programme).statut == 200, page
    assert monde.appeler("GET", "/", programme=programme).statut == 302
    assert monde.exiger("GET", "/health/live", programme=programme)["instance_id"] == programme


def test_every_route_is_documented_with_its_schemas_and_examples(documents: Documents) -> None:
    for operation in documents.toutes(SERVICES):
        assert operation.brut["summary"], operation
        for statut, reponse in operation.brut["responses"].items():
            assert "schema" in reponse, f"{operation} {statut}"
            assert "application/json" in reponse.get("examples", {}), f"{operation} {statut}"
        if operation.corps is not None:
            assert "example" in operation.corps, operation


def test_both_spellings_of_the_saga_prefix_and_the_historical_address_of_checkouts(monde: Monde) -> None:
    for prefixe in ("/api/saga", "/api/saga/api/saga"):
        assert monde.exiger("GET", f"{prefixe}/sagas/?page_size=1")["page_size"] == 1
    client = monde.nouveau_client()
    for prefixe in ("/api/ecommerce/commandes", "/api/commandes"):
        corps = monde.exiger("GET", f"{prefixe}/clients/{client}/checkout/prerequis/")
        assert corps["manquants"] == ["Le panier est vide."]


def test_the_three_catalogue_instances_take_turns(monde: Monde) -> None:
    vues = {monde.exiger("GET", "/api/catalogue/rechercher/?page_size=1")["instance_id"] for _ in range(12)}
    assert vues == {"catalogue-1", "catalogue-2", "catalogue-3"}
