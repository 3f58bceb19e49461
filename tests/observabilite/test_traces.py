"""One checkout of either style is one trace, from the first request to the event store; nobody's name is in it."""

from __future__ import annotations

from collections.abc import Callable

import requests

from local.composants import Fond, Web
from local.recepteur import Recepteur, Vue
from tests.commun.monde import Monde, attendre, nouvel_id

ACHETEUSE = {
    "prenom": "Zénobie", "nom": "Quillfeather", "adresse_rue": "77 rue Zzyzx", "adresse_ville": "Xylopolis",
    "adresse_code_postal": "K7X 3W9", "telephone": "8675309142",
}  # fmt: skip
INTERDITS = ("Zénobie", "Z\\u00e9nobie", "Quillfeather", "Zzyzx", "Xylopolis", "K7X", "8675309142", "zq-prive")

# (service, span) that every successful checkout of the style goes through.
SUITES = {
    ("workers", "choreo-notification"), ("workers", "choreo-audit"), ("workers", "choreo-cqrs"),
    ("event-store", "historique"),
}  # fmt: skip
ORCHESTREE = SUITES | {
    ("ecommerce", "POST api/commandes/clients/<identifiant:client_id>/checkout/"),
    ("ecommerce", "INSERT checkouts"),
    ("saga", "POST api/saga/commandes/"),
    ("saga", "verification_stock"), ("saga", "informations_produits"),
    ("saga", "reservation_stock"), ("saga", "creation_commande"),
    ("saga", "publication"),
    ("inventaire", "POST api/ddd/inventaire/diminuer-stock/"),
    ("commandes", "POST api/v1/ventes-ddd/enregistrer/"),
}  # fmt: skip
CHOREGRAPHIEE = SUITES | {
    ("ecommerce", "POST api/commandes/clients/<identifiant:client_id>/checkout/choreo/"),
    ("ecommerce", "INSERT outbox"),
    ("ecommerce", "publication"),
    ("workers", "CheckoutInitiated"), ("workers", "StockReserved"), ("workers", "publication"),
    ("inventaire", "POST api/ddd/inventaire/diminuer-stock/"),
    ("commandes", "POST api/v1/ventes-ddd/enregistrer/"),
    ("ecommerce", "CheckoutSucceeded"),
}  # fmt: skip


def acheter(monde: Monde, passer: Callable[..., object], **entetes: str) -> tuple[str, str, str]:
    """A checkout by somebody with a name; its id, its trace and its correlation id."""
    correlation = f"trace-{nouvel_id()}"
    client = monde.nouveau_client(**ACHETEUSE, email=f"zq-prive-{nouvel_id()}@example.com")
    monde.remplir(client, [(monde.nouveau_produit(en_ligne=5), 1)])
    reponse = passer(client, {"notes": "chez Quillfeather"}, entetes={"X-Correlation-ID": correlation, **entetes})
    corps = reponse.corps  # type: ignore[attr-defined]
    attendre(lambda: monde.statut(client, corps["checkout_id"])["statut"] == "finalise", "fin du checkout", 60)
    trace = reponse.entetes["traceparent"]  # type: ignore[attr-defined]
    return corps["checkout_id"], trace.split("-")[1], correlation


def vus(recepteur: Recepteur, trace: str) -> set[tuple[str, str]]:
    return {(span.service, span.nom) for span in recepteur.traces.get(trace, [])}


def exiger_une_trace(recepteur: Recepteur, trace: str, attendus: set[tuple[str, str]], correlation: str) -> None:
    try:
        attendre(lambda: attendus <= vus(recepteur, trace), "tous les spans", 60)
    except AssertionError:
        raise AssertionError(f"manquent : {attendus - vus(recepteur, trace)} parmi {vus(recepteur, trace)}") from None
    attendre(lambda: not orphelins(recepteur.traces[trace]), "une trace d'un seul tenant", 30)
    spans = recepteur.traces[trace]
    assert [span.nom for span in spans if not span.parent] == [min(spans, key=lambda s: s.parent).nom]
    # What a batch of several checkouts asks of a neighbour is nobody's in particular.
    propres = [span for span in spans if not sous_un_lot(span, {s.identifiant: s for s in spans})]
    assert {span.attributs["correlation_id"] for span in propres if "correlation_id" in span.attributs} == {correlation}


