"""Channels of the notification worker."""

import logging
import smtplib
import ssl
from email.message import EmailMessage
from typing import Protocol

from socle.evenements.reactions import AReessayer

journal = logging.getLogger("workers.notification")


class Canal(Protocol):
    """Delivers one message. `identifiant` is permanent per message: a channel that can deduplicates by it."""

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        """Raises `AReessayer` when the channel cannot take the message now."""


class CanalConsole:
    """Writes that a message went out, without its recipient: no personal data in logs."""

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        journal.info("message %s : %s", identifiant, sujet)


class CanalSmtp:
    """Sends by SMTP; the message id is derived from the event, so that mail systems drop a repetition."""

    def __init__(self, hote: str, port: int, *, expediteur: str, delai_s: float = 5.0, chiffre: bool = False) -> None:
        self._hote, self._port, self._expediteur = hote, port, expediteur
        self._delai_s, self._chiffre = delai_s, chiffre

    def envoyer(self, identifiant: str, destinataire: str, sujet: str, texte: str) -> None:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._expediteur, destinataire, sujet
        message["Message-ID"] = f"<{identifiant}@{self._expediteur.partition('@')[2]}>"
        message.set_content(texte)
        try:
            with smtplib.SMTP(self._hote, self._port, timeout=self._delai_s) as serveur:
                if self._chiffre:
                    serveur.starttls(context=ssl.create_default_context())
                serveur.send_message(message)
        except smtplib.SMTPRecipientsRefused as erreur:
            raise RuntimeError("the mail server refuses the recipient") from erreur
        except (OSError, smtplib.SMTPException) as erreur:
            raise AReessayer(f"le serveur de courriel ne répond pas ({type(erreur).__name__})") from erreur
