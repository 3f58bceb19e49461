"""The `Catalogue` port over HTTP, through the gateway."""

from collections.abc import Sequence
from uuid import UUID

from socle.correlation import echeance
from socle.http import ClientHttp, ServiceIndisponible


class CatalogueHttp:
    def __init__(self, client: ClientHttp, delai_s: float) -> None:
        self._client, self._delai_s = client, delai_s

    def noms(self, produits: Sequence[UUID]) -> dict[UUID, str]:
        trouves = {}
        with echeance(self._delai_s):
            for produit in produits:
                reponse = self._client.get(f"/api/catalogue/produits/{produit}/")
                if reponse.statut == 404:
                    continue
                nom = reponse.corps.get("nom")
                if reponse.statut != 200 or not isinstance(nom, str):
                    # A refused key, a page that is not the catalogue's: no answer, and surely not "does not exist".
                    raise ServiceIndisponible("catalogue", f"HTTP {reponse.statut}", effet_possible=False)
                trouves[produit] = nom[:200]
        return trouves
