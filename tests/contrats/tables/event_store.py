"""Contract, section 8."""

from __future__ import annotations

from typing import Any

import redis

from tests.commun import lettres
from tests.commun.formes import DATE, ERREUR, NOMBRE, NON_VIDE, UUID, ou_rien, texte
from tests.commun.monde import Monde, Reponse, nouvel_id
from tests.contrats.tables.cas import Cas, Valeurs

DEBUT_TS = 1763700000
_FLUX = "/streams/{stream}/events"
_REJEU = "/replay/checkout/{checkout_id}"
_LETTRE = "/lettres-mortes/{lettre_id}"

_EVENEMENT = {
    "id": UUID,
    "position": int,
    "version": int,
    "type": NON_VIDE,
    "ts": NOMBRE,
    "v": 1,
    "payload": dict,
    "checkout_id": UUID,
    "correlation_id": str,
    "causation_id": ou_rien(str),
    "source": NON_VIDE,
    "traceparent": ou_rien(str),
}
_PLACE = {"id": UUID, "position": int, "version": int, "position_checkout": int}
_REJOUE = {
    "checkout_id": UUID,
    "status": NON_VIDE,
    "events": [_EVENEMENT],
    "stock_reserved": bool,
    "stock_released": bool,
    "order": ou_rien(dict),
    "commande_id": ou_rien(UUID),
    "reason": ou_rien(NON_VIDE),
    "style": NON_VIDE,
    "historique_url": ou_rien(NON_VIDE),
    "causal_chain": [{"id": UUID, "type": NON_VIDE, "source": NON_VIDE, "profondeur": int}],
}
_COMMANDES = {
    "client_id": UUID,
    "total_orders": int,
    "last_order_id": ou_rien(UUID),
    "last_checkout_id": ou_rien(UUID),
    "last_update_ts": ou_rien(NOMBRE),
}
_PROJECTION = {"projection": NON_VIDE, "position": int, "tete": int, "retard": int, "mis_de_cote": int}
_MORTE = {
    "id": UUID,
    "groupe": NON_VIDE,
    "stream": NON_VIDE,
    "event_id": UUID,
    "type": NON_VIDE,
    "checkout_id": UUID,
    "position_stream": NON_VIDE,
    "cause": NON_VIDE,
    "essais": int,
    "etat": NON_VIDE,
    "motif": str,
    "cree_le": DATE,
    "modifie_le": DATE,
}
_INVALIDE = {**ERREUR, "error": "Données invalides", "champs": dict}
_SANS_JETON = {**ERREUR, "code": "jeton_interne_requis"}
_LETTRE_INCONNUE = {**ERREUR, "code": "lettre_inconnue"}
_LETTRE_CLOSE = {**ERREUR, "code": "lettre_close"}
_PROJECTION_INCONNUE = {**ERREUR, "code": "projection_inconnue"}


def _cas(route: str, quand: str, statut: int, **suite: Any) -> Cas:
    return Cas(service="event-store", route=route, quand=quand, statut=statut, **suite)


def _entree(type_: str, rang: int = 0, **payload: Any) -> dict[str, Any]:
    """An entry of the stream; `{placeholders}` name the checkout, the client and the order of the row."""
    communs = {"checkout_id": "{checkout_id}", "client_id": "{client_id}", "emitted_at": "2025-11-21T04:40:00+00:00"}
    return {
        "id": f"{{evenement_{rang}}}",
        "type": type_,
        "ts": DEBUT_TS + rang,
        "v": 1,
        "payload": {**communs, **payload},
        "source": "essai-contrats",
    }


_REUSSITE = (
    _entree("CheckoutInitiated", 0),
    _entree("StockReserved", 1),
    _entree("OrderCreated", 2, commande_id="{commande_id}"),
    _entree("CheckoutSucceeded", 3, commande_id="{commande_id}"),
)
_ECHEC = (
    _entree("CheckoutInitiated", 0),
    _entree("StockReservationFailed", 1, reason="Stock insuffisant"),
    _entree("CheckoutFailed", 2, reason="Stock insuffisant"),
)
_ORCHESTREE = tuple({**entree, "source": "saga-1"} for entree in _REUSSITE[2:])


