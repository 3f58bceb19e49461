"""The `Intentions` port on raw SQL: each transition is one conditional UPDATE, and the row count says who won."""

from datetime import timedelta
from uuid import UUID

from django.db import connection

from commandes.application.ports import Cle
from commandes.domain.intention import Demande, Etat, Fiche, Intention

CONSERVATION = timedelta(days=8)
"""A day more than the seven promised to a key."""


class IntentionsPostgres:
    """`abandon_s`: seconds without an attempt after which a sale under way is given up, by the database clock."""

    def __init__(self, abandon_s: float) -> None:
        self._abandon_s = abandon_s

    def inscrire(self, intention: Intention, cle: Cle | None) -> bool:
        demande, fiche = intention.demande, intention.fiche
        with connection.cursor() as curseur:
            curseur.execute(
                """
                INSERT INTO intentions_vente (vente_id, consommateur, cle, magasin_id, client_id, produit_id, quantite,
                                              produit_nom, prix_unitaire, etat, refus, prochain_essai)
                VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))
                ON CONFLICT (consommateur, cle) DO NOTHING
                """,
                [
                    intention.vente_id,
                    cle.consommateur if cle else "",
                    cle.valeur if cle else None,
                    demande.magasin_id,
                    demande.client_id,
                    demande.produit_id,
                    demande.quantite,
                    fiche.nom if fiche else None,
                    fiche.prix if fiche else None,
                    intention.etat.value,
                    intention.refus,
                    self._abandon_s,
                ],
            )
            return bool(curseur.rowcount == 1)

    def retrouver(self, cle: Cle) -> Intention | None:
        with connection.cursor() as curseur:
            curseur.execute(
                """
                UPDATE intentions_vente SET prochain_essai = CASE
                    WHEN etat = 'EN_SUSPENS' THEN now() + make_interval(secs => %s) ELSE prochain_essai END
                WHERE consommateur = %s AND cle = %s
                RETURNING vente_id, magasin_id, client_id, produit_id, quantite, produit_nom, prix_unitaire, etat, refus
                """,
                [self._abandon_s, *cle],
            )
            ligne = curseur.fetchone()
        if ligne is None:
            return None
        vente_id, magasin_id, client_id, produit_id, quantite, nom, prix, etat, refus = ligne
        return Intention(
            vente_id=vente_id,
            demande=Demande(magasin_id=magasin_id, client_id=client_id, produit_id=produit_id, quantite=quantite),
            fiche=None if nom is None else Fiche(nom=nom, prix=prix),
            etat=Etat(etat),
            refus=refus,
        )

    def terminer(self, vente_id: UUID) -> bool:
        return _modifier(
            "UPDATE intentions_vente SET etat = 'TERMINEE' WHERE vente_id = %s AND etat = 'EN_SUSPENS'", vente_id
        )

    def refuser(self, vente_id: UUID, refus: str) -> bool:
        return _modifier(
            "UPDATE intentions_vente SET etat = 'REFUSEE', refus = %s WHERE vente_id = %s AND etat = 'EN_SUSPENS'",
            refus,
            vente_id,
        )

    def abandonner(self, vente_id: UUID) -> None:
        _modifier(
            "UPDATE intentions_vente SET etat = 'A_LIBERER', prochain_essai = now() "
            "WHERE vente_id = %s AND etat = 'EN_SUSPENS'",
            vente_id,
        )

    def reclamer_abandonnees(self, lot: int) -> list[UUID]:
        with connection.cursor() as curseur:
            curseur.execute(
                """
                UPDATE intentions_vente SET etat = 'A_LIBERER', essais = essais + 1,
                    prochain_essai = now() + make_interval(secs => least(60, power(2, least(essais, 10))))
                WHERE vente_id IN (
                    SELECT vente_id FROM intentions_vente
                    WHERE etat IN ('EN_SUSPENS', 'A_LIBERER') AND prochain_essai <= now()
                    ORDER BY prochain_essai LIMIT %s FOR UPDATE SKIP LOCKED
                )
                RETURNING vente_id
                """,
                [lot],
            )
            return [ligne[0] for ligne in curseur.fetchall()]

    def liberee(self, vente_id: UUID) -> None:
        _modifier(
            "UPDATE intentions_vente SET etat = 'ABANDONNEE', cle = NULL WHERE vente_id = %s AND etat = 'A_LIBERER'",
            vente_id,
        )


def _modifier(requete: str, *valeurs: object) -> bool:
    with connection.cursor() as curseur:
        curseur.execute(requete, valeurs)
        return bool(curseur.rowcount == 1)


def purger() -> int:
    """Forget the concluded intentions that no key may ask for any more; returns how many. Idempotent."""
    with connection.cursor() as curseur:
        curseur.execute(
            "DELETE FROM intentions_vente WHERE cree_le < now() - %s AND etat IN ('TERMINEE', 'REFUSEE', 'ABANDONNEE')",
            [CONSERVATION],
        )
        return int(curseur.rowcount)
