"""The gateway, with catalogue and inventaire behind it, as one small real HTTP server that can fail and drop."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CLAVIER = "550e8400-e29b-41d4-a716-446655440001"
SOURIS = "550e8400-e29b-41d4-a716-446655440002"
CENTRAL = "33333333-3333-3333-3333-333333333331"
NORD = "33333333-3333-3333-3333-333333333332"
EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"

Rendu = tuple[int, Any]


class Voisins:
    """Catalogue and inventaire with their barrier: one effect per reference, releases before reservations included.

    `en_panne` holds the names of those that answer 503; `couper_apres` those routes that do their work and then drop
    the connection, as often as counted. `retenue`, when set, holds every reservation until it is set.
    """

    def __init__(self) -> None:
        self.produits = {
            CLAVIER: {"id": CLAVIER, "nom": "Clavier mécanique", "prix": 89.99, "actif": True},
            SOURIS: {"id": SOURIS, "nom": "Souris optique", "prix": 25.5, "actif": True},
        }
        self.stock: dict[str, dict[str, int]] = {
            CENTRAL: {CLAVIER: 20, SOURIS: 0},
            NORD: {SOURIS: 11},
            EN_LIGNE: {CLAVIER: 500, SOURIS: 500},
        }
        self.reservations: dict[str, tuple[str, dict[str, int]]] = {}
        self.liberees: dict[str, str] = {}
        self.en_panne: set[str] = set()
        self.couper_apres: dict[str, int] = {}
        self.recues: list[tuple[str, str, dict[str, str], Any]] = []
        self.retenue: threading.Event | None = None
        self.arrivee = threading.Event()
        self._verrou = threading.Lock()
        voisins = self

        class Gestionnaire(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def log_message(self, *args: Any) -> None:
                """Quiet."""

            def _traiter(self) -> None:
                brut = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                entetes = {nom.lower(): valeur for nom, valeur in self.headers.items()}
                rendu = voisins._servir(self.command, self.path, entetes, json.loads(brut) if brut else None)
                if rendu is None:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                octets = json.dumps(rendu[1]).encode()
                self.send_response(rendu[0])
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            do_GET = do_POST = _traiter  # noqa: N815

        self._serveur = ThreadingHTTPServer(("127.0.0.1", 0), Gestionnaire)
        self._serveur.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._serveur.server_address[1]}"
        threading.Thread(target=self._serveur.serve_forever, args=(0.02,), daemon=True).start()

    def fermer(self) -> None:
        if self.retenue is not None:
            self.retenue.set()
        self._serveur.shutdown()
        self._serveur.server_close()

    def appels(self, fragment: str) -> list[tuple[str, str, dict[str, str], Any]]:
        """What was received so far on these routes."""
        with self._verrou:
            return [appel for appel in self.recues if fragment in appel[1]]

    def _servir(self, methode: str, chemin: str, entetes: dict[str, str], corps: Any) -> Rendu | None:
        with self._verrou:
            self.recues.append((methode, chemin, entetes, corps))
        _, _, service, route, *reste = chemin.split("/")
        if service in self.en_panne:
            return 503, {"message": "failure to get a peer from the ring-balancer"}
        if route == "diminuer-stock" and self.retenue is not None:
            self.arrivee.set()
            self.retenue.wait(10)
        with self._verrou:
            if route == "produits":
                rendu = self._produit(reste[0])
            elif route == "stocks-locaux":
                rendu = self._stocks(reste[0])
            elif route == "diminuer-stock":
                rendu = self._reserver(corps)
            else:
                rendu = self._liberer(corps["reference"])
            if self.couper_apres.get(route, 0) > 0:
                self.couper_apres[route] -= 1
                return None
        return rendu

    def _produit(self, produit: str) -> Rendu:
        fiche = self.produits.get(produit)
        return (200, fiche) if fiche else (404, {"error": "Produit introuvable", "code": "produit_introuvable"})

    def _stocks(self, magasin: str) -> Rendu:
        if magasin not in self.stock:
            return 404, {"error": "Le magasin n'existe pas", "code": "magasin_inexistant"}
        stocks = [{"produit_id": p, "quantite": q, "niveau": "Haut"} for p, q in self.stock[magasin].items()]
        return 200, {"magasin_id": magasin, "stocks": stocks}

    def _reserver(self, corps: dict[str, Any]) -> Rendu:
        reference, magasin = corps["reference"], corps["magasin_id"]
        if reference in self.liberees and reference not in self.reservations:
            return 409, {"error": "Reference annulée", "code": "reference_annulee"}
        if reference not in self.reservations:
            ligne = corps["lignes"][0]
            produit, quantite = ligne["produit_id"], ligne["quantite"]
            if magasin not in self.stock:
                return 404, {"error": "Le magasin n'existe pas", "code": "magasin_inexistant", "details": "…"}
            if produit not in self.stock[magasin]:
                return 404, {"error": "Le produit n'existe pas", "code": "produit_inexistant", "details": "…"}
            reste = self.stock[magasin][produit]
            if reste < quantite:
                details = f"Stock insuffisant pour {produit} : {reste} disponible(s), {quantite} demandé(s)."
                return 400, {"error": "Stock insuffisant", "code": "stock_insuffisant", "details": details}
            self.stock[magasin][produit] -= quantite
            self.reservations[reference] = (magasin, {produit: quantite})
        return 200, {"success": True, "reference": reference, "etat": "RESERVEE"}

    def _liberer(self, reference: str) -> Rendu:
        if reference not in self.liberees:
            magasin, lignes = self.reservations.get(reference, ("", {}))
            for produit, quantite in lignes.items():
                self.stock[magasin][produit] += quantite
            self.liberees[reference] = "LIBEREE" if lignes else "ANNULEE"
        return 200, {"success": True, "reference": reference, "etat": self.liberees[reference]}
