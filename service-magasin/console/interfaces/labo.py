"""Pages of the laboratory: both styles side by side, the fault switches, a load."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from console import bootstrap
from console.application import comparer
from console.application.operer import Demande
from console.interfaces import formulaires
from magasin.interfaces.acces import NOMS, VuePage, role_de
from magasin.interfaces.formulaires import Geste
from magasin.interfaces.rendu import annoncer, page
from magasin.settings import CONFIG
from socle.correlation import correlation_id, echeance
from socle.erreurs import Conflit

MINUTES = 10
DEPART_S = 10.0
"""Seconds that filling a cart and buying it may take, twice."""


class Comparer(VuePage):
    """Five calls: the figures (three), clients and products. Starting a pair: six."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _comparaison(request, formulaires.Cote())

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = formulaires.Cote(request.POST)
        ids = formulaire.envoyer(_acheter_deux_fois, budget_s=DEPART_S)
        return redirect("console:cote_a_cote", *ids) if ids else _comparaison(request, formulaire)


def _acheter_deux_fois(saisie: dict[str, Any], cle: str) -> tuple[str, str]:
    lignes = [(saisie["produit_id"], saisie["quantite"])]
    ids = comparer.deux_fois(bootstrap.boutique, saisie["client_id"], lignes, UUID(cle))
    return ids["orchestre"], ids["choreo"]


def _comparaison(request: HttpRequest, formulaire: formulaires.Cote) -> HttpResponse:
    with echeance(CONFIG.page_budget_s):
        lues, pannes = bootstrap.en_parallele(
            {"clients": bootstrap.boutique.clients, "produits": bootstrap.catalogue.rechercher}
        )
        chiffres, encore = bootstrap.consulter.comparer(MINUTES)
    formulaire.proposer("client_id", [(c["id"], c["nom_complet"]) for c in lues["clients"] or []])
    formulaire.proposer("produit_id", [(p["id"], p["nom"]) for p in lues["produits"] or []])
    contenu = {
        "formulaire": formulaire,
        "pannes": [*pannes, *encore],
        **_chiffres(chiffres),
        "charge": formulaires.Charge(),
    }
    return page(request, "console/comparer.html", "console-comparer", contenu)


class Chiffres(VuePage):
    """Three calls."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with echeance(CONFIG.page_budget_s):
            chiffres, pannes = bootstrap.consulter.comparer(MINUTES)
        return render(request, "console/chiffres.html", {"pannes": pannes, **_chiffres(chiffres)})


def _chiffres(chiffres: list[dict[str, Any]]) -> dict[str, Any]:
    """The table and, for the bars, the width of each latency in hundredths of the longest; the latest loads."""
    plus_long = max((c[nom] or 0 for c in chiffres for nom in ("p50_ms", "p95_ms")), default=0) or 1
    for ligne in chiffres:
        ligne["nom"] = formulaires.STYLES[ligne["style"]]
        ligne["p50_part"] = round(100 * (ligne["p50_ms"] or 0) / plus_long)
        ligne["p95_part"] = round(100 * (ligne["p95_ms"] or 0) / plus_long)
    return {"chiffres": chiffres, "minutes": MINUTES, "charges": bootstrap.dernieres_charges()}


class CoteACote(VuePage):
    """Twelve calls, six for each saga, all at once by halves."""

    def get(self, request: HttpRequest, orchestre_id: UUID, choreo_id: UUID) -> HttpResponse:
        return page(request, "console/cote_a_cote.html", "console-comparer", _paire(orchestre_id, choreo_id))


class CoteACoteDirect(VuePage):
    """The same calls, for the refresh."""

    def get(self, request: HttpRequest, orchestre_id: UUID, choreo_id: UUID) -> HttpResponse:
        return render(request, "console/cote_a_cote_direct.html", _paire(orchestre_id, choreo_id))


def _paire(orchestre_id: UUID, choreo_id: UUID) -> dict[str, Any]:
    with echeance(CONFIG.page_budget_s):
        sagas = [bootstrap.consulter.saga(str(identifiant)) for identifiant in (orchestre_id, choreo_id)]
    if None in sagas:
        raise Http404
    return {
        "colonnes": list(zip(formulaires.STYLES.values(), sagas, strict=True)),
        "finies": all(saga.finie for saga in sagas if saga),
        "orchestre_id": orchestre_id,
        "choreo_id": choreo_id,
    }


class VueLabo(VuePage):
    """The laboratory alone has switches and loads: elsewhere these pages do not exist."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not CONFIG.labo_fautes:
            raise Http404
        return super().dispatch(request, *args, **kwargs)


