"""Refusals of the store."""

from socle.erreurs import Conflit, EnCours, Introuvable


class VersionInattendue(Conflit):
    """Someone appended to the stream since the caller read it (F36)."""

    error = "Version inattendue"
    code = "version_inattendue"


class IdentifiantAilleurs(Conflit):
    """The event id belongs to another stream."""

    error = "Identifiant déjà employé"
    code = "identifiant_ailleurs"


class CheckoutInconnu(Introuvable):
    """No event of this checkout (yet)."""

    error = "Checkout inconnu"
    code = "checkout_inconnu"


class EvenementInconnu(Introuvable):
    """No event of this id was ever stored."""

    error = "Événement inconnu"
    code = "evenement_inconnu"


class ProjectionInconnue(Introuvable):
    """No read model of this name."""

    error = "Projection inconnue"
    code = "projection_inconnue"


class ReconstructionEnCours(EnCours):
    """The read model is being rebuilt already."""

    error = "Reconstruction en cours"
    code = "reconstruction_en_cours"


class LettreInconnue(Introuvable):
    """No dead letter of this id."""

    error = "Lettre morte inconnue"
    code = "lettre_inconnue"


class LettreClose(Conflit):
    """The dead letter already went the other way."""

    error = "Lettre morte déjà traitée"
    code = "lettre_close"
