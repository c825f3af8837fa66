"""dQ/dV and dV/dQ, against curves whose derivative is known in closed form.

The truth is Q(V) = Σ Qⱼ / (1 + exp(−(V − Uⱼ)/wⱼ)) + b·V, the multi-site form of Verbrugge et al.,
J. Electrochem. Soc. 164 (2017) E3243, doi:10.1149/2.0341708jes: its dQ/dV is a sum of peaks
Qⱼ/(4wⱼ) sech²((V − Uⱼ)/(2wⱼ)) on a background b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from shared import DEMO

from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.differential import Curves, differential_capacity, differential_voltage, peaks, track
from byssus.errors import AnalysisError
from byssus.measured.metadata import Instrument, Metadata, Sample
from byssus.measured.read import read
from byssus.measured.steps import add_directions
from byssus.measured.tables import Table

Array = NDArray[np.float64]
ANODE = Sample(name="cell", configuration="half", made="empty")


@dataclass(frozen=True)
class Truth:
    """Steps of charge Q, in Ah, at U with width w, in V, on a background, in Ah/V."""

    charge: tuple[float, ...] = (0.8e-3, 1.2e-3)
    at: tuple[float, ...] = (0.30, 0.48)
    width: tuple[float, ...] = (0.012, 0.018)
    background: float = 0.4e-3
    low: float = 0.05
    high: float = 0.95

    def charge_at(self, voltage: Array) -> Array:
        steps = (q / (1 + np.exp(-(voltage - u) / w)) for q, u, w in zip(self.charge, self.at, self.width, strict=True))
        return sum(steps, start=self.background * voltage)

    def density(self, voltage: Array) -> Array:
        peaks = (
            q / (4 * w) / np.cosh((voltage - u) / (2 * w)) ** 2
            for q, u, w in zip(self.charge, self.at, self.width, strict=True)
        )
        return sum(peaks, start=np.full_like(voltage, self.background))

    def voltages(self, records: int) -> tuple[Array, Array]:
        """Voltage and charge at equal steps of charge, as a constant current gives them."""
        fine = np.linspace(self.low, self.high, 200_001)
        passed = self.charge_at(fine) - self.charge_at(fine[:1])
        charge = np.linspace(0.0, passed[-1], records)
        return np.interp(charge, passed, fine), charge

    def smoothed(self, smoothing: float) -> tuple[Array, Array]:
        """The density under a Gaussian, mirrored at both ends, on a fine grid."""
        cells = 20_000
        step = (self.high - self.low) / cells
        middle = self.low + (np.arange(cells) + 0.5) * step
        return middle, gaussian_filter1d(self.density(middle), smoothing / step, mode="reflect", truncate=8)


def cell(
    halves: list[tuple[Array, Array]],
    *,
    digit: float = 0.0,
    noise: float = 0.0,
    seed: int = 0,
    counted: bool = True,
    charge_digit: float = 0.0,
    first: int = -1,
) -> Table:
    """A table of half cycles at 1 mA, given as voltage and charge, the first of them a lithiation."""
    random = np.random.default_rng(seed)
    frames, start = [], 0.0
    for number, (voltage, charge) in enumerate(halves):
        sign = first * (-1) ** number
        read = voltage + noise * random.standard_normal(len(voltage))
        frames.append(
            pl.DataFrame(
                {
                    "Test Time / s": start + charge / 1e-3 * 3600,
                    "Voltage / V": np.round(read / digit) * digit if digit else read,
                    "Current / A": np.full(len(voltage), sign * 1e-3),
                    "Step Count / 1": np.full(len(voltage), number + 1, dtype=np.int64),
                    "Step Cumulative Capacity / Ah": np.floor(charge / charge_digit + 1e-9) * charge_digit
                    if charge_digit
                    else charge,
                }
            )
        )
        start = frames[-1]["Test Time / s"][-1] + 10.0
    data = add_directions(pl.concat(frames), ANODE.configuration)
    resolution = {
        name: value
        for name, value in (("Voltage / V", digit), ("Step Cumulative Capacity / Ah", charge_digit))
        if value
    }
    if not counted:
        data = data.drop("Step Cumulative Capacity / Ah")
    return Table(data, Metadata(kind="cycling", sample=ANODE, instrument=Instrument(resolution=resolution)))


def falling(truth: Truth, records: int) -> tuple[Array, Array]:
    voltage, charge = truth.voltages(records)
    return voltage[::-1], charge[-1] - charge[::-1]


def integral(curves: Curves, column: str) -> Array:
    """∫ of the curve of each half, from the points and the range that it states."""
    halves = curves.halves
    width = (halves[f"To / {curves.unit}"] - halves[f"From / {curves.unit}"]) / halves["Points / 1"]
    sums = curves.points.group_by("Cycle / 1", "Half", maintain_order=True).agg(pl.col(column).sum())
    return (sums[column] * width).to_numpy()


class TestConservation:
    """What passed is under the curve, whatever the voltage does."""

    @pytest.mark.parametrize("noise", [0.0, 1e-3, 2e-2])
    @pytest.mark.parametrize("digit", [0.0, 1e-4, 5e-3])
    @pytest.mark.parametrize("counted", [True, False])
    def test_charge_and_voltage(self, noise: float, digit: float, counted: bool) -> None:
        truth = Truth()
        table = cell([falling(truth, 700), truth.voltages(900)] * 2, noise=noise, digit=digit, counted=counted)
        cycling = analyse(table)
        for smoothing in (None, 0.0007, 0.1):
            curves = differential_capacity(table, cycling, smoothing=smoothing)
            passed = truth.voltages(2)[1][-1] * np.array([-1, 1, -1, 1])
            np.testing.assert_allclose(integral(curves, "dQ/dV / Ah/V"), passed, rtol=1e-9)
        curves = differential_voltage(table, cycling)
        ends = table.data.group_by("Step Count / 1", maintain_order=True).agg(
            (pl.col("Voltage / V").last() - pl.col("Voltage / V").first()).alias("change")
        )
        np.testing.assert_allclose(integral(curves, "dV/dQ / V/Ah"), ends["change"].to_numpy(), rtol=1e-9)

    def test_a_half_of_several_steps_and_a_rest(self) -> None:
        """Two steps at the same voltages add up, and the rest between them adds nothing."""
        truth = Truth()
        voltage, charge = truth.voltages(500)
        table = cell([falling(truth, 500), (voltage, charge), (voltage, charge)])
        again = table.data.with_columns(
            pl.when(pl.col("Step Count / 1") == 3)
            .then(-pl.col("Current / A"))
            .otherwise("Current / A")
            .alias("Current / A")
        ).drop("Cell Direction", "Electrode Direction")
        table = Table(add_directions(again, ANODE.configuration), table.metadata)
        curves = differential_capacity(table, analyse(table))
        assert curves.halves["Half"].to_list() == ["lithiation", "delithiation"]
        first, second = (curves.points.filter(pl.col("Half") == half) for half in ("lithiation", "delithiation"))
        np.testing.assert_allclose(second["dQ/dV / Ah/V"], -2 * first["dQ/dV / Ah/V"], rtol=1e-3)

    def test_a_held_voltage_is_left_out(self) -> None:
        """A hold of 0.2 mAh at the end of the lithiation is no peak at the cut-off, and its charge is stated."""
        truth = Truth()
        voltage, charge = falling(truth, 800)
        table = cell(
            [(np.append(voltage, np.full(50, voltage[-1])), np.append(charge, charge[-1] + 4e-6 * np.arange(1, 51)))]
        )
        current = table.data["Current / A"].to_numpy().copy()
        current[800:] *= np.exp(-np.arange(50) / 15)
        data = table.data.with_columns(pl.Series("Current / A", current))
        table = Table(data, table.metadata)
        row = differential_capacity(table, analyse(table)).halves.row(0, named=True)
        # The constant-current part ends where the voltage comes within 5 mV of the held one: 2 µAh on this background.
        assert row["Left Out / Ah"] == pytest.approx(0.2e-3, rel=0.03)
        assert row["Charge / Ah"] + row["Left Out / Ah"] == pytest.approx(charge[-1] + 0.2e-3, rel=1e-9)

    def test_missing_readings_of_the_counter(self) -> None:
        truth = Truth()
        table = cell([falling(truth, 800), truth.voltages(800)])
        whole = differential_capacity(table, analyse(table), smoothing=0.005)
        holes = pl.when(pl.int_range(pl.len()) % 7 == 3).then(None).otherwise("Step Cumulative Capacity / Ah")
        table = Table(table.data.with_columns(holes.alias("Step Cumulative Capacity / Ah")), table.metadata)
        curves = differential_capacity(table, analyse(table), smoothing=0.005)
        assert curves.points["dQ/dV / Ah/V"].is_finite().all()
        np.testing.assert_allclose(curves.halves["Charge / Ah"], whole.halves["Charge / Ah"], rtol=5e-3)


class TestCurves:
    """The curve is the analytic derivative under the stated Gaussian, with its sign."""

    @pytest.mark.parametrize("smoothing", [0.002, 0.005, 0.015])
    def test_against_the_closed_form(self, smoothing: float) -> None:
        truth = Truth()
        table = cell([falling(truth, 20_000), truth.voltages(20_000)])
        curves = differential_capacity(table, analyse(table), smoothing=smoothing)
        for half, sign in (("lithiation", -1), ("delithiation", 1)):
            points = curves.points.filter(pl.col("Half") == half)
            voltage, density = truth.smoothed(smoothing)
            expected = sign * np.interp(points["Voltage / V"].to_numpy(), voltage, density)
            # The end records are up to 0.05 mV from the ends of the truth.
            np.testing.assert_allclose(points["dQ/dV / Ah/V"], expected, rtol=2e-3, atol=2e-5)

    def test_few_records_leave_the_position(self) -> None:
        """With a record every 9 mV on the average the peaks are broader and stay where they are."""
        truth = Truth()
        table = cell([falling(truth, 100), truth.voltages(100)])
        found = peaks(differential_capacity(table, analyse(table)))
        np.testing.assert_allclose(found["Voltage / V"], [0.30, 0.48] * 2, atol=1e-3)

    def test_differential_voltage_against_the_closed_form(self) -> None:
        truth = Truth()
        table = cell([falling(truth, 20_000), truth.voltages(20_000)])
        curves = differential_voltage(table, analyse(table), smoothing=5e-6)
        points = curves.points.filter(pl.col("Half") == "delithiation")
        voltage, charge = truth.voltages(40_001)
        slope = gaussian_filter1d(np.gradient(voltage, charge), 5e-6 / charge[1], mode="reflect", truncate=6)
        expected = np.interp(points["Charge / Ah"].to_numpy(), charge, slope)
        np.testing.assert_allclose(points["dV/dQ / V/Ah"][2:-2], expected[2:-2], rtol=5e-3)
        assert (curves.points.filter(pl.col("Half") == "lithiation")["dV/dQ / V/Ah"] < 0).all()

    def test_a_coarse_counter_does_not_shift_the_curve(self) -> None:
        """With 240 levels over the half, a hundred records share a reading and none shows a step."""
        truth = Truth()
        table = cell([falling(truth, 24_000), truth.voltages(24_000)], charge_digit=1e-5)
        curves = differential_capacity(table, analyse(table), smoothing=0.005)
        found = peaks(curves)
        np.testing.assert_allclose(found["Voltage / V"], [0.30, 0.48] * 2, atol=3e-4)

    def test_uncertainty_of_the_curve(self) -> None:
        """68 % of the points lie within u of the truth, over 60 draws, but in the first and last 10 mV."""
        truth, noise = Truth(), 5e-4
        table = cell([falling(truth, 2000), truth.voltages(2000)] * 30, noise=noise, digit=1e-4)
        curves = differential_capacity(table, analyse(table))
        assert curves.voltage_noise == pytest.approx(np.hypot(noise, 1e-4 / np.sqrt(12)), rel=0.03)
        voltage, density = truth.smoothed(float(np.hypot(curves.smoothing, noise)))
        points = curves.points.filter(pl.col("Voltage / V").is_between(0.06, 0.94))
        expected = np.interp(points["Voltage / V"].to_numpy(), voltage, density)
        off = (points["dQ/dV / Ah/V"].abs() - expected) / points["dQ/dV / Ah/V (u)"]
        assert 0.60 < float((off.abs() < 1).mean() or 0) < 0.76


def _vertex(x: Array, y: Array, near: int, rise: float) -> float:
    """The definition of a top or lowest point, on the truth."""
    away = np.flatnonzero(np.abs(y - y[near]) > 0.25 * rise)
    after = np.searchsorted(away, near)
    part = slice(away[after - 1] + 1, away[after])
    bend, slope, _ = np.polyfit(x[part] - x[near], y[part], 2)
    return float(x[near] - slope / (2 * bend))


def _true_peaks(truth: Truth, smoothing: float) -> Array:
    """Position, height, area and what lies under each of two peaks, by their definitions, on a grid of 0.05 mV."""
    x, y = truth.smoothed(smoothing)
    step = x[1] - x[0]
    middle = int(np.searchsorted(x, sum(truth.at) / 2))
    tops = [int(np.argmax(y[:middle])), middle + int(np.argmax(y[middle:]))]
    valley = tops[0] + int(np.argmin(y[tops[0] : tops[1]]))
    parted = _vertex(x, y, valley, min(y[tops[0]], y[tops[1]]) - y[valley])
    level = float(np.interp(parted, x, y))
    rows = []
    for top, side in zip(tops, (x < parted, x > parted), strict=True):
        position = _vertex(x, y, top, y[top] - level)
        # On the side of the lowest point the area reaches to it.
        over = side & ((y > level) | (np.abs(x - parted) < abs(x[top] - parted)))
        rows.append([position, np.interp(position, x, y), np.sum(y[over] - level) * step, np.sum(y[side]) * step])
    return np.array(rows)


class TestPeaks:
    @pytest.mark.parametrize(
        ("truth", "records", "noise", "digit"),
        [
            (Truth(), 2000, 5e-4, 1e-4),
            (Truth(), 2000, 2e-4, 1e-3),
            (Truth(), 500, 5e-4, 1e-4),
            (Truth(at=(0.30, 0.38), width=(0.012, 0.015)), 2000, 1e-3, 1e-4),
        ],
    )
    def test_coverage(self, truth: Truth, records: int, noise: float, digit: float) -> None:
        """Over 400 draws, 68 % of the positions, heights, areas and charges lie within u of the truth."""
        table = cell([falling(truth, records), truth.voltages(records)] * 200, noise=noise, digit=digit, seed=11)
        curves = differential_capacity(table, analyse(table))
        found = peaks(curves)
        assert found.height == 800
        # The noise of the readings, rounding included, widens the peaks as the smoothing does.
        expected = _true_peaks(truth, float(np.sqrt(curves.smoothing**2 + noise**2 + digit**2 / 12)))
        names = ["Voltage / V", "dQ/dV / Ah/V", "Area / Ah", "Under / Ah"]
        values = np.abs(found.select(names).to_numpy().reshape(400, 2, 4))
        errors = found.select(f"{name} (u)" for name in names).to_numpy().reshape(400, 2, 4)
        off = (values - expected) / errors
        within = (np.abs(off) < 1).mean(axis=0)
        # Of 400 draws 68 ± 2.3 %; what lies under a peak is known to 0.02 % and covers least, 56 %.
        assert ((within[:, :3] > 0.60) & (within[:, :3] < 0.76)).all(), within
        assert ((within[:, 3] > 0.54) & (within[:, 3] < 0.76)).all(), within
        assert (np.abs(off.mean(axis=0)) < 0.5).all(), off.mean(axis=0)

    def test_areas_are_the_steps_of_charge(self) -> None:
        """Far from each other and finely recorded, peaks hold the charge of their steps."""
        truth = Truth(charge=(0.5e-3, 1.5e-3), at=(0.25, 0.65), width=(0.008, 0.010), background=1e-5)
        table = cell([falling(truth, 50_000), truth.voltages(50_000)])
        found = peaks(differential_capacity(table, analyse(table), smoothing=0.002))
        np.testing.assert_allclose(found["Area / Ah"], [0.5e-3, 1.5e-3] * 2, rtol=5e-3)
        np.testing.assert_allclose(found["Voltage / V"], [0.25, 0.65] * 2, atol=5e-5)
        height = 1.5e-3 / (4 * 0.010) + 1e-5
        assert found["dQ/dV / Ah/V"].to_list()[1] == pytest.approx(-height, rel=0.02)
        assert found["dQ/dV / Ah/V"].to_list()[3] == pytest.approx(height, rel=0.02)

    def test_under_the_peaks_is_the_half(self) -> None:
        truth = Truth()
        table = cell([falling(truth, 2000), truth.voltages(2000)], noise=3e-4)
        curves = differential_capacity(table, analyse(table))
        sums = peaks(curves).group_by("Half", maintain_order=True).agg(pl.col("Under / Ah").sum())
        np.testing.assert_allclose(sums["Under / Ah"], curves.halves["Charge / Ah"], rtol=1e-9)

    def test_noise_has_no_peak(self) -> None:
        """A straight line under noise: over 200 halves none of its ripples counts as a peak."""
        voltage, charge = np.linspace(0.05, 0.95, 2000), np.linspace(0.0, 1e-3, 2000)
        table = cell([(voltage[::-1], charge), (voltage, charge)] * 100, noise=5e-4)
        assert peaks(differential_capacity(table, analyse(table))).is_empty()

    def test_peaks_of_dv_dq(self) -> None:
        """dV/dQ peaks between two steps of charge, where the first is full: at 0.8 mAh and the background's part."""
        truth = Truth()
        table = cell([falling(truth, 4000), truth.voltages(4000)], noise=1e-4)
        found = peaks(differential_voltage(table, analyse(table))).filter(pl.col("Half") == "delithiation")
        charge = truth.voltages(2)[1]
        voltage = np.linspace(0.33, 0.45, 10_000)
        where = voltage[np.argmin(truth.density(voltage))]
        expected = float(truth.charge_at(np.array([where]))[0] - truth.charge_at(np.array([truth.low]))[0])
        assert charge[-1] > expected
        assert np.min(np.abs(found["Charge / Ah"].to_numpy() - expected)) < 0.02e-3


