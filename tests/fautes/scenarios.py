"""The stories in which the fault points are walked: each in a world of its own (client, product, shop).

A story prepares, is triggered, and concludes; then the invariants must hold, whatever fault was armed meanwhile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import urllib3

from socle.fautes import Faute
from tests.commun.monde import MAGASIN_EN_LIGNE, Monde, Reponse, attendre, nouvel_id
from tests.e2e.invariants import exiger_chaine, exiger_i2
from tests.fautes.interrupteurs import Fautes

STOCK, VOULU = 10, 2
Fin = Literal["vendu", "rien", "selon"]
"""What must come out: one sale, none, or either as long as all agree."""

_TERMINAUX = ("CheckoutSucceeded", "CheckoutFailed")


@dataclass
class Histoire:
    """One buyer, one product, one shop; `checkouts` are read from the database, whatever the buyer was told."""

    monde: Monde
    produit: str
    client: str
    magasin: str
    cle: str = field(default_factory=nouvel_id)

    def demander(self, methode: str, chemin: str, corps: object, **options: Any) -> Reponse | None:
        """One request of a patient client; None when its answer was lost."""
        try:
            return self.monde.appeler(methode, chemin, corps, entetes={"Idempotency-Key": self.cle}, **options)
        except urllib3.exceptions.HTTPError:
            return None

    def insister(self, methode: str, chemin: str, corps: object) -> Reponse:
        """The same request with the same key until its answer is a final one."""
        derniere: list[Reponse] = []

        def finale() -> bool:
            reponse = self.demander(methode, chemin, corps)
            if reponse is None or (reponse.statut >= 500 and reponse.corps.get("statut") != "echec"):
                return False
            derniere[:] = [reponse]
            return not (reponse.statut == 409 and "Retry-After" in reponse.entetes)

        attendre(finale, f"réponse finale à {methode} {chemin}", 45)
        return derniere[0]

    def checkouts(self) -> list[tuple[str, str, str]]:
        """(id, style, statut) of every checkout of this buyer."""
        requete = "SELECT id::text, style, statut FROM checkouts WHERE client_id = %s"
        return self.monde.sql("ecommerce", requete, [self.client])  # type: ignore[return-value]

    def conclue(self) -> bool:
        """Whether there is a checkout and none is open."""
        statuts = [statut for _, _, statut in self.checkouts()]
        return bool(statuts) and not {"initie", "en_cours"} & set(statuts)

    def comptes(self) -> tuple[int, int, int]:
        """(on hand, reserved without a sale, sold) of the product in the shop."""
        main = self.monde.sql(
            "inventaire", "SELECT quantite FROM stock_local WHERE produit_id = %s AND magasin_id = %s",
            [self.produit, self.magasin],
        )  # fmt: skip
        reservees = self.monde.sql(
            "inventaire",
            "SELECT reference::text, (ligne->>'quantite')::int "
            "FROM reservations, jsonb_array_elements(lignes) AS ligne "
            "WHERE etat = 'RESERVEE' AND ligne->>'produit_id' = %s",
            [self.produit],
        )
        vendues = dict(
            self.monde.sql(
                "commandes",
                "SELECT v.reservation_reference::text, sum(l.quantite)::int FROM ventes v "
                "JOIN lignes_vente l ON l.vente_id = v.id WHERE v.statut = 'active' AND l.produit_id = %s GROUP BY 1",
                [self.produit],
            )
        )
        vendu = sum(vendues.values())
        assert sum(q for reference, q in reservees if reference in vendues) == vendu, "a sale without its reservation"
        return main[0][0], sum(q for reference, q in reservees if reference not in vendues), vendu


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`autour` may break something around the trigger; `fautes` are armed beside the one that is walked.

    `verifier` is what must hold besides the invariants of a checkout (which `checkout` says are to be checked).
    """

    nom: str
    fin: Fin
    declencher: Callable[[Histoire], None]
    magasin_inconnu: bool = False
    fautes: Fautes = field(default_factory=dict)
    preparer: Callable[[Histoire], None] | None = None
    autour: Callable[[Histoire], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
    conclure: Callable[[Histoire], None] | None = None
    checkout: bool = True

    def installer(self, monde: Monde) -> Histoire:
        """The world of this story, before any fault."""
        produit = monde.nouveau_produit(en_ligne=STOCK)
        client = monde.client_avec_panier((produit, VOULU)) if self.checkout else monde.nouveau_client()
        magasin = MAGASIN_EN_LIGNE
        if self.magasin_inconnu:
            # inventaire knows it and holds stock there, commandes has never heard of it: the sale is refused.
            magasin = nouvel_id()
            monde.exiger("PUT", f"/api/inventaire/magasins-connus/{magasin}/", {"nom": "Fermé"}, interne=True)
            monde.approvisionner(produit, STOCK, magasin)
        histoire = Histoire(monde, produit, client, magasin)
        if self.preparer is not None:
            self.preparer(histoire)
        return histoire

    def jouer(self, histoire: Histoire) -> None:
        """Trigger it and wait for the end, as buyers and databases see it."""
        with self.autour(histoire):
            self.declencher(histoire)
        if self.conclure is not None:
            self.conclure(histoire)
        if self.checkout:
            attendre(histoire.conclue, f"conclusion de {histoire.checkouts()}", 50)

    def verifier(self, histoire: Histoire) -> None:
        """I1, I2, I3, I4, and I5's order: all stores agree on one outcome."""
        attendre(lambda: histoire.comptes()[1] == 0, f"plus rien de réservé ({histoire.comptes()})", 20)
        main, reserve, vendu = histoire.comptes()
        initial = STOCK if self.nom != "choreo-rupture" else 0
        assert (main + vendu, reserve) == (initial, 0), (main, reserve, vendu)
        assert vendu in {"vendu": (VOULU,), "rien": (0,), "selon": (0, VOULU)}[self.fin]
        if self.checkout:
            self._verifier_checkouts(histoire, vendu)

    def _verifier_checkouts(self, histoire: Histoire, vendu: int) -> None:
        monde, checkouts = histoire.monde, histoire.checkouts()
        finalises = [identifiant for identifiant, _, statut in checkouts if statut == "finalise"]
        assert len(finalises) * VOULU == vendu
        for identifiant, style, statut in checkouts:
            assert statut in ("finalise", "echec")
            exiger_i2(monde, identifiant, {histoire.produit: VOULU} if statut == "finalise" else None)
            verifier = self._verifier_saga if style == "orchestre" else self._verifier_evenements
            verifier(monde, identifiant, statut)
            assert monde.sql("workers", "SELECT groupe FROM lettres_mortes WHERE checkout_id = %s", [identifiant]) == []
        assert monde.panier(histoire.client)["resume"]["nombre_articles"] == (0 if vendu else VOULU)

    def _verifier_saga(self, monde: Monde, checkout: str, statut: str) -> None:
        """The saga, if the orchestrator ever heard of the checkout, ends as the checkout did."""
        if monde.sql("saga", "SELECT 1 FROM saga_commandes WHERE saga_id = %s", [checkout]):
            fin = "SAGA_TERMINEE" if statut == "finalise" else "SAGA_ANNULEE"
            attendre(lambda: monde.saga(checkout)["etat_actuel"] == fin, f"{fin} de {checkout}", 20)
            exiger_chaine(monde, checkout)

    def _verifier_evenements(self, monde: Monde, checkout: str, statut: str) -> None:
        def histoire() -> list[str]:
            reponse = monde.appeler("GET", f"/api/event-store/replay/checkout/{checkout}")
            return [e["type"] for e in reponse.corps["events"]] if reponse.statut == 200 else []

        attendre(lambda: bool(set(histoire()) & set(_TERMINAUX)), f"dernier événement de {checkout}", 30)
        types = histoire()
        assert types[0] == "CheckoutInitiated"
        assert [t for t in types if t in _TERMINAUX] == [
            "CheckoutSucceeded" if statut == "finalise" else "CheckoutFailed"
        ]
        assert len(types) == len(set(types)), types
        assert ("StockReleased" in types) is ("StockReserved" in types and statut == "echec"), types


# -- the orchestrated and the choreographed checkout ----------------------------------------------------------------


def _chemin(histoire: Histoire, style: str) -> str:
    return f"/api/commandes/clients/{histoire.client}/checkout/{'choreo/' if style == 'choreo' else ''}"


def acheter(style: str) -> Callable[[Histoire], None]:
    """The buyer insists, with one key, until there is a final answer."""

    def declencher(histoire: Histoire) -> None:
        histoire.insister("POST", _chemin(histoire, style), {"magasin_id": histoire.magasin})

    return declencher


def demander_une_fois(style: str) -> Callable[[Histoire], None]:
    """The buyer asks once, without a key (the gateway does not ask again), and goes away."""

    def declencher(histoire: Histoire) -> None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            histoire.monde.appeler("POST", _chemin(histoire, style), {"magasin_id": histoire.magasin})

    return declencher


def _vider_le_rayon(histoire: Histoire) -> None:
    corps = {"produit_id": histoire.produit, "quantite": STOCK, "magasin_id": histoire.magasin}
    histoire.monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)


