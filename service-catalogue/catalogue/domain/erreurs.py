"""What the catalogue refuses, in the words callers search for (contract, section 2)."""

from socle.erreurs import Conflit, DonneesInvalides, Introuvable, RefusMetier


class CategorieInexistante(RefusMetier):
    """The category is not one of the closed list."""

    error = "Catégorie inexistante"
    code = "categorie_inexistante"


class ProduitDejaExistant(Conflit):
    """Another product, archived or not, has this name (in any case) or this SKU."""

    error = "Produit déjà existant"
    code = "produit_deja_existant"


class ProduitIntrouvable(Introuvable):
    """No product has this identifier."""

    error = "Produit introuvable"
    code = "produit_introuvable"


class CriteresInvalides(DonneesInvalides):
    """A search criterion is malformed, or two contradict each other."""

    error = "Critères de recherche invalides"
    code = "criteres_invalides"
