"""A specification as Matplotlib draws it for print.

Every point is handed to Matplotlib.  Of long lines it leaves out what lies within a twentieth of
a point of a straight stroke.  The line then stays within 1/600 inch of every point (tested), a
dot of print, so that files are small and nothing changes that could be seen.  Markers are never
left out.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from byssus.figure import sensitivity, style
from byssus.figure.fonts import families
from byssus.figure.spec import Axis, Figure, Number, Panel, Series, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import XAxis, YAxis
    from matplotlib.figure import Figure as Canvas

_UNDATED: dict[str, dict[str, None]] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {}}
#: Dashes short enough to follow the spikes of a pulse series.
_STROKE: dict[str, Any] = {"measured": "-", "simulated": (0, (3.0, 1.2)), "reported": ":"}
#: Height of one panel, of what stands under the panels, and of a row of the legend.
_PANEL_CM, _REST_CM, _ROW_CM = 4.6, 1.0, 0.34

_STYLE: dict[str, Any] = {
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
    # Names are drawn as they are written; none is read as a formula.
    "text.parse_math": False,
    "text.usetex": False,
    # The same figure gives the same bytes.
    "svg.hashsalt": "byssus",
    "savefig.dpi": 300,
    # In points of 1/72 inch for SVG and PDF.
    "path.simplify": True,
    "path.simplify_threshold": 1 / 20,
    # Text of a PDF stays text, which can be searched and edited.
    "pdf.fonttype": 42,
}


def to_svg(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM, height_cm: float | None = None) -> bytes:
    """Draw a figure as SVG at a journal's width."""
    return drawn_as(figure, ["svg"], width_cm=width_cm, height_cm=height_cm)["svg"]


def to_pdf(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM, height_cm: float | None = None) -> bytes:
    """Draw a figure as PDF at a journal's width."""
    return drawn_as(figure, ["pdf"], width_cm=width_cm, height_cm=height_cm)["pdf"]


def to_png(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM, height_cm: float | None = None) -> bytes:
    """Draw a figure as PNG at 300 dpi."""
    return drawn_as(figure, ["png"], width_cm=width_cm, height_cm=height_cm)["png"]


def drawn_as(
    figure: Figure,
    kinds: Iterable[Literal["svg", "pdf", "png"]],
    *,
    width_cm: float = style.ONE_COLUMN_CM,
    height_cm: float | None = None,
) -> dict[str, bytes]:
    """Draw a figure once, and return it as files of several kinds."""
    import matplotlib as mpl

    files: dict[str, bytes] = {}
    # Letters that no font has are drawn as boxes, or kept as text; a person can do nothing about Matplotlib's warnings.
    with mpl.rc_context(_style(figure)), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        canvas = to_canvas(figure, width_cm=width_cm, height_cm=height_cm)
        for kind in kinds:
            buffer = io.BytesIO()
            # Without the time of drawing, the same figure gives the same bytes.
            metadata = {"Title": figure.title} | _UNDATED[kind]
            canvas.savefig(buffer, format=kind, metadata=metadata)
            # Laid out once: all kinds are the same picture, and the layout takes as long as the drawing.
            canvas.set_layout_engine("none")
            files[kind] = buffer.getvalue()
    return files