def _vider_redis(histoire: Histoire) -> None:
    import redis

    redis.Redis(port=histoire.monde.plateforme.ports["redis"]).flushall()


@contextmanager
def _sans_vendeur(histoire: Histoire) -> Iterator[None]:
    """The order worker is stopped until the tracker has given up the checkout, which has stock by then."""
    monde = histoire.monde
    monde.plateforme.arreter("worker-order-creation")
    try:
        yield
        attendre(lambda: histoire.comptes()[1] == VOULU, "stock réservé", 30)
        vieillir = (
            "UPDATE checkouts SET date_creation = date_creation - interval '40 s', prochain_suivi = now() "
            "WHERE client_id = %s"
        )
        monde.sql("ecommerce", vieillir, [histoire.client])
        attendre(histoire.conclue, "le suivi conclut", 40)
    finally:
        monde.plateforme.demarrer("worker-order-creation")


def _suivre_maintenant(histoire: Histoire) -> None:
    """The tracker's first look, without waiting for its usual five seconds."""
    if histoire.checkouts():
        histoire.monde.sql(
            "ecommerce", "UPDATE checkouts SET prochain_suivi = now() WHERE client_id = %s", [histoire.client]
        )


def crash(point: str) -> Faute:
    return Faute(point=point, genre="crash")


