from decimal import Decimal
from typing import Any

from magasin.infrastructure.clients.base import TOUT, ClientService, Objet


class CatalogueClient(ClientService):
    """Products (contract, section 2)."""

    def rechercher(self, *, nom: str = "", categorie: str = "", archives: bool = False) -> list[Objet]:
        """The products found, archived ones included if asked, in one call."""
        criteres = {
            "nom": nom,
            "categorie": categorie,
            "actifs_seulement": "false" if archives else "true",
            "page_size": TOUT,
        }
        return self.liste(self.lire("/rechercher/", criteres).get("data", {}), "produits")

    def categories(self) -> list[str]:
        return [str(categorie["nom"]) for categorie in self.liste(self.lire("/categories/"), "categories")]

    def produit(self, produit_id: str) -> Objet:
        return self.lire(f"/produits/{produit_id}/")

    def historique_des_prix(self, produit_id: str) -> list[Objet]:
        """Newest first."""
        return self.liste(self.lire(f"/produits/{produit_id}/prix/"), "historique")

    def ajouter(self, produit: dict[str, Any], *, cle: str) -> Objet:
        return self.envoyer("POST", "/ajouter/", produit, cle=cle)["data"]

    def changer_prix(self, produit_id: str, prix: Decimal, *, cle: str) -> Objet:
        return self.envoyer("PATCH", f"/produits/{produit_id}/prix/", {"prix": prix}, cle=cle)["data"]

    def archiver(self, produit_id: str, *, cle: str) -> Objet:
        return self.envoyer("POST", f"/produits/{produit_id}/archiver/", cle=cle)["data"]

    def reactiver(self, produit_id: str, *, cle: str) -> Objet:
        return self.envoyer("POST", f"/produits/{produit_id}/reactiver/", cle=cle)["data"]