def to_canvas(figure: Figure, *, width_cm: float = style.ONE_COLUMN_CM, height_cm: float | None = None) -> Canvas:
    """Draw a figure as Matplotlib's own figure, from which files are written.

    Without a height, panels have theirs and the legend its rows.

    Examples
    --------
    >>> from byssus.figure.spec import Axis
    >>> line = Series(name="a", group="CMC", x=(1, 2), y=(3.0, 5.0))
    >>> canvas = to_canvas(Figure(name="f", title="F", caption="", groups=("CMC",), x=Axis(quantity="Cycle", unit="1"),
    ...                           panels=(Panel(y=Axis(quantity="Retention", unit="%"), series=(line,)),)))
    >>> [float(y) for y in canvas.axes[0].lines[0].get_ydata()], canvas.axes[0].get_ylabel()
    ([3.0, 5.0], 'Retention / %')
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas
    from matplotlib.ticker import MaxNLocator

    with mpl.rc_context(_style(figure)):
        if figure.x.names:
            return sensitivity.to_canvas(figure, width_cm=width_cm, height_cm=height_cm)
        height = height_cm or _PANEL_CM * len(figure.panels) + _REST_CM
        canvas = Canvas(figsize=(width_cm / style.CM_PER_INCH, height / style.CM_PER_INCH), layout="constrained")
        FigureCanvasAgg(canvas)
        axes = canvas.subplots(len(figure.panels), 1, sharex=True, squeeze=False)[:, 0]
        handles: dict[int, Any] = {}
        for panel, ax in zip(figure.panels, axes, strict=True):
            handles |= _panel(ax, panel, figure)
        axes[-1].set_xlabel(figure.x.label)
        if figure.x.log:
            _logarithmic(axes[-1], axes[-1].xaxis, figure.x)
        elif figure.x.unit == "1":
            axes[-1].xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10]))
        if figure.x.range:
            axes[-1].set_xlim(*figure.x.range)
        canvas.align_ylabels(list(axes))
        if entries := figure.legend():
            rows = _legend(canvas, figure, [handles[id(series)] for series in entries], entries)
            if height_cm is None:
                canvas.set_figheight((height + rows * _ROW_CM) / style.CM_PER_INCH)
        if figure.equal:
            _make_equal(canvas, axes[-1], figure, free=height_cm is None)
    return canvas


def _style(figure: Figure) -> Any:
    fonts, complete = families(_texts(figure))
    # Letters as outlines: the figure then looks the same where the font is not installed.  Where no font here has
    # a letter, text stays text, so that the reader's fonts can draw it.
    return _STYLE | {"font.family": fonts, "svg.fonttype": "path" if complete else "none"}


def _texts(figure: Figure) -> list[str]:
    entries = [style.entry(series.label or "") for series in figure.legend()]
    panels = [text for panel in figure.panels for text in (panel.y.label, *(part.text for part in panel.texts))]
    ticks = [text for axis in (figure.x, *(panel.y for panel in figure.panels)) for _, text in axis.ticks]
    return [figure.x.label, *figure.x.names, figure.legend_title or "", *panels, *entries, *ticks]


def _make_equal(canvas: Canvas, ax: Axes, figure: Figure, *, free: bool) -> None:
    """Make a unit as long upwards as across, by the height of the figure if that is free, else by showing more."""
    across, up = figure.x.range or (0.0, 1.0), figure.panels[0].y.range or (0.0, 1.0)
    # What stands beside the panel decides how wide it is, and that changes a little with its height.
    for _ in range(2 if free else 0):
        canvas.draw_without_rendering()
        panel = ax.get_window_extent()
        wanted = panel.width * (up[1] - up[0]) / (across[1] - across[0])
        canvas.set_figheight(canvas.get_figheight() + (wanted - panel.height) / canvas.dpi)
    ax.set_xlim(*across, auto=True)
    ax.set_ylim(*up, auto=True)
    ax.set_aspect("equal", adjustable="datalim")


def _logarithmic(ax: Axes, axis: XAxis | YAxis, said: Axis) -> None:
    """Number a logarithmic axis where it says, or at 1, 2 and 5 of each decade, as plain numbers."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, LogLocator, NullFormatter

    (ax.set_xscale if axis is ax.xaxis else ax.set_yscale)("log")
    if said.ticks:
        axis.set_major_locator(FixedLocator([at for at, _ in said.ticks]))
        axis.set_major_formatter(FixedFormatter([text for _, text in said.ticks]))
    else:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _panel(ax: Axes, panel: Panel, figure: Figure) -> dict[int, Any]:
    handles = {id(series): _series(ax, series, figure) for series in panel.series}
    for text in panel.texts:
        _text(ax, text, figure)
    ax.set_ylabel(panel.y.label)
    if panel.y.log:
        _logarithmic(ax, ax.yaxis, panel.y)
    if panel.y.range:
        ax.set_ylim(*panel.y.range)
    else:
        ax.margins(y=0.08)
    return handles