def erreurs(point: str, nombre: int) -> Faute:
    return Faute(point=point, genre="erreur", nombre=nombre)


def delai(point: str, secondes: float) -> Faute:
    return Faute(point=point, genre="delai", secondes=secondes)


# -- sales and cancellations of one product, keys, and operators ------------------------------------------------------


def _vendre(histoire: Histoire) -> Reponse:
    corps = {"magasin_id": MAGASIN_EN_LIGNE, "client_id": histoire.client, "produit_id": histoire.produit}
    return histoire.insister("POST", "/api/commandes/ventes-ddd/enregistrer/", {**corps, "quantite": VOULU})


def vendre(histoire: Histoire) -> None:
    """One product over the counter."""
    assert _vendre(histoire).statut == 201


def annuler(histoire: Histoire) -> None:
    """The sale of `preparer` is cancelled."""
    ventes = histoire.monde.sql("commandes", "SELECT id::text FROM ventes WHERE client_id = %s", [histoire.client])
    reponse = histoire.insister("PATCH", f"/api/commandes/ventes-ddd/{ventes[0][0]}/annuler/", {"motif": "essai"})
    assert reponse.statut in (200, 400), reponse  # 400: an earlier try whose answer was lost has cancelled it


def ajouter_au_panier(histoire: Histoire) -> None:
    """One more unit in the cart, taken out again: exactly once, however often the request had to be repeated."""
    chemin = f"/api/ecommerce/panier/clients/{histoire.client}/panier/"
    assert histoire.insister("POST", chemin, {"produit_id": histoire.produit, "quantite": 1}).statut == 201
    assert histoire.monde.panier(histoire.client)["resume"]["nombre_articles"] == 1


def ordonner(histoire: Histoire) -> None:
    """While a replica is held at the end of the saga, the operator orders its compensation from the other one."""
    monde, saga_id = histoire.monde, nouvel_id()
    lignes = [{"produit_id": histoire.produit, "quantite": VOULU}]
    corps = {"client_id": histoire.client, "checkout_id": saga_id, "lignes": lignes}
    histoire.demander("POST", "/api/saga/commandes/", corps, delai_s=0.8, programme="saga-1")
    attendre(
        lambda: bool(monde.sql("inventaire", "SELECT 1 FROM reservations WHERE reference = %s", [saga_id])), "stock"
    )
    histoire.cle = nouvel_id()
    ordre = f"/api/saga/commandes/{saga_id}/compenser/"
    histoire.demander("POST", ordre, {"motif": "essai"}, programme="saga-2", interne=True)
    finis = "SELECT 1 FROM saga_commandes WHERE saga_id = %s AND etat_actuel IN ('SAGA_TERMINEE', 'SAGA_ANNULEE')"
    attendre(lambda: bool(monde.sql("saga", finis, [saga_id])), "fin de la saga", 30)
    exiger_chaine(monde, saga_id)


