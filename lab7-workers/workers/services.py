"""The services as the workers need them: through the gateway, with keys derived from the event.

Each call either gives an answer of the domain or raises `AReessayer`; nothing in between.
"""

from dataclasses import dataclass
from typing import Any

from socle.evenements.reactions import AReessayer
from socle.http import ClientHttp, Reponse, ServiceIndisponible


@dataclass(frozen=True, kw_only=True)
class Refus:
    """The service understood and said no."""

    raison: str


class Services:
    """Inventaire, commandes, ecommerce and event store behind one gateway. Thread-safe."""

    def __init__(self, passerelle: str, *, cle_api: str, jeton_interne: str, connexion: float, lecture: float) -> None:
        def client(nom: str) -> ClientHttp:
            return ClientHttp(
                passerelle,
                nom=nom,
                cle_api=cle_api,
                jeton_interne=jeton_interne,
                connexion=connexion,
                lecture=lecture,
                essais=2,
            )

        self._inventaire, self._commandes = client("inventaire"), client("commandes")
        self._ecommerce, self._event_store = client("ecommerce"), client("event-store")

    def reserver(self, reference: str, magasin_id: str, lignes: list[dict[str, Any]]) -> Refus | None:
        """Take all lines under this reference, or none. Idempotent by reference."""
        corps = {"reference": reference, "magasin_id": magasin_id, "lignes": lignes}
        reponse = _appeler(self._inventaire, "POST", "/api/inventaire/diminuer-stock/", corps, reference)
        return None if reponse.ok else _refus(reponse)

    def liberer(self, reference: str) -> bool:
        """Give back what this reference took; True when something was held. Idempotent."""
        chemin = "/api/inventaire/augmenter-stock/"
        reponse = _appeler(self._inventaire, "POST", chemin, {"reference": reference}, f"{reference}:liberer")
        _exiger(reponse)
        return bool(reponse.corps.get("lignes"))

    def enregistrer_vente(self, vente: dict[str, Any]) -> str | Refus:
        """The id of the sale of `vente["reference"]`. Idempotent by reference."""
        chemin = "/api/commandes/ventes-ddd/enregistrer/"
        reponse = _appeler(self._commandes, "POST", chemin, vente, str(vente["reference"]))
        return str(reponse.corps["vente"]["id"]) if reponse.ok else _refus(reponse)

    def annuler_si_absente(self, reference: str, motif: str) -> str:
        """`active` when the sale exists after all, else `jamais_creee` or `annulee`: it never will. Idempotent."""
        chemin = f"/api/commandes/ventes-ddd/par-reference/{reference}/annuler/"
        corps = {"motif": motif, "seulement_si_absente": True}
        reponse = _appeler(
            self._commandes,
            "POST",
            chemin,
            corps,
            f"{reference}:annuler-si-absente",
            endpoint="POST /api/commandes/ventes-ddd/par-reference/{reference}/annuler/",
        )
        _exiger(reponse)
        return str(reponse.corps["etat"])

    def vente(self, reference: str) -> str | None:
        """The id of the sale of this reference, or None."""
        reponse = _appeler(
            self._commandes,
            "GET",
            f"/api/commandes/ventes-ddd/par-reference/{reference}/",
            endpoint="GET /api/commandes/ventes-ddd/par-reference/{reference}/",
        )
        return str(reponse.corps["vente"]["id"]) if reponse.ok else None

    def client(self, client_id: str) -> dict[str, Any] | None:
        """The client's address book entry, or None for a client unknown or erased."""
        reponse = _appeler(
            self._ecommerce, "GET", f"/api/ecommerce/clients/{client_id}/", endpoint="GET /api/ecommerce/clients/{id}/"
        )
        return dict(reponse.corps["client"]) if reponse.ok else None

    def consigner(self, flux: str, evenements: list[dict[str, Any]]) -> None:
        """Append to the event store. Idempotent by event id."""
        chemin = f"/api/event-store/streams/{flux}/events"
        cle = f"{evenements[0]['id']}:{evenements[-1]['id']}:{len(evenements)}"
        _exiger(_appeler(self._event_store, "POST", chemin, {"events": evenements}, cle))

    def avancer_projection(self, nom: str) -> None:
        """Have the event store fold what is new. Idempotent."""
        chemin = f"/api/event-store/projections/{nom}/avancer"
        _exiger(_appeler(self._event_store, "POST", chemin, {}, ""))


def _appeler(
    client: ClientHttp, methode: str, chemin: str, corps: Any = None, cle: str = "", *, endpoint: str = ""
) -> Reponse:
    try:
        reponse = client.appeler(methode, chemin, corps=corps, cle_idempotence=cle, endpoint=endpoint)
    except ServiceIndisponible as erreur:
        raise AReessayer(str(erreur)) from erreur
    if reponse.statut == 409 and reponse.corps.get("code") == "en_cours":
        raise AReessayer("la même demande est en cours")
    if reponse.statut in (401, 403):
        raise AReessayer(f"la passerelle refuse notre clé (HTTP {reponse.statut})")
    return reponse


def _refus(reponse: Reponse) -> Refus:
    details = reponse.corps.get("details") or reponse.corps.get("error") or f"HTTP {reponse.statut}"
    return Refus(raison=" ".join(details) if isinstance(details, list) else str(details))


def _exiger(reponse: Reponse) -> None:
    """A refusal where none is possible is a defect: let it become a dead letter with its cause."""
    if not reponse.ok:
        raise RuntimeError(f"HTTP {reponse.statut}: {_refus(reponse).raison}")
