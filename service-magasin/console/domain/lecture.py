"""From what the services answer to what an operator sees. Pure: no call is made here."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from console.domain.saga import Attente, Constat, Etape, EtatEtape, Lettre, Moment, Resume, Style, Ton
from console.domain.textes import gettext_noop

Objet = Mapping[str, Any]

_ETATS: dict[str, tuple[str, Ton]] = {
    "SAGA_TERMINEE": (gettext_noop("Réussie"), "reussite"),
    "SAGA_ANNULEE": (gettext_noop("Annulée"), "echec"),
    "COMPENSATION_EN_COURS": (gettext_noop("Compensation en cours"), "compensation"),
    "INTERVENTION_REQUISE": (gettext_noop("Intervention requise"), "attente"),
    "EN_ATTENTE": (gettext_noop("Acceptée"), "actif"),
    "VERIFICATION_STOCK": (gettext_noop("Vérifie le stock"), "actif"),
    "STOCK_VERIFIE": (gettext_noop("Stock vérifié"), "actif"),
    "RESERVATION_STOCK": (gettext_noop("Réserve le stock"), "actif"),
    "STOCK_RESERVE": (gettext_noop("Stock réservé"), "actif"),
    "CREATION_COMMANDE": (gettext_noop("Crée la commande"), "actif"),
    "COMMANDE_CREEE": (gettext_noop("Commande créée"), "actif"),
}
_STATUTS: dict[str, tuple[str, Ton]] = {
    "initie": (gettext_noop("Acceptée"), "actif"),
    "en_cours": (gettext_noop("En cours"), "actif"),
    "finalise": (gettext_noop("Réussie"), "reussite"),
    "echec": (gettext_noop("Annulée"), "echec"),
    "intervention_requise": (gettext_noop("Intervention requise"), "attente"),
}
PARTICIPANTS = {
    "verification_stock": "inventaire",
    "informations_produits": "catalogue",
    "reservation_stock": "inventaire",
    "creation_commande": "commandes",
}
NOMS_ETAPES = {
    "verification_stock": gettext_noop("Vérification du stock"),
    "informations_produits": gettext_noop("Prix et noms des produits"),
    "reservation_stock": gettext_noop("Réservation du stock"),
    "creation_commande": gettext_noop("Création de la commande"),
}
NOMS_COMPENSATIONS = {
    "reservation_stock": gettext_noop("Défaire : Réservation du stock"),
    "creation_commande": gettext_noop("Défaire : Création de la commande"),
}
_EN_ARRIERE = ("COMPENSATION_EN_COURS", "INTERVENTION_REQUISE")
_ETAPE_DU_TYPE = {
    "STOCK_VERIFIE": "verification_stock",
    "INFORMATIONS_PRODUITS": "informations_produits",
    "STOCK_RESERVE": "reservation_stock",
    "COMMANDE_CREEE": "creation_commande",
}
_GESTES = ("COMPENSATION_DEMANDEE", "REPRISE_DEMANDEE", "ORDRE_COMPENSER", "ETAPE_IGNOREE")
_TONS_DES_EVENEMENTS: dict[str, Ton] = {
    "CheckoutInitiated": "actif",
    "StockReserved": "actif",
    "OrderCreated": "actif",
    "CheckoutSucceeded": "reussite",
    "StockReservationFailed": "echec",
    "OrderCreationFailed": "echec",
    "StockReleased": "compensation",
    "CheckoutFailed": "echec",
}
_TEXTES_DES_EVENEMENTS = {
    "CheckoutInitiated": gettext_noop("Le panier est accepté."),
    "StockReserved": gettext_noop("Le stock est réservé."),
    "OrderCreated": gettext_noop("La commande est créée."),
    "CheckoutSucceeded": gettext_noop("Le checkout a réussi."),
    "StockReservationFailed": gettext_noop("Le stock n'a pu être réservé."),
    "OrderCreationFailed": gettext_noop("La commande n'a pu être créée."),
    "StockReleased": gettext_noop("Le stock est rendu."),
    "CheckoutFailed": gettext_noop("Le checkout a échoué."),
}
_SOURCES = {"saga-orchestrator": gettext_noop("orchestrateur")}
"""Who publishes, by the name the history gives him."""
_SUITES = {
    "CheckoutInitiated": ("choreo-reservation", gettext_noop("la réservation du stock")),
    "StockReserved": ("choreo-order", gettext_noop("la création de la commande")),
    "OrderCreated": ("choreo-order", gettext_noop("l'annonce de la réussite")),
    "StockReservationFailed": ("choreo-compensation", gettext_noop("la compensation")),
    "OrderCreationFailed": ("choreo-compensation", gettext_noop("la compensation")),
    "StockReleased": ("choreo-compensation", gettext_noop("l'annonce de l'échec")),
    "CheckoutSucceeded": ("choreo-suivi", gettext_noop("la conclusion par ecommerce")),
    "CheckoutFailed": ("choreo-suivi", gettext_noop("la conclusion par ecommerce")),
}


def instant(brut: Any) -> datetime | None:
    """An API's time (ISO 8601, or seconds since 1970), aware; None for none."""
    if brut in (None, ""):
        return None
    if isinstance(brut, str):
        return datetime.fromisoformat(brut)
    secondes = float(brut)
    return datetime.fromtimestamp(secondes, UTC)


