"""Views: validate, call, answer."""

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from saga_orchestrator import bootstrap
from saga_orchestrator.application.demarrer import Demande
from saga_orchestrator.application.lister import Filtre, Situation
from saga_orchestrator.application.saga_commande import NOM
from saga_orchestrator.domain.commande import MAGASIN_EN_LIGNE, Ligne
from saga_orchestrator.domain.etats import ETATS, TRANSITIONS
from saga_orchestrator.interfaces import exemples, lecture
from saga_orchestrator.interfaces import serializers as formes
from socle import jsons
from socle.django.documentation import operation
from socle.django.vues import Page, Vue, VueRapide, corps_json, entier, page_demandee, repondre, valider
from socle.erreurs import Introuvable
from socle.idempotence.middleware import lire_cle
from socle.saga.depot import Suivi
from socle.saga.vues import VueOperateur, consommateur, documenter_geste, reponse_gardee

QUANTITE_IMPOSSIBLE = 1_000_000


def _reponse(suivi: Suivi) -> HttpResponse:
    """The stored answer of an ended saga, byte for byte; 202 while it goes on."""
    gardee = reponse_gardee(suivi)
    if gardee is not None:
        return gardee
    corps: dict[str, Any] = {
        "success": True,
        "accepted": True,
        "saga_id": suivi.saga_id,
        "statut": "en_cours" if suivi.active else "intervention_requise",
        "etat_actuel": suivi.etat,
        "statut_url": f"/api/saga/commandes/{suivi.saga_id}/",
    }
    return repondre(corps, 202, {"Location": corps["statut_url"]})


def _rupture(request: HttpRequest, entree: dict[str, Any]) -> Demande:
    """A real checkout that no stock can serve."""
    return Demande(
        client_id=str(entree.get("client_id", exemples.CLIENT)),
        magasin_id=str(entree.get("magasin_id", MAGASIN_EN_LIGNE)),
        lignes=[Ligne(str(entree.get("produit_id", exemples.PRODUIT)), QUANTITE_IMPOSSIBLE)],
        cle=lire_cle(request),
        consommateur=consommateur(request),
    )


def _simulation(suivi: Suivi) -> HttpResponse:
    if suivi.corps is None or suivi.statut is None:
        return _reponse(suivi)
    corps = jsons.lire(suivi.corps.encode())
    return repondre({**corps, "simulation_reussie": corps.get("code") == "stock_insuffisant"}, suivi.statut)


def _lire_saga(saga_id: uuid.UUID) -> dict[str, Any]:
    saga = bootstrap.lectures.saga(str(saga_id))
    if saga is None:
        raise Introuvable("Cette saga n'existe pas.", error="Saga introuvable", code="saga_introuvable")
    return saga


def _filtre(criteres: dict[str, Any]) -> Filtre:
    return Filtre(
        etat=criteres.get("etat"),
        actives_seulement=criteres.get("actives_seulement") in ("true", "1"),
        situation=Situation(criteres["situation"]) if "situation" in criteres else None,
        client_id=criteres.get("client_id"),
        produit_id=criteres.get("produit_id"),
        recherche=criteres.get("recherche"),
        avant=criteres.get("avant"),
        avant_id=criteres.get("avant_id"),
    )


def _page_de_sagas(criteres: dict[str, Any], page: Page) -> dict[str, Any]:
    sagas, total = bootstrap.listes.sagas(
        _filtre(criteres), debut=page.debut, taille=page.taille, compter=criteres.get("compter", "oui") == "oui"
    )
    return {"success": True, "sagas": sagas, "total": total, "page": page.page, "page_size": page.taille}


