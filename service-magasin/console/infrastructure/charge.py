"""A bounded load: carts bought in either style, one after another for each client, in threads of this process."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.db.models import F
from django.db.models.functions import Now

from console.infrastructure.models import Charge
from socle.correlation import contexte
from socle.erreurs import Conflit

CLIENTS_MAX = 4
SILENCE = timedelta(seconds=30)
Acheter = Callable[[str, str, str], bool]
"""(client, style, key) -> whether a checkout was opened. Must not raise."""


class ChargeEnCours(Conflit):
    """One load at a time."""

    error = "Charge en cours"
    code = "charge_en_cours"


def demarrer(compte: str, style: str, nombre: int, clients: Sequence[str], acheter: Acheter, cle: UUID) -> Charge:
    """Begin, and return at once. The same key again returns the load it began.

    Raises `ChargeEnCours` while another one gives signs of life.
    """
    deja = Charge.objects.filter(pk=cle).first()
    if deja is not None:
        return deja
    Charge.objects.filter(en_cours=True, vue_le__lt=Now() - SILENCE).update(en_cours=False)
    try:
        with transaction.atomic():
            charge = Charge.objects.create(id=cle, compte=compte, style=style, nombre=nombre, en_cours=True)
    except IntegrityError:
        raise ChargeEnCours("Une charge est déjà en cours : attendez sa fin.") from None
    acheteurs = list(clients)[:CLIENTS_MAX]
    parts = [len(range(rang, nombre, len(acheteurs))) for rang in range(len(acheteurs))]
    fils = [
        threading.Thread(target=_acheter, args=(charge.pk, client, style, part, acheter), name="charge", daemon=True)
        for client, part in zip(acheteurs, parts, strict=True)
    ]
    for fil in fils:
        fil.start()
    threading.Thread(target=_finir, args=(charge.pk, fils), name="charge-fin", daemon=True).start()
    charge.refresh_from_db()
    return charge


def _acheter(charge_id: UUID, client: str, style: str, nombre: int, acheter: Acheter) -> None:
    try:
        for _ in range(nombre):
            cle = str(uuid4())
            with contexte(cle, ""):
                reussi = acheter(client, style, cle)
            Charge.objects.filter(pk=charge_id).update(
                faits=F("faits") + 1, refus=F("refus") + (0 if reussi else 1), vue_le=Now()
            )
    finally:
        connection.close()


def _finir(charge_id: UUID, fils: Sequence[threading.Thread]) -> None:
    try:
        for fil in fils:
            fil.join()
        Charge.objects.filter(pk=charge_id).update(en_cours=False, vue_le=Now())
    finally:
        connection.close()


def dernieres(nombre: int = 5) -> list[Charge]:
    """The latest loads, newest first."""
    return list(Charge.objects.order_by("-demarree_le")[:nombre])
