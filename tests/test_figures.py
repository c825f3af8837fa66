"""Figures: one specification, and what is drawn is what is exported."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from shared import square_wave

from byssus.analysis.compare import over_cycles
from byssus.analysis.cycling.cell import Cell, examine
from byssus.analysis.cycling.columns import CYCLE, EFFICIENCY, RETENTION, u
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import OutputError, UsageError
from byssus.figure import style
from byssus.figure.cycling import (
    capacity_and_efficiency,
    common_basis,
    figures_of,
    retention,
    shown_profiles,
    voltage_profiles,
)
from byssus.figure.differential import differential_capacity
from byssus.figure.export import FORMATS, path_of, to_csv, to_origin, write_figure
from byssus.figure.fonts import families
from byssus.figure.paper import to_canvas, to_pdf, to_png, to_svg
from byssus.figure.profiles import first_cycle
from byssus.figure.rate import Rated, capacity_against_rate, rate_capability
from byssus.figure.redraw import Results, Wanted, write
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Axis, Figure, Panel, Series, Text
from byssus.figure.thin import MOST_POINTS, kept, thinned
from byssus.measured.metadata import Sample
from byssus.measured.tables import Table
from byssus.physics.rate import tian_capacity_at_current
from byssus.quantity import Quantity
from byssus.study.model import Reference
from byssus.workflow import run_study

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


#: In A/g, five cycles each, and back.
RATES = (0.2, 0.5, 1.0, 2.0, 4.0, 6.0, 0.5)


def rate_cell(name: str, group: str, tau: float = 600.0, rates: tuple[float, ...] = RATES, each: int = 5) -> Cell:
    """A rate test whose capacities follow Tian's equation: 3000 mAh/g in the limit, exponent 0.6."""
    currents, hours = [], []
    for rate in rates:
        capacity = float(tian_capacity_at_current(np.array([rate / 3.6]), 3000.0, tau, 0.6)[0])
        currents += [-rate * 0.5, rate * 0.5] * each
        hours += [capacity / 1000 / rate] * 2 * each
    sample = Sample(
        name=name,
        binder=group,
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=Quantity.parse("0.5 ± 0.01 mg"),
    )
    return examine(square_wave(currents, hours, sample=sample, digit_Ah=1e-9))


def reference(**given: Any) -> Reference:
    return Reference.model_validate({"source": {"title": "A paper", "table": 2}} | given)


REFERENCES = (
    reference(binder="CMC", quantity="retention of delithiation capacity", value="60 ± 2 %", cycle=10),
    reference(
        label="elsewhere", quantity="first-cycle delithiation capacity", value="2500 mAh/g", basis="active material"
    ),
    reference(label="elsewhere", quantity="mean coulombic efficiency after the first cycle", value="100.1 %"),
    reference(binder="CCL", quantity="delithiation capacity", value="100 mAh/g", basis="active material", cycle=900),
    reference(binder="CCL", quantity="delithiation capacity", value="100 mAh/g", basis="coating", cycle=2),
    reference(binder="CCL", quantity="first-cycle coulombic efficiency", value="60 %"),
)


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
        *figures_of([rate_cell("r1", "CMC"), rate_cell("r2", "CCL", 900.0)], groups=GROUPS, references=REFERENCES),
    ]


def test_plotly_matplotlib_and_csv_show_the_same_points(figures: list[Figure]) -> None:
    for figure in figures:
        # Texts are compared by their own test.
        drawn = pl.read_csv(io.StringIO(to_csv(figure))).filter(pl.col("text").is_null())
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
    # All of them are exported and printed, few are shown, and drawing twice thins once.
    assert simple(whole).drawn().height == 200_000
    assert sum(len(trace["x"]) for trace in points(simple(whole))) == len(line.x)
    assert len(drawn_lines(simple(whole))[0][0][1]) == 200_000
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


def of_name(figures: list[Figure], name: str) -> Figure:
    return next(figure for figure in reversed(figures) if figure.name == name)


def test_every_kind_of_figure_is_drawn(figures: list[Figure]) -> None:
    assert [figure.name for figure in figures[3:]] == [
        "capacity-and-efficiency",
        "retention",
        "first-cycle",
        "rate-capability",
        "capacity-against-rate",
        *(f"{kind}-{cell}" for cell in ("r1", "r2") for kind in ("voltage-profiles", "differential-capacity")),
    ]