def reconstruire(histoire: Histoire) -> None:
    """A read model is rebuilt; the operator asks again when no answer came."""
    chemin = "/api/event-store/projections/orders-by-client/rebuild"

    def refaite() -> bool:
        reponse = histoire.demander("POST", chemin, {}, interne=True)
        return reponse is not None and reponse.statut == 200

    attendre(refaite, "reconstruction", 30)


_ORDRE_SANS_REPONSE = {"saga": [erreurs("saga.apres_effet.creation_commande", 60)]}

GROUPES = {
    "worker-stock-reservation": "choreo-reservation",
    "worker-order-creation": "choreo-order",
    "worker-stock-compensation": "choreo-compensation",
    "worker-notification": "choreo-notification",
    "worker-audit": "choreo-audit",
    "worker-cqrs-projection": "choreo-cqrs",
    "ecommerce-fond": "choreo-suivi",
}
"""The consumer group of each program that has one."""

SCENARIOS = {
    scenario.nom: scenario
    for scenario in (
        Scenario(nom="orchestre-succes", fin="vendu", declencher=acheter("orchestre")),
        Scenario(nom="orchestre-refus", fin="rien", magasin_inconnu=True, declencher=acheter("orchestre")),
        Scenario(nom="orchestre-deux-effets", fin="rien", declencher=acheter("orchestre"), fautes=_ORDRE_SANS_REPONSE),
        Scenario(
            nom="orchestre-reprise",
            fin="vendu",
            declencher=acheter("orchestre"),
            fautes={"saga": [crash("saga.apres_effet.reservation_stock")]},
        ),
        Scenario(
            nom="orchestre-lent",
            fin="vendu",
            declencher=acheter("orchestre"),
            fautes={"saga": [delai("saga.apres_effet.reservation_stock", 2.4)]},
        ),
        Scenario(
            nom="orchestre-attente",
            fin="vendu",
            declencher=acheter("orchestre"),
            fautes={"saga": [erreurs("saga.apres_effet.creation_commande", 1)]},
        ),
        Scenario(
            nom="orchestre-remise",
            fin="rien",
            magasin_inconnu=True,
            declencher=acheter("orchestre"),
            fautes={"saga": [erreurs("saga.apres_compensation.reservation_stock", 8)]},
        ),
        Scenario(
            nom="orchestre-suivi",
            fin="vendu",
            declencher=demander_une_fois("orchestre"),
            conclure=_suivre_maintenant,
            fautes={"ecommerce": [crash("checkout.apres_cloture")]},
        ),
        Scenario(
            nom="orchestre-operateur",
            fin="selon",
            declencher=ordonner,
            checkout=False,
            fautes={"saga": [delai("saga.avant_fin", 1.5)]},
        ),
        Scenario(nom="choreo-succes", fin="vendu", declencher=acheter("choreo")),
        Scenario(nom="choreo-refus", fin="rien", magasin_inconnu=True, declencher=acheter("choreo")),
        Scenario(nom="choreo-rupture", fin="rien", preparer=_vider_le_rayon, declencher=acheter("choreo")),
        Scenario(nom="choreo-suivi", fin="rien", declencher=acheter("choreo"), autour=_sans_vendeur),
        Scenario(
            nom="choreo-morts",
            fin="rien",
            magasin_inconnu=True,
            declencher=acheter("choreo"),
            fautes={porteur: [crash(f"reaction.apres.{groupe}")] for porteur, groupe in GROUPES.items()},
        ),
        Scenario(
            nom="choreo-non-publie",
            fin="vendu",
            declencher=acheter("choreo"),
            fautes={"workers": [crash("consommateur.avant_multi.choreo-reservation")]},
        ),
        Scenario(nom="choreo-redis-vide", fin="vendu", preparer=_vider_redis, declencher=acheter("choreo")),
        Scenario(nom="vente", fin="vendu", declencher=vendre, checkout=False),
        Scenario(nom="annulation", fin="rien", preparer=vendre, declencher=annuler, checkout=False),
        Scenario(nom="panier", fin="rien", declencher=ajouter_au_panier, checkout=False),
        Scenario(nom="reconstruction", fin="rien", declencher=reconstruire, checkout=False),
    )
}
