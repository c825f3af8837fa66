"""An instrument on a simulated table: sampling, accuracy, noise and resolution, against what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy import stats
from shared import square_wave

from byssus import workflow
from byssus.errors import SimulationError
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.tables import TRUTH, Table
from byssus.quantity import Quantity
from byssus.simulate.instrument import INSTRUMENTS, Channel, Instrument, measured_by, quantum_of
from byssus.source import Source

Real = Callable[[str], Path]

TIME, VOLTAGE, CURRENT, STEP = "Test Time / s", "Voltage / V", "Current / A", "Step Count / 1"
CAPACITY, ENERGY = "Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh"
LITHIATION = f"{TRUTH}Mean Lithiation / 1"
SOURCE = (Source("made up for a test"),)
#: A sound instrument falls outside this interval in one test of ten thousand; the seeds are fixed.
SURE = 0.9999


def instrument(**about: object) -> Instrument:
    return Instrument(vendor="Made up", model=None, sources=SOURCE, **about)  # type: ignore[arg-type]


def cycled(records: int = 2001, hours: float = 1.0) -> Table:
    """A virtual half cell that rests, is discharged and charged at 1 mA, and whose state is known."""
    table = square_wave([0.0, -1.0, 1.0], [0.5, hours, hours], records=records, counted=False)
    truth = pl.Series(LITHIATION, np.linspace(0.0, 1.0, table.rows))
    known = {"film resistance": Quantity(2.0, "ohm")}
    return Table(table.data.with_columns(truth), Metadata(kind="cycling", origin="simulated", truth=known))


def pulsed() -> Table:
    data = pl.DataFrame(
        {
            TIME: np.arange(40.0),
            VOLTAGE: np.linspace(0.3, 0.2, 40),
            CURRENT: np.where(np.arange(40) % 20 < 10, 0.0, -1e-3),
            "Pulse Count / 1": np.repeat([0, 1, 1, 2], 10),
            "Pulse Part": np.repeat(["rest", "pulse", "rest", "pulse"], 10),
            "Cell Direction": np.repeat(["rest", "discharge", "rest", "discharge"], 10),
        }
    )
    casts = {"Pulse Part": pl.Enum(["pulse", "rest"]), "Cell Direction": pl.Enum(["charge", "discharge", "rest"])}
    return Table(data.cast(casts), Metadata(kind="pulses", origin="simulated"))  # type: ignore[arg-type]


def swept(step: float = 1e-4) -> Table:
    down = np.arange(12000, -1, -1) * step
    voltage = np.concatenate([down, down[::-1]])
    data = pl.DataFrame(
        {
            TIME: np.arange(voltage.size) * step / 1e-4,
            VOLTAGE: voltage,
            CURRENT: np.where(np.arange(voltage.size) < down.size, -1e-4, 1e-4),
            "Sweep Count / 1": np.repeat([1, 2], down.size),
        }
    )
    return Table(data, Metadata(kind="voltammetry", origin="simulated"))


def spectrum(points: int) -> Table:
    frequency = np.logspace(5, -2, points)
    impedance = 5 + 20 / (1 + 2j * np.pi * frequency * 20 * 1e-5)
    data = pl.DataFrame(
        {
            "Spectrum Count / 1": np.ones(points, dtype=np.int64),
            "Frequency / Hz": frequency,
            "Real Impedance / ohm": impedance.real,
            "Imaginary Impedance / ohm": impedance.imag,
        }
    )
    return Table(data, Metadata(kind="impedance", origin="simulated"))


def spread_is(values: NDArray[np.float64], deviation: float) -> bool:
    """Say whether values may have that standard deviation, the mean known to be zero: a chi-square interval."""
    low, high = stats.chi2.interval(SURE, values.size)
    return bool(low < np.sum((values / deviation) ** 2) < high)


# Nothing known, nothing changed


@pytest.mark.parametrize("table", [cycled(), pulsed(), swept(), spectrum(30)], ids=lambda table: table.metadata.kind)
def test_an_instrument_of_which_nothing_is_known_changes_nothing(table: Table) -> None:
    seen = measured_by(table, instrument(), seed=1)
    same = seen.data.select(table.data.columns)
    for name in same.columns:
        if same[name].dtype == pl.Float64:
            assert np.allclose(same[name], table.data[name], rtol=1e-14, atol=0), name
        else:
            assert same[name].equals(table.data[name]), name
    assert seen.metadata.instrument.vendor == "Made up"
    assert seen.metadata.truth["instrument seed"] == Quantity(1.0, "1")


# Sampling


def test_records_are_written_when_they_are_due_and_not_before() -> None:
    table = cycled(records=3601)  # a record a second, and every 0.5 s at rest
    seen = measured_by(table, instrument(interval=10.0), seed=1).data
    for step, spacing in ((1, 10.0), (2, 10.0), (3, 10.0)):
        times = seen.filter(pl.col(STEP) == step)[TIME].to_numpy()
        whole = table.data.filter(pl.col(STEP) == step)[TIME]
        assert (times[0], times[-1]) == (whole[0], whole[-1])
        assert np.allclose(np.diff(times), spacing, atol=1e-6)


@pytest.mark.parametrize("noise", [None, 2e-3])
def test_time_or_voltage_whichever_is_first(noise: float | None) -> None:
    wait, rise = 60.0, 5e-3
    whole = instrument(voltage=Channel(noise=noise))
    every = measured_by(cycled(records=3601), whole, seed=3).data
    some = measured_by(cycled(records=3601), replace(whole, interval=wait, voltage_interval=rise), seed=3).data
    # The noise is that of the instrument's own samples, of which it writes some.
    rows = set(some.select(STEP, TIME).rows())
    assert every.filter(pl.Series([row in rows for row in every.select(STEP, TIME).rows()])).equals(some)
    for step in (1, 2, 3):
        of = every.filter(pl.col(STEP) == step).select(STEP, TIME, VOLTAGE).rows()
        last = of[0]
        for row in of[1:]:
            due = row[1] - last[1] >= wait - 1e-6 or abs(row[2] - last[2]) >= rise - 1e-12
            assert ((row[0], row[1]) in rows) == (due or row == of[-1])
            last = row if (row[0], row[1]) in rows else last
    # Without noise the voltage of a half moves by 0.5 V in 3600 s: 100 records by voltage and 60 by time.
    if noise is None:
        assert some.filter(pl.col(STEP) == 2).height == 101
        assert some.filter(pl.col(STEP) == 1).height == 31


def test_a_sweep_is_sampled_by_voltage_and_keeps_its_ends() -> None:
    seen = measured_by(swept(), instrument(voltage_interval=5e-3), seed=1).data
    for sweep in (1, 2):
        volts = seen.filter(pl.col("Sweep Count / 1") == sweep)[VOLTAGE].to_numpy()
        assert np.allclose(np.abs(np.diff(volts)), 5e-3)
        assert sorted((volts[0], volts[-1])) == [0.0, pytest.approx(1.2)]


def test_each_pulse_and_rest_keeps_its_ends() -> None:
    seen = measured_by(pulsed(), instrument(interval=1000.0), seed=1).data
    assert seen[TIME].to_list() == [0.0, 9.0, 10.0, 19.0, 20.0, 29.0, 30.0, 39.0]


def test_sampling_by_time_needs_a_time() -> None:
    table = swept()
    without = Table(table.data.drop(TIME), table.metadata)
    with pytest.raises(SimulationError, match="samples by time"):
        measured_by(without, instrument(interval=1.0), seed=1)
    assert measured_by(without, instrument(voltage_interval=0.1), seed=1).rows == 26


# Resolution


def test_values_stand_on_the_grid_and_no_further_off_than_half_a_step() -> None:
    table = cycled()
    volts, amperes, seconds = quantum_of(-5.0, 5.0, bits=16), 0.31e-6, 0.25
    made = instrument(voltage=Channel(quantum=volts), current=Channel(quantum=amperes), clock=seconds, counter=1e-8)
    seen = measured_by(table, made, seed=1)
    for name, quantum in ((VOLTAGE, volts), (CURRENT, amperes), (TIME, seconds), (CAPACITY, 1e-8)):
        steps = seen.data[name].to_numpy() / quantum
        assert np.allclose(steps, np.round(steps), atol=1e-6, rtol=0), name
        if name != CAPACITY:
            off = np.abs(seen.data[name].to_numpy() - table.data[name].to_numpy())
            assert quantum / 10 < off.max() <= quantum / 2 * (1 + 1e-9), name
        assert seen.metadata.instrument.resolution[name] == quantum
    assert len(np.unique(seen.data[VOLTAGE])) < len(np.unique(table.data[VOLTAGE]))


def test_significant_digits_of_currents_and_impedances() -> None:
    table = swept()
    fine = Table(table.data.with_columns(pl.col(CURRENT) * 1.23456789), table.metadata)
    currents = measured_by(fine, instrument(current=Channel(digits=4)), seed=1).data[CURRENT]
    assert set(currents) == {-1.235e-4, 1.235e-4}
    seen = measured_by(spectrum(40), instrument(impedance_digits=3), seed=1).data
    for name in ("Real Impedance / ohm", "Imaginary Impedance / ohm"):
        assert all(float(f"{value:.2e}") == value for value in seen[name])


# Noise


def test_noise_has_its_size_and_is_white() -> None:
    table = cycled(records=20001)
    volts, amperes = 0.3e-3, 0.2e-6
    made = instrument(voltage=Channel(noise=volts), current=Channel(noise=amperes))
    seen = measured_by(table, made, seed=11)
    for name, size in ((VOLTAGE, volts), (CURRENT, amperes)):
        flowing = table.data["Cell Direction"] != "rest"
        noise = (seen.data[name] - table.data[name]).filter(flowing).to_numpy()
        assert spread_is(noise, size)
        assert not spread_is(noise, 1.05 * size), "the interval would tell five per cent"
        limit = stats.norm.ppf((1 + SURE) / 2)
        assert abs(noise.mean()) < limit * size / np.sqrt(noise.size)
        assert abs(np.mean(noise[1:] * noise[:-1])) / size**2 < limit / np.sqrt(noise.size)
        assert seen.metadata.truth[f"{name.split(' / ')[0].lower()} noise"].value == size


def test_noise_of_an_impedance_is_of_its_modulus_and_its_phase() -> None:
    table = spectrum(5000)
    seen = measured_by(table, instrument(modulus=0.01, phase=0.005), seed=5)
    values = [
        table.data["Real Impedance / ohm"].to_numpy() + 1j * table.data["Imaginary Impedance / ohm"].to_numpy()
        for table in (seen, table)
    ]
    ratio = values[0] / values[1]
    assert spread_is(np.abs(ratio) - 1, 0.01)
    assert spread_is(np.angle(ratio), 0.005)
    assert (seen.metadata.truth["modulus noise"].value, seen.metadata.truth["phase noise"].value) == (0.01, 0.005)


def test_a_cell_at_rest_carries_no_current() -> None:
    made = instrument(current=Channel(full_scale=10e-3, of_range=5e-4, noise=1e-6, quantum=0.3e-6))
    for table in (cycled(), pulsed()):
        seen = measured_by(table, made, seed=2).data
        resting = seen.filter(pl.col("Cell Direction") == "rest")
        assert (resting[CURRENT] == 0).all()
        assert (seen.filter(pl.col("Cell Direction") != "rest")[CURRENT] != 0).all()


# Accuracy


def test_errors_stay_within_the_datasheet_and_use_its_room() -> None:
    channel = Channel(full_scale=5.0, of_reading=1e-3, of_range=5e-4)
    made = instrument(voltage=channel)
    table = spectrum(3)
    levels = np.array([-5.0, 0.0, 5.0])
    dc = Table(table.data.with_columns(pl.Series(VOLTAGE, levels)), table.metadata)
    gains, shares = [], []
    for seed in range(300):
        seen = measured_by(dc, made, seed)
        error = seen.data[VOLTAGE].to_numpy() - levels
        limits = [channel.limit(float(level)) for level in levels]
        assert (np.abs(error) <= np.array(limits) * (1 + 1e-9)).all()
        truth = seen.metadata.truth
        gain, offset = truth["voltage gain error"].value, truth["voltage offset"].value
        assert np.allclose(error, gain * levels + offset, rtol=0, atol=1e-12)
        gains.append(gain)
        shares.append(error / limits)
    assert max(map(abs, gains)) <= 1.5e-3
    assert np.ptp(gains) > 1.5e-3
    # An even distribution has its mean in the middle, within its sampling error.
    assert abs(np.mean(shares)) < 0.1
    assert np.abs(shares).max() > 0.8


def test_a_gain_error_alone_scales_the_capacity() -> None:
    table = cycled()
    seen = measured_by(table, instrument(current=Channel(of_reading=1e-2)), seed=4)
    gain = seen.metadata.truth["current gain error"].value
    assert 1e-4 < abs(gain) <= 1e-2
    ends = seen.data.group_by(STEP, maintain_order=True).last()[CAPACITY].to_list()
    # 1 mA for an hour.
    assert ends == pytest.approx([0.0, 1e-3 * (1 + gain), 1e-3 * (1 + gain)], rel=1e-12)


def test_a_seed_is_a_channel_whatever_is_measured_on_it() -> None:
    made = instrument(
        voltage=Channel(full_scale=5.0, of_range=1e-3), current=Channel(full_scale=10e-3, of_range=1e-3, noise=1e-7)
    )
    first, second = (measured_by(table, made, seed=8).metadata.truth for table in (cycled(), swept()))
    for name in ("voltage gain error", "voltage offset", "current gain error", "current offset"):
        assert first[name] == second[name]
    assert measured_by(cycled(), made, seed=9).metadata.truth["current offset"] != first["current offset"]


# Counters


def _integral(data: pl.DataFrame, rate: pl.Expr) -> list[float]:
    """∫ rate dt of each step in hours, by another hand: numpy's own trapezoids."""
    return [
        float(np.trapezoid(step.select(rate.alias("rate"))["rate"], step[TIME])) / 3600
        for _, step in data.group_by(STEP, maintain_order=True)
    ]


