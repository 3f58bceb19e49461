from magasin.infrastructure.clients.base import ClientService, Objet


class CommandesClient(ClientService):
    """Stores, sales, indicators (contract, section 4)."""

    def magasins(self) -> list[Objet]:
        return self.liste(self.lire("/magasins/"), "magasins")

    def indicateurs(self, jours: int) -> list[Objet]:
        """One entry per magasin, over the last `jours` days."""
        return self.liste(self.lire("/indicateurs/", {"jours": jours}), "resultats")

    def rapport_consolide(self, jours: int) -> list[Objet]:
        return self.liste(self.lire("/rapport-consolide/", {"jours": jours}), "resultats")

    def dernieres_ventes(self, nombre: int) -> list[Objet]:
        return self.liste(self.lire("/ventes-ddd/", {"page_size": nombre}), "ventes")

    def enregistrer_vente(self, *, magasin_id: str, client_id: str, produit_id: str, quantite: int, cle: str) -> Objet:
        corps = {"magasin_id": magasin_id, "client_id": client_id, "produit_id": produit_id, "quantite": quantite}
        return self.envoyer("POST", "/ventes-ddd/enregistrer/", corps, cle=cle)["vente"]
