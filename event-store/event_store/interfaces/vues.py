"""The operations: validated input in, use case, body and status out; and the table of routes that names them all."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from event_store.application import histoire, lectures, lettres_mortes
from event_store.bootstrap import Services
from event_store.domain import checkout, evenements
from event_store.interfaces import metriques
from event_store.interfaces.routes import Champ, Exemple, Route
from socle import traces
from socle.evenements.lettres_mortes import ETATS

_CHECKOUT = "1f0c2a7e-5d0b-4d0b-9a53-0f6f0f5b2a10"
_CLIENT = "12345678-1234-1234-1234-123456789012"
_COMMANDE = "9b2d6a0c-3b6f-4b7e-8a55-2f6c1f0e7d11"
_LETTRE = "6a1f2f2e-9c7b-4a53-8f60-5b0f7c9f0a22"
_ENTREE = {
    "id": "0c3b8f5e-6a55-5d5e-9d53-6a1c2b0f7e11",
    "type": "CheckoutSucceeded",
    "ts": "1763700000.25",
    "v": "1",
    "payload": {
        "checkout_id": _CHECKOUT,
        "client_id": _CLIENT,
        "emitted_at": "2025-11-21T04:40:00.250000+00:00",
        "commande_id": _COMMANDE,
    },
    "correlation_id": "5f0c6f0e-8a51-4c55-9d53-6a1c2b0f7e11",
    "causation_id": "2d1b8f5e-6a55-5d5e-9d53-6a1c2b0f7e10",
    "source": "choreo-order",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}
_EVENEMENT = {
    **_ENTREE, "ts": 1763700000.25, "v": 1, "v_origine": 1, "position": 5, "version": 5, "checkout_id": _CHECKOUT,
    "position_checkout": 4, "archive": False,
}  # fmt: skip
_PROJECTION = {
    "projection": "orders-by-client", "position": 5, "tete": 5, "generation": 1, "mis_de_cote": 0, "retard": 0,
}  # fmt: skip
_LETTRE_EXEMPLE = {
    "id": _LETTRE, "groupe": "choreo-order", "stream": evenements.STREAM_CHECKOUTS, "event_id": _ENTREE["id"],
    "type": "StockReserved", "checkout_id": _CHECKOUT, "position_stream": "1763700000250-0",
    "cause": "champ panier absent", "essais": 5, "etat": "en_attente", "motif": "",
    "cree_le": "2025-11-21T04:40:05+00:00", "modifie_le": "2025-11-21T04:40:05+00:00",
}  # fmt: skip

_PAGE = (
    Champ(nom="page", genre="entier", texte="Page, à partir de 1.", defaut=1, minimum=1, maximum=1_000_000),
    Champ(nom="page_size", genre="entier", texte="Lignes par page.", defaut=50, minimum=1, maximum=200),
)


def ajouter(s: Services, criteres: dict[str, Any], corps: dict[str, Any], stream: str) -> tuple[Any, int]:
    """`POST streams/{stream}/events`"""
    ajout = histoire.ajouter(
        s.historique,
        stream,
        corps["events"],
        corps["expected_version"],
        causes_d_abord=criteres["causes"] == "exigees",
    )
    metriques.compter_ajout(ajout.places, {str(e.get("id")).lower(): str(e.get("type")) for e in corps["events"]})
    # The request is the audit worker's, for a batch; each event is stored for the trace of its checkout.
    suivis = ((str(e.get("traceparent", "")), str(e.get("correlation_id", ""))) for e in corps["events"])
    traces.relater("historique", "INTERNAL", suivis)
    return ajout.reponse(), 201


def lire_flux(s: Services, criteres: dict[str, Any], corps: dict[str, Any], stream: str) -> tuple[Any, int]:
    """`GET streams/{stream}/events`"""
    return histoire.lire_flux(
        s.historique,
        stream,
        apres=criteres["after"],
        nom_type=criteres["type"],
        ordre=criteres["order"],
        nombre=criteres["count"],
    ), 200


def lire_evenement(s: Services, criteres: dict[str, Any], corps: dict[str, Any], event_id: UUID) -> tuple[Any, int]:
    """`GET events/{id}`"""
    return histoire.lire_evenement(s.historique, event_id), 200


def rejouer(s: Services, criteres: dict[str, Any], corps: dict[str, Any], checkout_id: UUID) -> tuple[Any, int]:
    """`GET replay/checkout/{id}`"""
    with metriques.REJEUX.time():
        return histoire.rejouer(
            s.historique,
            checkout_id,
            jusqu_a=criteres["at"],
            historique_saga_url=s.config.historique_saga_url,
        ), 200


def verifier(s: Services, criteres: dict[str, Any], corps: dict[str, Any]) -> tuple[Any, int]:
    """`GET integrity`"""
    return histoire.verifier(s.historique, de=criteres["de"], nombre=criteres["nombre"]), 200


def commandes_du_client(
    s: Services, criteres: dict[str, Any], corps: dict[str, Any], client_id: UUID
) -> tuple[Any, int]:
    """`GET cqrs/orders-by-client/{client}`"""
    return lectures.commandes_du_client(s.projections, client_id), 200


def checkouts(s: Services, criteres: dict[str, Any], corps: dict[str, Any]) -> tuple[Any, int]:
    """`GET cqrs/checkouts`"""
    filtres = {nom: criteres[nom] for nom in ("statut", "style") if criteres[nom] is not None}
    if criteres["client_id"] is not None:
        filtres["client_id"] = str(criteres["client_id"])
    depuis: Decimal | None = criteres["depuis"]
    page = lectures.checkouts(
        s.projections,
        filtres,
        depuis=depuis,
        ids=criteres["ids"],
        compensation=criteres["compensation"],
        page=criteres["page"],
        taille=criteres["page_size"],
    )
    return page, 200


def lister_projections(s: Services, criteres: dict[str, Any], corps: dict[str, Any]) -> tuple[Any, int]:
    """`GET projections`"""
    return lectures.etats(s.projections), 200


def mises_de_cote(s: Services, criteres: dict[str, Any], corps: dict[str, Any], nom: str) -> tuple[Any, int]:
    """`GET projections/{name}/mises-de-cote`"""
    return lectures.mises_de_cote(s.projections, nom, criteres["count"]), 200


def avancer_toutes(s: Services, criteres: dict[str, Any], corps: dict[str, Any]) -> tuple[Any, int]:
    """`POST projections/avancer`"""
    return lectures.avancer_toutes(s.projections, s.miroir, corps["nombre"], corps["evenements"]), 200


def avancer(s: Services, criteres: dict[str, Any], corps: dict[str, Any], nom: str) -> tuple[Any, int]:
    """`POST projections/{name}/avancer`"""
    return lectures.avancer(s.projections, s.miroir, nom, corps["nombre"]), 200


def reconstruire(s: Services, criteres: dict[str, Any], corps: dict[str, Any], nom: str) -> tuple[Any, int]:
    """`POST projections/{name}/rebuild`"""
    return lectures.reconstruire(s.projections, s.miroir, nom), 200


def lister_lettres(s: Services, criteres: dict[str, Any], corps: dict[str, Any]) -> tuple[Any, int]:
    """`GET lettres-mortes`"""
    checkout_id: UUID | None = criteres["checkout_id"]
    filtres = {
        "groupe": criteres["groupe"],
        "type_": criteres["type"],
        "etat": criteres["etat"],
        "cle": str(checkout_id) if checkout_id is not None else None,
    }
    return lettres_mortes.lister(s.lettres, filtres, page=criteres["page"], taille=criteres["page_size"]), 200


def lire_lettre(s: Services, criteres: dict[str, Any], corps: dict[str, Any], lettre_id: UUID) -> tuple[Any, int]:
    """`GET lettres-mortes/{id}`"""
    return lettres_mortes.lire(s.lettres, lettre_id), 200


def relancer_lettre(s: Services, criteres: dict[str, Any], corps: dict[str, Any], lettre_id: UUID) -> tuple[Any, int]:
    """`POST lettres-mortes/{id}/redrive`"""
    return lettres_mortes.relancer(s.lettres, lettre_id), 200


def abandonner_lettre(s: Services, criteres: dict[str, Any], corps: dict[str, Any], lettre_id: UUID) -> tuple[Any, int]:
    """`POST lettres-mortes/{id}/drop`"""
    return lettres_mortes.abandonner(s.lettres, lettre_id, corps["motif"]), 200


_NOM = {"nom": "Nom de la projection : orders-by-client ou checkouts."}
_COUNT = Champ(nom="count", genre="entier", texte="Nombre d'événements.", defaut=100, minimum=1, maximum=1000)
_NOMBRE = Champ(
    nom="nombre", genre="entier", texte="Positions à lire au plus.", defaut=20_000, minimum=1, maximum=200_000,
    exemple=20_000,
)  # fmt: skip
_AVANCEE = Exemple(texte="Où en est la projection.", corps={"projections": [_PROJECTION], "miroir": True})
_AVANCEES = Exemple(
    texte="Où en sont les projections ; `absents` : ceux des événements nommés qu'elles n'ont pas encore pliés.",
    corps={"projections": [_PROJECTION], "miroir": True, "absents": []},
)
_ATTENDUS = Champ(
    nom="evenements", genre="identifiants", texte="Événements dont l'appelant attend qu'ils soient pliés.", defaut=(),
    maximum=evenements.LOT_MAX, exemple=[_ENTREE["id"]],
)  # fmt: skip

ROUTES: tuple[Route, ...] = (
    Route(
        methode="POST", chemin="streams/<flux:stream>/events", vue=ajouter, groupe="Historique", interne=True,
        resume="Ajouter un lot d'événements",
        details="Tout le lot ou rien. Un identifiant d'événement n'est gardé qu'une fois, pour toujours : le même lot "
        "reçoit la même réponse. `expected_version` est la version du flux que l'appelant a lue ; si elle a changé et "
        "que le lot apporte du nouveau : 409.",
        chemins={"stream": "Nom du flux."},
        criteres=(
            Champ(nom="causes", genre="texte", choix=("exigees",), maximum=10,
                  texte="`exigees` : les événements arrivés avant leur cause sont laissés de côté et nommés dans "
                  "`orphelins` ; qui les renvoie plus tard obtient un historique dans l'ordre causal."),
        ),
        corps=(
            Champ(nom="events", genre="liste", texte="Entrées du flux, dans l'ordre.", requis=True, minimum=1,
                  maximum=evenements.LOT_MAX, exemple=[_ENTREE]),
            Champ(nom="expected_version", genre="entier", texte="Version du flux que l'appelant a lue.", exemple=4),
        ),
        reponses={201: Exemple(texte="Le lot est dans l'historique.", corps={
            "stream": evenements.STREAM_CHECKOUTS, "version": 5,
            "events": [{"id": _ENTREE["id"], "position": 5, "version": 5, "position_checkout": 4}]})},
        erreurs=(400, 409, 413),
    ),
    Route(
        methode="GET", chemin="streams/<flux:stream>/events", vue=lire_flux, groupe="Historique",
        resume="Lire un flux par position",
        chemins={"stream": "Nom du flux."},
        criteres=(
            _COUNT,
            Champ(nom="after", genre="entier", texte="Position après laquelle lire (avant laquelle, en `desc`)."),
            Champ(nom="type", genre="texte", texte="Un seul type d'événement.", maximum=100),
            Champ(nom="order", genre="texte", texte="Sens de lecture.", defaut="asc", choix=("asc", "desc")),
        ),
        reponses={200: Exemple(texte="Une page ; `next` est le `after` de la suivante, null à la fin.", corps={
            "stream": evenements.STREAM_CHECKOUTS, "events": [_EVENEMENT], "next": None})},
        erreurs=(400,),
    ),
    Route(
        methode="GET", chemin="events/<identifiant:event_id>", vue=lire_evenement, groupe="Historique",
        resume="Un événement, par son identifiant", chemins={"event_id": "Identifiant de l'événement."},
        reponses={200: Exemple(texte="L'événement et sa place.", corps=_EVENEMENT)}, erreurs=(404,),
    ),
    Route(
        methode="GET", chemin="replay/checkout/<identifiant:checkout_id>", vue=rejouer, groupe="Rejeu",
        resume="Rejouer un checkout, maintenant ou à un moment passé",
        chemins={"checkout_id": "Identifiant du checkout."},
        criteres=(Champ(nom="at", genre="instant", texte="Secondes depuis 1970, ou date ISO 8601 avec décalage."),),
        reponses={200: Exemple(texte="État, événements et chaîne causale.", corps={
            "checkout_id": _CHECKOUT, "status": "succeeded", "style": "choreo", "client_id": _CLIENT,
            "magasin_id": "550e8400-e29b-41d4-a716-446655440000", "stock_reserved": True, "stock_released": False,
            "order": {"commande_id": _COMMANDE, "client_id": _CLIENT}, "commande_id": _COMMANDE, "reason": None,
            "started_ts": 1763700000.25, "ended_ts": 1763700000.25, "historique_url": None, "archive": False,
            "events": [_EVENEMENT],
            "causal_chain": [{"id": _ENTREE["id"], "type": "CheckoutSucceeded",
                              "causation_id": _ENTREE["causation_id"], "source": "choreo-order",
                              "ts": 1763700000.25, "profondeur": 0}]})},
        erreurs=(400, 404),
    ),
    Route(
        methode="GET", chemin="integrity", vue=verifier, groupe="Historique",
        resume="Vérifier la chaîne d'empreintes",
        criteres=(
            Champ(nom="de", genre="entier", texte="Première position ; par défaut la première encore en ligne.",
                  minimum=1),
            Champ(nom="nombre", genre="entier", texte="Positions à vérifier au plus.", defaut=20_000, minimum=1,
                  maximum=100_000),
        ),
        reponses={200: Exemple(texte="Verdict sur l'intervalle ; `suite` est le `de` de l'appel suivant.", corps={
            "integre": True, "de": 1, "a": 5, "verifies": 5, "premiere_position_rompue": None, "ruptures": [],
            "tetes_fausses": [], "suite": None, "tete": 5,
            "flux": [{"stream": evenements.STREAM_CHECKOUTS, "version": 5, "empreinte": "9f86d081884c7d65"}],
            "archives": []})},
        erreurs=(400,),
    ),
    Route(
        methode="GET", chemin="cqrs/orders-by-client/<identifiant:client_id>", vue=commandes_du_client,
        groupe="Lectures", resume="Commandes d'un client",
        chemins={"client_id": "Identifiant du client."},
        reponses={200: Exemple(texte="Zéro commande pour un client qui n'en a pas.", corps={
            "client_id": _CLIENT, "total_orders": 1, "last_order_id": _COMMANDE, "last_checkout_id": _CHECKOUT,
            "last_update_ts": 1763700000.25})},
    ),
    Route(
        methode="GET", chemin="cqrs/checkouts", vue=checkouts, groupe="Lectures",
        resume="Les checkouts des deux styles, du plus récent au plus ancien",
        criteres=(
            Champ(nom="statut", genre="texte", texte="État.", choix=checkout.STATUTS),
            Champ(nom="style", genre="texte", texte="Style.", choix=checkout.STYLES),
            Champ(nom="client_id", genre="uuid", texte="Client."),
            Champ(nom="depuis", genre="instant", texte="Commencés depuis cet instant."),
            Champ(nom="ids", genre="identifiants", texte="Ces checkouts-là, séparés par des virgules.", maximum=200),
            Champ(nom="compensation", genre="texte", choix=("en_cours", "faite"), maximum=10,
                  texte="`en_cours` : un échec est annoncé et la fin ne l'est pas ; `faite` : du stock a été rendu."),
            *_PAGE,
        ),
        reponses={200: Exemple(texte="Une page, et le nombre par état.", corps={
            "checkouts": [{
                "checkout_id": _CHECKOUT, "client_id": _CLIENT, "magasin_id": None, "style": "choreo",
                "statut": "succeeded", "stock_reserved": True, "stock_released": False, "commande_id": _COMMANDE,
                "reason": None, "debut_ts": 1763700000, "fin_ts": 1763700000.25, "evenements": 4, "position": 5}],
            "total": 1, "par_statut": {"succeeded": 1}, "page": 1, "page_size": 50})},
        erreurs=(400,),
    ),
    Route(
        methode="GET", chemin="projections", vue=lister_projections, groupe="Projections",
        resume="Où en sont les projections",
        reponses={200: Exemple(texte="Position, tête, retard.", corps={"projections": [_PROJECTION]})},
    ),
    Route(
        methode="POST", chemin="projections/avancer", vue=avancer_toutes, groupe="Projections", interne=True,
        resume="Faire avancer toutes les projections", corps=(_NOMBRE, _ATTENDUS), reponses={200: _AVANCEES},
        erreurs=(400,),
    ),
    Route(
        methode="POST", chemin="projections/<projection:nom>/avancer", vue=avancer, groupe="Projections", interne=True,
        resume="Faire avancer une projection", corps=(_NOMBRE,), chemins=_NOM, reponses={200: _AVANCEE},
        erreurs=(400, 404),
    ),
    Route(
        methode="POST", chemin="projections/<projection:nom>/rebuild", vue=reconstruire, groupe="Projections",
        interne=True, resume="Reconstruire une projection à côté de celle qui sert, puis basculer", chemins=_NOM,
        reponses={200: Exemple(texte="Basculé ; `differences` compte les lignes qui n'étaient pas égales.", corps={
            "projection": "orders-by-client", "generation": 2, "position": 5, "differences": 0, "duree_s": 0.05,
            "miroir": True})},
        erreurs=(404, 409),
    ),
    Route(
        methode="GET", chemin="projections/<projection:nom>/mises-de-cote", vue=mises_de_cote, groupe="Projections",
        resume="Événements qu'une projection ne sait pas lire", criteres=(_COUNT,), chemins=_NOM,
        reponses={200: Exemple(texte="Par position.", corps={"projection": "checkouts", "events": [
            {"position": 9, "id": _ENTREE["id"], "type": "CartMerged", "v": 1}]})},
        erreurs=(400, 404),
    ),
    Route(
        methode="GET", chemin="lettres-mortes", vue=lister_lettres, groupe="Lettres mortes", interne=True,
        resume="Lettres mortes de tous les groupes du flux",
        criteres=(
            Champ(nom="groupe", genre="texte", texte="Groupe de consommateurs.", maximum=100),
            Champ(nom="type", genre="texte", texte="Type d'événement.", maximum=100),
            Champ(nom="etat", genre="texte", texte="État.", choix=ETATS),
            Champ(nom="checkout_id", genre="uuid", texte="Checkout."),
            *_PAGE,
        ),
        reponses={200: Exemple(texte="Dans l'ordre d'arrivée.", corps={
            "lettres_mortes": [_LETTRE_EXEMPLE], "total": 1, "page": 1, "page_size": 50})},
        erreurs=(400,),
    ),
    Route(
        methode="GET", chemin="lettres-mortes/<identifiant:lettre_id>", vue=lire_lettre, groupe="Lettres mortes",
        interne=True, resume="Une lettre morte et son événement", chemins={"lettre_id": "Identifiant de la lettre."},
        reponses={200: Exemple(texte="La lettre.", corps={**_LETTRE_EXEMPLE, "evenement": _ENTREE})}, erreurs=(404,),
    ),
    Route(
        methode="POST", chemin="lettres-mortes/<identifiant:lettre_id>/redrive", vue=relancer_lettre,
        groupe="Lettres mortes", interne=True, resume="Relancer : livrée de nouveau, dans l'ordre de son checkout",
        chemins={"lettre_id": "Identifiant de la lettre."},
        details="Deux fois ne fait rien de plus, et une lettre déjà traitée reste traitée. Abandonnée : 409.",
        reponses={200: Exemple(texte="Relancée.",
                               corps={**_LETTRE_EXEMPLE, "etat": "relancee", "evenement": _ENTREE})},
        erreurs=(404, 409),
    ),
    Route(
        methode="POST", chemin="lettres-mortes/<identifiant:lettre_id>/drop", vue=abandonner_lettre,
        groupe="Lettres mortes", interne=True, resume="Abandonner, avec un motif",
        details="La livraison suivante du même événement sera ignorée. Deux fois ne fait rien de plus : le premier "
        "motif reste. Déjà traitée : 409.",
        chemins={"lettre_id": "Identifiant de la lettre."},
        corps=(Champ(nom="motif", genre="texte", texte="Pourquoi.", requis=True, minimum=3, maximum=500,
                     exemple="checkout de test"),),
        reponses={200: Exemple(texte="Abandonnée.",
                               corps={**_LETTRE_EXEMPLE, "etat": "abandonnee", "motif": "checkout de test",
                                      "evenement": _ENTREE})},
        erreurs=(400, 404, 409),
    ),
)  # fmt: skip