def _exige(brut: Any) -> datetime:
    return instant(brut) or datetime.fromtimestamp(0, UTC)


# -- rows ----------------------------------------------------------------------------------------------------------


def resume_orchestre(saga: Objet) -> Resume:
    """A row of the orchestrator's list, or its detail."""
    etat, ton = _ETATS.get(saga["etat_actuel"], (saga["etat_actuel"], "actif"))
    attend, echec = saga.get("attend"), saga.get("echec")
    return Resume(
        id=saga["saga_id"],
        style="orchestre",
        etat=etat,
        ton=ton,
        reussie=saga["etat_actuel"] == "SAGA_TERMINEE",
        client_id=saga["client_id"],
        cree_le=_exige(saga["date_creation"]),
        fini_le=instant(saga.get("date_fin")),
        commande_id=saga.get("commande_finale_id"),
        total=saga.get("montant_total"),
        attend=attend["quoi"] if attend else "",
        essais=attend["tentatives"] if attend else 0,
        prochain_essai=instant(attend["prochain_essai"]) if attend else None,
        proprietaire=(attend["proprietaire"] or "") if attend else "",
        erreur=(attend["derniere_erreur"] or "") if attend else (echec["message"] if echec else ""),
    )


def resume_checkout(checkout: Objet, *, vu: Objet | None = None, lettres: Sequence[Objet] = ()) -> Resume:
    """A checkout of ecommerce's list. `vu`: what the event store has folded of it; `lettres`: its open dead letters."""
    etat, ton = _STATUTS.get(checkout["statut"], (checkout["statut"], "actif"))
    ouvert = checkout["date_conclusion"] is None
    groupe, quoi = ("", "")
    if ouvert:
        groupe, quoi = _attendu(vu)
        if vu and vu["statut"] == "initiated" and vu["reason"]:
            etat, ton = gettext_noop("Compensation en cours"), "compensation"
        elif vu and vu["stock_reserved"]:
            etat = gettext_noop("Stock réservé")
    erreur, essais = checkout["motif"], checkout["suivis"]
    if lettres:
        etat, ton = gettext_noop("Intervention requise"), "attente"
        groupe, quoi = lettres[0]["groupe"], gettext_noop("un opérateur : lettre morte")
        erreur, essais = lettres[0]["cause"], lettres[0]["essais"]
    return Resume(
        id=checkout["checkout_id"],
        style=cast(Style, checkout["style"]),
        etat=etat,
        ton=ton,
        reussie=checkout["statut"] == "finalise",
        client_id=checkout["client_id"],
        cree_le=_exige(checkout["date_creation"]),
        fini_le=instant(checkout["date_conclusion"]),
        commande_id=checkout["commande_id"],
        total=checkout["total"],
        attend=quoi if ouvert else "",
        essais=essais if ouvert else 0,
        prochain_essai=instant(checkout["prochain_suivi"]) if ouvert and not lettres else None,
        proprietaire=groupe if ouvert else "",
        erreur=erreur or "",
        lettres=len(lettres),
    )


def _attendu(vu: Objet | None) -> tuple[str, str]:
    """(group, what) an open choreographed checkout waits for, from what the event store has folded."""
    if not vu or vu["evenements"] == 0:
        return "ecommerce", gettext_noop("la publication de l'événement")
    if vu["statut"] != "initiated":
        return _SUITES["CheckoutSucceeded"]
    if vu["reason"]:
        return _SUITES["StockReleased" if vu["stock_released"] else "OrderCreationFailed"]
    return _SUITES["StockReserved" if vu["stock_reserved"] else "CheckoutInitiated"]


