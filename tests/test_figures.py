"""Figures: one specification, and what is drawn is what is exported."""

from __future__ import annotations

import io
import json
import re
import xml.etree.ElementTree as ET

import polars as pl
import pytest
from pydantic import ValidationError
from shared import square_wave

from byssus.analysis.cycling import EFFICIENCY, analyse
from byssus.conventions import Configuration, Made
from byssus.figure import style
from byssus.figure.cycling import capacity_and_efficiency, common_basis, retention, voltage_profiles
from byssus.figure.export import to_csv
from byssus.figure.paper import to_png, to_svg
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.measured.metadata import Sample
from byssus.quantity import Quantity

GROUPS = ("CCL", "CMC")


def cell(name: str, group: str, *, mass: str | None = "0.5 ± 0.01 mg", fade: float = 0.97) -> tuple:  # type: ignore[type-arg]
    sample = Sample(
        name=name,
        binder=group,
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=None if mass is None else Quantity.parse(mass),
    )
    hours = [2.0, 1.2, *(value for n in range(7) for value in (1.2 * fade**n, 1.19 * fade**n))]
    table = square_wave([-1, 1] * 8, hours, sample=sample, digit_Ah=1e-6)
    return table, analyse(table)


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
        screen = to_plotly(figure)["data"]
        assert sum(len(trace["x"]) for trace in screen) == drawn.height
        assert [y for trace in screen for y in trace["y"]] == pytest.approx(drawn["value"].to_list())
        assert [x for trace in screen for x in trace["x"]] == pytest.approx(drawn[figure.x.column].to_list())
        json.dumps(to_plotly(figure), allow_nan=False)


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
        for panel in figure.panels:
            for series in panel.series:
                if not series.tint:
                    colours.setdefault(series.group, set()).add(style.colour(series.group, figure.groups))
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
    assert panel.note == "outside the range: a: cycle 1: 60.0 %; b: cycle 1: 60.0 %"


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
