"""Buyers of both styles at work while something breaks, and what must be true of all they did once it is over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.commun.monde import MAGASIN_EN_LIGNE, Monde, attendre
from tests.e2e.invariants import exiger_i1, exiger_i2
from tests.fautes.scenarios import Histoire, acheter

ACHETEURS = 6
"""Purchases under way at the same time."""

STYLES = ("orchestre", "choreo")


@dataclass
class Clientele:
    """One product with `stock` units, and as many buyers who each want one, in turn in one style and in the other."""

    monde: Monde
    produit: str
    stock: int
    histoires: list[Histoire]
    _bassin: ThreadPoolExecutor
    _achats: list[Future[None]] = field(default_factory=list)

    def envoyer(self, nombre: int) -> list[Future[None]]:
        """The next `nombre` buyers come: each insists, with one key, until there is a final answer."""
        rangs = range(len(self._achats), len(self._achats) + nombre)
        venus = [self._bassin.submit(acheter(STYLES[rang % 2]), self.histoires[rang]) for rang in rangs]
        self._achats += venus
        return venus

    def exiger_rien_perdu_rien_double(self) -> int:
        """Every buyer has an answer, every checkout ends (I3), and I1 and I2 hold; the units sold."""
        for achat in self._achats:
            achat.result()
        venus = self.histoires[: len(self._achats)]
        for histoire in venus:
            attendre(histoire.conclue, f"conclusion de {histoire.client}", 30)
        finis = [checkout for histoire in venus for checkout in histoire.checkouts()]
        for identifiant, _, statut in finis:
            exiger_i2(self.monde, identifiant, {self.produit: 1} if statut == "finalise" else None)
        attendre(lambda: venus[0].comptes()[1] == 0, "plus rien de réservé", 20)
        vendus = exiger_i1(self.monde, self.produit, self.stock)
        assert vendus == [statut for _, _, statut in finis].count("finalise")
        return vendus


@contextmanager
def clientele(monde: Monde, nombre: int) -> Iterator[Clientele]:
    """`nombre` new buyers, their carts filled; at the end of the block those who came have got their answers."""
    produit = monde.nouveau_produit(en_ligne=nombre)

    def histoire(_: int) -> Histoire:
        return Histoire(monde, produit, monde.client_avec_panier((produit, 1)), MAGASIN_EN_LIGNE)

    with ThreadPoolExecutor(ACHETEURS) as bassin:
        yield Clientele(monde, produit, nombre, list(bassin.map(histoire, range(nombre))), bassin)


class ErreursServies:
    """The answers 5xx of the native gateway from now on, to buyers and between services, from its access log."""

    def __init__(self, monde: Monde) -> None:
        self._journal = monde.plateforme.lieux.journal("gateway")
        self._vues = {ligne["request_id"] for ligne in self._toutes()}

    def nouvelles(self) -> list[dict[str, Any]]:
        """Those that were not there before, each told once."""
        lues = [ligne for ligne in self._toutes() if ligne["request_id"] not in self._vues]
        self._vues |= {ligne["request_id"] for ligne in lues}
        return lues

    def _toutes(self) -> list[dict[str, Any]]:
        """With the file that the supervisor set aside last: it may do so meanwhile."""
        fichiers = [self._journal.with_name(f"{self._journal.name}.1"), self._journal]
        texte = "".join(f.read_text(errors="replace") for f in fichiers if f.exists())  # one line may be in both
        lignes = [ligne for ligne in texte.splitlines() if ligne.startswith('{"') and ligne.endswith("}")]
        return [json.loads(ligne) for ligne in lignes if '"statut":5' in ligne]
