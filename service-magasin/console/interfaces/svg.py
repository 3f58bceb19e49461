"""Diagrams as SVG, drawn here: no script, no other host. What is exported carries its own colours."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from console.domain.saga import Moment
from console.domain.sequence import Diagramme, Message

_MARGE, _LIGNE, _TETE = 100, 46, 64
_LARGEUR = 940
"""Pixels the page has for a diagram: the lifelines share them, between these two distances."""
_SERREES, _ESPACEES = 148, 250
_RANG = 72
_COULEURS = {"appel": "#2f5bea", "retour": "#0f7a4c", "echec": "#b3261e", "note": "#8a5300"}
_POLICE = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"


def sequence(diagramme: Diagramme, titre: str) -> str:
    """The sequence diagram as a whole SVG document."""
    ecarts = max(1, len(diagramme.participants) - 1)
    colonne = min(_ESPACEES, max(_SERREES, (_LARGEUR - 2 * _MARGE) // ecarts))
    xs = {nom: _MARGE + rang * colonne for rang, nom in enumerate(diagramme.participants)}
    largeur = _MARGE * 2 + colonne * ecarts
    cadre = min(164, colonne - 10)
    hauteur = _TETE + _LIGNE * len(diagramme.messages) + 30
    fleches = "".join(
        f'<marker id="f-{genre}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
        f'orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" fill="{couleur}"/></marker>'
        for genre, couleur in _COULEURS.items()
    )
    corps = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="sequence" viewBox="0 0 {largeur} {hauteur}" '
        f'width="{largeur}" height="{hauteur}" font-family="{_POLICE}" font-size="13" fill="#171d2b" role="img" '
        f"aria-label={quoteattr(titre)}>",
        f"<title>{escape(titre)}</title><defs>{fleches}</defs>",
        f'<rect width="{largeur}" height="{hauteur}" rx="12" fill="#ffffff"/>',
    ]
    for nom, x in xs.items():
        corps.append(
            f'<line x1="{x}" y1="46" x2="{x}" y2="{hauteur - 12}" stroke="#c3cbdc" stroke-dasharray="4 4"/>'
            f'<rect x="{x - cadre // 2}" y="12" width="{cadre}" height="32" rx="8" fill="#eef2fb" stroke="#8a95ab"/>'
            f'<text x="{x}" y="33" font-weight="600" text-anchor="middle">{escape(_tronquer(nom, cadre // 7))}</text>'
        )
    for rang, message in enumerate(diagramme.messages):
        corps.append(_message(message, xs, _TETE + 22 + rang * _LIGNE, largeur))
    return "".join([*corps, "</svg>"])


def _message(message: Message, xs: dict[str, int], y: int, largeur: int) -> str:
    de, vers = xs[message.de], xs[message.vers]
    heure = timezone.localtime(message.quand).strftime("%H:%M:%S.%f")[:-3]
    bulle = f"<title>{escape(f'{heure} {message.texte}')}</title>"
    if message.genre == "note" or de == vers:
        x = min(max(de, 152), largeur - 152)
        return (
            f'<g>{bulle}<rect x="{x - 146}" y="{y - 15}" width="292" height="26" rx="6" fill="#ffefcf" '
            'stroke="#8a5300"/>'
            f'<text x="{x}" y="{y + 3}" text-anchor="middle">{escape(_tronquer(message.texte, 44))}</text></g>'
        )
    couleur = _COULEURS[message.genre]
    pointilles = ' stroke-dasharray="6 4"' if message.genre in ("retour", "echec") else ""
    place = max(22, abs(vers - de) // 7 - 2)
    return (
        f'<g>{bulle}<line x1="{de}" y1="{y + 8}" x2="{vers}" y2="{y + 8}" stroke="{couleur}" stroke-width="1.6"'
        f'{pointilles} marker-end="url(#f-{message.genre})"/>'
        f'<text x="{(de + vers) // 2}" y="{y + 1}" text-anchor="middle">'
        f"{escape(_tronquer(message.texte, place))}</text>"
        f'<text x="8" y="{y + 12}" font-size="11" fill="#535e75">{heure}</text></g>'
    )


def causes(moments: Sequence[Moment]) -> SafeString:
    """The arrows from cause to effect, beside the timeline: one row of it is `_RANG` pixels high."""
    rangs = {moment.id: rang for rang, moment in enumerate(moments)}
    hauteur = _RANG * len(moments)
    traits = []
    for rang, moment in enumerate(moments):
        y = _RANG * rang + 24
        cause = rangs.get(moment.cause or "")
        if cause is not None and cause < rang:
            de = _RANG * cause + 24
            creux = 56 - min(44, 14 * (rang - cause))
            traits.append(
                f'<path class="cause" d="M56 {de + 8}C{creux} {de + 26} {creux} {y - 24} 54 {y - 9}" '
                f'marker-end="url(#cause)"><title>{escape(moments[cause].type)} → {escape(moment.type)}</title></path>'
            )
        traits.append(f'<circle class="point {moment.ton}" cx="56" cy="{y}" r="7"/>')
    # Every text above is escaped; the rest are numbers and names of this module.
    return mark_safe(  # noqa: S308
        f'<svg class="causes" viewBox="0 0 72 {hauteur}" width="72" height="{hauteur}" aria-hidden="true">'
        '<defs><marker id="cause" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto"><path class="pointe" d="M0 0L10 5L0 10z"/></marker></defs>'
        f"{''.join(traits)}</svg>"
    )


def _tronquer(texte: str, place: int) -> str:
    return texte if len(texte) <= place else f"{texte[: place - 1]}…"
