"""Titration and interruption against exact bodies, against ampworks' own algorithm, and on its files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.linalg import solve_banded

from byssus.analysis.examined import Examined
from byssus.analysis.pulses import examine_gitt, examine_ici, pulses_of
from byssus.analysis.pulses.detect import possible, record_of
from byssus.analysis.pulses.model import Piece, respond
from byssus.analysis.pulses.roots import root_line
from byssus.analysis.pulses.told import findings_of_faults
from byssus.analysis.result import Result
from byssus.conventions import Configuration
from byssus.errors import AnalysisError
from byssus.figure.pulses import pulse_figures
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
    assert rows["Model D / cm^2/s"].to_numpy() == pytest.approx(4e-8 / constant, rel=0.1)
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
        assert rows["Model D / cm^2/s"].null_count() == rows.height
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


@pytest.mark.parametrize(
    ("column", "value"), [("Voltage / V", 1e300), ("Voltage / V", 400.0), ("Current / A", -1e9), ("Current / A", 5.0)]
)
def test_a_record_that_cannot_be_is_left_out_and_named(column: str, value: float) -> None:
    whole = titration("sphere", 300.0, 3)
    at = pl.int_range(pl.len()) == whole.data.height // 2
    columns = {name: whole.data[name].to_numpy() for name in ("Test Time / s", "Voltage / V", "Current / A")}
    columns[column] = np.where(whole.data.select(at).to_series().to_numpy(), value, columns[column])
    spiked = table_of(*columns.values())
    for examine in (examine_gitt, examine_ici):
        found = examine([spiked], {})
        (finding,) = (one for one in found.findings if one.code == "records-impossible")
        assert f"{value:.3g} {column[-1]}" in finding.message
        assert found.frames["pulses"].height == 3
    rows, right = (examine_gitt([one], {}).frames["pulses"] for one in (spiked, whole))
    name = "Model Time Constant / s"
    assert rows[name].to_numpy() == pytest.approx(right[name].to_numpy(), rel=0.02)
    assert not any(one.code == "records-impossible" for one in examine_gitt([whole], {}).findings)
    assert pulses_of(spiked).data.height == whole.data.height - 1


def test_a_file_of_nothing_but_impossible_records_is_refused() -> None:
    time = np.arange(40.0)
    with pytest.raises(AnalysisError, match="that can be"):
        examine_gitt([table_of(time, np.full(40, 3.7e9), np.where(time < 20, 0.0, 1e-3))], {})


def test_a_pulse_of_few_records_is_no_spike() -> None:
    """Three records of current in a row, over a millionfold of the rest: what is large is not therefore wrong."""
    time = np.arange(40.0)
    current = np.where((time >= 20) & (time < 23), 1e-3, 1e-9)
    kept, findings = possible(table_of(time, np.where(current > 1e-6, 1.0, 1e-4), current).data)
    assert kept.height == 40
    assert not findings


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
    assert bare.frames["pulses"]["Model D / cm^2/s"].null_count() == 4
    assert any("no D" in words for _, words in bare.methods)
    area = examine_gitt([table], {"area": Quantity(1.5, "cm^2", 0.03)})
    resistance = next(each for each in area.results if each.name == "resistance of the step, lithiation")
    assert resistance.unit == "ohm*cm^2"
    assert resistance.value == pytest.approx(1.5 * STEP / 1e-3, rel=0.02)
    assert resistance.uncertainty == pytest.approx(0.02 * 12, rel=0.03)
    assert any("from particle size" in words for _, words in told.methods)
    rows = told.frames["pulses"]
    own = rows["Model D/L^2 Standard Uncertainty / 1/s"] / rows["Model D/L^2 / 1/s"]
    whole = rows["Model D Standard Uncertainty / cm^2/s"] / rows["Model D / cm^2/s"]
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


def named(found: Examined, name: str) -> Result:
    return next(one for one in found.results if one.name == name)


def test_what_a_pulse_leaves_open_and_how_pulses_differ_are_told_apart() -> None:
    """The headline has no ± that is one pulse's; both are results of their own, in their own words."""
    found = examine_gitt([titration("sphere", 2000.0, 6)], {})
    rows = found.frames["pulses"]
    per = np.sort(rows["Model D/L^2 / 1/s"].to_numpy())
    middle = named(found, "diffusion coefficient over R², charge, full model")
    assert middle.value == per[3]
    assert middle.uncertainty is None
    assert "apart from it" in str(middle.method)
    own = named(found, "± of one pulse's D/R², charge, full model")
    assert own.value == pytest.approx(np.sort(rows["Model D/L^2 Standard Uncertainty / 1/s"].to_numpy())[3])
    spread = named(found, "spread of pulses' D/R², charge, full model")
    assert spread.value == pytest.approx(np.subtract(*np.quantile(per, (0.8413, 0.1587))) / 2)
    few = examine_gitt([titration("sphere", 2000.0, 3)], {"diffusion length": Quantity(2.0, "um")})
    assert named(few, "spread of pulses' D, charge, full model").reason == "3 pulses, and it takes 4"