def test_capacity_and_energy_are_the_integrals_of_what_is_written() -> None:
    table = cycled(records=301)
    table = Table(table.data.with_columns(pl.lit(0.0).alias(ENERGY)), table.metadata)
    made = instrument(
        voltage=Channel(full_scale=5.0, of_range=1e-3, noise=1e-3),
        current=Channel(full_scale=10e-3, of_range=1e-3, noise=20e-6, quantum=0.31e-6),
    )
    seen = measured_by(table, made, seed=6).data
    ends = seen.group_by(STEP, maintain_order=True).last()
    assert ends[CAPACITY].to_list() == pytest.approx(_integral(seen, pl.col(CURRENT).abs()), rel=1e-12, abs=0)
    signed = _integral(seen, pl.col(CURRENT) * pl.col(VOLTAGE))
    assert ends[ENERGY].to_list() == pytest.approx([0.0, -signed[1], signed[2]], rel=1e-12, abs=0)
    assert min(ends[ENERGY][1], ends[ENERGY][2]) > 0
    starts = seen.group_by(STEP, maintain_order=True).first()
    assert starts[CAPACITY].to_list() == starts[ENERGY].to_list() == [0.0, 0.0, 0.0]


def test_the_counter_counts_between_records() -> None:
    made = instrument(current=Channel(noise=50e-6))
    every = measured_by(cycled(), made, seed=6).data
    some = measured_by(cycled(), replace(made, interval=600.0), seed=6).data
    assert some.height < every.height / 100
    joined = some.join(every, on=[STEP, TIME], suffix=" of all", maintain_order="left")
    assert (joined[CAPACITY] == joined[f"{CAPACITY} of all"]).all()


