"""I7: both styles end equal under the same inputs and the same faults.

Each scenario is played once per style, each time from the same beginning (products of the same price and stock, or the
same shared product), and what is left behind is read over HTTP and in the databases. The two must be equal, and equal
to what the scenario says.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
import redis

from tests.commun.monde import CLAVIER, MAGASIN_CENTRAL, MAGASIN_EN_LIGNE, Monde, Reponse, attendre, nouvel_id

ORCHESTRE, CHOREO = STYLES = ("orchestre", "choreo")
OUVERTS = ("initie", "en_cours")
FINIS = ("succeeded", "failed")
ECHEANCE_S = 1

Ligne = tuple[int, int, Decimal, Decimal]
"""Rank of the product in its scenario, quantity, unit price, price of the line."""


@dataclass(frozen=True, kw_only=True)
class Bilan:
    """What a checkout left behind, without what no two checkouts share (ids, dates).

    `stocks` and `panier` are by rank of the product; `commandes` is (number of orders of the client, whether the last
    one is this sale, whether its checkout is this one), the same in PostgreSQL, over HTTP and in Redis.
    """

    statut: str
    stocks: Mapping[int, int]
    panier: Mapping[int, int] = field(default_factory=dict)
    total: Decimal | None = None
    prix_modifies: tuple[tuple[int, Decimal, Decimal], ...] = ()
    vente: tuple[Ligne, ...] = ()
    total_vente: Decimal | None = None
    magasin: str | None = None
    reserve: Mapping[int, int] = field(default_factory=dict)
    commandes: tuple[int, bool, bool] = (0, False, False)
    histoire: str = ""


class Essai:
    """One scenario in one style: its products by rank, its client, its checkout."""

    def __init__(self, monde: Monde, style: str, produits: Sequence[str], magasin: str) -> None:
        self.monde, self.style, self.produits, self.magasin = monde, style, list(produits), magasin
        self.client = monde.nouveau_client()
        self.checkout = ""

    def remplir(self, *lignes: tuple[int, int]) -> None:
        """Add (rank, quantity) lines to the cart."""
        self.monde.remplir(self.client, [(self.produits[rang], quantite) for rang, quantite in lignes])

    def poster(self) -> Reponse:
        """The checkout in this style; remembers its id when there is one."""
        corps = {} if self.magasin == MAGASIN_EN_LIGNE else {"magasin_id": self.magasin}
        passer = self.monde.checkout if self.style == ORCHESTRE else self.monde.checkout_choreo
        reponse = passer(self.client, corps)
        self.checkout = reponse.corps.get("checkout_id", "")
        return reponse

    def bilan(self) -> Bilan:
        """Once the checkout has concluded and its last event is folded into every read model."""
        attendre(lambda: self.statut()["statut"] not in OUVERTS, f"fin du checkout {self.style}", 40)
        attendre(lambda: self.monde.rejeu(self.checkout).get("status") in FINIS, "dernier événement consigné", 20)
        attendre(self._plie, "événements pliés", 20)
        statut = self.statut()
        vente = self._vente()
        return Bilan(
            statut=statut["statut"],
            stocks=self._stocks(),
            panier={self._rang(ligne): ligne["quantite"] for ligne in self.monde.panier(self.client)["produits"]},
            total=statut["total"],
            prix_modifies=tuple((self._rang(p), p["ancien_prix"], p["nouveau_prix"]) for p in statut["prix_modifies"]),
            vente=self._lignes(vente),
            total_vente=vente["total"] if vente else None,
            magasin=vente["magasin_id"] if vente else None,
            reserve=self._reserve(),
            commandes=self._commandes(vente),
            histoire=self._histoire(vente),
        )

    def statut(self) -> Any:
        return self.monde.statut(self.client, self.checkout)

    def _rang(self, ligne: Mapping[str, Any]) -> int:
        return self.produits.index(ligne["produit_id"])

    def _stocks(self) -> dict[int, int]:
        vus = {rang: self.monde.stock(produit, self.magasin) for rang, produit in enumerate(self.produits)}
        en_base = self.monde.sql(
            "inventaire",
            "SELECT produit_id::text, quantite FROM stock_local WHERE magasin_id = %s AND produit_id = ANY(%s::uuid[])",
            [self.magasin, self.produits],
        )
        assert {self.produits.index(produit): quantite for produit, quantite in en_base} == vus
        return vus

    def _vente(self) -> Any:
        """The active sale, the same over HTTP and in the database; None: there is none, not even a cancelled one."""
        vente = self.monde.vente(self.checkout)
        en_base = self.monde.sql(
            "commandes",
            "SELECT id::text, statut, total, client_id::text, reservation_reference::text FROM ventes"
            " WHERE reference = %s",
            [self.checkout],
        )
        if vente is None:
            assert en_base == []
            return None
        assert en_base == [(vente["id"], "active", vente["total"], self.client, self.checkout)]
        assert vente["statut"] == "active"
        assert self.statut()["commande_id"] == vente["id"]
        return vente

    def _lignes(self, vente: Any) -> tuple[Ligne, ...]:
        if vente is None:
            return ()
        for ligne in vente["lignes"]:
            fiche = self.monde.exiger("GET", f"/api/catalogue/produits/{ligne['produit_id']}/")
            assert ligne["produit_nom"] == fiche["nom"]
        vues = sorted((self._rang(v), v["quantite"], v["prix_unitaire"], v["sous_total"]) for v in vente["lignes"])
        en_base = self.monde.sql(
            "commandes",
            "SELECT produit_id::text, quantite, prix_unitaire, quantite * prix_unitaire FROM lignes_vente"
            " WHERE vente_id = %s",
            [vente["id"]],
        )
        assert sorted((self.produits.index(produit), *suite) for produit, *suite in en_base) == vues
        return tuple(vues)

    def _reserve(self) -> dict[int, int]:
        """What the checkout's reservation holds: nothing when it was refused, given back, or never made."""
        reponse = self.monde.appeler("GET", f"/api/inventaire/reservations/{self.checkout}/")
        tenu = reponse.statut == 200 and reponse.corps["etat"] == "RESERVEE"
        vues = {self._rang(v): v["quantite"] for v in reponse.corps["lignes"]} if tenu else {}
        en_base = self.monde.sql(
            "inventaire",
            "SELECT ligne->>'produit_id', (ligne->>'quantite')::int"
            " FROM reservations, jsonb_array_elements(lignes) AS ligne WHERE etat = 'RESERVEE' AND reference = %s",
            [self.checkout],
        )
        assert {self.produits.index(produit): quantite for produit, quantite in en_base} == vues
        return vues

    def _plie(self) -> bool:
        """Whether every event of the checkout is in every read model, and in the copy at Redis."""
        return self.monde.sql(
            "event-store",
            "SELECT bool_and(e.position <= p.position) FROM evenements e, projections p WHERE e.checkout_id = %s",
            [self.checkout],
        ) == [(True,)]

    def _commandes(self, vente: Any) -> tuple[int, bool, bool]:
        attendues = (str(vente["id"]), self.checkout) if vente else (None, None)
        lu = self.monde.exiger("GET", f"/api/event-store/cqrs/orders-by-client/{self.client}")
        assert lu["client_id"] == self.client
        http = (lu["total_orders"], lu["last_order_id"], lu["last_checkout_id"])
        en_base = self.monde.sql(
            "event-store",
            "SELECT o.total_orders, o.last_order_id, o.last_checkout_id::text FROM orders_by_client o"
            " JOIN projections p ON p.nom = 'orders-by-client' AND p.generation = o.generation WHERE o.client_id = %s",
            [self.client],
        )
        assert en_base == ([http] if http[0] else [])
        if vente:
            attendre(lambda: self._redis() == http, f"modèle de lecture à la clé Redis du client {self.client}", 10)
        assert self._redis() == (http if http[0] else None)
        return http[0], vente is not None and http[1] == attendues[0], vente is not None and http[2] == attendues[1]

    def _redis(self) -> tuple[int, str, str] | None:
        port = self.monde.plateforme.ports["redis"]
        with redis.Redis(port=port, decode_responses=True) as lien:
            lu: Any = lien.hgetall(f"cqrs:orders_by_client:{self.client}")
        return (int(lu["total_orders"]), lu["last_order_id"], lu["last_checkout_id"]) if lu else None

    def _histoire(self, vente: Any) -> str:
        """Its end in the list of checkouts, which shows both styles, as in the replay."""
        lignes = self.monde.sql(
            "event-store",
            "SELECT c.style, c.statut, c.client_id::text, c.magasin_id, c.commande_id FROM checkouts c"
            " JOIN projections p ON p.nom = 'checkouts' AND p.generation = c.generation WHERE c.checkout_id = %s",
            [self.checkout],
        )
        rejeu = self.monde.rejeu(self.checkout)
        fin = str(rejeu["status"])
        commande = vente["id"] if vente else None
        assert lignes == [(self.style, fin, self.client, self.magasin, commande)]
        assert (rejeu["style"], rejeu["commande_id"]) == (self.style, commande)
        assert (rejeu["reason"] is None) is (fin == "succeeded")
        return fin


