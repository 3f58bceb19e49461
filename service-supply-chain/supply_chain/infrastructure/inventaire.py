"""inventaire over HTTP, through the gateway. The steps make one attempt per call: the engine repeats, same key."""

import logging
from collections.abc import Mapping
from typing import Any

from socle.erreurs import CleReutilisee
from socle.http import ClientHttp, Reponse
from socle.saga.definition import PanneEtape, RefusEtape
from socle.saga.participants import exiger, malforme
from supply_chain.application.ports import Page
from supply_chain.domain.demande import APPROUVEE, ECHEC_VALIDATION, Demande
from supply_chain.domain.erreurs import DemandeDejaTraitee, DemandeInexistante

journal = logging.getLogger("supply_chain.inventaire")

_SERVICE = "inventaire"
_LIGNE_MAX = 10_000
"""Units of one line of a lot; inventaire adds up the lines of one product."""
_CHAMPS = ("id", "produit_id", "magasin_id", "statut", "nom_produit", "nom_magasin")


class DemandesHttp:
    """`supply_chain.application.ports.Demandes`."""

    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def en_attente(self, *, page: int, taille: int) -> Page:
        corps = self._exiger("", self._client.get("/demandes/en-attente/", params={"page": page, "page_size": taille}))
        try:
            demandes = [{**demande, "quantite": int(demande["quantite"])} for demande in corps["demandes"]]
            return Page(demandes, int(corps["total"]))
        except (KeyError, TypeError, ValueError) as erreur:
            raise malforme(_SERVICE) from erreur

    def lire(self, demande_id: str) -> Demande:
        corps = self._exiger(demande_id, self._client.get(f"/demandes/{demande_id}/"))
        try:
            return Demande(**{nom: str(corps[nom]) for nom in _CHAMPS}, quantite=int(corps["quantite"]))
        except (KeyError, TypeError, ValueError) as erreur:
            raise malforme(_SERVICE) from erreur

    def rejeter(self, demande_id: str, motif: str, cle: str) -> None:
        reponse = self._client.appeler(
            "PUT", f"/demandes/{demande_id}/rejeter/", corps={"motif": motif}, cle_idempotence=cle
        )
        self._exiger(demande_id, reponse)

    def _exiger(self, demande_id: str, reponse: Reponse) -> Mapping[str, Any]:
        try:
            return exiger(reponse, _SERVICE)
        except RefusEtape as refus:
            if refus.code == DemandeInexistante.code:
                raise DemandeInexistante(demande_id) from refus
            if refus.code == DemandeDejaTraitee.code:
                raise DemandeDejaTraitee(refus.message) from refus
            if refus.code == CleReutilisee.code:
                raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre requête.") from refus
            raise PanneEtape(f"{_SERVICE} : {refus.message}", effet_possible=False) from refus


class InventaireHttp:
    """`supply_chain.application.ports.Inventaire`."""

    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def prelever(self, reference: str, produit_id: str, quantite: int, cle: str) -> None:
        self._poster("diminuer-stock", {"reference": reference, "lignes": _lignes(produit_id, quantite)}, cle)

    def rendre(self, reference: str, cle: str) -> None:
        self._poster("augmenter-stock", {"reference": reference}, cle)

    def ajouter(self, reference: str, magasin_id: str, produit_id: str, quantite: int, cle: str) -> None:
        corps = {"reference": reference, "magasin_id": magasin_id, "lignes": _lignes(produit_id, quantite)}
        self._poster("augmenter-stock", corps, cle)

    def retirer(self, reference: str, cle: str) -> None:
        self._poster("augmenter-stock", {"reference": reference, "annulation": True}, cle)

    def approuver(self, reference: str, demande_id: str, cle: str) -> None:
        self._fixer(demande_id, {"statut": APPROUVEE, "workflow_id": reference}, cle)

    def constater_echec(self, reference: str, demande_id: str, motif: str, cle: str) -> None:
        try:
            self._fixer(demande_id, {"statut": ECHEC_VALIDATION, "motif": motif, "workflow_id": reference}, cle)
        except RefusEtape as refus:
            if refus.code not in ("statut_fige", DemandeInexistante.code):
                raise
            journal.info("demande %s: %s ; rien à marquer", demande_id, refus.code)

    def _fixer(self, demande_id: str, corps: Mapping[str, Any], cle: str) -> None:
        exiger(
            self._client.appeler(
                "PUT", f"/demandes/{demande_id}/statut/", corps=corps, cle_idempotence=cle, endpoint="statut", essais=1
            ),
            _SERVICE,
        )

    def _poster(self, route: str, corps: Mapping[str, Any], cle: str) -> None:
        exiger(self._client.post(f"/{route}/", corps, cle_idempotence=cle, endpoint=route, essais=1), _SERVICE)


def _lignes(produit_id: str, quantite: int) -> list[dict[str, Any]]:
    pleines, reste = divmod(quantite, _LIGNE_MAX)
    return [{"produit_id": produit_id, "quantite": n} for n in [_LIGNE_MAX] * pleines + [reste] * (reste > 0)]
