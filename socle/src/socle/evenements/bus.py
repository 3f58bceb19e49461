"""One Redis stream and its groups: the commands, and what they guarantee. Everything here can be lost and rebuilt."""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

CONSERVATION_S = 24 * 3600
CONSERVATION_ENTREES = 200_000
_RENDUE_MS = 24 * 3600 * 1000
_RETARD_COMPTE_MAX = 10_000


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

    def precedente(self) -> "Entree":
        """The greatest id before this one."""
        return Entree(self.ms, self.n - 1) if self.n else Entree(self.ms - 1, 2**64 - 1)


class Recue(NamedTuple):
    """An entry as delivered: its id as a text, its fields, and its delivery count in the group."""

    identifiant: str
    champs: Mapping[str, str]
    livraisons: int

    @property
    def entree(self) -> Entree:
        """Its id, comparable; made when asked for: most entries are not the business of most groups."""
        return Entree.lire(self.identifiant)


def ouvrir(url: str, *, connexion_s: float = 0.5, lecture_s: float = 5.0) -> "redis.Redis[str]":
    """A client fit for `Bus`; nothing is connected yet. `lecture_s` is longer than any blocking read.

    One immediate second attempt replaces a pooled connection that had died; longer outages are the caller's business.
    Bytes that are not UTF-8 come out escaped, so that an entry holding some is unreadable by itself alone.
    """
    return redis.Redis.from_url(
        url,
        decode_responses=True,
        encoding_errors="backslashreplace",
        socket_connect_timeout=connexion_s,
        socket_timeout=lecture_s,
        socket_keepalive=True,
        retry=Retry(NoBackoff(), 1),
    )