def test_a_textbook_value_of_few_pulses_is_none(charged: Table) -> None:
    """Two of 121 pulses stood for all of them, at a third of what the full model finds."""
    found = examine_gitt([charged], {})
    textbook = named(found, "diffusion coefficient over R², charge, textbook")
    assert textbook.value is None
    assert textbook.reason == "only 2 of 121 give one, no more than chance may"
    assert named(found, "diffusion coefficient over R², charge, full model").value is not None


def test_the_known_bias_of_interruptions_is_said() -> None:
    found = examine_ici([interrupted("sphere", 2e4)], {})
    assert found.frames["pulses"]["Textbook Reason"].null_count()
    (finding,) = (one for one in found.findings if one.code == "known-bias")
    assert "1.14 of D" in finding.message
    textbook = named(found, "diffusion coefficient over R², charge, textbook")
    assert textbook.value == pytest.approx(1.14 / 2e4, rel=0.1)
    assert "1.14 of D" in str(textbook.method)


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
    assert sorted(y for y in model.y if y is not None) == gitt.frames["pulses"]["Model D / cm^2/s"].sort().to_list()
    assert drawn.panels[0].y.label == "D, delithiation / cm²/s"
    residuals = figures["gitt-example-body"].panels[1].series[0]
    assert np.std([y for y in residuals.y if y is not None]) < 0.05
    ici = examine_ici([discharged], {})
    axes = [panel.y.label for figure in titration_figures([ici], [""]) for panel in figure.panels]
    assert "D/R², discharge / 1/s" in axes


def test_a_value_that_does_not_hold_is_not_drawn_as_one_that_does(charged: Table) -> None:
    """In 119 of 121 pulses the formula is out of its range; those are grey, with a word of their own."""
    found = examine_gitt([charged], {})
    (figure,) = (one for one in titration_figures([found], ["a"]) if one.name.startswith("gitt-diffusion-against-vol"))
    by_label = {one.label: one for one in figure.panels[0].series}
    held, out = (by_label[name] for name in ("textbook", "textbook where it does not hold"))
    assert sum(y is not None for y in held.y) == 2
    assert sum(y is not None for y in out.y) == 119
    assert out.group == ""
    assert held.group
    assert (held.marker, out.marker) == ("alternate", "alternate")
    assert "grey where it does not hold" in figure.caption
    assert "textbook where it does not hold" in [one.label for one in figure.legend()]


def test_the_charge_of_a_full_cell_is_no_lithiation(charged: Table) -> None:
    (figure,) = (one for one in titration_figures([examine_gitt([charged], {})], ["a"]) if "Charge" in one.x.quantity)
    assert figure.name.startswith("gitt-diffusion-against-charge")
    assert "lithiation" not in f"{figure.title} {figure.caption}"


def test_numbers_beyond_the_count_are_said_to_be_the_tables() -> None:
    """A virtual test counts the pulses that it skips: 3 pulses, of which the last has the number 121."""
    rows = {"Pulse / 1": [1, 2, 121], "Reason": ["no rest before it", None, None], "Model Reason": [None] * 3,
            "Textbook Reason": ["no rest before it", "out of range: too short", None]}  # fmt: skip
    frame = pl.DataFrame(rows, schema_overrides={"Model Reason": pl.String})
    left, out = (one.message for one in findings_of_faults(frame, "pulse"))
    assert left == "1 of 3 pulses gives no number: number 1: no rest before it (numbers as in the table, up to 121)"
    assert "in 1 of 2 pulses, as in number 2" in out
    one = frame.head(1).with_columns(
        pl.lit(None, pl.String).alias("Reason"), pl.lit("out of range: x").alias("Textbook Reason")
    )
    assert "in 1 of 1 pulse, as" in next(iter(findings_of_faults(one, "pulse"))).message


def test_d_has_the_unit_that_papers_print_and_axes_are_named_as_results() -> None:
    """2 µm and 2000 s: 2e-15 m²/s, which are 2e-11 cm²/s."""
    told: dict[str, Told] = {"shape": "plane", "diffusion length": Quantity(2.0, "um")}
    found = examine_gitt([titration("plane", 2000.0)], told)
    model = named(found, "diffusion coefficient, charge, full model")
    assert model.unit == "cm^2/s"
    assert model.value == pytest.approx(2e-11, rel=0.1)
    own = named(found, "± of one pulse's D, charge, full model")
    assert own.unit == "cm^2/s"
    bare = examine_gitt([titration("plane", 2000.0)], {"shape": "plane"})
    labels = [next(figure.panels[0].y.label for figure in titration_figures([one], [""])) for one in (found, bare)]
    assert labels == ["D, charge / cm²/s", "D/L², charge / 1/s"]
    assert named(bare, "diffusion coefficient over L², charge, full model").value


def test_one_pulse_is_written_as_one() -> None:
    found = examine_gitt([titration("sphere", 2000.0, 1)], {})
    textbook = named(found, "diffusion coefficient over R², charge, textbook")
    assert textbook.reason == "out of range"
    assert named(found, "spread of pulses' D/R², charge, full model").reason == "1 pulse, and it takes 4"
    captions = [figure.caption for figure in pulse_figures([pulses_of(found.tables[0])], [""])]
    assert all(" in 1 pulse, each" in caption for caption in captions)
