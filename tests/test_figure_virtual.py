"""Figures of voltammetry, pulses and impedance, and of simulated tables in general."""

from __future__ import annotations

import csv
import io
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from matplotlib.text import Text as Words
from pydantic import ValidationError
from shared import square_wave
from test_figures import GROUPS, rate_cell
from virtual import THERMAL, impedance, randles, sample, titration, voltammetry

from byssus.analysis.cycling.cell import Cell, examine
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import UsageError
from byssus.figure.binders import how_many
from byssus.figure.curves import MOST_CURVES
from byssus.figure.cycling import figures_of
from byssus.figure.export import to_csv, to_origin, write_figure
from byssus.figure.impedance import bode, nyquist, spectra_of
from byssus.figure.paper import to_canvas, to_svg
from byssus.figure.pulses import pulses
from byssus.figure.redraw import Results, Wanted
from byssus.figure.screen import to_plotly
from byssus.figure.spec import Axis, Figure, Panel, Series
from byssus.figure.techniques import figures_of_tables
from byssus.figure.voltammetry import against_rate, compared, cycles_of, over_cycles
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.tables import Table
from byssus.quantity import Quantity

MASS_G, AREA_CM2 = 0.93e-3, 1.13


def everything() -> list[Figure]:
    """Every kind of figure, of few and of many curves, measured and simulated."""
    sets: list[list[Table]] = [
        [voltammetry(sample("CCL-1"), (0.1, 0.2, 0.5, 0.8, 1.0)), voltammetry(sample("CMC-1"), origin="measured")],
        [voltammetry(sample("CCL-1"), tuple(0.1 * n for n in range(1, 11)), cycles=1)],
        [titration(sample("CCL-1")), titration(sample("CMC-1"), shift=0.05, origin="measured")],
        [impedance(sample("CCL-1"), (80, 40, 30, 55), voltages=(0.05, 0.2, 0.4, 0.6))],
        [impedance(sample(name), (r,), origin="measured") for name, r in (("CCL-1", 40), ("CMC-1", 90), ("LS-1", 130))],
        [impedance(sample("CCL-1"), tuple(range(20, 120, 10)), cycles=tuple(range(0, 100, 10)))],
    ]
    return [figure for tables in sets for figure in figures_of_tables(tables, groups=("CCL", "CMC", "LS"))]


def only(figure: Figure, panel: int = 0) -> Series:
    (series,) = figure.panels[panel].series
    return series


def highest(series: Series) -> tuple[float, float]:
    points = [(x, y) for x, y in zip(series.x, series.y, strict=True) if x is not None and y is not None]
    return max(points, key=lambda point: point[1])


def test_the_peak_of_a_voltammogram_is_that_of_the_law() -> None:
    # Surface-confined: a couple of charge Q has its peak Q v F/(4RT) at E0; 0.6 of 4 C at 0.53 V, the rest at 0.38 V.
    series = only(over_cycles(voltammetry(sample("CCL-1"), cycles=1), GROUPS))
    at, peak = highest(series)
    tail = math.exp(0.15 / THERMAL)
    law = 4.0 * 1e-4 / THERMAL * (0.6 / 4 + 0.4 * tail / (1 + tail) ** 2) / MASS_G
    assert at == pytest.approx(0.53, abs=0.003)
    assert peak == pytest.approx(law, rel=2e-3)
    assert min(y for y in series.y if y is not None) < 0


@pytest.mark.parametrize(
    ("basis", "unit", "divisor"),
    [
        (CapacityBasis.ACTIVE_MATERIAL, "A/g", MASS_G),
        (CapacityBasis.AREA, "mA/cm^2", AREA_CM2 / 1000),
        (CapacityBasis.CELL, "mA", 1e-3),
    ],
)
def test_a_current_is_shown_on_the_best_basis_that_is_known(basis: CapacityBasis, unit: str, divisor: float) -> None:
    known = sample("CCL-1", mass=basis is CapacityBasis.ACTIVE_MATERIAL, area=basis is not CapacityBasis.CELL)
    table = voltammetry(known, cycles=1)
    figure = over_cycles(table, GROUPS)
    assert figure.panels[0].y.unit == unit
    currents = np.array([y for y in only(figure).y if y is not None])
    assert currents == pytest.approx(table.data["Current / A"].to_numpy() / divisor)


