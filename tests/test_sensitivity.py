"""Which input moves what: against functions whose answer is known, and virtual cells in which it is plain."""

from __future__ import annotations

import json
import math
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from test_cli_simulate import byssus
from test_virtual import STUDY, study

from byssus.analysis.cycling.cell import examine
from byssus.analysis.effects import LEAST_BLOCKS, METHODS, STEP, Effect, Method, block_size, effects, points
from byssus.errors import AnalysisError, SimulationError, UsageError
from byssus.figure.export import to_csv, to_origin
from byssus.figure.paper import to_canvas
from byssus.figure.screen import to_plotly
from byssus.figure.sensitivity import MOST_BARS, sensitivity_figure
from byssus.physics.equation import Units
from byssus.quantity import Quantity
from byssus.recipe.reckoning import Input
from byssus.report.sensitivity import Moved, Sensitivity
from byssus.simulate.job import Job, Outcome, carry
from byssus.simulate.model import Model
from byssus.simulate.run import carry_out
from byssus.study.study import load
from byssus.virtual.prepare import Asked, prepare
from byssus.virtual.sensitivity import SensitivityRun, Varied, Wanted, ranges, sensitivity_of_study
from byssus.virtual.summaries import cycle_summary, rate_summary
from byssus.virtual.varied import Numbers, Shared, Variation, carried, numbers

Array = NDArray[np.float64]


# Functions whose answer is known


def ishigami(at: Array, a: float = 7.0, b: float = 0.1) -> Array:
    """sin x1 + a sin² x2 + b x3⁴ sin x1, each x even from −π to π (Ishigami and Homma 1990, Proc. ISUMA, 398-403)."""
    x = np.pi * (2 * at - 1)
    return np.asarray(np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]))


def test_shares_of_variance_of_ishigamis_function_are_those_of_its_integrals() -> None:
    a, b = 7.0, 0.1
    # The variance of each part, integrated by hand.
    first = (1 + b * math.pi**4 / 5) ** 2 / 2
    second = a**2 / 8
    together = b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    whole = first + second + together
    at = points("sobol", 3, 1024, seed=0)
    found, blocks = effects("sobol", at, ishigami(at), seed=0)
    assert found is not None
    assert blocks == 1024
    totals = ((first + together) / whole, second / whole, together / whole)
    for each, total, single in zip(found, totals, (first / whole, second / whole, 0.0), strict=True):
        assert each.size == pytest.approx(total, abs=0.015)
        assert each.single == pytest.approx(single, abs=0.015)
        assert each.beside == pytest.approx(total - single, abs=0.02)
        assert each.low < total < each.high
        assert each.half_width < 0.1


@pytest.mark.parametrize("seed", [0, 7])
def test_elementary_effects_of_a_linear_function_are_its_slopes(seed: int) -> None:
    slopes = np.array([3.0, -1.0, 0.25, 0.0])
    at = points("morris", 4, 6, seed=seed)
    found, blocks = effects("morris", at, 100.0 + at @ slopes, seed=seed)
    assert found is not None
    assert blocks == 6
    for each, slope in zip(found, slopes, strict=True):
        assert each.size == pytest.approx(abs(slope), abs=1e-12)
        assert each.single == pytest.approx(slope, abs=1e-12)
        assert each.beside == pytest.approx(0.0, abs=1e-12)
        assert each.half_width == pytest.approx(0.0, abs=1e-12)


def test_what_depends_on_another_input_has_a_spread() -> None:
    at = points("morris", 2, 200, seed=3)
    found, _ = effects("morris", at, at[:, 0] * at[:, 1], seed=3)
    assert found is not None
    # The slope of either is where the other is: 0, 1/3, 2/3 or 1, each as often.
    for each in found:
        assert each.size == pytest.approx(0.5, abs=0.06)
        assert each.beside == pytest.approx(math.sqrt(5 / 36), abs=0.04)


@pytest.mark.parametrize("method", METHODS)
def test_a_run_without_an_answer_costs_its_block_and_no_other(method: Method) -> None:
    at = points(method, 3, 16, seed=1)
    values = 2 * at[:, 0] - at[:, 1]
    whole, _ = effects(method, at, values, seed=1)
    values[block_size(method, 3) * 5 + 2] = math.nan
    found, blocks = effects(method, at, values, seed=1)
    assert blocks == 15
    assert found is not None
    assert whole is not None
    if method == "morris":
        assert [each.single for each in found] == pytest.approx([2.0, -1.0, 0.0])
    left = np.delete(np.arange(len(at)), np.arange(5 * block_size(method, 3), 6 * block_size(method, 3)))
    assert effects(method, at[left], values[left], seed=1) == (found, 15)


