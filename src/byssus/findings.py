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
    "records-left-out": Code(
        "note",
        "Records of a file that are no part of its test (a rest before it, a second working electrode) are left out.",
        "Nothing, unless they are what you are after: export them on their own.",
    ),
    "records-impossible": Code(
        "warning",
        "Single records hold a voltage or a current that cannot be, far beyond all others; they are left out.",
        "Look at the records named: a spike of the instrument, or a number that was damaged on the way.",
    ),
    "sign-from-data": Code(
        "note",
        "The file does not say whether a positive current oxidises or reduces; the shape of the voltammogram told it.",
        "Look whether the oxidation is positive in the figure; map the columns with current_positive to overrule it.",
    ),
    "sign-unknown": Code(
        "warning",
        "Neither the file nor its voltammogram tells whether a positive current oxidises or reduces.",
        "Look at the settings of the workstation; map the columns with current_positive if the sign is wrong.",
    ),
    "sweeps-not-saved": Code(
        "note",
        "The program asked for more sweeps than the file holds: the others were not saved, or the test was stopped.",
        "Nothing for the sweeps that are there; the first of them is not the electrode's first.",
    ),
    "impedance-inconsistent": Code(
        "warning",
        "Modulus or phase of an impedance in the file are not those of its real and imaginary parts.",
        "Check the columns and their units; real and imaginary parts are what is used.",
    ),
    "imaginary-sign": Code(
        "warning",
        "Most imaginary parts of a spectrum are above zero, as of an inductor and not of a cell.",
        "If the column holds -Im Z, name it -Im(Z) in the heading, or map the columns with minus_imaginary.",
    ),
    "columns-assumed": Code(
        "warning",
        "The file has no heading: what its columns are was told from their numbers alone.",
        "Check the rule in the message; map the columns if it does not fit.",
    ),
    "units-mixed": Code(
        "note",
        "Columns of one kind of quantity stand in different units in the file.",
        "Nothing, if the heading is right: each was converted by its own unit.",
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
    "scan-rate-differs": Code(
        "warning",
        "The scan rate that is stated is not the one that the records' voltage and time tell.",
        "Correct the stated one, or look for a wrong unit of time; the records' rate is used.",
    ),
    "vertex-current": Code(
        "note",
        "The largest current of a sweep flows where it turns; that is no peak, and it is not counted as one.",
        "Sweep further, if the peak beyond it is of interest and the cell can bear it.",
    ),
    "peaks-merge": Code(
        "warning",
        "Peaks that stand apart at one scan rate do not at another, so one of them is hidden or stands for two.",
        "Sweep more slowly; what follows from the current of that peak leaves these scan rates out.",
    ),
    "peaks-move": Code(
        "warning",
        "Peaks move with the scan rate, so that no potential is in one state at all rates, as a capacitive share asks for.",
        "Do not lean on the share; correct for the ohmic drop, or compare slower sweeps.",
    ),
    "apparent-diffusion": Code(
        "warning",
        "A diffusion coefficient, from peak currents or from a Warburg element, is apparent: what its equation rests on does not hold.",
        "Read the reason; quote it as apparent, or not at all.",
    ),
    "noisy-current": Code(
        "warning",
        "The noise of the current is so large that it hides peaks or an onset.",
        "Use a smaller current range, a filter, or average more readings to a record.",
    ),
    "current-falls-again": Code(
        "note",
        "After an onset the current falls below the criterion again: what began there is over before the sweep is.",
        "Look at the curve: an impurity or a film may react before what the sweep is for.",
    ),
    "simulation-stopped": Code(
        "warning",
        "The equations of a virtual cell could not be solved on; what was finished before is in the table.",
        "See the likely cause in the message; change the current, the window or the number of the cell that it names.",
    ),
    "pores-closed": Code(
        "warning",
        "The pores of a virtual coating stay closed, as far as its solids let them; what grows from then on thickens it.",
        "Trust nothing after that cycle: SPM has no voltage in the pores, and no equation is made for a coating without any. "
        "See the volume of the SEI, its area and the porosity.",
    ),
    "electrolyte-used-up": Code(
        "warning",
        "A virtual cell has used up its electrolyte; the equations go on as if its pores stayed full.",
        "Trust nothing after that cycle; a cell would dry out there. See electrolyte volume and solvent by charge of the SEI.",
    ),
    "runs-without-answer": Code(
        "warning",
        "Runs of a sensitivity gave no number; the whole trajectories or rows that they belong to are left out.",
        "Look which part of a range the rest speaks for; narrow the ranges that lead where no cell is.",
    ),
    "null-model-wins": Code(
        "warning",
        "A polynomial without physics predicts what a fit was not shown better than the fitted model does.",
        "Do not lean on the fitted numbers: they are no evidence for the model; see what the fit leaves open.",
    ),
    "prediction-missing": Code(
        "warning",
        "A capacity could not be simulated with the numbers that were fitted to others; it is missing, which is not zero.",
        "Fit within narrower ranges, or see what the fitted numbers do to the cell at that current.",
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
    "electrodes-not-blocking": Code(
        "warning",
        "A spectrum for a conductivity has no capacitive spike: its electrodes do not block, or it ends too early.",
        "Measure between blocking electrodes and to lower frequency; or fit a circuit that has the electrodes in it.",
    ),
    "resistance-by-rule": Code(
        "warning",
        "The rules by which a film's resistance is read from a spectrum disagree by more than a tenth.",
        "Say which rule you used; a spectrum to higher frequency separates film and electrodes better.",
    ),
    "law-breaks": Code(
        "warning",
        "Conductivities over temperature follow two lines rather than one law: the film melts or changes within the range.",
        "Report the two ranges by themselves, and compare the knee with a melting point from calorimetry.",
    ),
    "initial-current-differs": Code(
        "note",
        "The first current recorded of a polarisation is not the one that its voltage and resistances give.",
        "Record faster at the start; the current from the resistances is what is used.",
    ),
    "hold-not-settled": Code(
        "warning",
        "The current of a voltage hold still changed at its end.",
        "Hold for longer; until then the last current is a bound and no value.",
    ),
    "onset-not-single": Code(
        "warning",
        "A current was above the criterion at a lower held voltage and then below it again.",
        "Look at the currents of all holds: a film may have formed, or the criterion is too low.",
    ),
    "voltage-collapse": Code(
        "warning",
        "The voltage of a cell with lithium electrodes collapses: lithium has grown through, or the electrodes touch.",
        "Look at the voltage there; nothing after a hard short is a property of the cell.",
    ),
    "rest-not-relaxed": Code(
        "warning",
        "The open-circuit voltage of a rest has no steady rate: it still relaxes, or something else happens in the cell.",
        "Rest for longer, or leave out more of the beginning (relaxation time).",
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
        "More charge came out of a half cycle than the one before it had put in, beyond what rounding, or a lower current "
        "than in the cycle before, explains.",
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
    "impedance-sign": Code(
        "warning",
        "The imaginary part of a spectrum goes against its real part, as where it is written without its sign.",
        "Turn its sign in the file or its reading: a capacitor has a negative imaginary part. Nothing is turned here.",
    ),
    "impedance-units": Code(
        "warning",
        "The two parts of a spectrum, or parts of one, are so unlike in size that they cannot be in one unit.",
        "Look at the heading of each column; nothing is scaled here.",
    ),
    "impedance-frequencies": Code(
        "note",
        "The frequencies of a spectrum are not in order, or occur more than once.",
        "Nothing, if points were measured again; else two spectra may have been joined: give each a number of its own.",
    ),
    "impedance-points": Code(
        "note",
        "Points of a spectrum are marked and not used: no numbers, outliers, or in another unit.",
        "Look at the points named; they stay in tables and figures.",
    ),
    "impedance-invalid": Code(
        "warning",
        "A spectrum, or an end of it, breaks the relations of Kramers and Kronig; that part says nothing of the cell.",
        "Let the cell rest longer before a spectrum, end it at a higher frequency, or shorten the leads; see the message.",
    ),
    "impedance-untested": Code(
        "note",
        "A spectrum has too few points to be tested by the relations of Kramers and Kronig.",
        "Take its numbers with care; measure ten points or more over a decade or more.",
    ),
    "impedance-drift": Code(
        "note",
        "The mean voltage changed during a spectrum by more than the excitation's amplitude.",
        "Let the cell rest longer, or measure fewer slow points.",
    ),
    "circuit-misfit": Code(
        "warning",
        "The circuit describes the spectrum in part only: it leaves over more than a linear, causal cell would.",
        "Look at the residuals and the relaxation times; its resistances are averages, and their ± is too small or large.",
    ),
    "circuit-open": Code(
        "note",
        "The spectrum does not determine every parameter of the circuit.",
        "Report none of those named, or measure to lower frequencies, or take a circuit without them.",
    ),
    "circuit-ambiguous": Code(
        "warning",
        "Other values of the same circuit, or other circuits, describe the spectrum as well.",
        "Decide between them by what else is known of the cell, and say how.",
    ),
    "cycles-not-compared": Code(
        "note",
        "Spectra before and after cycling are not of one state of charge, by their voltages, and are not compared.",
        "Compare spectra at one voltage; or, where cycling moved the voltage of a state, tell the state of charge of each file.",
    ),
    "spectrum-in-part": Code(
        "note",
        "Resistances are from a part of the frequencies, in which the cell was linear and stood still.",
        "Nothing, if the arcs of interest lie in that part; else measure again.",
    ),
    "lithium-electrode-shows": Code(
        "warning",
        "The spectrum is of a silicon half cell at a potential where most of what it shows is the lithium electrode.",
        "Take spectra at potentials in between, or of symmetric or three-electrode cells (doi:10.1039/d3ya00181d).",
    ),
    "impedance-amplitude": Code(
        "note",
        "The excitation is so large that a charge-transfer resistance appears smaller than it is.",
        "Use 10 mV or less; the relations of Kramers and Kronig do not show this.",
    ),
    "ionic-resistance-differs": Code(
        "warning",
        "Two ways to read the resistance of ions in pores from a blocking cell differ by more than a tenth.",
        "Look at the fit: electrons that pass badly, pores that are not full, or a reaction bend the spectrum.",
    ),
    "relaxation-misfit": Code(
        "note",
        "A distribution of relaxation times leaves over much more than the test of Kramers and Kronig does.",
        "The spectrum has a part that no relaxation makes: an inductive loop, drift, leads. Trust areas less.",
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
    "pulse-left-out": Code(
        "warning",
        "Pulses give no number: without a rest, interrupted, with a current that is not constant, or after a turn.",
        "Look at the pulses named; the others are not touched by it.",
    ),
    "titration-out-of-range": Code(
        "warning",
        "The textbook's formula needs a voltage that is a line over √t, at times short against diffusion; it is not.",
        "Use the full model's number; for the formula take shorter pulses, larger particles or denser records.",
    ),
    "known-bias": Code(
        "note",
        "A method is known to be off by a little even where it holds, from tests with known truths.",
        "Divide by it where it matters, or take the full model's number.",
    ),
    "time-constant-open": Code(
        "warning",
        "Pulse and rest do not tell how long diffusion takes: too fast or too slow for them, or hidden by other processes.",
        "Take nothing from these pulses; change their length, or record more densely at their beginning.",
    ),
    "rest-not-at-equilibrium": Code(
        "warning",
        "Voltages still move at the end of rests, so the change from rest to rest is that of no equilibrium.",
        "Rest longer, or read the change as one along a branch; slow creep is common in silicon.",
    ),
    "rests-on-branches": Code(
        "note",
        "The rests of the two directions lie on branches of a hysteresis; the change from rest to rest is along a branch.",
        "Compare diffusion coefficients of one direction only; no thermodynamic factor follows from these rests.",
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
