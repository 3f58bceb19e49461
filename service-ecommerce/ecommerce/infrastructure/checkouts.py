"""The `Checkouts` port on raw SQL: two statements per checkout, whatever the number of its lines."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ecommerce.application.ports import FiltreCheckouts, Ouverture
from ecommerce.domain.checkout import OUVERTS, Checkout, LigneCheckout, Montants, Statut, Style
from ecommerce.domain.erreurs import CheckoutIntrouvable
from ecommerce.domain.issue import Operation
from ecommerce.domain.valeurs import AdresseLivraison
from ecommerce.infrastructure.paniers import FERMER
from socle import jsons
from socle.correlation import correlation_id

_COLONNES = (
    "id, client_id, style, statut, magasin_id, lignes, adresse, express, notes, correlation_id, date_creation, "
    "date_modification, EXTRACT(EPOCH FROM clock_timestamp() - date_creation)::float8, suivis, commande_id, "
    "sous_total, frais_livraison, operations, libelle, motif, code, reessayable, conclu_par, date_conclusion"
)
_OUVRIR = f"""
WITH ferme AS ({FERMER})
INSERT INTO checkouts (id, client_id, panier_id, style, statut, magasin_id, lignes, adresse, express, notes,
                       correlation_id, prochain_suivi)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s)) RETURNING {_COLONNES}
"""  # noqa: S608 - our own column names
_OUVERTS = ", ".join(f"'{statut.value}'" for statut in OUVERTS)
# While it stays open, its next look comes within a second: the caller was told to follow it.
_ECRIRE = f"""
UPDATE checkouts SET statut = %(statut)s, lignes = %(lignes)s, commande_id = %(commande_id)s,
    sous_total = %(sous_total)s, frais_livraison = %(frais)s, operations = %(operations)s, libelle = %(libelle)s,
    motif = %(motif)s, code = %(code)s, reessayable = %(reessayable)s, date_modification = now(),
    conclu_par = CASE WHEN %(fin)s THEN %(par)s ELSE '' END, date_conclusion = CASE WHEN %(fin)s THEN now() END,
    prochain_suivi = LEAST(prochain_suivi, now() + interval '1 second')
WHERE id = %(id)s AND statut IN ({_OUVERTS}) RETURNING {_COLONNES}
"""  # noqa: S608
# A claim is nothing but a later turn: 1, 2, 4, 8 then 15 s, with jitter so that an outage ends without a stampede.
_PRENDRE = f"""
UPDATE checkouts SET suivis = suivis + 1,
    prochain_suivi = now() + make_interval(secs => LEAST(15, power(2, LEAST(suivis, 5))) * (0.5 + random() / 2))
