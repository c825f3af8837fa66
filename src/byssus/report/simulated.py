"""What a report says of virtual cells: what was run, with which numbers, and how it stands beside what is printed.

It is handed plain records and lays them out; what carried the tests out is not known here.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from byssus.figure.binders import joined
from byssus.quantity import pretty_unit
from byssus.report.answer import Entry, digits, number
from byssus.report.sensitivity import Sensitivity
from byssus.simulate.losses import Losses

#: How a parameter came about, in the order in which a report counts them, and what is said of that.
_ORIGINS = {
    "given": "given by recipe or study",
    "known": "known from the literature",
    "fitted": "fitted to measurements",
    "estimate": "estimated",
    "assumed": "assumed",
}


@dataclass(frozen=True)
class Simulated:
    """One test of one virtual cell, as it was run.

    Parameters
    ----------
    sample, test
        Whose test it is, and what people call it.
    model, reason
        The model that was solved, and why that one.
    steps, records
        How many were carried out and kept.
    seconds
        Wall time.
    ended
        How it ended: ``as asked``, or where and why it stopped.
    complete
        Whether all that was asked for was done.
    hidden
        Columns of the table that hold states which no instrument shows.
    """

    sample: str
    test: str
    model: str
    reason: str
    steps: int
    records: int
    seconds: float
    ended: str
    complete: bool = True
    hidden: tuple[str, ...] = ()

    @property
    def wall_time(self) -> str:
        """The wall time in words.

        Examples
        --------
        >>> [Simulated("A", "rate", "SPM", "", 1, 1, seconds, "").wall_time for seconds in (0.042, 71.3, 5025.0)]
        ['0.042 s', '71 s', '1 h 24 min']
        """
        if self.seconds < 10:
            return f"{self.seconds:.2g} s"
        if self.seconds < 300:
            return f"{self.seconds:.0f} s"
        hours, minutes = divmod(round(self.seconds / 60), 60)
        return joined(f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "", between=" ")


@dataclass(frozen=True)
class Given:
    """A number that a virtual cell started from.

    Parameters
    ----------
    name
        What people call it.
    value, unit
        As people read it.
    low, high
        The ends of its range; None where it has none.
    source
        Where it comes from.
    origin
        How it came about: given, known, fitted, estimate or assumed.
    """

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    source: str
    origin: str

    @property
    def entry(self) -> Entry:
        """Its value in a table."""
        return number(self.value, None, self.unit)

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)

    @property
    def reach(self) -> str:
        """Its range in a table; empty where it has none.

        Examples
        --------
        >>> Given("porosity", 50.0, "%", 35.0, 65.0, "assumed", "assumed").reach
        '35 to 65'
        """
        return "" if self.low is None or self.high is None else f"{digits(self.low)} to {digits(self.high)}"


@dataclass(frozen=True)
class Beside:
    """A printed value and what a virtual cell gave for it; None where it gave none, and then the note says why."""

    quantity: str
    printed: float
    simulated: float | None
    unit: str
    note: str = ""
    sample: str = ""
    #: Where it is printed.
    source: str = ""

    @property
    def entries(self) -> tuple[Entry, Entry, Entry]:
        """Printed, simulated and difference in a table; under the difference its share of what is printed.

        Examples
        --------
        >>> [entry.text for entry in Beside("capacity at 0.2 A/g", 3227.0, 3114.0, "mAh/g").entries]
        ['3227', '3114', '−113']
        >>> Beside("capacity at 0.2 A/g", 3227.0, 3114.0, "mAh/g").entries[2].under
        ('−3.5 %',)
        """
        printed = number(self.printed, None, self.unit)
        if self.simulated is None:
            missing = Entry("missing", (), missing=True)
            return printed, missing, missing
        difference = self.simulated - self.printed
        # A difference of percentages is in points, of which a share would mislead.
        share = self.printed and self.unit != "%"
        under = (_signed(f"{100 * difference / abs(self.printed):+.2g} %"),) if share else ()
        return (
            printed,
            number(self.simulated, None, self.unit),
            Entry(_signed(f"{difference:+.3g}"), under, difference),
        )

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)


@dataclass(frozen=True)
class Spread:
    """A simulated number, and what it comes to with the potential of each published electrode of silicon.

    Parameters
    ----------
    sample, test, quantity, unit
        Of what, and what people call it.
    value
        With the potential that was asked for.
    electrodes
        By electrode; None of one that does not have it: a peak that its curve does not show.
    """

    sample: str
    test: str
    quantity: str
    unit: str
    value: float
    electrodes: Mapping[str, float | None]

    @property
    def _values(self) -> list[float]:
        return [each for each in self.electrodes.values() if each is not None]

    @property
    def low(self) -> float | None:
        """The least of the electrodes; None where fewer than two have it."""
        return min(self._values) if len(self._values) > 1 else None

    @property
    def high(self) -> float | None:
        """The most of the electrodes; None where fewer than two have it."""
        return max(self._values) if len(self._values) > 1 else None

    @property
    def uncertainty(self) -> float | None:
        """The standard deviation of the electrodes, the standard uncertainty of what one more would come to.

        Examples
        --------
        >>> shown = Spread("CCL", "rate", "capacity", "mAh/g", 3000.0, {"kunz": 2900.0, "lu": 3100.0, "jiang": None})
        >>> shown.low, shown.high, round(shown.uncertainty), shown.words
        (2900.0, 3100.0, 141, 'spread between 2 published electrodes')
        """
        return statistics.stdev(self._values) if len(self._values) > 1 else None

    @property
    def count(self) -> int:
        """How many electrodes have it."""
        return len(self._values)

    @property
    def words(self) -> str:
        """What the range is of."""
        return f"spread between {self.count} published electrodes"

    @property
    def entries(self) -> tuple[Entry, Entry, Entry, Entry]:
        """Value, least, most and standard uncertainty in a table."""
        missing = Entry("missing", (), missing=True)
        low, high, deviation = (
            missing if each is None else number(each, None, self.unit)
            for each in (self.low, self.high, self.uncertainty)
        )
        return number(self.value, self.uncertainty, self.unit), low, high, deviation

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        return {
            "sample": self.sample, "test": self.test, "quantity": self.quantity, "unit": self.unit, "value": self.value,
            "low": self.low, "high": self.high, "uncertainty": self.uncertainty, "of": self.words,
            "electrodes": dict(self.electrodes),
        }  # fmt: skip


@dataclass(frozen=True)
class FittedNumber:
    """A number that was fitted, and in words how well it is known where it has no uncertainty."""

    name: str
    value: float
    uncertainty: float | None
    unit: str
    known: str

    @property
    def entry(self) -> Entry:
        """Its value in a table, with its standard uncertainty."""
        return number(self.value, self.uncertainty, self.unit)

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)


@dataclass(frozen=True)
class FittedPoint:
    """A printed capacity beside that of the fitted model, None where it has no solution, and that of the null model."""

    current: str
    printed: float
    model: float | None
    null: float
    seen: bool


@dataclass(frozen=True)
class Fitted:
    """Numbers of a virtual cell that were fitted to printed capacities, and what they predict.

    Parameters
    ----------
    sample
        Whose numbers.
    numbers
        Each fitted number.
    statements
        What the fit leaves open, in words.
    points
        Every printed capacity.
    model, null
        Root mean square of what model and null model miss of the capacities that the fit did not see; NaN if it saw all.
    unit
        Of capacities and of what is missed.
    """

    sample: str
    numbers: tuple[FittedNumber, ...]
    statements: tuple[str, ...]
    points: tuple[FittedPoint, ...]
    model: float
    null: float
    unit: str = "mAh/g"

    @property
    def sentence(self) -> str:
        """Whether the fit is worth something, in one sentence."""
        numbers, seen = len(self.numbers), sum(each.seen for each in self.points)
        count = (
            f"{numbers} number{'s' if numbers != 1 else ''} fitted to {seen} printed "
            f"{'capacities' if seen != 1 else 'capacity'}"
        )
        if math.isnan(self.model):
            return f"{count}. The fit saw all that is printed, so nothing tests it."
        verdict = (
            "The null model, a polynomial without physics, predicts better: the fit is no evidence for the model."
            if self.loses else "The model predicts better than the null model, a polynomial without physics."
        )  # fmt: skip
        return (
            f"{count}. Of those left out the model misses {self.model:.0f} {self.unit} (root mean square), the null model with "
            f"as many numbers {self.null:.0f}. {verdict}"
        )

    @property
    def loses(self) -> bool:
        """Whether the null model misses less of what the fit did not see."""
        return self.null < self.model


def _signed(text: str) -> str:
    return text.replace("-", "−") if float(text.removesuffix(" %")) else text.lstrip("+-")


@dataclass(frozen=True)
class Simulation:
    """All virtual cells of a report.

    Parameters
    ----------
    runs
        Each test of each sample, in the order of the study.
    given
        The numbers that each sample started from.
    beside
        Printed values beside simulated ones.
    tables
        What the analysed tables are called.
    spread
        What numbers come to with the potential of each published electrode of silicon; empty where that was not asked.
    fitted
        What was fitted to printed capacities.
    sensitivity
        Which input moves what, where that was asked.
    losses
        Where the fade of cycling tests comes from.
    """

    runs: tuple[Simulated, ...]
    given: Mapping[str, tuple[Given, ...]] = field(default_factory=dict)
    beside: tuple[Beside, ...] = ()
    tables: tuple[str, ...] = ()
    spread: tuple[Spread, ...] = ()
    fitted: tuple[Fitted, ...] = ()
    sensitivity: tuple[Sensitivity, ...] = ()
    losses: tuple[Losses, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The virtual cells."""
        return tuple(dict.fromkeys(run.sample for run in self.runs))

    @property
    def sentence(self) -> str:
        """What was simulated, in one sentence.

        Examples
        --------
        >>> Simulation((Simulated("CCL", "rate", "SPMe", "", 14, 900, 3.1, "as asked"),
        ...     Simulated("CCL", "cv", "SPMe", "", 2, 90, 1.1, "step 2: the solver stopped", complete=False))).sentence
        'Simulated, not measured: CCL (rate, cv). 1 of 2 tests ended before all that was asked for was done.'
        """
        tests = [
            f"{sample} ({', '.join(run.test for run in self.runs if run.sample == sample)})" for sample in self.samples
        ]
        broken = sum(not run.complete for run in self.runs)
        said = f"{broken} of {len(self.runs)} tests ended before all that was asked for was done." if broken else ""
        return joined(f"Simulated, not measured: {', '.join(tests)}.", said, between=" ")

    @property
    def hidden(self) -> tuple[str, ...]:
        """All columns of hidden states."""
        return tuple(dict.fromkeys(column for run in self.runs for column in run.hidden))

    @property
    def shared(self) -> tuple[Given, ...]:
        """The numbers that all samples have in common."""
        first, *others = [tuple(given) for given in self.given.values()] or [()]
        return tuple(one for one in first if all(one in other for other in others))

    @property
    def differing(self) -> tuple[tuple[str, tuple[Given | None, ...]], ...]:
        """The numbers in which samples differ: name, and that of each sample; None of one that has none."""
        shared = set(self.shared)
        names = dict.fromkeys(one.name for given in self.given.values() for one in given if one not in shared)
        return tuple(
            (name, tuple(next((one for one in given if one.name == name), None) for given in self.given.values()))
            for name in names
        )

    @property
    def counted(self) -> str:
        """How the numbers came about, in one sentence.

        Examples
        --------
        >>> porosity = Given("porosity", 50.0, "%", 35.0, 65.0, "assumed: the recipe gives none", "assumed")
        >>> Simulation((), {"CCL": (porosity,)}).counted
        '1 number: 1 assumed.'
        """
        every = {one for given in self.given.values() for one in given}
        count = {origin: sum(one.origin == origin for one in every) for origin in _ORIGINS}
        said = [f"{number} {_ORIGINS[origin]}" for origin, number in count.items() if number]
        return f"{len(every)} number{'s' if len(every) != 1 else ''}: {', '.join(said)}." if every else ""
