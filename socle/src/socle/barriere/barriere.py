"""See the package's docstring for the guarantee."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from socle import erreurs, fautes, jsons
from socle.correlation import correlation_id

Corps = dict[str, Any]
_REFUS: dict[str, type[erreurs.Erreur]] = {
    classe.__name__: classe for classe in (erreurs.RefusMetier, erreurs.Introuvable, erreurs.Conflit)
}
_SELECT = "SELECT etat, empreinte, reponse, reponse_compensation FROM barriere WHERE espace = %s AND reference = %s"


class Barriere:
    """The barrier of one kind of operation (`espace`) in this service's database.

    `libelle_annulee` is the text of the refusal given to an action whose reference was compensated before it.
    """

    def __init__(self, espace: str, *, libelle_annulee: str = "référence annulée") -> None:
        self._espace = espace
        self._libelle_annulee = libelle_annulee

    def action(self, reference: str, demande: object, faire: Callable[[], Corps]) -> Corps:
        """Run `faire` once for this reference, in one transaction, and return its (first) answer.

        Idempotent. Raises the first refusal again; `Conflit` (`reference_annulee`) after a compensation that came
        first; `CleReutilisee` when `demande` differs from the first one. `faire` runs in the transaction, makes no
        remote call, and may raise a refusal at any moment.
        """
        empreinte = hashlib.sha256(jsons.ecrire(demande)).hexdigest()
        try:
            with transaction.atomic(), connection.cursor() as curseur:
                curseur.execute(
                    "INSERT INTO barriere (espace, reference, etat, empreinte) VALUES (%s, %s, 'FAITE', %s) "
                    "ON CONFLICT DO NOTHING",
                    [self._espace, reference, empreinte],
                )
                if curseur.rowcount == 0:
                    deja = self._lire(curseur, reference)
                else:
                    deja = None
                    fautes.point("barriere.avant_action")
                    reponse = jsons.ecrire(faire()).decode()
                    curseur.execute(
                        "UPDATE barriere SET reponse = %s WHERE espace = %s AND reference = %s",
                        [reponse, self._espace, reference],
                    )
                    fautes.point("barriere.avant_commit")
        except tuple(_REFUS.values()) as refus:
            return self._refuser(reference, empreinte, refus)
        if deja is not None:
            return self._rendre(deja, empreinte)
        fautes.point("barriere.apres_commit")
        return _corps(reponse)

    def compensation(
        self,
        reference: str,
        *,
        defaire: Callable[[Corps], Corps],
        absente: Callable[[], Corps],
        garder: Callable[[Corps], Corps] | None = None,
    ) -> Corps:
        """Undo the action of this reference once, in one transaction, and return the (first) answer.

        `defaire` gets the action's answer; `absente` gives the answer where nothing was done, and then a later
        action is refused. With `garder`, an action that was done stays done and `garder` gives the answer.
        Idempotent. Waits for an action whose transaction is open.
        """
        rien = jsons.ecrire(absente()).decode()
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute(
                "INSERT INTO barriere (espace, reference, etat, reponse_compensation) VALUES (%s, %s, 'ANNULEE', %s) "
                "ON CONFLICT DO NOTHING",
                [self._espace, reference, rien],
            )
            if curseur.rowcount == 1:
                resultat = rien
                fautes.point("barriere.avant_commit_annulation")
            else:
                etat, _, reponse, compensee = self._lire(curseur, reference, _SELECT + " FOR UPDATE")
                if compensee is not None:
                    return _corps(compensee)
                faite = _corps(reponse) if etat == "FAITE" and reponse is not None else None
                if faite is not None and garder is not None:
                    return _corps(jsons.ecrire(garder(faite)).decode())
                fautes.point("barriere.avant_compensation")
                resultat = rien if faite is None else jsons.ecrire(defaire(faite)).decode()
                curseur.execute(
                    "UPDATE barriere SET etat = %s, reponse_compensation = %s WHERE espace = %s AND reference = %s",
                    ["ANNULEE" if faite is None else "COMPENSEE", resultat, self._espace, reference],
                )
                fautes.point("barriere.avant_commit_compensation")
        fautes.point("barriere.apres_compensation")
        return _corps(resultat)

    def etat(self, reference: str) -> str | None:
        """FAITE, REFUSEE, COMPENSEE, ANNULEE, or None for a reference never seen (or not committed yet)."""
        with connection.cursor() as curseur:
            curseur.execute("SELECT etat FROM barriere WHERE espace = %s AND reference = %s", [self._espace, reference])
            ligne = curseur.fetchone()
        return None if ligne is None else str(ligne[0])

    def _lire(self, curseur: Any, reference: str, requete: str = _SELECT) -> tuple[str, str, str | None, str | None]:
        curseur.execute(requete, [self._espace, reference])
        ligne: tuple[str, str, str | None, str | None] = curseur.fetchone()
        return ligne

    def _rendre(self, deja: tuple[str, str, str | None, str | None], empreinte: str) -> Corps:
        etat, premiere, reponse, _ = deja
        if reponse is None:  # compensated before any answer was given
            raise erreurs.Conflit(
                self._libelle_annulee, error=self._libelle_annulee.capitalize(), code="reference_annulee"
            )
        if premiere != empreinte:
            raise erreurs.CleReutilisee("Cette référence a déjà servi pour une autre demande.")
        corps = _corps(reponse)
        if etat in ("REFUSEE", "ANNULEE"):  # a refusal stays the answer after its compensation
            raise _REFUS[corps["classe"]](
                corps["details"], error=corps["error"], code=corps["code"], extra=corps["extra"]
            )
        return corps

    def _refuser(self, reference: str, empreinte: str, refus: erreurs.Erreur) -> Corps:
        """Record a refusal in a transaction of its own; whoever came in between decides."""
        classe = next(nom for nom, c in _REFUS.items() if isinstance(refus, c))
        corps = {
            "classe": classe,
            "error": refus.error,
            "code": refus.code,
            "details": refus.details,
            "extra": {"correlation_id": correlation_id(), **refus.extra},
        }
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute(
                "INSERT INTO barriere (espace, reference, etat, empreinte, reponse) "
                "VALUES (%s, %s, 'REFUSEE', %s, %s) ON CONFLICT DO NOTHING",
                [self._espace, reference, empreinte, jsons.ecrire(corps).decode()],
            )
            inscrite = curseur.rowcount == 1
            deja = None if inscrite else self._lire(curseur, reference)
            fautes.point("barriere.avant_commit_refus")
        if deja is None:
            fautes.point("barriere.apres_refus")
            raise refus
        return self._rendre(deja, empreinte)


def _corps(texte: str) -> Corps:
    valeur: Corps = jsons.lire(texte.encode())
    return valeur
