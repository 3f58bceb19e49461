"""The `Clients` port on raw SQL; the constraint on e-mail addresses decides races."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from ecommerce.application.ports import FicheClient
from ecommerce.domain.client import Client
from ecommerce.domain.erreurs import ClientIntrouvable, CourrielUtilise
from ecommerce.infrastructure.models import OUVERT, ClientLigne

_COLONNES = ", ".join(FicheClient._fields)
_LIRE = f"SELECT {_COLONNES} FROM clients"  # noqa: S608 - our own column names

_EFFACEMENTS = (
    "UPDATE clients SET prenom = '', nom = '', email = '', telephone = '', adresse_rue = '', adresse_ville = '', "
    "adresse_code_postal = '', adresse_province = '', adresse_pays = '', actif = false, "
    "date_effacement = COALESCE(date_effacement, now()) WHERE id = %(id)s",
    "UPDATE checkouts SET adresse = NULL, notes = '' WHERE client_id = %(id)s",
    "DELETE FROM lignes_panier USING paniers p WHERE panier_id = p.id AND p.client_id = %(id)s "
    "AND p.statut = %(ouvert)s",
    # A remembered success holds the delivery address; without it the answer is made again from the checkout.
    "UPDATE cles_checkout SET reponse_statut = NULL, reponse_corps = NULL FROM checkouts c "
    "WHERE checkout_id = c.id AND c.client_id = %(id)s AND reponse_statut = 201",
    # The remembered answer of a creation holds everything; every answer about a client holds the id.
    "DELETE FROM idempotence_cles WHERE position(convert_to(%(id)s::text, 'UTF8') IN corps) > 0",
)
"""In the order in which a conclusion locks its rows too: checkouts, carts, keys."""


class ClientsPostgres:
    def ajouter(self, client: Client) -> None:
        try:
            with transaction.atomic():
                ClientLigne.objects.create(
                    id=client.id,
                    prenom=client.prenom,
                    nom=client.nom,
                    email=client.email,
                    adresse_rue=client.adresse_rue,
                    adresse_ville=client.adresse_ville,
                    adresse_code_postal=client.adresse_code_postal,
                    adresse_province=client.adresse_province,
                    adresse_pays=client.adresse_pays,
                    telephone=client.telephone,
                )
        except IntegrityError as erreur:
            raise CourrielUtilise("Un client utilise déjà cette adresse de courriel.") from erreur

    def lire(self, client_id: UUID) -> FicheClient:
        return self._un(f"{_LIRE} WHERE id = %s", client_id)

    def acheteur(self, client_id: UUID) -> FicheClient:
        return self._un(f"{_LIRE} WHERE id = %s FOR SHARE", client_id)

    def lister(self, *, debut: int, taille: int) -> tuple[list[FicheClient], int]:
        with connection.cursor() as curseur:
            curseur.execute("SELECT count(*) FROM clients")
            total = int(curseur.fetchone()[0])
            curseur.execute(f"{_LIRE} ORDER BY date_creation, id OFFSET %s LIMIT %s", [debut, taille])
            return [FicheClient(*ligne) for ligne in curseur.fetchall()], total

    def par_ids(self, ids: Sequence[str]) -> list[FicheClient]:
        with connection.cursor() as curseur:
            curseur.execute(f"{_LIRE} WHERE id = ANY(%s::uuid[])", [list(ids)])
            return [FicheClient(*ligne) for ligne in curseur.fetchall()]

    def effacer(self, client_id: UUID) -> None:
        with connection.cursor() as curseur:
            for rang, ordre in enumerate(_EFFACEMENTS):
                curseur.execute(ordre, {"id": client_id, "ouvert": OUVERT})
                if rang == 0 and curseur.rowcount == 0:
                    raise _introuvable(client_id)

    def _un(self, requete: str, client_id: UUID) -> FicheClient:
        with connection.cursor() as curseur:
            curseur.execute(requete, [client_id])
            ligne = curseur.fetchone()
        if ligne is None:
            raise _introuvable(client_id)
        return FicheClient(*ligne)


def _introuvable(client_id: UUID) -> ClientIntrouvable:
    return ClientIntrouvable(f"Aucun client n'a l'identifiant {client_id}.")