def sous_un_lot(span: Vue, connus: dict[str, Vue]) -> bool:
    """Whether it was done for several events at once."""
    parent = connus.get(span.parent)
    return parent is not None and (parent.attributs.get("lot", 1) > 1 or sous_un_lot(parent, connus))


def orphelins(spans: list[Vue]) -> list[Vue]:
    """Spans whose parent was not received."""
    connus = {span.identifiant for span in spans}
    return [span for span in spans if span.parent and span.parent not in connus]


def test_an_orchestrated_checkout_is_one_trace(monde: Monde, recepteur: Recepteur) -> None:
    checkout, trace, correlation = acheter(monde, monde.checkout)
    exiger_une_trace(recepteur, trace, ORCHESTREE, correlation)
    assert {("catalogue", "GET api/ddd/catalogue/produits/")} <= vus(recepteur, trace)
    assert monde.saga(checkout)["saga_id"] == checkout
    raconte(monde, checkout, trace, correlation)


def test_a_choreographed_checkout_is_one_trace(monde: Monde, recepteur: Recepteur) -> None:
    checkout, trace, correlation = acheter(monde, monde.checkout_choreo)
    exiger_une_trace(recepteur, trace, CHOREGRAPHIEE, correlation)
    raconte(monde, checkout, trace, correlation)


def raconte(monde: Monde, checkout: str, trace: str, correlation: str) -> None:
    """Events and log lines say both ids, so that each leads to the other."""
    attendre(lambda: monde.rejeu(checkout).get("status") == "succeeded", "rejeu", 30)
    for evenement in monde.rejeu(checkout)["events"]:
        assert (evenement["correlation_id"], evenement["traceparent"].split("-")[1]) == (correlation, trace)
    attendre(lambda: correlation in monde.journal("commandes"), "ligne de commandes", 10)
    lignes = [ligne for ligne in monde.journal("commandes").splitlines() if correlation in ligne]
    assert all(f'"trace_id": "{trace}"' in ligne for ligne in lignes)


def test_a_trace_that_its_beginning_left_unsampled_leaves_no_span(monde: Monde, recepteur: Recepteur) -> None:
    refusee = "ab" * 16
    _, trace, _ = acheter(monde, monde.checkout, traceparent=f"00-{refusee}-{'cd' * 8}-00")
    assert trace == refusee
    _, suivante, correlation = acheter(monde, monde.checkout)
    exiger_une_trace(recepteur, suivante, ORCHESTREE, correlation)
    assert refusee not in recepteur.traces


def test_I9_no_span_no_log_line_no_metric_and_no_event_says_who_bought(monde: Monde, recepteur: Recepteur) -> None:
    checkouts = [acheter(monde, passer)[0] for passer in (monde.checkout, monde.checkout_choreo)]
    for checkout in checkouts:
        attendre(lambda c=checkout: monde.rejeu(c).get("status") == "succeeded", "rejeu", 30)  # type: ignore[misc]
    textes = {"spans": repr(list(recepteur.traces.values()))}
    textes |= {f"événements de {checkout}": repr(monde.rejeu(checkout)) for checkout in checkouts}
    textes |= {f"journal de {nom}": monde.journal(nom) for nom in ("gateway", "postgres", "redis")}
    for service in monde.plateforme.services:
        for programme in service.programmes:
            textes[f"journal de {programme.nom}"] = monde.journal(programme.nom)
            if isinstance(programme, Web) or (isinstance(programme, Fond) and programme.port is not None):
                page = requests.get(f"{monde.plateforme.urls[programme.nom]}/metrics", timeout=10)
                textes[f"métriques de {programme.nom}"] = page.text
    assert "checkouts" in textes["spans"]
    assert {(lieu, mot) for lieu, texte in textes.items() for mot in INTERDITS if mot in texte} == set()
