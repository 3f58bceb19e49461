from magasin.infrastructure.clients.base import ClientService, Objet


class SagaClient(ClientService):
    """Orchestrated sagas (contract, section 7)."""

    def saga(self, saga_id: str) -> Objet:
        """State, history and what it waits for."""
        return self.lire(f"/commandes/{saga_id}/")
