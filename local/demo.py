"""`./labo demo`: the checkouts, run for real through the gateway and shown as timelines.

Each scenario states what must come out; the demo exits 1 if anything differs. It works on a platform already used:
it makes clients of its own, tops stock up, and gives back what it borrowed.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Literal

from rich.columns import Columns
from rich.console import Console
from rich.table import Table

from local.api import MAGASIN_CENTRAL, PRODUITS, Api, Reponse, attendre
from local.plateforme import Plateforme
from local.processus import ErreurLabo

COMPENSATION_MAX_S = 5.0
ECHEANCE_S, ECHEANCE_DEMO_S = 30, 3
"""How long the choreography waits for a neighbour that is down: as it is set, and while the demo shows what follows."""
OUVERTS = ("initie", "en_cours")
FINIS = ("succeeded", "failed")
_MALHEURS = ("ECHEC", "COMPENSATION", "NOUVEL_ESSAI", "ANNULEE", "Failed", "Released")


class Ecart(Exception):
    """An outcome differs from what the scenario promises."""


class Demo:
    """Runs the scenarios and counts the outcomes that differ."""

    def __init__(self, plateforme: Plateforme, console: Console) -> None:
        self._plateforme, self._console = plateforme, console
        self._api = Api(plateforme.urls["gateway"], plateforme.secrets["KONG_KEY_MAGASIN_APP"])
        self.ecarts: list[str] = []

    def scenario(self, titre: str, jouer: Callable[[Demo], None]) -> None:
        """Run one scenario; a difference is shown and remembered, the next one runs all the same."""
        self._console.rule(f"[bold]{titre}")
        try:
            jouer(self)
            self._console.print("[green]✓ comme prévu[/green]\n")
        except (Ecart, ErreurLabo) as ecart:
            self.ecarts.append(f"{titre} : {ecart}")
            self._console.print(f"[red]✗ {ecart}[/red]\n")

    # -- orchestrated -----------------------------------------------------------------------------------------------

    def succes(self) -> None:
        """Three lines, sold: one active sale with exactly the cart's lines, stock down by exactly that."""
        lignes = [(PRODUITS["clavier"], 1), (PRODUITS["souris"], 2), (PRODUITS["cafe"], 3)]
        avant = self._stocks(lignes)
        client = self._panier(lignes)
        reponse = self._api.checkout(client)
        self._montrer(reponse)
        self._exiger(reponse.statut, 201, "statut HTTP du checkout")
        self._exiger(reponse.corps["statut"], "finalise", "statut du checkout")
        vendues = self._lignes_vendues(reponse.corps["saga_id"])
        self._exiger(vendues, sorted(lignes), "lignes de la vente")
        apres = self._stocks(lignes)
        self._exiger(
            [avant[produit] - apres[produit] for produit, _ in lignes], [q for _, q in lignes], "baisse du stock"
        )
        self._console.print(
            f"Vente {reponse.corps['commande_id']} : total {reponse.corps['commande']['total']} $, "
            f"livraison {reponse.corps['commande']['frais_livraison']} $"
        )

    def penurie(self) -> None:
        """25 keyboards at Magasin Central, which has fewer: refused, nothing sold, nothing taken, lines back."""
        clavier = PRODUITS["clavier"]
        with self._au_plus(clavier, MAGASIN_CENTRAL, 20):
            avant = self._api.stock(clavier, MAGASIN_CENTRAL)
            client = self._panier([(clavier, 25)])
            reponse = self._api.checkout(client, {"magasin_id": MAGASIN_CENTRAL})
            self._montrer(reponse)
            self._exiger(reponse.statut, 400, "statut HTTP du checkout")
            self._exiger(reponse.corps.get("error"), "Stock insuffisant", "erreur")
            self._exiger(self._api.vente(self._checkout_id(reponse)).statut, 404, "vente")
            self._exiger(self._api.stock(clavier, MAGASIN_CENTRAL), avant, "stock")
            self._exiger(self._api.panier(client)["resume"]["nombre_articles"], 25, "articles revenus au panier")

    # -- choreographed ----------------------------------------------------------------------------------------------

    def choreo_succes(self) -> None:
        """Accepted at once; workers reserve and record the sale; nobody coordinates."""
        lignes = [(PRODUITS["clavier"], 1), (PRODUITS["souris"], 2), (PRODUITS["cafe"], 3)]
        avant = self._stocks(lignes)
        checkout_id = self._choreographier(self._panier(lignes), "finalise")
        self._exiger(self._lignes_vendues(checkout_id), sorted(lignes), "lignes de la vente")
        apres = self._stocks(lignes)
        self._exiger(
            [avant[produit] - apres[produit] for produit, _ in lignes], [q for _, q in lignes], "baisse du stock"
        )

    def choreo_penurie(self) -> None:
        """The same shortage: accepted at once, then failed by an event; the lines come back to the cart."""
        clavier = PRODUITS["clavier"]
        with self._au_plus(clavier, MAGASIN_CENTRAL, 20):
            avant = self._api.stock(clavier, MAGASIN_CENTRAL)
            client = self._panier([(clavier, 25)])
            checkout_id = self._choreographier(client, "echec", {"magasin_id": MAGASIN_CENTRAL})
            self._exiger(self._api.vente(checkout_id).statut, 404, "vente")
            self._exiger(self._api.stock(clavier, MAGASIN_CENTRAL), avant, "stock")
            self._exiger(self._api.panier(client)["resume"]["nombre_articles"], 25, "articles revenus au panier")

    def choreo_panne_courte(self) -> None:
        """The order service is down for a moment: the event waits for it, and the checkout succeeds after all."""
        souris = PRODUITS["souris"]
        client = self._panier([(souris, 2)])
        avant = self._api.stock(souris)
        with self._sans_commandes():
            checkout_id = self._accepter(client)
            attendre(lambda: self._api.stock(souris) == avant - 2, "Stock réservé")
            self._exiger(self._api.statut(client, checkout_id)["statut"] in OUVERTS, True, "checkout encore ouvert")
            self._console.print("Le stock est réservé, la vente attend le service ; on le redémarre.")
        self._conclure(client, checkout_id, "finalise")
        self._exiger(self._lignes_vendues(checkout_id), [(souris, 2)], "lignes de la vente")
        self._exiger(self._api.stock(souris), avant - 2, "stock après la vente")

    # -- both at once: a sale that cannot be made -------------------------------------------------------------------

    def compensations(self) -> None:
        """The order service is down for longer than either style waits: both give everything back, each in its way.

        Orchestrated: the step's budget is spent, the coordinator releases the stock within 5 s. Choreographed: past the
        deadline the worker gives the sale up; once commandes can promise that there is none, an event releases the
        stock. The service back, the same two carts are sold.
        """
        souris = PRODUITS["souris"]
        orchestre, choreo = (self._panier([(souris, 2)]) for _ in range(2))
        avant = self._api.stock(souris)
        self._console.print(
            f"Le worker order-creation attend un voisin {ECHEANCE_S} s (réglage ECHEANCE_S) ; "
            f"{ECHEANCE_DEMO_S} s le temps de ce scénario."
        )
        with self._plateforme.regler("worker-order-creation", ECHEANCE_S=str(ECHEANCE_DEMO_S)):
            with self._sans_commandes():
                checkout_id = self._accepter(choreo)
                attendre(lambda: self._api.stock(souris) == avant - 2, "Stock réservé par la chorégraphie")
                reponse = self._api.checkout(orchestre)
                compense = attendre(lambda: self._api.stock(souris) == avant - 2, "Stock rendu par l'orchestrateur")
                with self._console.status("Chorégraphié : l'échéance passe, puis la vente est abandonnée…"):
                    attendre(lambda: self._vente_abandonnee(checkout_id), "Vente abandonnée par la chorégraphie", 30)
                self._exiger(self._api.statut(choreo, checkout_id)["statut"] in OUVERTS, True, "checkout encore ouvert")
            rendu = attendre(lambda: self._api.stock(souris) == avant, "Stock rendu par la chorégraphie", 20)
            self._attendre_la_fin(choreo, checkout_id, "echec")
        self._console.print(
            Columns(
                [self._saga(reponse), self._evenements(self._api.rejeu(checkout_id))],
                padding=(0, 4),
            )
        )
        self._exiger((reponse.statut, reponse.corps.get("statut")), (503, "echec"), "checkout orchestré")
        for style, duree in (("orchestré", compense), ("chorégraphié", rendu)):
            self._exiger(duree <= COMPENSATION_MAX_S, True, f"stock {style} rendu à temps ({duree:.1f} s)")
        for client, checkout in ((orchestre, self._checkout_id(reponse)), (choreo, checkout_id)):
            self._exiger(self._api.vente(checkout).statut, 404, "vente")
            self._exiger(self._api.panier(client)["resume"]["nombre_articles"], 2, "articles revenus au panier")
        self._console.print("Le service commandes est revenu : les deux paniers repassent.")
        attendre(lambda: self._api.appeler("GET", "/api/commandes/health/").statut == 200, "Retour de commandes")
        self._exiger(self._api.checkout(orchestre).statut, 201, "statut HTTP du second checkout orchestré")
        self._attendre_la_fin(choreo, self._accepter(choreo), "finalise")
        self._exiger(self._api.stock(souris), avant - 4, "stock après les deux ventes")

    # -- helpers ----------------------------------------------------------------------------------------------------

    def _choreographier(self, client: str, fin: str, corps: object = None) -> str:
        checkout_id = self._accepter(client, corps)
        self._conclure(client, checkout_id, fin)
        return checkout_id

    def _accepter(self, client: str, corps: object = None) -> str:
        reponse = self._api.checkout_choreo(client, corps)
        self._exiger(reponse.statut, 202, "statut HTTP du checkout")
        return str(reponse.corps["checkout_id"])

    def _conclure(self, client: str, checkout_id: str, fin: str) -> None:
        self._attendre_la_fin(client, checkout_id, fin)
        self._console.print(self._evenements(self._api.rejeu(checkout_id)))

    def _attendre_la_fin(self, client: str, checkout_id: str, fin: str) -> None:
        attendre(lambda: self._api.statut(client, checkout_id)["statut"] not in OUVERTS, "Fin du checkout", 40)
        self._exiger(self._api.statut(client, checkout_id)["statut"], fin, "statut du checkout")
        attendre(lambda: self._api.rejeu(checkout_id).get("status") in FINIS, "Dernier événement dans l'histoire")

    @contextmanager
    def _sans_commandes(self) -> Iterator[None]:
        """The order service is down for the time of the block; it is back and ready afterwards, whatever happens."""
        self._console.print("Le service commandes tombe…")
        try:
            self._plateforme.tuer("commandes", relancer=False)
            yield
        finally:
            self._plateforme.demarrer("commandes")
            self._plateforme.attendre_pret("commandes")

    def _vente_abandonnee(self, checkout_id: str) -> bool:
        """Whether a worker asked for the promise that there will be no sale: the gateway's log shows each call."""
        journal = self._plateforme.lieux.journal("gateway")
        return f"par-reference\\/{checkout_id}\\/annuler" in journal.read_text(errors="replace")

    def _evenements(self, rejeu: Any) -> Table:
        """The events of a choreographed checkout, each with the one that caused it."""
        types = {evenement["id"]: evenement["type"] for evenement in rejeu["events"]}
        return _chronologie(
            f"checkout {rejeu['checkout_id']} → {rejeu['status']}",
            ("événement", "émis par", "causé par"),
            [
                (evenement["ts"], [evenement["type"], evenement["source"], types.get(evenement["causation_id"], "")])
                for evenement in rejeu["events"]
            ],
        )

    def _panier(self, lignes: list[tuple[str, int]]) -> str:
        for produit, quantite in lignes:
            self._api.reassortir(produit, quantite + 10)
        client = self._api.nouveau_client()
        self._api.remplir_panier(client, lignes)
        return client

    def _stocks(self, lignes: list[tuple[str, int]]) -> dict[str, int]:
        for produit, quantite in lignes:
            self._api.reassortir(produit, quantite + 10)
        return {produit: self._api.stock(produit) for produit, _ in lignes}

    @contextmanager
    def _au_plus(self, produit: str, magasin: str, maximum: int) -> Iterator[None]:
        """Borrow what exceeds `maximum` units for the time of the block, under a reference of our own."""
        surplus = self._api.stock(produit, magasin) - maximum
        reference = str(uuid.uuid4())
        if surplus > 0:
            lignes = [{"produit_id": produit, "quantite": surplus}]
            emprunt = {"reference": reference, "magasin_id": magasin, "lignes": lignes}
            self._api.exiger("POST", "/api/inventaire/diminuer-stock/", emprunt)
        try:
            yield
        finally:
            if surplus > 0:
                self._api.exiger("POST", "/api/inventaire/augmenter-stock/", {"reference": reference})

    def _lignes_vendues(self, reference: str) -> list[tuple[str, int]]:
        vente = self._api.vente(reference)
        self._exiger((vente.statut, vente.corps["vente"]["statut"]), (200, "active"), "vente")
        return sorted((ligne["produit_id"], ligne["quantite"]) for ligne in vente.corps["vente"]["lignes"])

    def _checkout_id(self, reponse: Reponse) -> str:
        identifiant = reponse.corps.get("checkout_id") or reponse.corps.get("saga_id")
        if not identifiant:
            raise Ecart(f"la réponse ne dit pas de quel checkout elle parle : {reponse.corps}")
        return str(identifiant)

    def _exiger(self, obtenu: object, attendu: object, quoi: str) -> None:
        if obtenu != attendu:
            raise Ecart(f"{quoi} : {obtenu!r} au lieu de {attendu!r}")

    def _montrer(self, reponse: Reponse) -> None:
        self._console.print(self._saga(reponse, "état", "message"))

    def _saga(self, reponse: Reponse, *en_plus: Literal["état", "message"]) -> Table:
        """The saga's own history."""
        saga = self._api.saga(self._checkout_id(reponse))
        champs = {"événement": "type", "état": "nouvel_etat", "message": "message"}
        colonnes = ("événement", *en_plus)
        return _chronologie(
            f"saga {saga['saga_id']} → HTTP {reponse.statut}",
            colonnes,
            [
                (
                    datetime.fromisoformat(evenement["timestamp"]).timestamp(),
                    [evenement[champs[colonne]] for colonne in colonnes],
                )
                for evenement in saga["historique_evenements"]
            ],
        )


