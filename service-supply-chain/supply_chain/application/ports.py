"""What the use cases and the workflow need of inventaire."""

from typing import Any, NamedTuple, Protocol

from supply_chain.domain.demande import Demande


class Page(NamedTuple):
    """One page of the pending requests as inventaire shows them, and how many there are."""

    demandes: list[dict[str, Any]]
    total: int


class Demandes(Protocol):
    """The replenishment requests, for people. Every method raises `Indisponible`."""

    def en_attente(self, *, page: int, taille: int) -> Page:
        """Oldest first."""
        ...

    def lire(self, demande_id: str) -> Demande:
        """Raises `DemandeInexistante`."""
        ...

    def rejeter(self, demande_id: str, motif: str, cle: str) -> None:
        """Idempotent by `cle`. Raises `DemandeInexistante`, `DemandeDejaTraitee`, `CleReutilisee`."""
        ...


class Inventaire(Protocol):
    """The steps. Idempotent by `reference` (the workflow's id).

    Every method raises `RefusEtape` when inventaire says no, `PanneEtape` or another `Indisponible` when it gives no
    usable answer.
    """

    def prelever(self, reference: str, produit_id: str, quantite: int, cle: str) -> None:
        """Take from the central stock."""
        ...

    def rendre(self, reference: str, cle: str) -> None:
        """Give back what the reference took, once; harmless when it took nothing."""
        ...

    def ajouter(self, reference: str, magasin_id: str, produit_id: str, quantite: int, cle: str) -> None:
        """Add to a magasin's stock."""
        ...

    def retirer(self, reference: str, cle: str) -> None:
        """Undo that addition, once; harmless when nothing was added. Refused while part of it is sold already."""
        ...

    def approuver(self, reference: str, demande_id: str, cle: str) -> None:
        """Set the status Approuvée; moves no stock."""
        ...

    def constater_echec(self, reference: str, demande_id: str, motif: str, cle: str) -> None:
        """Set the status Échec validation, over this workflow's own approval too; another's decision stays."""
        ...