def test_a_scan_rate_is_that_of_the_records_or_what_was_stated_or_unknown() -> None:
    assert [cycle.rate for cycle in cycles_of(voltammetry(sample("A"), (0.1, 0.5), cycles=2))] == [0.1, 0.1, 0.5, 0.5]
    stated = voltammetry(sample("A"), timed=False, condition="0.2 mV/s")
    assert {cycle.rate for cycle in cycles_of(stated)} == {0.2}
    unknown = voltammetry(sample("A"), timed=False)
    assert {cycle.rate for cycle in cycles_of(unknown)} == {None}
    assert "at an unknown scan rate" in over_cycles(unknown, GROUPS).caption


def test_each_scan_rate_is_named_at_the_peak_of_its_own_curve() -> None:
    rates = (0.5, 0.1, 1.0)
    figure = against_rate(voltammetry(sample("CCL-1"), rates, cycles=2), GROUPS)
    (panel,) = figure.panels
    assert [series.name for series in panel.series] == ["CCL-1, 0.1 mV/s", "CCL-1, 0.5 mV/s", "CCL-1, 1 mV/s"]
    peaks = {series.name.removeprefix("CCL-1, "): highest(series) for series in panel.series}
    assert {text.text: text.leader for text in panel.texts} == peaks
    # I ∝ v for what is confined to a surface.
    heights = [peaks[f"{rate:g} mV/s"][1] for rate in sorted(rates)]
    assert np.array(heights) / heights[0] == pytest.approx([1, 5, 10])
    assert [series.tint for series in panel.series] == sorted((series.tint for series in panel.series), reverse=True)
    assert not figure.legend()


def test_names_that_have_no_room_stand_in_the_legend() -> None:
    figure = against_rate(voltammetry(sample("CCL-1"), tuple(0.1 * n for n in range(1, 11)), cycles=1), GROUPS)
    assert len(figure.panels[0].series) == len(figure.legend()) == MOST_CURVES
    assert not figure.panels[0].texts
    assert "For want of room not drawn: 0.3 mV/s, 0.8 mV/s." in figure.caption


def test_samples_are_compared_at_the_slowest_scan_rate_that_all_have() -> None:
    tables = [voltammetry(sample("CCL-1"), (0.1, 0.2)), voltammetry(sample("CMC-1"), (0.2, 0.5), charge=2.0)]
    figure = compared(tables, GROUPS)
    assert figure is not None
    assert "at 0.2 mV/s" in figure.caption
    first, second = (highest(series)[1] for series in figure.panels[0].series)
    assert first / second == pytest.approx(2.0)
    assert compared([tables[0], voltammetry(sample("CMC-1"), (0.5,))], GROUPS) is None


def test_pulses_pass_the_charge_that_was_set_and_rests_stand_upright() -> None:
    table = titration(sample("CCL-1"), count=10)
    figure = pulses([table], GROUPS, "capacity")
    down, up, ends_down, ends_up = figure.panels[0].series
    # 1800 s at 0.19 mA, ten times: 0.95 mAh.
    for half, ends in ((down, ends_down), (up, ends_up)):
        assert half.x[0] == 0
        assert half.x[-1] == pytest.approx(0.95 / MASS_G)
        assert ends.x == pytest.approx([0.095 * n / MASS_G for n in range(1, 11)])
    rest = table.data.filter(table.data["Pulse Part"] == "rest", table.data["Pulse Count / 1"] == 3)
    places = [x for x, y in zip(down.x, down.y, strict=True) if y in set(rest["Voltage / V"])]
    assert len(places) == rest.height
    assert np.ptp(places) == 0
    # What is left of the relaxation after 3600 s with a time constant of 500 s: 0.03 V exp(−7.2).
    left = 0.03 * math.exp(-7.2)
    assert ends_down.y == pytest.approx([0.4 - 0.33 * n / 10 - left for n in range(1, 11)])
    assert ends_up.y == pytest.approx([0.32 + 0.35 * n / 10 + left for n in range(1, 11)])
    assert "20 pulses" in figure.caption


