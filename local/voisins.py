"""The neighbours behind a gateway, for tests, as one real HTTP server.

Enough of inventaire, catalogue, commandes, ecommerce and the event store to be wrong in every way a network can be
(late, lost, down, refusing), with the contract's barriers.
"""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

MAGASIN = "550e8400-e29b-41d4-a716-446655440000"
PRODUITS = [f"550e8400-e29b-41d4-a716-4466554400{n:02d}" for n in range(1, 61)]
CENTRAL = ""
"""Where the central stock is kept in `Voisins.stock`."""
CLIENT = "12345678-1234-1234-1234-123456789012"

Reponse = tuple[int, dict[str, Any]]


class Perdue(Exception):
    """The connection is closed without an answer."""


class Voisins:
    """State and behaviour. `regles[route]` is a list of rules, each spent by one call of that route:

    `("panne", 503)` answers without doing anything; `("perdue",)` does the work and drops the connection;
    `("lente", s)` waits, then does the work; `("lente_apres", s)` does the work, then waits; `("refus", statut, code)`
    refuses; `("barriere", entree, sortie)` signals one event and waits for the other before it does the work.
    """

    def __init__(self) -> None:
        self.verrou = threading.Lock()
        self.vider()

    def vider(self) -> None:
        with self.verrou:
            self.stock: dict[tuple[str, str], int] = {(MAGASIN, p): 500 for p in PRODUITS}
            self.prix = {p: f"{10 + n}.99" for n, p in enumerate(PRODUITS)}
            self.archives: set[str] = set()
            self.reservations: dict[str, dict[str, Any]] = {}
            self.ajouts: dict[str, dict[str, Any]] = {}
            self.demandes: dict[str, dict[str, Any]] = {}
            self.ventes: dict[str, dict[str, Any]] = {}
            self.annulees: set[str] = set()
            self.regles: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
            self.eteints: set[str] = set()
            self.appels: list[tuple[str, str, dict[str, str], Any]] = []
            self.clients: dict[str, dict[str, Any]] = {}
            self.historique: dict[str, dict[str, Any]] = {}
            self.pliees: set[str] = set()

    # -- what a test asks ------------------------------------------------------------------------------------------

    def routes(self, reference: str = "") -> list[str]:
        return [a[0] for a in self.appels if reference in json.dumps(a[3]) + a[1]]

    def ventes_actives(self) -> int:
        return sum(1 for v in self.ventes.values() if v["statut"] == "active")

    # -- serving ---------------------------------------------------------------------------------------------------

    def servir(self, methode: str, cible: str, entetes: dict[str, str], corps: Any) -> Reponse:
        adresse = urlsplit(cible)
        route, action = self._trouver(methode, adresse.path, corps)
        with self.verrou:
            self.appels.append((route, cible, entetes, corps))
            eteint = adresse.path.split("/")[2] in self.eteints
            regle = self.regles[route].pop(0) if self.regles[route] else ("normale",)
        if eteint:
            return 502, {"message": "An invalid response was received from the upstream server"}
        genre = regle[0]
        if genre == "panne":
            return regle[1], {"message": "en panne"}
        if genre == "refus":
            return regle[1], {"error": regle[2], "details": regle[2], "code": regle[2]}
        if genre == "lente":
            time.sleep(regle[1])
        if genre == "barriere":
            regle[1].set()
            regle[2].wait(15)
        with self.verrou:
            reponse = action(adresse, corps)
        if genre == "perdue":
            raise Perdue
        if genre == "lente_apres":
            time.sleep(regle[1])
        return reponse

    def _trouver(self, methode: str, chemin: str, corps: Any) -> tuple[str, Callable[[Any, Any], Reponse]]:
        if chemin.startswith("/api/inventaire/stocks-locaux/"):
            return "stocks", self._stocks
        if chemin.startswith("/api/catalogue/produits/"):
            return "produits", self._produits
        if chemin == "/api/inventaire/diminuer-stock/":
            return "reserver", self._reserver
        if chemin == "/api/inventaire/augmenter-stock/":
            return self._trouver_hausse(corps)
        if chemin == "/api/inventaire/demandes/en-attente/":
            return "en-attente", self._en_attente
        if chemin.startswith("/api/inventaire/demandes/"):
            suite = chemin.rstrip("/").rpartition("/")[2] if methode == "PUT" else ""
            actions = {"": self._demande, "statut": self._statut, "rejeter": self._rejeter}
            return suite or "demande", actions[suite]
        if chemin == "/api/commandes/ventes-ddd/enregistrer/":
            return "enregistrer", self._enregistrer
        if chemin.startswith("/api/inventaire/reservations/"):
            return "reservation", self._reservation
        if chemin.startswith("/api/commandes/ventes-ddd/par-reference/"):
            return ("vente", self._vente) if methode == "GET" else ("annuler", self._annuler)
        if chemin.startswith("/api/ecommerce/clients/"):
            return "clients", self._clients
        if chemin.startswith("/api/event-store/streams/"):
            return "consigner", self._consigner
        if chemin == "/api/event-store/projections/avancer":
            return "avancer", self._avancer
        return "inconnue", self._inconnue

    def _trouver_hausse(self, corps: Any) -> tuple[str, Callable[[Any, Any], Reponse]]:
        if corps.get("annulation"):
            return "retirer", self._retirer
        return ("ajouter", self._ajouter) if "lignes" in corps else ("liberer", self._liberer)

    def _inconnue(self, adresse: Any, corps: Any) -> Reponse:
        return 404, {"message": "no Route matched with those values"}

    def _stocks(self, adresse: Any, corps: Any) -> Reponse:
        magasin = adresse.path.rstrip("/").split("/")[-1]
        demandes = parse_qs(adresse.query)["produits"][0].split(",")
        if magasin != MAGASIN:
            return 404, {"error": "Magasin inconnu", "details": f"Le magasin {magasin} n'existe pas.", "code": "x"}
        inconnus = [p for p in demandes if p not in self.prix]
        if inconnus:
            return 404, {"error": "Produit inconnu", "details": f"Le produit {inconnus[0]} n'existe pas.", "code": "x"}
        stocks = [{"produit_id": p, "quantite": self.stock.get((magasin, p), 0)} for p in demandes]
        return 200, {"magasin_id": magasin, "stocks": stocks}

    def _produits(self, adresse: Any, corps: Any) -> Reponse:
        demandes = parse_qs(adresse.query)["ids"][0].split(",")
        produits = [
            {"id": p, "nom": f"Produit {p[-2:]}", "prix": float(self.prix[p]), "actif": p not in self.archives}
            for p in demandes
            if p in self.prix
        ]
        return 200, {"produits": produits, "introuvables": [p for p in demandes if p not in self.prix]}

    def _reserver(self, adresse: Any, corps: Any) -> Reponse:
        deja = self.reservations.get(corps["reference"])
        if deja is not None:
            if deja["etat"] != "RESERVEE":
                return 409, {"error": "reference annulée", "details": "reference annulée", "code": "reference_annulee"}
            return 200, {"success": True}
        totaux: dict[tuple[str, str], int] = defaultdict(int)
        for ligne in corps["lignes"]:
            totaux[corps.get("magasin_id", CENTRAL), ligne["produit_id"]] += ligne["quantite"]
        for cle, quantite in totaux.items():
            if self.stock.get(cle, 0) < quantite:
                phrase = f"Stock insuffisant pour {cle[1]}"
                return 400, {"error": "Stock insuffisant", "details": phrase, "code": "stock_insuffisant"}
        for cle, quantite in totaux.items():
            self.stock[cle] -= quantite
        self.reservations[corps["reference"]] = {"etat": "RESERVEE", "prises": totaux}
        return 200, {"success": True}

    def _reservation(self, adresse: Any, corps: Any) -> Reponse:
        reference = adresse.path.rstrip("/").split("/")[-1]
        if reference not in self.reservations:
            return 404, {"error": "La réservation n'existe pas", "details": "x", "code": "reservation_inexistante"}
        return 200, {"success": True, "reference": reference, "etat": self.reservations[reference]["etat"]}

    def _liberer(self, adresse: Any, corps: Any) -> Reponse:
        reservation = self.reservations.setdefault(corps["reference"], {"etat": "ANNULEE", "prises": {}})
        if reservation["etat"] == "RESERVEE":
            reservation["etat"] = "LIBEREE"
            for cle, quantite in reservation["prises"].items():
                self.stock[cle] += quantite
        return 200, {"success": True, "etat": reservation["etat"]}

    def _ajouter(self, adresse: Any, corps: Any) -> Reponse:
        deja = self.ajouts.setdefault(corps["reference"], {"etat": "NEUF", "lignes": corps["lignes"]})
        if deja["etat"] == "ANNULEE":
            return 409, {"error": "reference annulée", "details": "reference annulée", "code": "reference_annulee"}
        if deja["etat"] == "NEUF":
            deja |= {"etat": "AJOUTEE", "magasin_id": corps["magasin_id"]}
            self._deplacer(deja, 1)
        return 200, {"success": True}

    def _retirer(self, adresse: Any, corps: Any) -> Reponse:
        ajout = self.ajouts.setdefault(corps["reference"], {"etat": "ANNULEE"})
        if ajout["etat"] == "AJOUTEE":
            self._deplacer(ajout, -1)
            ajout["etat"] = "ANNULEE"
        return 200, {"success": True}

    def _deplacer(self, ajout: dict[str, Any], sens: int) -> None:
        for ligne in ajout["lignes"]:
            cle = ajout["magasin_id"], ligne["produit_id"]
            self.stock[cle] = self.stock.get(cle, 0) + sens * ligne["quantite"]

    def _en_attente(self, adresse: Any, corps: Any) -> Reponse:
        page, taille = (int(parse_qs(adresse.query)[nom][0]) for nom in ("page", "page_size"))
        toutes = [d for d in self.demandes.values() if d["statut"] == "En attente"]
        debut = (page - 1) * taille
        return 200, {"success": True, "demandes": toutes[debut : debut + taille], "total": len(toutes)}

    def _demande(self, adresse: Any, corps: Any) -> Reponse:
        demande = self.demandes.get(adresse.path.split("/")[4])
        if demande is None:
            return 404, {"error": "La demande n'existe pas", "details": "x", "code": "demande_inexistante"}
        return 200, {"success": True, **demande}

    def _rejeter(self, adresse: Any, corps: Any) -> Reponse:
        return self._decider(adresse, {"statut": "Refusée", "motif": corps["motif"]}, 400, "demande_deja_traitee")

    def _statut(self, adresse: Any, corps: Any) -> Reponse:
        return self._decider(adresse, corps, 409, "statut_fige")

    def _decider(self, adresse: Any, decision: dict[str, Any], statut: int, code: str) -> Reponse:
        connue, demande = self._demande(adresse, None)
        if connue != 200:
            return connue, demande
        avant, apres = demande["statut"], decision["statut"]
        sienne = demande.get("workflow_id") == decision.get("workflow_id", "personne")
        if avant != "En attente" and not (sienne and (avant == apres or avant == "Approuvée")):
            return statut, {"error": "Statut déjà fixé", "details": f"Déjà {avant}.", "code": code}
        self.demandes[demande["id"]] |= decision
        return 200, {"success": True}

    def _enregistrer(self, adresse: Any, corps: Any) -> Reponse:
        reference = corps["reference"]
        if reference in self.annulees:
            return 409, {"error": "référence annulée", "details": "référence annulée", "code": "reference_annulee"}
        vente = self.ventes.setdefault(
            reference, {"id": str(uuid.uuid4()), "statut": "active", "lignes": corps["lignes"]}
        )
        return 201, {"success": True, "vente": vente}

    def _annuler(self, adresse: Any, corps: Any) -> Reponse:
        reference = adresse.path.rstrip("/").split("/")[-2]
        vente = self.ventes.get(reference)
        if vente is not None and vente["statut"] == "active" and corps.get("seulement_si_absente"):
            return 200, {"etat": "active"}
        self.annulees.add(reference)
        if vente is None:
            return 200, {"etat": "jamais_creee"}
        vente["statut"] = "annulee"
        return 200, {"etat": "annulee"}

    def _vente(self, adresse: Any, corps: Any) -> Reponse:
        reference = adresse.path.rstrip("/").split("/")[-1]
        if reference not in self.ventes:
            return 404, {"error": "Vente inexistante", "details": "x", "code": "vente_inexistante"}
        return 200, {"success": True, "vente": self.ventes[reference]}

    def _clients(self, adresse: Any, corps: Any) -> Reponse:
        demandes = parse_qs(adresse.query)["ids"][0].split(",")
        trouves = [self.clients[client] for client in demandes if client in self.clients]
        inconnus = [client for client in demandes if client not in self.clients]
        return 200, {"success": True, "clients": trouves, "introuvables": inconnus}

    def _consigner(self, adresse: Any, corps: Any) -> Reponse:
        exigees = "causes" in parse_qs(adresse.query)
        orphelins = []
        for evenement in corps["events"]:
            cause = evenement["causation_id"]
            if exigees and cause and cause not in self.historique and cause != evenement["cle"]:
                orphelins.append(evenement["id"])
            else:
                self.historique.setdefault(evenement["id"], evenement)
        return 201, {"events": [{"id": e["id"]} for e in corps["events"]], "orphelins": orphelins}

    def _avancer(self, adresse: Any, corps: Any) -> Reponse:
        self.pliees = set(self.historique)
        return 200, {"projections": [], "absents": [i for i in corps["evenements"] if i not in self.pliees]}


class _Poignee(BaseHTTPRequestHandler):
    server: _Serveur
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._repondre("GET", None)

    def do_POST(self) -> None:
        corps = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._repondre(self.command, json.loads(corps or b"{}"))

    do_PUT = do_POST  # noqa: N815 -- the name that http.server looks for

    def _repondre(self, methode: str, corps: Any) -> None:
        try:
            statut, reponse = self.server.voisins.servir(methode, self.path, dict(self.headers), corps)
        except Perdue:
            self.close_connection = True
            return
        octets = json.dumps(reponse).encode()
        try:
            self.send_response(statut)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Serveur(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    voisins: Voisins


def ouvrir(voisins: Voisins) -> str:
    """Serve them on a free loopback port until this process ends; returns the gateway's address."""
    serveur = _Serveur(("127.0.0.1", 0), _Poignee)
    serveur.voisins = voisins
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{serveur.server_address[1]}"
