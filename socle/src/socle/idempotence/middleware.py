"""See the package's docstring for the guarantee."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from psycopg2.errors import LockNotAvailable

from socle import fautes, jsons
from socle.django import erreurs as http
from socle.erreurs import CleReutilisee, DonneesInvalides, EnCours
from socle.idempotence import CONSERVATION_JOURS

ATTENTE_MS = 2000
PURGE_LOT = 20
"""Old keys that leave when one answer is stored: more than one, or those of a busy week would never all go."""
_METHODES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_CLE = re.compile(r"[\x21-\x7e]{1,255}")
_JAMAIS_GARDES = frozenset({401, 403, 408, 425, 429})

Vue = Callable[..., HttpResponse]

# What another transaction is removing at this moment is left to it: nobody waits, nothing can deadlock.
_GARDER = (
    "WITH oubliees AS (DELETE FROM idempotence_cles WHERE (consommateur, cle) IN ("
    "SELECT consommateur, cle FROM idempotence_cles WHERE cree_le < now() - make_interval(days => %s) "
    "ORDER BY cree_le LIMIT %s FOR UPDATE SKIP LOCKED)) "
    "UPDATE idempotence_cles SET statut = %s, type_mime = %s, corps = %s WHERE consommateur = %s AND cle = %s"
)


class _Annuler(Exception):
    """Roll the business writes back and keep the answer."""


def lire_cle(request: HttpRequest) -> str:
    """The request's `Idempotency-Key`, or an empty string. Raises `DonneesInvalides` for an unusable one."""
    cle = request.headers.get("Idempotency-Key", "")
    if cle and not _CLE.fullmatch(cle):
        raise DonneesInvalides(champs={"Idempotency-Key": "1 à 255 caractères ASCII visibles sont attendus"})
    return cle


def empreinte(request: HttpRequest) -> str:
    """SHA-256 of method, path, query and body; the order of a JSON object's members does not count."""
    corps = request.body
    try:
        corps = json.dumps(jsons.lire(corps), sort_keys=True, default=jsons.defaut).encode()
    except jsons.JsonRefuse:
        pass
    adresse = f"{request.method} {request.get_full_path()}\n".encode("utf-8", "surrogateescape")
    return hashlib.sha256(adresse + corps).hexdigest()


class IdempotenceMiddleware:
    """Answers a repeated key from its row; see the package's docstring."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._suite = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._suite(request)

    def process_view(
        self, request: HttpRequest, vue: Vue, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        if "HTTP_IDEMPOTENCY_KEY" not in request.META or request.method not in _METHODES:
            return None
        # A class-based view says it on its class (`cls` is DRF's, `view_class` Django's), a function on itself.
        porteur = getattr(vue, "cls", None) or getattr(vue, "view_class", None) or vue
        if getattr(porteur, "idempotence", None) != "transaction":
            return None
        try:
            cle = lire_cle(request)
            if not cle or _porte_reference(request):
                return None
            return self._une_fois(request, cle, lambda: vue(request, *args, **kwargs))
        except OperationalError as erreur:
            if isinstance(erreur.__cause__, LockNotAvailable):
                return http.gerer(EnCours("La même requête est en cours de traitement."))
            return http.gerer(erreur)
        except Exception as erreur:  # the one handler decides what each kind becomes
            return http.gerer(erreur)

    def _une_fois(self, request: HttpRequest, cle: str, servir: Callable[[], HttpResponse]) -> HttpResponse:
        consommateur = request.headers.get("X-Consumer-Username", "")[:64]
        trace = empreinte(request)
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute(f"SET LOCAL lock_timeout = {ATTENTE_MS}")
            curseur.execute(
                "INSERT INTO idempotence_cles (consommateur, cle, empreinte) VALUES (%s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [consommateur, cle, trace],
            )
            if curseur.rowcount == 0:
                return _rejouer(curseur, consommateur, cle, trace)
            curseur.execute("SET LOCAL lock_timeout TO DEFAULT")
            reponse = _servir(servir)
            if not _memorisable(reponse):
                transaction.set_rollback(True)
                return reponse
            garde = [reponse.status_code, reponse.get("Content-Type", ""), reponse.content]
            curseur.execute(_GARDER, [CONSERVATION_JOURS, PURGE_LOT, *garde, consommateur, cle])
            fautes.point("idempotence.avant_commit")
        fautes.point("idempotence.apres_commit")
        return reponse


def _servir(servir: Callable[[], HttpResponse]) -> HttpResponse:
    """Run the view in a savepoint of its own: a refusal leaves no business write behind."""
    try:
        with transaction.atomic():
            try:
                reponse = servir()
            except Exception as erreur:  # plain views; DRF's are already answers
                reponse = http.gerer(erreur)
            rendre = getattr(reponse, "render", None)
            if callable(rendre):
                rendre()
            if reponse.status_code >= 400:
                raise _Annuler
    except _Annuler:
        if connection.needs_rollback:  # the savepoint could not be left: the database went away meanwhile (F14)
            raise OperationalError("La session s'est terminée avant la réponse.") from None
    return reponse


def _rejouer(curseur: Any, consommateur: str, cle: str, trace: str) -> HttpResponse:
    curseur.execute(
        "SELECT empreinte, statut, type_mime, corps FROM idempotence_cles WHERE consommateur = %s AND cle = %s",
        [consommateur, cle],
    )
    ligne = curseur.fetchone()
    if ligne is None:
        raise EnCours("La même requête vient d'être abandonnée ; recommencez.")
    if ligne[0] != trace:
        raise CleReutilisee("Cette clé d'idempotence a déjà servi pour une autre requête.")
    reponse = HttpResponse(bytes(ligne[3]), status=ligne[1], content_type=ligne[2])
    reponse["Idempotency-Replayed"] = "true"
    return reponse


def _porte_reference(request: HttpRequest) -> bool:
    if b'"reference"' not in request.body:
        return False
    try:
        corps = jsons.lire(request.body)
    except jsons.JsonRefuse:
        return False
    return isinstance(corps, dict) and bool(corps.get("reference"))


def _memorisable(reponse: HttpResponse) -> bool:
    if reponse.status_code >= 500 or reponse.status_code in _JAMAIS_GARDES:
        return False
    return bool(getattr(reponse, "memorisable", True))
