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
    "reader-remark": Code(
        "note",
        "The library that reads this format remarks on the file.",
        "See the message; compare with the vendor's own export if it touches the numbers.",
    ),
    "sign-from-step-type": Code(
        "note",
        "The file holds magnitudes of the current only; its sign was taken from the type of each step.",
        "Nothing, if the types of the steps are right; look at the voltage of one charge and one discharge.",
    ),
    "counter-backwards": Code(
        "warning",
        "A counter of charge or energy that should only grow, or start anew from zero, decreases.",
        "See the message for what was made of it; compare with the integral of the current, or map another counter.",
    ),
    "unit-overruled": Code(
        "warning",
        "The heading of a column states one unit and the column map another; the map's is used.",
        "Correct the map, or leave the unit out of it, if the heading is right.",
    ),
    "clock-repeats": Code(
        "note",
        "Records lie in the hour that local clocks repeat when daylight saving ends; the clock alone cannot order them.",
        "Nothing, if the records run on through that night; map a test time where the order within the hour matters.",
    ),
    "current-derived": Code(
        "note",
        "The file stores no current; it is the charge of each record over the time since the record before.",
        "Nothing; where the current jumps between two records, it is their mean.",
    ),
    "impedance-left-out": Code(
        "note",
        "Points of impedance spectra stand among the records of cycling; they are left out of this table.",
        "Export the spectra on their own.",
    ),
    "direction-unknown": Code(
        "warning",
        "The file does not say of some steps whether they charge or discharge.",
        "Look at the records named; they are taken as charge.",
    ),
    "malformed-records": Code(
        "warning",
        "Malformed records (too few or too many fields, outside their page, a number used twice) are left out.",
        "Look at the lines named: a decimal comma, or a line that was edited by hand.",
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
    "coarse-voltage": Code(
        "note",
        "The voltage is stored with so few digits that differences over a few millivolts are mostly rounding.",
        "Export with more digits before taking dQ/dV, dV/dQ or the step of a pulse; capacities do not suffer.",
    ),
    "time-jumps": Code(
        "warning",
        "Time passes in the middle of a step, far beyond the interval at which it was recorded, while current flows.",
        "Look for lost records, a pause of the channel, or a thinned export; there an integral of the current is a guess.",
    ),
    "simulation-stopped": Code(
        "warning",
        "The equations of a virtual cell could not be solved on; what was finished before is in the table.",
        "See the likely cause in the message; change the current, the window or the number of the cell that it names.",
    ),
    "step-without-end": Code(
        "note",
        "A step of a virtual test was over before it began, or never met the end that the protocol asks for.",
        "Look at its current and its end: a current that drives the cell past its window at once gives no capacity.",
    ),
    "mass-in-name": Code(
        "warning",
        "The mass in the file's name is not the one that the instrument was told, or that the study gives.",
        "Find out which is right and give that one in the study; capacities per gram follow it.",
    ),
    "missing-rest": Code(
        "note",
        "The cell did not rest before its first current, or never between charge and discharge.",
        "Nothing for capacities; there is no open-circuit voltage, no relaxation and no resistance from the onset of a rest.",
    ),
    "vendor-efficiency-order": Code(
        "note",
        "The instrument's own efficiency pairs the halves of a cycle against the order of the electrode as made.",
        "Quote the efficiency of Byssus, if 'made' in the study is right; the instrument's is of two different cycles.",
    ),
    "capacity-not-integral": Code(
        "warning",
        "The instrument's count of charge is not the integral of its own current, beyond what clock and digits explain.",
        "Look for records that were thinned out, a range that was switched, or a wrong unit in the export.",
    ),
    "order-as-given": Code(
        "note",
        "The files of a test do not all say when they began, so they are appended in the order of the study.",
        "Check that order; pauses between the files are not known.",
    ),
    "files-overlap": Code(
        "warning",
        "Two files of one test hold the same stretch of time.",
        "The records of the later one are left out there; check that both are of this cell.",
    ),
    "files-gap": Code(
        "note",
        "Time passed between two files of one test of which there is no record.",
        "Nothing, if the cell rested then.",
    ),
    "several-tests": Code(
        "warning",
        "The file holds several tests.",
        "See the message for which was read; export the others on their own.",
    ),
    "short-circuit": Code(
        "warning",
        "The cell was charged at almost no voltage: charge without energy, as in a shorted cell.",
        "Leave the cell out, or show that it is not shorted.",
    ),
    "inventory-impossible": Code(
        "warning",
        "Over the test more lithium came out of the electrode than had ever gone in.",
        "Look for a shuttle, a drifting current, or a test that was opened mid-life.",
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
    "knowledge-record": Code(
        "error",
        "A record of facts breaks the specification, or a question about what is known has no answer.",
        "See the message; docs/knowledge.md says what may stand in a record.",
    ),
    "recipe-field": Code(
        "error",
        "A recipe says something that could not be understood; that part of it, or all of it, was left out.",
        "See the message; docs/recipe.md says what may stand in a recipe.",
    ),
    "nominal-ratio": Code(
        "note",
        "The ratio that a mixture is called by is not the one that was weighed.",
        "Use the weighed one, as the design does; give both when you report it.",
    ),
    "loading-basis-inferred": Code(
        "note",
        "A recipe does not say whether its loading counts the active material or the coating; measurements of it rule one out.",
        "Write loading_basis under electrode, if you know it.",
    ),
    "loading-basis-open": Code(
        "warning",
        "A recipe does not say whether its loading counts the active material or the coating, and nothing in it tells.",
        "Write loading_basis under electrode; --basis works out the other reading.",
    ),
    "ph-differs": Code(
        "note",
        "The measured pH of a solution is more than one unit from the one that follows from what was weighed.",
        "Check the weighings and the electrode; look whether a salt was used where the recipe says acid, or the other way.",
    ),
    "silica-gels": Code(
        "warning",
        "A solution with silicate has a computed pH at which silica gels fast.",
        "Coat it at once, or keep it more alkaline; look at its viscosity over time.",
    ),
    "np-ratio": Code(
        "warning",
        "A cell is called by another N/P ratio than its loadings and capacities give.",
        "Check loadings, their basis and the capacities; the cell tells what loading the called ratio asks for.",
    ),
    "np-below-one": Code(
        "warning",
        "The negative electrode of a cell takes up less lithium than the positive one gives: lithium is plated.",
        "Raise the negative loading, or charge to less.",
    ),
    "thickness-differs": Code(
        "warning",
        "The thickness of a coating is not the one that its loading, composition and porosity give.",
        "Check all three; the design goes on with the porosity.",
    ),
    "usage": Code(
        "error",
        "The words of the command are off.",
        "See the message, or the verb's --help.",
    ),
    "not-written": Code(
        "error",
        "A result could not be written where it should go, or something stands there that Byssus did not make.",
        "Give another place.",
    ),
    "internal": Code(
        "error",
        "Something failed that Byssus did not foresee.",
        "Please report it with what BYSSUS_DEBUG=1 prints.",
    ),
    "cell-left-out": Code(
        "error",
        "A cell of the study could not be analysed.",
        "See the message; everything else was done.",
    ),
    "masses-contradict": Code(
        "warning",
        "The study gives a mass, or the share of active material, in two ways that disagree.",
        "Correct the one that is wrong; the first that the message names is used.",
    ),
    "areas-contradict": Code(
        "warning",
        "The study gives an area and a diameter that disagree.",
        "Correct the one that is wrong; the area is used.",
    ),
    "value-implausible": Code(
        "warning",
        "A mass or an area that the study gives cannot be true; it was left out.",
        "Check the number and its unit (mg or g, cm² or m²).",
    ),
    "cell-excluded": Code(
        "note",
        "The study excludes a cell; it was not analysed.",
        "Judge the reason: cells left out for their result make the rest look better than it is.",
    ),
    "identical-data": Code(
        "warning",
        "Two samples hold the same data to the last digit: they are one test, not replicates.",
        "Name the file of each cell; one of them counts for nothing here.",
    ),
    "efficiency-impossible": Code(
        "warning",
        "More charge came out of a half cycle than the one before it had put in, beyond what rounding explains.",
        "Look for a test that was opened mid-cycle, the wrong order of lithiation, a drifting current, or a shuttle.",
    ),
    "charge-before-first": Code(
        "warning",
        "Charge was moved before the first cycle opened, in the direction that closes a cycle.",
        "Check 'made' and 'configuration' in the study; if they are right, the first cycle is not the cell's first.",
    ),
    "half-cut-off": Code(
        "warning",
        "The last half cycle ends well before the voltage at which the others end: the test was still running.",
        "Its cycle is left out of means, last values and retention; export again when the test has ended.",
    ),
    "pulses-passed-over": Code(
        "note",
        "Short steps against the direction of a half cycle (resistance pulses) were not taken for halves of a cycle.",
        "Nothing; their charge is counted in neither half.",
    ),
    "cycle-not-measured": Code(
        "note",
        "A cycle that the study asks for was not measured.",
        "Name another, or leave the choice to Byssus.",
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
    "outside-validity": Code(
        "warning",
        "An argument is outside the range that its equation is made for; the answer extrapolates.",
        "Read the equation's validity (byssus calc NAME), and do not lean on the answer before it is confirmed.",
    ),
    "uncertainty-at-limit": Code(
        "note",
        "A value ± its uncertainty reaches where the equation has no value, so its slope was taken nearer the value.",
        "Nothing, if the result's ± is small; else give the interval by hand, since it is not symmetric.",
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
