"""Pages of the laboratory: both styles side by side, the fault switches, a load."""

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
from magasin.application.refus import Refus
from magasin.interfaces.acces import NOMS, VuePage, role_de
from magasin.interfaces.rendu import page
from magasin.settings import CONFIG
from socle.correlation import correlation_id, echeance
from socle.erreurs import Erreur

MINUTES = 10
DEPART_S = 10.0
"""Seconds that filling a cart and buying it may take, twice."""


class Comparer(VuePage):
    """Five calls: the figures (three), clients and products. Starting a pair: eight."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, formulaires.Cote())

    def post(self, request: HttpRequest) -> HttpResponse:
        formulaire = formulaires.Cote(request.POST)
        ids = formulaire.envoyer(
            lambda saisie, cle: comparer.deux_fois(
                bootstrap.boutique, saisie["client_id"], [(saisie["produit_id"], saisie["quantite"])], UUID(cle)
            ),
            budget_s=DEPART_S,
        )
        if ids is None:
            return self._page(request, formulaire)
        return redirect("console:cote_a_cote", ids["orchestre"], ids["choreo"])

    def _page(self, request: HttpRequest, formulaire: formulaires.Cote) -> HttpResponse:
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
            "charges": bootstrap.dernieres_charges(),
        }
        return page(request, "console/comparer.html", "console-comparer", contenu)


class Chiffres(VuePage):
    """Three calls."""

    def get(self, request: HttpRequest) -> HttpResponse:
        with echeance(CONFIG.page_budget_s):
            chiffres, pannes = bootstrap.consulter.comparer(MINUTES)
        contenu = {"pannes": pannes, **_chiffres(chiffres), "charges": bootstrap.dernieres_charges()}
        return render(request, "console/chiffres.html", contenu)


def _chiffres(chiffres: list[dict[str, Any]]) -> dict[str, Any]:
    """The table and, for the bars, the width of each latency in hundredths of the longest."""
    plus_long = max((c[nom] or 0 for c in chiffres for nom in ("p50_ms", "p95_ms")), default=0) or 1
    for ligne in chiffres:
        ligne["nom"] = formulaires.STYLES[ligne["style"]]
        ligne["p50_part"] = round(100 * (ligne["p50_ms"] or 0) / plus_long)
        ligne["p95_part"] = round(100 * (ligne["p95_ms"] or 0) / plus_long)
    return {"chiffres": chiffres, "minutes": MINUTES}


class CoteACote(VuePage):
    """Twelve calls, six for each saga, all at once by halves."""

    gabarit = "console/cote_a_cote.html"

    def get(self, request: HttpRequest, orchestre_id: UUID, choreo_id: UUID) -> HttpResponse:
        with echeance(CONFIG.page_budget_s):
            sagas = [bootstrap.consulter.saga(str(identifiant)) for identifiant in (orchestre_id, choreo_id)]
        if None in sagas:
            raise Http404
        colonnes = [(nom, saga) for nom, saga in zip(formulaires.STYLES.values(), sagas, strict=True)]
        finies = all(saga.finie for saga in sagas if saga)
        contenu = {"colonnes": colonnes, "finies": finies, "orchestre_id": orchestre_id, "choreo_id": choreo_id}
        return render(request, self.gabarit, {"rubrique": "console-comparer", **contenu})


class CoteACoteDirect(CoteACote):
    gabarit = "console/cote_a_cote_direct.html"


class Charger(VuePage):
    """Starts a load. One call: the clients."""

    def post(self, request: HttpRequest) -> HttpResponse:
        _exiger_labo()
        formulaire = formulaires.Charge(request.POST)
        if not formulaire.is_valid():
            messages.error(request, " ".join(texte for textes in formulaire.errors.values() for texte in textes))
            return redirect("console:comparer")
        style, nombre = formulaire.cleaned_data["style"], formulaire.cleaned_data["nombre"]
        cle = UUID(formulaire.cle_du_formulaire)
        try:
            with echeance(CONFIG.page_budget_s):
                clients = [c["id"] for c in bootstrap.boutique.clients() if c.get("actif", True)]
            bootstrap.demarrer_charge(request.user.get_username(), style, nombre, clients, cle)
        except (Erreur, Refus) as refus:
            messages.error(request, str(refus))
        else:
            _consigner(request, cle, "charge", f"{nombre} × {style}")
            messages.success(request, _("%(nombre)s checkouts sont lancés.") % {"nombre": nombre})
        return redirect("console:comparer")


class Fautes(VuePage):
    """One call per program, all at once."""

    def get(self, request: HttpRequest) -> HttpResponse:
        _exiger_labo()
        return self._page(request, formulaires.Faute())

    def post(self, request: HttpRequest) -> HttpResponse:
        _exiger_labo()
        programme = request.POST.get("programme", "")
        if programme not in bootstrap.interrupteurs.programmes:
            raise Http404
        formulaire = formulaires.Faute(request.POST)
        if "eteindre" in request.POST:
            return self._regler(request, programme, [], _("Les fautes de %(nom)s sont éteintes."))
        if not formulaire.is_valid():
            return self._page(request, formulaire)
        saisie = formulaire.cleaned_data
        faute = {nom: saisie[nom] for nom in ("point", "genre", "nombre")} | {"secondes": saisie["secondes"] or 0}
        try:
            autres = [f for f in bootstrap.interrupteurs.lire(programme)["fautes"] if f["point"] != faute["point"]]
        except (Erreur, Refus) as refus:
            formulaire.add_error(None, str(refus))
            return self._page(request, formulaire)
        return self._regler(request, programme, [*autres, faute], _("La faute est armée sur %(nom)s."), formulaire)

    def _regler(
        self,
        request: HttpRequest,
        programme: str,
        fautes: list[dict[str, Any]],
        reussite: str,
        formulaire: formulaires.Faute | None = None,
    ) -> HttpResponse:
        try:
            bootstrap.interrupteurs.regler(programme, fautes)
        except (Erreur, Refus) as refus:
            if formulaire is not None:
                formulaire.add_error(None, str(refus))
                return self._page(request, formulaire)
            messages.error(request, str(refus))
        else:
            resume = ", ".join(f"{f['genre']} à {f['point']}" for f in fautes) or "aucune"
            _consigner(request, uuid4(), "fautes", f"{programme} : {resume}"[:120])
            messages.success(request, reussite % {"nom": programme})
        return redirect(f"{request.path}?programme={programme}")

    def _page(self, request: HttpRequest, formulaire: formulaires.Faute) -> HttpResponse:
        interrupteurs = bootstrap.interrupteurs
        choisi = request.POST.get("programme") or request.GET.get("programme") or "saga-1"
        with echeance(CONFIG.page_budget_s):
            lus, pannes = bootstrap.en_parallele(
                {nom: (lambda nom=nom: interrupteurs.lire(nom)) for nom in interrupteurs.programmes}
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


def _exiger_labo() -> None:
    """The laboratory alone has switches and loads."""
    if not CONFIG.labo_fautes:
        raise Http404


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