def test_too_few_blocks_have_no_answer() -> None:
    at = points("morris", 2, LEAST_BLOCKS, seed=0)
    values = at[:, 0].copy()
    values[0] = math.nan
    assert effects("morris", at, values, seed=0) == (None, LEAST_BLOCKS - 1)
    with pytest.raises(AnalysisError, match="too few"):
        points("morris", 2, LEAST_BLOCKS - 1, seed=0)
    with pytest.raises(AnalysisError, match="power of two"):
        points("sobol", 2, 12, seed=0)


@pytest.mark.parametrize("method", METHODS)
def test_an_output_that_nothing_moves_has_no_effect(method: Method) -> None:
    at = points(method, 3, 8, seed=0)
    assert effects(method, at, np.full(len(at), 4.2), seed=0)[0] == (Effect(0.0, 0.0, 0.0, 0.0),) * 3


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_points_and_intervals(method: Method) -> None:
    at = points(method, 3, 8, seed=0)
    assert np.array_equal(at, points(method, 3, 8, seed=0))
    assert not np.array_equal(at, points(method, 3, 8, seed=1))
    assert effects(method, at, ishigami(at), seed=0) == effects(method, at, ishigami(at), seed=0)


# What is varied


def test_a_wide_range_is_even_in_its_logarithm_and_a_narrow_one_in_its_value() -> None:
    wide = Varied("D", Input("D", 1e-17, Units("m^2/s", "cm^2/s"), low=1e-20, high=1e-14))
    narrow = Varied("t", Input("t", 0.3, Units("1", "1"), low=0.2, high=0.4))
    reaching_zero = Varied("q", Input("q", 1.0, Units("C/kg", "mAh/g"), low=0.0, high=100.0))
    assert [wide.at(share).value for share in (0, 0.5, 1)] == pytest.approx([1e-20, 1e-17, 1e-14])
    assert [narrow.at(share).value for share in (0, 0.5, 1)] == pytest.approx([0.2, 0.3, 0.4])
    assert [reaching_zero.at(share).value for share in (0, 0.5, 1)] == pytest.approx([0.0, 50.0, 100.0])
    assert [each.logarithmic for each in (wide, narrow, reaching_zero)] == [True, False, False]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study(tmp_path_factory.mktemp("sensitivity") / "study", STUDY)


def test_all_inputs_with_a_range_are_varied_and_no_others(place: Path) -> None:
    cell = prepare(load(place), [], ["A"]).cells["A"]
    names = {each.name for each in ranges(cell)}
    assert {"capacity", "radius", "diffusion coefficient", "contact resistance", "SEI resistivity"} <= names
    assert not {"loading", "area", "kinetic area"} & names
    for words, match in (("kapacity", "is no input"), ("area", "has no range"), ("binder", "add --binder")):
        with pytest.raises(UsageError, match=match):
            ranges(cell, [words])


def test_binder_stands_for_all_inputs_of_its_equations(place: Path) -> None:
    cell = prepare(load(place), [], ["A"], True).cells["A"]
    names = [each.name for each in ranges(cell, ["binder", "capacity"])]
    assert names[-1] == "capacity"
    assert {"swelling coefficient", "binder modulus", "adhesion", "SEI modulus"} <= set(names)
    assert "radius" not in names


def test_the_runs_allowed_decide_how_many_blocks() -> None:
    assert Wanted("A", "rate").blocks(30) == 10
    assert Wanted("A", "rate", runs=100).blocks(9) == 10
    assert Wanted("A", "rate", "sobol", runs=100).blocks(3) == 16
    with pytest.raises(UsageError, match="too few"):
        Wanted("A", "rate", runs=30).blocks(9)


# Runs


