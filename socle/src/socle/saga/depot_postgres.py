"""The store on PostgreSQL: raw SQL on Django's persistent connection, one statement per write.

1. Autocommit: one statement is one transaction and one round trip. History and the service's own rows join it as
   data-modifying CTEs that read the updated row, so a refused write writes nothing at all.
2. Every write names the fencing token; no row means that the lease is lost.
3. Leases and due times are compared with `clock_timestamp()`: never with the clock of a host (F40), nor with the start
   of a statement that waited for a lock.
4. The writes are prepared once per connection: parsing and planning them cost more than running them. (So no pooler in
   transaction mode between this service and PostgreSQL.)
5. The writes look for `reponse_statut IS NULL`, not `date_fin IS NULL`: the latter is the predicate of the small
   recovery index, which the planner would scan instead of the primary key.
6. `enregistrer` leaves the lease alone (its renewal is the renewal thread's work): no indexed column changes, and the
   update stays in its page (HOT).
"""

# ruff: noqa: S608 -- the only text put into statements is table and column names from the code

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from weakref import WeakKeyDictionary

import django.db
import orjson
import psycopg2
from django.db import DEFAULT_DB_ALIAS, connections

from socle.saga.depot import (
    BAIL_S,
    BailPerdu,
    Conclusion,
    Creation,
    DepotIndisponible,
    Fragment,
    Proprietaire,
    Saga,
    Suivi,
    Versions,
)
from socle.saga.lectures import objet
from socle.saga.moteur import EtatSaga


@dataclass(frozen=True, slots=True)
class Tables:
    """Names of the service's tables (see `socle.saga.models`)."""

    sagas: str = "sagas"
    evenements: str = "saga_evenements"
    proprietaires: str = "saga_proprietaires"


_LUES = (
    "{a}.saga_id::text, {a}.nom_definition, {a}.version_definition, {a}.etat_actuel, {a}.execution, "
    "{a}.donnees_contexte, {a}.jeton, {a}.date_creation, "
    "extract(epoch FROM clock_timestamp() - {a}.date_creation)::float8, {a}.correlation_id, {a}.traceparent, "
    "{a}.consommateur"
)
_SUIVI = (
    "saga_id::text, empreinte, etat_actuel, date_fin IS NOT NULL, active, "
    "active AND date_fin IS NULL AND bail_expire <= clock_timestamp(), reponse_statut, reponse_corps"
)
_MAJ_BASE = (
    "etat_actuel = %s, execution = %s::jsonb, donnees_contexte = %s::jsonb, derniere_modification = clock_timestamp(), "
)


# Django's when it opens the connection, the driver's afterwards.
_COUPURES = tuple(
    classe for module in (django.db, psycopg2)
    for classe in (module.OperationalError, module.InterfaceError, module.InternalError)
)  # fmt: skip
_INCONNU = datetime.min.replace(tzinfo=UTC)


def _json(valeur: Any) -> str:
    return orjson.dumps(valeur, option=orjson.OPT_NON_STR_KEYS).decode()