def exiger_egaux(attendu: Bilan, essais: Mapping[str, Essai]) -> None:
    """Both styles ended as the scenario says, and so like each other."""
    assert {style: essai.bilan() for style, essai in essais.items()} == dict.fromkeys(STYLES, attendu)


def essais(monde: Monde, *produits: tuple[float, int]) -> dict[str, Essai]:
    """The same beginning for each style: products of their own, of these prices and stocks."""

    def un(style: str) -> Essai:
        crees = [monde.nouveau_produit(prix=prix, en_ligne=stock) for prix, stock in produits]
        return Essai(monde, style, crees, MAGASIN_EN_LIGNE)

    return {style: un(style) for style in STYLES}


def jouer(essais: Mapping[str, Essai], *lignes: tuple[int, int], avant: Callable[[Essai], object] = id) -> None:
    """Fill the cart, do what comes `avant`, check out: 201 orchestrated, 202 choreographed."""
    for style, essai in essais.items():
        essai.remplir(*lignes)
        avant(essai)
        assert essai.poster().statut == (201 if style == ORCHESTRE else 202)


def vendu(*, stocks: Mapping[int, int], vente: Sequence[Ligne], livraison: str, **suite: Any) -> Bilan:
    """A success: the sale, the stock that went with it, one order in the read model, an empty cart."""
    total = sum((ligne[3] for ligne in vente), Decimal(0))
    return Bilan(
        statut="finalise",
        stocks=stocks,
        vente=tuple(vente),
        total_vente=total,
        total=total + Decimal(livraison),
        magasin=MAGASIN_EN_LIGNE,
        reserve={ligne[0]: ligne[1] for ligne in vente},
        commandes=(1, True, True),
        histoire="succeeded",
        **suite,
    )


