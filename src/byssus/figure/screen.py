"""A specification as Plotly takes it: plain dictionaries, so nothing heavy is loaded."""

from __future__ import annotations

import math
from html import escape
from itertools import groupby
from typing import Any

from byssus.figure import sensitivity, style
from byssus.figure.spec import Axis, Figure, Number, Panel, Series, Text
from byssus.figure.thin import thinned

#: Share of the height left between panels.
_GAP = 0.06
_MARKER = 7
_DASH = {"measured": "solid", "simulated": "dash", "reported": "dot"}


def to_plotly(figure: Figure) -> dict[str, Any]:
    """Return ``{"data": …, "layout": …}``.

    Colours of text, axes and grid are left to the page, which sets them for light and dark.
    """
    if figure.x.names:
        return sensitivity.to_plotly(figure)
    figure = thinned(figure)
    count = len(figure.panels)
    height = (1 - _GAP * (count - 1)) / count
    data: list[dict[str, Any]] = []
    texts: list[dict[str, Any]] = []
    entries = figure.legend()
    layout: dict[str, Any] = {
        "margin": {"l": 56, "r": 40, "t": 16, "b": 48},
        # Upright in the margin, where it covers neither legend nor data.
        "modebar": {"orientation": "v"},
        "hovermode": "closest",
        "showlegend": bool(entries),
        # Above the panels, where it covers no data however long it is.
        "legend": {
            "orientation": "h", "x": 0, "xanchor": "left", "y": 1.02, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)",
            "tracegroupgap": 0, "title": {"text": _plain(figure.legend_title or "")},
        },
        "font": {"size": 13},
    }  # fmt: skip
    toggled = _toggled(figure)
    for place, panel in enumerate(figure.panels):
        suffix = "" if place == 0 else str(place + 1)
        top = 1 - place * (height + _GAP)
        bottom_panel = place == count - 1
        layout[f"xaxis{suffix}"] = {
            "title": {"text": figure.x.label if bottom_panel else "", "standoff": 8},
            "anchor": f"y{suffix}",
            "automargin": True,
            "showticklabels": bottom_panel,
            "zeroline": False,
            **({} if place == 0 else {"matches": "x"}),
            **_scale(figure.x),
            **({"dtick": 1} if _few_counts(figure) else {}),
            **({"constrain": "domain", "constraintoward": "left"} if figure.equal else {}),
        }
        layout[f"yaxis{suffix}"] = {
            "title": {"text": panel.y.label, "standoff": 8},
            "domain": [max(0.0, top - height), top],
            "anchor": f"x{suffix}",
            "automargin": True,
            "zeroline": False,
            **_scale(panel.y),
            **({"scaleanchor": f"x{suffix}", "constrain": "domain", "constraintoward": "top"} if figure.equal else {}),
        }
        texts += [_text(text, figure, panel, suffix) for text in panel.texts]
        for series in panel.series:
            shared = {
                "legendgroup": toggled.get(series.group) or series.label or series.group,
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
            }
            if series.low is not None and series.high is not None:
                data.append(_band(series, series.low, series.high, figure) | shared)
            listed = any(series is entry for entry in entries)
            trace = _trace(series, panel, figure) | shared | {"showlegend": listed and not series.sparse}
            data.append(trace)
            if listed and series.sparse:
                # The legend would draw the mean of the markers' sizes, and most have none.
                marker = trace["marker"] | {"size": _MARKER}
                data.append(
                    {name: value for name, value in trace.items() if name != "customdata"}
                    | {"x": [None], "y": [None], "marker": marker, "hoverinfo": "skip", "showlegend": True}
                )
    if texts:
        layout["annotations"] = texts
    return {"data": data, "layout": layout}


def _few_counts(figure: Figure) -> bool:
    """Say whether the abscissa counts so few that Plotly would number it in fractions."""
    counts = [x for panel in figure.panels for series in panel.series for x in series.x if x is not None]
    return figure.x.unit == "1" and bool(counts) and max(counts) - min(counts) <= 10


def _scale(axis: Axis) -> dict[str, Any]:
    if not axis.log:
        return {"range": list(axis.range)} if axis.range else {}
    # Plotly takes ranges and the places of texts as logarithms, and its own numbers leave out the decade.
    scale: dict[str, Any] = {"type": "log"}
    if axis.range is None:
        return scale
    return scale | {
        "range": [math.log10(end) for end in axis.range],
        "tickvals": [at for at, _ in axis.ticks],
        "ticktext": [text for _, text in axis.ticks],
    }


#: Of a text beside its place: how it is anchored to that, and shifted from it in pixels (up and right).
_BESIDE: dict[str, dict[str, Any]] = {
    "above": {"xanchor": "center", "yanchor": "bottom", "yshift": 5},
    "below": {"xanchor": "center", "yanchor": "top", "yshift": -5},
    "right": {"xanchor": "left", "yanchor": "middle", "xshift": 9},
    "left": {"xanchor": "right", "yanchor": "middle", "xshift": -9},
    "above right": {"xanchor": "left", "yanchor": "bottom", "xshift": 4, "yshift": 3},
    "above left": {"xanchor": "right", "yanchor": "bottom", "xshift": -4, "yshift": 3},
    "below right": {"xanchor": "left", "yanchor": "top", "xshift": 4, "yshift": -3},
    "below left": {"xanchor": "right", "yanchor": "top", "xshift": -4, "yshift": -3},
}