def test_pulses_over_time_end_when_the_test_does() -> None:
    figure = pulses([titration(sample("CCL-1"), count=10)], GROUPS, "time")
    assert figure.x.label == "Time / h"
    assert figure.panels[0].series[1].x[-1] == pytest.approx(20 * 5400 / 3600)


def test_the_arc_of_a_spectrum_has_the_height_and_the_width_of_its_resistance() -> None:
    table = impedance(sample("CCL-1", area=False), (40.0,), warburg=0.0, per_decade=50)
    arc, _ = nyquist([table], GROUPS).panels[0].series
    # Fifty frequencies a decade come within 2.3 % of the one of the apex.
    at, height = highest(arc)
    assert at == pytest.approx(5 + 20, abs=0.5)
    assert height == pytest.approx(20, rel=1e-3)
    assert (arc.x[0], arc.x[-1]) == pytest.approx((5, 45), rel=1e-4)


def test_an_area_turns_ohms_into_ohms_times_area() -> None:
    spectrum = impedance(sample("CCL-1"))
    with_area, without = nyquist([spectrum], GROUPS), nyquist([impedance(sample("CCL-1", area=False))], GROUPS)
    assert (with_area.x.label, without.x.label) == ("Re Z / Ω·cm²", "Re Z / Ω")
    assert np.array(with_area.panels[0].series[0].x, dtype=float) == pytest.approx(
        np.array(without.panels[0].series[0].x, dtype=float) * AREA_CM2
    )


def test_decades_of_frequency_are_marked_where_they_were_measured() -> None:
    figure = nyquist([impedance(sample("CCL-1", area=False), origin="measured")], GROUPS)
    _, decades = figure.panels[0].series
    z = randles(10.0 ** np.arange(5, -3, -1), 5.0, 40.0, 2e-5, 4.0)
    assert decades.x == pytest.approx(z.real)
    assert decades.y == pytest.approx(-z.imag)
    named = {text.text: text.x for text in figure.panels[0].texts}
    assert named["10 mHz"] == pytest.approx(z.real[-1])
    assert set(named) <= {"100 kHz", "10 kHz", "1 kHz", "100 Hz", "10 Hz", "1 Hz", "100 mHz", "10 mHz"}
    # Seven points over nine decades miss most of them.
    sparse = impedance(sample("CCL-1"), per_decade=1, lowest=-2.0).data
    shifted = sparse.with_columns(sparse["Frequency / Hz"] * 3)
    table = Table(shifted, Metadata(kind="impedance", origin="simulated", sample=sample("CCL-1")))
    assert nyquist([table], GROUPS).panels[0].series[1].x == ()


def test_a_unit_is_as_long_upwards_as_across() -> None:
    figure = nyquist([impedance(sample("CCL-1"), (80.0, 40.0), voltages=(0.05, 0.2))], GROUPS)
    for height in (None, 5.0, 12.0):
        canvas = to_canvas(figure, height_cm=height)
        canvas.draw_without_rendering()
        (ax,) = canvas.axes
        (x0, y0), (x1, y1) = ax.transData.transform([(0, 0), (1, 1)])
        # Matplotlib lets half a per cent pass, a third of a millimetre of a column.
        assert x1 - x0 == pytest.approx(y1 - y0, rel=0.005)
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        shown = [(x, y) for one in figure.panels[0].series for x, y in zip(one.x, one.y, strict=True)]
        assert all(left <= x <= right and low <= y <= high for x, y in shown if x is not None and y is not None)
        if height is None:
            assert (left, right) == pytest.approx(figure.x.range, rel=0.02, abs=1.0)
    layout = to_plotly(figure)["layout"]
    assert layout["yaxis"]["scaleanchor"] == "x"
    assert layout["xaxis"]["constrain"] == layout["yaxis"]["constrain"] == "domain"


