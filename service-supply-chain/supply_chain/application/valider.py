"""Validate a request: one workflow per request, for ever; whoever asks again gets its answer."""

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from socle import correlation, jsons
from socle.erreurs import CleReutilisee
from socle.saga import moteur
from socle.saga.depot import Creation, Suivi
from socle.saga.executeur import Executeur
from supply_chain.application.ports import Demandes
from supply_chain.application.saga_validation import NOM
from supply_chain.domain.demande import Demande

_ESPACE = uuid.UUID("3d9f7f0e-52b5-5b0c-8a3f-0b1f7f6f4b52")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """The command. `corps` is what the caller sent besides: a key stands for one request."""

    demande_id: str
    cle: str = ""
    consommateur: str = ""
    corps: Mapping[str, Any] = field(default_factory=dict)

    @property
    def workflow_id(self) -> str:
        """A request is decided once: its workflow's id is derived from its own."""
        return str(uuid.uuid5(_ESPACE, self.demande_id))

    @property
    def empreinte(self) -> str:
        """The order of the body's members does not count."""
        texte = json.dumps([self.demande_id, self.corps], sort_keys=True, default=jsons.defaut)
        return hashlib.sha256(texte.encode()).hexdigest()


class Valider:
    """Runs the workflow in the calling thread for at most `attente_s` seconds; the request is read in `lecture_s`."""

    def __init__(self, executeur: Executeur, demandes: Demandes, *, attente_s: float, lecture_s: float) -> None:
        self._executeur, self._demandes = executeur, demandes
        self._attente_s, self._lecture_s = attente_s, lecture_s

    def __call__(self, validation: Validation) -> Suivi:
        """Idempotent by request, and by (consumer, key).

        Raises `DemandeInexistante`; `DemandeDejaTraitee` when it was decided otherwise; `CleReutilisee`;
        `Indisponible`: nothing was begun.
        """
        limite = time.monotonic() + self._attente_s
        suivi = self._deja_vu(validation)
        # A failure for want of a neighbour is told once: later callers are told what became of the request.
        if suivi is not None and suivi.statut != 503:
            return self._executeur.attendre(validation.workflow_id, limite)
        with correlation.echeance(self._lecture_s):
            demande = self._demandes.lire(validation.demande_id)
        demande.exiger_en_attente()
        return self._executeur.lancer(self._creation(validation, demande), limite - time.monotonic())

    def _deja_vu(self, v: Validation) -> Suivi | None:
        depot = self._executeur.depot
        if not v.cle:
            return depot.suivre(v.workflow_id)
        sous_la_cle = depot.suivre_cle(v.consommateur, v.cle)
        suivi = sous_la_cle or depot.suivre(v.workflow_id)
        if suivi is not None and (suivi.saga_id != v.workflow_id or suivi.empreinte != v.empreinte):
            raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre requête.")
        return suivi

    def _creation(self, v: Validation, demande: Demande) -> Creation:
        definition = self._executeur.registre.derniere(NOM)
        donnees = asdict(demande)
        donnees["demande_id"] = donnees.pop("id")
        del donnees["statut"]
        return Creation(
            saga_id=v.workflow_id,
            nom=definition.nom,
            version=definition.version,
            etat=moteur.initial(definition),
            donnees=donnees,
            empreinte=v.empreinte,
            consommateur=v.consommateur,
            cle=v.cle or None,
            correlation_id=correlation.correlation_id(),
            traceparent=correlation.traceparent(),
            colonnes={nom: donnees[nom] for nom in ("demande_id", "produit_id", "magasin_id", "quantite")},
        )
