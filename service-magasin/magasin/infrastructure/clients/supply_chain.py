from magasin.infrastructure.clients.base import TOUT, ClientService, Objet
from socle.http import ClientHttp


class SupplyChainClient(ClientService):
    """Replenishment requests and the workflows that validate them (contract, section 5).

    `patient` waits for a whole workflow: for validations alone.
    """

    def __init__(self, http: ClientHttp, patient: ClientHttp) -> None:
        super().__init__(http)
        self._patient = ClientService(patient)

    def refermer(self) -> None:
        super().refermer()
        self._patient.refermer()

    def demandes_en_attente(self) -> list[Objet]:
        return self.liste(self.lire("/demandes-en-attente/", {"page_size": TOUT}), "demandes")

    def derniers_workflows(self, nombre: int) -> list[Objet]:
        return self.liste(self.lire("/workflows/", {"page_size": nombre}), "workflows")

    def workflow(self, workflow_id: str) -> Objet:
        """With its steps and its history."""
        return self.lire(f"/workflows/{workflow_id}/")

    def workflow_de(self, demande_id: str) -> Objet | None:
        """The workflow of a request, if it has one."""
        trouves = self.liste(self.lire("/workflows/", {"demande_id": demande_id, "page_size": 1}), "workflows")
        return trouves[0] if trouves else None

    def valider(self, demande_id: str, *, cle: str) -> Objet:
        """The workflow's answer, or where it stands if it goes on; a workflow that undid itself is a `Refus`."""
        return self._patient.envoyer("POST", f"/valider-demande/{demande_id}/", cle=cle)

    def rejeter(self, demande_id: str, motif: str, *, cle: str) -> Objet:
        return self.envoyer("POST", f"/rejeter-demande/{demande_id}/", {"motif": motif}, cle=cle)