def _neuf(monde: Monde) -> Valeurs:
    """Ids nobody has, and a stream of the row's own."""
    noms = ("checkout_id", "client_id", "commande_id", *(f"evenement_{rang}" for rang in range(4)))
    return {"stream": f"essai-{nouvel_id()}", **{nom: nouvel_id() for nom in noms}}


def _histoire(*entrees: dict[str, Any]) -> Any:
    """A stream that holds these entries, folded by the projections."""

    def preparer(monde: Monde) -> Valeurs:
        valeurs = _neuf(monde)
        ajout = _cas(f"POST {_FLUX}", "", 201, corps={"events": list(entrees)}, interne=True)
        recu = ajout.appeler(monde, valeurs).corps
        monde.exiger("POST", "/api/event-store/projections/avancer", {}, interne=True)
        return {**valeurs, "position": recu["events"][0]["position"]}

    return preparer


_reussi, _echoue = _histoire(*_REUSSITE), _histoire(*_ECHEC)


def _premier(monde: Monde) -> Valeurs:
    valeurs: Valeurs = _reussi(monde)
    return {**valeurs, "event_id": valeurs["evenement_0"]}


def _lettre(service: str, etat: str = "en_attente") -> Any:
    """A dead letter in the database of one service, in this state."""

    def preparer(monde: Monde) -> Valeurs:
        checkout = nouvel_id()
        identifiant = lettres.deposer(monde, service, cle=checkout)
        chemin = f"/api/event-store/lettres-mortes/{identifiant}"
        if etat == "abandonnee":
            monde.exiger("POST", f"{chemin}/drop", {"motif": "contrats"}, interne=True)
        elif etat == "traitee":
            monde.exiger("POST", f"{chemin}/redrive", interne=True)
            lettres.conclure(monde, service, identifiant)
        return {"lettre_id": identifiant, "service": service, "checkout_id": checkout}

    return preparer


def _dans_la_base(etat: str, motif: str = "") -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert lettres.etat(monde, valeurs["service"], valeurs["lettre_id"]) == (etat, motif)

    return verifier


