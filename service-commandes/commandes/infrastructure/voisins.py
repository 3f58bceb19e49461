"""The `Catalogue` and `Inventaire` ports over HTTP, through the gateway."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from commandes.domain.erreurs import MagasinInvalide, ProduitInvalide, StockInsuffisant, VenteAbandonnee
from commandes.domain.intention import Demande, Fiche
from commandes.domain.vente import NOM_MAX, PRIX_MIN
from socle.http import ClientHttp, Reponse, ServiceIndisponible


class CatalogueHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def fiche(self, produit_id: UUID) -> Fiche:
        reponse = self._client.get(f"/produits/{produit_id}/", endpoint="produits")
        if reponse.statut == 404 and "code" in reponse.corps:
            raise ProduitInvalide(f"Produit invalide : aucun produit n'a l'identifiant {produit_id}.")
        nom, prix = reponse.corps.get("nom"), reponse.corps.get("prix")
        if not reponse.ok or not isinstance(nom, str) or not isinstance(prix, int | Decimal):
            raise _inattendue(self._client, reponse, effet_possible=False)
        if reponse.corps.get("actif") is not True or prix < PRIX_MIN:
            raise ProduitInvalide(f"Produit invalide : {nom} n'est plus vendu.")
        return Fiche(nom=nom[:NOM_MAX], prix=Decimal(prix).quantize(Decimal("0.01")))


class InventaireHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def reserver(self, reference: UUID, demande: Demande) -> None:
        reponse = self._client.post(
            "/diminuer-stock/",
            {
                "reference": reference,
                "magasin_id": demande.magasin_id,
                "lignes": [{"produit_id": demande.produit_id, "quantite": demande.quantite}],
            },
            cle_idempotence=str(reference),
            endpoint="diminuer-stock",
        )
        if not reponse.ok:
            self._refuser(reponse, demande)

    def liberer(self, reference: UUID) -> None:
        reponse = self._client.post(
            "/augmenter-stock/",
            {"reference": reference},
            cle_idempotence=f"{reference}:liberation",
            endpoint="augmenter-stock",
        )
        if not reponse.ok:
            raise _inattendue(self._client, reponse, effet_possible=False)

    def quantites(self, magasin_id: UUID) -> Sequence[int]:
        reponse = self._client.get(f"/stocks-locaux/{magasin_id}/", endpoint="stocks-locaux")
        if reponse.statut == 404 and "code" in reponse.corps:
            return []  # a magasin that never held anything
        try:
            if reponse.ok:
                return [int(stock["quantite"]) for stock in reponse.corps["stocks"]]
        except (KeyError, TypeError, ValueError):
            pass  # not the inventory's answer: said below
        raise _inattendue(self._client, reponse, effet_possible=False)

    def _refuser(self, reponse: Reponse, demande: Demande) -> None:
        code = reponse.corps.get("code")
        if code == "stock_insuffisant":
            details = reponse.corps.get("details")
            phrase = details if isinstance(details, str) else "Stock insuffisant."
            raise StockInsuffisant(phrase, extra={"produits": reponse.corps.get("produits", [])})
        if code == "produit_inexistant":
            raise ProduitInvalide(f"Produit invalide : l'inventaire ne connaît pas {demande.produit_id}.")
        if code == "magasin_inexistant":
            raise MagasinInvalide(f"Magasin invalide : l'inventaire ne connaît pas {demande.magasin_id}.")
        if code == "reference_annulee":
            raise VenteAbandonnee("La vente a été abandonnée ; son stock est rendu.")
        raise _inattendue(self._client, reponse, effet_possible=True)


def _inattendue(client: ClientHttp, reponse: Reponse, *, effet_possible: bool) -> ServiceIndisponible:
    """A refused key, a page that is not the service's: no answer at all, and surely no business refusal."""
    return ServiceIndisponible(client.nom, f"HTTP {reponse.statut}", effet_possible=effet_possible)
