from typing import Any

from magasin.application.refus import Refus
from magasin.infrastructure.clients.base import TOUT, ClientService, Objet
from socle import correlation
from socle.http import ClientHttp, ServiceIndisponible

STYLES = {"orchestre": "checkout/", "choreo": "checkout/choreo/"}


class EcommerceClient(ClientService):
    """Clients, carts and checkouts (contract, section 6). `patient` waits longer: for the checkouts alone."""

    def __init__(self, http: ClientHttp, patient: ClientHttp) -> None:
        super().__init__(http)
        self._patient = ClientService(patient)

    def refermer(self) -> None:
        super().refermer()
        self._patient.refermer()

    def clients(self) -> list[Objet]:
        return self.liste(self.lire("/clients/", {"page_size": TOUT}), "clients")

    def client(self, client_id: str) -> Objet:
        return self.lire(f"/clients/{client_id}/")["client"]

    def panier(self, client_id: str) -> Objet:
        return self.lire(_panier(client_id))

    def ajouter_au_panier(self, client_id: str, *, produit_id: str, quantite: int, cle: str) -> Objet:
        corps = {"produit_id": produit_id, "quantite": quantite}
        return self.envoyer("POST", _panier(client_id), corps, cle=cle)

    def fixer_quantite(self, client_id: str, *, produit_id: str, quantite: int, cle: str) -> Objet:
        """0 takes the product out."""
        return self.envoyer("PUT", f"{_panier(client_id)}produits/{produit_id}/", {"quantite": quantite}, cle=cle)

    def vider_panier(self, client_id: str, *, cle: str) -> Objet:
        return self.envoyer("DELETE", _panier(client_id), cle=cle)

    def commander(self, client_id: str, style: str, demande: dict[str, Any], *, cle: str) -> str:
        """The id of the checkout that this key opened, whether it goes on or has ended, well or not.

        An orchestrated checkout answers when it ends: one that takes longer than `patient` waits is looked for by its
        correlation id, which is the key. Raises `Refus` when none was opened, `Indisponible` when that cannot be known:
        sending again with the same key is safe.
        """
        with correlation.contexte(cle, correlation.traceparent()):
            try:
                reponse = self._patient.envoyer(
                    "POST", f"/commandes/clients/{client_id}/{STYLES[style]}", demande, cle=cle
                )
                return str(reponse["checkout_id"])
            except Refus as refus:
                if "checkout_id" not in refus.corps:
                    raise
                return str(refus.corps["checkout_id"])
            except ServiceIndisponible as panne:
                ouvert = self.checkout_de(client_id, cle) if panne.effet_possible else None
                if ouvert is None:
                    raise
                return ouvert

    def checkout_de(self, client_id: str, cle: str) -> str | None:
        """The id of the client's checkout of that correlation id, among the latest."""
        derniers = self.lire("/commandes/checkouts/", {"client_id": client_id, "page_size": 10})
        return next(
            (str(c["checkout_id"]) for c in self.liste(derniers, "checkouts") if c.get("correlation_id") == cle), None
        )

    def suivre(self, client_id: str, checkout_id: str) -> Objet:
        """Status of either style, with its merged history."""
        return self.lire(f"/commandes/clients/{client_id}/checkout/{checkout_id}/")

    def historique(self, client_id: str, limite: int) -> list[Objet]:
        return self.liste(self.lire(f"/commandes/clients/{client_id}/historique/", {"limite": limite}), "commandes")


def _panier(client_id: str) -> str:
    return f"/panier/clients/{client_id}/panier/"
