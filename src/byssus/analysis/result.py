"""One number that an analysis reports, and how a column of them is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from byssus.quantity import format_value, pretty_unit


@dataclass(frozen=True, slots=True)
class Result:
    """A quantity of a sample, with its uncertainty or the reason why it is missing.

    Parameters
    ----------
    name
        The quantity in the field's standard term.
    value
        The number, or None; then `reason` says why.
    unit
        Its unit; ``%`` and ``1`` included.
    uncertainty
        Standard uncertainty in the same unit, or None where it is not known.
    basis
        What a capacity is divided by, or the baseline of a retention.
    method
        How it was computed, in one clause.
    sample, group, cycle, origin
        Of what: the sample, its binder, the cycle, measured or simulated.
    reason
        Why `value` or `uncertainty` is missing.

    Examples
    --------
    >>> print(Result("first-cycle coulombic efficiency", 68.75, "%", 0.14))
    68.75 ± 0.14 %
    >>> print(Result("retention", None, "%", reason="cycle 2 was not measured"))
    missing: cycle 2 was not measured
    """

    name: str
    value: float | None
    unit: str
    uncertainty: float | None = None
    basis: str | None = None
    method: str | None = None
    sample: str | None = None
    group: str | None = None
    cycle: int | None = None
    origin: str = "measured"
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.value is None and not self.reason:
            raise ValueError(f"the result {self.name!r} is missing without a reason")

    @property
    def number(self) -> str:
        """The value with its uncertainty, without the unit; empty if it is missing."""
        return "" if self.value is None else format_value(self.value, self.uncertainty)

    def __str__(self) -> str:
        if self.value is None:
            return f"missing: {self.reason}"
        return self.number if self.unit == "1" else f"{self.number} {pretty_unit(self.unit)}"

    def as_dict(self) -> dict[str, Any]:
        """Return the result as it stands in every JSON answer."""
        return asdict(self)


_SCHEMA = {
    "name": pl.String,
    "value": pl.Float64,
    "uncertainty": pl.Float64,
    "unit": pl.String,
    "basis": pl.String,
    "method": pl.String,
    "sample": pl.String,
    "group": pl.String,
    "cycle": pl.Int64,
    "origin": pl.String,
    "reason": pl.String,
}


def tidy(results: Iterable[Result]) -> pl.DataFrame:
    """Return results as one tidy frame: a row a number."""
    return pl.DataFrame([result.as_dict() for result in results], schema=_SCHEMA)
