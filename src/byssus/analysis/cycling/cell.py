"""All that is computed of one cell's cycling test, from its table.

Each part is computed when it is first asked for, so that a cell whose numbers an earlier run
has kept (`Outcome`) computes only what was not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import polars as pl

from byssus.analysis.cycling import fade as fading
from byssus.analysis.cycling import rate as rates
from byssus.analysis.cycling import summary
from byssus.analysis.cycling.columns import CYCLE, u
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.analysis.cycling.differential import HALF, PEAK, Curves, differential_capacity, peaks, track
from byssus.analysis.cycling.rate_laws import Points, RateFit, fit_peukert, fit_tian
from byssus.analysis.result import Result
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.measured.tables import Table

_LAWS: tuple[tuple[str, Callable[[Points], RateFit]], ...] = (
    ("Tian's equation", fit_tian),
    ("Peukert's law", fit_peukert),
)

_DIFFERENTIAL = (
    "dQ/dV",
    "Charge counted in equal bins of voltage and smoothed by a Gaussian; its standard deviation, which stands with each number, "
    "is the largest of 2 mV, two digits of the voltage, two records and what brings the uncertainty to 2 % of the curve. The "
    "integral is kept, and held voltages are left out. Negative where the cell discharges. A peak stands out of its "
    "surroundings by 8 standard uncertainties and 5 % of the clearest; its area is what rises over the higher of the lowest "
    "points beside it.",
)


@dataclass(frozen=True)
class Outcome:
    """What takes long to compute of a cell, and is the same whenever it is computed anew."""

    fade: fading.CellFade
    #: The peaks of dQ/dV, a row each, numbered across cycles; None where no charge passed at a changing voltage.
    peaks: pl.DataFrame | None
    #: Every number, a row each.
    results: tuple[Result, ...]
    #: The definitions behind the numbers, as terms with their sentences.
    methods: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Rate:
    """A cell read as a rate test."""

    #: None where no cycle has a constant current.
    test: rates.RateTest | None = None
    fits: tuple[RateFit, ...] = ()
    lacks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """A cell and everything that its test says."""

    table: Table
    cycling: Cycling
    #: Cycles that retention is counted from besides the main one.
    baselines: tuple[int, ...] = ()
    #: What was computed before, from the same table in the same way; None for a cell that is new.
    kept: Outcome | None = None

    @property
    def name(self) -> str:
        """The sample's name."""
        return self.cycling.sample

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What reading and analysis found."""
        return (*(finding.about(self.name) for finding in self.table.findings), *self.cycling.findings)

    @property
    def rate_test(self) -> rates.RateTest | None:
        """The plateaus, if this is a rate test."""
        return self.rate if self.rate is not None and self.rate.reason is None else None

    @cached_property
    def test(self) -> str:
        """A hash of the measured numbers: cells that share it are one test."""
        return self.table.measurement_hash()

    @cached_property
    def outcome(self) -> Outcome:
        """All that takes long, computed."""
        return self.kept or Outcome(self.fade, self.peaks, self.results, self.methods)

    @cached_property
    def fade(self) -> fading.CellFade:
        """How the capacity fades, whether it has a knee, and what lies ahead."""
        return self.kept.fade if self.kept else fading.analyse(self.cycling)

    @property
    def rate(self) -> rates.RateTest | None:
        """The cell read as a rate test, with the reason if it is none; None where no cycle has a constant current."""
        return self._rate.test

    @property
    def rate_fits(self) -> tuple[RateFit, ...]:
        """The laws fitted to a rate test."""
        return self._rate.fits

    @property
    def rate_lacks(self) -> Mapping[str, str]:
        """Why a law could not be fitted to a rate test, by its name."""
        return self._rate.lacks

    @cached_property
    def differential(self) -> Curves | None:
        """The curves of dQ/dV; None where no charge passed at a changing voltage."""
        try:
            return differential_capacity(self.table, self.cycling)
        except AnalysisError:
            return None  # there is no curve where the voltage never changed under current

    @cached_property
    def peaks(self) -> pl.DataFrame | None:
        """The peaks of `differential`, a row each, numbered across cycles; None as it."""
        if self.kept:
            return self.kept.peaks
        return None if self.differential is None else track(peaks(self.differential))

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Every number, a row each."""
        if self.kept:
            return self.kept.results
        cycling = self.cycling
        found = [*summary.summarise(cycling, self.baselines), *fading.summarise(self.fade)]
        if self.rate_test is not None:
            found += rates.results(
                self.rate_test, self.rate_fits, sample=cycling.sample, group=cycling.group, origin=cycling.origin
            )
            found += [
                Result(
                    f"characteristic numbers of {law}",
                    None,
                    "1",
                    reason=reason,
                    sample=cycling.sample,
                    group=cycling.group,
                    origin=cycling.origin,
                )
                for law, reason in self.rate_lacks.items()
            ]
        return (*found, *self._of_peaks())

    @cached_property
    def methods(self) -> tuple[tuple[str, str], ...]:
        """The definitions behind the numbers, as terms with their sentences."""
        if self.kept:
            return self.kept.methods
        found = [*summary.methods(self.cycling), *fading.methods(self.fade)]
        if self.rate_test is not None:
            found += rates.methods(self.rate_test, self.rate_fits)
        return (*found, _DIFFERENTIAL)

    @cached_property
    def _rate(self) -> _Rate:
        return _read_as_rate_test(self.cycling)

    def _of_peaks(self) -> Iterator[Result]:
        """The peaks of dQ/dV in the first and the last whole cycle."""
        if self.peaks is None or self.differential is None:
            return
        wanted = sorted({1, self.cycling.last} - {0})
        position, area = self.peaks.columns[2], self.differential.area
        for row in self.peaks.filter(pl.col(CYCLE).is_in(wanted)).iter_rows(named=True):
            for what, column, unit, factor in (("position", position, "V", 1.0), ("area", area, "mAh", 1000.0)):
                error = row[u(column)]
                yield Result(
                    f"dQ/dV peak {row[PEAK]} of {row[HALF]}, {what}",
                    row[column] * factor,
                    unit,
                    None if error is None else error * factor,
                    method=f"maximum of dQ/dV, smoothed by a Gaussian of {1000 * self.differential.smoothing:.3g} mV",
                    sample=self.cycling.sample,
                    group=self.cycling.group,
                    cycle=row[CYCLE],
                    origin=self.cycling.origin,
                )