def prepared_run(place: Path, test: str, **given: Quantity) -> tuple[Shared, Variation]:
    """A run of sample A, with inputs as given."""
    asked = prepare(load(place), [test], ["A"])
    cell = asked.cells["A"]
    protocol = replace(asked.protocols["A", test], name=test)
    about = load(place).sample("A")
    varied = cell.with_given({name.replace("_", " "): each for name, each in given.items()})
    return Shared(cell, "SPM", about), Variation("1", varied, protocol)


def run_by_itself(test: Shared, run: Variation) -> Numbers:
    """The same run with a model of its own, of which nothing is open."""
    model = Model(run.cell, test.kind)
    done = list(carry_out(model, run.protocol, full=lambda step: step.control == "sweep"))
    return numbers(model, run.protocol, done, test)


@pytest.mark.parametrize("test", ["rate", "cycling"])
def test_the_numbers_of_a_run_are_those_of_the_analysis_of_its_table(place: Path, test: str) -> None:
    about, run = prepared_run(place, test)
    found = run_by_itself(about, run)
    sample = about.about.model_copy(update={"active_mass": Quantity(run.cell.active_mass * 1e6, "mg")})
    outcome: Outcome = carry(Job("A", test, run.cell, run.protocol, "SPM", "", sample), None, "")
    cell = examine(outcome.table)
    rows = {row["cycle"]: row for row in cycle_summary([cell], replace(outcome, sample=cell.name))["cycles"]}
    frame = {row["Cycle / 1"]: row for row in cell.cycling.cycles.iter_rows(named=True)}
    assert found["first-cycle coulombic efficiency"][0] == pytest.approx(rows[1]["efficiency_percent"], rel=1e-6)
    if test == "rate":
        plateaus = rate_summary([cell], replace(outcome, sample=cell.name))
        capacities = [value for name, (value, _) in found.items() if "capacity" in name]
        assert capacities == pytest.approx([each["capacity_mAh_per_g"] for each in plateaus], rel=1e-6)
        assert [name for name in found if "again" in name] == ["lithiation capacity at 0.5 A/g, again"]
        told, where = frame[plateaus[0]["cycle"]], " at 0.5 A/g"
    else:
        for cycle in (1, 3):
            for word in ("lithiation", "delithiation"):
                value = found[f"{word} capacity, cycle {cycle}"][0]
                assert value == pytest.approx(rows[cycle][f"{word}_capacity_mAh_per_g"], rel=1e-6)
        assert found["retention, cycle 3"][0] == pytest.approx(rows[3]["retention_percent"], rel=1e-6)
        told, where = frame[3], ", cycle 3"
    for word in ("lithiation", "delithiation"):
        voltage = found[f"mean voltage of {word}{where}"][0]
        assert voltage == pytest.approx(told[f"{word.title()} Mean Voltage / V"], rel=1e-4)


def test_a_current_that_leads_beyond_the_window_at_once_passes_nothing(place: Path) -> None:
    about, run = prepared_run(place, "rate", contact_resistance=Quantity(3.0, "ohm*m^2"))
    found = run_by_itself(about, run)
    assert found["lithiation capacity at 2 A/g"] == (0.0, "mAh/g")


def test_runs_that_share_a_model_come_to_what_each_comes_to_by_itself(place: Path) -> None:
    about, first = prepared_run(
        place, "cycling", radius=Quantity(90, "nm"), diffusion_coefficient=Quantity(3e-17, "m^2/s")
    )
    _, second = prepared_run(place, "cycling", radius=Quantity(90, "nm"), capacity=Quantity(3000, "mAh/g"))
    _, third = prepared_run(
        place, "cycling", crystalline_share=Quantity(0.2, "1"), separator_thickness=Quantity(15, "um")
    )
    runs = [replace(each, name=str(at)) for at, each in enumerate((first, second, third))]
    came = dict(carried(about, runs))
    assert set(came) == {"0", "1", "2"}
    for run in runs:
        found = came[run.name]
        assert isinstance(found, dict)
        for name, (value, unit) in run_by_itself(about, run).items():
            assert found[name] == (pytest.approx(value, rel=2e-4), unit)


def test_a_run_without_a_solution_says_why_and_the_others_go_on(place: Path) -> None:
    about, fine = prepared_run(place, "cycling")
    # A current without an end leads on beyond a full electrode.
    endless = replace(fine.protocol.steps[0], until_voltage=None, duration=1e6)
    broken = replace(fine, name="2", protocol=replace(fine.protocol, steps=(endless,)))
    came = dict(carried(about, [broken, fine]))
    assert isinstance(came["2"], SimulationError)
    assert "likely cause" in str(came["2"])
    assert isinstance(came["1"], dict)


