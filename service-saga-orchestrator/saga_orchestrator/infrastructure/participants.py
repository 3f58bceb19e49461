"""The neighbours over HTTP, through the gateway. One attempt per call: the engine repeats, with the same key."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from saga_orchestrator.domain.commande import STOCK_INSUFFISANT, Fiche, Ligne, LigneTarifee
from socle.http import ClientHttp, Reponse
from socle.saga.definition import RefusEtape
from socle.saga.participants import exiger, malforme


def _exiger(reponse: Reponse, service: str) -> Mapping[str, Any]:
    """See `socle.saga.participants.exiger`; a shortage has one code, whoever says it."""
    try:
        return exiger(reponse, service)
    except RefusEtape as refus:
        if "insuffisant" in f"{reponse.corps['error']} {refus.message}".lower():
            refus.code = STOCK_INSUFFISANT
        raise


class StocksHttp:
    """inventaire"""

    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def disponibles(self, magasin_id: str, produits: Sequence[str]) -> Mapping[str, int]:
        reponse = self._client.get(
            f"/stocks-locaux/{magasin_id}/",
            params={"produits": ",".join(produits)},
            endpoint="stocks-locaux",
            essais=1,
        )
        corps = _exiger(reponse, "inventaire")
        try:
            return {str(stock["produit_id"]).lower(): int(stock["quantite"]) for stock in corps["stocks"]}
        except (KeyError, TypeError, ValueError) as erreur:
            raise malforme("inventaire") from erreur

    def reserver(self, reference: str, magasin_id: str, lignes: Sequence[Ligne], cle: str) -> None:
        corps = {
            "reference": reference,
            "magasin_id": magasin_id,
            "lignes": [{"produit_id": ligne.produit_id, "quantite": ligne.quantite} for ligne in lignes],
        }
        _exiger(self._poster("diminuer-stock", corps, cle), "inventaire")

    def liberer(self, reference: str, cle: str) -> None:
        _exiger(self._poster("augmenter-stock", {"reference": reference}, cle), "inventaire")

    def _poster(self, route: str, corps: Mapping[str, Any], cle: str) -> Reponse:
        return self._client.post(f"/{route}/", corps, cle_idempotence=cle, endpoint=route, essais=1)


class CatalogueHttp:
    """catalogue"""

    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def fiches(self, produits: Sequence[str]) -> Mapping[str, Fiche]:
        reponse = self._client.get("/produits/", params={"ids": ",".join(produits)}, endpoint="produits", essais=1)
        corps = _exiger(reponse, "catalogue")
        try:
            return {
                str(p["id"]).lower(): Fiche(
                    str(p["nom"]), Decimal(p["prix"]).quantize(Decimal("0.01")), bool(p["actif"])
                )
                for p in corps["produits"]
            }
        except (KeyError, TypeError, ValueError, ArithmeticError) as erreur:
            raise malforme("catalogue") from erreur


class CommandesHttp:
    """commandes"""

    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def enregistrer(
        self, reference: str, magasin_id: str, client_id: str, lignes: Sequence[LigneTarifee], cle: str
    ) -> str:
        corps = {
            "magasin_id": magasin_id,
            "client_id": client_id,
            "reference": reference,
            "reservation_reference": reference,
            "lignes": [
                {
                    "produit_id": ligne.produit_id,
                    "quantite": ligne.quantite,
                    "produit_nom": ligne.produit_nom,
                    "prix_unitaire": ligne.prix_unitaire,
                }
                for ligne in lignes
            ],
        }
        reponse = self._client.post(
            "/ventes-ddd/enregistrer/", corps, cle_idempotence=cle, endpoint="ventes-ddd/enregistrer", essais=1
        )
        vente = _exiger(reponse, "commandes").get("vente")
        if not isinstance(vente, dict) or not isinstance(vente.get("id"), str):
            raise malforme("commandes")
        return str(vente["id"])

    def annuler(self, reference: str, motif: str, cle: str) -> None:
        reponse = self._client.post(
            f"/ventes-ddd/par-reference/{reference}/annuler/",
            {"motif": motif},
            cle_idempotence=cle,
            endpoint="ventes-ddd/par-reference/annuler",
            essais=1,
        )
        if _exiger(reponse, "commandes").get("etat") not in ("annulee", "jamais_creee"):
            raise malforme("commandes")