# -- one saga --------------------------------------------------------------------------------------------------------


def moments_orchestres(saga: Objet) -> list[Moment]:
    """The history of the orchestrator, each entry caused by the one before it."""
    return [_moment_orchestre(entree) for entree in saga["historique_evenements"]]


def _moment_orchestre(entree: Objet) -> Moment:
    type_, donnees = entree["type"], entree["donnees"]
    prefixe, _, fin = type_.rpartition("_")
    etape = donnees.get("etape") or _ETAPE_DU_TYPE.get(prefixe, "")
    operateur = donnees.get("operateur")
    return Moment(
        id=entree["id"],
        cause=entree["causation_id"],
        quand=_exige(entree["timestamp"]),
        acteur=gettext_noop("opérateur") if operateur and type_ in _GESTES else "orchestrateur",
        cible="orchestrateur" if operateur else PARTICIPANTS.get(etape, ""),
        type=type_,
        texte=f"{entree['message']} Motif : {donnees['motif']}" if operateur else entree["message"],
        ton=_ton_orchestre(type_, fin),
        donnees={"etape": etape, **donnees, "etat": entree["nouvel_etat"]},
    )


def _ton_orchestre(type_: str, fin: str) -> Ton:
    if type_ in ("SAGA_ANNULEE", "INTERVENTION_REQUISE") or fin == "ECHEC":
        return "attente" if type_ == "INTERVENTION_REQUISE" else "echec"
    if type_.startswith("COMPENSATION") or type_ in ("ORDRE_COMPENSER", "ETAPE_IGNOREE"):
        return "compensation"
    if type_ in ("NOUVEL_ESSAI", "SAGA_REPRISE", "REPRISE_DEMANDEE"):
        return "attente"
    return "reussite" if fin == "SUCCES" else "actif"


def moments_publies(rejeu: Objet, *, checkout_id: str) -> list[Moment]:
    """The events of the stream. What begins a choreography is caused by the checkout itself."""
    return [
        Moment(
            id=evenement["id"],
            cause=evenement["causation_id"] or (checkout_id if evenement["id"] != checkout_id else None),
            quand=_exige(evenement["ts"]),
            acteur=_SOURCES.get(evenement["source"], evenement["source"]),
            cible="flux d'événements",
            type=evenement["type"],
            texte=evenement["payload"].get("reason") or _TEXTES_DES_EVENEMENTS.get(evenement["type"], ""),
            ton=_TONS_DES_EVENEMENTS.get(evenement["type"], ""),
            donnees=evenement["payload"],
        )
        for evenement in rejeu["events"]
    ]


def moment_initial(checkout: Objet) -> Moment:
    """The acceptance: what causes all the rest."""
    return Moment(
        id=checkout["checkout_id"],
        cause=None,
        quand=_exige(checkout["date_creation"]),
        acteur="client",
        cible="ecommerce",
        type="CHECKOUT_INITIE",
        texte=gettext_noop("Le panier est fermé et le checkout enregistré."),
        ton="actif",
    )


def moment_final(checkout: Objet, avant: Sequence[Moment]) -> list[Moment]:
    """How ecommerce concluded it, caused by the last thing that was known then."""
    quand = instant(checkout["date_conclusion"])
    if quand is None:
        return []
    reussi = checkout["statut"] == "finalise"
    causes = [moment.id for moment in avant if moment.quand <= quand]
    return [
        Moment(
            id=f"{checkout['checkout_id']}#fin",
            cause=causes[-1] if causes else checkout["checkout_id"],
            quand=quand,
            acteur="ecommerce",
            cible="client",
            type="CHECKOUT_FINALISE" if reussi else "CHECKOUT_ECHEC",
            texte=gettext_noop("La commande est confirmée.")
            if reussi
            else f"Le panier est rendu. {checkout['motif']}".strip(),
            ton="reussite" if reussi else "echec",
            donnees={"conclu_par": checkout["conclu_par"]},
        )
    ]


def _fin(checkout: Objet, *, reussi: bool) -> str:
    if reussi:
        return gettext_noop("La commande est confirmée.")
    return f"Le panier est rendu. {checkout['motif']}".strip()