@pytest.mark.skipif(os.name != "posix", reason="needs signals")
def test_a_process_that_is_killed_costs_the_run_that_it_was_at(place: Path) -> None:
    about, run = prepared_run(place, "cycling")
    runs = [replace(run, name=str(at)) for at in range(4)]
    came: dict[str, Numbers | SimulationError] = {}
    for name, said in carried(about, runs, workers=1):
        if not came:
            (child,) = multiprocessing.active_children()
            assert child.pid is not None
            os.kill(child.pid, signal.SIGKILL)
        came[name] = said
    assert set(came) == {str(at) for at in range(4)}
    (lost,) = [each for each in came.values() if isinstance(each, SimulationError)]
    assert "SIGKILL" in str(lost)


# All of it

ONE_RULES = Wanted(
    "A", "cycling", inputs=("capacity", "activation energy of diffusion", "double-layer capacitance"), runs=16
)


@pytest.fixture(scope="module")
def made(place: Path) -> SensitivityRun:
    """A cell in which one input rules: at 25 °C an activation energy has no effect, nor has a double layer without spectra."""
    return sensitivity_of_study(place, ONE_RULES, Asked((), model="SPM"))


def test_what_surely_rules_is_found_and_what_has_no_effect_has_none(made: SensitivityRun) -> None:
    told = made.sensitivity
    assert told.failed == {}
    (lithiation,) = [each for each in told.outputs if each.name == "lithiation capacity, cycle 3"]
    assert lithiation.effects is not None
    assert lithiation.leading == ("capacity",)
    for name in ("activation energy of diffusion", "double-layer capacitance"):
        assert lithiation.effects[name].high <= lithiation.floor  # type: ignore[operator]
    (reach,) = [each for each in told.inputs if each.name == "capacity"]
    # What is taken up is in proportion to the capacity, whatever share of it a current reaches.
    effect, value = lithiation.effects["capacity"], lithiation.value
    assert value is not None
    own = 11702093.157339014 / 3600
    assert effect.size == pytest.approx(value / own * (reach.high - reach.low), rel=0.05)
    assert effect.single == pytest.approx(effect.size)
    assert effect.beside < 0.1 * effect.size


def test_the_folder_holds_the_report_the_figures_and_every_run(made: SensitivityRun) -> None:
    page = made.report.read_text(encoding="utf-8")
    assert "What moves the cycling test of A" in page
    assert "Morris’s runs cannot tell" in page
    assert "10.1080/00401706.1991.10484804" in page
    answer = json.loads((made.folder / "results.json").read_text(encoding="utf-8"))
    assert answer["schema"] == "byssus.sensitivity/1"
    assert [each["name"] for each in answer["inputs"]] == list(ONE_RULES.inputs)
    assert all(each["source"] and each["low"] < each["high"] for each in answer["inputs"])
    runs = pl.read_csv(made.folder / "runs.csv")
    # 16 runs, the cell as it is, and 5 of them again on the finer mesh.
    assert runs.height == 22
    assert runs["failed"].null_count() == 22
    figure = next((made.folder / "figures").glob("*.csv"))
    assert "capacity" in figure.read_text(encoding="utf-8")


def test_what_is_finished_is_kept_when_it_is_stopped(tmp_path: Path) -> None:
    folder = study(tmp_path / "study", STUDY)
    seen = 0

    def impatient(message: str, done: int, total: int) -> None:
        nonlocal seen
        if message.startswith("sensitivity") and done >= 5:
            seen = done
            raise KeyboardInterrupt

    # 8 runs, the cell as it is, and 5 of them again on the finer mesh.
    wanted = Wanted("A", "cycling", inputs=("capacity",), runs=8)
    with pytest.raises(KeyboardInterrupt, match="stopped with 5 of 14 runs in"):
        sensitivity_of_study(folder, wanted, Asked((), model="SPM"), progress=impatient)
    assert multiprocessing.active_children() == []
    again = sensitivity_of_study(folder, wanted, Asked((), model="SPM"))
    assert again.resumed == seen == 5
    assert again.sensitivity.runs == 14


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--test", "eis"), "--test"),
        (("--test", "cycling", "--method", "fast"), "--method"),
        (("--test", "cycling", "--inputs", "capacty"), "capacity"),
        (("--test", "cycling", "--runs", "10"), "--runs"),
        (("--test", "cycling", "--model", "P2D"), "--model"),
    ],
)
def test_words_that_are_off_are_said_in_one_line(place: Path, words: tuple[str, ...], named: str) -> None:
    done = byssus("sensitivity", place, "--sample", "A", *words)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert named in line
    assert done.stdout == ""


