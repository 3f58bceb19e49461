"""The gateway and the neighbours behind it, as one small real HTTP server that can delay, drop and fail."""

from __future__ import annotations

import json
import socket
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

CLAVIER = "550e8400-e29b-41d4-a716-446655440001"
SOURIS = "550e8400-e29b-41d4-a716-446655440002"
CHOCOLAT = "550e8400-e29b-41d4-a716-446655440005"
EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"

Mode = Literal["reussite", "rupture", "compensee", "differee", "perdue", "muette", "panne"]
Rendu = tuple[int, dict[str, Any]] | None
"""None: the connection is cut without an answer."""


class Voisins:
    """`mode` is what the orchestrator does with a new saga.

    `perdue`: the saga succeeds and its answer is lost, once. `muette`: nothing is received and the connection is cut.
    `panne`: the gateway says 503. `retenue`, when set, holds every new saga until `laisser()`.

    `avant_fermeture`, when set, runs once, when commandes is about to close a reference: what a worker still managed.
    """

    def __init__(self) -> None:
        self.produits = {
            CLAVIER: {"id": CLAVIER, "nom": "Clavier mécanique", "prix": 89.99, "actif": True},
            SOURIS: {"id": SOURIS, "nom": "Souris optique", "prix": 25.50, "actif": True},
            CHOCOLAT: {"id": CHOCOLAT, "nom": "Chocolat Noir 70%", "prix": 8.99, "actif": True},
        }
        self.stock = dict.fromkeys(self.produits, 500)
        self.mode: Mode = "reussite"
        self.sans_lignes = False
        self.eteints: set[str] = set()
        self.reserves: set[str] = set()
        self.commandes: dict[str, str] = {}
        self.rejeux: dict[str, list[dict[str, Any]]] = {}
        self.avant_fermeture: Callable[[], None] | None = None
        self.sagas: dict[str, dict[str, Any]] = {}
        self.ventes: dict[str, str] = {}
        self.fermees: list[str] = []
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
                corps = json.loads(brut) if brut else None
                entetes = {nom.lower(): valeur for nom, valeur in self.headers.items()}
                rendu = voisins._servir(self.command, self.path, entetes, corps)
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
        self.laisser()
        self._serveur.shutdown()
        self._serveur.server_close()

    def laisser(self) -> None:
        """Let the held sagas go."""
        if self.retenue is not None:
            self.retenue.set()

    def appels(self, methode: str, fragment: str) -> list[tuple[str, str, dict[str, str], Any]]:
        """What was received so far."""
        with self._verrou:
            return [a for a in self.recues if a[0] == methode and fragment in a[1]]

    def terminer(self, saga_id: str, mode: Mode) -> None:
        """End a saga that was left running."""
        saga = self.sagas[saga_id]
        saga.update(self._fin(saga["demande"], mode))

    # -- routes ----------------------------------------------------------------------------------------------------

    def _servir(self, methode: str, chemin: str, entetes: dict[str, str], corps: Any) -> Rendu:
        with self._verrou:
            self.recues.append((methode, chemin, entetes, corps))
        routes: list[tuple[str, str, Callable[..., Rendu]]] = [
            ("GET", "/api/catalogue/produits/?ids=", self._plusieurs),
            ("GET", "/api/catalogue/produits/", self._produit),
            ("POST", "/api/inventaire/augmenter-stock/", self._liberer),
            ("GET", "/api/event-store/replay/checkout/", self._rejouer),
            ("GET", "/api/inventaire/stocks-locaux/", self._stocks),
            ("POST", "/api/saga/commandes/", self._lancer),
            ("GET", "/api/saga/commandes/", self._saga),
            ("POST", "/api/commandes/ventes-ddd/par-reference/", self._fermer_reference),
            ("GET", "/api/commandes/ventes-ddd/par-reference/", self._vente),
        ]
        if chemin.split("/")[2] in self.eteints:
            return 503, {"message": "failure to get a peer from the ring-balancer"}
        for verbe, prefixe, servir in routes:
            if methode == verbe and chemin.startswith(prefixe):
                return servir(chemin.removeprefix(prefixe), entetes, corps)
        return 404, {"error": "route"}

    def _produit(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        produit = self.produits.get(reste.strip("/"))
        return (200, produit) if produit else (404, {"error": "Produit introuvable"})

    def _plusieurs(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        ids = reste.split(",")
        trouves = [self.produits[p] for p in ids if p in self.produits]
        return 200, {"produits": trouves, "introuvables": [p for p in ids if p not in self.produits]}

    def _liberer(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        """The barrier gives the first answer again, so a reference that held something says so for ever."""
        lignes = [{"produit_id": CHOCOLAT, "quantite": 2}] if corps["reference"] in self.reserves else []
        return 200, {"success": True, "etat": "LIBEREE" if lignes else "ANNULEE", "lignes": lignes}

    def _rejouer(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        if reste not in self.rejeux:
            return 404, {"error": "Checkout inconnu", "status": "unknown"}
        return 200, {"checkout_id": reste, "events": self.rejeux[reste]}

    def _stocks(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        magasin, _, ids = reste.partition("/?produits=")
        if magasin != EN_LIGNE:
            return 404, {"error": "Magasin inconnu"}
        return 200, {
            "magasin_id": magasin,
            "stocks": [{"produit_id": p, "quantite": self.stock.get(p, 0), "niveau": "Haut"} for p in ids.split(",")],
        }

    def _lancer(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        if self.mode == "muette":
            return None
        if self.mode == "panne":
            return 503, {"message": "failure to get a peer from the ring-balancer"}
        with self._verrou:
            saga = self.sagas.get(corps["checkout_id"])
            nouvelle = saga is None
            if saga is None:
                saga = {"demande": corps, "etat": "VERIFICATION_STOCK", "debut": datetime.now(UTC).isoformat()}
                self.sagas[corps["checkout_id"]] = saga
        if saga["demande"] != corps:
            return 422, {"error": "autre demande"}
        if not nouvelle:
            return saga.get("rendu", (202, {"saga_id": corps["checkout_id"], "statut": "en_cours"}))
        if "respond-async" in entetes.get("prefer", ""):
            if self.mode != "differee":
                saga.update(self._fin(corps, self.mode))
            return 202, {"saga_id": corps["checkout_id"], "statut": "en_cours"}
        self.arrivee.set()
        if self.retenue is not None:
            self.retenue.wait(20)
        if self.mode == "differee":
            return 202, {"saga_id": corps["checkout_id"], "statut": "en_cours"}
        saga.update(self._fin(corps, self.mode))
        if self.mode == "perdue":
            self.mode = "reussite"
            return None
        return saga["rendu"]

    def _saga(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        if self.mode == "muette":
            return None
        if self.mode == "panne":
            return 503, {"message": "failure to get a peer from the ring-balancer"}
        saga = self.sagas.get(reste.strip("/"))
        if saga is None:
            return 404, {"error": "Saga introuvable"}
        return 200, {
            "saga_id": reste.strip("/"),
            "etat_actuel": saga["etat"],
            "commande_finale_id": saga.get("commande_id"),
            "lignes_commande": self._lignes(saga["demande"]),
            "historique_evenements": [
                {
                    "type": "SAGA_DEMARRE",
                    "etat_precedent": "EN_ATTENTE",
                    "nouvel_etat": "VERIFICATION_STOCK",
                    "message": "La saga commence.",
                    "timestamp": saga["debut"],
                    "donnees": {},
                    "id": str(uuid.uuid5(uuid.UUID(reste.strip("/")), "historique:1")),
                    "causation_id": reste.strip("/"),
                }
            ],
        }

    def _fermer_reference(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        reference = reste.split("/")[0]
        assert corps["seulement_si_absente"] is True
        if self.avant_fermeture is not None:
            self.avant_fermeture()
            self.avant_fermeture = None
        self.fermees.append(reference)
        return 200, {"etat": self.ventes.get(reference, "jamais_creee")}

    def _vente(self, reste: str, entetes: dict[str, str], corps: Any) -> Rendu:
        reference = reste.strip("/")
        if reference not in self.ventes:
            return 404, {"error": "Vente introuvable"}
        lignes = [
            {"produit_id": p, "produit_nom": v["nom"], "quantite": 1, "prix_unitaire": v["prix"]}
            for p, v in self.produits.items()
        ]
        commande = self.commandes.setdefault(reference, str(uuid.uuid4()))
        return 200, {"vente": {"id": commande, "statut": self.ventes[reference], "lignes": lignes}}

    def _lignes(self, demande: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "produit_id": ligne["produit_id"],
                "quantite": ligne["quantite"],
                "produit_nom": self.produits[ligne["produit_id"]]["nom"],
                "prix_unitaire": str(self.produits[ligne["produit_id"]]["prix"]),
            }
            for ligne in demande["lignes"]
        ]

    def _fin(self, demande: dict[str, Any], mode: Mode) -> dict[str, Any]:
        saga_id = demande["checkout_id"]
        resume: dict[str, Any] = {
            "duree_par_etape": {"verification_stock": 0.004, "creation_commande": 0.007},
            "tentatives_par_etape": {"verification_stock": 1, "creation_commande": 2},
        }
        if mode in ("reussite", "perdue"):
            commande = str(uuid.uuid4())
            self.ventes[saga_id] = "active"
            if not self.sans_lignes:
                resume["lignes_commande"] = self._lignes(demande)
            corps = {"success": True, "saga_id": saga_id, "commande_id": commande, "resume_execution": resume}
            return {"etat": "SAGA_TERMINEE", "commande_id": commande, "rendu": (201, corps)}
        refus = {
            "success": False,
            "error": "Stock insuffisant" if mode == "rupture" else "Service externe indisponible",
            "details": "Il en manque." if mode == "rupture" else "Le service commandes ne répond pas.",
            "code": "stock_insuffisant" if mode == "rupture" else "service_indisponible",
            "saga_id": saga_id,
            "etat_final": "SAGA_ANNULEE",
            "resume_execution": resume,
        }
        return {"etat": "SAGA_ANNULEE", "rendu": (400 if mode == "rupture" else 503, refus)}
