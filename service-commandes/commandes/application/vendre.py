"""Sell one product: a saga of two steps inside this service.

Guarantee: the sale shows only once its stock is held, and stock taken for a sale that never shows goes back.

1. What is to be done (identifier, name, price) is written before the first effect. It is done under that
   identifier, so that doing it twice is doing it once.
2. The state of the intention decides: the sale shows only in the transaction that takes it from EN_SUSPENS to
   TERMINEE, and what left EN_SUSPENS otherwise never shows.
3. A request that fails leaves it EN_SUSPENS. The same key goes on with it; without that, `Reprendre` gives it up
   after `vente_abandon_s`: a caller that was told 503 does not find a sale it no longer expects.
4. A 2xx and a refusal are given again to the same key. A sale given up frees its key: the next try is a new sale.
"""

import json
from dataclasses import dataclass
from uuid import uuid4

from commandes.application.enregistrer import Enregistrer
from commandes.application.ports import Catalogue, Cle, Corps, Intentions, Inventaire, Lectures
from commandes.domain.erreurs import MagasinInvalide, ProduitInvalide, StockInsuffisant, VenteAbandonnee
from commandes.domain.intention import Demande, Etat, Intention
from socle import fautes, jsons
from socle.correlation import correlation_id, echeance
from socle.erreurs import CleReutilisee, Conflit, RefusMetier

_ABANDONNEE = "La vente n'a pas abouti à temps ; son stock est rendu."


@dataclass(frozen=True, kw_only=True, slots=True)
class Vendre:
    intentions: Intentions
    lectures: Lectures
    catalogue: Catalogue
    inventaire: Inventaire
    enregistrer: Enregistrer
    delai_s: float

    def __call__(self, demande: Demande, cle: Cle | None) -> Corps:
        """Idempotent under a key. At most `delai_s` seconds of neighbours.

        Raises `MagasinInvalide`, `ProduitInvalide`, `StockInsuffisant`; `CleReutilisee` for another request under the
        same key; `Indisponible` when a neighbour does not answer, or `VenteAbandonnee`: nothing is sold then.
        """
        with echeance(self.delai_s):
            intention = self._retrouver(demande, cle) or self._decider(demande, cle)
            return self._conclure(intention)

    def _retrouver(self, demande: Demande, cle: Cle | None) -> Intention | None:
        intention = self.intentions.retrouver(cle) if cle else None
        if intention is not None and intention.demande != demande:
            raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre vente.")
        return intention

    def _decider(self, demande: Demande, cle: Cle | None) -> Intention:
        intention = self._nouvelle(demande)
        if intention.etat is Etat.REFUSEE and cle is None:
            return intention  # nobody can ask for this refusal again
        if self.intentions.inscrire(intention, cle):
            fautes.point("vente.apres_intention")
            return intention
        return self._retrouver(demande, cle) or self._abandonnee()

    def _nouvelle(self, demande: Demande) -> Intention:
        try:
            if not self.lectures.magasin_existe(demande.magasin_id):
                raise MagasinInvalide(f"Magasin invalide : aucun magasin n'a l'identifiant {demande.magasin_id}.")
            fiche = self.catalogue.fiche(demande.produit_id)
        except (MagasinInvalide, ProduitInvalide) as refus:
            return Intention(
                vente_id=uuid4(), demande=demande, fiche=None, etat=Etat.REFUSEE, refus=_ecrire_refus(refus)
            )
        return Intention(vente_id=uuid4(), demande=demande, fiche=fiche)

    def _conclure(self, intention: Intention) -> Corps:
        if intention.refus is not None:
            raise _lire_refus(intention.refus)
        if intention.etat is Etat.A_LIBERER:
            self._abandonnee()
        if intention.etat is Etat.EN_SUSPENS:
            self._reserver(intention)
        return self._montrer(intention)

    def _reserver(self, intention: Intention) -> None:
        try:
            self.inventaire.reserver(intention.vente_id, intention.demande)
        except (StockInsuffisant, ProduitInvalide, MagasinInvalide) as refus:
            texte = _ecrire_refus(refus)
            if not self.intentions.refuser(intention.vente_id, texte):
                self._abandonnee()
            raise _lire_refus(texte) from refus
        fautes.point("vente.apres_reservation")

    def _montrer(self, intention: Intention) -> Corps:
        def terminer() -> None:
            if not self.intentions.terminer(intention.vente_id):
                self._abandonnee()

        try:
            return self.enregistrer(intention.vente(), avec=terminer)
        except (RefusMetier, Conflit):
            self.intentions.abandonner(intention.vente_id)
            raise

    def _abandonnee(self) -> Intention:
        raise VenteAbandonnee(_ABANDONNEE)


def _ecrire_refus(refus: RefusMetier) -> str:
    corps = {"error": refus.error, "code": refus.code, "details": refus.details}
    return jsons.ecrire({**corps, "extra": {"correlation_id": correlation_id(), **refus.extra}}).decode()


def _lire_refus(texte: str) -> RefusMetier:
    corps = json.loads(texte)
    return RefusMetier(corps["details"], error=corps["error"], code=corps["code"], extra=corps["extra"])
