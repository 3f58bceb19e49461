"""Texts of the domain. They are kept in French, and translated where a template shows them."""


def gettext_noop(texte: str) -> str:
    """Mark `texte` for Django's `makemessages`, which knows this name; the domain knows no Django."""
    return texte
