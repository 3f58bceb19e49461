"""`python -m local`: what `./labo` runs once its environment exists."""

import signal
import sys
from pathlib import Path

if __name__ == "__main__":
    # Until the commands are loaded, Ctrl-C simply ends the process: there is nothing to tidy up yet.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The benches call the platform with the services' own HTTP client.
    sys.path.insert(1, str(Path(__file__).resolve().parent.parent / "socle" / "src"))
    from local.cli import principal

    principal()