def test_the_rate_of_each_plateau_stands_above_its_points(figures: list[Figure]) -> None:
    figure = of_name(figures, "rate-capability")
    (panel,) = figure.panels
    assert [text.text for text in panel.texts] == ["0.2", "0.5", "1", "2 A/g", "4", "6", "0.5"]
    assert [text.x for text in panel.texts] == [3, 8, 13, 18, 23, 28, 33]
    for text in panel.texts:
        here = [
            y
            for series in panel.series
            for x, y in zip(as_floats(series.x), as_floats(series.y), strict=True)
            if abs(x - text.x) <= 2
        ]
        assert text.y >= max(here)
    # Both backends hold them, and so do the numbers.
    notes = to_plotly(figure)["layout"]["annotations"]
    assert [(note["text"], note["x"], note["y"]) for note in notes] == [(t.text, t.x, t.y) for t in panel.texts]
    printed: Any = to_canvas(figure).axes[0].texts
    assert [(text.get_text(), text.xy) for text in printed] == [(t.text, (t.x, t.y)) for t in panel.texts]
    exported = pl.read_csv(io.StringIO(to_csv(figure))).filter(pl.col("text").is_not_null())
    assert exported["text"].to_list() == [text.text for text in panel.texts]
    assert exported["value"].to_list() == pytest.approx([text.y for text in panel.texts])


def test_crowded_labels_stand_upright_and_inside() -> None:
    crowded = rate_cell("r", "CMC", rates=tuple(0.05 * 1.15**n for n in range(24)), each=1)
    assert crowded.rate_test is not None
    (figure,) = rate_capability([Rated(crowded.cycling, crowded.rate_test)], GROUPS)
    texts = figure.panels[0].texts
    assert all(text.upright for text in texts)
    assert 5 < len(texts) < 24
    assert "not every plateau bears its number" in figure.caption
    canvas = to_canvas(figure)
    canvas.draw_without_rendering()
    boxes = [text.get_window_extent() for text in canvas.axes[0].texts]
    assert not any(one.overlaps(other) for at, one in enumerate(boxes) for other in boxes[at + 1 :])
    assert max(box.y1 for box in boxes) <= canvas.bbox.height


def test_tests_of_other_plateaus_have_a_figure_of_their_own() -> None:
    cells = [rate_cell("r1", "CMC"), rate_cell("r2", "CCL", each=4)]
    rated = [Rated(cell.cycling, cell.rate_test) for cell in cells if cell.rate_test]
    assert [figure.name for figure in rate_capability(rated, GROUPS)] == ["rate-capability", "rate-capability-2"]


def test_a_rate_test_is_not_drawn_over_cells_that_were_cycled() -> None:
    rated, cycled = rate_cell("r1", "CMC"), rate_cell("c1", "CCL", rates=(0.5,), each=8)
    assert cycled.rate_test is None
    drawn = {each.name: each for each in figures_of([rated, cycled], groups=GROUPS)}
    for name in ("capacity-and-efficiency", "retention"):
        assert {series.group for panel in drawn[name].panels for series in panel.series} == {"CCL"}
    assert {series.group for panel in drawn["rate-capability"].panels for series in panel.series} == {"CMC"}
    # Alone it is, since a study of nothing else has no other figure of its efficiency.
    assert "capacity-and-efficiency" in {each.name for each in figures_of([rated], groups=GROUPS)}


def test_the_curve_against_rate_is_the_law_that_the_data_follow(figures: list[Figure]) -> None:
    figure = of_name(figures, "capacity-against-rate")
    assert figure.x.label == "Current per active material / A/g"
    curves = [series for series in figure.panels[0].series if series.style == "line"]
    dots = [series for series in figure.panels[0].series if series.style == "points"]
    assert [series.x for series in dots] == [pytest.approx(RATES[:6], rel=1e-6)] * 2
    for curve, tau in zip(curves, (600.0, 900.0), strict=True):
        truth = tian_capacity_at_current(np.array(curve.x) / 3.6, 3000.0, tau, 0.6)
        assert list(curve.y) == pytest.approx(truth.tolist(), rel=2e-3)
    assert to_canvas(figure).axes[0].get_xscale() == "log"
    assert to_plotly(figure)["layout"]["xaxis"]["type"] == "log"
    assert capacity_against_rate([], GROUPS) is None