class DepotPostgres:
    """`socle.saga.depot.Depot`. One instance per process; the connection is the calling thread's."""

    def __init__(self, tables: Tables, *, alias: str = DEFAULT_DB_ALIAS, bail_s: float = BAIL_S) -> None:
        self._alias, self._bail_s = alias, float(bail_s)
        self._prepares: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
        t, e, p = tables.sagas, tables.evenements, tables.proprietaires
        self._table, self._evenements = t, e
        self._historique = (
            f"h AS (INSERT INTO {e} (saga_id, numero, type, etat_precedent, nouvel_etat, message, horodatage, donnees) "
            "SELECT s.saga_id, v.* FROM s, jsonb_to_recordset(%s::jsonb) AS v(numero int, type text, "
            "etat_precedent text, nouvel_etat text, message text, horodatage timestamptz, donnees jsonb))"
        )
        self._libre = (
            "c.date_fin IS NULL AND c.active AND (c.nom_definition, c.version_definition) IN %s AND "
            f"(c.bail_expire <= clock_timestamp() OR EXISTS (SELECT 1 FROM {p} p "
            "WHERE p.nom = c.proprietaire AND p.epoque > c.epoque))"
        )
        self._prise = (
            f"UPDATE {t} u SET jeton = u.jeton + 1, proprietaire = %s, epoque = %s, active = true, "
            "prochain_essai = NULL, bail_expire = clock_timestamp() + %s * interval '1 second' "
            "FROM choix WHERE u.saga_id = choix.saga_id "
            f"RETURNING {_LUES.format(a='u')}, choix.ancien"
        )
        self._choix = f"SELECT c.saga_id, coalesce(c.proprietaire, '') AS ancien FROM {t} c WHERE "
        self._renouveler = (
            f"UPDATE {t} u SET bail_expire = clock_timestamp() + %s * interval '1 second' "
            "FROM unnest(%s::uuid[], %s::bigint[]) AS v(id, jeton) "
            "WHERE u.saga_id = v.id AND u.jeton = v.jeton AND u.reponse_statut IS NULL RETURNING u.saga_id::text"
        )

    # -- writes ----------------------------------------------------------------------------------------------------

    def creer(self, creation: Creation, proprietaire: Proprietaire) -> Saga | None:
        c = creation
        saga = Saga(
            saga_id=c.saga_id, nom=c.nom, version=c.version, etat=c.etat, donnees=c.donnees, jeton=1,
            creee_le=_INCONNU, age_charge_s=0.0, correlation_id=c.correlation_id, traceparent=c.traceparent,
            consommateur=c.consommateur,
        )  # fmt: skip
        colonnes = "".join(f", {nom}" for nom in c.colonnes)
        ligne = self._preparee(
            f"WITH s AS (INSERT INTO {self._table} (saga_id, nom_definition, version_definition, etat_actuel, active, "
            "execution, donnees_contexte, jeton, proprietaire, epoque, bail_expire, empreinte, consommateur, "
            f"cle_idempotence, correlation_id, traceparent, date_creation, derniere_modification{colonnes}) VALUES "
            "(%s, %s, %s, %s, true, %s::jsonb, %s::jsonb, 1, %s, %s, clock_timestamp() + %s * interval '1 second', %s, "
            f"%s, %s, %s, %s, statement_timestamp(), statement_timestamp(){', %s' * len(c.colonnes)}) "
            f"ON CONFLICT DO NOTHING RETURNING saga_id, date_creation) "
            "SELECT date_creation, extract(epoch FROM clock_timestamp() - date_creation)::float8 FROM s",
            [
                c.saga_id, c.nom, c.version, c.etat.etat, _json(saga.execution()), _json(c.donnees),
                None if c.differee else proprietaire.nom, None if c.differee else proprietaire.epoque,
                0.0 if c.differee else self._bail_s, c.empreinte, c.consommateur, c.cle, c.correlation_id,
                c.traceparent, *c.colonnes.values(),
            ],
        )  # fmt: skip
        if ligne is None:
            return None
        # The lease counts from before the statement, the saga's age from its answer: never ahead of the database.
        saga.creee_le, saga.age_charge_s = ligne[0], ligne[1] + saga.chargee_a - time.monotonic()
        return saga

    def enregistrer(
        self, saga: Saga, *, prochain_essai_s: float | None = None, supplements: Sequence[Fragment] = ()
    ) -> None:
        self._ecrire(
            saga,
            "prochain_essai = clock_timestamp() + %s * interval '1 second'",
            [prochain_essai_s],
            supplements,
        )

    def rendre(self, saga: Saga, *, dans_s: float = 0.0) -> None:
        self._ecrire(
            saga,
            "proprietaire = NULL, epoque = NULL, bail_expire = clock_timestamp() + %s * interval '1 second', "
            "prochain_essai = clock_timestamp() + %s * interval '1 second'",
            [dans_s, dans_s],
        )

    def bloquer(self, saga: Saga) -> None:
        self._ecrire(saga, "proprietaire = NULL, epoque = NULL, active = false, prochain_essai = NULL", [])

    def terminer(self, saga: Saga, conclusion: Conclusion) -> None:
        self._ecrire(
            saga,
            "active = false, proprietaire = NULL, epoque = NULL, prochain_essai = NULL, reponse_statut = %s, "
            "reponse_corps = %s, date_fin = clock_timestamp()"
            + "".join(f", {nom} = %s" for nom in conclusion.colonnes),
            [conclusion.statut, conclusion.corps, *conclusion.colonnes.values()],
            conclusion.supplements,
        )

    def _ecrire(self, saga: Saga, suite: str, parametres: list[Any], supplements: Sequence[Fragment] = ()) -> None:
        texte, ajoutes = _joindre(supplements)
        ligne = self._preparee(
            f"WITH s AS (UPDATE {self._table} SET {_MAJ_BASE}{suite} "
            "WHERE saga_id = %s AND jeton = %s AND reponse_statut IS NULL RETURNING saga_id), "
            f"{self._historique}{texte} SELECT 1 FROM s",
            [
                saga.etat.etat, _json(saga.execution()), _json(saga.donnees), *parametres,
                saga.saga_id, saga.jeton, _json([e.vers_json() for e in saga.en_attente]), *ajoutes,
            ],
        )  # fmt: skip
        if ligne is None:
            saga.perdue = True
            raise BailPerdu(f"{saga.saga_id} jeton {saga.jeton}")
        saga.en_attente.clear()

    # -- ownership -------------------------------------------------------------------------------------------------

    def prendre_lot(self, proprietaire: Proprietaire, limite: int, versions: Versions) -> list[Saga]:
        return self._prendre(
            f"{self._libre} ORDER BY c.bail_expire LIMIT %s FOR UPDATE SKIP LOCKED", [versions, limite], proprietaire
        )

    def prendre(self, saga_id: str, proprietaire: Proprietaire, versions: Versions) -> Saga | None:
        prises = self._prendre(
            f"{self._libre} AND c.saga_id = %s FOR UPDATE SKIP LOCKED", [versions, saga_id], proprietaire
        )
        return prises[0] if prises else None

    def saisir(self, saga_id: str, proprietaire: Proprietaire, etats: Sequence[str] = ()) -> Saga | None:
        prises = self._prendre(
            "c.saga_id = %s AND c.date_fin IS NULL AND (%s OR c.etat_actuel = ANY(%s)) FOR UPDATE",
            [saga_id, not etats, list(etats)],
            proprietaire,
        )
        return prises[0] if prises else None

    def _prendre(self, condition: str, parametres: list[Any], proprietaire: Proprietaire) -> list[Saga]:
        lignes = self._toutes(
            f"WITH choix AS ({self._choix}{condition}) {self._prise}",
            [*parametres, proprietaire.nom, proprietaire.epoque, self._bail_s],
        )
        return [_saga(ligne) for ligne in lignes]

    def renouveler(self, sagas: Sequence[Saga]) -> set[str]:
        lignes = self._toutes(self._renouveler, [self._bail_s, [s.saga_id for s in sagas], [s.jeton for s in sagas]])
        return {ligne[0] for ligne in lignes}

    # -- reads -----------------------------------------------------------------------------------------------------

    def suivre(self, saga_id: str) -> Suivi | None:
        return self._suivi("saga_id = %s", [saga_id])

    def suivre_cle(self, consommateur: str, cle: str) -> Suivi | None:
        return self._suivi("consommateur = %s AND cle_idempotence = %s", [consommateur, cle])

    def _suivi(self, condition: str, parametres: list[Any]) -> Suivi | None:
        ligne = self._une(f"SELECT {_SUIVI} FROM {self._table} WHERE {condition}", parametres)
        if ligne is None:
            return None
        return Suivi(
            saga_id=ligne[0], empreinte=ligne[1], etat=ligne[2], terminee=ligne[3], active=ligne[4],
            reprenable=ligne[5], statut=ligne[6], corps=ligne[7],
        )  # fmt: skip

    def motif_du_geste(self, saga_id: str, cle: str) -> str | None:
        ligne = self._une(
            f"SELECT donnees->>'motif' FROM {self._evenements} WHERE saga_id = %s AND donnees->>'cle' = %s LIMIT 1",
            [saga_id, cle],
        )
        return None if ligne is None else str(ligne[0])

    # -- connection ------------------------------------------------------------------------------------------------

    def _une(self, sql: str, parametres: Sequence[Any]) -> tuple[Any, ...] | None:
        lignes = self._toutes(sql, parametres)
        return lignes[0] if lignes else None

    def _toutes(self, sql: str, parametres: Sequence[Any]) -> list[tuple[Any, ...]]:
        with self._curseur() as (_, curseur):
            curseur.execute(sql, parametres)
            lignes: list[tuple[Any, ...]] = curseur.fetchall()
            return lignes

    def _preparee(self, sql: str, parametres: Sequence[Any]) -> tuple[Any, ...] | None:
        with self._curseur() as (lien, curseur):
            noms = self._prepares.setdefault(lien, {})
            ordre = noms.get(sql)
            if ordre is None:
                morceaux = sql.split("%s")
                nom = f"saga_{len(noms)}"
                numerotes = "".join(f"{morceau}${rang}" for rang, morceau in enumerate(morceaux[:-1], 1))
                curseur.execute(f"PREPARE {nom} AS {numerotes}{morceaux[-1]}")
                ordre = noms[sql] = f"EXECUTE {nom} ({', '.join(['%s'] * len(parametres))})"
            curseur.execute(ordre, parametres)
            ligne: tuple[Any, ...] | None = curseur.fetchone()
            return ligne

    @contextmanager
    def _curseur(self) -> Iterator[tuple[Any, Any]]:
        """The driver's connection and a cursor on it; a connection that broke is closed, the next use opens another.

        The driver's own cursor: Django's wrappers around it cost as much as the statement's round trip.
        """
        connexion = connections[self._alias]
        try:
            connexion.close_if_health_check_failed()
            connexion.ensure_connection()
            lien = connexion.connection
            with lien.cursor() as curseur:
                yield lien, curseur
        except _COUPURES as erreur:
            connexion.close()
            raise DepotIndisponible("La base de données ne répond pas.") from erreur


def _joindre(fragments: Sequence[Fragment]) -> tuple[str, list[Any]]:
    texte = "".join(f", x{rang} AS ({fragment.sql})" for rang, fragment in enumerate(fragments))
    return texte, [parametre for fragment in fragments for parametre in fragment.parametres]


def _saga(ligne: tuple[Any, ...]) -> Saga:
    execution: Mapping[str, Any] = objet(ligne[4])
    return Saga(
        saga_id=ligne[0], nom=ligne[1], version=ligne[2], etat=EtatSaga.depuis_json(ligne[3], execution),
        donnees=objet(ligne[5]), jeton=ligne[6], creee_le=ligne[7], age_charge_s=ligne[8],
        correlation_id=ligne[9], traceparent=ligne[10], consommateur=ligne[11],
        ancien_proprietaire=ligne[12],
        durees=dict(execution["durees"]), tentatives=dict(execution["tentatives"]), numero=execution["numero"],
    )  # fmt: skip