def _chronologie(titre: str, colonnes: Sequence[str], lignes: Sequence[tuple[float, list[str]]]) -> Table:
    """One line per fact (epoch seconds, cells, its type first), with the time since the one before."""
    table = Table(title=titre, title_justify="left", box=None)
    table.add_column("heure", no_wrap=True)
    table.add_column("+ms", no_wrap=True, justify="right")
    for colonne in colonnes:
        table.add_column(colonne, no_wrap=colonne != "message", overflow="fold")
    precedent = None
    for moment, cellules in lignes:
        ecart = "" if precedent is None else f"{1000 * (moment - precedent):.0f}"
        precedent = moment
        malheur = any(mot in cellules[0] for mot in _MALHEURS)
        heure = f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S}"
        table.add_row(heure, ecart, *cellules, style="yellow" if malheur else "")
    return table


SCENARIOS: tuple[tuple[str, Callable[[Demo], None]], ...] = (
    ("Orchestré — trois lignes, vendues", Demo.succes),
    ("Chorégraphié — trois lignes, vendues", Demo.choreo_succes),
    ("Orchestré — pénurie : 25 claviers au Magasin Central", Demo.penurie),
    ("Chorégraphié — pénurie : 25 claviers au Magasin Central", Demo.choreo_penurie),
    (
        "Les deux — la vente est impossible : le service commandes tombe, les compensations, le retour",
        Demo.compensations,
    ),
    ("Chorégraphié — le service commandes tombe un moment : l'événement attend", Demo.choreo_panne_courte),
)


def adresses(plateforme: Plateforme, console: Console) -> None:
    """Where to look next."""
    passerelle = plateforme.urls["gateway"]
    table = Table(title="À regarder", title_justify="left", show_header=False)
    for texte, adresse in (
        ("Swagger de l'orchestrateur", f"{passerelle}/api/saga/swagger/"),
        ("Swagger e-commerce", f"{passerelle}/api/ecommerce/swagger/"),
        ("Swagger inventaire", f"{passerelle}/api/inventaire/swagger/"),
        ("Toutes les sagas (avec la clé)", f"{passerelle}/api/saga/sagas/"),
        ("Métriques de l'orchestrateur", f"{plateforme.urls['saga-1']}/metrics"),
    ):
        table.add_row(texte, adresse)
    console.print(table)


def executer(plateforme: Plateforme) -> int:
    """Run every scenario on a platform that is up; 0 when every outcome is the promised one, else 1."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=140)
    demo = Demo(plateforme, console)
    for titre, jouer in SCENARIOS:
        demo.scenario(titre, jouer)
    adresses(plateforme, console)
    for ecart in demo.ecarts:
        console.print(f"[red]✗ {ecart}[/red]")
    return 1 if demo.ecarts else 0
