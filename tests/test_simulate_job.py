"""Tests of a virtual cell as tables, and as jobs that are stopped, killed, damaged or fail, and go on to the same numbers."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from test_simulate_run import CHARGE, DISCHARGE, LITHIATION, REST, current, full, half, known, one_c, recipe, rest

from byssus.analysis.cycling.cell import examine
from byssus.conventions import Configuration, Made
from byssus.errors import SimulationError
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.measured.tables import TRUTH, Table
from byssus.protocol.model import Window, resolve
from byssus.protocol.standard import Rate
from byssus.protocol.steps import Basis, Resolved, Step
from byssus.quantity import Quantity
from byssus.simulate import job as jobs
from byssus.simulate import record
from byssus.simulate.inputs import VirtualCell, virtual_cell
from byssus.simulate.job import Job, Outcome, carry
from byssus.simulate.run import carry_out

FARADAY = 96485.33212
PROGRAM = "these tests"


def about(cell: VirtualCell) -> Sample:
    made = None if cell.configuration is Configuration.FULL else Made.EMPTY
    return Sample(name=cell.name, binder="CCL", configuration=cell.configuration, made=made,
                  active_mass=Quantity(cell.active_mass, "kg"))  # fmt: skip


def job_of(
    *steps: Step, kind: Any = "SPM", protocol: Any = "cycling", cell: VirtualCell | None = None, **more: Any
) -> Job:
    cell = cell or half().cell
    return Job(
        cell.name, "by hand", cell, Resolved("by hand", protocol, steps, 298.15), kind, "asked", about(cell), **more
    )


def to_and_fro(times: int) -> tuple[Step, ...]:
    amperes = one_c(half()) / 5
    return tuple(
        current(sign * amperes, until_voltage=end, cycle=cycle)
        for cycle in range(1, times + 1) for sign, end in ((-1, 0.005), (1, 1.2))
    )  # fmt: skip


# Tables


@pytest.fixture(scope="module")
def tables() -> dict[str, Table]:
    """One of each kind, of the same cell."""
    amperes = one_c(half()) / 5
    spectrum = Step("impedance", REST, frequencies=(1e3, 1.0, 1e-2))
    often: dict[str, Any] = {"interval": 2.0}
    found = {}
    for kind, steps in {
        "cycling": (current(-amperes, until_voltage=0.05, label="0.2C", **often), rest(0.1),
                    current(amperes, until_voltage=1.0, **often),
                    current(-amperes, until_voltage=0.2, cycle=2, temperature=308.15, **often)),
        "voltammetry": (Step("sweep", DISCHARGE, 0.1, rate=1e-4, **often), Step("sweep", CHARGE, 1.0, rate=1e-4, **often),
                        Step("sweep", DISCHARGE, 0.1, rate=1e-4, cycle=2, **often)),
        "pulses": tuple(
            step for pulse in (1, 2)
            for step in (current(-amperes, duration=600.0, pulse=pulse, part="pulse"), replace(rest(0.1), pulse=pulse, part="rest"))
        ),
        "impedance": (current(-amperes, duration=3600.0), rest(0.1), spectrum, current(-amperes, duration=3600.0),
                      rest(0.1), replace(spectrum, cycle=2)),
    }.items():  # fmt: skip
        model = half(spectroscopy=kind == "impedance")
        protocol = Resolved(f"test of {kind}", kind, steps, 298.15)  # type: ignore[arg-type]
        done = list(carry_out(model, protocol))
        found[kind] = record.table(model, protocol, done, sample=about(model.cell))
    return found


KINDS = ("cycling", "voltammetry", "pulses", "impedance")


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_each_kind_is_marked_and_reads_back_the_same(
    kind: str, tables: dict[str, Table], tmp_path: Path
) -> None:
    table = tables[kind]
    assert (table.metadata.kind, table.metadata.origin) == (kind, "simulated")
    assert table.rows > 5
    assert table.metadata.truth["radius"] == Quantity(half().cell.numbers["radius"].value, "m")
    assert set(table.metadata.truth) == set(half().cell.numbers)
    assert table.metadata.conditions["temperature"].to("degC").value == pytest.approx(25)
    table.write_parquet(tmp_path / "table.parquet")
    again = read(tmp_path / "table.parquet")
    assert again.data.equals(table.data)
    # What reading adds is where it was read from.
    assert again.metadata.model_copy(update={"provenance": ()}) == table.metadata
    assert again.findings == table.findings


@pytest.mark.parametrize("kind", ["cycling", "voltammetry", "pulses"])
def test_what_is_hidden_stands_beside_what_is_measured(kind: str, tables: dict[str, Table]) -> None:
    data = tables[kind].data
    hidden = [name for name in data.columns if name.startswith(TRUTH)]
    assert LITHIATION in hidden
    assert data.select(hidden).null_count().sum_horizontal().item() == 0
    # What passed the terminals is in the particles or the film: the charge by the trapezoids of the records.
    charge = np.trapezoid(data["Current / A"], data["Test Time / s"])
    lithium = sum(
        data[name][-1] - data[name][0] for name in ("truth: Lithium in Particles / mol", "truth: Lithium Lost to Reactions / mol")
    )  # fmt: skip
    assert lithium * FARADAY == pytest.approx(-charge, rel=1e-3 if kind == "voltammetry" else 1e-5)


def test_a_cycling_table_counts_steps_directions_capacity_and_energy(tables: dict[str, Table]) -> None:
    data = tables["cycling"].data
    amperes = one_c(half()) / 5
    steps = list(data.partition_by("Step Count / 1"))
    assert [step["Step Count / 1"][0] for step in steps] == [1, 2, 3, 4]
    assert [step["Cycle Count / 1"][0] for step in steps] == [1, 1, 1, 2]
    assert [step["Cell Direction"][0] for step in steps] == ["discharge", "rest", "charge", "discharge"]
    assert [step["Electrode Direction"][0] for step in steps] == ["lithiation", "rest", "delithiation", "lithiation"]
    assert [step["Ambient Temperature / degC"][0] for step in steps] == pytest.approx([25, 25, 25, 35])
    assert steps[0]["Step ID"][0] == "0.2C"
    for step, passed in zip(steps, (amperes, 0.0, amperes, amperes), strict=True):
        seconds, capacity = step["Step Time / s"].to_numpy(), step["Step Cumulative Capacity / Ah"].to_numpy()
        assert capacity * 3600 == pytest.approx(passed * seconds, rel=1e-6, abs=1e-7)
        energy = np.trapezoid(step["Voltage / V"], seconds) * passed / 3600
        assert step["Step Cumulative Energy / Wh"][-1] == pytest.approx(energy, rel=1e-3, abs=1e-12)
    ends = [step["Test Time / s"][-1] for step in steps]
    assert [step["Test Time / s"][0] for step in steps[1:]] == ends[:-1]


def test_a_voltammogram_counts_sweeps_and_says_its_rate(tables: dict[str, Table]) -> None:
    table = tables["voltammetry"]
    counted = table.data.unique(["Sweep Count / 1", "Cycle Count / 1"], maintain_order=True)
    assert counted["Sweep Count / 1"].to_list() == [1, 2, 3]
    assert counted["Cycle Count / 1"].to_list() == [1, 1, 2]
    assert table.metadata.conditions["scan rate"].to("mV/s").value == pytest.approx(0.1)


def test_pulses_are_numbered_and_have_their_parts(tables: dict[str, Table]) -> None:
    parts = tables["pulses"].data.unique(["Pulse Count / 1", "Pulse Part"], maintain_order=True)
    assert parts.select("Pulse Count / 1", "Pulse Part").rows() == [
        (1, "pulse"),
        (1, "rest"),
        (2, "pulse"),
        (2, "rest"),
    ]


def test_spectra_say_where_they_were_measured(tables: dict[str, Table]) -> None:
    data = tables["impedance"].data
    assert data["Spectrum Count / 1"].to_list() == [1, 1, 1, 2, 2, 2]
    assert data["Cycle Count / 1"].to_list() == [1, 1, 1, 2, 2, 2]
    assert data["Frequency / Hz"].to_list() == [1e3, 1.0, 1e-2] * 2
    # After an hour of current and six minutes of rest, and after twice that.
    assert data["Test Time / s"].to_list() == pytest.approx([3960.0] * 3 + [7920.0] * 3)
    assert (data["Real Impedance / ohm"] > 0).all()
    assert (data["Imaginary Impedance / ohm"] < 0).all()


def test_the_directions_of_a_full_cell_are_those_of_the_cell() -> None:
    model = full()
    amperes = one_c(model)
    protocol = Resolved(
        "full", "cycling", (current(amperes, until_voltage=4.3), current(-amperes, until_voltage=2.8)), 298.15
    )
    data = record.table(model, protocol, list(carry_out(model, protocol)), sample=about(model.cell)).data
    assert data["Cell Direction"].unique(maintain_order=True).to_list() == ["charge", "discharge"]
    assert data["Electrode Direction"].null_count() == data.height
    assert data.group_by("Cell Direction").agg(pl.col("Current / A").mean().sign()).sort("Current / A").rows() == [
        ("discharge", -1.0), ("charge", 1.0),
    ]  # fmt: skip


def test_what_ended_otherwise_than_asked_is_found_in_the_table() -> None:
    amperes = one_c(half())
    done = carry(
        job_of(current(-amperes, until_voltage=0.1), current(-amperes, until_voltage=0.5, label="again")), None, PROGRAM
    )
    (finding,) = done.table.findings
    assert (finding.code, finding.message) == ("step-without-end", "step 2 (again) ended at once")
    assert done.table.data["Step Count / 1"].unique().to_list() == [1]


def test_the_analysis_finds_the_lithium_that_is_hidden() -> None:
    """Charge by the analysis of the table, against the moles in the particles and in the film."""
    cell = half().cell
    mass = cell.active_mass
    basis = Basis(mass, cell.numbers["area"].value, cell.charge)
    currents = tuple(Quantity(value, "A/g") for value in (0.5, 1.0, 2.0))
    window = Window(lower=Quantity(0.005, "V"), upper=Quantity(1.5, "V"))
    test = Rate(currents=currents, cycles=1).protocol(window, Made.EMPTY, Configuration.HALF)
    protocol = resolve(test, basis, Configuration.HALF)
    outcome = carry(Job("CCL", "rate", cell, protocol, "SPM", "", about(cell)), None, PROGRAM)
    found = examine(outcome.table)
    cycles = found.cycling.cycles
    assert cycles.height == 4
    data = outcome.table.data
    for number, row in enumerate(cycles.iter_rows(named=True)):
        for word, step in (("Lithiation", 2 * number + 1), ("Delithiation", 2 * number + 2)):
            records = data.filter(pl.col("Step Count / 1") == step)
            moles = sum(
                records[f"truth: Lithium {where} / mol"][-1] - records[f"truth: Lithium {where} / mol"][0]
                for where in ("in Particles", "Lost to Reactions")
            )
            truth = abs(moles) * FARADAY / 3.6 / (mass * 1e3)
            assert row[f"{word} Capacity / mAh/g"] == pytest.approx(truth, rel=1e-4), (number, word)
    assert found.rate_test is not None


# Stopped, killed, damaged


class Stop(Exception):  # noqa: N818 - a person's hand
    """Somebody stops a run."""


def stopping(after: int) -> Callable[[int, int], None]:
    def told(done: int, _total: int) -> None:
        if done >= after:
            raise Stop

    return told


def same(one: Outcome, other: Outcome) -> bool:
    return one.table.data.equals(other.table.data) and one.table.metadata == other.table.metadata


@pytest.mark.parametrize("protocol", ["cycling", "impedance", "pulses"])
def test_a_test_that_was_stopped_goes_on_to_the_same_table(protocol: str, tmp_path: Path) -> None:
    amperes = one_c(half()) / 5
    steps = to_and_fro(4)
    if protocol == "impedance":
        spectrum = Step("impedance", REST, frequencies=(1e3, 1e-2))
        steps = (current(-amperes, duration=600.0), spectrum, current(-amperes, duration=600.0), spectrum)
    elif protocol == "pulses":
        # More of them than there can be: the last one is cut by its voltage.
        pulse = current(-amperes, until_voltage=0.01, duration=1800.0, part="pulse")
        steps = tuple(step for number in range(1, 16) for step in
                      (replace(pulse, pulse=number), replace(rest(0.1), pulse=number, part="rest")))  # fmt: skip
    job = job_of(*steps, protocol=protocol)
    whole = carry(job, None, PROGRAM)
    for after in (1, 3, whole.steps - 1):
        with pytest.raises(Stop):
            carry(job, tmp_path, PROGRAM, stopping(after))
    resumed = carry(job, tmp_path, PROGRAM)
    assert resumed.resumed == whole.steps - 1
    assert resumed.steps == whole.steps
    assert same(resumed, whole)
    # What is done is done: nothing is left to be solved.
    assert (whole.steps < whole.asked) is (protocol == "pulses")
    again = carry(job, tmp_path, PROGRAM)
    assert (again.resumed, again.steps) == (whole.steps, whole.steps)
    assert same(again, whole)


def test_what_is_kept_are_plain_arrays(tmp_path: Path) -> None:
    carry(job_of(*to_and_fro(1)), tmp_path, PROGRAM)
    (kept,) = tmp_path.iterdir()
    with np.load(kept, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(kept.read_bytes())


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "cut": content[:middle], "cut at its end": content[:-30], "empty": b"", "no archive": b"schema: 1\n",
        "a byte changed": content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :],
        "a pickle": pickle.dumps({"step": 3}),
    }  # fmt: skip


def test_a_damaged_record_of_what_was_done_is_begun_anew(tmp_path: Path) -> None:
    job = job_of(*to_and_fro(2))
    whole = carry(job, tmp_path, PROGRAM)
    (kept,) = tmp_path.iterdir()
    for how, content in damaged(kept.read_bytes()).items():
        kept.write_bytes(content)
        again = carry(job, tmp_path, PROGRAM)
        assert again.resumed == 0, how
        assert same(again, whole), how


def test_what_is_used_again_is_not_the_oldest(tmp_path: Path) -> None:
    job = job_of(*to_and_fro(1))
    carry(job, tmp_path, PROGRAM)
    (kept,) = tmp_path.iterdir()
    os.utime(kept, (0, 0))
    assert carry(job, tmp_path, PROGRAM).resumed == 2
    assert kept.stat().st_mtime > 1e9


def test_what_the_numbers_follow_from_names_the_record(tmp_path: Path) -> None:
    job = job_of(*to_and_fro(1))
    radius = job.cell.numbers["radius"]
    changed = [
        replace(job, cell=job.cell.with_inputs({"radius": replace(radius, value=radius.value * 1.01)})),
        replace(job, protocol=replace(job.protocol, temperature=300.0)),
        replace(job, protocol=replace(job.protocol, steps=job.protocol.steps[:1])),
        replace(job, kind="SPMe"), replace(job, all_records=True),
        replace(job, cell=replace(job.cell, electrode=replace(job.cell.electrode, shape="other"))),
    ]  # fmt: skip
    keys = [job.key(PROGRAM), job.key("another program"), *(each.key(PROGRAM) for each in changed)]
    assert len(set(keys)) == len(keys)
    # What is put on the finished table, or only said of it, is no reason to begin anew.
    assert replace(job, seed=7, reason="asked otherwise", sample="B").key(PROGRAM) == job.key(PROGRAM)
    assert not list(tmp_path.iterdir())


KILLED = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_simulate_job import killed_job, PROGRAM
from byssus.simulate import job
job._PERIOD = 0.0
job.carry(killed_job(), Path({store!r}), PROGRAM, lambda done, total: print(done, flush=True))
"""


