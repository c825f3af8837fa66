"""What looks wrong but does not stop the work.

A finding never changes an exit code: the work goes on, and the finding travels
with the table, into the results and onto the report, where it can overturn a
conclusion.  Every code is declared once, here, with what it means and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: how grave it is, what it means, what to do about it."""

    severity: Severity
    meaning: str
    action: str


CODES: dict[str, Code] = {
    "truncated": Code(
        "warning",
        "The file ends in the middle of a record: the test was still running or the copy was cut off.",
        "Copy the file again from the instrument; what could be read is used.",
    ),
    "time-backwards": Code(
        "warning",
        "The test time runs backwards, so durations and integrals over it are not to be trusted.",
        "Look for a restarted or merged test, and split it.",
    ),
    "wall-clock-backwards": Code(
        "note",
        "The instrument's calendar clock jumps back (a synchronised or changed clock); its test time does not.",
        "Nothing: durations come from the test time.",
    ),
    "sign-against-voltage": Code(
        "warning",
        "The voltage falls while the current says charge, or rises while it says discharge, in most steps.",
        "Check the sign convention of the export, or which lead was the working electrode.",
    ),
    "coarse-current": Code(
        "note",
        "The current is stored with so few digits that one step of the last digit is over 1 % of it.",
        "Export with more digits; integrals of the current inherit this error.",
    ),
    "coarse-capacity": Code(
        "note",
        "The capacity is stored with so few digits that rounding matters for an efficiency.",
        "Export with more digits; the rounding is carried as an uncertainty.",
    ),
    "coarse-time": Code(
        "note",
        "Many records share a time stamp: the clock of the export is coarser than the sampling.",
        "Export the time with more digits before taking derivatives with respect to time.",
    ),
    "steps-rebuilt": Code(
        "note",
        "The file numbers no steps; they were rebuilt from its own columns by the rule in the message.",
        "Nothing, unless a step looks wrong.",
    ),
    "step-table-disagrees": Code(
        "warning",
        "The records do not add up to the instrument's own table of steps or cycles.",
        "Look at the records named; the records are what is used.",
    ),
    "value-missing": Code(
        "note",
        "Something that a result needs was not given; the result is missing, with this reason.",
        "Give it in the study.",
    ),
    "unread-file": Code(
        "error",
        "A file that the study names could not be read.",
        "See the message; everything else was done.",
    ),
    "study-field": Code(
        "error",
        "The study says something that could not be understood; that part of it was left out.",
        "See the message; everything else was done.",
    ),
    "cell-left-out": Code(
        "error",
        "A cell of the study could not be analysed.",
        "See the message; everything else was done.",
    ),
    "single-cell": Code(
        "warning",
        "A binder is represented by one cell: nothing is known of the spread from cell to cell.",
        "Measure at least three cells from more than one coating.",
    ),
    "baseline-missing": Code(
        "warning",
        "The baseline cycle of the retention was not measured, so there is no retention.",
        "Name another baseline cycle in the study.",
    ),
    "incomplete-cycle": Code(
        "note",
        "A cycle lacks one of its two halves; no efficiency is given for it.",
        "Nothing, if the test was stopped there.",
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that looks wrong.

    Parameters
    ----------
    code
        A key of `CODES`.
    message
        What was seen, with the numbers, as one sentence.
    sample, file, field, value
        What it is about, as far as that applies.

    Examples
    --------
    >>> finding = Finding("truncated", "the last line has 4 of 17 fields", file="a.csv")
    >>> finding.severity
    'warning'
    >>> sorted(finding.as_dict())
    ['code', 'field', 'file', 'message', 'sample', 'severity', 'value']
    """

    code: str
    message: str
    sample: str | None = None
    file: str | None = None
    field: str | None = None
    value: str | float | None = None

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"finding code {self.code!r} is not declared in byssus.findings.CODES")

    @property
    def severity(self) -> Severity:
        """How grave it is, from the declaration of its code."""
        return CODES[self.code].severity

    def about(self, sample: str) -> Finding:
        """Return the same finding, said of a sample."""
        return replace(self, sample=sample)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it stands in every JSON answer."""
        return {"code": self.code, "severity": self.severity} | asdict(self)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Order findings: errors first, then warnings, then notes; else as they came."""
    order = {"error": 0, "warning": 1, "note": 2}
    return sorted(findings, key=lambda finding: order[finding.severity])