def test_a_tail_does_not_leave_the_arcs_a_corner() -> None:
    figure = nyquist([impedance(sample("CCL-1"), (40.0,), warburg=4.0, lowest=-2)], GROUPS)
    assert "beyond" not in figure.caption
    data = impedance(sample("CCL-1")).data
    blocked = data.with_columns(data["Imaginary Impedance / ohm"] - 3.0 / data["Frequency / Hz"])
    figure = nyquist([Table(blocked, Metadata(kind="impedance", sample=sample("CCL-1")))], GROUPS)
    across, up = figure.x.range, figure.panels[0].y.range
    assert across is not None
    assert up is not None
    assert up[1] - up[0] == pytest.approx(across[1] - across[0])
    assert "Spectra go on beyond the range shown." in figure.caption
    # Cut in the figure, whole in the numbers.
    assert max(y for y in figure.panels[0].series[0].y if y is not None) > up[1]


def test_a_bode_plot_begins_at_the_series_resistance_and_a_capacitor_has_a_phase_above_zero() -> None:
    figure = bode([impedance(sample("CCL-1", area=False), origin="measured")], GROUPS)
    size, phase = only(figure, 0), only(figure, 1)
    assert (size.x[0], size.x[-1]) == pytest.approx((1e5, 1e-2))
    assert size.y[0] == pytest.approx(5.0, rel=1e-3)
    z = randles(np.array(size.x, dtype=float), 5.0, 40.0, 2e-5, 4.0)
    assert size.y == pytest.approx(np.abs(z))
    assert phase.y == pytest.approx(-np.degrees(np.angle(z)))
    assert min(y for y in phase.y if y is not None) > 0
    labels = [label.get_text() for label in to_canvas(figure).axes[1].get_xticklabels()]
    assert labels == ["10⁻²", "10⁻¹", "10⁰", "10¹", "10²", "10³", "10⁴", "10⁵"]
    layout = to_plotly(figure)["layout"]
    assert layout["xaxis2"]["ticktext"] == labels
    assert layout["yaxis"]["type"] == "log"


def test_spectra_are_told_apart_by_what_differs() -> None:
    one = sample("CCL-1")
    assert list(spectra_of(impedance(one, (40, 50), voltages=(0.2, 0.2), cycles=(1, 100)))) == ["cycle 1", "cycle 100"]
    assert list(spectra_of(impedance(one, (40, 50), voltages=(0.05, 0.2)))) == ["0.05 V", "0.2 V"]
    assert list(spectra_of(impedance(one, (40, 50), voltages=(0.2, 0.2)))) == ["spectrum 1", "spectrum 2"]


def test_of_many_spectra_some_are_drawn_and_the_others_named() -> None:
    figure = nyquist([impedance(sample("CCL-1"), tuple(range(20, 120, 10)), cycles=tuple(range(0, 100, 10)))], GROUPS)
    drawn = [series for series in figure.panels[0].series if not series.name.endswith("decades")]
    assert len(drawn) == MOST_CURVES
    assert "For want of room not drawn: cycle 20, cycle 70." in figure.caption


def test_the_words_of_a_figure_stand_apart_and_inside_it() -> None:
    seen = 0
    for figure in everything():
        canvas = to_canvas(figure)
        canvas.draw_without_rendering()
        for ax in canvas.axes:
            # The words alone, without a line that leads to them.
            boxes = [Words.get_window_extent(text) for text in ax.texts]
            seen += len(boxes)
            frame = ax.get_window_extent()
            for at, box in enumerate(boxes):
                assert frame.x0 <= box.x0, figure.name
                assert box.x1 <= frame.x1 + 2, figure.name
                assert frame.y0 - 2 <= box.y0, figure.name
                assert box.y1 <= frame.y1 + 2, figure.name
                assert not any(box.overlaps(other) for other in boxes[at + 1 :]), figure.name
        # Nothing is cut off at the edge of the picture.
        whole = canvas.get_tightbbox()
        assert whole.x0 >= -0.01, figure.name
        assert whole.y0 >= -0.01, figure.name
        assert whole.x1 <= canvas.get_figwidth() + 0.01, figure.name
        assert whole.y1 <= canvas.get_figheight() + 0.01, figure.name
    assert seen >= 20


