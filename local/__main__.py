"""`python -m local`: what `./labo` runs once its environment exists."""

from local.cli import principal

if __name__ == "__main__":
    principal()