# What else it leaves, and does


def test_truth_is_untouched_and_what_was_measured_is_not_it() -> None:
    table = cycled()
    made = replace(INSTRUMENTS["land-ct2001a"], interval=30.0)
    seen = measured_by(table, made, seed=1)
    # No two records have the same lithiation, so it names the record that it stood at.
    kept = seen.data.join(table.data, on=LITHIATION, suffix=" true", maintain_order="left")
    assert kept.height == seen.rows < table.rows
    assert kept[STEP].equals(kept[f"{STEP} true"].alias(STEP))
    assert (kept[TIME] - kept[f"{TIME} true"]).abs().max() <= 0.005 + 1e-9  # type: ignore[operator]
    assert seen.metadata.truth["film resistance"] == Quantity(2.0, "ohm")
    assert seen.metadata.origin == "simulated"
    assert seen.measurement_hash() == Table(seen.data.drop(LITHIATION), seen.metadata).measurement_hash()
    assert seen.content_hash() == measured_by(table, made, seed=1).content_hash()
    assert seen.measurement_hash() != measured_by(table, made, seed=2).measurement_hash()


def test_checks_find_what_they_find_in_a_file() -> None:
    def codes(**about: object) -> list[str]:
        return [finding.code for finding in measured_by(cycled(), instrument(**about), seed=1).findings]

    assert codes() == []
    assert codes(voltage=Channel(quantum=1e-3)) == ["coarse-voltage"]
    assert codes(voltage=Channel(quantum=0.1e-3)) == []
    assert codes(current=Channel(quantum=0.1e-3)) == ["coarse-current"]
    assert codes(counter=1e-5) == ["coarse-capacity"]
    assert codes(clock=60.0) == ["coarse-time"]


