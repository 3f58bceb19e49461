from magasin.infrastructure.clients.base import TOUT, ClientService, Objet


class InventaireClient(ClientService):
    """Stocks and replenishment requests (contract, section 3)."""

    def stocks_centraux(self) -> list[Objet]:
        return self.liste(self.lire("/stocks-centraux/", {"page_size": TOUT}), "stocks")

    def stocks_des_magasins(self) -> list[Objet]:
        """Every magasin with all its stocks, in one call."""
        return self.liste(self.lire("/magasins-stocks/", {"page_size": TOUT}), "magasins")

    def stocks_du_magasin(self, magasin_id: str) -> dict[str, Objet]:
        """The stock of each product the magasin has, by product."""
        stocks = self.liste(self.lire(f"/stocks-locaux/{magasin_id}/"), "stocks")
        return {str(stock["produit_id"]): stock for stock in stocks}

    def besoins(self, magasin_id: str) -> list[Objet]:
        """What the magasin should ask for."""
        return self.liste(self.lire(f"/analyser-besoins/{magasin_id}/"), "besoins")

    def demandes_du_magasin(self, magasin_id: str) -> list[Objet]:
        return self.liste(self.lire(f"/demandes/magasin/{magasin_id}/", {"page_size": TOUT}), "demandes")

    def demander(self, *, produit_id: str, magasin_id: str, quantite: int, cle: str) -> Objet:
        corps = {"produit_id": produit_id, "magasin_id": magasin_id, "quantite": quantite}
        return self.envoyer("POST", "/demandes/", corps, cle=cle)
