"""Diffusion coefficients from Warburg elements, and impedance before and after cycling: against what made the spectra."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from byssus import workflow
from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.impedance import Circuit, before_and_after, examine_eis, fit_circuit
from byssus.analysis.impedance.frames import (
    AREA,
    CYCLE,
    FASTER,
    POLARISATION,
    SERIES,
    STATE,
    TRANSFER,
    VOLTAGE,
    WARBURG,
)
from byssus.analysis.impedance.warburg import diffusion_of
from byssus.analysis.result import Result
from byssus.figure import techniques
from byssus.figure.cycled import change_figures
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.tables import Table
from byssus.physics.constants import FARADAY, GAS_CONSTANT
from byssus.physics.impedance import diffusion_warburg_ideal, diffusion_warburg_layer
from byssus.quantity import Quantity
from byssus.report.tests import tables_of_changes
from byssus.study.techniques import TECHNIQUES
from byssus.validation.impedance import FREQUENCY, MADE, TOLD, diffusing

CIRCUIT = "R0-p(R1,Q1)-p(R2,Q2)-W1"


def spectrum(transfer: float, *, sigma: float = 8.0, seed: int = 0, share: float = 0.003) -> np.ndarray:
    z = Circuit.parse(CIRCUIT).impedance(FREQUENCY, [3.0, 12.0, 2e-5, 0.9, transfer, 1e-3, 0.85, sigma])
    random = np.random.default_rng(seed)
    noise = random.standard_normal(len(z)) + 1j * random.standard_normal(len(z))
    return np.asarray(z + share * np.abs(z) * noise)


def table(*spectra: np.ndarray, **columns: list[float]) -> Table:
    names = {"volts": "Voltage / V", "cycle": "Cycle Count / 1"}
    frames = [
        pl.DataFrame(
            {
                "Spectrum Count / 1": np.full(len(z), at + 1),
                "Frequency / Hz": FREQUENCY,
                "Real Impedance / ohm": z.real,
                "Imaginary Impedance / ohm": z.imag,
            }
            | {names[name]: np.full(len(z), values[at]) for name, values in columns.items()}
        )
        for at, z in enumerate(spectra)
    ]
    return Table(pl.concat(frames), Metadata(kind="impedance", sample=Sample(name="cell")))


def told(**given: str) -> Mapping[str, Any]:
    return TECHNIQUES["eis"].told(given)


def results(found: Examined) -> dict[str, Result]:
    return {result.name: result for result in found.results}


# Diffusion


def test_the_law_of_an_ideal_solution_is_what_papers_print() -> None:
    # R²T²/(2 A² n⁴ F⁴ C² σ²) with each number by itself.
    by_hand = (8.314462618 * 298.15) ** 2 / (2 * 1.13e-4**2 * 2**4 * 96485.33212**4 * 1000.0**2 * 30.0**2)
    assert diffusion_warburg_ideal(30.0, 1000.0, 1.13e-4, 2.0, 298.15) == pytest.approx(by_hand, rel=1e-9)
    assert diffusion_warburg_layer(2e-6, 400.0) == pytest.approx(1e-14)


@pytest.mark.parametrize(("element", "diffusion"), [("W1", MADE), ("Wo1", 100 * MADE), ("Ws1", 100 * MADE)])
def test_ficks_law_gives_its_coefficient_back(element: str, diffusion: float) -> None:
    text, z = diffusing(element, diffusion)
    (found,) = diffusion_of(fit_circuit(FREQUENCY, z, text), TOLD)
    first = found.coefficients[0]
    assert first.unmet == ()
    assert first.value == pytest.approx(diffusion, rel=1e-6)
    if element == "W1":
        # The other form is right for an ideal host only: off by the square of the ratio of the slopes, at half filling.
        ratio = GAS_CONSTANT * 298.15 / FARADAY / 0.5 / 0.2
        assert found.coefficients[1].value == pytest.approx(diffusion * ratio**2, rel=1e-6)
        assert found.exponent is not None
        assert found.exponent.value == pytest.approx(0.5, abs=1e-6)


def test_what_was_told_adds_to_the_error_of_the_fit() -> None:
    text, z = diffusing("W1", MADE)
    known = dict(TOLD) | {"voltage slope": Quantity(-0.2, "V", 0.01), "diffusion area": Quantity(1.13, "cm^2", 0.02)}
    (found,) = diffusion_of(fit_circuit(FREQUENCY, z, text), known)
    first = found.coefficients[0]
    # Without noise the fit adds nothing: 2·5 % of the slope and 2·1.77 % of the area.
    assert first.value is not None
    assert first.error is not None
    assert first.error / first.value == pytest.approx(math.hypot(0.1, 2 * 0.02 / 1.13), rel=1e-3)
    assert first.unknown == ("molar volume",)
    assert first.interval is not None
    assert first.interval[0] * first.interval[1] == pytest.approx(first.value**2)


def test_a_branch_that_is_not_at_45_degrees_gives_an_apparent_coefficient_or_none() -> None:
    for exponent, given in ((0.58, "apparent"), (0.35, "none")):
        z = Circuit.parse("R0-p(R1,Q1)-Q2").impedance(FREQUENCY, [5.0, 50.0, 1e-5, 0.9, 0.02, exponent])
        (found,) = diffusion_of(fit_circuit(FREQUENCY, z, "R0-p(R1,Q1)-W1"), TOLD)
        assert found.exponent is not None
        assert found.exponent.value == pytest.approx(exponent, abs=1e-4)
        assert not found.straight
        first = found.coefficients[0]
        assert "0.5 ± 0.05" in (first.reason or " ".join(first.unmet))
        assert (first.value is None) == (given == "none")


def test_a_constant_phase_element_alone_is_read_as_diffusion_where_it_is_some() -> None:
    text, z = diffusing("W1", MADE)
    (found,) = diffusion_of(fit_circuit(FREQUENCY, z, text.replace("W1", "Q2")), TOLD)
    assert found.element == "Q2"
    assert found.coefficients[0].value == pytest.approx(MADE, rel=1e-6)


def test_a_layer_that_ends_is_said() -> None:
    text, z = diffusing("W1", MADE)
    thin = dict(TOLD) | {"diffusion length": Quantity(0.5, "um")}
    (found,) = diffusion_of(fit_circuit(FREQUENCY, z, text), thin)
    # √(D/ω) is 0.2 µm at 0.01 Hz.
    assert any("199 nm, of a length of 500 nm" in text for text in found.coefficients[0].unmet)
    text, z = diffusing("Wo1", 100 * MADE)
    # τ is 4 s, so the end shows at 0.04 Hz.
    seen = FREQUENCY > 0.1
    (layer,) = diffusion_of(fit_circuit(FREQUENCY[seen], z[seen], text), TOLD)
    assert layer.coefficients[0].value is None
    assert "would show at 0.04 Hz" in (layer.coefficients[0].reason or "")


def test_without_conditions_there_is_a_reason_and_no_number() -> None:
    one = table(spectrum(60.0))
    missing = results(examine_eis([one], told(circuit=CIRCUIT)))["diffusion coefficient"]
    assert missing.value is None
    assert missing.reason is not None
    assert "voltage slope" in missing.reason
    part = results(examine_eis([one], told(circuit=CIRCUIT, voltage_slope="-0.2 V")))["diffusion coefficient"]
    assert part.reason == "no molar volume; no diffusion area"
    none = results(examine_eis([one], told(circuit="R0-p(R1,Q1)-p(R2,Q2)", diffusion_length="1 um")))
    assert none["diffusion coefficient"].reason == "the circuit R0-p(R1,Q1)-p(R2,Q2) has no element of diffusion"


def test_the_area_of_the_electrode_makes_it_apparent() -> None:
    given = {"circuit": CIRCUIT, "voltage_slope": "-0.2 ± 0.01 V", "molar_volume": "12.06 ± 0.01 cm^3/mol"}
    apart = examine_eis([table(spectrum(60.0))], told(**given, area="1.13 ± 0.01 cm^2"))
    found = results(apart)
    assert found["diffusion coefficient"].value is None
    assert found["apparent diffusion coefficient"].value is not None
    assert [finding.code for finding in apart.findings] == ["apparent-diffusion"]
    true = examine_eis([table(spectrum(60.0))], told(**given, diffusion_area="1.13 ± 0.01 cm^2"))
    number = results(true)["diffusion coefficient"]
    # By hand: ½ (12.06e-6 · 0.2/(96485 · 1.13e-4 · 8))² = 3.82e-16 m²/s; noise moves σ by 1 %.
    assert number.value == pytest.approx(3.82e-12, rel=0.05)
    assert not true.findings


def test_one_slope_is_not_that_of_several_states() -> None:
    given = {
        "circuit": CIRCUIT,
        "voltage_slope": "-0.2 V",
        "molar_volume": "12.06 cm^3/mol",
        "diffusion_area": "1 cm^2",
    }
    found = examine_eis([table(spectrum(60.0), spectrum(60.0, seed=1), volts=[0.2, 0.4])], told(**given))
    assert any("give it for each file" in finding.message for finding in found.findings)
    assert all(result.value is None for result in found.results if result.name.startswith("diffusion coefficient"))


# Before and after


def cell(name: str, binder: str, values: Mapping[int, tuple[float, float]], **more: Any) -> Examined:
    """What an analysis finds of a cell: charge transfer with its error by cycle."""
    rows = []
    for at, (cycle, (value, error)) in enumerate(values.items(), start=1):
        row: dict[str, Any] = dict.fromkeys((VOLTAGE, STATE, AREA, u(AREA), "Reason"))
        for column in (SERIES, FASTER, WARBURG):
            row |= {column: None, u(column): None}
        row |= {"Spectrum / 1": at, CYCLE: float(cycle), "Circuit": "R0-p(R1,Q1)"}
        row |= {TRANSFER: value, u(TRANSFER): error, POLARISATION: value, u(POLARISATION): error}
        rows.append(row | more)
    texts = {"Circuit": pl.String, "Reason": pl.String}
    frame = pl.DataFrame(
        rows, schema={key: texts.get(key, pl.Int64 if key == "Spectrum / 1" else pl.Float64) for key in rows[0]}
    )
    about = Metadata(kind="impedance", sample=Sample(name=name, binder=binder, electrode=name))
    data = pl.DataFrame(
        {
            "Spectrum Count / 1": [1],
            "Frequency / Hz": [1.0],
            "Real Impedance / ohm": [1.0],
            "Imaginary Impedance / ohm": [-1.0],
        }
    )
    return Examined("eis", (Table(data, about),), (), {"spectra": frame})


def test_a_lone_cell_has_the_error_of_its_fits() -> None:
    found = before_and_after([cell("a", "CCL", {0: (60.0, 0.3), 100: (75.0, 0.4)})])
    assert found is not None
    (one,) = found.changes
    assert one.difference is not None
    assert one.ratio is not None
    # √(0.3² + 0.4²) = 0.5, and 1.96 times that; of the ratio √(0.5 %² + 0.533 %²).
    assert (one.difference.value, one.difference.low) == pytest.approx((15.0, 15.0 - 1.959964 * 0.5))
    assert one.ratio.low == pytest.approx(1.25 * math.exp(-1.959964 * math.hypot(0.005, 0.4 / 75)))
    assert {known.rests_on for known in (one.before, one.after, one.difference, one.ratio) if known} == {"fits"}
    assert found.between == ()


def test_the_wider_of_fits_and_scatter_is_taken_and_said() -> None:
    apart = before_and_after(
        [cell(name, "CCL", {0: (60.0, 0.3), 100: (after, 0.3)}) for name, after in (("a", 70.0), ("b", 80.0))]
    )
    assert apart is not None
    difference = apart.changes[0].difference
    assert difference is not None
    # Student's t of one degree of freedom, 12.706, on 10 and 20: standard error 5.
    assert difference.rests_on == "cells"
    assert (difference.value, difference.high) == pytest.approx((15.0, 15.0 + 12.706205 * 5.0), rel=1e-6)
    alike = before_and_after(
        [cell(name, "CCL", {0: (60.0, 3.0), 100: (after, 3.0)}) for name, after in (("a", 75.0), ("b", 75.01))]
    )
    assert alike is not None
    assert alike.changes[0].difference is not None
    assert alike.changes[0].difference.rests_on == "fits"


def test_a_copy_of_a_test_counts_once() -> None:
    values = {0: (60.0, 0.3), 100: (70.0, 0.3)}
    other = {0: (61.0, 0.3), 100: (81.0, 0.3)}
    once = before_and_after([cell("a", "CCL", values), cell("b", "CCL", other)])
    twice = before_and_after([cell("a", "CCL", values), cell("copy", "CCL", values), cell("b", "CCL", other)])
    assert twice == once
    assert once is not None
    assert once.changes[0].cells == 2


@pytest.mark.parametrize(("scatter", "error", "cells"), [(0.0, 1.0, 1), (3.0, 0.1, 4)])
def test_intervals_hold_the_truth_as_often_as_they_say(scatter: float, error: float, cells: int) -> None:
    """Of cells that differ by `scatter`, each fitted with `error`: changes of 20 and 35 Ω, ratios of 4/3 and of 19/12."""
    random, draws = np.random.default_rng(0), 400
    held = np.zeros(4)
    for _ in range(draws):
        examined = []
        for binder, change in (("A", 20.0), ("B", 35.0)):
            for at in range(cells):
                before, after = (
                    60.0 + error * random.normal(),
                    60.0 + change + scatter * random.normal() + error * random.normal(),
                )
                examined.append(cell(f"{binder}{at}", binder, {0: (before, error), 100: (after, error)}))
        found = before_and_after(examined)
        assert found is not None
        first, second = found.changes
        (pair,) = found.between
        assert first.difference is not None
        assert second.ratio is not None
        assert pair.after is not None
        assert pair.ratio is not None
        held += [
            first.difference.low <= 20.0 <= first.difference.high,
            second.ratio.low <= 95 / 60 <= second.ratio.high,
            pair.after.low <= -15.0 <= pair.after.high,
            pair.ratio.low <= 80 / 95 <= pair.ratio.high,
        ]
    # 400 draws: ± 2.2 % is two standard errors.
    assert (np.abs(held / draws - 0.95) < 0.03).all()


def test_areas_scale_and_their_doubt_is_counted_once() -> None:
    area = {AREA: 2.0, u(AREA): 0.02}
    found = before_and_after([cell("a", "CCL", {0: (60.0, 0.3), 100: (75.0, 0.4)}, **area)])
    assert found is not None
    (one,) = found.changes
    assert one.unit == "ohm*cm^2"
    assert one.difference is not None
    assert one.ratio is not None
    assert one.difference.value == pytest.approx(30.0)
    assert one.difference.error == pytest.approx(math.hypot(2.0 * 0.5, 30.0 * 0.01))
    assert one.ratio.error == pytest.approx(math.hypot(0.3 / 60, 0.4 / 75))


def test_cells_taken_apart_are_no_pairs_and_a_missing_value_has_its_reason() -> None:
    found = before_and_after([cell("fresh", "CCL", {0: (60.0, 0.3)}), cell("aged", "CCL", {100: (75.0, 0.4)})])
    assert found is not None
    (one,) = found.changes
    assert one.difference is not None
    assert one.difference.value == pytest.approx(15.0)
    assert one.difference.error == pytest.approx(0.5)
    assert one.reason is not None
    assert "different ones" in one.reason
    lost = cell("a", "CCL", {0: (60.0, 0.3), 100: (75.0, 0.4)})
    frame = lost.frames["spectra"].with_columns(
        pl.when(pl.col(CYCLE) == 100).then(None).otherwise(pl.col(TRANSFER)).alias(TRANSFER),
        pl.when(pl.col(CYCLE) == 100).then(pl.lit("not identifiable: R1")).alias("Reason"),
    )
    found = before_and_after([Examined("eis", lost.tables, (), {"spectra": frame})])
    assert found is not None
    missing = found.changes[0]
    assert missing.ratio is None
    assert missing.reason == "a after: not identifiable: R1"


def test_spectra_of_other_states_are_not_compared() -> None:
    moved = table(spectrum(60.0), spectrum(75.0, seed=1), volts=[0.2, 0.4])
    found = examine_eis([moved, moved], TECHNIQUES["eis"].told({"circuit": CIRCUIT, "cycle": "0, 100"}, files=2))
    (change,) = {
        one.state for one in (before_and_after([found]) or pytest.fail("nothing")).changes if one.state == "0.2 V"
    }
    assert change == "0.2 V"
    apart = [table(spectrum(60.0), volts=[0.2]), table(spectrum(75.0, seed=1), volts=[0.4])]
    found = examine_eis(apart, TECHNIQUES["eis"].told({"circuit": CIRCUIT, "cycle": "0, 100"}, files=2))
    assert before_and_after([found]) is None
    assert "cycles-not-compared" in {finding.code for finding in found.findings}
    named = {"circuit": CIRCUIT, "cycle": "0, 100", "state of charge": "50 %, 50 %"}
    told_state = before_and_after([examine_eis(apart, TECHNIQUES["eis"].told(named, files=2))])
    assert told_state is not None
    assert {one.state for one in told_state.changes} == {"50 %"}


def test_repeated_real_spectra_show_no_change(real: Callable[[str], Path]) -> None:
    """Ten loops of a potentiostat on one thing: the first against itself, told to be before and after."""
    whole = read(real("eis/PEIS_nesd.mpr"))
    numbers = whole.data["Spectrum Count / 1"].unique().sort()
    parts = [
        Table(
            whole.data.filter(pl.col("Spectrum Count / 1") == number).with_columns(
                pl.lit(0.5).alias("Voltage / V"), pl.lit(1, pl.Int64).alias("Spectrum Count / 1")
            ),
            whole.metadata,
        )
        for number in (numbers[0], numbers[-1])
    ]
    found = before_and_after(
        [examine_eis(parts, TECHNIQUES["eis"].told({"circuit": "R0-p(R1,Q1)", "cycle": "0, 100"}, files=2))]
    )
    assert found is not None
    one = found.changes[0]
    assert one.name == "charge-transfer resistance"
    assert one.ratio is not None
    assert one.ratio.low < 1 < one.ratio.high
    assert one.ratio.high - one.ratio.low < 0.05


STUDY = """
schema: 1
title: Before and after
binders: {CCL: {}, CMC: {}}
electrodes:
  Si/CCL: {binder: CCL, made: empty, active_material: silicon}
  Si/CMC: {binder: CMC, made: empty, active_material: silicon}
