"""The services behind the gateway, asked all at once: a page costs the slowest answer, not their sum."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.application.ports import Lecture
from magasin.application.refus import Refus
from magasin.infrastructure.clients.base import ClientService
from socle.erreurs import Indisponible

_FILS = 24
_GESTES_DE_SAGA = ("reprendre", "compenser", "ignorer-etape")


class EnParallele:
    """Runs the reads of a page at once, each with the page's deadline and correlation id."""

    def __init__(self) -> None:
        # Its threads begin with the first page, after gunicorn forked.
        self._fils = ThreadPoolExecutor(_FILS, thread_name_prefix="console")

    def __call__(self, lectures: Mapping[str, Lecture]) -> tuple[dict[str, Any], list[str]]:
        """(the answers by name, None for what does not exist or did not answer; why some did not answer)."""
        contexte = {nom: copy_context() for nom in lectures}
        futurs = {nom: self._fils.submit(contexte[nom].run, lire) for nom, lire in lectures.items()}
        reponses: dict[str, Any] = {}
        pannes: list[str] = []
        for nom, futur in futurs.items():
            reponses[nom] = None
            try:
                reponses[nom] = futur.result()
            except Refus as refus:
                if refus.statut != 404:
                    pannes.append(f"{nom} : {refus}")
            except Indisponible as panne:
                pannes.append(f"{nom} : {panne}")
        return reponses, pannes


@dataclass(frozen=True)
class ServicesHttp:
    """`console.application.ports.Services`, through the gateway. `gestes`: the orchestrator, waited for longer."""

    saga: ClientService
    ecommerce: ClientService
    event_store: ClientService
    inventaire: ClientService
    commandes: ClientService
    gestes: ClientService

    def sagas(self, **criteres: Any) -> list[dict[str, Any]]:
        """Rows of the orchestrator."""
        return self.saga.liste(self.saga.lire("/sagas/", {"compter": "non", **criteres}), "sagas")

    def saga_de(self, saga_id: str) -> Any:
        return self.saga.lire(f"/commandes/{saga_id}/")

    def checkouts(self, **criteres: Any) -> list[dict[str, Any]]:
        """Rows of ecommerce."""
        reponse = self.ecommerce.lire("/commandes/checkouts/", {"compter": "non", **criteres})
        return self.ecommerce.liste(reponse, "checkouts")

    def plies(self, **criteres: Any) -> list[dict[str, Any]]:
        """What the event store has folded of checkouts."""
        return self.event_store.liste(self.event_store.lire("/cqrs/checkouts", criteres), "checkouts")

    def rejeu(self, checkout_id: str) -> Any:
        return self.event_store.lire(f"/replay/checkout/{checkout_id}")

    def evenement(self, event_id: str) -> Any:
        return self.event_store.lire(f"/events/{event_id}")

    def lettres(self, **criteres: Any) -> list[dict[str, Any]]:
        """Dead letters of every group."""
        reponse = self.event_store.lire("/lettres-mortes", {"page_size": 200, **criteres})
        return self.event_store.liste(reponse, "lettres_mortes")

    def reservation(self, reference: str) -> Any:
        return self.inventaire.lire(f"/reservations/{reference}/")

    def vente(self, reference: str) -> Any:
        return self.commandes.lire(f"/ventes-ddd/par-reference/{reference}/")["vente"]

    def statistiques_des_styles(self, minutes: int) -> Any:
        return self.ecommerce.lire("/commandes/statistiques/", {"minutes": minutes})

    def statistiques_des_sagas(self, minutes: int) -> Any:
        return self.saga.lire("/statistiques/", {"minutes": minutes})

    def compenses_choreo(self, depuis: datetime) -> int:
        """How many choreographed checkouts begun since gave stock back."""
        criteres = {"style": "choreo", "compensation": "faite", "depuis": f"{depuis.timestamp():.3f}", "page_size": 1}
        return int(self.event_store.lire("/cqrs/checkouts", criteres)["total"])

    def agir(self, geste: str, cible: str, motif: str, *, cle: str) -> tuple[int, str]:
        try:
            if geste in _GESTES_DE_SAGA:
                fait = self.gestes.envoyer("POST", f"/commandes/{cible}/{geste}/", {"motif": motif}, cle=cle)
                return 200, f"État : {fait['etat_actuel']}."
            corps = {"motif": motif} if geste == "drop" else {}
            fait = self.event_store.envoyer("POST", f"/lettres-mortes/{cible}/{geste}", corps, cle=cle)
            return 200, f"État de la lettre : {fait['etat']}."
        except Refus as refus:
            return refus.statut, str(refus)