class TestTrack:
    def test_drift_and_absence(self) -> None:
        """Two peaks that drift by 5 mV a cycle and cross where the other began; one is not seen for three cycles."""
        rows = [
            (cycle, "delithiation", 0.30 + 0.005 * cycle + shift)
            for cycle in range(1, 31)
            for shift in (0.0, 0.15)
            if not (shift and 10 <= cycle < 13)
        ]
        found = pl.DataFrame(rows, schema=["Cycle / 1", "Half", "Voltage / V"], orient="row")
        tracked = track(found)
        lower = tracked.filter(pl.col("Voltage / V") < 0.305 + 0.005 * pl.col("Cycle / 1"))
        upper = tracked.filter(pl.col("Voltage / V") > 0.305 + 0.005 * pl.col("Cycle / 1"))
        assert lower["Peak / 1"].unique().to_list() == [1]
        assert upper["Peak / 1"].unique().to_list() == [2]

    def test_halves_are_numbered_apart_and_order_does_not_matter(self) -> None:
        found = pl.DataFrame(
            {
                "Cycle / 1": [2, 1, 2, 1, 1],
                "Half": ["lithiation", "lithiation", "delithiation", "delithiation", "lithiation"],
                "Voltage / V": [0.21, 0.20, 0.46, 0.45, 0.08],
            }
        )
        assert track(found)["Peak / 1"].to_list() == [2, 2, 1, 1, 1]

    def test_a_peak_too_far_is_new(self) -> None:
        found = pl.DataFrame({"Cycle / 1": [1, 2], "Half": ["charge"] * 2, "Voltage / V": [3.50, 3.60]})
        assert track(found)["Peak / 1"].to_list() == [1, 2]
        assert track(found, furthest=0.2)["Peak / 1"].to_list() == [1, 1]

    def test_no_peaks(self) -> None:
        found = pl.DataFrame(schema={"Cycle / 1": pl.Int64, "Half": pl.String, "Voltage / V": pl.Float64})
        assert track(found)["Peak / 1"].to_list() == []