class Charger(VueLabo):
    """Starts a load. One call: the clients."""

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = formulaires.Charge(request.POST)
        formulaire.envoyer(lambda saisie, cle: _charger(request, formulaire, saisie, UUID(cle)))
        return _retour(request, formulaire, _("La charge est lancée."))


def _retour(request: HttpRequest, formulaire: formulaires.Charge, reussite: str) -> HttpResponse:
    annoncer(request, formulaire, reussite)
    return redirect("console:comparer")


def _charger(request: HttpRequest, formulaire: formulaires.Charge, saisie: dict[str, Any], cle: UUID) -> None:
    clients = [client["id"] for client in bootstrap.boutique.clients() if client.get("actif", True)]
    try:
        bootstrap.demarrer_charge(request.user.get_username(), saisie["style"], saisie["nombre"], clients, cle)
    except Conflit as refus:
        formulaire.add_error(None, str(refus))
    else:
        _consigner(request, cle, "charge", f"{saisie['nombre']} × {saisie['style']}")


class Fautes(VueLabo):
    """One call per program, all at once; two more to set a switch."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _panneau(request, formulaires.Faute())

    def post(self, request: HttpRequest) -> HttpResponse:
        programme = _programme(request)
        regler = _eteindre if "eteindre" in request.POST else _armer
        return regler(request, programme)


def _programme(request: HttpRequest) -> str:
    programme = request.POST.get("programme", "")
    if programme not in bootstrap.interrupteurs.programmes:
        raise Http404
    return programme


def _eteindre(request: HttpRequest, programme: str) -> HttpResponse:
    geste = Geste(request.POST)
    geste.envoyer(lambda _saisie, _cle: _regler(request, programme, []))
    annoncer(request, geste, _("Les fautes de %(nom)s sont éteintes.") % {"nom": programme})
    return redirect(f"{request.path}?programme={programme}")


def _armer(request: HttpRequest, programme: str) -> HttpResponse:
    formulaire = formulaires.Faute(request.POST)
    if formulaire.envoyer(lambda saisie, _cle: _ajouter(request, programme, saisie)) is None:
        return _panneau(request, formulaire)
    messages.success(request, _("La faute est armée sur %(nom)s.") % {"nom": programme})
    return redirect(f"{request.path}?programme={programme}")


def _ajouter(request: HttpRequest, programme: str, saisie: dict[str, Any]) -> list[dict[str, Any]]:
    """Arm one beside those that are; at the same point it replaces the one before."""
    faute = {nom: saisie[nom] for nom in ("point", "genre", "nombre")} | {"secondes": saisie["secondes"] or 0}
    autres = [f for f in bootstrap.interrupteurs.lire(programme)["fautes"] if f["point"] != faute["point"]]
    return _regler(request, programme, [*autres, faute])


def _regler(request: HttpRequest, programme: str, fautes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    bootstrap.interrupteurs.regler(programme, fautes)
    resume = ", ".join(f"{f['genre']} à {f['point']}" for f in fautes) or "aucune"
    _consigner(request, uuid4(), "fautes", f"{programme} : {resume}"[:120])
    return fautes


def _panneau(request: HttpRequest, formulaire: formulaires.Faute) -> HttpResponse:
    interrupteurs = bootstrap.interrupteurs
    choisi = request.POST.get("programme") or request.GET.get("programme") or "saga-1"
    with echeance(CONFIG.page_budget_s):
        lus, pannes = bootstrap.en_parallele(
            {nom: partial(interrupteurs.lire, nom) for nom in interrupteurs.programmes}
        )
    etat = lus.get(choisi) or {"fautes": [], "points": [], "rencontres": []}
    contenu = {
        "formulaire": formulaire,
        "programmes": [(nom, (lus[nom] or {}).get("fautes", []), lus[nom] is not None) for nom in lus],
        "choisi": choisi,
        "etat": etat,
        "points": sorted({*etat["rencontres"], *(p["nom"] for p in etat["points"] if "{" not in p["nom"])}),
        "pannes": pannes,
    }
    return page(request, "console/fautes.html", "console-fautes", contenu)


def _consigner(request: HttpRequest, cle: UUID, geste: str, cible: str) -> None:
    """What was done already, for the trail."""
    demande = Demande(
        cle=cle,
        geste=geste,
        cible=cible,
        motif="",
        compte=request.user.get_username(),
        role=str(NOMS[role_de(request)]),
    )
    bootstrap.consigner(demande, correlation_id())
