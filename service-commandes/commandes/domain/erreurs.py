"""What the service refuses. The texts begin as callers expect (contract, section 4)."""

from socle.erreurs import Indisponible, Introuvable, RefusMetier


class MagasinInvalide(RefusMetier):
    """No magasin has this identifier."""

    error = "Magasin invalide"
    code = "magasin_invalide"


class ProduitInvalide(RefusMetier):
    """The product does not exist, or is not sold any more."""

    error = "Produit invalide"
    code = "produit_invalide"


class StockInsuffisant(RefusMetier):
    """The magasin does not hold what is asked; nothing was taken."""

    error = "Stock insuffisant"
    code = "stock_insuffisant"


class VenteIntrouvable(Introuvable):
    """No sale has this identifier or this reference."""

    error = "Vente introuvable"
    code = "vente_introuvable"


class VenteDejaAnnulee(RefusMetier):
    """The sale is not active any more: there is nothing left to give back."""

    error = "Vente déjà annulée"
    code = "vente_deja_annulee"


class VenteAbandonnee(Indisponible):
    """The sale took too long and is being given up: its stock goes back. The same key may try again after that."""

    error = "Vente abandonnée"
    code = "vente_abandonnee"