cells: {}
tests:
  CCL-1: &test
    technique: eis
    electrode: Si/CCL
    configuration: half
    electrode_area: 1.13 ± 0.01 cm^2
    files: [ccl-0.csv, ccl-100.csv]
    given: {circuit: "R0-p(R1,Q1)-p(R2,Q2)-W1", cycle: [0, 100]}
  CMC-1:
    <<: *test
    electrode: Si/CMC
    files: [cmc-0.csv, cmc-100.csv]
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cycled")
    for at, (name, transfer) in enumerate({"ccl-0": 60.0, "ccl-100": 75.0, "cmc-0": 62.0, "cmc-100": 140.0}.items()):
        z = spectrum(transfer, seed=at)
        pl.DataFrame(
            {"Frequency / Hz": FREQUENCY, "Real Impedance / ohm": z.real, "Imaginary Impedance / ohm": z.imag}
        ).write_csv(folder / f"{name}.csv")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    return folder


def test_a_study_says_which_binder_changed_how_much(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The figures of single spectra are tested elsewhere; to print them takes longer than all else here.
    monkeypatch.setitem(techniques._OF_TECHNIQUE, "eis", lambda examined, groups, _: change_figures(examined, groups))
    run = workflow.run_study(files)
    answer = json.loads((run.folder / "results.json").read_text(encoding="utf-8"))["before_and_after"]
    of = {(row["Binder"], row["Quantity"]): row for row in answer["before_and_after"]}
    for binder, before, after in (("CCL", 60.0, 75.0), ("CMC", 62.0, 140.0)):
        row = of[binder, "charge-transfer resistance"]
        assert row["Unit"] == "ohm*cm^2"
        assert row["Ratio, Low"] < after / before < row["Ratio, High"]
        assert row["Difference"] == pytest.approx(1.13 * (after - before), rel=0.1)
    (pair,) = [row for row in answer["between_binders"] if row["Quantity"] == "charge-transfer resistance"]
    assert pair["Ratio Shown"]
    assert pair["Difference After"] == pytest.approx(1.13 * (75 - 140), rel=0.1)
    series = next(row for row in answer["between_binders"] if row["Quantity"] == "Warburg coefficient")
    assert not series["Ratio Shown"]
    page = run.report.read_text(encoding="utf-8")
    for said in (
        "Impedance before and after cycling",
        "Impedance of binders after cycling",
        "Resistances before and after cycling",
    ):
        assert said in page
    assert (run.folder / "tests" / "impedance before and after.csv").exists()


def test_files_on_the_command_line_are_told_their_binders(files: Path) -> None:
    names = ("ccl-0", "ccl-100", "cmc-0", "cmc-100")
    given = {"circuit": CIRCUIT, "cycle": "0, 100, 0, 100", "binder": "CCL, CCL, CMC, CMC"}
    done = workflow.analyse_files("eis", [files / f"{name}.csv" for name in names], given)
    assert [each.sample for each in done.examined] == ["CCL", "CMC"]
    found = before_and_after(done.examined)
    assert found is not None
    ratios = {one.group: one.ratio for one in found.changes if one.name == "charge-transfer resistance"}
    for binder, truth in (("CCL", 75 / 60), ("CMC", 140 / 62)):
        ratio = ratios[binder]
        assert ratio is not None
        assert ratio.low < truth < ratio.high
    with pytest.raises(Exception, match="3 names for 4 files"):
        workflow.analyse_files("eis", [files / f"{name}.csv" for name in names], given | {"binder": "CCL, CMC, LS"})
    figures = list(change_figures(done.examined, ["CCL", "CMC"]))
    assert [figure.name for figure in figures] == ["before-and-after-1", "before-and-after-2"]
    drawn = figures[0].drawn().filter(pl.col("series") == "CMC, 95 % interval")
    ends = next(one.after for one in found.changes if one.group == "CMC")
    assert ends is not None
    assert drawn["value"].to_list()[2:4] == [ends.low, ends.high]
    assert next(table.title for table in tables_of_changes(done.examined)) == "Impedance before and after cycling"
