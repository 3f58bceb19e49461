"""Which fault point is met in which story, at whose programs: what the walk walks.

The four great stories (each style, with success and with compensation) are listed whole; the others add what only they
come by. `test_parcours.py` fails when a story comes by a point that is not here, and when a point is in no story.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.fautes.scenarios import GROUPES

Points = tuple[str, ...]

ETAPES = ("verification_stock", "informations_produits", "reservation_stock", "creation_commande")
"""The steps of the saga; those that have an effect are the last two."""

HTTP: Points = ("http.avant_envoi", "http.reponse_recue")
RELAIS: Points = ("relais.avant_xadd", "relais.apres_xadd", "relais.avant_commit", "relais.apres_commit")
ACTION: Points = ("barriere.avant_action", "barriere.avant_commit", "barriere.apres_commit")
REFUS: Points = ("barriere.avant_action", "barriere.avant_commit_refus", "barriere.apres_refus")
COMPENSATION: Points = (
    "barriere.avant_compensation", "barriere.avant_commit_compensation", "barriere.apres_compensation",
)  # fmt: skip
_LECTURES: Points = tuple(f"saga.{quand}_effet.{etape}" for etape in ETAPES[:2] for quand in ("avant", "apres"))
_SAGA: Points = (
    "saga.avant_creation", "saga.apres_creation", *_LECTURES, "saga.avant_intention", "saga.apres_intention",
    "saga.avant_effet.reservation_stock", "saga.apres_effet.reservation_stock", "saga.avant_effet.creation_commande",
    "saga.avant_fin", "saga.apres_fin", *HTTP, *RELAIS,
)  # fmt: skip
_CHECKOUT: Points = ("checkout.apres_cloture", "checkout.apres_reponse", "checkout.apres_conclusion", *HTTP)
_ACCEPTATION: Points = (
    "choreo.apres_prix", "outbox.apres_depot", "choreo.avant_commit", "choreo.apres_acceptation", *HTTP,
)  # fmt: skip
_STOCKAGE: Points = ("event_store.avant_ajout", "event_store.apres_ajout", "event_store.projection.avant_position")


def membre(porteur: str, *autres: str) -> Points:
    """What a member of a group comes by for each event it reacts to, and `autres`."""
    etapes = ("consommateur.apres_lecture", "reaction.avant", "reaction.apres", "consommateur.apres_inbox",
              "consommateur.avant_commit", "consommateur.avant_multi", "consommateur.apres_multi")  # fmt: skip
    return (*(f"{etape}.{GROUPES[porteur]}" for etape in etapes), *autres)


_SUITES: dict[str, Points] = {
    "event-store": _STOCKAGE,
    "worker-audit": membre("worker-audit", *HTTP),
    "worker-cqrs-projection": membre("worker-cqrs-projection", *HTTP),
    "worker-notification": membre("worker-notification", *HTTP),
}
"""Who hears of the outcome of either style."""
_REACTION: Points = (*HTTP, "outbox.apres_depot")
_VENTE_CHOREO: dict[str, Points] = {
    "ecommerce": _ACCEPTATION,
    "ecommerce-fond": membre("ecommerce-fond", *RELAIS, "suivi.apres_evenement"),
    "worker-stock-reservation": membre("worker-stock-reservation", *_REACTION),
    "worker-order-creation": membre("worker-order-creation", *_REACTION),
    **_SUITES,
}

TABLE: dict[str, dict[str, Points]] = {
    "orchestre-succes": {
        "ecommerce": _CHECKOUT,
        "saga": (*_SAGA, "saga.apres_effet.creation_commande"),
        "inventaire": ACTION,
        "commandes": ACTION,
        **_SUITES,
    },
    "orchestre-deux-effets": {
        "ecommerce": _CHECKOUT,
        "saga": (
            *_SAGA, "saga.apres_attente", "saga.avant_compensation", "saga.avant_compensation.creation_commande",
            "saga.apres_compensation.creation_commande", "saga.entre_compensations",
            "saga.avant_compensation.reservation_stock", "saga.apres_compensation.reservation_stock",
        ),
        "inventaire": (*ACTION, *COMPENSATION),
        "commandes": (*ACTION, *COMPENSATION),
        **_SUITES,
    },
    "choreo-succes": {**_VENTE_CHOREO, "inventaire": ACTION, "commandes": ACTION},
    "choreo-refus": {
        **_VENTE_CHOREO,
        "inventaire": (*ACTION, *COMPENSATION),
        "commandes": (*REFUS, *COMPENSATION),
        "worker-stock-compensation": membre("worker-stock-compensation", *_REACTION),
    },
    "orchestre-refus": {"commandes": REFUS},
    "orchestre-reprise": {"saga": ("saga.apres_reprise",)},
    "orchestre-lent": {"saga": ("saga.avant_renouvellement",)},
    "orchestre-attente": {"saga": ("saga.apres_attente",)},
    "orchestre-remise": {"saga": ("saga.apres_remise",)},
    "orchestre-suivi": {"ecommerce-fond": ("suivi.avant_conclusion", "suivi.avant_commit", *HTTP)},
    "orchestre-operateur": {"saga": ("saga.apres_saisie",)},
    "choreo-rupture": {
        "inventaire": (*REFUS, *COMPENSATION),
        "worker-stock-reservation": membre("worker-stock-reservation", *_REACTION),
        "worker-stock-compensation": membre("worker-stock-compensation", *_REACTION),
    },
    "choreo-suivi": {
        "commandes": ("barriere.avant_commit_annulation", "barriere.apres_compensation"),
        "inventaire": COMPENSATION,
        "ecommerce-fond": (
            "suivi.apres_prise", "suivi.avant_conclusion", "suivi.apres_fermeture", "suivi.avant_commit", *HTTP,
        ),
    },
    "choreo-morts": {porteur: (f"consommateur.au_depart.{groupe}",) for porteur, groupe in GROUPES.items()},
    "choreo-non-publie": {"workers": RELAIS[:3]},
    "choreo-redis-vide": {"ecommerce-fond": ("relais.apres_remise_en_file", "relais.avant_rognage")},
    "vente": {
        "commandes": ("vente.apres_intention", "vente.apres_reservation", *ACTION, *HTTP),
        "inventaire": ACTION,
    },
    "annulation": {
        "commandes": ("annulation.apres_demande", "annulation.apres_liberation", *HTTP),
        "inventaire": COMPENSATION,
    },
    "panier": {"ecommerce": ("panier.avant_ecriture", "idempotence.avant_commit", "idempotence.apres_commit", *HTTP)},
    "reconstruction": {"event-store": ("event_store.reconstruction.avant_bascule",)},
}  # fmt: skip

EN_ENTIER = ("orchestre-succes", "orchestre-deux-effets", "choreo-succes", "choreo-refus")
"""The stories whose points are all listed: each style, with success and with compensation."""

BRUIT = {
    "relais.avant_rognage": "every relay, every two seconds",
    "suivi.apres_prise": "every look of the tracker, whether or not there is something to conclude",
    "consommateur.apres_lecture": "groups that are only passed by: nothing follows but the acknowledgement",
    "saga.avant_renouvellement": "a saga that took more than a second, on a slow machine",
    "saga.apres_remise": "a pause that was longer than a caller waits, on a slow machine",
    "saga.apres_reprise": "a lease that ended because its owner got no processor time",
}
"""Met without any cause in the story, hence not listed each time."""

AILLEURS = {
    "saga.avant_intervention": ("service-saga-orchestrator/tests/integration/test_processus.py", "test_F16_"),
    "saga.apres_intervention": ("service-saga-orchestrator/tests/integration/test_processus.py", "test_F16_"),
    "event_store.archive.avant_detachement": ("event-store/tests/integration/test_processus.py", "test_F11_"),
}
"""Points that no checkout comes by: the file, and the beginning of the name, of the test that crashes there."""


@dataclass(frozen=True)
class Cas:
    """One crash: in which story, at whose programs, at which point."""

    scenario: str
    porteur: str
    point: str

    @property
    def nom(self) -> str:
        return f"{self.scenario}-{self.porteur}-{self.point}"


CAS = [
    Cas(scenario, porteur, point)
    for scenario, porteurs in TABLE.items()
    for porteur, points in porteurs.items()
    for point in points
]

ECHANTILLON = {
    Cas("orchestre-succes", "saga", "saga.apres_effet.reservation_stock"),
    Cas("orchestre-succes", "commandes", "barriere.apres_commit"),
    Cas("orchestre-deux-effets", "saga", "saga.entre_compensations"),
    Cas("orchestre-deux-effets", "inventaire", "barriere.apres_compensation"),
    Cas("choreo-succes", "ecommerce", "choreo.avant_commit"),
    Cas("choreo-succes", "ecommerce-fond", "relais.apres_xadd"),
    Cas("choreo-succes", "worker-order-creation", "reaction.apres.choreo-order"),
    Cas("choreo-succes", "event-store", "event_store.apres_ajout"),
    Cas("choreo-refus", "worker-stock-compensation", "consommateur.avant_multi.choreo-compensation"),
    Cas("choreo-suivi", "ecommerce-fond", "suivi.apres_fermeture"),
    Cas("choreo-redis-vide", "ecommerce-fond", "relais.apres_remise_en_file"),
}
"""What the short suite crashes: each engine, each side of a boundary, each way back."""

ECHANTILLON_DOUBLE = {
    Cas("orchestre-succes", "saga", "saga.avant_effet.creation_commande"),
    Cas("orchestre-deux-effets", "saga", "saga.avant_compensation.reservation_stock"),
    Cas("choreo-succes", "ecommerce-fond", "relais.avant_xadd"),
    Cas("choreo-succes", "worker-stock-reservation", "reaction.avant.choreo-reservation"),
    Cas("choreo-refus", "worker-order-creation", "consommateur.avant_multi.choreo-order"),
}
"""What the short suite does twice: a step, its undoing, a publication, a reaction, a consequence."""
