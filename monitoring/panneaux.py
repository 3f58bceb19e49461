"""The few shapes of panel that the dashboards are made of, over grafana-foundation-sdk.

A panel is a title, a sentence that says how to read it, and its queries as (legend, PromQL) pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import bargauge, common, dashboard, stat, timeseries
from grafana_foundation_sdk.builders import prometheus as requete
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as formes
from grafana_foundation_sdk.models import dashboard as modeles

SOURCE = modeles.DataSourceRef(type_val="prometheus", uid="prometheus")
Requete = tuple[str, str]
Panneau = timeseries.Panel | stat.Panel | bargauge.Panel

_LARGEUR = 24


def _cibles(requetes: Sequence[Requete], *, instantanees: bool) -> list[Builder[Dataquery]]:
    cibles: list[Builder[Dataquery]] = []
    for rang, (legende, expression) in enumerate(requetes):
        cible = requete.Dataquery().expr(expression).legend_format(legende).ref_id(chr(ord("A") + rang))
        cibles.append(cible.instant() if instantanees else cible.range())
    return cibles


def courbes(titre: str, lecture: str, *requetes: Requete, unite: str = "short", largeur: int = 8) -> timeseries.Panel:
    """Lines over time."""
    return (
        timeseries.Panel()
        .title(titre)
        .description(lecture)
        .datasource(SOURCE)
        .targets(_cibles(requetes, instantanees=False))
        .unit(unite)
        .min(0)
        .fill_opacity(8)
        .line_width(2)
        .show_points(formes.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .display_mode(formes.LegendDisplayMode.LIST)
            .placement(formes.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
        .tooltip(common.VizTooltipOptions().mode(formes.TooltipDisplayMode.MULTI))
        .span(largeur)
        .height(8)
    )


def nombre(
    titre: str,
    lecture: str,
    *requetes: Requete,
    unite: str = "short",
    largeur: int = 4,
    seuils: Sequence[tuple[float | None, str]] = ((None, "blue"),),
) -> stat.Panel:
    """Numbers of now; `seuils`: from which value on, which colour."""
    return (
        stat.Panel()
        .title(titre)
        .description(lecture)
        .datasource(SOURCE)
        .targets(_cibles(requetes, instantanees=True))
        .unit(unite)
        .no_value("–")
        .thresholds(
            dashboard.ThresholdsConfig()
            .mode(modeles.ThresholdsMode.ABSOLUTE)
            .steps([modeles.Threshold(value=valeur, color=couleur) for valeur, couleur in seuils])
        )
        .graph_mode(formes.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .span(largeur)
        .height(4)
    )


def barres(titre: str, lecture: str, *requetes: Requete, unite: str = "short", largeur: int = 8) -> bargauge.Panel:
    """What leads now, as horizontal bars."""
    return (
        bargauge.Panel()
        .title(titre)
        .description(lecture)
        .datasource(SOURCE)
        .targets(_cibles(requetes, instantanees=True))
        .unit(unite)
        .min(0)
        .orientation(formes.VizOrientation.HORIZONTAL)
        .display_mode(formes.BarGaugeDisplayMode.GRADIENT)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .span(largeur)
        .height(8)
    )


def tableau(
    uid: str, titre: str, description: str, rangees: Sequence[tuple[str, Sequence[Panneau]]]
) -> modeles.Dashboard:
    """A dashboard of titled rows of panels, laid out left to right."""
    constructeur = (
        dashboard.Dashboard(titre)
        .uid(uid)
        .description(description)
        .tags(["sagas"])
        .timezone("browser")
        .tooltip(modeles.DashboardCursorSync.CROSSHAIR)
        .refresh("15s")
        .time("now-30m", "now")
        .readonly()
        .link(
            dashboard.DashboardLink("Autres tableaux")
            .type(modeles.DashboardLinkType.DASHBOARDS)
            .tags(["sagas"])
            .as_dropdown(True)
            .keep_time(True)
        )
    )
    y = 0
    for nom, panneaux in rangees:
        constructeur = constructeur.with_row(dashboard.Row(nom).grid_pos(modeles.GridPos(h=1, w=_LARGEUR, x=0, y=y)))
        y += 1
        x = hauteur = 0
        for panneau in panneaux:
            place = panneau.build().grid_pos
            if place is None:
                raise ValueError(f"{nom}: a panel says neither its width nor its height")
            if x + place.w > _LARGEUR:
                x, y, hauteur = 0, y + hauteur, 0
            constructeur = constructeur.with_panel(panneau.grid_pos(modeles.GridPos(h=place.h, w=place.w, x=x, y=y)))
            x, hauteur = x + place.w, max(hauteur, place.h)
        y += hauteur
    return constructeur.build()
