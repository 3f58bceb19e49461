"""One defect per mechanism, planted in a copy of the code, with the faults under which the checker must see it.

A defect that another mechanism makes up for is no defect: where two stand behind each other, both are broken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.chaos_plan import Panne

DUREE_S = 20.0
ATTENTE_D_UN_APPELANT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Defaut:
    """`coupes`: (file, text, other text), each text once in its file. `attendus`: seeing any of them is seeing it."""

    nom: str
    coupes: Sequence[tuple[str, str, str]]
    plan: Callable[[], Sequence[Panne]]
    attendus: frozenset[str]

    def planter(self, racine: Path) -> None:
        """Change the copy. `AssertionError` when the code is no longer what the defect was written against."""
        for nom, avant, apres in self.coupes:
            fichier = racine / nom
            texte = fichier.read_text()
            assert texte.count(avant) == 1, f"{self.nom} : {texte.count(avant)} fois « {avant} » dans {nom}"
            fichier.write_text(texte.replace(avant, apres))


def au_point(
    point: str, genre: str, *cibles: str, tous_les_s: float = 2.0, **details: object
) -> Callable[[], list[Panne]]:
    """The same switch again and again at each of these programs."""

    def plan() -> list[Panne]:
        instants = [0.5 + tous_les_s * rang for rang in range(int((DUREE_S - 1) / tous_les_s))]
        return [
            Panne(
                rang=rang,
                genre={"delai": "lenteur", "erreur": "echec", "gel": "somme"}.get(genre, genre),
                cible=cible,
                debut_s=instant,
                duree_s=tous_les_s - 0.2,
                details={"point": point, "genre": genre, **details},
            )
            for rang, (instant, cible) in enumerate((i, c) for i in instants for c in cibles)
        ]

    return plan


def repeter(
    genre: str, *cibles: str, duree_s: float, tous_les_s: float, **details: object
) -> Callable[[], list[Panne]]:
    """The same fault again and again, at each target in turn."""

    def plan() -> list[Panne]:
        instants = [0.5 + tous_les_s * rang for rang in range(int((DUREE_S - 1) / tous_les_s))]
        return [
            Panne(
                rang=rang, genre=genre, cible=cibles[rang % len(cibles)], debut_s=instant, duree_s=duree_s,
                details=details,
            )
            for rang, instant in enumerate(instants)
        ]  # fmt: skip

    return plan


_BARRIERE = "socle/src/socle/barriere/barriere.py"
_INSERTION_FAITE = """
                curseur.execute(
                    "INSERT INTO barriere (espace, reference, etat, empreinte) VALUES (%s, %s, 'FAITE'"""
_DEPOT = "socle/src/socle/saga/depot_postgres.py"
_BUS = "socle/src/socle/evenements/bus.py"

DEFAUTS = (
    Defaut(
        nom="the barrier's row and the business rows are committed one by one",
        coupes=[
            (
                _BARRIERE,
                f"with transaction.atomic(), connection.cursor() as curseur:{_INSERTION_FAITE}",
                f"with connection.cursor() as curseur:{_INSERTION_FAITE}",
            ),
            (
                _BARRIERE,
                "reponse = jsons.ecrire(faire()).decode()\n",
                'reponse = jsons.ecrire(faire()).decode()\n                    fautes.point("barriere.avant_commit")\n',
            ),
        ],
        plan=au_point("barriere.avant_commit", "crash", "inventaire"),
        attendus=frozenset({"I1"}),
    ),
    Defaut(
        nom="a stale owner writes: no fencing token",
        coupes=[
            (
                _DEPOT,
                "WHERE saga_id = %s AND jeton = %s AND reponse_statut IS NULL RETURNING saga_id), ",
                "WHERE saga_id = %s AND %s::bigint IS NOT NULL RETURNING saga_id), ",
            ),
            # The history's own uniqueness stands behind the token, and the renewal thread's look beside it.
            (_DEPOT, 'message text, horodatage timestamptz, donnees jsonb))"',
             'message text, horodatage timestamptz, donnees jsonb) ON CONFLICT DO NOTHING)"'),
            ("socle/src/socle/saga/bail.py", "saga.perdue = True", "pass"),
        ],
        # It wakes up when its caller's patience is over, and hands over what somebody else has finished.
        plan=lambda: [
            Panne(
                rang=0, genre="somme", cible="saga-1", debut_s=0.5, duree_s=ATTENTE_D_UN_APPELANT_S + 2.0,
                details={"point": "saga.apres_effet.reservation_stock", "genre": "gel", "nombre": 1},
            )
        ],
        attendus=frozenset({"I2", "I4", "I5", "I8"}),
    ),
    Defaut(
        nom="compensation in forward order",
        coupes=[
            (
                "socle/src/socle/saga/definition.py",
                "return tuple(e.nom for e in reversed(self.etapes) if e.compensation is not None and e.nom in visees)",
                "return tuple(e.nom for e in self.etapes if e.compensation is not None and e.nom in visees)",
            )
        ],
        plan=au_point("barriere.avant_action", "erreur", "commandes", nombre=50),
        attendus=frozenset({"I4"}),
    ),
    Defaut(
        nom="groups are created at the end of the stream",
        coupes=[(_BUS, "self._client.xgroup_create(self.flux, groupe, id=depuis, mkstream=True)",
                 'self._client.xgroup_create(self.flux, groupe, id="$", mkstream=True)')],
        plan=repeter("vidage", "redis", duree_s=0.0, tous_les_s=2.0),
        attendus=frozenset({"I3", "I5", "I6"}),
    ),
    Defaut(
        nom="entries are acknowledged as they are read",
        coupes=[
            (
                _BUS,
                "{self.flux: \">\"}, count=nombre, block=attente_ms)",
                "{self.flux: \">\"}, count=nombre, block=attente_ms, noack=True)",
            )
        ],
        plan=au_point("consommateur.apres_lecture.choreo-audit", "crash", "worker-audit"),
        attendus=frozenset({"I5"}),
    ),
    Defaut(
        nom="what a batch brought about is published by the process that wrote it, or never",
        coupes=[
            ("lab7-workers/workers/programme.py", "_AGE_DU_RELAIS_S = 2.0", "_AGE_DU_RELAIS_S = 1e6"),
            (
                "socle/src/socle/evenements/outbox.py",
                "    liste = sorted(set(cles))\n",
                "    return 0\n    liste = sorted(set(cles))\n",
            ),
        ],
        # Not the order worker: what it fails to announce, the tracker announces.
        plan=au_point("consommateur.avant_multi.choreo-reservation", "crash", "worker-stock-reservation"),
        attendus=frozenset({"I3", "I5"}),
    ),
    Defaut(
        nom="a projection's position is committed apart from its rows",
        coupes=[
            (
                "event-store/event_store/infrastructure/projections.py",
                'fautes.point("event_store.projection.avant_position")',
                # It dies where that hurts: when the step has counted an order. Most steps count none, and the other
                # projection folds a checkout anew from its events.
                'curseur.execute("COMMIT")\n'
                "                curseur.execute(\n"
                '                    "SELECT 1 FROM orders_by_client WHERE generation = %s AND position > %s",\n'
                "                    [generation, position],\n"
                "                )\n"
                '                if nom == "orders-by-client" and curseur.fetchone():\n'
                '                    fautes.point("event_store.projection.avant_position")',
            )
        ],
        plan=au_point("event_store.projection.avant_position", "crash", "event-store"),
        attendus=frozenset({"I6"}),
    ),
    Defaut(
        nom="a key is forgotten with its answer",
        coupes=[
            (
                "service-ecommerce/ecommerce/infrastructure/cles.py",
                "if reponse.statut >= 500:",
                "if reponse.statut >= 200:",
            )
        ],
        plan=list,
        attendus=frozenset({"I8"}),
    ),
    Defaut(
        nom="the lines of a failed checkout do not return to the cart",
        coupes=[
            (
                "service-ecommerce/ecommerce/application/conclure.py",
                "if ecrit.statut is Statut.ECHEC:",
                "if ecrit.statut is Statut.INITIE:",
            )
        ],
        plan=list,
        attendus=frozenset({"I2"}),
    ),
    Defaut(
        nom="calls to neighbours lose the correlation id",
        coupes=[("socle/src/socle/http.py", 'entetes["X-Correlation-ID"] = courant', 'entetes["X-Perdu"] = courant')],
        plan=list,
        attendus=frozenset({"I9"}),
    ),
)  # fmt: skip
