"""What each input does to an output, as bars that lie: the longest at the top.

In the specification the inputs stand along the abscissa and their effects upwards, as numbers are exported; drawn, the
bars lie, so that names of inputs can be read on a narrow screen too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from byssus.analysis.effects import Effect, Method
from byssus.figure import style
from byssus.figure.spec import Axis, Figure, Panel, Series

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

#: More bars than this do not fit beside their names.
MOST_BARS: Final = 10
#: Letters of a name on one line beside its bar.
_LETTERS: Final = 22
#: Of a bar, of its part of the axis.
_THICK: Final = 0.62
#: Height of a bar with its share of white, and of what stands under them, in cm.
_BAR_CM, _UNDER_CM = 0.62, 1.1
_QUANTITY: Final[Mapping[Method, str]] = {"morris": "Effect μ*", "sobol": "Total effect"}


def sensitivity_figure(
    name: str,
    output: str,
    unit: str,
    effects: Mapping[str, Effect],
    *,
    method: Method,
    floor: float | None,
    group: str,
    groups: Sequence[str],
    told: str = "",
) -> Figure:
    """Draw what each input does to one output.

    Parameters
    ----------
    name, output, unit
        Of the file, and of the output.
    effects
        By input.
    floor
        What the error of the mesh alone may come to, of `Effect.size`; None where it is not known.
    group, groups
        The binder that the bars have the colour of, and all of the study.
    told
        What the caption says besides: sample, test, runs.

    Examples
    --------
    >>> figure = sensitivity_figure("s", "capacity", "mAh/g", {"radius": Effect(2.0, 1.0, 2.0, 0.1)}, method="morris",
    ...                             floor=0.5, group="CMC", groups=("CMC",))
    >>> figure.x.names, figure.panels[0].series[0].high
    (('radius',), (3.0,))
    """
    order = sorted(effects, key=lambda each: -effects[each].size)
    shown = order[:MOST_BARS]
    series = tuple(
        Series(name=each, group=group, x=(float(place),), y=(effects[each].size,), low=(effects[each].low,),
               high=(effects[each].high,), style="points", faint=floor is None or effects[each].low <= floor, origin="simulated")
        for place, each in enumerate(shown, 1)
    )  # fmt: skip
    left = order[MOST_BARS:]
    most = effects[left[0]].size if left else 0.0
    what = ("bars: mean change of the output, up or down, if one input ran through the whole of its range" if method == "morris"
            else "bars: share of the variance that is left if all inputs but this one are known")  # fmt: skip
    pale = any(each.faint for each in series)
    words = (
        f"{told}{what}; lines: 95 % interval.",
        "Pale: not to be told from none, as the interval reaches down to what the error of the mesh may come to."
        if pale
        else "",
        f"{len(left)} more input{'s' if len(left) > 1 else ''}, none above {most:.3g}." if left else "",
    )
    axis = Axis(quantity=_QUANTITY[method], unit=unit if method == "morris" else "1")
    return Figure(
        name=name, title=f"What moves the {output}", caption=" ".join(word for word in words if word), groups=tuple(groups),
        x=Axis(quantity="Input", unit="1", names=tuple(shown)), panels=(Panel(y=axis, series=series),),
    )  # fmt: skip


def _wrapped(name: str, between: str) -> str:
    return between.join(textwrap.wrap(name, _LETTERS))


def to_plotly(figure: Figure) -> dict[str, Any]:
    """Return bars as Plotly takes them, as `byssus.figure.screen.to_plotly` does of all else."""
    (panel,) = figure.panels
    names = figure.x.names
    data = []
    for series in panel.series:
        ((place,), (value,), (low,), (high,)) = series.x, series.y, series.low or (None,), series.high or (None,)
        assert value is not None  # noqa: S101 - for the type checker
        colour = style.colour(series.group, figure.groups, style.FAINT_TINT if series.faint else 0.0)
        bar: dict[str, Any] = {
            "type": "bar", "orientation": "h", "name": series.name, "x": [value], "y": [place], "width": _THICK,
            "marker": {"color": colour}, "showlegend": False,
            "hovertemplate": f"<b>{series.name}</b><br>{panel.y.label}: %{{x:.4~g}}"
            + ("" if low is None or high is None else f" ({low:.4g} to {high:.4g})") + "<extra></extra>",
        }  # fmt: skip
        if low is not None and high is not None:
            bar["error_x"] = {"type": "data", "symmetric": False, "array": [high - value], "arrayminus": [value - low],
                              "thickness": 1.6, "width": 3, "color": style.NEUTRAL}  # fmt: skip
        data.append(bar)
    layout = {
        "margin": {"l": 56, "r": 24, "t": 16, "b": 48}, "modebar": {"orientation": "v"}, "hovermode": "closest",
        "showlegend": False, "font": {"size": 13}, "barmode": "overlay",
        "xaxis": {"title": {"text": panel.y.label, "standoff": 8}, "automargin": True, "rangemode": "tozero", "nticks": 6},
        "yaxis": {"automargin": True, "zeroline": False, "showgrid": False, "range": [len(names) + 0.5, 0.5],
                  "tickvals": list(range(1, len(names) + 1)), "ticktext": [_wrapped(each, "<br>") for each in names],
                  "tickfont": {"size": 12}},
    }  # fmt: skip
    return {"data": data, "layout": layout}


def to_canvas(figure: Figure, *, width_cm: float, height_cm: float | None) -> Canvas:
    """Draw bars with Matplotlib, as `byssus.figure.paper.to_canvas` does all else, whose style is in force."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    (panel,) = figure.panels
    names = figure.x.names
    height = height_cm or _BAR_CM * len(names) + _UNDER_CM
    canvas = Canvas(figsize=(width_cm / style.CM_PER_INCH, height / style.CM_PER_INCH), layout="constrained")
    FigureCanvasAgg(canvas)
    ax = canvas.subplots()
    for series in panel.series:
        ((place,), (value,), (low,), (high,)) = series.x, series.y, series.low or (None,), series.high or (None,)
        assert place is not None  # noqa: S101 - for the type checker
        assert value is not None  # noqa: S101
        colour = style.colour(series.group, figure.groups, style.FAINT_TINT if series.faint else 0.0)
        ax.barh(place, value, height=_THICK, color=colour, linewidth=0)
        if low is not None and high is not None:
            ax.plot([low, high], [place, place], color="black", linewidth=style.AXIS_WIDTH, marker="|", markersize=4,
                    markeredgewidth=style.AXIS_WIDTH)  # fmt: skip
    ax.set_yticks(range(1, len(names) + 1), [_wrapped(each, "\n") for each in names])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) + 0.5, 0.5)
    ax.set_xlim(left=0)
    ax.set_xlabel(panel.y.label)
    return canvas
