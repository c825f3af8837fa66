"""Differential capacity dQ/dV and differential voltage dV/dQ of every half cycle.

**Counted, not divided.**  Between two records the charge ΔQ passed while the voltage went from
one reading to the next.  It is spread evenly over that stretch of voltage and counted into
bins of equal width, so no quotient of two noisy differences is ever formed, a voltage that
stands still or runs backwards needs no repair, and the charge is conserved: the integral of
dQ/dV over the half cycle is the charge that passed between its records.  dV/dQ is the same
with the roles exchanged, and its integral is the change of voltage.  This is the level
counting of Feng et al., eTransportation 3 (2020) 100051, doi:10.1016/j.etran.2020.100051,
with the charge of an interval shared among the bins that it crosses or lies between.

**Smoothing** is one Gaussian whose standard deviation is stated, in volts or ampere-hours: the
same physical width in every half cycle and at any rate of recording, mirrored at the ends so
that no charge leaves.  It is two bins wide, and includes what the bins themselves smooth; bins
are as near as can be to half the smoothing asked for, since a whole number fills the range.

**Sign.**  Q is the charge passed in the half cycle.  So both derivatives are positive while the
cell charges and negative while it discharges, as they are usually drawn.

**Left out** are the records at a held voltage (`byssus.analysis.cycling.steps`), where dQ/dV has no
meaning, pulses, and what passed before a step's first record; their charge is stated.  Where a
counter's digit is coarser than the charge of a record, what passed after its last change is
not in the curve either: it is less than one digit a step, and in no reading.

**Uncertainty.**  The reading of each record is off by σ_V and σ_Q, independently.  A record that
is off by σ_V moves its share ΔQ of the charge by that much, so after smoothing by a kernel K

    u²(dQ/dV)(V) = Σ (ΔQ² σ_V² + ΔV² σ_Q²) K′(V − Vᵢ)²,

and whatever is linear in the curve follows in the same way.  σ_V is the scatter that the
voltage itself shows, its rounding included; σ_Q is the rounding of the instrument's counter
where its last digit is known, else not counted.  Not in it: the accuracy of the instrument, and
the smoothing's own effect on a peak that is not much wider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.cycles import Cycling
from byssus.analysis.cycling.steps import CAPACITY
from byssus.conventions import CellDirection
from byssus.errors import AnalysisError
from byssus.measured.tables import Table

Array = NDArray[np.float64]

HALF = "Half"

#: The least default smoothing, in V: a full width of 4.7 mV, half of what cellpy (2.1, `cellpy.ica`) smooths with.
LEAST_VOLTAGE = 0.002
#: The same for dV/dQ, as a share of the largest half cycle's charge: a full width of 1.2 %, where cellpy has 1 %.
LEAST_CHARGE_SHARE = 0.005
#: The relative uncertainty of the curve that the default smoothing aims at, where the records are as dense as on the
#: average.
WANTED = 0.02
#: Bins of the curve per standard deviation of the smoothing: with two, a Gaussian is sampled without loss.
BINS = 2
#: An interval that is longer than this share of a bin is counted in parts.
LONGEST = 0.5
#: The kernel ends after so many standard deviations, where 6e-5 of it is left.
REACH = 4
#: A half of fewer records is its ends only, as a long test may keep them: it has a capacity and no curve.
FEWEST = 3
#: Records from which resolution and scatter are taken.
SAMPLE = 50_000
#: What goes beyond by more than so many standard deviations is no noise.
BEYOND = 5.0
#: Readings closer than this are the same, in V: below the last digit of any cycler.
SAME_READING = 1e-9
#: The scatter leaves out this share of the largest residuals, which are bends of the curve; a normal distribution
#: without them has this share of its mean square: 1 − 2 z φ(z) / (1 − share) with z = Φ⁻¹(1 − share/2).
BENDS, MEAN_SQUARE_WITHOUT = 0.1, 0.6230


def with_curves(cycling: Cycling) -> list[int]:
    """Return the cycles whose halves have a curve; all, if none has."""
    counted = cycling.steps.filter((pl.col("Cell Direction") != "rest") & (pl.col(CYCLE) > 0))
    sums = counted.group_by(CYCLE, "Cell Direction").agg(pl.col("Records / 1").sum())
    least = sums.group_by(CYCLE).agg(pl.col("Records / 1").min())
    having = set(least.filter(pl.col("Records / 1") >= FEWEST)[CYCLE])
    every: list[int] = cycling.cycles[CYCLE].to_list()
    return [cycle for cycle in every if cycle in having] or every


@dataclass(frozen=True)
class Curves:
    """The differential curves of all half cycles of a cell.

    `points` has a row a point: ``Cycle / 1``, ``Half`` (lithiation, …), then for dQ/dV
    ``Voltage / V`` and ``dQ/dV / Ah/V``, for dV/dQ ``Charge / Ah`` and ``dV/dQ / V/Ah``, with its
    standard uncertainty in ``… (u)``.  The points of a half are the middles of bins of equal
    width that fill its range, so the sum of the curve times that width is its integral.

    `halves` has a row a half: ``Cycle / 1``, ``Half``, ``Cell Direction``, ``From / V`` and
    ``To / V`` (or Ah) of its range, ``Points / 1``, ``Charge / Ah`` under the curve and
    ``Left Out / Ah``.
    """

    points: pl.DataFrame
    halves: pl.DataFrame
    #: The columns of the abscissa and of the curve.
    x: str
    y: str
    #: Standard deviation of the Gaussian that smoothed, in the unit of x.
    smoothing: float
    #: Scatter of a voltage reading, its rounding included, in V.
    voltage_noise: float
    #: Σ (ΔQ² σ_V² + ΔV² σ_Q²) of the records in each bin.
    moments: Array = field(repr=False)
    #: Standard uncertainty of the integral from one end of a half, None where the counter's last digit is not known.
    end_error: float | None = field(repr=False)

    @property
    def unit(self) -> str:
        """Unit of the abscissa."""
        return self.x.rpartition(" / ")[2]

    @property
    def area(self) -> str:
        """The column of an area under the curve: charge under dQ/dV, voltage under dV/dQ."""
        return "Area / Ah" if self.unit == "V" else "Area / V"


def differential_capacity(table: Table, cycling: Cycling, *, smoothing: float | None = None) -> Curves:
    """Compute dQ/dV of every half cycle, in Ah/V.

    Parameters
    ----------
    table
        A cycling table.
    cycling
        Its cycles (`byssus.analysis.cycling.cycles.analyse`).
    smoothing
        Standard deviation of the Gaussian, in V; its full width at half maximum is 2.35 times
        that.  By default, and then the same for all half cycles, the largest of 2 mV, two
        digits of the voltage, two records at their mean distance ΔV, and what brings the
        uncertainty there to 2 % of the curve: (σ_V² ΔV / (4 √π 0.02²))^⅓, from the equation above.

    Raises
    ------
    AnalysisError
        If the cycles are not those of the table, no half passed charge at a changing voltage,
        or the smoothing is not above zero.

    Examples
    --------
    A charge at 1 mA over an hour in which the voltage rises from 3 to 4 V, so 1 mAh/V:

    >>> from byssus.measured.metadata import Metadata, Sample
    >>> from byssus.measured.steps import add_directions
    >>> from byssus.analysis.cycling.cycles import analyse
    >>> sample = Sample(name="cell", configuration="full")
    >>> frame = pl.DataFrame({"Test Time / s": np.linspace(0.0, 3600.0, 1001), "Voltage / V": np.linspace(3.0, 4.0, 1001),
    ...     "Current / A": np.full(1001, 0.001), "Step Count / 1": np.ones(1001, dtype=np.int64)})
    >>> table = Table(add_directions(frame, sample.configuration), Metadata(kind="cycling", sample=sample))
    >>> curves = differential_capacity(table, analyse(table))
    >>> curves.points["dQ/dV / Ah/V"].round(5).unique().to_list()
    [0.001]
    """
    halves = _Halves.of(table, cycling)
    sample = halves.sample(table)
    if smoothing is None:
        smoothing = max(LEAST_VOLTAGE, 2 * sample.digit, sample.records_smoothed * sample.change)
    bins = halves.bins(*halves.range(sample.noise), _positive(smoothing))
    # Counted without sign, since a voltage that runs backwards for a moment moves charge all the same.
    values, moments = bins.count(halves, sample, over="voltage")
    return bins.curves(halves, sample, values * bins.each(halves.sign), moments, "Voltage / V", "dQ/dV / Ah/V")


def differential_voltage(table: Table, cycling: Cycling, *, smoothing: float | None = None) -> Curves:
    """Compute dV/dQ of every half cycle, in V/Ah, against the charge passed in it.

    Parameters
    ----------
    table, cycling
        As for `differential_capacity`.
    smoothing
        Standard deviation of the Gaussian, in Ah.  By default the largest of 0.5 % of the
        largest half cycle's charge, two digits of the counter, and as many records as for
        dQ/dV, at their mean distance in charge.

    Raises
    ------
    AnalysisError
        As for `differential_capacity`.
    """
    halves = _Halves.of(table, cycling)
    sample = halves.sample(table)
    if smoothing is None:
        least = LEAST_CHARGE_SHARE * float(halves.total.max())
        smoothing = max(least, 2 * sample.charge_digit, sample.records_smoothed * sample.charge_change)
    bins = halves.bins(np.zeros(len(halves.total)), halves.total, _positive(smoothing))
    values, moments = bins.count(halves, sample, over="charge")
    return bins.curves(halves, sample, values, moments, "Charge / Ah", "dV/dQ / V/Ah")


def _positive(smoothing: float) -> float:
    if not (np.isfinite(smoothing) and smoothing > 0):
        raise AnalysisError("is not a width", field="smoothing", value=smoothing, fix="give one above zero")
    return float(smoothing)


@dataclass(frozen=True)
class _Sample:
    """What the records of a table tell of their own resolution."""

    #: Last digit, mean distance of the records and scatter of the voltage, in V.
    digit: float
    change: float
    noise: float
    #: Last digit (0 if not known) and mean distance of the records in charge, in Ah.
    charge_digit: float
    charge_change: float
    #: Rounding of the charge; where several records share a reading, it is known when it changed to within one of them.
    charge_error: float

    @property
    def records_smoothed(self) -> float:
        """How many records the smoothing must span for the uncertainty wanted, two at least."""
        wanted = (self.noise / self.change) ** (2 / 3) / (4 * np.sqrt(np.pi) * WANTED**2) ** (1 / 3)
        return max(2.0, float(wanted))


@dataclass(frozen=True)
class _Halves:
    """The constant-current records of each half cycle: runs of a table's records, one or more a half."""

    time: Array
    voltage: Array
    #: Charge in Ah without sign, counted from anywhere.
    charge: Array
    #: First record of each run and the one after its last, to which half it belongs, and what makes its charge that
    #: passed since the start of the half.
    begin: NDArray[np.intp]
    end: NDArray[np.intp]
    half: NDArray[np.intp]
    offset: Array
    #: Of each half: range of the voltage, of all records and of those at the ends of runs (a row each), charge between
    #: the records, sign, and what is shown of it.
    lowest: Array
    highest: Array
    total: Array
    sign: Array
    about: pl.DataFrame
    #: Records of the runs in the table, those without a new reading of the charge included.
    records: int

    @classmethod
    def of(cls, table: Table, cycling: Cycling) -> _Halves:
        steps, data = cycling.steps, table.data
        if int(steps["Records / 1"].sum()) != data.height:
            raise AnalysisError(
                f"of {cycling.sample} are those of another table", field="cycles", fix="analyse this table first"
            )
        last = steps["Records / 1"].cum_sum()
        moving = steps.with_columns(last.alias("end"), (last - steps["Records / 1"]).alias("begin")).filter(
            (pl.col("Cell Direction") != "rest") & ~pl.col("Pulse") & (pl.col(CYCLE) > 0)
        )
        key = [CYCLE, "Cell Direction"]
        enough = moving.filter(pl.col("Records / 1").sum().over(key) >= FEWEST)
        moving = enough if enough.height else moving
        about = moving.group_by(key, maintain_order=True).agg(pl.col("Capacity / Ah").sum())
        half = moving.select(pl.struct(key).rle_id()).to_series().to_numpy().astype(np.intp)
        begin, end = (moving[name].to_numpy().astype(np.intp) for name in ("begin", "end"))
        time, voltage = data["Test Time / s"].to_numpy(), data["Voltage / V"].to_numpy()
        records = int(np.sum(end - begin))
        if CAPACITY in data.columns:
            charge = data[CAPACITY].to_numpy()
            fresh = _fresh(charge, begin, end)
            if not fresh.all():
                before = np.concatenate([[0], np.cumsum(fresh)])
                begin, end = before[begin], before[end]
                time, voltage, charge = time[fresh], voltage[fresh], charge[fresh]
        else:
            current = np.abs(data["Current / A"].to_numpy())
            charge = np.zeros(len(time))
            np.cumsum((current[1:] + current[:-1]) * np.diff(time) / 7200, out=charge[1:])
        held = moving["Held Capacity / Ah"].to_numpy()
        for at in np.flatnonzero((held > 0) & (end > begin)):
            run = charge[begin[at] : end[at]]
            # All but what the hold moved; the summation's rounding is no record.
            before_hold = run[-1] - held[at] * (1 - 1e-9)
            end[at] = begin[at] + np.searchsorted(run, before_hold, side="right")
        several = end - begin > 1
        begin, end, half = begin[several], end[several], half[several]
        moved = charge[end - 1] - charge[begin]
        runs = [voltage[one:other] for one, other in zip(begin, end, strict=True)]
        total = np.bincount(half, moved, about.height)
        lowest, highest = np.full((2, about.height), np.inf), np.full((2, about.height), -np.inf)
        np.minimum.at(lowest[0], half, [run.min() for run in runs])
        np.maximum.at(highest[0], half, [run.max() for run in runs])
        np.minimum.at(lowest[1], half, np.minimum(voltage[begin], voltage[end - 1]))
        np.maximum.at(highest[1], half, np.maximum(voltage[begin], voltage[end - 1]))
        # The runs of a half follow one another, so what passed in it before a run is a difference of sums.
        passed = np.cumsum(moved) - moved
        offset = passed - passed[np.searchsorted(half, half)] - charge[begin]
        words = dict(zip((str(way) for way in cycling.directions), cycling.words, strict=True))
        directions = about["Cell Direction"].cast(pl.String)
        about = about.select(
            CYCLE,
            directions.replace_strict(words, return_dtype=pl.Enum(list(cycling.words))).alias(HALF),
            "Cell Direction",
            pl.Series("Charge / Ah", total),
            (pl.col("Capacity / Ah") - total).alias("Left Out / Ah"),
        )
        # A voltage that never changes has no dQ/dV, and a half without charge no dV/dQ.
        real = (highest[0] > lowest[0]) & (total > 0)
        if not real.any():
            raise AnalysisError("no half cycle passed charge at a changing voltage", field=cycling.sample)
        of_real = real[half]
        return cls(
            time=time,
            voltage=voltage,
            charge=charge,
            begin=begin[of_real],
            end=end[of_real],
            half=(np.cumsum(real) - 1)[half[of_real]],
            offset=offset[of_real],
            lowest=lowest[:, real],
            highest=highest[:, real],
            total=total[real],
            sign=np.where(directions == str(CellDirection.CHARGE), 1.0, -1.0)[real],
            about=about.filter(pl.Series(real)),
            records=records,
        )

    def sample(self, table: Table) -> _Sample:
        """Look at some of the runs, evenly taken, for digit and scatter."""
        intervals = int(np.sum(self.end - self.begin - 1))
        every = max(1, intervals // SAMPLE)
        runs = [
            slice(first, min(after, first + SAMPLE))
            for first, after in zip(self.begin[::every], self.end[::every], strict=True)
        ]
        resolution = table.metadata.instrument.resolution
        levels = np.diff(np.unique(np.concatenate([self.voltage[run] for run in runs])))
        real = levels[levels > SAME_READING]
        charge_digit = resolution.get(CAPACITY, 0.0) if CAPACITY in table.data.columns else 0.0
        return _Sample(
            digit=resolution.get("Voltage / V", float(real.min()) if real.size else 0.0),
            change=float(np.sum(self.highest[0] - self.lowest[0])) / intervals,
            noise=_scatter([(self.time[run], self.voltage[run]) for run in runs]),
            charge_digit=charge_digit,
            charge_change=float(np.sum(self.total)) / intervals,
            charge_error=min(charge_digit, float(np.sum(self.total)) / self.records) / np.sqrt(12),
        )

    def range(self, noise: float) -> tuple[Array, Array]:
        """Return the range of the voltage of each half: that of its end records, unless others go beyond it.

        By noise alone, records near an end do; a range that held them would be too wide.
        """
        low: Array = np.where(self.lowest[1] - self.lowest[0] > BEYOND * noise, self.lowest[0], self.lowest[1])
        high: Array = np.where(self.highest[0] - self.highest[1] > BEYOND * noise, self.highest[0], self.highest[1])
        clear = high - low > BEYOND * noise
        return np.where(clear, low, self.lowest[0]), np.where(clear, high, self.highest[0])

    def bins(self, low: Array, high: Array, smoothing: float) -> _Bins:
        number = np.maximum(1, np.rint((high - low) * BINS / smoothing)).astype(np.intp)
        return _Bins(smoothing, low, high, number, np.concatenate([[0], np.cumsum(number)]))


@dataclass(frozen=True)
class _Bins:
    """Bins of each half that fill its range."""

    smoothing: float
    low: Array
    high: Array
    number: NDArray[np.intp]
    first: NDArray[np.intp]

    @property
    def width(self) -> Array:
        return (self.high - self.low) / self.number

    def each(self, of_half: Array) -> Array:
        """Return a value of each half for each of its bins."""
        return np.repeat(of_half, self.number)

    def count(self, halves: _Halves, sample: _Sample, *, over: Literal["voltage", "charge"]) -> tuple[Array, Array]:
        """Spread what changes from record to record over the stretch of the other, and its squared error with it."""
        values, moments = np.zeros(self.first[-1]), np.zeros(self.first[-1])
        per_bin = 1 / self.width
        scatter, rounding = sample.noise**2, sample.digit**2 / 12
        of_counter = sample.charge_error**2
        for begin, end, half, offset in zip(halves.begin, halves.end, halves.half, halves.offset, strict=True):
            voltage, charge = halves.voltage[begin:end], halves.charge[begin:end]
            voltage_change, charge_change = voltage[1:] - voltage[:-1], charge[1:] - charge[:-1]
            square = charge_change**2
            if rounding > scatter:
                # Rounding alone moves a reading only where it changes: in between nothing new is read.
                square *= np.where(np.abs(voltage_change) > sample.digit / 2, rounding, scatter)
            else:
                square *= scatter
            if of_counter:
                square += voltage_change**2 * of_counter
            if over == "voltage":
                position, change = (voltage - self.low[half]) * per_bin[half], charge_change
            else:
                position, change = (charge + (offset - self.low[half])) * per_bin[half], voltage_change
            if position.min() < 0 or position.max() > self.number[half]:
                # What noise brought beyond the ends is mirrored there, as all else is.
                position = self.number[half] - np.abs(self.number[half] - np.abs(position))
            first, after = self.first[half], self.first[half + 1]
            _count(position, change, square, values[first:after], moments[first:after])
        return values, moments

    def _near_ends(self, square: Array, height: Array, moments: Array, slope: Array, error: float) -> None:
        """Correct the squared errors near the ends of each half.

        A bin and its mirror image move against each other, so their slopes add before they
        are squared; and the mirror itself is a record that is off by `error`, which moves a
        level curve of height ρ there by 2 ρ K.
        """
        reach = len(slope) // 2
        wide = np.pad(slope, 2 * reach + 1)
        at, source = np.arange(reach)[:, None] + len(wide) // 2, np.arange(2 * reach)
        moved = (wide[at - source] - wide[at + source + 1]) ** 2
        mirror = 2 * error * np.exp(-((np.arange(reach) + 0.5) ** 2) / (2 * BINS**2)) / (BINS * np.sqrt(2 * np.pi))
        for half, number in enumerate(self.number):
            part, near, sources = (
                slice(self.first[half], self.first[half + 1]),
                min(reach, number),
                min(2 * reach, number),
            )
            weights, by = moved[:near, :sources], mirror[:near]
            of, up = moments[part], height[part]
            square[part][:near] = weights @ of[:sources] + (by * up[0]) ** 2
            square[part][number - near :] = (weights @ of[::-1][:sources] + (by * up[-1]) ** 2)[::-1]

    def curves(self, halves: _Halves, sample: _Sample, values: Array, moments: Array, x: str, y: str) -> Curves:
        """Smooth the counts and give them their names."""
        width = self.width
        kernel, slope = kernels()
        reach = len(kernel) // 2
        # All halves in a row, each with its mirror image on both sides, so that one convolution serves them all.
        length = self.number + 2 * reach
        place = np.arange(int(length.sum())) - np.repeat(np.cumsum(length) - length + reach, length)
        twice = np.repeat(2 * self.number, length)
        place %= twice
        np.minimum(place, twice - 1 - place, out=place)
        place += np.repeat(self.first[:-1], length)
        inside = np.repeat(np.arange(len(width)) * 2 * reach, self.number) + np.arange(len(values))
        height = np.convolve(values[place], kernel, mode="valid")[inside]
        square = np.convolve(moments[place], slope**2, mode="valid")[inside]
        self._near_ends(square, height, moments, slope, sample.charge_error if x == "Charge / Ah" else sample.noise)
        step = self.each(width)
        within = np.arange(len(values)) - self.each(self.first[:-1].astype(float))
        unit = x.rpartition(" / ")[2]
        points = pl.DataFrame(
            {
                CYCLE: np.repeat(halves.about[CYCLE].to_numpy(), self.number),
                HALF: halves.about[HALF].gather(np.repeat(np.arange(len(width)), self.number)),
                x: self.each(self.low) + (within + 0.5) * step,
                y: height / step,
                u(y): np.sqrt(square) / step**2,
            }
        )
        about = halves.about.with_columns(
            pl.Series(f"From / {unit}", self.low),
            pl.Series(f"To / {unit}", self.high),
            pl.Series("Points / 1", self.number, dtype=pl.Int64),
        )
        end_error = sample.noise if unit == "Ah" else (sample.charge_digit / np.sqrt(12) or None)
        return Curves(points, about, x, y, self.smoothing, sample.noise, moments, end_error)


def _fresh(readings: Array, begin: NDArray[np.intp], end: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Mark the records of the runs that tell of the charge: those that have a reading, and not that of the one before.

    Where a counter's digit is coarse, many records share a reading; the charge passed evenly
    from one change to the next, and not in the moment of the change.
    """
    fresh = np.ones(len(readings), dtype=bool)
    for first, after in zip(begin, end, strict=True):
        run = readings[first:after]
        if not (run[1:] > run[:-1]).all():
            known = np.maximum.accumulate(np.nan_to_num(run, nan=-np.inf))
            fresh[first + 1 : after] = known[1:] > known[:-1]
            fresh[first] = np.isfinite(run[0])
    return fresh


def _scatter(runs: list[tuple[Array, Array]]) -> float:
    """Return the standard deviation of a reading, from how far each is off the parabola through its neighbours.

    The third divided difference of four records, scaled so that readings with independent
    errors of variance σ² give it that variance; it is zero for any parabola, however uneven
    the records.
    """
    residuals = [np.empty(0)]
    for time, value in runs:
        forward = np.concatenate([[True], np.diff(time) > 0])
        t, v = time[forward], value[forward]
        if len(t) < 4:
            continue
        four = [slice(at, len(t) - 3 + at) for at in range(4)]
        weights = [1 / np.prod([t[own] - t[other] for other in four if other is not own], axis=0) for own in four]
        length = np.sqrt(np.sum(np.square(weights), axis=0))
        residuals.append(np.sum([w * v[own] for w, own in zip(weights, four, strict=True)], axis=0) / length)
    squares = np.sort(np.concatenate(residuals) ** 2)
    kept = squares[: int(np.ceil(len(squares) * (1 - BENDS)))]
    return float(np.sqrt(kept.mean() / MEAN_SQUARE_WITHOUT)) if kept.size else 0.0


def _count(position: Array, change: Array, square: Array, values: Array, moments: Array) -> None:
    """Add changes to bins 0 … n, each spread evenly between two positions.  The changes are used up."""
    start, bins = position[:-1], len(values)
    stretch = position[1:] - start
    # Half a bin on, since what is left of the middle of the first bin is shared with one before it.
    place = stretch * 0.5
    place += start
    place += 0.5
    if stretch.max() > LONGEST or stretch.min() < -LONGEST:
        long = np.flatnonzero(np.abs(stretch) > LONGEST)
        parts = np.ceil(np.abs(stretch[long]) / LONGEST).astype(np.intp)
        of, each = np.repeat(long, parts), np.repeat(1 / parts, parts)
        part = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts) + 0.5
        place = np.concatenate([place, start[of] + stretch[of] * part * each + 0.5])
        change, square = np.concatenate([change, change[of] * each]), np.concatenate([square, square[of] * each])
        change[long], square[long] = 0.0, 0.0
    # Each change goes to the two bins whose middles are nearest, so that its place is kept on the average.
    lower = place.astype(np.intp)
    counted = np.asarray(np.bincount(lower, change, bins + 2), dtype=float)
    place *= change
    upper = np.bincount(lower, place, bins + 2) - counted * np.arange(bins + 2)
    counted -= upper
    counted[1:] += upper[:-1]
    squares = np.asarray(np.bincount(lower, square, bins + 2), dtype=float)
    squares = (squares + np.append(0.0, squares[:-1])) / 2
    # What hangs over the ends is folded back in.
    for folded, into in ((counted, values), (squares, moments)):
        folded[1] += folded[0]
        folded[bins] += folded[bins + 1]
        into += folded[1:-1]


def kernels() -> tuple[Array, Array]:
    """Return the Gaussian over the bins, and the slope of its density, in bins."""
    reach = int(REACH * BINS)
    x = np.arange(-reach, reach + 1.0)
    # Sharing between two bins has smoothed already, and so have the bins: two boxes of variance 1/12.
    weights = np.exp(-(x**2) / (2 * (BINS**2 - 1 / 6)))
    slope = -x / BINS**2 * np.exp(-(x**2) / (2 * BINS**2)) / (BINS * np.sqrt(2 * np.pi))
    return weights / weights.sum(), slope
