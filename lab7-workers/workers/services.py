"""The services as the workers need them: through the gateway, with keys derived from the event.

Each call gives an answer of the domain, or raises `Indisponible` or `AReessayer` (try again later), or `RuntimeError`
for a refusal where none is possible (a defect: the event becomes a dead letter with that cause); nothing in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socle.evenements.reactions import AReessayer
from socle.http import ClientHttp, Reponse


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

    # -- inventaire -------------------------------------------------------------------------------------------------

    def reserver(self, reference: str, magasin_id: str, lignes: list[dict[str, Any]]) -> Refus | None:
        """Take all lines under this reference, or none. Idempotent by reference."""
        corps = {"reference": reference, "magasin_id": magasin_id, "lignes": lignes}
        reponse = _appeler(self._inventaire, "POST", "/api/inventaire/diminuer-stock/", corps, reference)
        return None if reponse.ok else _refus(reponse)

    def stock_pris(self, reference: str) -> bool:
        """Whether this reference took stock, given back since or not."""
        chemin = f"/api/inventaire/reservations/{reference}/"
        reponse = _appeler(self._inventaire, "GET", chemin, endpoint="GET /api/inventaire/reservations/{reference}/")
        return reponse.ok and reponse.corps["etat"] != "ANNULEE"

    def liberer(self, reference: str) -> bool:
        """Give back what this reference took; True when something was held, in every repetition. Idempotent."""
        chemin = "/api/inventaire/augmenter-stock/"
        reponse = _exiger(_appeler(self._inventaire, "POST", chemin, {"reference": reference}, f"{reference}:liberer"))
        return bool(reponse.corps["etat"] == "LIBEREE")

    # -- commandes --------------------------------------------------------------------------------------------------

    def enregistrer_vente(self, vente: dict[str, Any]) -> str | Refus:
        """The id of the sale of `vente["reference"]`. Idempotent by reference."""
        chemin = "/api/commandes/ventes-ddd/enregistrer/"
        reponse = _appeler(self._commandes, "POST", chemin, vente, str(vente["reference"]))
        return str(reponse.corps["vente"]["id"]) if reponse.ok else _refus(reponse)

    def annuler_si_absente(self, reference: str, motif: str) -> str:
        """`active` when the sale exists after all, else `jamais_creee` or `annulee`: it never will. Idempotent."""
        reponse = _appeler(
            self._commandes,
            "POST",
            f"/api/commandes/ventes-ddd/par-reference/{reference}/annuler/",
            {"motif": motif[:500], "seulement_si_absente": True},
            # Not the same key for another reason: the body would differ. The reference itself makes it idempotent.
            endpoint="POST /api/commandes/ventes-ddd/par-reference/{reference}/annuler/",
        )
        return str(_exiger(reponse).corps["etat"])

    def vente(self, reference: str) -> str:
        """The id of the sale of this reference, which exists."""
        chemin = f"/api/commandes/ventes-ddd/par-reference/{reference}/"
        endpoint = "GET /api/commandes/ventes-ddd/par-reference/{reference}/"
        return str(_exiger(_appeler(self._commandes, "GET", chemin, endpoint=endpoint)).corps["vente"]["id"])

    # -- ecommerce --------------------------------------------------------------------------------------------------

    def courriels(self, clients: Collection[str]) -> dict[str, str]:
        """The address of each client, by canonical identifier; those unknown or erased are absent."""
        chemin = f"/api/ecommerce/clients/?ids={','.join(clients)}"
        reponse = _exiger(_appeler(self._ecommerce, "GET", chemin, endpoint="GET /api/ecommerce/clients/?ids="))
        return {str(fiche["id"]): str(fiche["email"]) for fiche in reponse.corps["clients"] if fiche["actif"]}

    # -- event store ------------------------------------------------------------------------------------------------

    def consigner(self, flux: str, evenements: Sequence[Mapping[str, str]], *, causes_d_abord: bool) -> set[str]:
        """Append to the event store. Idempotent by event id, without a key.

        With `causes_d_abord`, those whose cause is not there yet are left out; their ids.
        """
        chemin = f"/api/event-store/streams/{flux}/events" + ("?causes=exigees" if causes_d_abord else "")
        endpoint = "POST /api/event-store/streams/{stream}/events"
        reponse = _exiger(_appeler(self._event_store, "POST", chemin, {"events": evenements}, endpoint=endpoint))
        return set(reponse.corps.get("orphelins", ()))

    def avancer_projections(self, event_ids: Collection[str]) -> set[str]:
        """Have the event store fold what is new; which of these events it has not folded yet. Idempotent."""
        corps = {"evenements": list(event_ids)}
        reponse = _exiger(_appeler(self._event_store, "POST", "/api/event-store/projections/avancer", corps))
        return set(reponse.corps["absents"])


def _appeler(
    client: ClientHttp, methode: str, chemin: str, corps: Any = None, cle: str = "", *, endpoint: str = ""
) -> Reponse:
    """An answer of the service itself; what only the gateway can have said is no answer."""
    reponse = client.appeler(methode, chemin, corps=corps, cle_idempotence=cle, endpoint=endpoint)
    if reponse.statut in (401, 403):
        raise AReessayer(f"{client.nom} refuse notre clé (HTTP {reponse.statut})")
    if not reponse.ok and "error" not in reponse.corps:
        raise AReessayer(f"la passerelle ne mène pas à {client.nom} (HTTP {reponse.statut})")
    return reponse


def _refus(reponse: Reponse) -> Refus:
    details = reponse.corps.get("details") or reponse.corps["error"]
    return Refus(raison=" ".join(map(str, details)) if isinstance(details, list) else str(details))


def _exiger(reponse: Reponse) -> Reponse:
    if not reponse.ok:
        raise RuntimeError(f"HTTP {reponse.statut}: {_refus(reponse).raison}")
    return reponse