@pytest.fixture(scope="module", name="curves")
def _curves() -> Curves:
    table = read(DEMO / "NJK_CC_156_C30_C_x30.xlsx", sample=ANODE)
    return differential_capacity(table, analyse(table))


class TestRealCell:
    """The anode of the demonstration study: the first cycle at C/30, readings to 0.3 mV and 0.1 µAh."""

    def test_nothing_is_lost(self, curves: Curves) -> None:
        """The charge under each curve is the instrument's own count, but for what the first record found counted."""
        halves = curves.halves
        np.testing.assert_allclose(np.abs(integral(curves, "dQ/dV / Ah/V")), halves["Charge / Ah"], rtol=1e-9)
        assert (halves["Left Out / Ah"] >= -1e-12).all()
        assert (halves["Left Out / Ah"] < 0.01 * halves["Charge / Ah"]).all()

    def test_two_peaks_go_through_the_cycles(self, curves: Curves) -> None:
        """Its two peaks of delithiation, near 0.32 V and 0.48 V, are followed, and neighbours agree within their u."""
        tracked = track(peaks(curves)).filter(pl.col("Half") == "delithiation", pl.col("Cycle / 1") > 5)
        assert tracked["Peak / 1"].n_unique() == 2
        for (_,), peak in tracked.group_by("Peak / 1"):
            assert peak["Cycle / 1"].to_list() == list(range(6, 31))
            place = 0.32 if peak["Voltage / V"][0] < 0.4 else 0.48
            assert (peak["Voltage / V"] - place).abs().max() < 0.012
            step = peak["Voltage / V"].diff().drop_nulls().to_numpy()
            error = peak["Voltage / V (u)"].to_numpy()
            assert np.median(np.abs(step) / np.hypot(error[1:], error[:-1])) < 1.5