def killed_job() -> Job:
    return job_of(*to_and_fro(20), kind="DFN")


def test_a_test_that_was_killed_loses_nothing_that_was_finished(tmp_path: Path) -> None:
    program = KILLED.format(tests=str(Path(__file__).parent), store=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if int(line) >= 3:
                os.kill(running.pid, signal.SIGKILL)
                break
    seen: list[int] = []

    def told(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) == 2:
            raise Stop

    with pytest.raises(Stop):
        carry(killed_job(), tmp_path, PROGRAM, told)
    # The third was told of before it was written: two are there for sure, and nothing is done again.
    assert seen[0] >= 2
    assert seen[1] == seen[0] + 1


# Failures


def failing() -> tuple[Step, ...]:
    """A cycle, then a power that no voltage can give."""
    watts = one_c(half())
    return (*to_and_fro(1), Step("power", DISCHARGE, -watts, until_voltage=0.005, label="1 W/g", cycle=2), rest(1))


def test_a_failure_names_where_and_why_and_keeps_what_is_finished(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = carry(job_of(*failing()), tmp_path, PROGRAM)
    assert (done.steps, done.asked) == (2, 4)
    assert done.stopped is not None
    assert "\n" not in done.stopped
    hours = done.table.data["Test Time / s"][-1] / 3600
    assert done.stopped.startswith(f"CCL: by hand, step 3 of 4 (1 W/g, cycle 2): stopped after {hours:.3g} h: ")
    assert "likely cause: " in done.stopped
    (finding,) = done.table.findings
    assert (finding.code, finding.message) == ("simulation-stopped", done.stopped)
    assert done.table.data["Step Count / 1"].unique().to_list() == [1, 2]
    assert done.table.data.equals(carry(job_of(*to_and_fro(1)), None, PROGRAM).table.data)
    # It fails in the same place again, without the first two being done again.
    again = carry(job_of(*failing()), tmp_path, PROGRAM)
    assert (again.resumed, again.stopped) == (2, done.stopped)
    # The solver does not speak beside it.
    assert capfd.readouterr().err == ""


def test_a_failure_of_the_first_step_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SimulationError, match=r"step 1 of 2 \(1 W/g"):
        carry(job_of(*failing()[2:]), tmp_path, PROGRAM)
    assert not list(tmp_path.iterdir())


def test_salt_that_runs_out_is_a_failure_or_a_lost_capacity_never_a_traceback() -> None:
    """With 0.02 mol/L hardly any current comes through the pores: the DFN has little capacity, or no solution."""
    cell = virtual_cell("thin", recipe("ccl-5"), known(), made=Made.EMPTY, window=(0.005, 1.5),
                        given={"salt concentration": Quantity(0.02, "mol/L")})  # fmt: skip
    amperes = one_c(half())
    steps = (current(-amperes / 50, duration=60.0), current(-2 * amperes, until_voltage=0.005))
    done = carry(job_of(*steps, kind="DFN", cell=cell), None, PROGRAM)
    if done.stopped is None:
        passed = done.table.data["Step Cumulative Capacity / Ah"][-1] * 3600
        assert passed < 0.05 * cell.charge
    else:
        assert done.stopped.startswith("thin: by hand, step 2 of 2")


# Long tests


def test_a_long_test_keeps_all_records_of_some_cycles_and_the_ends_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jobs, "_LONG", 12)
    short, long, asked = (carry(job, None, PROGRAM) for job in (
        job_of(*to_and_fro(12)), job_of(*to_and_fro(13)), job_of(*to_and_fro(13), all_records=True)))  # fmt: skip
    assert short.table.data.group_by("Step Count / 1").len().filter(pl.col("len") <= 10).is_empty()
    counts = dict(long.table.data.group_by("Cycle Count / 1").len().rows())
    assert [cycle for cycle, count in sorted(counts.items()) if count == 4] == [11, 12]
    # The records that stay are those of the whole test, and so are the capacities.
    assert asked.table.rows > long.table.rows
    ends = asked.table.data.group_by("Step Count / 1", maintain_order=True).last()
    assert long.table.data.group_by("Step Count / 1", maintain_order=True).last().equals(ends)
