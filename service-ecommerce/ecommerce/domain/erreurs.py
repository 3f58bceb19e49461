"""What ecommerce refuses, in the words callers search for (contract, section 6)."""

from socle.erreurs import Conflit, Introuvable, RefusMetier


class ClientIntrouvable(Introuvable):
    """No client has this identifier."""

    error = "Client introuvable"
    code = "client_introuvable"


class ClientInactif(RefusMetier):
    """The client was erased: the row stays, nothing can be bought with it."""

    error = "Client inactif"
    code = "client_inactif"


class CourrielUtilise(Conflit):
    """Another client has this e-mail address, in any case."""

    error = "Courriel déjà utilisé"
    code = "courriel_utilise"


class ProduitIntrouvable(Introuvable):
    """The catalogue does not know this product."""

    error = "Produit introuvable"
    code = "produit_introuvable"


class ProduitNonVendu(RefusMetier):
    """The product is archived."""

    error = "Produit non disponible"
    code = "produit_non_disponible"


class ProduitAbsentDuPanier(Introuvable):
    """The cart has no line of this product."""

    error = "Produit absent du panier"
    code = "produit_absent_du_panier"


class QuantiteExcessive(RefusMetier):
    """More than 99 of one product."""

    error = "Quantité excessive"
    code = "quantite_excessive"


class PanierPlein(RefusMetier):
    """More than 50 lines."""

    error = "Panier plein"
    code = "panier_plein"


class PanierVide(RefusMetier):
    """Nothing to buy: no open cart, or no line in it."""

    error = "Panier vide"
    code = "panier_vide"


class StockInsuffisant(RefusMetier):
    """The selling magasin does not hold that many."""

    error = "Stock insuffisant"
    code = "stock_insuffisant"


class MagasinIntrouvable(Introuvable):
    """Inventory does not know the selling magasin."""

    error = "Magasin introuvable"
    code = "magasin_introuvable"


class CheckoutIntrouvable(Introuvable):
    """This client has no checkout of that identifier."""

    error = "Checkout introuvable"
    code = "checkout_introuvable"
