"""Titration and interruption against exact bodies, against ampworks' own algorithm, and on its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.linalg import solve_banded

from byssus.analysis.pulses import examine_gitt, examine_ici, pulses_of
from byssus.analysis.pulses.detect import record_of
from byssus.analysis.pulses.model import Piece, respond
from byssus.analysis.pulses.roots import root_line
from byssus.conventions import Configuration
from byssus.errors import AnalysisError
from byssus.figure.titration import titration_figures
from byssus.fitting import Data, Parameter, fit
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.read import read
from byssus.measured.tables import CELL_DIRECTION, Table
from byssus.physics.diffusion import plane_lead, sphere_lead
from byssus.quantity import Quantity
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: V per unit of mean filling per second of current, and V that come and go with the current.
RATE, STEP = 1e-5, 8e-3


def diffused(shape: str, constant: float, time: Array, current: Array, shells: int = 150) -> Array:
    """Surface filling of a body under a current, by finite volumes and implicit steps: nothing of the series in it.

    The unit is what a current of 1 adds to the mean in a second.  The current of a record is that of the step to it.
    """
    power = 2 if shape == "sphere" else 0
    # Finer towards the surface, where the gradient is steep.
    edges = 1 - (1 - np.linspace(0, 1, shells + 1)) ** 2
    centres = (edges[1:] + edges[:-1]) / 2
    volume = np.diff(edges ** (power + 1)) / (power + 1)
    conductance = edges[1:-1] ** power / np.diff(centres) / constant
    whole = 1 / (power + 1)
    filled, surface = np.zeros(shells), np.zeros(time.size)
    for at in range(1, time.size):
        # Steps short against the slowest exponential, T/20, where that is not a thousand of them.
        count = int(np.clip((time[at] - time[at - 1]) / (5e-3 * constant), 1, 40))
        step = (time[at] - time[at - 1]) / count
        bands = np.zeros((3, shells))
        bands[1] = volume
        bands[1, :-1] += step * conductance
        bands[1, 1:] += step * conductance
        bands[0, 1:] = bands[2, :-1] = -step * conductance
        for _ in range(count):
            gained = volume * filled
            gained[-1] += step * current[at] * whole
            filled = solve_banded((1, 1), bands, gained)
        # From the outermost centre to the surface by the gradient that the current makes.
        surface[at] = filled[-1] + current[at] * whole * constant * (1 - centres[-1])
    return surface


def table_of(time: Array, voltage: Array, current: Array, *, half: bool = False) -> Table:
    sign = np.sign(current)
    words = np.array(["rest", "charge", "discharge"])[sign.astype(int)]
    step = np.concatenate([[1], 1 + np.cumsum(np.diff(sign) != 0)])
    frame = pl.DataFrame(
        {"Test Time / s": time, "Voltage / V": voltage, "Current / A": current, "Step Count / 1": step,
         "Cell Direction": pl.Series(words.tolist(), dtype=CELL_DIRECTION)}
    )  # fmt: skip
    about = Sample(name="body", configuration=Configuration.HALF, active_mass=Quantity(2.0, "mg")) if half else Sample()
    return Table(frame, Metadata(kind="cycling", sample=about))


def times_of(*steps: tuple[float, float, float]) -> tuple[Array, Array]:
    """Times and currents of steps (duration, interval, current), with a record at both ends of each."""
    times, currents, now = [np.array([0.0])], [np.array([0.0])], 0.0
    for duration, interval, current in steps:
        inside = np.unique(np.concatenate([[1e-3], np.geomspace(0.05, interval, 12), np.arange(interval, duration, interval),
                                           [duration]]))  # fmt: skip
        times.append(now + inside)
        currents.append(np.full(inside.size, current))
        now += duration
    return np.concatenate(times), np.concatenate(currents)


def titration(
    shape: str, constant: float, pulses: int = 4, pulse: float = 600.0, rest: float = 1800.0, noise: float = 2e-5,
    sign: float = 1.0, *, half: bool = False,
) -> Table:  # fmt: skip
    time, current = times_of((1200.0, 30.0, 0.0), *[(pulse, 5.0, sign), (rest, 15.0, 0.0)] * pulses)
    surface = diffused(shape, constant, time, current)
    voltage = 0.5 + RATE * surface + STEP * current + noise * np.random.default_rng(3).standard_normal(time.size)
    return table_of(time, voltage, 1e-3 * current, half=half)


@pytest.mark.parametrize("ratio", [1e-4, 0.003, 0.049, 0.051, 0.4, 3.0])
def test_the_lead_of_the_surface_is_that_of_finite_volumes(ratio: float) -> None:
    for shape, lead in (("sphere", sphere_lead), ("plane", plane_lead)):
        time = np.concatenate([[0.0], np.geomspace(1e-6, 1.0, 400) * ratio])
        surface = diffused(shape, 1.0, time, np.ones(time.size), shells=600)
        assert lead(ratio) == pytest.approx(surface[-1] - ratio, rel=0.01)


@pytest.mark.parametrize(
    ("shape", "constant"),
    [("sphere", 300.0), ("sphere", 2000.0), ("sphere", 12000.0), ("plane", 300.0), ("plane", 2000.0)],
)
def test_the_full_model_finds_the_time_constant_of_a_body(shape: str, constant: float) -> None:
    found = examine_gitt([titration(shape, constant)], {"shape": shape, "diffusion length": Quantity(2.0, "um")})
    rows = found.frames["pulses"]
    assert rows["Reason"].null_count() == rows.height == 4
    assert rows["Model Reason"].null_count() == 4
    assert rows["Model Time Constant / s"].to_numpy() == pytest.approx(constant, rel=0.1)
    inside = (rows["Model Time Constant Lower / s"] < constant) & (rows["Model Time Constant Upper / s"] > constant)
    assert inside.sum() >= 3
    assert rows["Model D / m^2/s"].to_numpy() == pytest.approx(4e-12 / constant, rel=0.1)
    assert rows["Model Resistance / ohm"].to_numpy() == pytest.approx(STEP / 1e-3, rel=0.02)


def test_the_textbook_is_exact_in_a_thick_plane_and_says_so_where_it_is_not() -> None:
    slow = examine_gitt([titration("plane", 2e4, 2, rest=20000.0, noise=2e-6)], {"shape": "plane"}).frames["pulses"]
    assert slow["Textbook Reason"].null_count() == slow.height
    assert slow["Textbook D/L^2 / 1/s"].to_numpy() == pytest.approx(1 / 2e4, rel=0.03)
    # Small particles, as of the seed paper: 30 s of diffusion in pulses of 600 s.
    fast = examine_gitt([titration("sphere", 30.0, 3, noise=5e-7)], {}).frames["pulses"]
    assert fast["Textbook Reason"].str.starts_with("out of range").all()
    assert fast["Model Time Constant / s"].to_numpy() == pytest.approx(30.0, rel=0.1)


def test_a_time_constant_that_pulse_and_rest_do_not_show_is_not_given() -> None:
    # Over at the first record; hardly begun at the last; and still as into an endless plane.
    for shape, constant in (("sphere", 0.5), ("sphere", 3e6), ("plane", 12000.0)):
        told: dict[str, Told] = {"shape": shape, "diffusion length": Quantity(2.0, "um")}
        found = examine_gitt([titration(shape, constant, 2)], told)
        rows = found.frames["pulses"]
        assert rows["Model D / m^2/s"].null_count() == rows.height
        assert rows["Model Reason"].null_count() == 0
        result = next(each for each in found.results if "full model" in each.name)
        assert result.value is None
        assert "not identifiable" in (result.reason or "") or "not diffusion" in (result.reason or "")
        assert "time-constant-open" in {finding.code for finding in found.findings}


def test_the_interval_is_that_of_the_fitting_core() -> None:
    times = np.concatenate([np.geomspace(1, 600, 60), 600 + np.geomspace(1, 1800, 60)])
    generator = np.random.default_rng(5)

    def voltage(t: Array, log: float, rate: float, step: float, start: float, drift: float) -> Array:
        constant = 10**log
        on = t + constant * np.asarray(sphere_lead(np.maximum(t, 0) / constant))
        later = np.maximum(t - 600, 0)
        off = later + constant * np.asarray(sphere_lead(later / constant))
        return start + rate * np.where(t > 0, on - off, 0) + step * ((t > 0) & (t <= 600)) + drift * t

    made = voltage(times, 3.3, 1e-5, 8e-3, 0.5, 1e-8) + 5e-5 * generator.standard_normal(times.size)
    before = (-90.0, float(voltage(np.array([-90.0]), 3.3, 1e-5, 8e-3, 0.5, 1e-8)[0]))
    piece = Piece(times, made, before, 600.0, ())
    (ours,) = respond([piece], "sphere")
    assert ours is not None
    points, values = piece.points()
    core = fit(
        Data(voltage, points, values),
        [Parameter("log", 3.0), Parameter("rate", 2e-5), Parameter("step", 5e-3), Parameter("start", 0.4),
         Parameter("drift", 1e-8, scale=1e-8)],
    )  # fmt: skip
    low, high = core.interval("log")
    assert not ours.curved
    assert ours.fast is None
    assert np.log10(ours.time_constant) == pytest.approx(core["log"].value, abs=2e-3)
    assert np.log10(ours.low) <= low + 2e-3
    assert np.log10(ours.high) >= high - 2e-3
    # Wider only by neighbours that err alike and by a bent open-circuit voltage.
    assert np.log10(ours.high / ours.low) < 2.5 * (high - low)


def test_pulses_are_told_from_rests_by_the_current() -> None:
    time, current = times_of((7200.0, 60.0, -1.0), (600.0, 30.0, 0.0), (60.0, 5.0, 1.0), (300.0, 10.0, 0.0),
                             (30.0, 5.0, 1.0), (300.0, 10.0, 0.0), (60.0, 5.0, 1.0), (60.0, 5.0, -1.0), (300.0, 10.0, 0.0),
                             (60.0, 5.0, 1.0), (4.0, 1.0, 0.0), (60.0, 5.0, 1.0), (300.0, 10.0, 0.0))  # fmt: skip
    offset = 1e-3 * np.where(current == 0, 2e-3, current)
    table = table_of(time, 3.0 + 0 * time, offset)
    pulses = pulses_of(table)
    counted = pulses.data.group_by("Pulse Count / 1", "Pulse Part", maintain_order=True).len()
    assert counted.select("Pulse Count / 1", "Pulse Part").rows() == [
        (0, "rest"), (0, "pulse"), (1, "pulse"), (1, "rest"), (2, "pulse"), (2, "rest"), (3, "pulse"), (4, "pulse"),
        (4, "rest"), (5, "pulse"), (5, "rest"), (6, "pulse"), (6, "rest"),
    ]  # fmt: skip
    # The way to the state, long, is none; the cycler's offset of 2 µA is rest.
    assert counted.filter(pl.col("Pulse Count / 1") == 0)["len"].sum() == np.count_nonzero(time <= 7800.0)
    durations = [run.duration for run in record_of(pulses).runs if run.sign and run.number]
    assert durations == pytest.approx([60.0, 30.0, 60.0, 60.0, 60.0, 60.0], abs=0.01)
    rows = examine_gitt([pulses], {}).frames["pulses"]
    said = dict(zip(rows["Pulse / 1"], rows["Reason"], strict=True))
    assert said[1] == "the first after a change of direction: the rest before it lies on the other branch"
    assert said[3] == "no rest after it"
    assert said[4] == "no rest before it"
    assert (said[5] or "").startswith("interrupted: only 4 s of rest after it")
    assert (said[6] or "").startswith("only 4 s of rest before it")
    assert said[2] is None
    # Of what gives no number the table says why, and shows none.
    assert rows.filter(pl.col("Reason").is_not_null())["Textbook D/L^2 / 1/s"].drop_nulls().is_empty()


def test_without_pulses_there_is_nothing_to_analyse() -> None:
    time = np.linspace(0, 100, 11)
    with pytest.raises(AnalysisError, match="no current flows"):
        examine_gitt([table_of(time, time, 0 * time)], {})
    with pytest.raises(AnalysisError, match="no current that is followed by a rest"):
        examine_ici([table_of(time, time, np.ones(11))], {})


def test_a_voltage_against_the_current_gives_no_number() -> None:
    table = titration("sphere", 2000.0)
    turned = Table(table.data.with_columns((1.0 - pl.col("Voltage / V")).alias("Voltage / V")), table.metadata)
    rows = examine_gitt([turned], {}).frames["pulses"]
    assert rows["Textbook Reason"].str.contains("does not move the way that the current drives it").all()
    assert rows["Textbook D/L^2 / 1/s"].null_count() == rows["Model D/L^2 / 1/s"].null_count() == rows.height


def test_few_records_give_reasons_and_no_numbers() -> None:
    time = np.array([0.0, 60, 120, 420, 720, 1020, 1920, 2820, 3120, 3420, 3720, 4620, 5520])
    current = np.array([0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0.0])
    rows = examine_gitt([table_of(time, 0.5 + 1e-5 * np.cumsum(current * 300), current)], {}).frames["pulses"]
    assert rows["Textbook Reason"].to_list() == ["too few records in the pulse for a line over √t"] * 2
    assert rows["Model Reason"].to_list() == ["too few records in pulse and rest"] * 2


def test_lengths_and_masses_are_carried_with_their_uncertainty() -> None:
    table = titration("sphere", 2000.0, sign=-1.0, half=True)
    bare = examine_gitt([table], {})
    told = examine_gitt([table], {"diffusion length": Quantity(150, "nm", 15), "length from": "particle size"})
    assert bare.frames["pulses"]["Model D / m^2/s"].null_count() == 4
    assert any("no D" in words for _, words in bare.methods)
    area = examine_gitt([table], {"area": Quantity(1.5, "cm^2", 0.03)})
    resistance = next(each for each in area.results if each.name == "resistance of the step, lithiation")
    assert resistance.unit == "ohm*cm^2"
    assert resistance.value == pytest.approx(1.5 * STEP / 1e-3, rel=0.02)
    assert resistance.uncertainty == pytest.approx(0.02 * 12, rel=0.03)
    assert any("from particle size" in words for _, words in told.methods)
    rows = told.frames["pulses"]
    own = rows["Model D/L^2 Standard Uncertainty / 1/s"] / rows["Model D/L^2 / 1/s"]
    whole = rows["Model D Standard Uncertainty / m^2/s"] / rows["Model D / m^2/s"]
    assert whole.to_numpy() == pytest.approx(np.hypot(own.to_numpy(), 0.2))
    assert rows["Direction"].unique().to_list() == ["lithiation"]
    # 1 mA for 600 s into 2 mg: 83 mAh/g a pulse, counted to its middle.
    assert rows["Lithiation / mAh/g"].to_numpy() == pytest.approx(
        1000 / 6 / 2 * np.array([0.5, 1.5, 2.5, 3.5]), rel=1e-3
    )


def test_a_rest_that_still_drifts_is_said() -> None:
    table = titration("sphere", 300.0, noise=2e-6)
    drifting = table.data.with_columns(pl.col("Voltage / V") + 1e-6 * pl.col("Test Time / s"))
    found = examine_gitt([Table(drifting, table.metadata)], {})
    assert "rest-not-at-equilibrium" not in {finding.code for finding in examine_gitt([table], {}).findings}
    assert "rest-not-at-equilibrium" in {finding.code for finding in found.findings}
    rows = found.frames["pulses"]
    assert rows["Rest Drift / mV/h"].to_numpy() == pytest.approx(3.6, abs=0.2)
    # The model knows the drift for what it is.
    assert rows["Model Drift / mV/h"].to_numpy() == pytest.approx(3.6, abs=0.1)
    assert rows["Model Time Constant / s"].to_numpy() == pytest.approx(300.0, rel=0.05)


@pytest.fixture(scope="module")
def charged(real: Callable[[str], Path]) -> Table:
    return read(real("gitt/gitt_charge.csv.gz"))


@pytest.fixture(scope="module")
def discharged(real: Callable[[str], Path]) -> Table:
    return read(real("gitt/ici_discharge.csv"))


def of_ampworks(table: Table) -> tuple[Array, Array]:
    """Slopes over √t in V/s^0.5 and diffusion coefficients over R² by the algorithm of ampworks 0.1.0, gitt.extract_params.

    A line through 1 to 60 s since the first record of a pulse; the rate from np.gradient of the first voltages of
    pulses over the time under current; 4/(9 π) of the square of their ratio.
    """
    time, voltage, current = (table.data[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A"))
    on = current > 0
    firsts = np.flatnonzero(on & ~np.concatenate([[False], on[:-1]]))
    lasts = np.flatnonzero(on & ~np.concatenate([on[1:], [False]]))
    slopes, durations = [], []
    for first, last in zip(firsts, lasts, strict=True):
        since = time[first : last + 1] - time[first]
        window = (since >= 1) & (since <= 60)
        slopes.append(np.polyfit(np.sqrt(since[window]), voltage[first : last + 1][window], 1)[0])
        durations.append(since[-1])
    rate = np.gradient(voltage[firsts], np.cumsum(durations))
    return np.array(slopes), 4 / 9 / np.pi * (rate / np.array(slopes)) ** 2


def test_the_file_of_120_pulses_gives_what_the_notes_say(charged: Table) -> None:
    rows = examine_gitt([charged], {}).frames["pulses"]
    assert rows.height == 121
    assert rows["Pulse Duration / s"][0] == pytest.approx(660, abs=0.01)
    assert rows["Pulse Duration / s"][120] == pytest.approx(200.6, abs=0.01)
    assert rows["Model Reason"].null_count() >= 115
    slopes, theirs = of_ampworks(charged)
    # Where no window is straight the line is that of ampworks; its t = 0 is the first record, 1 ms later.
    usual = rows.with_columns(pl.Series("theirs", 1e3 * slopes)).filter(
        pl.col("Textbook Reason").str.contains("no line")
    )
    assert usual.height > 100
    assert usual["Slope / mV/s^0.5"].to_numpy() == pytest.approx(usual["theirs"].to_numpy(), rel=0.005)
    assert np.median(rows["Textbook D/L^2 / 1/s"].to_numpy()[:120] / theirs[:120]) == pytest.approx(1, abs=0.02)
    # Means of the 120 whole pulses, over those of the slope over √t.
    whole = rows.head(120)
    mean = float(np.mean(whole["Textbook D/L^2 / 1/s"].to_numpy()))
    # Without the jump: 0.47.
    endpoint = whole["Endpoint D/L^2 / 1/s"].to_numpy()
    assert np.mean(endpoint) / mean == pytest.approx(0.47, abs=0.005)
    # With the rest's time for the pulse's: a twelfth of it, 0.039 (the notes say 0.040).
    with_rest = endpoint * (whole["Pulse Duration / s"] / whole["Rest Duration / s"]).to_numpy()
    assert np.mean(with_rest) / mean == pytest.approx(0.0395, abs=0.001)
    # With the relaxation for the change from rest to rest, and the jump in: 0.057 of ampworks' mean, 0.065 of this one.
    worded = whole["As Worded D/L^2 / 1/s"].to_numpy()
    with_pulse = worded * (whole["Rest Duration / s"] / whole["Pulse Duration / s"]).to_numpy()
    assert np.mean(with_pulse) / np.mean(theirs[:120]) == pytest.approx(0.057, abs=0.001)
    # Both wordings at once, as the paper has them.
    assert np.mean(worded) / mean == pytest.approx(0.0054, abs=0.0002)


def interrupted(shape: str, constant: float, *, noise: float = 2e-6) -> Table:
    """A slow charge with pauses of 10 s, long after its beginning."""
    time, current = times_of(*[(300.0, 10.0, 1.0), (10.0, 0.2, 0.0)] * 25)
    surface = diffused(shape, constant, time, current)
    voltage = 0.5 + RATE * surface + STEP * current + noise * np.random.default_rng(7).standard_normal(time.size)
    return table_of(time, voltage, 1e-3 * current)


@pytest.mark.parametrize(("shape", "constant"), [("sphere", 2000.0), ("plane", 2000.0), ("sphere", 15000.0)])
def test_interruptions_find_the_time_constant_of_a_body(shape: str, constant: float) -> None:
    found = examine_ici([interrupted(shape, constant)], {"shape": shape})
    rows = found.frames["pulses"].slice(10, 12)
    assert rows["Model Reason"].null_count() == rows.height
    assert rows["Model Time Constant / s"].to_numpy() == pytest.approx(constant, rel=0.08)
    assert rows["Resistance / ohm"].to_numpy() == pytest.approx(STEP / 1e-3, rel=0.03)
    # 10 s of 15000 s are short, of 2000 s not: there the formula says that it is out of its range.
    held = rows["Textbook Reason"].null_count()
    assert (held == rows.height) == (constant > 1e4)
    if constant > 1e4:
        assert rows["Textbook D/L^2 / 1/s"].to_numpy() == pytest.approx(1 / constant, rel=0.2)


def test_the_file_of_interruptions_gives_what_ampworks_gives(discharged: Table) -> None:
    rows = examine_ici([discharged], {}).frames["pulses"]
    assert rows.height == 132
    time, voltage, current = (
        discharged.data[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A")
    )
    on = current != 0
    lasts = np.flatnonzero(on & ~np.concatenate([on[1:], [False]]))
    slopes = []
    for last in lasts:
        since = time[last + 1 : last + 102] - time[last + 1]
        window = (since >= 1) & (since <= 10)
        slopes.append(np.polyfit(np.sqrt(since[window]), voltage[last + 1 : last + 102][window], 1)[0])
    theirs = 4 / 9 / np.pi * (np.gradient(voltage[lasts], time[lasts]) / np.array(slopes)) ** 2
    # They take the rate over all time; it is of 310 s for 300 s of current.
    ours = rows["Textbook D/L^2 / 1/s"].to_numpy()
    assert np.median(ours[2:-2] / theirs[2:-2] * (300 / 310) ** 2) == pytest.approx(1, abs=0.01)
    assert rows["Textbook Reason"].str.contains("no line over √t").sum() > 120


def test_lines_over_the_root_of_time_keep_to_where_they_are_straight() -> None:
    t = np.arange(0.5, 900.0, 0.5)
    straight = root_line(t, 3.0 + 2e-3 * np.sqrt(t))
    assert straight is not None
    assert straight.straight
    assert straight.slope == pytest.approx(2e-3)
    # Bent beyond 100 s: the window ends before.
    bent = root_line(t, 3.0 + 2e-3 * np.sqrt(t) + 2e-5 * np.maximum(t - 100, 0))
    assert bent is not None
    assert bent.straight
    assert bent.end < 200
    assert bent.slope == pytest.approx(2e-3, rel=0.1)
    assert root_line(t[:4], t[:4]) is None


def test_figures_show_what_the_frames_hold(discharged: Table) -> None:
    gitt = examine_gitt([titration("sphere", 2000.0, half=True)], {"diffusion length": Quantity(2.0, "um")})
    figures = {figure.name: figure for figure in titration_figures([gitt], ["body"])}
    assert set(figures) == {"gitt-diffusion-against-voltage-body", "gitt-diffusion-against-lithiation-body",
                            "gitt-example-body"}  # fmt: skip
    drawn = figures["gitt-diffusion-against-voltage-body"]
    model = next(series for series in drawn.panels[0].series if "full model" in series.name)
    assert sorted(y for y in model.y if y is not None) == gitt.frames["pulses"]["Model D / m^2/s"].sort().to_list()
    assert drawn.panels[0].y.label == "D, delithiation / m²/s"
    residuals = figures["gitt-example-body"].panels[1].series[0]
    assert np.std([y for y in residuals.y if y is not None]) < 0.05
    ici = examine_ici([discharged], {})
    axes = [panel.y.label for figure in titration_figures([ici], [""]) for panel in figure.panels]
    assert "D/L², discharge / 1/s" in axes