@pytest.mark.parametrize(
    ("table", "made", "words"),
    [
        (square_wave([-1.0, 1.0], [1.0, 1.0]), instrument(), "only a simulated table"),
        (measured_by(cycled(), instrument(), seed=1), instrument(), "has been through an instrument"),
        (
            Table(
                pl.DataFrame({"Quantity": ["m"], "Value": [1.0], "Uncertainty": [0.1], "Unit": ["g"]}),
                Metadata(kind="scalars", origin="simulated"),
            ),
            instrument(),
            "'scalars' is a kind of table that none of these instruments writes",
        ),
        (
            cycled(),
            instrument(current=Channel(full_scale=0.5e-3)),
            "0.001 is beyond the instrument's range of 0.0005 A",
        ),
        (cycled(), instrument(current=Channel(full_scale=10.0, of_range=0.01)), "the Made up's error turns its sign"),
    ],
    ids=["measured", "twice", "kind", "range", "sign"],
)
def test_what_no_instrument_could_have_written_is_refused(table: Table, made: Instrument, words: str) -> None:
    with pytest.raises(SimulationError, match=re.escape(words)) as caught:
        measured_by(table, made, seed=1)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Channel(noise=0.0),
        lambda: Channel(quantum=-1e-3),
        lambda: Channel(full_scale=float("inf")),
        lambda: Channel(of_range=1e-3),
        lambda: Channel(quantum=1e-3, digits=4),
        lambda: instrument(interval=0.0),
        lambda: Instrument(vendor="x", model=None, sources=()),
    ],
)
def test_an_instrument_that_makes_no_sense_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"above zero|not given|exclude|needs a source"):
        make()