def test_one_object_stands_on_standard_output(place: Path, tmp_path: Path) -> None:
    inputs = "capacity,contact resistance"
    done = byssus("sensitivity", place, "--sample", "A", "--test", "cv", "--inputs", inputs, "--method", "sobol",
                  "--runs", "16", "--out", tmp_path / "out", "--json")  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    assert (answer["method"], answer["blocks"]) == ("sobol", 4)
    assert {each["unit"] for each in answer["outputs"]} == {"V", "mA"}
    assert Path(answer["report"]).is_file()


# Figure and words


def drawn(count: int = 3) -> dict[str, Effect]:
    return {f"input {at}": Effect(100.0 / at, 10.0, 90.0 / at, 5.0) for at in range(1, count + 1)}


def test_what_is_drawn_is_what_is_exported() -> None:
    figure = sensitivity_figure("s", "capacity", "mAh/g", drawn() | {"none": Effect(2.0, 1.5, 1.0, 0.2)}, method="morris",
                                floor=1.0, group="CMC", groups=("CCL", "CMC"))  # fmt: skip
    rows = pl.read_csv(to_csv(figure).encode())
    assert rows["series"].to_list() == ["input 1", "input 2", "input 3", "none"]
    assert rows["value"].to_list() == pytest.approx([100.0, 50.0, 100 / 3, 2.0])
    assert rows["interval low"].to_list() == pytest.approx([90.0, 40.0, 100 / 3 - 10, 0.5])
    assert set(rows["unit"]) == {"mAh/g"}
    assert "Interval high" in to_origin(figure)
    bars = to_plotly(figure)
    assert [bar["x"][0] for bar in bars["data"]] == pytest.approx(rows["value"].to_list())
    assert [bar["error_x"]["array"][0] for bar in bars["data"]] == pytest.approx([10.0, 10.0, 10.0, 1.5])
    assert bars["layout"]["yaxis"]["ticktext"][0] == "input 1"
    # The last reaches down to the error of the mesh, and is paler.
    assert bars["data"][3]["marker"]["color"] != bars["data"][2]["marker"]["color"]
    ax = to_canvas(figure).axes[0]
    assert [patch.get_width() for patch in ax.patches] == pytest.approx(rows["value"].to_list())  # type: ignore[attr-defined]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["input 1", "input 2", "input 3", "none"]
    assert ax.get_xlabel() == "Effect μ* / mAh/g"


def test_of_many_inputs_the_largest_are_drawn_and_the_others_counted() -> None:
    figure = sensitivity_figure("s", "capacity", "mAh/g", drawn(14), method="morris", floor=0.1, group="", groups=())
    assert len(figure.x.names) == MOST_BARS
    assert f"4 more inputs, none above {100 / 11:.3g}." in figure.caption


def test_without_the_error_of_the_mesh_nothing_is_told_apart() -> None:
    moved = Moved("capacity", "mAh/g", 1.0, None, None, drawn(), 4)
    assert moved.leading == ()
    told = Sensitivity("A", "rate", "SPM", "morris", 4, 16, 0, (), (moved,), {})
    assert told.sentence(moved).endswith("Of 3 inputs none can be told from no effect.")


def test_an_interval_that_reaches_the_error_of_the_mesh_is_not_told_apart() -> None:
    moved = Moved("capacity", "mAh/g", 1.0, 20.0, 20.0 / STEP, drawn(), 10)
    assert moved.leading == ("input 1", "input 2")
    told = Sensitivity("A", "rate", "SPM", "morris", 10, 40, 0, (), (moved,), {"why": ("3",)})
    assert "input 3 (33 ± 10 mAh/g, not told apart)" in told.sentence(moved)
    assert told.sentence(moved).endswith("Of 3 inputs 2 can be told from no effect.")
