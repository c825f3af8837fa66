"""A specification as Matplotlib draws it for print."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Any

from byssus.figure import style
from byssus.figure.spec import Figure, Panel, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STROKE = {"measured": "-", "simulated": "--", "reported": ":"}
#: Height of one panel, and of what stands above and below the panels.
_PANEL_CM, _REST_CM = 4.6, 1.4

_STYLE: dict[str, Any] = {
    "font.family": style.FONT,
    "font.size": style.FONT_SIZE,
    "axes.linewidth": style.AXIS_WIDTH,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": style.FONT_SIZE,
    "xtick.labelsize": style.FONT_SIZE,
    "ytick.labelsize": style.FONT_SIZE,
    "xtick.major.width": style.AXIS_WIDTH,
    "ytick.major.width": style.AXIS_WIDTH,
    "xtick.direction": "out",
    "lines.linewidth": style.LINE_WIDTH,
    # Letters as outlines: the figure then looks the same where the font is not installed.
    "svg.fonttype": "path",
    # The same figure gives the same bytes.
    "svg.hashsalt": "byssus",
    "savefig.dpi": 300,
}


def to_svg(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM) -> bytes:
    """Draw a figure as SVG at a journal's width."""
    return _draw(figure, "svg", width_cm)


def to_png(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM) -> bytes:
    """Draw a figure as PNG at 300 dpi."""
    return _draw(figure, "png", width_cm)


def _draw(figure: Figure, kind: str, width_cm: float) -> bytes:
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context(_STYLE):  # type: ignore[arg-type] # the stubs list every key
        height_cm = _PANEL_CM * len(figure.panels) + _REST_CM
        canvas = Canvas(figsize=(width_cm / style.CM_PER_INCH, height_cm / style.CM_PER_INCH), layout="constrained")
        FigureCanvasAgg(canvas)
        axes = canvas.subplots(len(figure.panels), 1, sharex=True, squeeze=False)[:, 0]
        for panel, ax in zip(figure.panels, axes, strict=True):
            _panel(ax, panel, figure)
        axes[-1].set_xlabel(figure.x.label)
        if figure.x.unit == "1":
            axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
        if figure.x.range:
            axes[-1].set_xlim(*figure.x.range)
        canvas.align_ylabels(list(axes))
        buffer = io.BytesIO()
        metadata = {"Date": None, "Title": figure.title} if kind == "svg" else {"Title": figure.title}
        canvas.savefig(buffer, format=kind, metadata=metadata)
    return buffer.getvalue()


def _panel(ax: Axes, panel: Panel, figure: Figure) -> None:
    handles = {id(series): _series(ax, series, figure) for series in panel.series}
    if entries := panel.legend():
        ax.legend(
            [handles[id(series)] for series in entries],
            [series.label or "" for series in entries],
            title=panel.legend_title,
            title_fontsize=style.FONT_SIZE - 0.5,
            fontsize=style.FONT_SIZE - 0.5,
            frameon=False,
            loc="best",
            handlelength=1.4,
            labelspacing=0.25,
        )
    ax.set_ylabel(panel.y.label)
    if panel.y.range:
        ax.set_ylim(*panel.y.range)
    else:
        ax.margins(y=0.08)
    if panel.note:
        ax.text(
            0.99,
            0.03,
            panel.note,
            transform=ax.transAxes,
            ha="right",
            va="bottom",
            fontsize=style.FONT_SIZE - 0.5,
        )


def _series(ax: Axes, series: Series, figure: Figure) -> Any:
    colour = style.colour(series.group, figure.groups, series.tint)
    symbol, _ = style.marker(series.group, figure.groups)
    hollow = series.marker == "alternate" or series.origin == "reported"
    x = [math.nan if value is None else value for value in series.x]
    y = [math.nan if value is None else value for value in series.y]
    points = series.style != "line"
    look: dict[str, Any] = {
        "color": colour,
        "linestyle": _STROKE[series.origin] if series.style != "points" else "none",
        "marker": symbol if points else "none",
        "markersize": style.MARKER_SIZE,
        "markerfacecolor": "white" if hollow else colour,
        "markeredgecolor": colour,
        "markeredgewidth": 0.7,
    }
    if series.y_uncertainty:
        bars = [0.0 if value is None else value for value in series.y_uncertainty]
        return ax.errorbar(x, y, yerr=bars, elinewidth=0.5, capsize=0, **look)
    return ax.plot(x, y, **look)[0]