class Commandes(VueRapide):
    """The saga id is the idempotency record; the engine keeps the key."""

    idempotence = "metier"

    @operation(
        "Exécuter la saga d'un checkout",
        corps=formes.DemandeSaga,
        reponses={
            201: ("Saga terminée.", formes.ReponseSucces, exemples.SUCCES),
            202: ("Le délai de l'appelant est écoulé ; la saga continue.", formes.ReponseEnCours, exemples.EN_COURS),
            400: ("Refus : données, stock ou règle métier ; tout est compensé.", formes.ReponseEchec, exemples.ECHEC),
            503: ("Un voisin ne répond pas ; tout est compensé.", formes.ReponseEchec, exemples.PANNE),
        },
        erreurs=(422,),
        idempotente=True,
        details="Attend la fin de la saga. `Prefer: respond-async` rend 202 aussitôt. Le même `checkout_id` avec le "
        "même corps rend la réponse de cette saga.",
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        return _reponse(bootstrap.demarrer(lecture.demande(corps_json(request), request)))


class EchecStock(Vue):
    idempotence = "metier"

    @operation(
        "Simuler une rupture de stock",
        corps=formes.DemandeSimulation,
        reponses={
            202: ("Le délai de l'appelant est écoulé ; la saga continue.", formes.ReponseEnCours, exemples.EN_COURS),
            400: ("Rupture simulée ; la saga est conservée.", formes.ReponseSimulation, exemples.SIMULATION),
        },
        idempotente=True,
        details="Exécute pour de vrai une saga dont la quantité est impossible à servir.",
    )
    def post(self, request: HttpRequest) -> HttpResponse:
        entree = valider(formes.DemandeSimulation, request) if request.body else {}
        suivi = bootstrap.demarrer(_rupture(request, entree))
        return _simulation(suivi)


class Saga(Vue):
    @operation(
        "Lire une saga, son historique et ce qu'elle attend",
        reponses={200: ("La saga.", formes.EtatSaga, exemples.ETAT)},
        erreurs=(404,),
    )
    def get(self, request: HttpRequest, saga_id: uuid.UUID) -> HttpResponse:
        return repondre(_lire_saga(saga_id))


class Sagas(Vue):
    @operation(
        "Lister les sagas, la plus récente d'abord",
        criteres=formes.CriteresSagas,
        reponses={200: ("Une page de sagas.", formes.ListeSagas, exemples.LISTE)},
        erreurs=(400,),
        details="Les critères s'ajoutent. `avant` et `avant_id` (la date et l'identifiant de la dernière ligne lue) "
        "donnent la page suivante, au même coût aussi loin qu'on aille ; `compter=non` rend un `total` nul.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_demandee(request)
        criteres = valider(
            formes.CriteresSagas, {n: v for n, v in request.GET.items() if v and not n.startswith("page")}
        )
        return repondre(_page_de_sagas(criteres, page))


class Statistiques(Vue):
    @operation(
        "Chiffres des sagas récentes",
        criteres=formes.CriteresStatistiques,
        reponses={200: ("Sagas commencées dans la fenêtre.", formes.StatistiquesSagas, exemples.STATISTIQUES)},
        erreurs=(400,),
        details="Durées en secondes, des réussites seules. `compensees` : au moins une étape avait pu avoir un effet.",
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        minutes = entier(request.GET.get("minutes"), "minutes", defaut=10, maximum=formes.MINUTES_MAX)
        return repondre({"success": True, "style": "orchestre", **bootstrap.listes.statistiques(minutes)})


class _Operation(VueOperateur):
    operer = bootstrap.operer


class Compenser(_Operation):
    geste = "compenser"

    @documenter_geste(
        "Défaire une saga",
        "Prend la saga à qui la conduit et la compense. Refusé quand elle est terminée.",
        exemples.GESTE_FAIT,
    )
    def post(self, request: HttpRequest, saga_id: uuid.UUID) -> HttpResponse:
        return self.agir(request, saga_id)


class Reprendre(_Operation):
    geste = "reprendre"

    @documenter_geste(
        "Reprendre une saga",
        "Réessaie aussitôt, avec un budget neuf, dans le sens où la saga allait.",
        exemples.GESTE_FAIT,
    )
    def post(self, request: HttpRequest, saga_id: uuid.UUID) -> HttpResponse:
        return self.agir(request, saga_id)


class IgnorerEtape(_Operation):
    geste = "ignorer-etape"

    @documenter_geste(
        "Ignorer une compensation",
        "En INTERVENTION_REQUISE : la compensation a été réglée à la main.",
        exemples.GESTE_FAIT,
    )
    def post(self, request: HttpRequest, saga_id: uuid.UUID) -> HttpResponse:
        return self.agir(request, saga_id)


class Info(Vue):
    @operation("Décrire la saga", reponses={200: ("La table de la saga.", formes.Info, exemples.INFO)})
    def get(self, request: HttpRequest) -> HttpResponse:
        definition, config = bootstrap.registre.derniere(NOM), settings.CONFIG
        return repondre(
            {
                "service": settings.SOCLE["app"],
                "saga": definition.nom,
                "version": definition.version,
                "instance_id": settings.SOCLE["instance"],
                "etapes": [
                    {
                        "nom": etape.nom,
                        "lecture": etape.lecture,
                        "compensable": etape.compensation is not None,
                        "etat_avant": etape.etat_avant,
                        "etat_apres": etape.etat_apres,
                        "etat_echec": etape.etat_echec,
                    }
                    for etape in definition.etapes
                ],
                "etats": list(ETATS),
                "transitions": {etat: sorted(suivants) for etat, suivants in TRANSITIONS.items()},
                "delais": {
                    "saga_s": config.saga_timeout,
                    "etape_s": config.saga_etape_s,
                    "attente_appelant_s": config.saga_attente_s,
                    "essais": config.max_retries + 1,
                },
            }
        )