def echoue(*, stocks: Mapping[int, int], panier: Mapping[int, int]) -> Bilan:
    """A failure: nothing sold, nothing held, no order in the read model, the lines back in the cart."""
    return Bilan(statut="echec", stocks=stocks, panier=panier, histoire="failed")


def argent(texte: str) -> Decimal:
    return Decimal(texte)


# -- the same carts ----------------------------------------------------------------------------------------------------


def test_I7_several_lines_give_the_same_sale_stock_and_read_model(monde: Monde) -> None:
    a_jouer = essais(monde, (10.0, 10), (3.33, 7), (45.99, 20))
    jouer(a_jouer, (0, 2), (1, 7), (2, 1))
    lignes = [
        (0, 2, argent("10"), argent("20")),
        (1, 7, argent("3.33"), argent("23.31")),
        (2, 1, argent("45.99"), argent("45.99")),
    ]
    exiger_egaux(vendu(stocks={0: 8, 1: 0, 2: 19}, vente=lignes, livraison="7.50"), a_jouer)


def test_I7_delivery_is_free_from_the_same_amount(monde: Monde) -> None:
    a_jouer = essais(monde, (50.0, 5))
    jouer(a_jouer, (0, 2))
    exiger_egaux(vendu(stocks={0: 3}, vente=[(0, 2, argent("50"), argent("100"))], livraison="0"), a_jouer)


