"""The verb that simulates: what it answers, what it writes, and what it refuses before anything is solved."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from shared import EXAMPLES

from byssus.app.cli import _carry_out
from byssus.errors import ByssusError
from byssus.figure.redraw import Results, Wanted
from byssus.measured.read import read
from byssus.measured.tables import TRUTH
from byssus.physics.silicon import ELECTRODES
from byssus.simulate.instrument import INSTRUMENTS
from byssus.simulate.job import Outcome
from byssus.study.study import load
from byssus.virtual import Asked, VirtualRun, explained, prepare, simulate_study
from byssus.virtual.prepare import instrument_called
from byssus.virtual.spread import numbers
from byssus.virtual.verb import _groups, _jobs
from byssus.virtual.work import carried
from byssus.workflow import Progress, silent

STUDY = """\
schema: 1
title: two silicon electrodes
binders: {CMC: , PVDF: }
recipes: {Si: cmc.yaml, NCM: ncm811.yaml}
electrodes:
  Si/CMC: {binder: CMC, made: empty, recipe: Si}
  NCM: {binder: PVDF, made: full, recipe: NCM}
references:
  - {binder: CMC, quantity: lithiation capacity, basis: active material, value: 3000 mAh/g, current: 0.5 A/g, source: a}
  - {binder: CMC, quantity: lithiation capacity, basis: active material, value: 2000 mAh/g, current: 2 A/g, source: a}
virtual:
  A: &half
    electrode: Si/CMC
    configuration: half
    window: [0.005 V, 1.5 V]
    model: SPM
    tests: &tests
      formed: false
      rate: {currents: [0.5 A/g, 1 A/g, 2 A/g], cycles: 2, back: 0.5 A/g}
      cycling: {cycles: 3}
      gitt: {pulse: 2 hours, current: 0.2C, rest: 10 min}
      eis: {states: [50 %], highest: 1 kHz, lowest: 100 mHz, points_per_decade: 2, settle: 10 min, current: 0.2C}
      cv: {rates: [1 mV/s], cycles: 1}
  B:
    <<: *half
    given: {radius: 100 nm}
