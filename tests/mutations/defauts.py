"""Defects planted in a copy of the code, one per mechanism in the checker's sight, and the faults that show them.

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
    point: str, genre: str, *cibles: str, premier_s: float = 0.5, tous_les_s: float = 2.0, **details: object
) -> Callable[[], list[Panne]]:
    """The same switch again and again at each of these programs, less than two seconds each time."""

    def plan() -> list[Panne]:
        instants = [premier_s + tous_les_s * rang for rang in range(int((DUREE_S - premier_s) / tous_les_s))]
        return [
            Panne(
                rang=rang,
                genre={"delai": "lenteur", "erreur": "echec", "gel": "somme"}.get(genre, genre),
                cible=cible,
                debut_s=instant,
                duree_s=1.8,
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
_OUTBOX = "socle/src/socle/evenements/outbox.py"
_INBOX = "socle/src/socle/evenements/inbox.py"

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
                _OUTBOX,
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
    Defaut(
        nom="stock is sold without its condition",
        coupes=[
            (
                "service-inventaire/inventaire/domain/stock.py",
                "if self.disponibles.get(produit, 0) < demande",
                "if False",
            ),
            (
                "service-inventaire/inventaire/application/deplacer.py",
                "return stocks.retirer(lieu, quantites)",
                "return stocks.ajouter(lieu, {produit: -n for produit, n in quantites.items()})",
            ),
            # The database's own constraint stands behind the condition.
            (
                "service-inventaire/inventaire/infrastructure/migrations/0001_initial.py",
                'models.CheckConstraint(condition=models.Q(("quantite__gte", 0)), name="stock_local_jamais_negatif"),',
                "",
            ),
        ],
        # The orchestrated style reads the stock first, the other one does not.
        plan=list,
        attendus=frozenset({"I1"}),
    ),
    Defaut(
        nom="the inbox remembers nothing",
        coupes=[
            (
                _INBOX,
                'event_id = ANY(%s::uuid[])", [groupe, ids])\n    return {ligne[0] for ligne in curseur.fetchall()}',
                'event_id = ANY(%s::uuid[])", [groupe, ids])\n    return set()',
            ),
            (
                _INBOX,
                "        [groupe, ids],\n    )\n    return {ligne[0] for ligne in curseur.fetchall()}",
                "        [groupe, ids],\n    )\n    return set(ids)",
            ),
            # What a second reaction brings about has the id of the first one's: that stands behind the inbox.
            (
                "socle/src/socle/evenements/enveloppe.py",
                "id=identifiant_derive(cause.id, type_)",
                "id=uuid.uuid4()",
            ),
        ],
        plan=repeter("redelivrance", "redis", duree_s=0.0, tous_les_s=2.0, nombre=30),
        attendus=frozenset({"I5"}),
    ),
    Defaut(
        nom="nobody takes up the sagas of the dead",
        coupes=[
            (
                "socle/src/socle/saga/reprise.py",
                "sagas = self._prendre(arret, places)",
                "sagas: list[Saga] = []",
            ),
            # A request that waits for a saga takes it up too.
            ("socle/src/socle/saga/executeur.py", "if suivi.reprenable:", "if False:"),
        ],
        plan=au_point("saga.apres_effet.reservation_stock", "crash", "saga-2", tous_les_s=6.0),
        attendus=frozenset({"I3"}),
    ),
    Defaut(
        nom="nobody asks what became of a checkout",
        coupes=[
            (
                "service-ecommerce/ecommerce/application/suivre.py",
                "for style in self.enquetes for",
                "for style in () for",
            )
        ],
        plan=repeter("reseau", "ecommerce>gateway", duree_s=1.5, tous_les_s=5.0, mode="coupe"),
        attendus=frozenset({"I3"}),
    ),
    Defaut(
        nom="what a lost Redis held is not published again",
        coupes=[
            (
                _OUTBOX,
                '"WHERE flux = %s AND NOT acquis AND publie_le IS NOT NULL",',
                '"WHERE flux = %s AND NOT acquis AND publie_le IS NOT NULL AND false",',
            ),
            # Maintenance sees the gap too.
            (
                _OUTBOX,
                "[self._bus.flux, premiere.ms, premiere.n],",
                "[self._bus.flux, 0, 0],",
            ),
        ],
        plan=repeter("vidage", "redis", duree_s=0.0, tous_les_s=2.0),
        attendus=frozenset({"I5"}),
    ),
    Defaut(
        nom="one key opens two checkouts",
        coupes=[
            (
                "service-ecommerce/ecommerce/infrastructure/cles.py",
                '"ON CONFLICT DO NOTHING"',
                '"ON CONFLICT (consommateur, cle) DO UPDATE SET checkout_id = EXCLUDED.checkout_id"',
            )
        ],
        plan=list,
        attendus=frozenset({"I8"}),
    ),
    Defaut(
        nom="a request under a known key is served anew",
        coupes=[
            (
                "socle/src/socle/idempotence/middleware.py",
                "if curseur.rowcount == 0:",
                "if curseur.rowcount < 0:",
            )
        ],
        plan=au_point("idempotence.apres_commit", "crash", "ecommerce", tous_les_s=4.0),
        attendus=frozenset({"I2"}),
    ),
    Defaut(
        nom="a shortage is a technical failure in one style",
        coupes=[
            (
                "service-ecommerce/ecommerce/application/entendre.py",
                'rupture = "insuffisant" in raison.casefold()',
                "rupture = False",
            )
        ],
        plan=list,
        attendus=frozenset({"I7"}),
    ),
    Defaut(
        nom="each batch begins a chain of its own",
        coupes=[
            (
                "event-store/event_store/infrastructure/migrations/0001_historique.sql",
                "chaine(tete, canonique(e))",
                "chaine(''::bytea, canonique(e))",
            )
        ],
        plan=list,
        attendus=frozenset({"I5"}),
    ),
    Defaut(
        nom="a database that goes away is an internal error",
        coupes=[
            (
                "socle/src/socle/django/erreurs.py",
                'return BaseIndisponible("La base de données ne répond pas.")',
                "return ErreurInterne()",
            )
        ],
        plan=repeter("reseau", "ecommerce>postgres", duree_s=1.0, tous_les_s=5.0, mode="coupe"),
        attendus=frozenset({"I8"}),
    ),
    Defaut(
        nom="a checkout is announced after it was accepted",
        coupes=[
            (
                "service-ecommerce/ecommerce/application/initier.py",
                "            self.publications.deposer([choreographie.initie(checkout)])\n",
                "",
            ),
            (
                "service-ecommerce/ecommerce/application/initier.py",
                'fautes.point("choreo.apres_acceptation")\n',
                'fautes.point("choreo.apres_acceptation")\n'
                "                self.publications.deposer([choreographie.initie(checkout)])\n",
            ),
        ],
        # Between the deaths of the same program that other defects are shown by.
        plan=au_point("choreo.apres_acceptation", "crash", "ecommerce", premier_s=2.5, tous_les_s=4.0),
        attendus=frozenset({"I3", "I5"}),
    ),
)  # fmt: skip