def _legend(canvas: Canvas, figure: Figure, handles: Sequence[Any], entries: Sequence[Series]) -> int:
    """Put the legend above the panels, in as many columns as the width takes; return its rows."""
    columns = min(len(entries), 6)
    while True:
        rows = math.ceil(len(entries) / columns)
        # Matplotlib fills columns first; people read rows.
        order = [
            row * columns + column
            for column in range(columns)
            for row in range(rows)
            if row * columns + column < len(entries)
        ]
        legend = canvas.legend(
            [handles[at] for at in order],
            [str(at) for at in range(len(entries))],
            title=figure.legend_title,
            alignment="left",
            title_fontproperties={"size": style.FONT_SIZE},
            fontsize=style.FONT_SIZE,
            frameon=False,
            loc="outside upper left",
            ncols=columns,
            handlelength=1.6,
            handletextpad=0.5,
            columnspacing=1.2,
            labelspacing=0.3,
            borderaxespad=0.2,
            borderpad=0.2,
        )
        # Set afterwards: Matplotlib leaves out an entry that starts with an underscore.
        for text, at in zip(legend.get_texts(), order, strict=True):
            text.set_text(style.entry(entries[at].label or ""))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wide = legend.get_window_extent().width > canvas.bbox.width
        if columns == 1 or not wide:
            return rows + (figure.legend_title is not None)
        legend.remove()
        columns -= 1


#: Of a text beside its place: how far from it, in points, and how it is aligned to that.
_BESIDE = {
    "above": ((0, 3), "center", "bottom"),
    "below": ((0, -3), "center", "top"),
    "right": ((5, 0), "left", "center"),
    "left": ((-5, 0), "right", "center"),
    "above right": ((2, 2), "left", "bottom"),
    "above left": ((-2, 2), "right", "bottom"),
    "below right": ((2, -2), "left", "top"),
    "below left": ((-2, -2), "right", "top"),
}


def _text(ax: Axes, text: Text, figure: Figure) -> None:
    from matplotlib.patheffects import withStroke

    away, across, up = _BESIDE[text.place]
    colour = style.colour(text.group, figure.groups) if text.group else "black"
    if text.leader is None:
        where: dict[str, Any] = {"xy": (text.x, text.y), "xytext": away, "textcoords": "offset points"}
    else:
        line = {"arrowstyle": "-", "linewidth": 0.4, "color": colour, "shrinkA": 0, "shrinkB": 0, "relpos": (0, 0.5)}
        where = {"xy": text.leader, "xytext": (text.x, text.y), "textcoords": "data", "arrowprops": line}
    ax.annotate(
        text.text,
        **where,
        ha=across,
        va=up,
        rotation=90 if text.upright else 0,
        fontsize=style.FONT_SIZE,
        color=colour,
        zorder=4,
        # Legible over points and lines.
        path_effects=[withStroke(linewidth=1.5, foreground="white")],
    )


def _series(ax: Axes, series: Series, figure: Figure) -> Any:
    faint = style.FAINT_TINT if series.faint else 0.0
    colour = style.colour(series.group, figure.groups, max(series.tint, faint))
    symbol, _ = style.marker(series.group, figure.groups)
    reported = series.origin == "reported"
    hollow = series.marker == "alternate" or reported
    layer = 1.5 if series.faint else 3.5 if reported else 2.5
    if reported:
        symbol = style.REPORTED[0]
    x, y = _numbers(series.x), _numbers(series.y)
    look: dict[str, Any] = {
        "color": colour,
        "linestyle": _STROKE[series.origin] if series.style != "points" else "none",
        "linewidth": style.FAINT_WIDTH if series.faint else style.LINE_WIDTH,
        "marker": symbol if series.style != "line" else "none",
        "markersize": style.MARKER_SIZE * (style.REPORTED_LARGER if reported else 1),
        "markerfacecolor": "white" if hollow else colour,
        "markeredgecolor": colour,
        "markeredgewidth": 0.7,
        "zorder": layer,
    }
    if series.sparse:
        look["markevery"] = style.marked(len(x), series.group, figure.groups, alternate=hollow)
    if series.low is not None and series.high is not None:
        edges = _numbers(series.low), _numbers(series.high)
        ax.fill_between(x, *edges, color=colour, alpha=style.BAND_OPACITY, linewidth=0, zorder=2.0)
    if series.y_uncertainty:
        # An unknown uncertainty draws no bar.
        return ax.errorbar(x, y, yerr=_numbers(series.y_uncertainty), elinewidth=0.5, capsize=0, **look)
    return ax.plot(x, y, **look)[0]


def _numbers(values: Sequence[Number]) -> list[float]:
    return [math.nan if value is None else value for value in values]