def test_the_first_cycle_is_of_one_cell_of_each_binder(figures: list[Figure]) -> None:
    cells = [cell(f"a{n}", "CMC", fade=0.9 + n / 100) for n in range(3)] + [cell("b", "CCL")]
    tables = {result.sample: table for table, result in cells}
    figure = first_cycle(tables, [result for _, result in cells], GROUPS)
    assert figure is not None
    assert [series.name for series in figure.panels[0].series] == [
        "a1, lithiation", "a1, delithiation", "b, lithiation", "b, delithiation"
    ]  # fmt: skip
    # 1.2 mAh in the first delithiation of 0.5 mg.
    assert figure.panels[0].series[1].x[-1] == pytest.approx(2400)
    assert "CMC by a1, of median retention among 3" in figure.caption
    assert first_cycle(tables, [result for _, result in cells], GROUPS, cycle=99) is None


def test_differential_capacity_is_per_the_basis_and_its_integral_the_charge(figures: list[Figure]) -> None:
    table, result = cell("a", "CMC")
    curves = examine(table).differential
    assert curves is not None
    figure = differential_capacity(table, result, curves, None, GROUPS, [1])
    assert figure is not None
    assert figure.panels[0].y.label == "dQ/dV per active material / mAh/(g·V)"
    lithiation, delithiation = figure.panels[0].series
    # 2 and 1.2 mAh over 0.5 V on 0.5 mg.
    assert np.mean(lithiation.y) == pytest.approx(-8000, rel=0.02)  # type: ignore[arg-type]
    assert np.mean(delithiation.y) == pytest.approx(4800, rel=0.02)  # type: ignore[arg-type]
    whole = differential_capacity(table, result, curves, None, GROUPS, [1], basis=CapacityBasis.CELL)
    assert whole is not None
    assert np.array(whole.panels[0].series[0].y) * 2000 == pytest.approx(np.array(lithiation.y))


def test_values_from_the_literature_are_open_stars_with_their_source(figures: list[Figure]) -> None:
    figure = of_name(figures, "retention")
    (star,) = [series for series in figure.panels[0].series if series.origin == "reported" and series.x]
    assert (star.x, star.y, star.y_uncertainty, star.group) == ((10.0,), (60.0,), (2.0,), "CMC")
    assert star.source == "A paper, table 2"
    (trace,) = [trace for trace in points(figure) if "reported" in trace["hovertemplate"]]
    assert trace["marker"]["symbol"] == "star-open"
    assert trace["marker"]["color"] == style.colour("CMC", GROUPS)
    assert "A paper, table 2" in trace["hovertemplate"]
    lines: Any = to_canvas(figure).axes[0].lines
    (drawn,) = [line for line in lines if line.get_marker() == "*" and len(line.get_xdata())]
    assert drawn.get_markerfacecolor() == "white"
    assert "literature" in [series.label for series in figure.legend()]
    assert "Open stars" in figure.caption
    assert "CMC, retention of delithiation capacity of cycle 10 60.0 ± 2.0 % (A paper, table 2)" in figure.caption
    exported = pl.read_csv(io.StringIO(to_csv(figure))).filter(pl.col("origin") == "reported")
    assert exported["source"].to_list() == ["A paper, table 2"]


def test_a_reference_that_does_not_fit_a_panel_is_not_drawn_and_the_caption_says_so(figures: list[Figure]) -> None:
    figure = of_name(figures, "capacity-and-efficiency")
    stars = [series for panel in figure.panels for series in panel.series if series.origin == "reported" and series.x]
    assert [(series.x, series.y, series.style) for series in stars] == [
        ((1.0,), (2500.0,), "points"),
        ((2.0, 35.0), (100.1, 100.1), "line"),
    ]
    assert [text.text for panel in figure.panels for text in panel.texts] == ["elsewhere", "elsewhere"]
    assert "100 mAh/g (A paper, table 2), beyond the cycles measured" in figure.caption
    assert "first-cycle coulombic efficiency 60 % (A paper, table 2), outside the range shown" in figure.caption
    # Another basis is another quantity.
    assert figure.caption.count("100 mAh/g") == 1


def test_origin_reads_names_units_and_comments_over_the_same_numbers(figures: list[Figure]) -> None:
    for figure in figures:
        names, units, comments, *rows = csv.reader(io.StringIO(to_origin(figure)))
        columns = list(zip(*rows, strict=True))
        drawn = [(panel, series) for panel in figure.panels for series in panel.series if series.x]
        at = 0
        for panel, series in drawn:
            while not comments[at].startswith(series.name):
                at += 1
            assert (names[at], names[at + 1]) == (figure.x.quantity, panel.y.quantity)
            assert units[at + 1] == panel.y.unit
            got = [float(value) if value else None for value in columns[at + 1][: len(series.y)]]
            assert got == list(series.y)
            assert not any(columns[at + 1][len(series.y) :])
            at += 2
        assert units[0] in ("", figure.x.unit)


