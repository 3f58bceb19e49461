"""Start a checkout saga, or join the one that the same id or key began."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saga_orchestrator.application.saga_commande import NOM
from saga_orchestrator.domain.commande import Ligne
from socle import correlation, jsons
from socle.saga import moteur
from socle.saga.depot import Creation, Suivi
from socle.saga.executeur import Executeur

_ESPACE = uuid.UUID("6f6ac0a6-7c2e-5b0e-9a5e-1b0c6d1f7a10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Demande:
    """A cart to check out. Without `checkout_id` the saga id comes from the key, else it is drawn."""

    client_id: str
    magasin_id: str
    lignes: Sequence[Ligne]
    checkout_id: str | None = None
    cle: str = ""
    consommateur: str = ""
    asynchrone: bool = False


class Demarrer:
    """`executeur` runs the saga in the calling thread, for at most `attente_s` seconds."""

    def __init__(self, executeur: Executeur, *, attente_s: float) -> None:
        self._executeur, self._attente_s = executeur, attente_s

    def __call__(self, demande: Demande) -> Suivi:
        """Idempotent by checkout id and by (consumer, key).

        Raises `CleReutilisee` for the same id or key with another cart, `DepotIndisponible`.
        """
        return self._executeur.lancer(self._creation(demande), self._attente_s)

    def _creation(self, d: Demande) -> Creation:
        definition = self._executeur.registre.derniere(NOM)
        donnees: dict[str, Any] = {
            "client_id": d.client_id,
            "magasin_id": d.magasin_id,
            "lignes": [{"produit_id": ligne.produit_id, "quantite": ligne.quantite} for ligne in d.lignes],
        }
        return Creation(
            saga_id=d.checkout_id or _identifiant(d.consommateur, d.cle),
            nom=definition.nom,
            version=definition.version,
            etat=moteur.initial(definition),
            donnees=donnees,
            empreinte=hashlib.sha256(jsons.ecrire(donnees)).hexdigest(),
            consommateur=d.consommateur,
            cle=d.cle or None,
            correlation_id=correlation.correlation_id(),
            traceparent=correlation.traceparent(),
            colonnes={"client_id": d.client_id, "magasin_id": d.magasin_id},
            differee=d.asynchrone,
        )


def _identifiant(consommateur: str, cle: str) -> str:
    return str(uuid.uuid5(_ESPACE, f"{consommateur}\n{cle}") if cle else uuid.uuid4())