def test_I7_a_product_added_twice_is_one_line(monde: Monde) -> None:
    a_jouer = essais(monde, (12.5, 10), (1.0, 10))
    jouer(a_jouer, (0, 2), (1, 1), (0, 3))
    lignes = [(0, 5, argent("12.5"), argent("62.5")), (1, 1, argent("1"), argent("1"))]
    exiger_egaux(vendu(stocks={0: 5, 1: 9}, vente=lignes, livraison="7.50"), a_jouer)


def test_I7_a_price_changed_since_the_cart_counts_and_is_reported(monde: Monde) -> None:
    def encherir(essai: Essai) -> None:
        monde.exiger("PATCH", f"/api/catalogue/produits/{essai.produits[0]}/prix/", {"prix": 12.34})

    a_jouer = essais(monde, (10.0, 10), (2.0, 10))
    jouer(a_jouer, (0, 3), (1, 1), avant=encherir)
    lignes = [(0, 3, argent("12.34"), argent("37.02")), (1, 1, argent("2"), argent("2"))]
    modifies = ((0, argent("10"), argent("12.34")),)
    exiger_egaux(vendu(stocks={0: 7, 1: 9}, vente=lignes, livraison="7.50", prix_modifies=modifies), a_jouer)


def test_I7_a_shortage_sells_nothing_and_gives_the_lines_back(monde: Monde) -> None:
    """25 keyboards at the Magasin Central, which holds 20 for the time of the test (contract, section 11)."""
    with _vingt_claviers(monde):
        a_jouer = {style: Essai(monde, style, [CLAVIER], MAGASIN_CENTRAL) for style in STYLES}
        for style, essai in a_jouer.items():
            essai.remplir((0, 25))
            assert essai.poster().statut == (400 if style == ORCHESTRE else 202)
        exiger_egaux(echoue(stocks={0: 20}, panier={0: 25}), a_jouer)
        assert {(e.statut()["code"], "insuffisant" in e.statut()["motif"].casefold()) for e in a_jouer.values()} == {
            ("stock_insuffisant", True)
        }


@contextlib.contextmanager
def _vingt_claviers(monde: Monde) -> Iterator[None]:
    ecart = monde.stock(CLAVIER, MAGASIN_CENTRAL) - 20
    ligne = {"produit_id": CLAVIER, "quantite": abs(ecart)}
    reference = nouvel_id()
    emprunt = {"reference": reference, "magasin_id": MAGASIN_CENTRAL, "lignes": [ligne]}
    if ecart < 0:
        monde.approvisionner(CLAVIER, -ecart, MAGASIN_CENTRAL)
    elif ecart > 0:
        monde.exiger("POST", "/api/inventaire/diminuer-stock/", emprunt)
    try:
        yield
    finally:
        if ecart > 0:
            monde.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": reference})


def test_I7_the_last_line_short_gives_back_the_first_ones(monde: Monde) -> None:
    """Sold out between the cart and the checkout: all lines or none, in either style."""

    def epuiser(essai: Essai) -> None:
        corps = {"produit_id": essai.produits[1], "quantite": 2, "magasin_id": MAGASIN_EN_LIGNE}
        monde.exiger("POST", "/api/inventaire/diminuer-stock/", corps)

    a_jouer = essais(monde, (10.0, 10), (10.0, 3))
    for style, essai in a_jouer.items():
        essai.remplir((0, 4), (1, 2))
        epuiser(essai)
        assert essai.poster().statut == (400 if style == ORCHESTRE else 202)
    exiger_egaux(echoue(stocks={0: 10, 1: 1}, panier={0: 4, 1: 2}), a_jouer)


# -- refusals ----------------------------------------------------------------------------------------------------------


def test_I7_an_archived_product_is_refused_and_leaves_nothing_behind(monde: Monde) -> None:
    """The orchestrator finds out in its second step, the choreography before it begins: 400 and no sale in both."""
    a_jouer = essais(monde, (10.0, 10))
    for essai in a_jouer.values():
        essai.remplir((0, 2))
        monde.exiger("POST", f"/api/catalogue/produits/{essai.produits[0]}/archiver/")
        assert essai.poster().statut == 400
        assert (monde.stock(essai.produits[0]), monde.panier(essai.client)["resume"]["nombre_articles"]) == (10, 2)
        assert monde.sql("commandes", "SELECT 1 FROM ventes WHERE client_id = %s", [essai.client]) == []
        lu = monde.exiger("GET", f"/api/event-store/cqrs/orders-by-client/{essai.client}")
        assert (lu["total_orders"], lu["last_order_id"]) == (0, None)
    assert a_jouer[CHOREO].checkout == ""
    assert a_jouer[ORCHESTRE].bilan() == echoue(stocks={0: 10}, panier={0: 2})


