"""Health check of a container: `sante.py PORT PATH` expects 200 on the loopback.

Standard library only, and no module it can do without: it runs every few seconds in every container.
"""

import socket
import sys

_DELAI_S = 3.0


def repond(port: int, chemin: str) -> bool:
    """True when a GET answers 200 within three seconds."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_DELAI_S) as prise:
            prise.sendall(f"GET {chemin} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return prise.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if repond(int(sys.argv[1]), sys.argv[2]) else 1)