"""


def study(folder: Path, text: str = STUDY) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("cmc.yaml", "ncm811.yaml"):
        shutil.copy(EXAMPLES / "recipes" / name, folder)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return folder


def table_of(folder: Path, sample: str, kind: str) -> pl.DataFrame:
    (found,) = (file for file in folder.rglob("*.parquet") if sample in file.name and kind in file.name)
    return read(found).data


def outcomes(folder: Path, asked: Asked, store: Path, progress: Progress = silent) -> tuple[Outcome, ...]:
    """The tests of a study carried out, without their report."""
    jobs = list(
        _jobs(prepare(load(folder), asked.names(), asked.samples), {}, asked, instrument_called(asked.instrument))
    )
    found, errors = carried(jobs, store, fresh=asked.fresh, progress=progress)
    assert errors == []
    return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, VirtualRun]:
    """All kinds of tests of one cell, simulated in this process."""
    folder = study(tmp_path_factory.mktemp("virtual") / "study")
    return folder, simulate_study(folder, Asked(("rate", "cycling", "gitt", "eis", "cv"), ("A",)))


# What it answers


def test_the_answer_says_what_each_test_gave(made: tuple[Path, VirtualRun]) -> None:
    folder, run = made
    answer = json.loads(json.dumps(run.as_dict(), allow_nan=False))
    assert answer["schema"] == "byssus.simulate/1"
    tests = answer["samples"]["A"]
    assert set(tests) == {"rate", "cycling", "gitt", "eis", "cv"}
    for told in tests.values():
        assert (told["model"], told["stopped"], told["resumed_steps"]) == ("SPM", None, 0)
        assert told["reason"].startswith("as asked; ")
        assert told["records"] > 5
    assert all(tests[name]["steps"] == tests[name]["of_steps"] for name in ("rate", "cycling", "eis", "cv"))
    # A protocol of pulses has more of them than there can be.
    assert tests["gitt"]["steps"] < tests["gitt"]["of_steps"]
    written = json.loads((folder / "simulated" / "simulated.json").read_text())
    assert written == answer


def test_capacities_in_the_answer_are_current_by_time_of_the_tables(made: tuple[Path, VirtualRun]) -> None:
    _, run = made
    rate = next(each for each in run.outcomes if each.test == "rate")
    grams = rate.table.metadata.sample.active_mass.to("g").value  # type: ignore[union-attr]
    told = run.samples()["A"]["rate"]["summary"]
    assert [each["current_A_per_g"] for each in told] == pytest.approx([0.5, 1.0, 2.0, 0.5], rel=1e-6)
    # The last cycle at each current, by hand: mean current by duration of its lithiation.
    assert [each["cycle"] for each in told] == [2, 4, 6, 8]
    for each in told:
        step = rate.table.data.filter(
            (pl.col("Cycle Count / 1") == each["cycle"]) & (pl.col("Electrode Direction") == "lithiation")
        )
        hours = (step["Test Time / s"][-1] - step["Test Time / s"][0]) / 3600
        amperes = -float(step["Current / A"].to_numpy().mean())
        assert each["capacity_mAh_per_g"] == pytest.approx(amperes * 1e3 * hours / grams, rel=1e-5)
    assert told[0]["capacity_mAh_per_g"] > told[1]["capacity_mAh_per_g"] > told[2]["capacity_mAh_per_g"] > 0


def test_cycling_is_answered_by_cycle_with_efficiency_and_retention(made: tuple[Path, VirtualRun]) -> None:
    told = made[1].samples()["A"]["cycling"]["summary"]
    assert told["formation_cycles"] == 0
    cycles = told["cycles"]
    assert [each["cycle"] for each in cycles] == [1, 2, 3]
    for each in cycles:
        back, forth = each["delithiation_capacity_mAh_per_g"], each["lithiation_capacity_mAh_per_g"]
        assert each["efficiency_percent"] == pytest.approx(100 * back / forth)
        assert 0 < each["efficiency_percent"] < 100
    first = cycles[0]["delithiation_capacity_mAh_per_g"]
    retention = [100 * each["delithiation_capacity_mAh_per_g"] / first for each in cycles]
    assert [each["retention_percent"] for each in cycles] == pytest.approx(retention)


def test_other_tests_are_answered_by_sweep_pulse_and_spectrum(made: tuple[Path, VirtualRun]) -> None:
    tests = {name: told["summary"] for name, told in made[1].samples()["A"].items()}
    assert [(each["sweep"], each["direction"]) for each in tests["cv"]] == [(1, "reduction"), (2, "oxidation")]
    ways = [each["direction"] for each in tests["gitt"]]
    assert ways == sorted(ways, reverse=True)
    assert set(ways) == {"discharge", "charge"}
    # The last pulse of a run may be shorter.
    assert tests["gitt"][0]["seconds"] == pytest.approx(7200)
    (spectrum,) = tests["eis"]
    assert spectrum["frequencies_Hz"] == pytest.approx([0.1, 1000])
    assert 0 < spectrum["real_at_ends_ohm"][1] < spectrum["real_at_ends_ohm"][0]


def test_virtual_tests_go_through_the_analyses_of_real_ones(made: tuple[Path, VirtualRun]) -> None:
    """They are told the size of the particle, as one would know it of a real cell."""
    folder = made[0] / "simulated"
    answer = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert sorted(each["technique"] for each in answer["tests"]) == ["cv", "eis", "gitt"]
    assert all(each["origin"] == "simulated" and each["name"] == "A" for each in answer["tests"])
    names = {each["name"] for each in answer["results"]}
    assert {"charge-transfer resistance", "oxidation peak potential", "pulses"} <= names
    pulses = pl.read_csv(folder / "tests" / "A-pulses.csv")
    assert pulses.height == sum(1 for _ in made[1].samples()["A"]["gitt"]["summary"])


def test_virtual_cells_of_one_binder_are_no_replicates_and_tests_no_cells(tmp_path: Path) -> None:
    folder = study(tmp_path, STUDY.replace("given: {radius: 100 nm}", "given: {loading: 1.2 mg/cm^2}"))
    done = simulate_study(folder, Asked(("rate", "cycling"))).run
    means = {(mean.group, mean.test): mean for mean in done.compared.means}
    assert set(means) == {(sample, test) for sample in "AB" for test in ("rate", "cycling")}
    assert all(mean.cells == 1 and mean.interval is None for mean in means.values())
    assert {mean.cycle for mean in means.values() if mean.cycle != 1} <= {None, 3, 8}
    drawn = {file.stem for file in (done.folder / "figures").glob("*.svg")}
    assert {"retention-cycling", "rate-capability-rate", "first-cycle-rate"} <= drawn
    groups = _groups(load(folder), ["A", "B"])
    assert groups == {"A": "A", "B": "B"}
    assert _groups(load(folder), ["A"]) == {"A": "CMC"}
    # What was given goes before the loading of the recipe, of the coating too.
    assert "masses-contradict" not in {each.code for each in done.findings}
    light, heavy = (cell.table.metadata.sample for cell in done.cells if cell.name in ("A, rate", "B, rate"))
    assert heavy.active_mass.to("mg").value == pytest.approx(1.2 * 1.13, rel=1e-3)  # type: ignore[union-attr]
    shares = [each.active_mass.to("mg").value / each.coating_mass.to("mg").value for each in (light, heavy)]  # type: ignore[union-attr]
    assert shares[1] == pytest.approx(shares[0], rel=1e-6)
    # A folder can be drawn from again, test by test.
    again = Results.at(done.folder)
    assert again.draw("retention-cycling", Wanted(groups=("B",))).title == "Retention (cycling)"


def test_what_is_written_are_tables_a_report_and_the_answer(made: tuple[Path, VirtualRun]) -> None:
    folder, run = made
    report = Path(run.run.report)
    assert report.is_relative_to(folder / "simulated")
    text = report.read_text(encoding="utf-8")
    assert "simulated" in text
    # A spectrum is drawn once, with its fit, and not once more for its table.
    assert text.count("Nyquist plot of A</h3>") == 1
    for kind in ("rate", "cycling"):
        data = table_of(folder / ".byssus", "A", kind)
        assert any(name.startswith(TRUTH) for name in data.columns)


def test_printed_values_stand_beside_simulated_ones(made: tuple[Path, VirtualRun]) -> None:
    run = made[1]
    at_half, _, at_two, _ = (each["capacity_mAh_per_g"] for each in run.samples()["A"]["rate"]["summary"])
    assert [each.printed for each in run.beside] == pytest.approx([3000, 2000])
    assert [each.simulated for each in run.beside] == pytest.approx([at_half, at_two])


def test_the_spread_between_electrodes_is_what_the_test_gives_with_each_of_their_potentials(
    made: tuple[Path, VirtualRun],
) -> None:
    folder, plain = made
    asked = Asked(("rate", "gitt"), ("A",), spread=True)
    spread = simulate_study(folder, asked, out=folder / "spread")
    assert plain.run.as_dict()["spread"] == []
    told = json.loads((folder / "spread" / "results.json").read_text(encoding="utf-8"))["spread"]
    assert told == spread.as_dict()["spread"]
    # Of pulses there is none.
    assert {(each["sample"], each["test"]) for each in told} == {("A", "rate")}
    # The same electrode asked for by hand, on its own.
    text = STUDY.replace("    electrode: Si/CMC\n", "    electrode: Si/CMC\n    base: kunz\n")
    kunz = study(folder.parent / "kunz", text)
    (alone,) = outcomes(kunz, Asked(("rate",), ("A",)), folder.parent / "kunz-store")
    by_hand = {name: values[0] for name, (values, _unit) in numbers(alone).items()}
    assert [each["quantity"] for each in told] == list(by_hand)
    assert "lithiation capacity at 0.5 A/g, again" in by_hand
    printed = {each["quantity"]: each for each in told}
    capacities = [each["capacity_mAh_per_g"] for each in plain.samples()["A"]["rate"]["summary"]]
    assert [each["value"] for each in told if "capacity" in each["quantity"]] == pytest.approx(capacities)
    for name, each in printed.items():
        electrodes = each["electrodes"]
        assert set(electrodes) == set(ELECTRODES)
        assert electrodes["kunz"] == pytest.approx(by_hand[name], rel=1e-9)
        assert (each["low"], each["high"]) == (min(electrodes.values()), max(electrodes.values()))
        assert each["uncertainty"] == pytest.approx(np.std(list(electrodes.values()), ddof=1))
        assert each["of"] == f"spread between {len(ELECTRODES)} published electrodes"
        assert each["high"] > each["low"]
    assert "Spread between published electrodes" in Path(spread.run.report).read_text(encoding="utf-8")


def test_a_second_run_solves_nothing_again_unless_it_is_asked_to(made: tuple[Path, VirtualRun]) -> None:
    folder, first = made
    asked = Asked(("rate",), ("A",))
    store = folder / ".byssus" / "study.yaml" / "simulated"
    again, fresh = (outcomes(folder, replace(asked, fresh=anew), store)[0] for anew in (False, True))
    assert (again.resumed, fresh.resumed) == (again.asked, 0)
    for each in (again, fresh):
        assert each.table.data.equals(first.outcomes[0].table.data)


def test_an_instrument_puts_its_noise_on_the_same_cell(made: tuple[Path, VirtualRun]) -> None:
    folder, first = made
    name = next(iter(INSTRUMENTS))
    one = simulate_study(folder, Asked(("rate",), ("A",), instrument=name), out=folder / "noisy")
    store = folder / ".byssus" / "study.yaml" / "simulated"
    same, other = (outcomes(folder, Asked(("rate",), ("A",), instrument=name, seed=seed), store)[0] for seed in (0, 1))
    noisy = one.outcomes[0].table.data
    assert noisy.equals(same.table.data)
    assert not noisy.equals(other.table.data)
    assert not noisy.equals(first.outcomes[0].table.data)
    # What an earlier run solved is what the instrument reads.
    assert other.resumed == other.asked
    for true, read_off in zip(*(run.samples()["A"]["rate"]["summary"] for run in (first, one)), strict=True):
        assert read_off["capacity_mAh_per_g"] == pytest.approx(true["capacity_mAh_per_g"], rel=0.01)


def test_several_samples_in_parallel_give_what_one_after_the_other_does(
    made: tuple[Path, VirtualRun], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, alone = made
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    told: list[str] = []
    folder, asked = study(tmp_path), Asked(("cycling",))
    both = outcomes(folder, asked, tmp_path / "both", lambda words, _done, _total: told.append(words))
    assert "simulating A (cycling), B (cycling)" in told
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    in_turn = outcomes(folder, asked, tmp_path / "in turn")
    assert [each.sample for each in both] == [each.sample for each in in_turn] == ["A", "B"]
    for one, other in zip(both, in_turn, strict=True):
        assert one.table.data.equals(other.table.data)
    assert not both[0].table.data.equals(both[1].table.data)
    cycling = next(each for each in alone.outcomes if each.test == "cycling")
    assert both[0].table.data.equals(cycling.table.data)


@pytest.fixture
def stranger() -> Iterator[BaseProcess]:
    """A child of this process that no simulation has anything to do with."""
    process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,), name="stranger")
    process.start()
    yield process
    process.kill()
    process.join()


def test_a_worker_that_is_killed_is_told_by_cell_and_test_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a system kills what takes too much memory."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    asked = Asked(("cycling", "cv"))
    jobs = list(_jobs(prepare(load(study(tmp_path)), asked.names()), {}, asked, None))
    killed: list[str] = []

    def kill(_words: str, _done: int, _total: int) -> None:
        for worker in multiprocessing.active_children():
            if worker.name == "B" and not killed:
                worker.kill()
                killed.append(worker.name)

    found, errors = carried(jobs, tmp_path / "kept", fresh=False, progress=kill)
    (error,) = errors
    assert str(error).startswith(
        "B: cycling: was not finished: its process was ended (SIGKILL); likely cause: the memory"
    )
    assert [(each.sample, each.test) for each in found] == [("A", "cycling"), ("A", "cv"), ("B", "cv")]


def test_a_run_that_is_stopped_ends_its_own_workers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stranger: BaseProcess
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def stop(_words: str, _done: int, _total: int) -> None:
        assert {"A", "B", "stranger"} <= {each.name for each in multiprocessing.active_children()}
        raise KeyboardInterrupt

    asked = Asked(("cycling",))
    jobs = list(_jobs(prepare(load(study(tmp_path)), asked.names()), {}, asked, None))
    with pytest.raises(KeyboardInterrupt):
        carried(jobs, tmp_path / "kept", fresh=False, progress=stop)
    assert [each.name for each in multiprocessing.active_children()] == ["stranger"]
    assert stranger.is_alive()


def test_a_defect_in_a_worker_is_raised_here_with_where_it_happened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    asked = Asked(("cycling",))
    jobs = list(_jobs(prepare(load(study(tmp_path)), asked.names()), {}, asked, None))
    jobs[1] = replace(jobs[1], kind="PDE")  # type: ignore[arg-type]
    with pytest.raises(AttributeError, match="PDE") as raised:
        carried(jobs, tmp_path / "kept", fresh=False, progress=silent)
    assert "simulate/model.py" in "".join(raised.value.__notes__)


def test_results_are_whole_or_not_there_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, asked = study(tmp_path), Asked(("cycling",), ("A",))

    def full(_run: VirtualRun) -> str:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(VirtualRun, "as_json", full)
        with pytest.raises(ByssusError, match="no space left"):
            simulate_study(folder, asked)
    assert not (folder / "simulated").exists()
    simulate_study(folder, asked)
    assert (folder / "simulated" / "simulated.json").is_file()
    assert (folder / "simulated" / "report.html").is_file()


def test_a_protocol_for_a_cycler_counts_1c_as_the_simulation_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Silicon as Li15Si4, 3579 mAh/g, whatever a powder with its oxide holds."""
    folder, out = study(tmp_path), tmp_path / "formation.json"
    words = ["protocol", str(folder), "--test", "formation", "--sample", "A"]
    assert _carry_out([*words, "--for", "unicycler", "--out", str(out)]) == 0
    capsys.readouterr()
    assert _carry_out([*words, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["steps"][0]
    prepared = prepare(load(folder), ("formation",), ("A",))
    milligrams = prepared.cells["A"].active_mass * 1e6
    capacity = json.loads(out.read_text())["sample"]["capacity_mAh"]
    assert capacity == pytest.approx(3.579 * milligrams, rel=1e-3)
    assert first["label"] == "0.05C"
    assert abs(first["value"]) * 1e3 == pytest.approx(0.05 * capacity)


def test_everything_that_a_cell_is_made_of_is_explained_with_its_source(made: tuple[Path, VirtualRun]) -> None:
    told = explained(made[0], Asked(()))
    assert list(told) == ["A", "B"]
    radius = {
        sample: next(each for each in rows if each.name == "Positive particle radius [m]")
        for sample, rows in told.items()
    }
    assert radius["B"].value == pytest.approx(1e-7)
    assert radius["B"].origin == "given"
    assert radius["A"].value != pytest.approx(1e-7)
    assert all(each.source or each.origin == "convention" for rows in told.values() for each in rows)


def test_a_test_that_fails_is_told_and_the_others_are_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Behind a megohm the first microampere is a volt: no step begins inside the window."""
    folder = study(tmp_path, STUDY.replace("radius: 100 nm", "contact resistance: 1e6 ohm*cm^2"))
    code = _carry_out(["simulate", str(folder), "--test", "cycling", "--json"])
    told = capsys.readouterr()
    answer = json.loads(told.out)
    assert list(answer["samples"]) == ["A"]
    assert answer["samples"]["A"]["cycling"]["stopped"] is None
    assert code == 1
    (line,) = told.err.splitlines()
    assert line.startswith("byssus: B: cycling: measures nothing: every step of it is over before it begins")
    assert [each["code"] for each in answer["findings"] if each["severity"] == "error"] == ["cell-left-out"]


# What it refuses


def refused(folder: Path, *words: str) -> Callable[[pytest.CaptureFixture[str]], tuple[int, str]]:
    def said(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
        code = _carry_out(["simulate", str(folder), *words])
        told = capsys.readouterr()
        assert told.out == ""
        (line,) = told.err.splitlines()
        assert line.startswith("byssus: ")
        # Nothing is written when it is refused.
        assert sorted(path.name for path in folder.iterdir()) == ["cmc.yaml", "ncm811.yaml", "study.yaml"]
        return code, line

    return said


@pytest.mark.parametrize(
    ("words", "code", "naming"),
    [
        (("--test", "nonsense"), 2, "--test: 'nonsense' is not a test"),
        (("--test", "ratee"), 2, "did you mean 'rate'"),
        ((), 2, "--test: is missing"),
        (("--test", "rate", "--sample", "C"), 2, "--sample: 'C' is no virtual cell of the study"),
        (("--test", "rate", "--model", "P2D"), 2, "--model: 'P2D' is no model; give one of SPM, SPMe, DFN"),
        (("--test", "rate", "--instrument", "abacus"), 2, "--instrument: 'abacus' is no instrument"),
        (("--test", "rate", "--seed", "-1"), 2, "--seed"),
        (("--explain", "--sample", "C"), 2, "--sample: 'C' is no virtual cell of the study"),
    ],
)
def test_words_that_are_off_are_refused_in_one_line(
    words: tuple[str, ...], code: int, naming: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found, line = refused(study(tmp_path), *words)(capsys)
    assert (found, naming in line) == (code, True), line


@pytest.mark.parametrize(
    ("change", "naming"),
    [
        (("window: [0.005 V, 1.5 V]", "window: [1.5 V, 0.005 V]"), "window"),
        (("window: [0.005 V, 1.5 V]", "window: [4 V, 5 V]"), "window"),
        (("window: [0.005 V, 1.5 V]", "window: [-0.1 V, 1.5 V]"), "window"),
        (("radius: 100 nm", "radios: 100 nm"), "radios"),
        (("radius: 100 nm", "radius: 100 mg"), "radius"),
        (("radius: 100 nm", "radius: -100 nm"), "radius"),
        (("radius: 100 nm", "porosity: 1.5"), "porosity"),
        (("currents: [0.5 A/g, 1 A/g, 2 A/g]", "currents: [1e9 A/g]"), "current"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[1].strip(),
)
def test_a_study_that_cannot_be_is_refused_by_its_field(
    change: tuple[str, str], naming: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert STUDY.count(change[0]) == 1
    folder = study(tmp_path, STUDY.replace(*change))
    code = _carry_out(["simulate", str(folder), "--test", "rate", "--sample", "B"])
    told = capsys.readouterr()
    assert code == 1, told
    assert told.out == ""
    assert naming in told.err
    assert "internal error" not in told.err
    # One line for each cell that something is wrong with.
    assert all(line.startswith("byssus: ") for line in told.err.splitlines())
    assert len(told.err.splitlines()) <= 2
    assert sorted(path.name for path in folder.iterdir()) == ["cmc.yaml", "ncm811.yaml", "study.yaml"]


def test_a_study_without_virtual_cells_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = study(tmp_path, STUDY[: STUDY.index("virtual:")])
    code, line = refused(folder, "--test", "rate")(capsys)
    assert (code, "has no virtual cell" in line) == (1, True), line


def test_a_folder_that_is_not_its_own_is_not_replaced(tmp_path: Path) -> None:
    folder = study(tmp_path / "study")
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    with pytest.raises(ByssusError, match="mine"):
        simulate_study(folder, Asked(("cycling",), ("A",)), out=mine)
    assert (mine / "thesis.txt").read_text() == "years of work"
    assert not (folder / ".byssus").exists()


def test_a_refusal_in_json_is_a_finding_and_no_defect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = study(tmp_path, STUDY.replace("radius: 100 nm", "radios: 100 nm"))
    assert _carry_out(["simulate", str(folder), "--test", "rate", "--json"]) == 1
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert answer["samples"] == {}
    assert [each["code"] for each in answer["findings"]] == ["study-field"]
