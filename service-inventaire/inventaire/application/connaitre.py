"""Products and magasins this service has heard of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn, TypeVar
from uuid import UUID

from inventaire.application.ports import Catalogue, Connus
from inventaire.domain.stock import Inconnus, refuser_inconnus

T = TypeVar("T")


class _ADemander(Exception):
    """Products without a reference row: leave the transaction and ask the catalogue. Not a refusal."""

    def __init__(self, produits: Sequence[UUID]) -> None:
        super().__init__(produits)
        self.produits = produits


def _demander(produits: Sequence[UUID]) -> NoReturn:
    raise _ADemander(produits)


@dataclass(frozen=True, slots=True)
class Connaitre:
    catalogue: Catalogue
    connus: Connus

    def produits(self, operation: Callable[[Inconnus], T]) -> T:
        """Run `operation`; if it meets products never heard of, ask the catalogue once and run it again.

        The catalogue is asked outside the operation's transaction, and never for a product known here. Raises
        `ProduitInexistant` (from the operation, which may record it), `Indisponible`.
        """
        try:
            return operation(_demander)
        except _ADemander as inconnus:
            trouves = self.catalogue.noms(inconnus.produits)
        self.connus.inscrire_produits(trouves)
        return operation(refuser_inconnus)

    def magasin(self, magasin_id: UUID, nom: str) -> None:
        """Told by whoever owns the magasins. Idempotent."""
        self.connus.inscrire_magasin(magasin_id, nom)
