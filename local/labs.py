"""`./labo lab NOM`: sets the stage of a guided lab (docs/labs), and prints what its page works with.

Each call makes a product and a buyer of its own, so that a lab can be played any number of times, on a platform that is
used. What is printed on stdout is shell text, to be evaluated: addresses, keys, identifiers and a few functions.
"""

from __future__ import annotations

import json
import shlex
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import redis
import requests

from local import fautes
from local.api import MAGASIN_EN_LIGNE, Api, attendre
from local.plateforme import Plateforme
from local.processus import ADRESSE
from socle.evenements.flux import FLUX

STOCK, VOULU = 10, 2

FONCTIONS = r"""
lire() { curl -s -m 30 -H "X-API-Key: $CLE" "$PASSERELLE$1"; echo; }
envoyer() { curl -s -m 60 -X POST -H "X-API-Key: $CLE" -H 'Content-Type: application/json' "$PASSERELLE$1" -d "$2"; echo; }
operer() { curl -s -m 60 -X POST -H "X-API-Key: $CLE" -H "X-Internal-Token: $JETON" -H 'Content-Type: application/json' "$PASSERELLE$1" -d "${2:-{\}}"; echo; }
lire_interne() { curl -s -m 30 -H "X-API-Key: $CLE" -H "X-Internal-Token: $JETON" "$PASSERELLE$1"; echo; }
champ() { printf '%s' "$REPONSE" | python3 -c 'import json,sys; print(json.load(sys.stdin).get(sys.argv[1], ""))' "$1"; }
acheter() {
  CLE_ACHAT=$(python3 -c 'import uuid; print(uuid.uuid4())')
  REPONSE=$(curl -s -m 60 -X POST -H "X-API-Key: $CLE" -H 'Content-Type: application/json' -H "Idempotency-Key: $CLE_ACHAT" "$PASSERELLE/api/commandes/clients/$CLIENT/checkout/${1:+$1/}" -d "{\"magasin_id\": \"$MAGASIN\"}")
  CHECKOUT=$(champ checkout_id); printf '%s\n' "$REPONSE"
}
redis_commande() { exec 9<>"/dev/tcp/127.0.0.1/$PORT_REDIS"; printf '%s\r\n' "$*" >&9; head -1 <&9; exec 9>&-; }
""".strip()  # noqa: E501  (one function, one line: they are read by people)


class Scene:
    """What a lab prepares with."""

    def __init__(self, plateforme: Plateforme) -> None:
        self.plateforme = plateforme
        self.api = Api(plateforme.urls["gateway"], plateforme.cle())

    def produit(self, stock: int = STOCK, magasin: str = MAGASIN_EN_LIGNE) -> str:
        """A product of its own, with units in one shop."""
        lettres = uuid.uuid4().hex
        sku = "".join(chr(65 + int(c, 16)) for c in lettres[:3]) + f"{int(lettres[3:8], 16) % 10_000:04d}"
        corps = {"nom": f"Article de laboratoire {lettres[:12]}", "categorie": "Meubles", "prix": 12.5, "sku": sku}
        identifiant = str(self.api.exiger("POST", "/api/catalogue/ajouter/", corps, statut=201)["data"]["id"])
        self.api.reassortir(identifiant, stock, magasin)
        return identifiant

    def acheteur(self, produit: str) -> str:
        """A new client with two units in the cart."""
        client = self.api.nouveau_client()
        self.api.remplir_panier(client, [(produit, VOULU)])
        return client

    def armer(self, programme: str, point: str, genre: str, *, nombre: int = 1, secondes: float = 0.0) -> None:
        """One fault point of one program on."""
        fautes.armer(self.plateforme, programme, point, genre, nombre=nombre, secondes=secondes)

    def interne(self, methode: str, chemin: str, corps: object) -> None:
        """An internal operation."""
        entetes = {"X-Internal-Token": self.plateforme.secrets["INTERNAL_TOKEN"]}
        self.api.appeler(methode, chemin, corps, entetes)

    def redis(self) -> redis.Redis[str]:
        """The bus."""
        return redis.Redis(host=ADRESSE, port=self.plateforme.ports["redis"], decode_responses=True)


Variables = Mapping[str, str]


@dataclass(frozen=True)
class Lab:
    """One guided lab: its page is `docs/labs/<page>`; `preparer` returns what its page calls by name."""

    titre: str
    page: str
    preparer: Callable[[Scene], Variables]


def _achat(scene: Scene) -> dict[str, str]:
    produit = scene.produit()
    return {"PRODUIT": produit, "CLIENT": scene.acheteur(produit), "MAGASIN": MAGASIN_EN_LIGNE}


def _reponse_perdue(scene: Scene) -> Variables:
    for participant in ("inventaire", "commandes"):
        scene.armer(participant, "barriere.apres_commit", "erreur")
    return _achat(scene)


