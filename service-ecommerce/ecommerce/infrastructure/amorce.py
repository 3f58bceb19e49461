"""Seed data (contract, section 11), and what others are granted."""

from uuid import UUID

from django.db import connection

from ecommerce.infrastructure.models import ClientLigne
from ecommerce.settings import CONFIG
from socle.evenements import lettres_mortes

_CLIENTS = (
    (
        "11111111-1111-1111-1111-111111111111", "Jean", "Tremblay", "514-555-0101",
        "100 rue Sherbrooke Est", "Montréal", "H1A 1A1",
    ),
    (
        "22222222-2222-2222-2222-222222222222", "Marie", "Dubois", "450-555-0202",
        "200 boulevard Le Carrefour", "Laval", "H7X 2Y3",
    ),
    (
        "33333333-3333-3333-3333-333333333333", "Pierre", "Martin", "418-555-0303",
        "300 Grande Allée Est", "Québec", "G1K 4L5",
    ),
    (
        "12345678-1234-1234-1234-123456789012", "Ada", "Lovelace", "514-555-0404",
        "400 rue Sainte-Catherine Ouest", "Montréal", "H2X 1Y4",
    ),
)  # fmt: skip


def charger() -> None:
    """Add the clients that are missing; an existing one, erased or not, is left alone. Idempotent.

    The dead letters of this service's group are entrusted to the role that keeps them, if it is named.
    """
    ClientLigne.objects.bulk_create(
        [
            ClientLigne(
                id=UUID(identifiant),
                prenom=prenom,
                nom=nom,
                email=f"{prenom}.{nom}@example.com".lower(),
                telephone=telephone,
                adresse_rue=rue,
                adresse_ville=ville,
                adresse_code_postal=code_postal,
                adresse_province="Québec",
                adresse_pays="Canada",
            )
            for identifiant, prenom, nom, telephone, rue, ville, code_postal in _CLIENTS
        ],
        ignore_conflicts=True,
    )
    if CONFIG.lettres_mortes_role:
        with connection.cursor() as curseur:
            lettres_mortes.confier(curseur, CONFIG.lettres_mortes_role)
