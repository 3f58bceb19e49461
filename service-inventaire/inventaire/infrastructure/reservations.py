"""The `Reservations` port."""

import json
from uuid import UUID

from django.db import connection
from django.db.models.functions import Now

from inventaire.application.ports import ReservationLue
from inventaire.domain.stock import Lot
from inventaire.infrastructure.models import ReservationLigne


class ReservationsPostgres:
    def inscrire(self, lot: Lot) -> None:
        lignes = [{"produit_id": str(produit), "quantite": n} for produit, n in lot.quantites.items()]
        with connection.cursor() as curseur:
            curseur.execute(
                "INSERT INTO reservations (reference, magasin_id, lignes) VALUES (%s, %s, %s)",
                [lot.reference, lot.lieu, json.dumps(lignes)],
            )

    def liberer(self, reference: UUID) -> None:
        ReservationLigne.objects.filter(reference=reference).update(
            etat=ReservationLigne.LIBEREE, date_liberation=Now()
        )

    def lire(self, reference: UUID) -> ReservationLue | None:
        ligne = ReservationLigne.objects.filter(reference=reference).values_list(*ReservationLue._fields).first()
        return ReservationLue(*ligne) if ligne else None
