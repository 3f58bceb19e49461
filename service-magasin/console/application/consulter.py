"""The list, one saga, and the comparison: which calls each page costs, whatever it shows.

List: 3 calls (4 for a search by id), and one for the open choreographed rows; one more while the orchestrator does not
answer. One saga: 6.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from console.application.ports import EnParallele, Lecture, Services
from console.domain import lecture
from console.domain.saga import Resume, Saga, Situation, Style
from console.domain.textes import gettext_noop

TAILLE = 50
_LETTRES_OUVERTES = "en_attente"


@dataclass(frozen=True, kw_only=True)
class Filtre:
    """What is looked for; empty means whatever. `avant`, `avant_id`: the last row of the page before."""

    style: Style | None = None
    situation: Situation | None = None
    client_id: str = ""
    produit_id: str = ""
    recherche: str = ""
    avant: datetime | None = None
    avant_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of sagas. `suite`: the cursor of the next one; `lettres`: open dead letters in all."""

    sagas: list[Resume]
    suite: tuple[datetime, str] | None
    lettres: int
    pannes: list[str]
    trouvee: str | None = None


@dataclass(frozen=True)
class Consulter:
    """Reads only."""

    services: Services
    en_parallele: EnParallele

    # -- list ------------------------------------------------------------------------------------------------------

    def lister(self, filtre: Filtre) -> Page:
        """One page of both styles, newest first."""
        lues, pannes = self.en_parallele(self._premieres(filtre))
        lettres = _par_checkout(lues["lettres"] or [])
        seconde, encore = self.en_parallele(self._secondes(filtre, lues, lettres))
        checkouts = [*(seconde.get("choisis") or []), *(lues.get("ecommerce") or []), *(seconde.get("repli") or [])]
        vus = {vu["checkout_id"]: vu for vu in seconde.get("event store") or []}
        resumes = {
            checkout["checkout_id"]: lecture.resume_checkout(
                checkout,
                vu=vus.get(checkout["checkout_id"]),
                lettres=lettres.get(checkout["checkout_id"], []),
            )
            for checkout in checkouts
        }
        resumes |= {saga["saga_id"]: lecture.resume_orchestre(saga) for saga in lues.get("orchestrateur") or []}
        ordonnes = sorted(resumes.values(), key=lambda resume: resume.id)
        ordonnes.sort(key=lambda resume: resume.cree_le, reverse=True)
        page = ordonnes[:TAILLE]
        evenement = lues.get("evenement")
        return Page(
            sagas=page,
            suite=(page[-1].cree_le, page[-1].id) if len(ordonnes) > TAILLE else None,
            lettres=sum(map(len, lettres.values())),
            pannes=[*pannes, *encore],
            trouvee=evenement["checkout_id"] if evenement else (page[0].id if _seule(filtre, page) else None),
        )

    def _premieres(self, filtre: Filtre) -> dict[str, Lecture]:
        criteres = _criteres(filtre)
        situation = {"situation": filtre.situation.value} if filtre.situation else {}
        lectures: dict[str, Lecture] = {"lettres": lambda: self.services.lettres(etat=_LETTRES_OUVERTES)}
        if filtre.style != "choreo":
            lectures["orchestrateur"] = lambda: self.services.sagas(**criteres, **situation)
        if filtre.style != "orchestre":
            if filtre.situation is Situation.EN_COMPENSATION:
                lectures["compensations"] = lambda: self.services.plies(
                    style="choreo", compensation="en_cours", page_size=200
                )
            elif filtre.situation is not Situation.INTERVENTION:
                lectures["ecommerce"] = lambda: self.services.checkouts(style="choreo", **criteres, **situation)
        if _uuid(filtre.recherche):
            lectures["evenement"] = lambda: self.services.evenement(filtre.recherche)
        return lectures

    def _secondes(
        self, filtre: Filtre, lues: Mapping[str, Any], lettres: Mapping[str, list[dict[str, Any]]]
    ) -> dict[str, Lecture]:
        """What the first answers ask for: the event store's view of what is open, and rows chosen by id."""
        criteres = _criteres(filtre)
        lectures: dict[str, Lecture] = {}
        ouverts = [c["checkout_id"] for c in lues.get("ecommerce") or [] if c["date_conclusion"] is None][:TAILLE]
        choisis = [vu["checkout_id"] for vu in lues.get("compensations") or []]
        if filtre.situation is Situation.INTERVENTION and filtre.style != "orchestre":
            choisis = list(lettres)[:200]
        if choisis:
            lectures["choisis"] = lambda: self.services.checkouts(style="choreo", ids=",".join(choisis), **criteres)
        if ouverts or choisis:
            lectures["event store"] = lambda: self.services.plies(
                ids=",".join([*ouverts, *choisis][:200]), page_size=200
            )
        if lues.get("orchestrateur") is None and filtre.style != "choreo":
            # The orchestrator does not answer: what ecommerce knows of its sagas is better than nothing.
            situation = (
                {} if filtre.situation in (None, Situation.EN_COMPENSATION) else {"situation": filtre.situation.value}
            )
            lectures["repli"] = lambda: self.services.checkouts(style="orchestre", **criteres, **situation)
        return lectures

    # -- one saga --------------------------------------------------------------------------------------------------

    def saga(self, saga_id: str) -> Saga | None:
        """Everything about one; None when nobody knows it."""
        s = self.services
        lues, pannes = self.en_parallele(
            {
                "orchestrateur": lambda: s.saga_de(saga_id),
                "ecommerce": lambda: s.checkouts(ids=saga_id),
                "event store": lambda: s.rejeu(saga_id),
                "lettres mortes": lambda: s.lettres(checkout_id=saga_id),
                "inventaire": lambda: s.reservation(saga_id),
                "commandes": lambda: s.vente(saga_id),
            }
        )
        checkout = next(iter(lues["ecommerce"] or []), None)
        if lues["orchestrateur"] is None and checkout is None:
            return None if not pannes else _inconnue(saga_id, pannes)
        return _composer(saga_id, lues, checkout, pannes)

    # -- comparison --------------------------------------------------------------------------------------------------

    def comparer(self, minutes: int) -> tuple[list[dict[str, Any]], list[str]]:
        """The figures of each style over the last minutes, and what could not be asked."""
        depuis = datetime.now(UTC) - timedelta(minutes=minutes)
        lues, pannes = self.en_parallele(
            {
                "ecommerce": lambda: self.services.statistiques_des_styles(minutes),
                "orchestrateur": lambda: self.services.statistiques_des_sagas(minutes),
                "event store": lambda: self.services.compenses_choreo(depuis),
            }
        )
        compensees = {
            "orchestre": lues["orchestrateur"]["compensees"] if lues["orchestrateur"] else None,
            "choreo": lues["event store"],
        }
        styles = lues["ecommerce"]["styles"] if lues["ecommerce"] else []
        return [_chiffres(style, compensees[style["style"]], minutes) for style in styles], pannes