def test_a_study_runs_on_what_an_instrument_wrote(tmp_path: Path) -> None:
    table = square_wave([-1.0, 1.0, -1.0, 1.0], [1.0, 0.9, 0.95, 0.9], records=361, counted=False)
    truth = pl.lit(0.5).alias(LITHIATION)
    simulated = Table(table.data.with_columns(truth), Metadata(kind="cycling", origin="simulated"))
    seen = measured_by(simulated, INSTRUMENTS["land-ct2001a"], seed=1)
    seen.write_parquet(tmp_path / "cell.parquet")
    (tmp_path / "study.yaml").write_text(
        "schema: 1\nbinders: {CMC: {}}\nelectrodes: {E: {binder: CMC, made: empty}}\n"
        "cells:\n  A: {electrode: E, configuration: half, files: [cell.parquet], active_mass: 1.0 ± 0.1 mg}\n"
    )
    run = workflow.run_study(tmp_path)
    assert run.errors == ()
    assert run.samples["A"]["origin"] == "simulated"
    efficiency = run.samples["A"]["cycling"]["summary"][0]["Coulombic Efficiency / %"]
    # Both halves at 1 mA: 0.9 h over 1 h.
    assert efficiency == pytest.approx(90.0, rel=1e-3)
    again = Table.read_parquet(run.folder / "tables" / "A.parquet")
    assert again.metadata.origin == "simulated"
    assert again.metadata.truth == seen.metadata.truth
    assert again.data[LITHIATION].equals(seen.data[LITHIATION])
    assert read(tmp_path / "cell.parquet", sample=Sample(name="B")).measurement_hash() == seen.measurement_hash()


# The instruments that ship, against the files that their numbers are from