class TestErrors:
    def test_cycles_of_another_table(self) -> None:
        truth = Truth()
        one, other = (cell([falling(truth, records), truth.voltages(records)]) for records in (100, 200))
        with pytest.raises(AnalysisError, match="another table"):
            differential_capacity(one, analyse(other))

    def test_a_voltage_that_never_changes(self) -> None:
        charge = np.linspace(0.0, 1e-3, 50)
        table = cell([(np.full(50, 0.4), charge), (np.full(50, 0.4), charge)])
        with pytest.raises(AnalysisError, match="no half cycle passed charge"):
            differential_capacity(table, analyse(table))

    @pytest.mark.parametrize("smoothing", [0.0, -0.001, float("nan"), float("inf")])
    def test_a_smoothing_that_is_none(self, smoothing: float) -> None:
        table = cell([falling(Truth(), 100), Truth().voltages(100)])
        with pytest.raises(AnalysisError, match="smoothing"):
            differential_capacity(table, analyse(table), smoothing=smoothing)

    def test_a_distance_that_is_none(self) -> None:
        with pytest.raises(AnalysisError, match="furthest"):
            track(
                pl.DataFrame(schema={"Cycle / 1": pl.Int64, "Half": pl.String, "Voltage / V": pl.Float64}), furthest=0.0
            )

    def test_peaks_of_dv_dq_need_a_distance(self) -> None:
        found = pl.DataFrame({"Cycle / 1": [1, 2], "Half": ["charge"] * 2, "Charge / Ah": [1.0e-3, 1.1e-3]})
        with pytest.raises(AnalysisError, match="Charge / Ah"):
            track(found)
        assert track(found, furthest=2e-4)["Peak / 1"].to_list() == [1, 1]


def test_the_top_of_the_clearest_peak_is_its_own() -> None:
    # Silicon's two peaks are wide and nearly as high as each other; the valley between them is shallow.
    truth = Truth(charge=(1.6e-3, 1.5e-3), at=(0.28, 0.47), width=(0.055, 0.055), background=0.2e-3)
    down, up = truth.voltages(1500), truth.voltages(1500)
    table = cell([(down[0][::-1], down[1]), up])
    curves = differential_capacity(table, analyse(table))
    middle, density = truth.smoothed(curves.smoothing)
    tops = [middle[at] for at in range(1, len(middle) - 1) if density[at - 1] < density[at] > density[at + 1]]
    assert len(tops) == 2
    found = peaks(curves).filter(pl.col("Half") == "delithiation").sort("Voltage / V")["Voltage / V"].to_list()
    assert found == pytest.approx(tops, abs=0.004)
