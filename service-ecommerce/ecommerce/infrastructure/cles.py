"""The `Cles` port: keys of checkouts, in the transactions that open and conclude them."""

from dataclasses import replace
from uuid import UUID

from django.db import connection

from ecommerce.application.ports import Cle, Memoire, Reponse
from socle.django import erreurs as http
from socle.erreurs import Erreur
from socle.idempotence import CONSERVATION_JOURS

_PAR_CLE = "WHERE consommateur = %s AND cle = %s"
_EN_SUSPENS = f"{_PAR_CLE} AND reponse_statut IS NULL"


class ClesPostgres:
    def poser(self, cle: Cle, checkout_id: UUID) -> bool:
        with connection.cursor() as curseur:
            curseur.execute(
                "INSERT INTO cles_checkout (consommateur, cle, empreinte, checkout_id) VALUES (%s, %s, %s, %s) "
                "ON CONFLICT DO NOTHING",
                [*cle, checkout_id],
            )
            return bool(curseur.rowcount)

    def lire(self, cle: Cle) -> Memoire | None:
        with connection.cursor() as curseur:
            curseur.execute(
                f"SELECT empreinte, checkout_id, reponse_statut, reponse_corps FROM cles_checkout {_PAR_CLE}",  # noqa: S608
                [cle.consommateur, cle.valeur],
            )
            rangee = curseur.fetchone()
        if rangee is None:
            return None
        empreinte, checkout_id, statut, corps = rangee
        return Memoire(empreinte, checkout_id, None if statut is None else Reponse(statut, bytes(corps)))

    def repondre(self, cle: Cle, reponse: Reponse) -> Reponse:
        qui = [cle.consommateur, cle.valeur]
        with connection.cursor() as curseur:
            if reponse.statut >= 500:
                curseur.execute(f"DELETE FROM cles_checkout {_EN_SUSPENS}", qui)  # noqa: S608
            else:
                curseur.execute(
                    f"UPDATE cles_checkout SET reponse_statut = %s, reponse_corps = %s {_EN_SUSPENS}",  # noqa: S608
                    [reponse.statut, reponse.corps, *qui],
                )
            if curseur.rowcount:
                return reponse
        memoire = self.lire(cle)
        return replace(memoire.reponse, rejouee=True) if memoire and memoire.reponse else reponse

    def refuser(self, cle: Cle, refus: Erreur) -> None:
        rendu = http.repondre(refus)
        with connection.cursor() as curseur:
            curseur.execute(
                f"UPDATE cles_checkout SET checkout_id = NULL, reponse_statut = %s, reponse_corps = %s {_PAR_CLE}",  # noqa: S608
                [rendu.status_code, rendu.content, cle.consommateur, cle.valeur],
            )

    def oublier(self, checkout_id: UUID) -> None:
        with connection.cursor() as curseur:
            curseur.execute(
                "DELETE FROM cles_checkout WHERE checkout_id = %s AND reponse_statut IS NULL", [checkout_id]
            )


def purger() -> int:
    """Delete the keys older than the promised days of database time; returns how many. Idempotent."""
    with connection.cursor() as curseur:
        curseur.execute(
            "DELETE FROM cles_checkout WHERE date_creation < now() - make_interval(days => %s)", [CONSERVATION_JOURS]
        )
        return int(curseur.rowcount)