class Bus:
    """Commands on one stream. `client` must decode responses; thread-safe like its client."""

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
        self, lot: Sequence[Mapping[str, str]], groupe: str, entrees: Sequence[Entree | str]
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
        return [Recue(i, champs, 1) for _, entrees in reponse or [] for i, champs in entrees]

    def reprendre(self, groupe: str, consommateur: str, *, inactives_ms: int, nombre: int) -> list[Recue]:
        """Take over entries that nobody has touched for `inactives_ms`, oldest first. Counts no delivery."""
        en_attente: Any = self._client.xpending_range(
            self.flux, groupe, min="-", max="+", count=nombre, idle=inactives_ms
        )
        return self._revendiquer(groupe, consommateur, en_attente, inactives_ms)

    def les_miennes(self, groupe: str, consommateur: str, *, nombre: int) -> Iterator[list[Recue]]:
        """What this consumer left unacknowledged, oldest first, in pages of `nombre`. Counts no delivery."""
        depuis = "-"
        while True:
            en_attente: Any = self._client.xpending_range(
                self.flux, groupe, min=depuis, max="+", count=nombre, consumername=consommateur
            )
            if not en_attente:
                return
            yield self._revendiquer(groupe, consommateur, en_attente, 0)
            depuis = f"({en_attente[-1]['message_id']}"

    def _revendiquer(
        self, groupe: str, consommateur: str, en_attente: list[dict[str, Any]], inactives_ms: int
    ) -> list[Recue]:
        if not en_attente:
            return []
        livraisons = {ligne["message_id"]: int(ligne["times_delivered"]) for ligne in en_attente}
        with self._client.pipeline(transaction=False) as tuyau:
            for nombre in sorted(set(livraisons.values())):
                identifiants: list[Any] = [i for i, n in livraisons.items() if n == nombre]
                tuyau.xclaim(
                    self.flux,
                    groupe,
                    consommateur,
                    min_idle_time=inactives_ms,
                    message_ids=identifiants,
                    retrycount=nombre,
                )
            prises = [(i, champs) for prises in tuyau.execute() for i, champs in prises if champs]
        perdues = set(livraisons) - {i for i, _ in prises}
        if perdues and inactives_ms == 0:
            # Ours, yet no longer in the stream: nothing is left to acknowledge, the relay publishes the row again.
            self._client.xack(self.flux, groupe, *perdues)
        return sorted((Recue(i, champs, livraisons[i]) for i, champs in prises), key=lambda r: r.entree)

    def tenir(
        self, groupe: str, consommateur: str, entrees: Iterable[Entree], *, livraisons: int | None = None
    ) -> None:
        """Reset the idle time of entries this consumer still works on, so that nobody takes them over.

        `livraisons` sets their delivery count as well: one more before a dangerous attempt, 1 after a harmless one.
        """
        identifiants: list[Any] = [str(entree) for entree in entrees]
        if identifiants:
            self._client.xclaim(
                self.flux,
                groupe,
                consommateur,
                min_idle_time=0,
                message_ids=identifiants,
                retrycount=livraisons,
                justid=True,
            )

    def rendre(self, groupe: str, consommateur: str, entrees: Iterable[Entree]) -> None:
        """Let any other member take these entries over at once; they stay this consumer's until one does."""
        identifiants: list[Any] = [str(entree) for entree in entrees]
        if identifiants:
            self._client.xclaim(
                self.flux,
                groupe,
                consommateur,
                min_idle_time=0,
                message_ids=identifiants,
                idle=_RENDUE_MS,
                justid=True,
            )

    def acquitter(self, groupe: str, entrees: Iterable[Entree | str]) -> None:
        """Acknowledge. Idempotent."""
        identifiants: list[Any] = [str(entree) for entree in entrees]
        if identifiants:
            self._client.xack(self.flux, groupe, *identifiants)

    def chez_d_autres(self, groupe: str, consommateur: str, *, jusqu_a: Entree) -> list[Entree]:
        """Entries up to this one that other members of the group have not acknowledged yet.

        Complete for every entry of the stream up to `jusqu_a` once that one has been delivered: entries are delivered
        in order, and one command sees all members at once.
        """
        sommaire: Any = self._client.xpending(self.flux, groupe)
        if all(membre["name"] == consommateur for membre in sommaire["consumers"] or ()):
            return []
        lignes: Any = self._client.xpending_range(
            self.flux, groupe, min="-", max=str(jusqu_a), count=sommaire["pending"]
        )
        return [Entree.lire(ligne["message_id"]) for ligne in lignes if ligne["consumer"] != consommateur]

    def relire(self, entrees: Sequence[Entree]) -> dict[Entree, Mapping[str, str]]:
        """The fields of these entries; those that are no longer in the stream are absent."""
        with self._client.pipeline(transaction=False) as tuyau:
            for entree in entrees:
                tuyau.xrange(self.flux, min=str(entree), max=str(entree))
            return {Entree.lire(i): champs for reponse in tuyau.execute() for i, champs in reponse}

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

    def retard(self, etat: Mapping[str, Any]) -> int:
        """Entries not delivered yet to the group of this state; counted up to 10 000 where Redis does not know."""
        if etat["lag"] is not None:
            return int(etat["lag"])
        apres: Any = self._client.xrange(self.flux, min=f"({etat['last-delivered-id']}", count=_RETARD_COMPTE_MAX)
        return len(apres)

    def premiere(self) -> Entree:
        """The first entry of the stream; the next one to come when it is empty."""
        premieres: Any = self._client.xrange(self.flux, count=1)
        if premieres:
            return Entree.lire(premieres[0][0])
        if not self._client.exists(self.flux):
            return Entree(self._maintenant_ms(), 0)
        sommaire: Any = self._client.xinfo_stream(self.flux)
        return Entree.lire(sommaire["last-generated-id"]).suivante()

    def premiere_en_attente(self, groupe: str) -> Entree | None:
        """The oldest delivered and unacknowledged entry of the group."""
        sommaire: Any = self._client.xpending(self.flux, groupe)
        return Entree.lire(sommaire["min"]) if sommaire["pending"] else None

    def acquittees_avant(self, groupe: str, dernier_livre: str) -> Entree:
        """Everything before this id has been acknowledged by the group. `dernier_livre` was read before the call."""
        attente = self.premiere_en_attente(groupe)
        return attente if attente is not None else Entree.lire(dernier_livre).suivante()

    def plancher(self, groupes: Sequence[str]) -> Entree:
        """Everything before this id has been acknowledged by every one of `groupes`; 0-0 while one does not exist."""
        etats = self.etat_des_groupes()
        if any(groupe not in etats for groupe in groupes) or not groupes:
            return Entree(0, 0)
        return min(self.acquittees_avant(groupe, etats[groupe]["last-delivered-id"]) for groupe in groupes)

    def rogner(self, plancher: Entree, *, maintenant_ms: int | None = None) -> None:
        """Drop entries that every group acknowledged and that are old (24 h) or many (200 000). Never others.

        Age counts on the clock that numbered the entries: Redis's own.
        """
        maintenant = self._maintenant_ms() if maintenant_ms is None else maintenant_ms
        borne = Entree(maintenant - CONSERVATION_S * 1000, 0)
        longueur: Any = self._client.xlen(self.flux)
        if longueur > CONSERVATION_ENTREES:
            exces: Any = self._client.xrange(self.flux, count=min(longueur - CONSERVATION_ENTREES, 5000))
            borne = max(borne, Entree.lire(exces[-1][0]).suivante())
        borne = min(borne, plancher)
        if borne > Entree(0, 0):
            self._client.xtrim(self.flux, minid=str(borne), approximate=False)

    def _maintenant_ms(self) -> int:
        secondes, microsecondes = self._client.time()
        return secondes * 1000 + microsecondes // 1000
