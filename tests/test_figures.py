"""Figures: one specification, and what is drawn is what is exported."""

from __future__ import annotations

import io
import json
import math
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from shared import square_wave

from byssus.analysis.compare import over_cycles
from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY, RETENTION, u
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.conventions import Configuration, Made
from byssus.figure import style
from byssus.figure.cycling import capacity_and_efficiency, common_basis, retention, shown_profiles, voltage_profiles
from byssus.figure.export import to_csv
from byssus.figure.fonts import families
from byssus.figure.paper import to_canvas, to_png, to_svg
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.figure.thin import MOST_POINTS, kept, thinned
from byssus.measured.metadata import Sample
from byssus.measured.tables import Table
from byssus.quantity import Quantity

GROUPS = ("CCL", "CMC")


def cell(
    name: str,
    group: str,
    *,
    mass: str | None = "0.5 ± 0.01 mg",
    fade: float = 0.97,
    first: float = 1.2,
    cycles: int = 8,
    electrode: str | None = None,
) -> tuple[Table, Cycling]:
    sample = Sample(
        name=name,
        binder=group,
        electrode=electrode,
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=None if mass is None else Quantity.parse(mass),
    )
    hours = [2.0, first, *(value for n in range(cycles - 1) for value in (1.2 * fade**n, 1.19 * fade**n))]
    table = square_wave([-1, 1] * cycles, hours, sample=sample, digit_Ah=1e-6)
    return table, analyse(table)


def replicates() -> list[Cycling]:
    """Three cells of CMC on two electrodes, one of CCL."""
    made = [("a1", "CMC", 0.97), ("a2", "CMC", 0.96), ("a3", "CMC", 0.94), ("b1", "CCL", 0.99)]
    return [cell(name, group, fade=fade, first=1.3 - fade / 10)[1] for name, group, fade in made]


ELECTRODES = {"a1": "E1", "a2": "E1", "a3": "E2", "b1": "E3"}


def drawn_lines(figure: Figure) -> list[list[tuple[str, list[float], list[float]]]]:
    """What Matplotlib holds, panel by panel: the abscissae and ordinates of every line."""
    return [
        [
            (str(line.get_marker()), list(map(float, line.get_xdata())), list(map(float, line.get_ydata())))
            for line in ax.lines
        ]
        for ax in to_canvas(figure).axes
    ]