def _rien_de_range(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    corps = monde.exiger("GET", f"/api/event-store/streams/{valeurs['stream']}/events")
    assert corps["events"] == []


def _meme_place(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    assert reponse.corps["events"][0]["position"] == valeurs["position"]


def _types(*types: str) -> Any:
    def verifier(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
        assert [evenement["type"] for evenement in reponse.corps["events"]] == list(types)

    return verifier


def _au_miroir(monde: Monde, valeurs: Valeurs, reponse: Reponse) -> None:
    """The same read model at its Redis key."""
    with redis.Redis(port=monde.plateforme.ports["redis"], decode_responses=True) as lien:
        lu: Any = lien.hgetall(f"cqrs:orders_by_client:{valeurs['client_id']}")
    assert (lu["total_orders"], lu["last_order_id"]) == ("1", valeurs["commande_id"])


def _ajouter(quand: str, statut: int, *entrees: dict[str, Any], **suite: Any) -> Cas:
    corps = {"events": list(entrees), **suite.pop("corps", {})}
    return _cas(f"POST {_FLUX}", quand, statut, corps=corps, **{"avant": _neuf, "interne": True, **suite})


_SANS_COMMANDE = _entree("CheckoutSucceeded")
_PERSONNEL = _entree("CheckoutFailed", reason="essai", livraison={"email": "ada@example.com"})
_AJOUTE = {"stream": NON_VIDE, "version": int, "events": [_PLACE]}

_HISTOIRE = [
    _ajouter("un checkout réussi", 201, *_REUSSITE, attendu={**_AJOUTE, "version": 4}),
    _ajouter(
        "le même lot encore : la même place",
        201,
        *_REUSSITE,
        avant=_reussi,
        attendu={**_AJOUTE, "version": 4},
        apres=_meme_place,
    ),
    _ajouter("à la version attendue", 201, _REUSSITE[0], corps={"expected_version": 0}, attendu=_AJOUTE),
    _ajouter(
        "version inattendue",
        409,
        _REUSSITE[0],
        corps={"expected_version": 7},
        attendu={**ERREUR, "code": "version_inattendue"},
        apres=_rien_de_range,
    ),
    _ajouter(
        "type sans un champ qu'il exige",
        400,
        _SANS_COMMANDE,
        attendu={**_INVALIDE, "champs": {"events[0].payload.commande_id": NON_VIDE}},
        apres=_rien_de_range,
    ),
    _ajouter(
        "donnée personnelle",
        400,
        _PERSONNEL,
        attendu={**_INVALIDE, "champs": {"events[0].payload.livraison.email": texte("personnelle")}},
        apres=_rien_de_range,
    ),
    _ajouter("lot vide", 400, attendu={**_INVALIDE, "champs": {"events": NON_VIDE}}),
    _ajouter("sans jeton", 403, _REUSSITE[0], interne=False, attendu=_SANS_JETON, apres=_rien_de_range),
    _cas(
        f"GET {_FLUX}",
        "première page",
        200,
        avant=_reussi,
        requete="?count=2",
        attendu={"stream": NON_VIDE, "events": [_EVENEMENT], "next": int},
        apres=_types("CheckoutInitiated", "StockReserved"),
    ),
    _cas(
        f"GET {_FLUX}",
        "la suite, jusqu'au bout",
        200,
        avant=_reussi,
        requete="?after={position}",
        attendu={"events": [_EVENEMENT], "next": None},
        apres=_types("StockReserved", "OrderCreated", "CheckoutSucceeded"),
    ),
    _cas(
        f"GET {_FLUX}",
        "un seul type",
        200,
        avant=_reussi,
        requete="?type=OrderCreated",
        apres=_types("OrderCreated"),
    ),
    _cas(
        f"GET {_FLUX}",
        "à rebours",
        200,
        avant=_echoue,
        requete="?order=desc&count=2",
        apres=_types("CheckoutFailed", "StockReservationFailed"),
    ),
    _cas(f"GET {_FLUX}", "flux que personne n'a écrit", 200, attendu={"events": lambda e: e == [], "next": None}),
    *(
        _cas(f"GET {_FLUX}", requete, 400, requete=requete, attendu=_INVALIDE)
        for requete in ("?count=0", "?count=1001", "?count=dix", "?after=-1", "?order=haut")
    ),
    _cas(
        "GET /integrity",
        "intacte",
        200,
        avant=_reussi,
        requete="?nombre=100000",
        attendu={
            "integre": True,
            "premiere_position_rompue": None,
            "verifies": int,
            "suite": ou_rien(int),
            "tete": int,
            "flux": [{"stream": NON_VIDE, "version": int, "empreinte": NON_VIDE}],
            "archives": list,
        },
    ),
    _cas("GET /integrity", "nombre 0", 400, requete="?nombre=0", attendu=_INVALIDE),
]


_REJEUX = [
    _cas(
        f"GET {_REJEU}",
        "réussi",
        200,
        avant=_reussi,
        attendu={
            **_REJOUE,
            "status": "succeeded",
            "style": "choreo",
            "stock_reserved": True,
            "stock_released": False,
            "order": {"commande_id": UUID, "client_id": UUID},
            "commande_id": UUID,
            "historique_url": None,
        },
    ),
    _cas(
        f"GET {_REJEU}",
        "échoué",
        200,
        avant=_echoue,
        attendu={**_REJOUE, "status": "failed", "reason": "Stock insuffisant", "stock_reserved": False, "order": None},
    ),
    _cas(
        f"GET {_REJEU}",
        "à un moment passé",
        200,
        avant=_reussi,
        requete=f"?at={DEBUT_TS + 1}.5",
        attendu={**_REJOUE, "status": "initiated", "stock_reserved": True, "commande_id": None},
        apres=_types("CheckoutInitiated", "StockReserved"),
    ),
    _cas(
        f"GET {_REJEU}",
        "orchestré : les événements de son issue",
        200,
        avant=_histoire(*_ORCHESTREE),
        attendu={**_REJOUE, "status": "succeeded", "style": "orchestre", "historique_url": texte("/api/saga/")},
        apres=_types("OrderCreated", "CheckoutSucceeded"),
    ),
    _cas(
        "GET /events/{event_id}",
        "le premier d'un checkout",
        200,
        avant=_premier,
        attendu={"type": "CheckoutInitiated", "checkout_id": UUID, "position": int},
    ),
    _cas("GET /events/{event_id}", "inconnu", 404, attendu={**ERREUR, "code": "evenement_inconnu"}),
    _cas(f"GET {_REJEU}", "inconnu", 404, attendu={**ERREUR, "code": "checkout_inconnu", "status": "unknown"}),
    _cas(
        f"GET {_REJEU}",
        "avant son début",
        404,
        avant=_reussi,
        requete=f"?at={DEBUT_TS - 1}",
        attendu={**ERREUR, "status": "unknown"},
    ),
    _cas(f"GET {_REJEU}", "moment malformé", 400, avant=_reussi, requete="?at=hier", attendu=_INVALIDE),
]

_LECTURES = [
    _cas(
        "GET /cqrs/orders-by-client/{client_id}",
        "une commande",
        200,
        avant=_reussi,
        attendu={**_COMMANDES, "total_orders": 1, "last_order_id": UUID, "last_update_ts": DEBUT_TS + 3},
        apres=_au_miroir,
    ),
    _cas(
        "GET /cqrs/orders-by-client/{client_id}",
        "client sans commande",
        200,
        avant=_echoue,
        attendu={**_COMMANDES, "total_orders": 0, "last_order_id": None},
    ),
    _cas(
        "GET /cqrs/checkouts",
        "ceux d'un client",
        200,
        avant=_reussi,
        requete="?client_id={client_id}&statut=succeeded&style=choreo",
        attendu={"checkouts": [{"checkout_id": UUID, "statut": "succeeded"}], "total": 1, "par_statut": dict},
    ),
    _cas("GET /cqrs/checkouts", "statut inconnu", 400, requete="?statut=perdu", attendu=_INVALIDE),
    _cas(
        "GET /cqrs/checkouts",
        "compensés, parmi d'autres",
        200,
        avant=_echoue,
        requete="?ids={checkout_id}&compensation=en_cours",
        attendu={"checkouts": list, "total": 0},
    ),
    _cas("GET /cqrs/checkouts", "identifiants faux", 400, requete="?ids=1", attendu=_INVALIDE),
    _cas("GET /projections", "à jour", 200, avant=_reussi, attendu={"projections": [_PROJECTION]}),
    _cas(
        "POST /projections/avancer",
        "toutes, et l'événement attendu est plié",
        200,
        avant=_reussi,
        corps={"nombre": 20_000, "evenements": ["{evenement_3}"]},
        interne=True,
        attendu={"projections": [_PROJECTION], "miroir": True, "absents": lambda absents: absents == []},
    ),
    _cas(
        "POST /projections/avancer",
        "un événement que l'historique n'a pas",
        200,
        corps={"evenements": ["{evenement_0}"]},
        interne=True,
        attendu={"absents": NON_VIDE},
    ),
    _cas("POST /projections/avancer", "nombre 0", 400, corps={"nombre": 0}, interne=True, attendu=_INVALIDE),
    _cas("POST /projections/avancer", "sans jeton", 403, corps={}, attendu=_SANS_JETON),
    _cas(
        "POST /projections/{nom}/avancer",
        "une seule",
        200,
        avant=lambda _: {"nom": "checkouts"},
        corps={"nombre": 10},
        interne=True,
        attendu={"projections": [{**_PROJECTION, "projection": "checkouts"}], "miroir": True},
    ),
    _cas(
        "POST /projections/{nom}/avancer",
        "nombre trop grand",
        400,
        avant=lambda _: {"nom": "checkouts"},
        corps={"nombre": 200_001},
        interne=True,
        attendu=_INVALIDE,
    ),
    _cas(
        "GET /projections/{nom}/mises-de-cote",
        "connue",
        200,
        avant=lambda _: {"nom": "orders-by-client"},
        attendu={"projection": "orders-by-client", "events": [{"position": int, "id": UUID, "type": NON_VIDE}]},
    ),
    _cas(
        "POST /projections/{nom}/rebuild",
        "pendant que l'ancienne sert",
        200,
        avant=lambda monde: {**_reussi(monde), "nom": "orders-by-client"},
        interne=True,
        attendu={"projection": "orders-by-client", "generation": int, "differences": 0, "miroir": True},
        apres=_au_miroir,
    ),
    *(
        _cas(route, quand, statut, avant=lambda _, nom=nom: {"nom": nom}, interne=interne, attendu=attendu)
        for route in ("POST /projections/{nom}/avancer", "POST /projections/{nom}/rebuild")
        for quand, statut, nom, interne, attendu in (
            ("inconnue", 404, "inconnue", True, _PROJECTION_INCONNUE),
            ("sans jeton", 403, "checkouts", False, _SANS_JETON),
        )
    ),
    _cas(
        "GET /projections/{nom}/mises-de-cote",
        "inconnue",
        404,
        avant=lambda _: {"nom": "inconnue"},
        attendu=_PROJECTION_INCONNUE,
    ),
]

_LETTRES = [
    *(
        _cas(
            "GET /lettres-mortes",
            f"celles du checkout, chez {service}",
            200,
            avant=_lettre(service),
            requete="?groupe=essai&etat=en_attente&type=StockReserved&checkout_id={checkout_id}",
            interne=True,
            attendu={"lettres_mortes": [{**_MORTE, "etat": "en_attente"}], "total": 1},
        )
        for service in lettres.SERVICES
    ),
    _cas("GET /lettres-mortes", "état inconnu", 400, requete="?etat=perdue", interne=True, attendu=_INVALIDE),
    _cas("GET /lettres-mortes", "sans jeton", 403, attendu=_SANS_JETON),
    *(
        cas
        for service in lettres.SERVICES
        for cas in (
            _cas(
                f"GET {_LETTRE}",
                f"connue, chez {service}",
                200,
                avant=_lettre(service),
                interne=True,
                attendu={**_MORTE, "evenement": {"type": "StockReserved"}},
            ),
            _cas(
                f"POST {_LETTRE}/redrive",
                f"en attente, chez {service}",
                200,
                avant=_lettre(service),
                interne=True,
                attendu={**_MORTE, "etat": "relancee"},
                apres=_dans_la_base("relancee"),
            ),
            _cas(
                f"POST {_LETTRE}/redrive",
                f"déjà traitée, chez {service}",
                200,
                avant=_lettre(service, "traitee"),
                interne=True,
                attendu={**_MORTE, "etat": "traitee"},
                apres=_dans_la_base("traitee"),
            ),
            _cas(
                f"POST {_LETTRE}/redrive",
                f"abandonnée, chez {service}",
                409,
                avant=_lettre(service, "abandonnee"),
                interne=True,
                attendu={**_LETTRE_CLOSE, "etat": "abandonnee"},
                apres=_dans_la_base("abandonnee", "contrats"),
            ),
            _cas(
                f"POST {_LETTRE}/drop",
                f"en attente, chez {service}",
                200,
                avant=_lettre(service),
                corps={"motif": "client remboursé"},
                interne=True,
                attendu={**_MORTE, "etat": "abandonnee", "motif": "client remboursé"},
                apres=_dans_la_base("abandonnee", "client remboursé"),
            ),
            _cas(
                f"POST {_LETTRE}/drop",
                f"déjà traitée, chez {service}",
                409,
                avant=_lettre(service, "traitee"),
                corps={"motif": "trop tard"},
                interne=True,
                attendu={**_LETTRE_CLOSE, "etat": "traitee"},
                apres=_dans_la_base("traitee"),
            ),
        )
    ),
    _cas(
        f"POST {_LETTRE}/drop",
        "sans motif",
        400,
        avant=_lettre("workers"),
        corps={},
        interne=True,
        attendu={**_INVALIDE, "champs": {"motif": NON_VIDE}},
        apres=_dans_la_base("en_attente"),
    ),
    *(
        _cas(route, quand, statut, corps=corps, **suite)
        for route, corps in (
            (f"GET {_LETTRE}", None),
            (f"POST {_LETTRE}/redrive", None),
            (f"POST {_LETTRE}/drop", {"motif": "essai"}),
        )
        for quand, statut, suite in (
            ("inconnue", 404, {"interne": True, "attendu": _LETTRE_INCONNUE}),
            (
                "sans jeton",
                403,
                {"avant": _lettre("workers"), "attendu": _SANS_JETON, "apres": _dans_la_base("en_attente")},
            ),
        )
    ),
]

CAS: list[Cas] = [
    *_HISTOIRE,
    *_REJEUX,
    *_LECTURES,
    *_LETTRES,
    *(
        _cas(f"GET {route}", "vivant", 200, attendu={"status": "healthy", "instance_id": "event-store"})
        for route in ("/health", "/health/live", "/health/ready")
    ),
]