def _text(text: Text, figure: Figure, panel: Panel, suffix: str) -> dict[str, Any]:
    said = {
        "text": _plain(text.text),
        "x": math.log10(text.x) if figure.x.log else text.x,
        "y": math.log10(text.y) if panel.y.log else text.y,
        "xref": f"x{suffix}",
        "yref": f"y{suffix}",
        "showarrow": False,
        "textangle": -90 if text.upright else 0,
        # Without a group the page's own colour, in light and dark.
        "font": {"size": 12} | ({"color": style.colour(text.group, figure.groups)} if text.group else {}),
        **_BESIDE[text.place],
    }
    if text.leader is not None:
        # Plotly's arrow ends at x and y, and its words stand at the other end; without a shift, which moves both.
        at = {"x": text.leader[0], "y": text.leader[1], "ax": said["x"], "ay": said["y"], "xshift": 0}
        arrow = {"showarrow": True, "arrowhead": 0, "arrowwidth": 0.7, "axref": said["xref"], "ayref": said["yref"]}
        said |= at | arrow | {"arrowcolor": style.colour(text.group, figure.groups)}
    return said


def _toggled(figure: Figure) -> dict[str, str]:
    """Return the entry that shows and hides all of a group, for groups with one entry."""
    labels: dict[str, set[str]] = {}
    for series in figure.legend():
        labels.setdefault(series.group, set()).add(series.label or "")
    return {group: one for group, (one, *more) in labels.items() if group and not more}


def _trace(series: Series, panel: Panel, figure: Figure) -> dict[str, Any]:
    # Lighter by letting the page through, which may be dark.
    shade = max(series.tint, style.FAINT_TINT if series.faint else 0.0)
    colour = _through(style.colour(series.group, figure.groups), 1 - shade)
    _, symbol = style.marker(series.group, figure.groups)
    reported = series.origin == "reported"
    hollow = series.marker == "alternate" or reported
    size = _MARKER * style.REPORTED_LARGER if reported else _MARKER
    if reported:
        symbol = style.REPORTED[1]
    modes = {"points": "markers", "line": "lines", "points and line": "lines+markers"}
    trace: dict[str, Any] = {
        "type": "scatter",
        "name": _plain(style.entry(series.label or series.name)),
        # A key to markers has no point, and Plotly lists only what has one.
        "x": list(series.x) or [None],
        "y": list(series.y) or [None],
        "mode": modes[series.style],
        "line": {"color": colour, "width": 0.8 if series.faint else 1.6, "dash": _DASH[series.origin]},
        "marker": {
            "color": colour,
            "size": size,
            "opacity": 1,
            "symbol": symbol + (style.OPEN_SUFFIX if hollow else ""),
            # Without a line of their own, markers of several sizes are ringed in white.
            "line": {"color": colour, "width": 1 if hollow else 0},
        },
        "hovertemplate": (
            f"<b>{_plain(series.name)}</b><br>{figure.x.label}: %{{x:.5~g}}<br>{panel.y.label}: %{{y:.5~g}}"
            + (f"<br>{_plain(series.source)}" if series.source else "")
            + "<extra></extra>"
        ),
    }
    if series.sparse:
        # A marker of no size still answers to the mouse.
        marked = set(style.marked(len(series.x), series.group, figure.groups, alternate=hollow))
        trace["marker"]["size"] = [_MARKER if at in marked else 0 for at in range(len(series.x))]
    if series.low is not None and series.high is not None:
        # The interval is read beside the mean, where there is one.
        trace["customdata"] = [
            "" if a is None or b is None else f" ({a:.5g} to {b:.5g})"
            for a, b in zip(series.low, series.high, strict=True)
        ]
        trace["hovertemplate"] = trace["hovertemplate"].replace("<extra>", "%{customdata}<extra>")
    if series.y_uncertainty:
        # An unknown uncertainty draws no bar.
        bars = list(series.y_uncertainty)
        trace["error_y"] = {"type": "data", "array": bars, "thickness": 1, "width": 2, "color": colour}
    return trace


def _band(series: Series, low: tuple[Number, ...], high: tuple[Number, ...], figure: Figure) -> dict[str, Any]:
    """Return the outline of a band, up along its high edge and back along its low one."""
    colour = style.colour(series.group, figure.groups)
    x: list[Number] = []
    y: list[Number] = []
    points = zip(series.x, low, high, strict=True)
    # Where the interval is not known the band has a gap: each run is an outline of its own.
    for known, run in groupby(points, key=lambda point: None not in point):
        if known:
            edges = list(run)
            x += [at for at, _, _ in edges] + [at for at, _, _ in reversed(edges)] + [None]
            y += [top for _, _, top in edges] + [bottom for _, bottom, _ in reversed(edges)] + [None]
    return {
        "type": "scatter",
        "name": _plain(f"{series.name}, interval"),
        "x": x[:-1],
        "y": y[:-1],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": _through(colour, style.BAND_OPACITY),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _through(colour: str, opacity: float) -> str:
    if opacity == 1:
        return colour
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:.3g})"


def _plain(text: str) -> str:
    # Plotly reads a little markup in text, and templates in what is shown on hovering; a name is neither.
    return escape(text).replace("%{", "&#37;{")