def moments_des_lettres(lettres: Sequence[Lettre], causes: Mapping[str, str]) -> list[Moment]:
    """Dead letters as moments; `causes`: the event each is about."""
    return [
        Moment(
            id=lettre.id,
            cause=causes.get(lettre.id),
            quand=lettre.cree_le,
            acteur=lettre.groupe,
            type="LETTRE_MORTE",
            texte=f"{lettre.type} n'a pu être traité : {lettre.cause}",
            ton="attente" if lettre.ouverte else "",
            donnees={"essais": lettre.essais, "etat": lettre.etat},
        )
        for lettre in lettres
    ]


def lettre(brut: Objet) -> Lettre:
    """A dead letter of the event store's list."""
    return Lettre(
        id=brut["id"],
        groupe=brut["groupe"],
        type=brut["type"],
        cause=brut["cause"],
        essais=brut["essais"],
        etat=brut["etat"],
        cree_le=_exige(brut["cree_le"]),
    )


_COMPENSATION = ".compensation"


def etapes(saga: Objet) -> list[Etape]:
    """The steps and the compensations with their attempts and durations, and what became of each."""
    types = {(e["type"], e["donnees"].get("etape", "")) for e in saga["historique_evenements"]}
    defaites = {nom for type_, nom in types if type_ in ("COMPENSATION_EFFECTUEE", "ETAPE_IGNOREE")}
    reussies = {nom for type_, nom in types if type_.endswith("_SUCCES")}
    return [_etape(saga, e, defaites, reussies) for e in saga["etapes"]]


def _etape(saga: Objet, etape: Objet, defaites: Collection[str], reussies: Collection[str]) -> Etape:
    base = etape["nom"].removesuffix(_COMPENSATION)
    nom = NOMS_ETAPES.get(base, base)
    etat: EtatEtape
    if base != etape["nom"]:
        nom = NOMS_COMPENSATIONS.get(base, nom)
        bloquee = saga["etat_actuel"] == "INTERVENTION_REQUISE"
        etat = "faite" if base in defaites else "echouee" if bloquee else "en-cours"
    elif base in defaites:
        etat = "defaite"
    elif base in reussies:
        etat = "faite"
    else:
        avance = saga.get("date_fin") is None and saga["etat_actuel"] not in _EN_ARRIERE
        etat = "en-cours" if avance else "echouee"
    return Etape(nom=nom, essais=etape["tentatives"], duree_s=float(etape["duree_secondes"]), etat=etat)


def attente_orchestree(saga: Objet) -> Attente | None:
    """What the orchestrator says an unfinished saga waits for."""
    attend = saga.get("attend")
    if not attend:
        return None
    return Attente(
        quoi=attend["quoi"],
        essais=attend["tentatives"],
        prochain_essai=instant(attend["prochain_essai"]),
        erreur=attend["derniere_erreur"] or "",
        proprietaire=attend["proprietaire"] or "",
        bail=instant(attend["bail_expire"]),
    )


def attente_de(resume: Resume) -> Attente | None:
    """What a choreographed checkout waits for: a group, the tracker, or an operator."""
    if not resume.attend:
        return None
    return Attente(
        quoi=resume.attend,
        essais=resume.essais,
        prochain_essai=resume.prochain_essai,
        erreur=resume.erreur,
        proprietaire=resume.proprietaire,
    )


def constats(reservation: Objet | None, vente: Objet | None) -> list[Constat]:
    """What inventaire and commandes hold under the saga's reference; None when they know nothing of it."""
    etats: dict[str, tuple[str, Ton]] = {
        "RESERVEE": (gettext_noop("réservé"), "actif"),
        "LIBEREE": (gettext_noop("rendu"), "compensation"),
        "ANNULEE": (gettext_noop("refusé d'avance : rendu avant d'être pris"), "compensation"),
    }
    stock: tuple[str, Ton] = (gettext_noop("rien n'a été pris"), "")
    if reservation is not None:
        stock = etats.get(str(reservation.get("etat")), (str(reservation.get("etat")), ""))
    commande: tuple[str, Ton] = (gettext_noop("aucune"), "")
    if vente is not None:
        commande = (vente["statut"], "reussite" if vente["statut"] == "active" else "compensation")
    return [
        Constat(sujet=gettext_noop("Stock (inventaire)"), valeur=stock[0], ton=stock[1]),
        Constat(sujet=gettext_noop("Vente (commandes)"), valeur=commande[0], ton=commande[1]),
    ]
