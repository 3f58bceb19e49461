"""Channels of the notification worker."""

import logging
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol

from socle.evenements.reactions import AReessayer

journal = logging.getLogger("workers.notification")


class Canal(Protocol):
    """Delivers messages. `identifiant` is permanent per message: a channel that can deduplicates by it."""

    @property
    def ensemble(self) -> int:
        """How many messages it delivers at once."""

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        """Raises `AReessayer` when the channel cannot take the message now, `MessageRefuse` when it never will."""


class MessageRefuse(Exception):
    """The mail server refuses this message for good."""


class CanalConsole:
    """Writes that a message went out, without its recipient: no personal data in logs."""

    ensemble = 1

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        journal.info("message %s : %s", identifiant, sujet)


@dataclass(frozen=True, kw_only=True)
class CanalSmtp:
    """Sends by SMTP; the message id is derived from the event, so that mail systems drop a repetition.

    `chiffre`: STARTTLS, with the server's certificate verified. `delai_s`: per exchange with the server. `ensemble`:
    sessions at once.
    """

    hote: str
    port: int
    expediteur: str
    chiffre: bool = False
    utilisateur: str = ""
    mot_de_passe: str = ""
    delai_s: float = 5.0
    ensemble: int = 8

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        try:
            self._remettre(self._message(identifiant, destinataire, sujet, texte))
        except smtplib.SMTPRecipientsRefused as refus:
            raise _verdict(next(iter(refus.recipients.values()))[0]) from None
        except smtplib.SMTPResponseException as refus:
            raise _verdict(refus.smtp_code) from None
        except (OSError, smtplib.SMTPException) as panne:
            raise AReessayer(f"le serveur de courriel ne répond pas ({type(panne).__name__})") from panne
        journal.info("message %s remis : %s", identifiant, sujet)

    def _message(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.expediteur, destinataire, sujet
        message["Message-ID"] = f"<{identifiant}@{self.expediteur.partition('@')[2]}>"
        message.set_content(texte)
        return message

    def _remettre(self, message: EmailMessage) -> None:
        with smtplib.SMTP(self.hote, self.port, timeout=self.delai_s) as serveur:
            if self.chiffre:
                serveur.starttls(context=ssl.create_default_context())
            if self.utilisateur:
                serveur.login(self.utilisateur, self.mot_de_passe)
            serveur.send_message(message)


def _verdict(code: int) -> AReessayer | MessageRefuse:
    """4yz means later, 5yz never (RFC 5321, 4.2.1). The server's text may quote the recipient: it is left out."""
    if 400 <= code < 500:
        return AReessayer(f"le serveur de courriel demande de revenir (SMTP {code})")
    return MessageRefuse(f"SMTP {code}")
