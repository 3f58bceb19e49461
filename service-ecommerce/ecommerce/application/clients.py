"""Clients: create, read, erase."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from ecommerce.application.ports import Atomique, Clients, FicheClient
from ecommerce.domain.client import Client


@dataclass(frozen=True, slots=True)
class GererClients:
    clients: Clients
    atomique: Atomique

    def creer(self, client: Client) -> FicheClient:
        """Not idempotent by itself: a second call is refused. Raises `CourrielUtilise`."""
        with self.atomique():
            self.clients.ajouter(client)
            return self.clients.lire(client.id)

    def lire(self, client_id: UUID) -> FicheClient:
        """Raises `ClientIntrouvable`."""
        return self.clients.lire(client_id)

    def plusieurs(self, ids: Sequence[str]) -> tuple[list[FicheClient], list[str]]:
        """The known clients and the unknown identifiers, in the order asked; one SQL statement."""
        trouves = {str(fiche.id): fiche for fiche in self.clients.par_ids(ids)}
        return [trouves[cle] for cle in ids if cle in trouves], [cle for cle in ids if cle not in trouves]

    def lister(self, *, debut: int, taille: int) -> tuple[list[FicheClient], int]:
        """One page and the total."""
        return self.clients.lister(debut=debut, taille=taille)

    def effacer(self, client_id: UUID) -> FicheClient:
        """Erase the person, keep the pseudonymous row. Idempotent. Raises `ClientIntrouvable`."""
        with self.atomique():
            self.clients.effacer(client_id)
            return self.clients.lire(client_id)
