"""The neighbours, over HTTP through the gateway: catalogue, inventaire, saga, commandes, event-store.

The orchestrator's words become an `Issue` here and nowhere else.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from ecommerce.application.ports import EtatVente, Moment, Produit
from ecommerce.domain.checkout import Checkout, Statut
from ecommerce.domain.erreurs import MagasinIntrouvable, ProduitIntrouvable
from ecommerce.domain.issue import EN_COURS, INCONNUE, INJOIGNABLE, Article, Genre, Issue, Operation
from socle.correlation import echeance
from socle.erreurs import Indisponible
from socle.http import ClientHttp, Reponse

_LECTURE_S = 2.0
_LIBELLES = {
    "verification_stock": "Vérification du stock",
    "informations_produits": "Lecture des produits et des prix",
    "reservation_stock": "Réservation du stock",
    "creation_commande": "Création de la commande",
}
_EVENEMENTS = {
    "CheckoutInitiated": ("Le checkout est annoncé aux workers.", Statut.INITIE),
    "StockReserved": ("Le stock est réservé.", Statut.EN_COURS),
    "StockReservationFailed": ("Le stock n'a pas pu être réservé.", Statut.EN_COURS),
    "OrderCreated": ("La commande est créée.", Statut.EN_COURS),
    "CheckoutSucceeded": ("Le checkout a réussi.", Statut.FINALISE),
    "OrderCreationFailed": ("La commande n'a pas pu être créée.", Statut.EN_COURS),
    "StockReleased": ("Le stock réservé est rendu.", Statut.EN_COURS),
    "CheckoutFailed": ("Le checkout a échoué.", Statut.ECHEC),
}
_ANNULEE = "SAGA_ANNULEE"
_ECHEC = "Erreur lors de l'exécution de la saga"
_INTERVENTION = Issue(genre=Genre.INTERVENTION, motif="La compensation attend un opérateur.")

T = TypeVar("T")


class _Incomprehensible(Indisponible):
    """The neighbour's answer does not have the agreed shape."""

    code = "reponse_incomprise"


def _comprendre(service: str, lecture: Callable[[], T]) -> T:
    """A malformed answer of a neighbour is its failure, not ours."""
    try:
        return lecture()
    except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError) as erreur:
        raise _Incomprehensible(f"La réponse du service {service} est incompréhensible.") from erreur


def _inattendue(service: str, reponse: Reponse) -> Indisponible:
    return Indisponible(f"Le service {service} a répondu {reponse.statut}.")


class CatalogueHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def produit(self, produit_id: UUID) -> Produit:
        reponse = self._client.get(f"/produits/{produit_id}/", endpoint="produits")
        if reponse.statut == 404:
            raise ProduitIntrouvable(f"Aucun produit n'a l'identifiant {produit_id}.")
        if not reponse.ok:
            raise _inattendue("catalogue", reponse)
        return _comprendre("catalogue", lambda: _produit({**reponse.corps, "id": produit_id}))

    def produits(self, produit_ids: Sequence[UUID]) -> Mapping[UUID, Produit]:
        ids = ",".join(str(produit_id) for produit_id in produit_ids)
        reponse = self._client.get("/produits/", params={"ids": ids}, endpoint="produits")
        if not reponse.ok:
            raise _inattendue("catalogue", reponse)
        lus = _comprendre("catalogue", lambda: [_produit(fiche) for fiche in reponse.corps["produits"]])
        return {produit.id: produit for produit in lus}


class StocksHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def disponible(self, produit_id: UUID, magasin_id: UUID) -> int:
        reponse = self._client.get(
            f"/stocks-locaux/{magasin_id}/", params={"produits": produit_id}, endpoint="stocks-locaux"
        )
        if reponse.statut == 404:
            raise MagasinIntrouvable(f"Le magasin {magasin_id} ou le produit {produit_id} est inconnu de l'inventaire.")
        if not reponse.ok:
            raise _inattendue("inventaire", reponse)
        return _comprendre(
            "inventaire",
            lambda: sum(
                int(stock["quantite"])
                for stock in reponse.corps["stocks"]
                if str(stock["produit_id"]).lower() == str(produit_id)
            ),
        )

    def liberer(self, reference: UUID) -> bool:
        reponse = self._client.post(
            "/augmenter-stock/",
            {"reference": reference},
            cle_idempotence=f"{reference}:liberer",
            endpoint="augmenter-stock",
        )
        if not reponse.ok:
            raise _inattendue("inventaire", reponse)
        return _comprendre("inventaire", lambda: bool(reponse.corps["lignes"]))


class CommandesHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def fermer(self, reference: UUID) -> EtatVente:
        reponse = self._client.post(
            f"/ventes-ddd/par-reference/{reference}/annuler/",
            {"motif": "Checkout abandonné.", "seulement_si_absente": True},
            cle_idempotence=f"{reference}:fermeture",
            endpoint="par-reference/annuler",
        )
        etat = reponse.corps.get("etat")
        if not reponse.ok or etat not in ("annulee", "jamais_creee", "active"):
            raise _inattendue("commandes", reponse)
        return etat

    def issue(self, reference: UUID) -> Issue:
        reponse = self._client.get(f"/ventes-ddd/par-reference/{reference}/", endpoint="par-reference")
        if reponse.statut == 404:
            return INCONNUE
        if not reponse.ok:
            raise _inattendue("commandes", reponse)
        vente = reponse.corps.get("vente", {})
        if vente.get("statut") != "active":
            return INCONNUE
        return _comprendre(
            "commandes",
            lambda: Issue(genre=Genre.REUSSIE, commande_id=UUID(vente["id"]), articles=_articles(vente["lignes"])),
        )

    def vente(self, reference: UUID) -> UUID | None:
        reponse = self._client.get(f"/ventes-ddd/par-reference/{reference}/", endpoint="par-reference")
        if reponse.statut == 404:
            return None
        if not reponse.ok:
            raise _inattendue("commandes", reponse)
        return _comprendre("commandes", lambda: UUID(reponse.corps["vente"]["id"]))


class EventStoreHttp:
    def __init__(self, client: ClientHttp) -> None:
        self._client = client

    def historique(self, checkout_id: UUID) -> list[Moment] | None:
        try:
            with echeance(_LECTURE_S):
                reponse = self._client.get(f"/replay/checkout/{checkout_id}", endpoint="replay", essais=1)
            if not reponse.ok:
                return None
            return _comprendre("event-store", lambda: [_moment(fait, checkout_id) for fait in reponse.corps["events"]])
        except Indisponible:
            return None


class OrchestrateurHttp:
    """`attente_s` bounds `lancer`, retries included; the other calls are short."""

    def __init__(self, client: ClientHttp, *, attente_s: float) -> None:
        self._client, self._attente_s = client, attente_s

    def lancer(self, checkout: Checkout) -> Issue:
        return self._poster(checkout, {}, self._attente_s)

    def confier(self, checkout: Checkout) -> Issue:
        return self._poster(checkout, {"Prefer": "respond-async"}, _LECTURE_S)

    def issue(self, checkout: Checkout) -> Issue:
        try:
            reponse = self._lire(checkout.id)
            if reponse.statut == 404:
                return INCONNUE
            if not reponse.ok:
                return INJOIGNABLE
            if reponse.corps.get("etat_actuel") == _ANNULEE:
                # Its stored answer says why and how it failed: asking again for an ended saga returns it at once.
                return self._poster(checkout, {}, _LECTURE_S)
            return _comprendre("saga", lambda: _issue_d_etat(reponse.corps))
        except Indisponible:
            return INJOIGNABLE

    def historique(self, checkout_id: UUID) -> list[Moment] | None:
        try:
            reponse = self._lire(checkout_id)
            if reponse.statut == 404:
                return []
            return _comprendre("saga", lambda: _evenements(reponse.corps)) if reponse.ok else None
        except Indisponible:
            return None

    def _lire(self, checkout_id: UUID) -> Reponse:
        with echeance(_LECTURE_S):
            return self._client.get(f"/commandes/{checkout_id}/", endpoint="commandes/lire", essais=1)

    def _poster(self, checkout: Checkout, entetes: Mapping[str, str], attente_s: float) -> Issue:
        corps = {
            "client_id": checkout.client_id,
            "magasin_id": checkout.magasin_id,
            "checkout_id": checkout.id,
            "lignes": [{"produit_id": ligne.produit_id, "quantite": ligne.quantite} for ligne in checkout.lignes],
        }
        try:
            with echeance(attente_s):
                reponse = self._client.appeler(
                    "POST",
                    "/commandes/",
                    corps=corps,
                    cle_idempotence=str(checkout.id),
                    entetes=entetes,
                    endpoint="commandes/lancer",
                    est_reponse=_conclut,
                )
        except Indisponible:
            return INJOIGNABLE
        return self._issue_de_reponse(checkout, reponse)

    def _issue_de_reponse(self, checkout: Checkout, reponse: Reponse) -> Issue:
        corps = reponse.corps
        resume = corps.get("resume_execution") or {}
        if reponse.statut == 201:
            if "lignes_commande" not in resume:  # an orchestrator that does not send them: one call more
                return replace(self.issue(checkout), operations=_operations(resume))
            try:
                return _comprendre("saga", lambda: _succes(corps["commande_id"], resume))
            except _Incomprehensible:
                return INJOIGNABLE
        if reponse.statut == 202:
            return _INTERVENTION if corps.get("statut") == "intervention_requise" else EN_COURS
        if reponse.statut in (400, 503):
            return Issue(
                genre=Genre.REFUSEE if reponse.statut == 400 else Genre.COMPENSEE,
                libelle=str(corps.get("error") or _ECHEC)[:100],
                motif=_texte(corps.get("details")),
                code=str(corps.get("code") or "saga_echec")[:64],
                operations=_operations(resume),
            )
        # 401, 404, 409, 422, 429…: nothing is known of this saga, and the tracker will learn it.
        return INJOIGNABLE


