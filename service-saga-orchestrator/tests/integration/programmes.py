"""Processes of the orchestrator."""

from local.repliques import Envoi, Replique

__all__ = ["Envoi", "Programme"]


class Programme(Replique):
    """A web replica, or its recovery loop."""

    service = "service-saga-orchestrator"
    paquet = "saga_orchestrator"
    route = "/api/saga/commandes/"
