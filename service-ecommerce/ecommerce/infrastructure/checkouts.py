"""The `Checkouts` port on raw SQL: two statements per checkout, whatever the number of its lines."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from ecommerce.application.ports import ARRETE_APRES_S, Chiffres, FiltreCheckouts, Ouverture, Situation
from ecommerce.domain.checkout import OUVERTS, Checkout, LigneCheckout, Montants, Statut, Style
from ecommerce.domain.erreurs import CheckoutIntrouvable
from ecommerce.domain.issue import Operation
from ecommerce.domain.valeurs import AdresseLivraison
from ecommerce.infrastructure.paniers import FERMER
from socle import jsons
from socle.correlation import correlation_id

_COLONNES = (
    "id, client_id, style, statut, magasin_id, lignes, adresse, express, notes, correlation_id, date_creation, "
    "date_modification, EXTRACT(EPOCH FROM clock_timestamp() - date_creation)::float8, suivis, prochain_suivi, "
    "commande_id, sous_total, frais_livraison, operations, libelle, motif, code, reessayable, conclu_par, "
    "date_conclusion"
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
# As the index `checkouts_produits` has it, to the letter.
_DU_PRODUIT = "jsonb_path_query_array(lignes, '$[*].produit_id') @> %s::jsonb"
_ACTIFS = ", ".join(f"'{statut.value}'" for statut in (Statut.INITIE, Statut.EN_COURS))
_SITUATIONS = {
    Situation.ACTIVE: f"statut IN ({_ACTIFS})",
    Situation.REUSSIE: f"statut = '{Statut.FINALISE.value}'",
    Situation.ECHOUEE: f"statut = '{Statut.ECHEC.value}'",
    Situation.EN_REPRISE: f"statut IN ({_ACTIFS}) AND suivis > 0",
    Situation.BLOQUEE: f"statut IN ({_OUVERTS}) AND (statut = '{Statut.INTERVENTION_REQUISE.value}' "
    f"OR date_creation < now() - interval '{ARRETE_APRES_S} seconds')",
    Situation.INTERVENTION: f"statut = '{Statut.INTERVENTION_REQUISE.value}'",
}
_CHIFFRES = f"""
SELECT style, count(*), count(*) FILTER (WHERE statut = '{Statut.FINALISE.value}'),
    count(*) FILTER (WHERE statut = '{Statut.ECHEC.value}'),
    percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM date_conclusion - date_creation))
        FILTER (WHERE statut = '{Statut.FINALISE.value}')
FROM checkouts WHERE date_creation >= now() - make_interval(mins => %s) GROUP BY style
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

    def lister(
        self, filtre: FiltreCheckouts, *, debut: int, taille: int, compter: bool = True
    ) -> tuple[list[Checkout], int | None]:
        ou, valeurs = _conditions(filtre)
        total = None
        with connection.cursor() as curseur:
            if compter:
                curseur.execute(f"SELECT count(*) FROM checkouts WHERE {ou}", valeurs)  # noqa: S608 - fixed fragments
                total = int(curseur.fetchone()[0])
            curseur.execute(
                f"SELECT {_COLONNES} FROM checkouts WHERE {ou} "  # noqa: S608
                "ORDER BY date_creation DESC, id OFFSET %s LIMIT %s",
                [*valeurs, debut, taille],
            )
            return [_depuis(rangee) for rangee in curseur.fetchall()], total

    def chiffres(self, minutes: int) -> list[Chiffres]:
        with connection.cursor() as curseur:
            curseur.execute(_CHIFFRES, [minutes])
            lus = {rangee[0]: rangee[1:] for rangee in curseur.fetchall()}
        return [_chiffres(style, lus[style.value]) if style.value in lus else Chiffres(style=style) for style in Style]

    def prendre(self, style: Style, nombre: int) -> list[Checkout]:
        with connection.cursor() as curseur:
            curseur.execute(_PRENDRE, [style.value, nombre])
            return [_depuis(rangee) for rangee in curseur.fetchall()]


def _conditions(filtre: FiltreCheckouts) -> tuple[str, list[Any]]:
    textes: list[str] = []
    valeurs: list[Any] = []

    def ajouter(texte: str, *parametres: Any) -> None:
        textes.append(texte)
        valeurs.extend(parametres)

    egalites = {
        "style = %s": filtre.style.value if filtre.style else None,
        "statut = %s": filtre.statut.value if filtre.statut else None,
        "client_id = %s": filtre.client_id,
        "magasin_id = %s": filtre.magasin_id,
        "date_creation >= %s": filtre.depuis,
        "date_creation < %s": filtre.jusqua,
    }
    for texte, valeur in egalites.items():
        if valeur is not None:
            ajouter(texte, valeur)
    if filtre.situation:
        ajouter(f"({_SITUATIONS[filtre.situation]})")
    if filtre.ids is not None:
        ajouter("id = ANY(%s::uuid[])", list(filtre.ids))
    if filtre.produit_id:
        ajouter(_DU_PRODUIT, _json([filtre.produit_id]))
    if filtre.recherche:
        _ajouter_la_recherche(ajouter, filtre.recherche)
    if filtre.avant:
        ajouter("date_creation <= %s AND (date_creation < %s OR id > %s)", filtre.avant, filtre.avant, filtre.avant_id)
    return " AND ".join(textes) or "true", valeurs


def _ajouter_la_recherche(ajouter: Callable[..., None], texte: str) -> None:
    try:
        identifiant = UUID(texte)
    except ValueError:
        ajouter("correlation_id = %s", texte)
    else:
        ajouter(
            f"(id = %s OR commande_id = %s OR client_id = %s OR correlation_id = %s OR {_DU_PRODUIT})",
            *[identifiant] * 3, texte, _json([identifiant]),
        )  # fmt: skip


def _chiffres(style: Style, lus: Sequence[Any]) -> Chiffres:
    commencees, reussies, echouees, quantiles = lus
    p50, p95 = quantiles or (None, None)
    return Chiffres(
        style=style,
        commencees=commencees,
        reussies=reussies,
        echouees=echouees,
        en_cours=commencees - reussies - echouees,
        p50_secondes=p50,
        p95_secondes=p95,
    )


def _json(valeur: object) -> str:
    return jsons.ecrire(valeur).decode()


def _lire_json(texte: str | None) -> Any:
    return None if texte is None else json.loads(texte, parse_float=Decimal)


def _depuis(rangee: Sequence[Any]) -> Checkout:
    (
        identifiant, client_id, style, statut, magasin_id, lignes, adresse, express, notes, correlation,
        date_creation, date_modification, age_s, suivis, prochain_suivi, commande_id, sous_total, frais, operations,
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
        prochain_suivi=prochain_suivi,
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