def examine(table: Table, baselines: tuple[int, ...] = (1,), kept: Outcome | None = None) -> Cell:
    """Analyse a cell.

    Parameters
    ----------
    table
        A cycling table, as `byssus.analysis.cycling.cycles.analyse` takes it.
    baselines
        Cycles that retention is counted from, the main one first.
    kept
        The outcome of an earlier analysis of this very table.

    Raises
    ------
    AnalysisError
        As `byssus.analysis.cycling.cycles.analyse`.  What else the data do not allow is missing, with its
        reason.
    """
    if table.data.n_chunks() > 1:
        # A sum over pieces may differ in its last digit from the sum over the same numbers in one piece, as they
        # come back from a disk.
        table = replace(table, data=table.data.rechunk())
    return Cell(table=table, cycling=analyse(table, baseline=baselines[0]), baselines=baselines[1:], kept=kept)


def _read_as_rate_test(cycling: Cycling) -> _Rate:
    try:
        test = rates.plateaus(cycling.cycles, cycling.words, basis=cycling.best_basis, rate_basis=cycling.rate_basis)
    except AnalysisError:
        return _Rate()  # no cycle has a constant current: nothing to tell plateaus by
    fits: list[RateFit] = []
    lacks: dict[str, str] = {}
    for name, law in _LAWS if test.reason is None else ():
        try:
            fits.append(law(test.points()))
        except (AnalysisError, FitError) as error:
            lacks[name] = error.message
    return _Rate(test, tuple(fits), lacks)
