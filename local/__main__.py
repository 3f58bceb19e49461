"""`python -m local`: what `./labo` runs once its environment exists."""

import signal

if __name__ == "__main__":
    # Until the commands are loaded, Ctrl-C simply ends the process: there is nothing to tidy up yet.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from local.cli import principal

    principal()
