"""The driver: buyers of every temper, in both styles, until told to stop. What they do follows from the seed.

Each buyer is a client of its own with one cart, so that whatever exists under that client is this purchase's doing.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.chaos.acces import Acces, Echange, Injoignable
from tests.chaos.achats import STYLES, Achat, Rayon, Style

EN_LIGNE = "550e8400-e29b-41d4-a716-446655440000"
NORD = "33333333-3333-3333-3333-333333333332"
"""A magasin of the seed where the driver puts nothing: buying there is a shortage."""

CONDUITES = ("simple", "rejoue", "doublon", "abandon", "abandon_repris", "impatient", "sans_cle", "autre_corps")
_POIDS = (5, 2, 3, 1, 2, 2, 1, 1)
_ABONDANTS, _RARES = 4, 3
_LIVRAISON, _LIVRAISONS, _STOCK_RARE = 10_000, 12, 30
"""What is plentiful must outlast the longest run: some sixty thousand purchases."""
_PRIX = (10.0, 12.5, 7.99, 104.95, 20.0, 3.33, 58.0)


class Trafic:
    """`fils` buyers at a time; `patience_s`: how long one insists before giving up."""

    def __init__(self, acces: Acces, graine: int, *, fils: int = 4, patience_s: float = 45.0) -> None:
        self._acces, self._graine, self._fils, self._patience_s = acces, graine, fils, patience_s
        self._verrou = threading.Lock()
        self._prochain, self._tirages = 0, 0
        self.achats: list[Achat] = []
        self.rayon = Rayon(initial={}, abondants=[], rares=[])

    # -- before ------------------------------------------------------------------------------------------------------

    def preparer(self) -> None:
        """Products of its own and their stock. The platform is calm: raises `Injoignable` when it is not."""
        for rang in range(_ABONDANTS + _RARES):
            nom = f"Chaos {uuid.uuid4().hex}"
            corps = {"nom": nom, "categorie": "Meubles", "prix": _PRIX[rang % len(_PRIX)]}
            produit = self._exiger("/api/catalogue/ajouter/", corps, 201).json["data"]["id"]
            abondant = rang < _ABONDANTS
            livraisons = [_LIVRAISON] * _LIVRAISONS if abondant else [_STOCK_RARE]
            for quantite in livraisons:
                corps = {"produit_id": produit, "quantite": quantite, "magasin_id": EN_LIGNE}
                self._exiger("/api/inventaire/augmenter-stock/", corps, 200)
            (self.rayon.abondants if abondant else self.rayon.rares).append(produit)
            self.rayon.initial |= {(produit, EN_LIGNE): sum(livraisons), (produit, NORD): 0}

    def _exiger(self, chemin: str, corps: object, statut: int) -> Echange:
        echange = self._acces.insister("POST", chemin, corps, cle=str(uuid.uuid4()))
        if echange.statut != statut:
            raise Injoignable(f"POST {chemin} : {echange.statut} {echange.octets[:300]!r}")
        return echange

    # -- during ------------------------------------------------------------------------------------------------------

    def tourner(self, arret: threading.Event, *, maximum: int | None = None) -> None:
        """Buy until `arret` is set, or until `maximum` purchases exist."""

        def acheteur() -> None:
            while not arret.is_set() and (maximum is None or len(self.achats) < maximum):
                for achat in self._choisir():
                    self._jouer(achat)

        with ThreadPoolExecutor(self._fils) as bassin:
            for travail in [bassin.submit(acheteur) for _ in range(self._fils)]:
                travail.result()

    def jumeaux(self) -> list[Achat]:
        """Two pairs of twins, one that must sell and one that must not."""
        paires: list[Achat] = []
        for magasin, attendu in ((EN_LIGNE, "vendu"), (NORD, "refuse")):
            lignes = dict(zip(self.rayon.abondants, (1, 2, 3, 1), strict=True))
            for achat in self._paire(lignes, magasin, "simple", attendu):
                self._jouer(achat)
                paires.append(achat)
        return paires

    def _nouvel(self, **champs: object) -> Achat:
        with self._verrou:
            achat = Achat(numero=self._prochain, sentinelle=f"Sentinelle{uuid.uuid4().hex}", **champs)  # type: ignore[arg-type]
            self._prochain += 1
            self.achats.append(achat)
        return achat

    def _paire(self, lignes: dict[str, int], magasin: str, conduite: str, attendu: str | None) -> Sequence[Achat]:
        premier, second = (
            self._nouvel(style=style, conduite=conduite, magasin_id=magasin, lignes=lignes, attendu=attendu)
            for style in STYLES
        )
        premier.jumeau, second.jumeau = second.numero, premier.numero
        return premier, second

    def _choisir(self) -> Sequence[Achat]:
        """The next purchase or pair of twins; a pure function of the seed and of the turn."""
        with self._verrou:
            self._tirages += 1
            hasard = random.Random(f"{self._graine}/{self._tirages}")
        produits = hasard.sample(self.rayon.abondants, hasard.randint(1, _ABONDANTS))
        rare = hasard.random() < 0.3
        if rare:
            produits.append(hasard.choice(self.rayon.rares))
        lignes = {produit: hasard.randint(1, 5) for produit in produits}
        magasin = NORD if hasard.random() < 0.12 else EN_LIGNE
        attendu = "refuse" if magasin == NORD else None if rare else "vendu"
        conduite = hasard.choices(CONDUITES, _POIDS)[0]
        if hasard.random() < 0.2:
            return self._paire(lignes, magasin, conduite, attendu)
        style: Style = hasard.choice(STYLES)
        return [self._nouvel(style=style, conduite=conduite, magasin_id=magasin, lignes=lignes, attendu=attendu)]

    # -- one buyer -----------------------------------------------------------------------------------------------------

    def _jouer(self, achat: Achat) -> None:
        try:
            self._inscrire(achat)
            self._remplir(achat)
            if achat.panier:
                self._acheter(achat)
        except Injoignable:
            pass  # what the client was told, or not told, is in its exchanges

    def _insister(self, achat: Achat, methode: str, chemin: str, corps: object, cle: str) -> Echange:
        return self._acces.insister(methode, chemin, corps, cle=cle, patience_s=self._patience_s, noter=achat.noter)

    def _inscrire(self, achat: Achat) -> None:
        corps = {
            "prenom": "Essai",
            "nom": achat.sentinelle,
            "email": f"{achat.sentinelle.lower()}@example.com",
            "adresse_rue": "1 rue de l'Essai",
            "adresse_ville": "Montréal",
            "adresse_code_postal": "H2X 1Y4",
        }
        reponse = self._insister(achat, "POST", "/api/ecommerce/clients/", corps, str(uuid.uuid4()))
        if reponse.statut == 201:
            achat.client_id = reponse.json["client"]["id"]

    def _remplir(self, achat: Achat) -> None:
        if not achat.client_id:
            return
        chemin = f"/api/ecommerce/panier/clients/{achat.client_id}/panier/"
        achat.incertain = True
        for produit, quantite in achat.lignes.items():
            corps = {"produit_id": produit, "quantite": quantite}
            if self._insister(achat, "POST", chemin, corps, str(uuid.uuid4())).statut == 201:
                achat.panier[produit] += quantite
        achat.incertain = False

    def _acheter(self, achat: Achat) -> None:
        demande = ("POST", achat.chemin, achat.corps)
        if achat.conduite == "sans_cle":
            achat.noter(self._acces.appeler(*demande))
            return
        achat.cle = str(uuid.uuid4())
        if achat.conduite == "doublon":
            with ThreadPoolExecutor(3) as bassin:
                for travail in [bassin.submit(self._acces.appeler, *demande, cle=achat.cle) for _ in range(3)]:
                    achat.noter(travail.result())
        elif achat.conduite.startswith("abandon"):
            achat.noter(self._acces.abandonner(*demande, cle=achat.cle))
            if achat.conduite == "abandon":
                return
        elif achat.conduite == "impatient":
            achat.noter(self._acces.appeler(*demande, cle=achat.cle, delai_s=0.05))
        reponse = self._insister(achat, *demande, achat.cle)
        if achat.conduite in ("rejoue", "autre_corps") and reponse.statut < 300:
            corps = achat.corps | ({"notes": "une autre demande"} if achat.conduite == "autre_corps" else {})
            achat.noter(self._acces.appeler("POST", achat.chemin, corps, cle=achat.cle))