def _conclut(reponse: Reponse) -> bool:
    """A 503 of the orchestrator itself, about an undone saga, is an answer; the gateway's own is not."""
    return reponse.statut == 503 and reponse.corps.get("etat_final") == _ANNULEE


def _succes(commande_id: object, resume: Mapping[str, Any]) -> Issue:
    return Issue(
        genre=Genre.REUSSIE,
        commande_id=UUID(str(commande_id)),
        articles=_articles(resume["lignes_commande"]),
        operations=_operations(resume),
    )


def _articles(lignes: Any) -> dict[UUID, Article]:
    return {
        UUID(ligne["produit_id"]): Article(str(ligne["produit_nom"]), Decimal(ligne["prix_unitaire"]))
        for ligne in lignes
    }


def _operations(resume: Mapping[str, Any]) -> tuple[Operation, ...]:
    tentatives = resume.get("tentatives_par_etape") or {}
    return tuple(
        Operation(
            etape=etape,
            libelle=_LIBELLES.get(etape, etape.replace("_", " ").capitalize()),
            duree_secondes=float(duree),
            tentatives=int(tentatives.get(etape, 1)),
        )
        for etape, duree in (resume.get("duree_par_etape") or {}).items()
    )


def _issue_d_etat(corps: Mapping[str, Any]) -> Issue:
    """From `GET commandes/{id}/`, for a saga that was not undone."""
    etat = corps["etat_actuel"]
    if etat == "SAGA_TERMINEE":
        return _succes(corps["commande_finale_id"], corps)
    return _INTERVENTION if etat == "INTERVENTION_REQUISE" else EN_COURS


def _evenements(corps: Mapping[str, Any]) -> list[Moment]:
    return [
        Moment(
            str(evenement["timestamp"]),
            "saga",
            str(evenement["type"]),
            str(evenement.get("message", "")),
            str(evenement["nouvel_etat"]),
            id=evenement.get("id"),
            causation_id=evenement.get("causation_id"),
            correlation_id=corps.get("correlation_id"),
        )
        for evenement in corps.get("historique_evenements", [])
    ]


def _produit(fiche: Mapping[str, Any]) -> Produit:
    return Produit(UUID(str(fiche["id"])), str(fiche["nom"]), Decimal(fiche["prix"]), bool(fiche["actif"]))


def _moment(fait: Mapping[str, Any], checkout_id: UUID) -> Moment:
    """What no other event caused, the acceptance of the checkout did."""
    message, statut = _EVENEMENTS.get(fait["type"], ("", Statut.EN_COURS))
    horodatage = fait["payload"].get("emitted_at") or datetime.fromtimestamp(float(fait["ts"]), UTC).isoformat()
    return Moment(
        str(horodatage),
        str(fait["source"]),
        str(fait["type"]),
        str(fait["payload"].get("reason") or message),
        statut.value,
        id=str(fait["id"]),
        causation_id=fait["causation_id"] or str(checkout_id),
        correlation_id=fait["correlation_id"],
    )


def _texte(details: object) -> str:
    return "; ".join(str(d) for d in details) if isinstance(details, list) else str(details or "")