def test_every_figure_leaves_as_the_numbers_that_are_drawn(tmp_path: Path) -> None:
    for figure in everything():
        assert Figure.model_validate_json(figure.model_dump_json()) == figure
        rows = list(csv.DictReader(io.StringIO(to_csv(figure))))
        points = sum(len(series.x) for panel in figure.panels for series in panel.series)
        texts = [text.text for panel in figure.panels for text in panel.texts]
        assert sum(not row["text"] for row in rows) == points
        assert [row["text"] for row in rows if row["text"]] == texts
        assert len(next(csv.reader(io.StringIO(to_origin(figure))))) >= 2
        ET.fromstring(to_svg(figure))
        json.dumps(to_plotly(figure), allow_nan=False)
    write_figure(everything()[0], tmp_path)
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".csv", ".csv", ".json", ".pdf", ".svg"]


def test_what_is_simulated_is_dashed_and_said_to_be_and_what_is_measured_is_not() -> None:
    for make in (voltammetry, titration, impedance):
        for origin in ("measured", "simulated"):
            for figure in figures_of_tables([make(sample("CCL-1"), origin=origin)], groups=GROUPS):  # type: ignore[operator]
                assert {series.origin for panel in figure.panels for series in panel.series} == {origin}
                assert ("simulated (dashed)" in figure.caption) is (origin == "simulated")
                lines = [trace for trace in to_plotly(figure)["data"] if "lines" in trace["mode"]]
                assert {trace["line"]["dash"] == "solid" for trace in lines} == {origin == "measured"}


def test_a_sample_both_measured_and_simulated_has_two_figures_and_two_names() -> None:
    for make in (voltammetry, titration, impedance):
        pair = [make(sample("CCL-1"), origin="measured"), make(sample("CCL-1"), origin="simulated")]  # type: ignore[operator]
        figures = figures_of_tables(pair, groups=GROUPS)
        assert len({figure.name for figure in figures}) == len(figures)
        together = figures[0]
        names = {series.label for series in together.legend()} | {
            text.text for panel in together.panels for text in panel.texts
        }
        assert {"CCL-1", "CCL-1, simulated"} <= names
        assert "n = 2 cells, 1 of them simulated (dashed)." in together.caption


def test_only_what_can_share_axes_is_drawn_together() -> None:
    def table(name: str, configuration: Configuration, test: str | None) -> Table:
        made = titration(sample(name).model_copy(update={"configuration": configuration}))
        vendor = {} if test is None else {"test": test}
        return Table(made.data, made.metadata.model_copy(update={"vendor": vendor}))

    half, full = Configuration.HALF, Configuration.FULL
    asked = [
        ("a", half, "gitt"),
        ("b", half, "gitt"),
        ("a", half, "ici"),
        ("b", half, "ici"),
        ("c", full, "gitt"),
        ("d", full, "gitt"),
        ("e", full, None),
    ]
    figures = figures_of_tables([table(*each) for each in asked], groups=GROUPS)
    together = {figure.name: figure for figure in figures if "cells" in figure.name}
    assert {name: len(figure.legend()) for name, figure in together.items()} == {
        "pulses-against-capacity-half-cells-gitt": 2,
        "pulses-against-capacity-half-cells-ici": 2,
        # What was measured says no test, and stands beside the one that there is.
        "pulses-against-capacity-full-cells-gitt": 3,
    }
    assert together["pulses-against-capacity-half-cells-ici"].title == "Pulses against capacity (half cells, ici)"
    alone = figures_of_tables([table(*each) for each in asked[:2]], groups=GROUPS)
    assert "pulses-against-capacity" in {figure.name for figure in alone}


def test_tables_of_other_kinds_and_empty_ones_give_no_figure() -> None:
    empty = impedance(sample("CCL-1"))
    cycling = square_wave([-1, 1], [1.0, 1.0], sample=sample("CCL-1"))
    assert figures_of_tables([Table(empty.data.clear(), empty.metadata), cycling], groups=GROUPS) == []


def simulated(cell: Cell) -> Cell:
    return examine(Table(cell.table.data, cell.table.metadata.model_copy(update={"origin": "simulated"})))