@pytest.mark.parametrize(
    ("quoi", "statut", "code"), [("panier vide", 400, "panier_vide"), ("client inconnu", 404, "client_introuvable")]
)
def test_I7_what_cannot_begin_is_refused_alike_and_nothing_begins(
    quoi: str, statut: int, code: str, monde: Monde
) -> None:
    client = nouvel_id() if quoi == "client inconnu" else monde.nouveau_client()
    reponses = [monde.checkout(client), monde.checkout_choreo(client)]
    assert [(r.statut, r.corps["code"]) for r in reponses] == [(statut, code)] * 2
    assert reponses[0].corps["error"] == reponses[1].corps["error"]
    assert monde.sql("ecommerce", "SELECT 1 FROM checkouts WHERE client_id = %s", [client]) == []
    assert monde.sql("ecommerce", "SELECT 1 FROM outbox WHERE champs LIKE %s", [f"%{client}%"]) == []


# -- the same faults ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["barriere.avant_action", "barriere.apres_commit"])
def test_I7_F12_an_effect_that_fails_once_or_whose_answer_is_lost_happens_once(point: str, casse: Monde) -> None:
    a_jouer = essais(casse, (10.0, 10))
    for essai in a_jouer.values():
        casse.fautes("inventaire", {"point": point, "genre": "erreur"})
        casse.fautes("commandes", {"point": point, "genre": "erreur"})
        jouer({essai.style: essai}, (0, 2))
        attendre(lambda essai=essai: essai.statut()["statut"] not in OUVERTS, "fin du checkout", 20)  # type: ignore[misc]
        for service in ("inventaire", "commandes"):
            assert casse.exiger("GET", "/labo/fautes/", programme=service, interne=True)["fautes"] == []
    exiger_egaux(vendu(stocks={0: 8}, vente=[(0, 2, argent("10"), argent("20"))], livraison="7.50"), a_jouer)


@pytest.mark.natif(raison="réglages changés le temps d'un essai")
def test_I7_an_order_service_that_is_down_is_compensated(casse: Monde) -> None:
    """Orchestrated: at once, when the step's budget is spent. Choreographed: past the deadline, when commandes can
    promise that there is no sale. The same end: nothing sold, the stock and the lines back.
    """
    a_jouer = essais(casse, (10.0, 10), (4.2, 6))
    for essai in a_jouer.values():
        essai.remplir((0, 3), (1, 6))
    choreo = a_jouer[CHOREO]
    with casse.plateforme.regler("worker-order-creation", ECHEANCE_S=str(ECHEANCE_S), ATTENTE_MAX_S="0.2"):
        casse.plateforme.tuer("commandes", relancer=False)
        assert choreo.poster().statut == 202
        attendre(lambda: [casse.stock(p) for p in choreo.produits] == [7, 0], "stock réservé")
        assert a_jouer[ORCHESTRE].poster().statut == 503
        attendre(lambda: [casse.stock(p) for p in a_jouer[ORCHESTRE].produits] == [10, 6], "stock rendu", 5)
        # From now on the sale is given up: only the promise that none exists is asked for.
        attendre(lambda: f"{choreo.checkout}\\/annuler" in casse.journal("gateway"), "renoncement à la vente", 15)
        assert choreo.statut()["statut"] in OUVERTS
        casse.plateforme.demarrer("commandes")
        casse.plateforme.attendre_pret("commandes")
        exiger_egaux(echoue(stocks={0: 10, 1: 6}, panier={0: 3, 1: 6}), a_jouer)
    evenements = casse.rejeu(choreo.checkout)["events"]
    types = ["CheckoutInitiated", "StockReserved", "OrderCreationFailed", "StockReleased", "CheckoutFailed"]
    assert [evenement["type"] for evenement in evenements] == types
    assert [evenement["ts"] for evenement in evenements] == sorted(evenement["ts"] for evenement in evenements)
