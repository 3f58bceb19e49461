"""Append, read, replay, verify."""

import threading
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from event_store.application.ports import Historique, Ordre, Place
from event_store.domain import evenements
from event_store.domain.checkout import Etat, EvenementLu, chaine_causale, plier
from event_store.domain.erreurs import CheckoutInconnu, EvenementInconnu
from event_store.domain.evenements import Evenement
from socle import fautes


@dataclass(frozen=True, kw_only=True)
class Ajout:
    """A stored batch. The answer depends on the batch alone, so that a retry gets the same one, unless something was
    left out: `orphelins` came before their cause (None when nobody asked).
    """

    stream: str
    places: list[Place]
    version: int
    orphelins: list[Evenement] | None = None

    def reponse(self) -> dict[str, Any]:
        """`version` is the stream's version once the batch was in."""
        corps = {
            "stream": self.stream,
            "version": self.version,
            "events": [
                {"id": p.id, "position": p.position, "version": p.version, "position_checkout": p.position_checkout}
                for p in self.places
            ],
        }
        return corps if self.orphelins is None else corps | {"orphelins": [e.id for e in self.orphelins]}


def ajouter(
    historique: Historique, stream: str, brut: object, version_attendue: int | None, *, causes_d_abord: bool = False
) -> Ajout:
    """Validate and append a batch. Idempotent by event id, for ever.

    With `causes_d_abord`, events that came before their cause are left out and named: whoever sends them again later
    gets a history in causal order, whatever order the bus had (F35). What is left out is not in the answer's places.

    Raises `DonneesInvalides`, `VersionInattendue`, `IdentifiantAilleurs`, `Indisponible`.
    """
    lot = evenements.lire_lot(brut)
    orphelins = None
    if causes_d_abord:
        connus = historique.connus(evenements.causes(lot) | {e.id for e in lot})
        lot, orphelins = evenements.separer(lot, connus)
    fautes.point("event_store.avant_ajout")
    places = historique.ajouter(stream, lot, version_attendue) if lot else []
    fautes.point("event_store.apres_ajout")
    version = max(place.version for place in places) if places else historique.version(stream)
    return Ajout(stream=stream, places=places, version=version, orphelins=orphelins)


def lire_flux(
    historique: Historique, stream: str, *, apres: int | None, nom_type: str | None, ordre: Ordre, nombre: int
) -> dict[str, Any]:
    """One page of a stream; `next` is what `after` takes for the following page, null at the end."""
    lus = historique.lire(stream, apres=apres, nom_type=nom_type, ordre=ordre, nombre=nombre + 1)
    page = lus[:nombre]
    return {
        "stream": stream,
        "events": [montrer(e) for e in page],
        "next": page[-1].position if len(lus) > nombre else None,
    }


def lire_evenement(historique: Historique, identifiant: UUID) -> dict[str, Any]:
    """One event, whatever its stream. Raises `EvenementInconnu`."""
    lu = historique.evenement(identifiant)
    if lu is None:
        raise EvenementInconnu("Aucun événement n'a cet identifiant.")
    return montrer(lu)


def rejouer(
    historique: Historique, checkout_id: UUID, *, jusqu_a: Decimal | None, historique_saga_url: str
) -> dict[str, Any]:
    """The state of a checkout, now or at `jusqu_a` (epoch seconds), and how it came about.

    Raises `CheckoutInconnu`, whose body says `status: unknown`.
    """
    lus = [e for e in historique.du_checkout(checkout_id) if jusqu_a is None or e.ts <= jusqu_a]
    if not lus:
        raise CheckoutInconnu(
            "Aucun événement de ce checkout.",
            extra=_replay(str(checkout_id), Etat(), [], historique_saga_url),
        )
    return _replay(str(checkout_id), plier(lus), lus, historique_saga_url)


def _replay(checkout_id: str, etat: Etat, lus: list[EvenementLu], historique_saga_url: str) -> dict[str, Any]:
    order = None
    if etat.commande_id is not None:
        order = {"commande_id": etat.commande_id, "client_id": etat.client_id}
    orchestre = etat.style == "orchestre"
    return {
        "checkout_id": checkout_id,
        "status": etat.statut,
        "style": etat.style,
        "client_id": etat.client_id,
        "magasin_id": etat.magasin_id,
        "stock_reserved": etat.stock_reserved,
        "stock_released": etat.stock_released,
        "order": order,
        "commande_id": etat.commande_id,
        "reason": etat.reason,
        "started_ts": etat.debut_ts,
        "ended_ts": etat.fin_ts,
        "historique_url": historique_saga_url.format(id=checkout_id) if orchestre else None,
        "archive": any(e.archive for e in lus),
        "events": [montrer(e) for e in lus],
        "causal_chain": chaine_causale(lus),
    }


def verifier(historique: Historique, *, de: int | None, nombre: int) -> dict[str, Any]:
    """Verify the hash chains over at most `nombre` positions from `de` (default: the first still hot).

    `suite` is where the next call goes on, null once the head was reached, where the recorded heads are compared too.
    """
    bornes = historique.bornes()
    debut = max(de or bornes.premiere, bornes.premiere)
    fin = min(debut + nombre - 1, bornes.tete)
    ruptures = historique.ruptures(debut, fin) if debut <= fin else []
    tetes_fausses = historique.tetes_fausses() if fin >= bornes.tete and not ruptures else []
    return {
        "integre": not ruptures and not tetes_fausses,
        "de": debut,
        "a": fin,
        "verifies": max(fin - debut + 1, 0),
        "premiere_position_rompue": ruptures[0][0] if ruptures else None,
        "ruptures": [{"position": position, "cause": cause} for position, cause in ruptures],
        "tetes_fausses": tetes_fausses,
        "suite": fin + 1 if fin < bornes.tete else None,
        "tete": bornes.tete,
        "flux": historique.tetes(),
        "archives": historique.archives(),
    }


class Ronde:
    """Verifies the history a stretch at a time, again and again from its first hot position to its head.

    Each call verifies at most `pas` positions. What was found broken stays so until a whole round has found nothing.
    """

    def __init__(self, historique: Historique, *, pas: int = 1000) -> None:
        self._historique, self._pas = historique, pas
        self._verrou = threading.Lock()
        self._suite: int | None = None
        self._rompue = self._rompue_au_dernier_tour = False

    def avancer(self) -> bool:
        """Verify the next stretch; whether the chain is known to be broken."""
        with self._verrou:
            vu = verifier(self._historique, de=self._suite, nombre=self._pas)
            self._rompue |= not vu["integre"]
            self._suite = vu["suite"]
            rompue = self._rompue or self._rompue_au_dernier_tour
            if self._suite is None:
                self._rompue_au_dernier_tour, self._rompue = self._rompue, False
            return rompue


def montrer(evenement: EvenementLu) -> dict[str, Any]:
    """An event as the API shows it."""
    champs = asdict(evenement)
    champs["causation_id"] = champs["causation_id"] or None
    return champs
