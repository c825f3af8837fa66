"""A specification as Plotly takes it: plain dictionaries, so nothing heavy is loaded."""

from __future__ import annotations

from html import escape
from typing import Any

from byssus.figure import style
from byssus.figure.spec import Figure, Panel, Series

#: Share of the height left between panels.
_GAP = 0.06
_DASH = {"measured": "solid", "simulated": "dash", "reported": "dot"}


def to_plotly(figure: Figure) -> dict[str, Any]:
    """Return ``{"data": …, "layout": …}``.

    Colours of text, axes and grid are left to the page, which sets them for light and dark.
    """
    count = len(figure.panels)
    height = (1 - _GAP * (count - 1)) / count
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "margin": {"l": 64, "r": 24, "t": 28, "b": 52},
        "hovermode": "closest",
        "showlegend": False,
        "font": {"size": 13},
        "annotations": [],
    }
    for place, panel in enumerate(figure.panels):
        suffix = "" if place == 0 else str(place + 1)
        top = 1 - place * (height + _GAP)
        bottom_panel = place == count - 1
        layout[f"xaxis{suffix}"] = {
            "title": {"text": figure.x.label if bottom_panel else ""},
            "anchor": f"y{suffix}",
            "showticklabels": bottom_panel,
            "zeroline": False,
            **({} if place == 0 else {"matches": "x"}),
            **({"range": list(figure.x.range)} if figure.x.range else {}),
        }
        layout[f"yaxis{suffix}"] = {
            "title": {"text": panel.y.label},
            "domain": [max(0.0, top - height), top],
            "anchor": f"x{suffix}",
            "zeroline": False,
            **({"range": list(panel.y.range)} if panel.y.range else {}),
        }
        entries = panel.legend()
        legend = f"legend{suffix}"
        data += [
            _trace(series, panel, figure, suffix) | {"showlegend": series in entries, "legend": legend}
            for series in panel.series
        ]
        if entries:
            layout["showlegend"] = True
            layout[legend] = {
                "x": 0.99, "xanchor": "right", "y": top - 0.01, "yanchor": "top", "bgcolor": "rgba(0,0,0,0)",
                "tracegroupgap": 0, "title": {"text": panel.legend_title or ""},
            }  # fmt: skip
        if panel.note:
            layout["annotations"].append(
                {"text": panel.note, "xref": f"x{suffix} domain", "yref": f"y{suffix} domain", "x": 0.99, "y": 0.03,
                 "xanchor": "right", "yanchor": "bottom", "showarrow": False, "font": {"size": 12}}
            )  # fmt: skip
    return {"data": data, "layout": layout}


def _trace(series: Series, panel: Panel, figure: Figure, suffix: str) -> dict[str, Any]:
    # Plotly reads a little markup in text, so a sample's name is escaped.
    colour = style.colour(series.group, figure.groups, series.tint)
    _, symbol = style.marker(series.group, figure.groups)
    hollow = series.marker == "alternate" or series.origin == "reported"
    modes = {"points": "markers", "line": "lines", "points and line": "lines+markers"}
    trace: dict[str, Any] = {
        "type": "scatter",
        "name": escape(series.label or series.name),
        "legendgroup": series.label or series.name,
        "x": list(series.x),
        "y": list(series.y),
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "mode": modes[series.style],
        "line": {"color": colour, "width": 1.6, "dash": _DASH[series.origin]},
        "marker": {"color": colour, "size": 7, "symbol": symbol + (style.OPEN_SUFFIX if hollow else "")},
        "hovertemplate": (
            f"<b>{escape(series.name)}</b><br>{figure.x.label}: %{{x:.5~g}}<br>{panel.y.label}: %{{y:.5~g}}"
            + (f"<br>{escape(series.source)}" if series.source else "")
            + "<extra></extra>"
        ),
    }
    if series.y_uncertainty:
        trace["error_y"] = {
            "type": "data",
            "array": [0.0 if value is None else value for value in series.y_uncertainty],
            "thickness": 1,
            "width": 2,
            "color": colour,
        }
    return trace