def as_floats(values: Iterable[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def points(figure: Figure) -> list[dict[str, Any]]:
    """Plotly's traces that hold points: neither bands nor keys of the legend."""
    return [trace for trace in to_plotly(figure)["data"] if trace["x"] != [None] and trace.get("fill") != "toself"]


@pytest.fixture(scope="module")
def figures() -> list[Figure]:
    first_table, first = cell("a", "CMC")
    _, second = cell("b", "CCL", fade=0.99)
    kept = retention([first, second], GROUPS)
    assert kept is not None
    return [
        capacity_and_efficiency([first, second], GROUPS),
        kept,
        voltage_profiles(first_table, first, GROUPS, [1, 2, 99]),
    ]


def test_plotly_matplotlib_and_csv_show_the_same_points(figures: list[Figure]) -> None:
    for figure in figures:
        drawn = pl.read_csv(io.StringIO(to_csv(figure)))
        screen = points(figure)
        assert sum(len(trace["x"]) for trace in screen) == drawn.height
        assert [y for trace in screen for y in trace["y"]] == pytest.approx(drawn["value"].to_list())
        assert [x for trace in screen for x in trace["x"]] == pytest.approx(drawn[figure.x.column].to_list())
        json.dumps(to_plotly(figure), allow_nan=False)
        # Matplotlib's own lines, not only the fact that it drew something.
        lines = [line for panel in drawn_lines(figure) for line in panel]
        series = [series for panel in figure.panels for series in panel.series if series.x]
        kept = [line for line in lines if line[1]]
        assert len(kept) == len(series)
        for (_, x, y), given in zip(kept, series, strict=True):
            assert x == pytest.approx(as_floats(given.x))
            assert y == pytest.approx(as_floats(given.y), nan_ok=True)


def test_the_drawn_numbers_are_the_results() -> None:
    _, result = cell("a", "CMC")
    figure = capacity_and_efficiency([result], GROUPS)
    drawn = figure.drawn().filter(pl.col("quantity") == "Coulombic efficiency")
    assert drawn["value"].to_list() == result.cycles[EFFICIENCY].to_list()


def test_every_axis_has_a_quantity_and_a_unit(figures: list[Figure]) -> None:
    labels = [axis.label for figure in figures for axis in (figure.x, *(panel.y for panel in figure.panels))]
    assert {label for label in labels if " / " not in label} == {"Cycle"}
    assert "Capacity per active material / mAh/g" in labels


def test_a_group_keeps_its_colour_and_marker_in_every_figure(figures: list[Figure]) -> None:
    colours: dict[str, set[str]] = {}
    for figure in figures[:2]:
        drawn = [series for panel in figure.panels for series in panel.series if series.x]
        for series, trace in zip(drawn, points(figure), strict=True):
            if not series.tint:
                colours.setdefault(series.group, set()).add(trace["marker"]["color"])
    assert colours == {"CCL": {style.OKABE_ITO[0]}, "CMC": {style.OKABE_ITO[1]}}
    assert style.marker("CCL", GROUPS) != style.marker("CMC", GROUPS)


def test_svg_is_well_formed_whole_and_repeatable(figures: list[Figure]) -> None:
    for figure in figures:
        svg = to_svg(figure)
        root = ET.fromstring(svg)
        width = float(re.match(r"[\d.]+", root.attrib["width"])[0])  # type: ignore[index]
        assert width == pytest.approx(style.ONE_COLUMN_CM / style.CM_PER_INCH * 72, rel=1e-3)
        assert svg == to_svg(figure)


def test_a_low_first_cycle_is_named_where_it_is_not_shown(figures: list[Figure]) -> None:
    panel = figures[0].panels[1]
    assert panel.y.range is not None
    assert panel.y.range[0] > 90
    assert "First-cycle efficiency, outside the range shown: CMC 60.0 %, CCL 60.0 %." in figures[0].caption
    # A binder of many cells takes no more room than one.
    many = [cell(f"c{number}", "CMC", first=1.0 + number / 100)[1] for number in range(12)]
    figure = capacity_and_efficiency(many, GROUPS)
    assert "outside the range shown: 50.0 to 55.5 %." in figure.caption
    # No line dives from the range towards the cycle that is outside.
    lines = [series for series in figure.panels[1].series if series.style != "points"]
    assert lines
    assert all(series.x[0] == 2 for series in lines)


def test_the_axis_of_efficiencies_spans_a_per_cent() -> None:
    low, high = capacity_and_efficiency([cell("a", "CMC")[1]], GROUPS).panels[1].y.range or (0, 0)
    assert high - low >= 1
    assert low < 100 * 1.19 / 1.2 < high


def test_profiles_are_of_measured_cycles_only(figures: list[Figure]) -> None:
    names = [series.name for series in figures[2].panels[0].series]
    assert names == ["cycle 1, lithiation", "cycle 1, delithiation", "cycle 2, lithiation", "cycle 2, delithiation"]
    # 2 mAh on 0.5 mg: the first profile ends at 4000 mAh/g.
    assert figures[2].panels[0].series[0].x[-1] == pytest.approx(4000)


def test_cells_without_a_mass_share_the_basis_they_have() -> None:
    _, with_mass = cell("a", "CMC")
    _, without = cell("b", "CCL", mass=None)
    assert common_basis([with_mass, without]) == "cell"
    assert capacity_and_efficiency([with_mass, without], GROUPS).panels[0].y.label == "Capacity / mAh"


def test_missing_values_are_gaps() -> None:
    line = Series(name="a", group="CMC", x=(1.0, 2.0, 3.0), y=(1.0, None, 3.0), y_uncertainty=(0.1, None, 0.1))
    axis = Axis(quantity="Retention", unit="%")
    figure = Figure(name="f", title="F", caption="", groups=GROUPS, x=axis, panels=(Panel(y=axis, series=(line,)),))
    assert figure.drawn()["value"].to_list() == [1.0, None, 3.0]
    assert to_plotly(figure)["data"][0]["y"] == [1.0, None, 3.0]
    assert to_png(figure).startswith(b"\x89PNG")


def test_origin_decides_the_stroke() -> None:
    axis = Axis(quantity="Q", unit="1")
    series = tuple(
        Series(name=origin, group="CMC", x=(1.0,), y=(1.0,), origin=origin)
        for origin in ("measured", "simulated", "reported")
    )
    figure = Figure(name="f", title="F", caption="", groups=GROUPS, x=axis, panels=(Panel(y=axis, series=series),))
    traces = to_plotly(figure)["data"]
    assert [trace["line"]["dash"] for trace in traces] == ["solid", "dash", "dot"]
    assert traces[2]["marker"]["symbol"].endswith("-open")


def test_a_series_of_unequal_columns_is_refused() -> None:
    with pytest.raises(ValidationError, match="unequal length"):
        Series(name="a", group="CMC", x=(1.0,), y=())


def simple(*series: Series, **more: Any) -> Figure:
    axis = Axis(quantity="Q", unit="V")
    return Figure(
        name="f", title="F", caption="A figure.", groups=GROUPS, x=axis, panels=(Panel(y=axis, series=series),), **more
    )


def test_uncertainties_are_drawn_as_they_are(figures: list[Figure]) -> None:
    _, result = cell("a", "CMC")
    wanted = result.cycles[u(EFFICIENCY)].to_list()
    assert any(value for value in wanted)
    series = figures[0].panels[1].series[0]
    assert list(series.y_uncertainty or ()) == wanted
    trace = next(trace for trace in points(figures[0]) if trace["yaxis"] == "y2")
    assert trace["error_y"]["array"] == wanted
    container = to_canvas(figures[0]).axes[1].containers[0]
    (bars,) = container.lines[2]
    heights = [float(top - bottom) for (_, bottom), (_, top) in bars.get_segments()]
    assert heights == pytest.approx([2 * value for value in wanted])


def test_the_svg_itself_holds_the_points() -> None:
    x, y = (1.0, 2.0, 4.0, 7.0, 9.0), (3.0, 8.0, 1.0, 5.0, 2.0)
    svg = to_svg(simple(Series(name="a", group="CMC", x=x, y=y, style="line"))).decode()
    paths = [re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path) for path in re.findall(r' d="([^"]*)"', svg)]
    # Outlines of letters are in units of their font, far beyond the page's width of 241 points.
    found = [np.array(path, dtype=float) for path in paths if len(path) == 5]
    (drawn,) = [path for path in found if path.max() < 241 and np.ptp(path, axis=0).min() > 50]
    # The page's coordinates are those of the data, scaled; down is positive in an SVG.
    assert np.corrcoef(drawn[:, 0], x)[0, 1] == pytest.approx(1)
    assert np.corrcoef(drawn[:, 1], y)[0, 1] == pytest.approx(-1)


def test_an_unknown_uncertainty_draws_no_bar() -> None:
    line = Series(name="a", group="CMC", x=(1.0, 2.0), y=(1.0, 2.0), y_uncertainty=(0.1, None), style="points")
    assert to_plotly(simple(line))["data"][0]["error_y"]["array"] == [0.1, None]
    (bars,) = to_canvas(simple(line)).axes[0].containers[0].lines[2]
    heights = [float(part[1][1] - part[0][1]) for part in bars.get_segments() if len(part) == 2]
    assert [height for height in heights if not math.isnan(height)] == pytest.approx([0.2])


def test_replicates_lie_under_their_mean_and_its_band() -> None:
    results = replicates()
    figure = retention(results, GROUPS, ELECTRODES)
    assert figure is not None
    faint = [series for series in figure.panels[0].series if series.faint]
    assert [series.name for series in faint] == ["a1", "a2", "a3"]
    assert [series.label for series in figure.legend()] == ["CMC, n = 3", "CCL, n = 1"]
    mean = next(series for series in figure.panels[0].series if series.low)
    truth = over_cycles(results[:3], RETENTION, ELECTRODES)
    assert list(mean.y) == truth["mean"].to_list()
    assert list(mean.low or ())[1:] == truth["low"].to_list()[1:]
    assert list(mean.high or ())[1:] == truth["high"].to_list()[1:]
    # The baseline is 100 % by definition, so the band closes there.
    assert mean.low is not None
    assert mean.low[0] == 100.0
    # The band as Plotly fills it, up along the high edge and back along the low one ...
    (band,) = [trace for trace in to_plotly(figure)["data"] if trace.get("fill") == "toself"]
    assert band["y"] == [*(mean.high or ()), *reversed(mean.low)]
    assert band["x"] == [*mean.x, *reversed(mean.x)]
    # ... and as Matplotlib does.
    (area,) = to_canvas(figure).axes[0].collections[:1]
    corners = area.get_paths()[0].vertices
    edges = [(x, y) for x, y in zip([*mean.x, *mean.x], [*mean.low, *(mean.high or ())], strict=True)]
    assert all(np.isclose(corners, edge).all(axis=1).any() for edge in edges)
    # The CSV holds the band too.
    frame = pl.read_csv(io.StringIO(to_csv(figure))).filter(pl.col("interval low").is_not_null())
    assert frame["interval high"].to_list() == pytest.approx(list(mean.high or ()))


def test_a_mean_ends_with_its_second_last_cell() -> None:
    results = [cell("a1", "CMC", cycles=8)[1], cell("a2", "CMC", cycles=5, fade=0.96)[1]]
    frame = over_cycles(results, EFFICIENCY)
    assert frame["cells"].to_list() == [2] * 5 + [1] * 3
    assert frame.filter(pl.col("cells") == 1)["low"].null_count() == 3
    figure = retention(results, GROUPS)
    assert figure is not None
    assert max(figure.panels[0].series[-1].x) == 5


def test_a_wild_band_does_not_flatten_the_data() -> None:
    results = [cell("a1", "CMC", fade=0.99)[1], cell("a2", "CMC", fade=0.9)[1]]
    figure = retention(results, GROUPS)
    assert figure is not None
    low, high = figure.panels[0].y.range or (0, 0)
    values = [value for result in results for value in result.cycles[RETENTION]]
    assert high - low < 3.5 * (max(values) - min(values))
    assert "Bands go on beyond the range shown." in figure.caption


def test_names_are_drawn_as_they_are_written() -> None:
    names = ("$\\frac$ x", "_hidden", "a & <b>", "50 %{y}", "$x$")
    series = [Series(name=name, group="CMC", x=(1.0,), y=(1.0,), label=name) for name in names]
    (legend,) = to_canvas(simple(*series)).legends
    assert {text.get_text() for text in legend.get_texts()} == set(names)
    assert to_svg(simple(*series))
    traces = to_plotly(simple(*series))["data"]
    assert traces[2]["name"] == "a &amp; &lt;b&gt;"
    assert "50 %{y}" not in traces[3]["hovertemplate"]


def test_letters_that_no_font_has_stay_text_and_warn_nobody() -> None:
    # A private letter: no font draws it, here or elsewhere.
    strange = Series(name="\ue9ff\ue9fe", group="CMC", x=(1.0,), y=(1.0,), label="\ue9ff binder")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        svg, png = to_svg(simple(strange)), to_png(simple(strange))
    assert png.startswith(b"\x89PNG")
    if not families(["\ue9ff"])[1]:
        assert "\ue9ff binder" in svg.decode()


def test_a_font_that_has_the_letters_is_found() -> None:
    # Matplotlib ships STIX, whose 𝒜 its DejaVu Sans lacks.
    found, _ = families(["Capacity", "\U0001d49c"])
    assert found[0] == style.FONT
    assert len(found) == 2


def test_the_legend_stands_beside_the_data_and_on_the_page() -> None:
    series = [Series(name=f"binder {n} " + "x" * 80 * (n == 3), group=f"g{n}", x=(1.0,), y=(1.0,)) for n in range(9)]
    figure = simple(*(one.model_copy(update={"label": one.name}) for one in series))
    canvas = to_canvas(figure)
    canvas.draw_without_rendering()
    (legend,) = canvas.legends
    box, page = legend.get_window_extent(), canvas.bbox
    assert box.x0 >= -1
    assert box.x1 <= page.width + 1
    assert box.y1 <= page.height + 1
    assert box.y0 >= canvas.axes[0].get_window_extent().y1
    assert to_plotly(figure)["layout"]["legend"]["y"] > 1


def test_thinning_keeps_the_shape_and_says_so() -> None:
    x = np.linspace(0, 1, 200_000)
    y = 3.0 - 2.0 * x - 0.5 * (x > 0.98) * (x - 0.98) / 0.02 + 0.01 * np.sin(900 * x)
    y[123_456] = 9.0
    whole = Series(name="a", group="CMC", x=tuple(x.tolist()), y=tuple(y.tolist()), style="line")
    figure = thinned(simple(whole))
    (line,) = figure.panels[0].series
    assert len(line.x) <= MOST_POINTS
    assert (line.x[0], line.x[-1], line.y[0], line.y[-1]) == (x[0], x[-1], y[0], y[-1])
    assert (min(filter(None, line.y)), max(filter(None, line.y))) == (y.min(), 9.0)
    # What is between the points that stay is nowhere further from the line than a dot of print, but for the ripple.
    between = np.interp(x, np.array(line.x, dtype=float), np.array(line.y, dtype=float))
    assert np.delete(np.abs(between - y), slice(123_000, 124_000)).max() < 0.025
    assert f"thinned to {len(line.x)} of 200,000 points" in figure.caption
    # All of them are exported, few are drawn, and drawing twice thins once.
    assert simple(whole).drawn().height == 200_000
    assert sum(len(trace["x"]) for trace in points(simple(whole))) == len(line.x)
    assert len(drawn_lines(simple(whole))[0][0][1]) == len(line.x)
    assert thinned(figure) is figure
    # Markers are results and are never thinned.
    dots = whole.model_copy(update={"style": "points"})
    assert thinned(simple(dots)) == simple(dots)


def test_thinning_keeps_gaps() -> None:
    y: list[float | None] = [float(n) for n in range(5000)]
    y[2000:3000] = [None] * 1000
    places = kept(range(5000), y)
    assert len(places) <= MOST_POINTS
    assert sum(y[at] is None for at in places) == 1
    assert {1999, 3000} <= set(places.tolist())


def test_with_many_cells_one_of_each_binder_shows_its_profiles() -> None:
    few = [cell(f"c{n}", "CMC", fade=0.9 + n / 100)[1] for n in range(5)]
    assert [result.sample for result, _ in shown_profiles(few)] == ["c0", "c1", "c2", "c3", "c4"]
    more = [*few, *(cell(f"d{n}", "CCL")[1] for n in range(2))]
    chosen = shown_profiles(more)
    assert [result.sample for result, _ in chosen] == ["c2", "d0"]
    assert chosen[0][1] == "One cell stands for the 5 of CMC: the one of median retention."
    table, result = cell("a", "CMC")
    assert chosen[0][1] in voltage_profiles(table, result, GROUPS, choice=chosen[0][1]).caption


def test_cycles_that_were_asked_for_and_not_measured_are_named(figures: list[Figure]) -> None:
    assert "Asked for and not measured: 99." in figures[2].caption


def test_sparse_markers_hide_no_first_cycle() -> None:
    results = [cell(f"a{n}", "CMC", cycles=40, fade=0.99 - n / 1000)[1] for n in range(3)]
    figure = capacity_and_efficiency(results, GROUPS)
    for trace in points(figure):
        sizes = trace["marker"]["size"]
        if isinstance(sizes, list) and len(sizes) > 1:
            assert len(sizes) == len(trace["x"])
            assert sizes[0] > 0
            assert 0 < sum(size > 0 for size in sizes) < len(sizes)
    assert figure.panels[0].series[0].x == tuple(map(float, results[0].cycles[CYCLE]))