def life(name: str, group: str, fade: float, cycles: int = 20) -> Cell:
    of = Sample(
        name=name,
        binder=group,
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=Quantity.parse("0.5 ± 0.01 mg"),
    )
    hours = [value for n in range(cycles) for value in (1.2 * fade**n, 1.19 * fade**n)]
    return examine(square_wave([-1, 1] * cycles, hours, sample=of, digit_Ah=1e-6))


def stroked(figures: Sequence[Figure]) -> list[Series]:
    """What is drawn and not the key to a marker."""
    return [series for figure in figures for panel in figure.panels for series in panel.series if series.x]


def test_the_figures_of_simulated_cycling_are_dashed_throughout_and_say_so() -> None:
    cells = [simulated(rate_cell("a", "CCL")), simulated(rate_cell("b", "CMC", tau=900))]
    figures = figures_of(cells, groups=GROUPS)
    assert {figure.name for figure in figures} >= {
        "capacity-and-efficiency", "retention", "first-cycle", "rate-capability", "capacity-against-rate",
        "voltage-profiles-a", "differential-capacity-b",
    }  # fmt: skip
    assert {series.origin for series in stroked(figures)} == {"simulated"}
    # A dot shows no stroke: what is drawn over cycles has a line.
    assert {series.style for series in stroked(figures)} <= {"line", "points and line"}
    assert all("simulated (dashed)" in figure.caption for figure in figures)
    measured = figures_of([rate_cell("a", "CCL"), rate_cell("b", "CMC", tau=900)], groups=GROUPS)
    assert {series.origin for series in stroked(measured)} == {"measured"}
    assert not any("simulated" in figure.caption for figure in measured)
    for one, other in zip(stroked(figures), stroked(measured), strict=True):
        assert (one.x, one.y, one.group) == (other.x, other.y, other.group)


def test_simulated_cells_are_never_averaged_with_measured_ones() -> None:
    real = [life("real-1", "CCL", 0.99), life("real-2", "CCL", 0.985)]
    virtual = simulated(life("virtual", "CCL", 0.9))
    figures = {figure.name: figure for figure in figures_of([*real, virtual], groups=GROUPS)}
    series = {one.name: one for one in figures["retention"].panels[0].series}
    assert series["virtual"].origin == "simulated"
    mean = series["CCL, mean of 2 cells"]
    assert mean.origin == "measured"
    # Each falls by its own power law; the simulated one would pull their mean far down.
    assert mean.y[-1] == pytest.approx(100 * (0.99**19 + 0.985**19) / 2, rel=1e-3)
    assert [one.label for one in figures["retention"].legend()] == ["CCL", "CCL, simulated"]
    assert "n = 3 cells, 1 of them simulated (dashed)" in figures["retention"].caption
    assert [one.label for one in figures["first-cycle"].legend()] == ["CCL", "CCL, simulated"]


def test_a_figure_of_a_test_is_redrawn_in_other_sizes_but_not_with_other_cells(tmp_path: Path) -> None:
    results = tmp_path / "results"
    figure = nyquist([impedance(sample("CCL-1"))], GROUPS)
    write_figure(figure, results / "figures")
    (results / ".byssus-results").write_text("")
    (results / "results.json").write_text(json.dumps({"samples": {}, "study": {}, "references": []}))
    found = Results.at(results)
    assert found.draw(figure.name, Wanted()) == figure
    with pytest.raises(UsageError, match="as it stands"):
        found.draw(figure.name, Wanted(cycles=(1,)))


def test_equal_axes_need_one_panel_and_two_ranges() -> None:
    axis = Axis(quantity="Re Z", unit="ohm")
    with pytest.raises(ValidationError, match="both ranges"):
        Figure(name="f", title="F", caption="", x=axis, panels=(Panel(y=axis, series=()),), groups=(), equal=True)


def test_the_count_of_a_caption_adds_up() -> None:
    assert how_many(["simulated", "simulated"]) == "n = 2 cells, simulated (dashed)."
    assert how_many(["measured"] * 2, {"CCL": [1], "CMC": [2]}) == "n = 2 cells: CCL 1, CMC 1."