def test_all_files_of_a_figure_are_written(figures: list[Figure], tmp_path: Path) -> None:
    files = write_figure(figures[0], tmp_path, FORMATS, width_cm=17.5, height_cm=6)
    assert files == [path_of(figures[0].name, tmp_path, kind) for kind in FORMATS]
    assert all(file.stat().st_size < 2_000_000 for file in files)
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", files[1].read_bytes())
    assert box is not None
    assert [float(part) * 2.54 / 72 for part in box.groups()] == pytest.approx([17.5, 6])
    assert to_pdf(figures[0]) == to_pdf(figures[0])
    assert Figure.model_validate_json(path_of(figures[0].name, tmp_path, "json").read_bytes()) == figures[0]


def test_print_follows_a_long_line_and_stays_small() -> None:
    x = np.linspace(0, 1, 100_000)
    y = 3.0 - x + 0.2 * np.sin(60 * x)
    figure = simple(Series(name="a", group="CMC", x=tuple(x.tolist()), y=tuple(y.tolist()), style="line"))
    svg = to_svg(figure)
    assert len(svg) < 2_000_000
    assert len(to_pdf(figure)) < 2_000_000
    path = max(re.findall(r' d="(M[^"]*)"', svg.decode()), key=len)
    drawn = np.array(re.findall(r"[ML] (-?[\d.]+) (-?[\d.]+)", path), dtype=float)
    assert len(drawn) < 5000
    # On the page: nowhere more than 1/600 inch from where the data are.
    across = np.interp(x, (0, 1), (drawn[0, 0], drawn[-1, 0]))
    slope, offset = np.polyfit(np.interp(drawn[:, 0], across, y), drawn[:, 1], 1)
    away = np.abs(np.interp(across, drawn[:, 0], drawn[:, 1]) - (slope * y + offset))
    # Upright distance over the steepest slope there is bounds the distance to the line.
    steep = np.abs(np.gradient(slope * y, across))
    assert (away / np.sqrt(1 + steep**2)).max() < 72 / 600


def test_texts_are_drawn_as_they_are_written() -> None:
    text = Text(text="a & $b$ %{y}", x=1.0, y=1.0, group="CMC", place="below", upright=True)
    figure = simple(Series(name="a", group="CMC", x=(1.0,), y=(1.0,)))
    figure = figure.model_copy(update={"panels": (figure.panels[0].model_copy(update={"texts": (text,)}),)})
    (note,) = to_plotly(figure)["layout"]["annotations"]
    assert note["text"].startswith("a &amp; $b$")
    assert (note["textangle"], note["yanchor"]) == (-90, "top")
    texts: Any = to_canvas(figure).axes[0].texts
    (printed,) = texts
    assert (printed.get_text(), printed.get_rotation(), printed.get_va()) == ("a & $b$ %{y}", 90.0, "top")


