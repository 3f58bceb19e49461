"""One Redis stream and its groups: the commands, and what they guarantee. Everything here can be lost and rebuilt."""

import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, cast

import redis

CONSERVATION_S = 24 * 3600
CONSERVATION_ENTREES = 200_000


class Entree(NamedTuple):
    """A stream entry id; compares in stream order."""

    ms: int
    n: int

    @classmethod
    def lire(cls, texte: str) -> "Entree":
        """From `ms-n`."""
        ms, _, n = texte.partition("-")
        return cls(int(ms), int(n or 0))

    def __str__(self) -> str:
        return f"{self.ms}-{self.n}"

    def suivante(self) -> "Entree":
        """The smallest id after this one."""
        return Entree(self.ms, self.n + 1)


class Recue(NamedTuple):
    """An entry as delivered: its id, its fields (None when it was trimmed away) and how often it was delivered."""

    entree: Entree
    champs: Mapping[str, str] | None
    livraisons: int


class Bus:
    """Commands on one stream. `client` must decode responses; one `Bus` per thread or a thread-safe client."""

    def __init__(self, client: "redis.Redis[str]", flux: str) -> None:
        self._client, self.flux = client, flux

    # -- publishing -------------------------------------------------------------------------------------------------

    def publier(self, lot: Sequence[Mapping[str, str]]) -> list[Entree]:
        """Append entries in order, in one MULTI. Not idempotent: the event id in the fields is what deduplicates."""
        with self._client.pipeline(transaction=True) as tuyau:
            for champs in lot:
                tuyau.xadd(self.flux, cast(Any, champs))
            return [Entree.lire(identifiant) for identifiant in tuyau.execute()]

    def publier_et_acquitter(
        self, lot: Sequence[Mapping[str, str]], groupe: str, entrees: Sequence[Entree]
    ) -> list[Entree]:
        """Append what a batch brought about and acknowledge the batch, in one MULTI: both or neither."""
        with self._client.pipeline(transaction=True) as tuyau:
            for champs in lot:
                tuyau.xadd(self.flux, cast(Any, champs))
            if entrees:
                tuyau.xack(self.flux, groupe, *map(str, entrees))
            resultats = tuyau.execute()
        return [Entree.lire(identifiant) for identifiant in resultats[: len(lot)]]

    # -- groups -----------------------------------------------------------------------------------------------------

    def assurer_groupe(self, groupe: str, *, depuis: str = "0") -> bool:
        """Create the group (and the stream) if it is not there; True when it was created. Never at the end."""
        try:
            self._client.xgroup_create(self.flux, groupe, id=depuis, mkstream=True)
        except redis.ResponseError as erreur:
            if "BUSYGROUP" in str(erreur):
                return False
            raise
        return True

    def lire(self, groupe: str, consommateur: str, *, nombre: int, attente_ms: int | None) -> list[Recue]:
        """New entries for this consumer; waits `attente_ms` for the first one (None: does not wait)."""
        reponse: Any = self._client.xreadgroup(groupe, consommateur, {self.flux: ">"}, count=nombre, block=attente_ms)
        return [Recue(Entree.lire(i), champs, 1) for _, entrees in reponse or [] for i, champs in entrees]

    def reprendre(self, groupe: str, consommateur: str, *, inactives_ms: int, nombre: int) -> list[Recue]:
        """Take over entries that nobody has touched for `inactives_ms`, oldest first, with their delivery counts."""
        en_attente: Any = self._client.xpending_range(
            self.flux, groupe, min="-", max="+", count=nombre, idle=inactives_ms or None
        )
        return self._revendiquer(groupe, consommateur, en_attente, inactives_ms)

    def reprendre_les_miennes(self, groupe: str, consommateur: str, *, nombre: int) -> list[Recue]:
        """The entries this consumer left unacknowledged when it died, oldest first; counts as a delivery."""
        en_attente: Any = self._client.xpending_range(
            self.flux, groupe, min="-", max="+", count=nombre, consumername=consommateur
        )
        return self._revendiquer(groupe, consommateur, en_attente, 0)

    def _revendiquer(
        self, groupe: str, consommateur: str, en_attente: list[dict[str, Any]], inactives_ms: int
    ) -> list[Recue]:
        if not en_attente:
            return []
        livraisons = {ligne["message_id"]: int(ligne["times_delivered"]) + 1 for ligne in en_attente}
        identifiants: list[Any] = list(livraisons)
        prises: Any = self._client.xclaim(
            self.flux,
            groupe,
            consommateur,
            min_idle_time=inactives_ms,
            message_ids=identifiants,
        )
        recues = [Recue(Entree.lire(i), champs, livraisons[i]) for i, champs in prises if champs]
        perdues = set(livraisons) - {i for i, champs in prises if champs}
        if perdues and inactives_ms == 0:
            # Ours, yet no longer in the stream: acknowledge, the relay re-feeds from PostgreSQL what was not acquired.
            self._client.xack(self.flux, groupe, *perdues)
        return sorted(recues, key=lambda recue: recue.entree)

    def tenir(self, groupe: str, consommateur: str, entrees: Iterable[Entree]) -> None:
        """Reset the idle time of entries this consumer still works on, so that nobody takes them over."""
        identifiants: list[Any] = [str(entree) for entree in entrees]
        if identifiants:
            self._client.xclaim(self.flux, groupe, consommateur, min_idle_time=0, message_ids=identifiants, justid=True)

    def acquitter(self, groupe: str, entrees: Iterable[Entree]) -> None:
        """Acknowledge. Idempotent."""
        identifiants: list[Any] = [str(entree) for entree in entrees]
        if identifiants:
            self._client.xack(self.flux, groupe, *identifiants)

    # -- state ------------------------------------------------------------------------------------------------------

    def identite(self) -> str:
        """Changes when Redis restarted or was emptied: what was published before may be gone."""
        cle = f"{self.flux}:identite"
        self._client.set(cle, str(uuid.uuid4()), nx=True)
        serveur: Any = self._client.info("server")
        return f"{serveur['run_id']}:{self._client.get(cle)!s}"

    def etat_des_groupes(self) -> dict[str, dict[str, Any]]:
        """`XINFO GROUPS` by name; empty when the stream does not exist."""
        try:
            groupes: Any = self._client.xinfo_groups(self.flux)
        except redis.ResponseError:
            return {}
        return {groupe["name"]: groupe for groupe in groupes}

    def premiere_en_attente(self, groupe: str) -> Entree | None:
        """The oldest delivered and unacknowledged entry of the group."""
        sommaire: Any = self._client.xpending(self.flux, groupe)
        return Entree.lire(sommaire["min"]) if sommaire["pending"] else None

    def acquittees_avant(self, groupe: str, dernier_livre: str) -> Entree:
        """Everything before this id has been acknowledged by the group."""
        attente = self.premiere_en_attente(groupe)
        return attente if attente is not None else Entree.lire(dernier_livre).suivante()

    def plancher(self, groupes: Sequence[str]) -> Entree:
        """Everything before this id has been acknowledged by every one of `groupes`; 0-0 while one does not exist."""
        etats = self.etat_des_groupes()
        if any(groupe not in etats for groupe in groupes) or not groupes:
            return Entree(0, 0)
        return min(self.acquittees_avant(groupe, etats[groupe]["last-delivered-id"]) for groupe in groupes)

    def rogner(self, plancher: Entree, *, maintenant: float | None = None) -> None:
        """Drop entries that every group acknowledged and that are old (24 h) or many (200 000). Never others."""
        age = Entree(int(((maintenant or time.time()) - CONSERVATION_S) * 1000), 0)
        longueur: Any = self._client.xlen(self.flux)
        borne = age
        if longueur > CONSERVATION_ENTREES:
            exces: Any = self._client.xrange(self.flux, count=min(longueur - CONSERVATION_ENTREES, 5000))
            borne = max(age, Entree.lire(exces[-1][0]).suivante())
        borne = min(borne, plancher)
        if borne > Entree(0, 0):
            self._client.xtrim(self.flux, minid=str(borne), approximate=False)
