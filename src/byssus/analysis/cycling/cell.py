"""All that is computed of one cell's cycling test, in one pass from its table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
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
class Cell:
    """A cell and everything that its test says."""

    table: Table
    cycling: Cycling
    fade: fading.CellFade
    #: None where no cycle has a constant current.
    rate: rates.RateTest | None
    rate_fits: tuple[RateFit, ...]
    #: Why a law could not be fitted to a rate test, by its name.
    rate_lacks: Mapping[str, str]
    #: None where no charge passed at a changing voltage.
    differential: Curves | None
    #: The peaks of `differential`, a row each, numbered across cycles; None as it.
    peaks: pl.DataFrame | None
    #: Cycles that retention is counted from besides the main one.
    baselines: tuple[int, ...] = ()

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
    def results(self) -> tuple[Result, ...]:
        """Every number, a row each."""
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

    @property
    def methods(self) -> list[tuple[str, str]]:
        """The definitions behind the numbers, as terms with their sentences."""
        found = [*summary.methods(self.cycling), *fading.methods(self.fade)]
        if self.rate_test is not None:
            found += rates.methods(self.rate_test, self.rate_fits)
        return [*found, _DIFFERENTIAL]

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


def examine(table: Table, baselines: tuple[int, ...] = (1,)) -> Cell:
    """Analyse a cell.

    Parameters
    ----------
    table
        A cycling table, as `byssus.analysis.cycling.cycles.analyse` takes it.
    baselines
        Cycles that retention is counted from, the main one first.

    Raises
    ------
    AnalysisError
        As `byssus.analysis.cycling.cycles.analyse`.  What else the data do not allow is missing, with its
        reason.
    """
    cycling = analyse(table, baseline=baselines[0])
    test, fits, lacks = _rate(cycling)
    try:
        curves = differential_capacity(table, cycling)
    except AnalysisError:
        curves = None  # there is no curve where the voltage never changed under current
    return Cell(
        table=table,
        cycling=cycling,
        fade=fading.analyse(cycling),
        rate=test,
        rate_fits=tuple(fits),
        rate_lacks=lacks,
        differential=curves,
        peaks=None if curves is None else track(peaks(curves)),
        baselines=baselines[1:],
    )


def _rate(cycling: Cycling) -> tuple[rates.RateTest | None, list[RateFit], dict[str, str]]:
    try:
        test = rates.plateaus(cycling.cycles, cycling.words, basis=cycling.best_basis, rate_basis=cycling.rate_basis)
    except AnalysisError:
        return None, [], {}  # no cycle has a constant current: nothing to tell plateaus by
    fits: list[RateFit] = []
    lacks: dict[str, str] = {}
    for name, law in _LAWS if test.reason is None else ():
        try:
            fits.append(law(test.points()))
        except (AnalysisError, FitError) as error:
            lacks[name] = error.message
    return test, fits, lacks