def test_a_lone_cycle_is_numbered_as_a_count() -> None:
    _, result = cell("a", "CMC", cycles=1)
    figure = capacity_and_efficiency([result], GROUPS)
    assert figure.x.range == (0, 2)
    assert to_plotly(figure)["layout"]["xaxis"]["dtick"] == 1
    assert retention([result], GROUPS) is None


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a study of two cells, written by an instrument-neutral CSV."""
    folder = tmp_path_factory.mktemp("study")
    for name, shift in (("a1", 0.0), ("b1", 0.1)):
        table, _ = cell(name, "CMC", fade=0.97 - shift)
        table.data.select("Test Time / s", "Voltage / V", "Current / A").write_csv(folder / f"{name}.csv")
    columns = "{time: Test Time / s, voltage: Voltage / V, current: Current / A}"
    half = f"configuration: half, active_mass: 0.5 ± 0.01 mg, columns: {columns}"
    (folder / "study.yaml").write_text(
        "schema: 1\nbinders: {CCL: {}, CMC: {}}\n"
        "electrodes: {E1: {binder: CMC, made: empty}, E2: {binder: CCL, made: empty}}\n"
        f"cells:\n  a1: {{electrode: E1, files: a1.csv, {half}}}\n  b1: {{electrode: E2, files: b1.csv, {half}}}\n"
        "analysis: {profile_cycles: [1, 3]}\n",
        encoding="utf-8",
    )
    run_study(folder)
    return folder


def test_a_figure_is_redrawn_without_the_raw_files(ran: Path, tmp_path: Path) -> None:
    left = Results.at(ran)
    before = Figure.model_validate_json((ran / "results" / "figures" / "retention.json").read_bytes())
    assert left.draw("retention", Wanted()) == before
    assert Results.at(ran / "results").draw("retention", Wanted()) == before
    assert not left.changed
    profiles = left.draw("voltage-profiles-a1", Wanted(basis=CapacityBasis.CELL))
    # The run's own cycles, and 2 mAh in the first lithiation.
    assert [series.label for series in profiles.legend()] == ["1", "3"]
    assert profiles.panels[0].series[0].x[-1] == pytest.approx(2.0, rel=1e-3)
    assert [series.label for series in left.draw("voltage-profiles-a1", Wanted(cycles=(2,))).legend()] == ["2"]
    # What is left keeps its colour, and its numbers.
    alone = left.draw("retention", Wanted(groups=("CMC",), cycles=(1, 4)))
    assert alone.groups == before.groups
    (series,) = alone.panels[0].series
    (whole,) = [one for one in before.panels[0].series if one.group == "CMC"]
    assert (series.x, series.y) == ((1.0, 4.0), (whole.y[0], whole.y[3]))
    files = write(alone, tmp_path / "out", ["svg", "png"], width_cm=8.5, height_cm=None, force=False)
    assert [file.suffix for file in files] == [".svg", ".png"]


def test_what_the_results_do_not_have_is_told_in_one_line(ran: Path, tmp_path: Path) -> None:
    left = Results.at(ran)
    for name, wanted, said in (
        ("retentoin", Wanted(), "did you mean 'retention'"),
        ("retention", Wanted(groups=("CMS",)), "did you mean 'CMC'"),
        ("retention", Wanted(cells=("a2",)), "known are: a1, b1"),
        ("retention", Wanted(basis=CapacityBasis.CELL), "--basis"),
        ("capacity-and-efficiency", Wanted(basis=CapacityBasis.AREA), "for want of its mass or area"),
        ("voltage-profiles-a1", Wanted(cycles=(99,)), "99 was not measured; give some of 1 to 8"),
        ("first-cycle", Wanted(cycles=(1, 2)), "give one number"),
    ):
        with pytest.raises(UsageError) as error:
            left.draw(name, wanted)
        assert said in str(error.value)
        assert "\n" not in str(error.value)
    with pytest.raises(UsageError, match="neither a study nor the results"):
        Results.at(tmp_path)
    (tmp_path / "study.yaml").write_text("schema: 1\n")
    with pytest.raises(UsageError, match="run it first: byssus run"):
        Results.at(tmp_path)


def test_files_of_others_are_not_replaced(figures: list[Figure], tmp_path: Path) -> None:
    (tmp_path / "retention.csv").write_text("mine")
    figure = of_name(figures, "retention")
    with pytest.raises(OutputError, match="did not make"):
        write(figure, tmp_path, ["csv"], width_cm=8.5, height_cm=None, force=False)
    assert (tmp_path / "retention.csv").read_text() == "mine"
    for _ in range(2):
        write(figure, tmp_path / "new", ["csv"], width_cm=8.5, height_cm=None, force=False)
    write(figure, tmp_path, ["csv"], width_cm=8.5, height_cm=None, force=True)
    assert (tmp_path / "retention.csv").read_text() == to_csv(figure)


def test_the_verb_prints_one_object_or_its_files(ran: Path, tmp_path: Path) -> None:
    def byssus(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "byssus", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, cwd=tmp_path)

    done = byssus("figure", ran, "--list", "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["schema"]) == (0, "byssus.figure/1")
    assert {"retention", "first-cycle", "voltage-profiles-b1"} <= {one["name"] for one in answer["figures"]}
    done = byssus("figure", ran, "first-cycle", "--cycles", "2", "--format", "csv,origin")
    assert done.returncode == 0
    files = [Path(line) for line in done.stdout.splitlines()[-2:]]
    assert [file.name for file in files] == ["first-cycle.csv", "first-cycle.origin.csv"]
    assert all(file.is_file() for file in files)
    done = byssus("figure", ran, "first-cicle", "--json")
    assert done.returncode == 2
    assert "did you mean 'first-cycle'" in json.loads(done.stdout)["findings"][0]["message"]
    assert done.stderr.count("\n") == 1
    assert byssus("figure", ran, "first-cycle", "--cycles", "0").returncode == 2