def _chiffres(style: Mapping[str, Any], compensees: int | None, minutes: int) -> dict[str, Any]:
    finies = style["reussies"] + style["echouees"]
    return {
        **style,
        "compensees": compensees,
        "par_minute": round(style["commencees"] / minutes, 1),
        "taux": round(100 * style["reussies"] / finies) if finies else None,
        "p50_ms": _ms(style["p50_secondes"]),
        "p95_ms": _ms(style["p95_secondes"]),
    }


def _ms(secondes: Any) -> int | None:
    return None if secondes is None else round(1000 * secondes)


def _criteres(filtre: Filtre) -> dict[str, Any]:
    return {
        "client_id": filtre.client_id,
        "produit_id": filtre.produit_id,
        "recherche": filtre.recherche,
        "avant": filtre.avant.isoformat() if filtre.avant else "",
        "avant_id": filtre.avant_id if filtre.avant else "",
        "page_size": TAILLE + 1,
    }


def _seule(filtre: Filtre, page: list[Resume]) -> bool:
    return bool(filtre.recherche) and len(page) == 1 and filtre.avant is None


def _uuid(texte: str) -> bool:
    try:
        return str(UUID(texte)) == texte.lower()
    except ValueError:
        return False


def _par_checkout(lettres: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    par_checkout: dict[str, list[dict[str, Any]]] = {}
    for lettre in lettres:
        if _uuid(lettre["checkout_id"]):
            par_checkout.setdefault(lettre["checkout_id"], []).append(lettre)
    return par_checkout


def _composer(saga_id: str, lues: Mapping[str, Any], checkout: Any, pannes: list[str]) -> Saga:
    saga, rejeu = lues["orchestrateur"], lues["event store"]
    lettres = [lecture.lettre(brut) for brut in lues["lettres mortes"] or []]
    ouvertes = [brut for brut in lues["lettres mortes"] or [] if brut["etat"] in ("en_attente", "relancee")]
    moments = [lecture.moment_initial(checkout)] if checkout else []
    moments += lecture.moments_orchestres(saga) if saga else []
    moments += lecture.moments_publies(rejeu, checkout_id=saga_id) if rejeu else []
    causes = {brut["id"]: brut["event_id"] for brut in lues["lettres mortes"] or []}
    moments += lecture.moments_des_lettres(lettres, causes)
    moments.sort(key=lambda moment: moment.quand)
    moments += lecture.moment_final(checkout, moments) if checkout else []
    moments.sort(key=lambda moment: moment.quand)
    resume = (
        lecture.resume_orchestre(saga) if saga else lecture.resume_checkout(checkout, vu=_plie(rejeu), lettres=ouvertes)
    )
    if resume.fini_le and not resume.reussie and not resume.erreur and checkout:
        resume = replace(resume, erreur=checkout["motif"])
    return Saga(
        resume=resume,
        moments=moments,
        etapes=lecture.etapes(saga) if saga else [],
        attente=lecture.attente_orchestree(saga) if saga else lecture.attente_de(resume),
        constats=lecture.constats(lues["inventaire"], lues["commandes"]),
        lettres=lettres,
        lignes=saga["lignes_commande"] if saga else _lignes(rejeu),
        correlation_id=saga["correlation_id"] if saga else checkout["correlation_id"],
        trace_id=_trace(saga, rejeu),
        brut={nom: valeur for nom, valeur in lues.items() if valeur},
        pannes=pannes,
        intervention=bool(saga) and saga["etat_actuel"] == "INTERVENTION_REQUISE",
    )


def _plie(rejeu: Any) -> dict[str, Any] | None:
    """A replay in the words of the event store's list."""
    if rejeu is None:
        return None
    raisons = [e["payload"]["reason"] for e in rejeu["events"] if e["payload"].get("reason")]
    return {
        "statut": rejeu["status"],
        "reason": raisons[0] if raisons else None,
        "stock_reserved": rejeu["stock_reserved"],
        "stock_released": rejeu["stock_released"],
        "evenements": len(rejeu["events"]),
    }


def _lignes(rejeu: Any) -> list[dict[str, Any]]:
    """The cart of a choreographed checkout, as its first event tells it."""
    for evenement in rejeu["events"] if rejeu else []:
        if "panier" in evenement["payload"]:
            return [
                {"produit_nom": produit.get("nom_produit"), **produit}
                for produit in evenement["payload"]["panier"]["produits"]
            ]
    return []


def _trace(saga: Any, rejeu: Any) -> str:
    """The W3C trace id of the request that began it; empty when nobody kept one."""
    portees = [saga["traceparent"]] if saga else [e["traceparent"] for e in rejeu["events"]] if rejeu else []
    return next((portee.split("-")[1] for portee in portees if portee.count("-") == 3), "")


def _inconnue(saga_id: str, pannes: list[str]) -> Saga:
    """Nobody who answered knows it, and somebody did not answer: that is said, not a 404."""
    resume = Resume(
        id=saga_id, style="orchestre", etat=gettext_noop("Inconnu"), ton="", client_id="",
        cree_le=datetime.fromtimestamp(0, UTC), attend=gettext_noop("des services qui ne répondent pas"),
    )  # fmt: skip
    return Saga(
        resume=resume, moments=[], etapes=[], attente=None, constats=[], lettres=[], lignes=[], correlation_id="",
        trace_id="", brut={}, pannes=pannes,
    )  # fmt: skip