WHERE id IN (
    SELECT id FROM checkouts WHERE style = %s AND statut IN ({_OUVERTS}) AND prochain_suivi <= now()
    ORDER BY prochain_suivi LIMIT %s FOR UPDATE SKIP LOCKED
) RETURNING {_COLONNES}
"""  # noqa: S608


class CheckoutsPostgres:
    """`suivi_apres_s`: how long the accepting request has before the tracker looks."""

    def __init__(self, *, suivi_apres_s: float) -> None:
        self._suivi_apres_s = suivi_apres_s

    def ouvrir(self, ouverture: Ouverture) -> Checkout:
        with connection.cursor() as curseur:
            curseur.execute(
                _OUVRIR,
                [
                    ouverture.panier_id,
                    ouverture.id,
                    ouverture.client_id,
                    ouverture.panier_id,
                    ouverture.style.value,
                    Statut.INITIE.value,
                    ouverture.magasin_id,
                    _json([asdict(ligne) for ligne in ouverture.lignes]),
                    _json(asdict(ouverture.adresse)),
                    ouverture.adresse.livraison_express,
                    ouverture.notes,
                    correlation_id(),
                    self._suivi_apres_s,
                ],
            )
            return _depuis(curseur.fetchone())

    def lire(self, checkout_id: UUID) -> Checkout:
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT {_COLONNES} FROM checkouts WHERE id = %s", [checkout_id])  # noqa: S608
            rangee = curseur.fetchone()
        if rangee is None:
            raise CheckoutIntrouvable(f"Aucun checkout n'a l'identifiant {checkout_id}.")
        return _depuis(rangee)

    def ecrire(self, checkout: Checkout, *, par: str) -> Checkout | None:
        montants = checkout.montants
        with connection.cursor() as curseur:
            curseur.execute(
                _ECRIRE,
                {
                    "id": checkout.id,
                    "statut": checkout.statut.value,
                    "lignes": _json([asdict(ligne) for ligne in checkout.lignes]),
                    "commande_id": checkout.commande_id,
                    "sous_total": montants.sous_total if montants else None,
                    "frais": montants.frais_livraison if montants else None,
                    "operations": _json([asdict(operation) for operation in checkout.operations]),
                    "libelle": checkout.libelle,
                    "motif": checkout.motif,
                    "code": checkout.code,
                    "reessayable": checkout.reessayable,
                    "fin": not checkout.ouvert,
                    "par": par,
                },
            )
            rangee = curseur.fetchone()
        return _depuis(rangee) if rangee else None

    def lister(self, filtre: FiltreCheckouts, *, debut: int, taille: int) -> tuple[list[Checkout], int]:
        ou, valeurs = _conditions(filtre)
        with connection.cursor() as curseur:
            curseur.execute(f"SELECT count(*) FROM checkouts WHERE {ou}", valeurs)  # noqa: S608 - fixed fragments
            total = int(curseur.fetchone()[0])
            curseur.execute(
                f"SELECT {_COLONNES} FROM checkouts WHERE {ou} "  # noqa: S608
                "ORDER BY date_creation DESC, id OFFSET %s LIMIT %s",
                [*valeurs, debut, taille],
            )
            return [_depuis(rangee) for rangee in curseur.fetchall()], total

    def prendre(self, style: Style, nombre: int) -> list[Checkout]:
        with connection.cursor() as curseur:
            curseur.execute(_PRENDRE, [style.value, nombre])
            return [_depuis(rangee) for rangee in curseur.fetchall()]


def _conditions(filtre: FiltreCheckouts) -> tuple[str, list[Any]]:
    fragments = {
        "style = %s": filtre.style.value if filtre.style else None,
        "statut = %s": filtre.statut.value if filtre.statut else None,
        "client_id = %s": filtre.client_id,
        "magasin_id = %s": filtre.magasin_id,
        "date_creation >= %s": filtre.depuis,
        "date_creation < %s": filtre.jusqua,
    }
    retenus = {fragment: valeur for fragment, valeur in fragments.items() if valeur is not None}
    return " AND ".join(retenus) or "true", list(retenus.values())


def _json(valeur: object) -> str:
    return jsons.ecrire(valeur).decode()


def _lire_json(texte: str | None) -> Any:
    return None if texte is None else json.loads(texte, parse_float=Decimal)


def _depuis(rangee: Sequence[Any]) -> Checkout:
    (
        identifiant, client_id, style, statut, magasin_id, lignes, adresse, express, notes, correlation,
        date_creation, date_modification, age_s, suivis, commande_id, sous_total, frais, operations,
        libelle, motif, code, reessayable, conclu_par, date_conclusion,
    ) = rangee  # fmt: skip
    lieu = _lire_json(adresse)
    return Checkout(
        id=identifiant,
        client_id=client_id,
        style=Style(style),
        statut=Statut(statut),
        magasin_id=magasin_id,
        lignes=[
            LigneCheckout(
                produit_id=UUID(ligne["produit_id"]),
                nom_produit=ligne["nom_produit"],
                quantite=ligne["quantite"],
                prix_panier=Decimal(ligne["prix_panier"]),
                prix_unitaire=Decimal(ligne["prix_unitaire"]),
            )
            for ligne in _lire_json(lignes)
        ],
        adresse=AdresseLivraison(**lieu) if lieu else None,
        express=express,
        notes=notes,
        correlation_id=correlation,
        date_creation=date_creation,
        date_modification=date_modification,
        age_s=age_s,
        suivis=suivis,
        commande_id=commande_id,
        montants=Montants(sous_total, frais) if sous_total is not None else None,
        operations=[
            Operation(**{**operation, "duree_secondes": float(operation["duree_secondes"])})
            for operation in _lire_json(operations)
        ],
        libelle=libelle,
        motif=motif,
        code=code,
        reessayable=reessayable,
        conclu_par=conclu_par,
        date_conclusion=date_conclusion,
    )
