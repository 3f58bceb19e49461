"""A small real mail server: keeps what it is given, or refuses with a chosen code."""

from __future__ import annotations

import email
import socketserver
import threading
from email.message import Message


class _Session(socketserver.StreamRequestHandler):
    server: ServeurSmtp

    def handle(self) -> None:
        self._dire("220 boite")
        destinataires: list[str] = []
        while ligne := self.rfile.readline().decode().strip():
            verbe = ligne.split(" ")[0].upper()
            if verbe in ("EHLO", "HELO", "MAIL", "RSET"):
                self._dire("250 oui")
            elif verbe == "RCPT":
                destinataires.append(ligne.partition(":")[2].split(" ")[0].strip("<>"))
                self._dire(self.server.reponse_rcpt)
            elif verbe == "DATA":
                self._dire("354 allez")
                self._recevoir(destinataires)
            elif verbe == "QUIT":
                self._dire("221 adieu")
                return
            else:
                self._dire("502 inconnu")

    def _recevoir(self, destinataires: list[str]) -> None:
        lignes = []
        while (ligne := self.rfile.readline()) not in (b".\r\n", b""):
            lignes.append(ligne)
        if self.server.reponse_data.startswith("250"):
            self.server.recus.append((destinataires, email.message_from_bytes(b"".join(lignes))))
        self._dire(self.server.reponse_data)

    def _dire(self, texte: str) -> None:
        self.wfile.write(f"{texte}\r\n".encode())


class ServeurSmtp(socketserver.ThreadingTCPServer):
    """Listens on a free loopback port from `ouvrir` to `fermer`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.recus: list[tuple[list[str], Message]] = []
        self.reponse_rcpt = self.reponse_data = "250 oui"

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def ouvrir(self) -> None:
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def fermer(self) -> None:
        self.shutdown()
        self.server_close()
