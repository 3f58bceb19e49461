"""What the console reads from the services' documents."""

from console.domain import lecture, sequence
from tests import saga_temoin as temoin

RESERVATION = {"etape": "reservation_stock"}


def saga_qui_defait(etat: str, *suite: str) -> dict[str, object]:
    """A saga whose sale failed, and whose compensations have come as far as `suite` says."""
    saga = temoin.saga_bloquee()
    debut = [entree for entree in saga["historique_evenements"] if entree["type"].endswith("_SUCCES")]
    entrees = [
        temoin.entree(10, "COMPENSATION_EFFECTUEE", "COMPENSATION_EN_COURS", "Compensée.", etape="creation_commande"),
        *(temoin.entree(11 + rang, type_, etat, type_, **RESERVATION) for rang, type_ in enumerate(suite)),
    ]
    defaire = [
        {"nom": f"{nom}.compensation", "duree_secondes": 0.01, "tentatives": 1}
        for nom in ("creation_commande", "reservation_stock")
    ]
    saga |= {"etat_actuel": etat, "etapes": [*saga["etapes"], *defaire], "historique_evenements": [*debut, *entrees]}
    return saga


def test_a_compensation_is_a_step_of_its_own_and_says_how_far_it_is() -> None:
    noms = [etape.nom for etape in lecture.etapes(saga_qui_defait("COMPENSATION_EN_COURS", "NOUVEL_ESSAI"))]
    assert noms[3:] == ["Défaire : Création de la commande", "Défaire : Réservation du stock"]

    def etats(etat: str, *suite: str) -> list[str]:
        return [etape.etat for etape in lecture.etapes(saga_qui_defait(etat, *suite))]

    assert etats("COMPENSATION_EN_COURS", "NOUVEL_ESSAI") == ["faite", "faite", "defaite", "faite", "en-cours"]
    assert etats("INTERVENTION_REQUISE", "INTERVENTION_REQUISE") == ["faite", "faite", "defaite", "faite", "echouee"]
    assert etats("SAGA_ANNULEE", "COMPENSATION_EFFECTUEE") == ["faite", "defaite", "defaite", "faite", "faite"]


def test_in_the_diagram_a_try_to_undo_is_no_try_to_do() -> None:
    saga = saga_qui_defait("COMPENSATION_EN_COURS", "NOUVEL_ESSAI", "COMPENSATION_EFFECTUEE")
    messages = sequence.tracer(lecture.moments_orchestres(saga)).messages
    assert [m.texte for m in messages if m.genre == "appel"][-3:] == [
        "défaire : Création de la commande", "défaire : Réservation du stock", "défaire : Réservation du stock",
    ]  # fmt: skip
    assert "Réservation du stock" in [m.texte for m in messages]  # the one that was done


def test_a_success_stays_one_while_the_dead_letter_of_an_extension_waits() -> None:
    checkout = temoin.ligne_choreo(1)
    sans = lecture.resume_checkout(checkout)
    avec = lecture.resume_checkout(checkout, lettres=[temoin.lettre(checkout["checkout_id"])])
    assert (sans.reussie, sans.etat, sans.lettres) == (True, "Réussie", 0)
    assert (avec.reussie, avec.etat, avec.lettres) == (True, "Intervention requise", 1)
    assert not lecture.resume_checkout(temoin.ligne_choreo(2, "echec")).reussie


def test_the_orchestrator_has_one_name_in_its_history_and_on_the_stream() -> None:
    publie = temoin.rejeu("x", temoin.evenement("CheckoutSucceeded", 1, None, "saga-orchestrator"))
    (moment,) = lecture.moments_publies(publie, checkout_id="x")
    assert moment.acteur == "orchestrateur"