def _cent_acheteurs(scene: Scene) -> Variables:
    return {"PRODUIT": scene.produit(), "MAGASIN": MAGASIN_EN_LIGNE}


def _bail_expire(scene: Scene) -> Variables:
    """A saga of replica 1 has taken its stock; then the whole replica is frozen."""
    variables, saga_id = _achat(scene), str(uuid.uuid4())
    scene.armer("saga-1", "saga.apres_effet.reservation_stock", "delai", secondes=2.0)
    corps = {
        "client_id": variables["CLIENT"],
        "checkout_id": saga_id,
        "lignes": [{"produit_id": variables["PRODUIT"], "quantite": VOULU}],
    }
    url = f"{scene.plateforme.urls['saga-1']}/api/saga/commandes/"

    def appeler() -> None:
        # This command ends long before the answer: the replica is about to be frozen.
        requests.post(url, json=corps, timeout=120).close()

    threading.Thread(target=appeler, daemon=True).start()
    reservation = f"/api/inventaire/reservations/{saga_id}/"
    attendre(lambda: scene.api.appeler("GET", reservation).statut == 200, "Le stock de la saga")
    for programme in ("saga-1", "saga-reprise-1"):
        scene.plateforme.figer(programme)
    return {**variables, "SAGA": saga_id}


def _poison(scene: Scene) -> Variables:
    """An event of a checkout that is nobody's, whose content no reaction can read."""
    checkout, evenement = str(uuid.uuid4()), str(uuid.uuid4())
    champs = {
        "type": "StockReserved",
        "payload": json.dumps({"checkout_id": checkout, "client_id": checkout, "panier": "illisible"}),
        "ts": "1790000000.0",
        "id": evenement,
        "v": "1",
        "correlation_id": checkout,
        "causation_id": "",
        "source": "labo",
        "traceparent": "",
        "cle": checkout,
    }
    scene.redis().xadd(FLUX, champs)  # type: ignore[arg-type]
    return {**_achat(scene), "EMPOISONNE": checkout}


def _relais(scene: Scene) -> Variables:
    scene.armer("ecommerce-fond", "relais.apres_xadd", "crash")
    return _achat(scene)


def _compensation_bloquee(scene: Scene) -> Variables:
    """commandes does not know the shop, so the sale is refused; the release then fails again and again."""
    magasin = str(uuid.uuid4())
    scene.interne("PUT", f"/api/inventaire/magasins-connus/{magasin}/", {"nom": "Magasin fermé"})
    variables = _achat(scene)
    scene.api.reassortir(variables["PRODUIT"], STOCK, magasin)
    for replique in ("saga-1", "saga-2"):
        scene.armer(replique, "saga.avant_compensation.reservation_stock", "erreur", nombre=1000)
    return {**variables, "MAGASIN": magasin}


def _reference(scene: Scene) -> Variables:
    return {"PRODUIT": scene.produit(), "MAGASIN": MAGASIN_EN_LIGNE, "REFERENCE": str(uuid.uuid4())}


LABS: dict[str, Lab] = {
    "commandes-en-panne": Lab(
        "Le service des commandes tombe après la réservation", "01-order-service-down.md", _achat
    ),
    "reponse-perdue": Lab("La réponse se perd, pas l'effet", "02-lost-answer.md", _reponse_perdue),
    "cent-acheteurs": Lab("Cent acheteurs, dix unités", "03-hundred-buyers.md", _cent_acheteurs),
    "redis-vide": Lab("Redis est vidé au milieu d'un checkout", "04-flush-redis.md", _achat),
    "bail-expire": Lab("Un orchestrateur dort plus longtemps que son bail", "05-past-the-lease.md", _bail_expire),
    "evenement-empoisonne": Lab("Un événement que personne ne peut traiter", "06-poison-event.md", _poison),
    "deux-publications": Lab("Le relais meurt entre la publication et sa marque", "07-two-relays.md", _relais),
    "catalogue-fige": Lab("Un voisin ne répond plus : le disjoncteur", "08-breaker.md", _achat),
    "compensation-bloquee": Lab(
        "Une compensation qui échoue toujours", "09-stuck-compensation.md", _compensation_bloquee
    ),
    "annulation-d-abord": Lab("L'annulation arrive avant l'action", "10-undo-first.md", _reference),
}


def preparer(plateforme: Plateforme, nom: str) -> str:
    """Set the stage of one lab; the shell text its page evaluates."""
    propres = LABS[nom].preparer(Scene(plateforme))
    communes = {
        "PASSERELLE": plateforme.urls["gateway"],
        "CLE": plateforme.cle(),
        "JETON": plateforme.secrets["INTERNAL_TOKEN"],
        "PORT_REDIS": str(plateforme.ports["redis"]),
        "SAGA_1": plateforme.urls["saga-1"],
    }
    lignes = [f"{variable}={shlex.quote(valeur)}" for variable, valeur in {**communes, **propres}.items()]
    return "\n".join([*lignes, FONCTIONS])
