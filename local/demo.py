"""`./labo demo`: the checkouts, run for real through the gateway and shown as timelines.

Each scenario states what must come out; the demo exits 1 if anything differs. It works on a platform already used:
it makes clients of its own, tops stock up, and gives back what it borrowed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from local.api import MAGASIN_CENTRAL, PRODUITS, Api, Reponse, attendre
from local.plateforme import Plateforme

COMPENSATION_MAX_S = 5.0
OUVERTS = ("initie", "en_cours")
FINIS = ("succeeded", "failed")


class Ecart(Exception):
    """An outcome differs from what the scenario promises."""


class Demo:
    """Runs the scenarios and counts the outcomes that differ."""

    def __init__(self, plateforme: Plateforme, console: Console) -> None:
        self._plateforme, self._console = plateforme, console
        self._api = Api(plateforme.urls["gateway"], plateforme.secrets["KONG_KEY_MAGASIN_APP"])
        self.ecarts: list[str] = []

    def scenario(self, titre: str, jouer: Any) -> None:
        """Run one scenario; a difference is shown and remembered, the next one runs all the same."""
        self._console.rule(f"[bold]{titre}")
        try:
            jouer()
            self._console.print("[green]✓ comme prévu[/green]\n")
        except Ecart as ecart:
            self.ecarts.append(f"{titre} : {ecart}")
            self._console.print(f"[red]✗ {ecart}[/red]\n")

    # -- the three orchestrated scenarios ---------------------------------------------------------------------------

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

    def service_en_panne(self) -> None:
        """The order service is stopped: the reservation is given back within 5 s; once it is back, a sale succeeds."""
        souris = PRODUITS["souris"]
        client = self._panier([(souris, 2)])
        avant = self._api.stock(souris)
        self._console.print("On arrête le service commandes…")
        self._plateforme.arreter("commandes")
        try:
            reponse = self._api.checkout(client)
            compense = attendre(lambda: self._api.stock(souris) == avant, "Stock rendu", COMPENSATION_MAX_S + 5)
        finally:
            self._plateforme.demarrer("commandes")
            self._plateforme.attendre_pret("commandes")
        self._montrer(reponse)
        self._exiger(reponse.statut, 503, "statut HTTP du checkout")
        self._exiger(reponse.corps.get("statut"), "echec", "statut du checkout")
        if compense > COMPENSATION_MAX_S:
            raise Ecart(f"stock rendu après {compense:.1f} s")
        self._exiger(self._api.vente(self._checkout_id(reponse)).statut, 404, "vente")
        self._console.print("Le service commandes est revenu : le même panier repasse.")
        attendre(lambda: self._api.appeler("GET", "/api/commandes/health/").statut == 200, "Retour de commandes")
        reponse = self._api.checkout(client)
        self._montrer(reponse)
        self._exiger(reponse.statut, 201, "statut HTTP du second checkout")
        self._exiger(self._api.stock(souris), avant - 2, "stock après la vente")

    # -- the same three, choreographed ------------------------------------------------------------------------------

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

    def choreo_service_en_panne(self) -> None:
        """The order service is stopped for a moment: the event waits for it, and the checkout succeeds after all."""
        souris = PRODUITS["souris"]
        client = self._panier([(souris, 2)])
        avant = self._api.stock(souris)
        self._console.print("On arrête le service commandes…")
        self._plateforme.arreter("commandes")
        try:
            checkout_id = self._accepter(client)
            attendre(lambda: self._api.stock(souris) == avant - 2, "Stock réservé")
            self._exiger(self._api.statut(client, checkout_id)["statut"] in OUVERTS, True, "checkout encore ouvert")
            self._console.print("Le stock est réservé, la vente attend le service ; on le redémarre.")
        finally:
            self._plateforme.demarrer("commandes")
            self._plateforme.attendre_pret("commandes")
        self._conclure(client, checkout_id, "finalise")
        self._exiger(self._lignes_vendues(checkout_id), [(souris, 2)], "lignes de la vente")
        self._exiger(self._api.stock(souris), avant - 2, "stock après la vente")

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
        attendre(lambda: self._api.statut(client, checkout_id)["statut"] not in OUVERTS, "Fin du checkout", 40)
        self._exiger(self._api.statut(client, checkout_id)["statut"], fin, "statut du checkout")
        attendre(lambda: self._api.rejeu(checkout_id).get("status") in FINIS, "Dernier événement dans l'histoire")
        self._montrer_evenements(self._api.rejeu(checkout_id))

    def _montrer_evenements(self, rejeu: Any) -> None:
        """The events of a choreographed checkout, each with the one that caused it."""
        table = Table(title=f"checkout {rejeu['checkout_id']} → {rejeu['status']}", title_justify="left", box=None)
        for colonne in ("heure", "+ms", "événement", "émis par", "causé par"):
            table.add_column(colonne, no_wrap=True, justify="right" if colonne == "+ms" else "left")
        types = {evenement["id"]: evenement["type"] for evenement in rejeu["events"]}
        precedent = None
        for evenement in rejeu["events"]:
            ecart = "" if precedent is None else f"{1000 * (evenement['ts'] - precedent):.0f}"
            precedent = evenement["ts"]
            table.add_row(
                f"{datetime.fromtimestamp(evenement['ts'], UTC):%H:%M:%S}",
                ecart,
                evenement["type"],
                evenement["source"],
                types.get(evenement["causation_id"], ""),
                style="yellow" if "Failed" in evenement["type"] or "Released" in evenement["type"] else "",
            )
        self._console.print(table)

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
        """The saga's own history, as a timeline."""
        saga = self._api.saga(self._checkout_id(reponse))
        table = Table(title=f"saga {saga['saga_id']} → HTTP {reponse.statut}", title_justify="left", box=None)
        for colonne in ("heure", "+ms", "événement", "état"):
            table.add_column(colonne, no_wrap=True, justify="right" if colonne == "+ms" else "left")
        table.add_column("message", overflow="fold")
        precedent = None
        for evenement in saga["historique_evenements"]:
            moment = datetime.fromisoformat(evenement["timestamp"])
            ecart = "" if precedent is None else f"{1000 * (moment - precedent).total_seconds():.0f}"
            precedent = moment
            echec = any(mot in evenement["type"] for mot in ("ECHEC", "COMPENSATION", "NOUVEL_ESSAI", "ANNULEE"))
            table.add_row(
                f"{moment:%H:%M:%S}",
                ecart,
                evenement["type"],
                evenement["nouvel_etat"],
                evenement["message"] if echec else "",
                style="yellow" if echec else "",
            )
        self._console.print(table)


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
    demo.scenario("Orchestré 1/3 — trois lignes, vendues", demo.succes)
    demo.scenario("Orchestré 2/3 — pénurie : 25 claviers au Magasin Central", demo.penurie)
    demo.scenario("Orchestré 3/3 — le service commandes tombe, la compensation, le retour", demo.service_en_panne)
    demo.scenario("Chorégraphié 1/3 — trois lignes, vendues", demo.choreo_succes)
    demo.scenario("Chorégraphié 2/3 — pénurie : 25 claviers au Magasin Central", demo.choreo_penurie)
    demo.scenario(
        "Chorégraphié 3/3 — le service commandes tombe un moment, l'événement attend", demo.choreo_service_en_panne
    )
    adresses(plateforme, console)
    for ecart in demo.ecarts:
        console.print(f"[red]✗ {ecart}[/red]")
    return 1 if demo.ecarts else 0