def _noise(data: pl.DataFrame, name: str, quantum: float) -> float:
    """Standard deviation of white noise in the longer steps of a file, less what rounding explains.

    The third difference of a smooth curve is small, and that of white noise has 1 + 9 + 9 + 1 = 20 times its variance.
    """
    found = []
    for _, step in data.filter(pl.col("Cell Direction") != "rest").group_by(STEP, maintain_order=True):
        if step.height >= 100:
            third = np.diff(step[name].to_numpy()[step.height // 2 :], 3)
            scale = 1.4826 * float(np.median(np.abs(third - np.median(third))))
            inner = third[np.abs(third) < 6 * scale] if scale > 0 else third
            found.append(float(inner.std()) / np.sqrt(20))
    return float(np.sqrt(np.median(found) ** 2 - quantum**2 / 12))


def _grid(data: pl.DataFrame, name: str, about: float) -> float:
    """The step of the grid that levels stand on: where exp(2πi · level / step) adds up best."""
    levels = np.unique(data[name].to_numpy())
    steps = about * np.linspace(0.97, 1.03, 6001)
    sums = [abs(np.exp(2j * np.pi * levels / step).mean()) for step in steps]
    assert max(sums) > 0.8, "there is no such grid"
    return float(steps[int(np.argmax(sums))])


@pytest.mark.parametrize(
    ("name", "file", "reads"),
    [
        ("land-ct2001a", "cycler_land/NJK_CC_156_C30_C_x30.xlsx", {VOLTAGE: ("grid", "noise")}),
        ("land-ct2001a", "cycler_land/6-6-L_Formation_and_Cap_Check_004_2.xlsx", {VOLTAGE: ("grid",)}),
        ("neware-ct4008-5v6a", "cycler_neware/neware_uio.csv", {VOLTAGE: ("grid", "noise")}),
        (
            "arbin",
            "cycler_arbin/20160805_test001_45_cc_01.res",
            {VOLTAGE: ("grid", "noise"), CURRENT: ("grid", "noise")},
        ),
        (
            "biologic",
            "cycler_biologic/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
            {VOLTAGE: ("noise",)},
        ),
    ],
)
def test_shipped_numbers_are_those_of_the_files(
    real: Real, name: str, file: str, reads: dict[str, tuple[str, ...]]
) -> None:
    data = read(real(file)).data
    for column, numbers in reads.items():
        channel = INSTRUMENTS[name].voltage if column == VOLTAGE else INSTRUMENTS[name].current
        if "grid" in numbers:
            assert channel.quantum is not None
            assert _grid(data, column, channel.quantum) == pytest.approx(channel.quantum, rel=1e-3)
        if "noise" in numbers:
            assert _noise(data, column, channel.quantum or 0.0) == pytest.approx(channel.noise, rel=0.05)


def test_the_shipped_workstation_writes_as_its_files_do(real: Real) -> None:
    made = INSTRUMENTS["chi-760e"]
    records = re.findall(r"^(-?\d\.\d+), (-?\d\.\d+)e-\d+$", real("cv/CV-1T.txt").read_text(), re.MULTILINE)
    assert len(records) > 1000
    assert {len(volts.partition(".")[2]) for volts, _ in records} == {3}
    assert {len(current.lstrip("-")) - 1 for _, current in records} == {made.current.digits}
    assert made.voltage.quantum == 1e-3
    spectra = re.findall(
        r"^[\d.e+]+, (-?[\d.]+)e.\d+, (-?[\d.]+)e", real("eis/EIS_-0,48_V.txt").read_text(), re.MULTILINE
    )
    assert len(spectra) > 50
    assert {len(part.lstrip("-")) - 1 for parts in spectra for part in parts} == {made.impedance_digits}


@pytest.mark.parametrize("name", list(INSTRUMENTS))
def test_every_shipped_instrument_says_where_it_is_from_and_works(name: str) -> None:
    made = INSTRUMENTS[name]
    assert made.sources
    tables = [swept(), spectrum(30)] if name == "chi-760e" else [cycled(), pulsed()]
    for table in tables:
        seen = measured_by(table, made, seed=1)
        assert seen.metadata.instrument.vendor == made.vendor
        if VOLTAGE in table.data.columns:
            off = (seen.data[VOLTAGE] - table.data[VOLTAGE]).abs().max()
            assert 0 < off < 6e-3  # type: ignore[operator]
