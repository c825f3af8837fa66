"""Impedance spectra, one or a series: from tables to resistances with intervals, or the reason why there are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.impedance.circuit import Circuit
from byssus.analysis.impedance.fitting import (
    DIFFUSION,
    WEAK,
    Choice,
    CircuitFit,
    Derived,
    FittedArc,
    Weight,
    Which,
    candidates,
    choose,
    fit_circuit,
)
from byssus.analysis.impedance.relaxation import Relaxation, relaxation
from byssus.analysis.impedance.relaxation import said as relaxation_said
from byssus.analysis.impedance.spectrum import Spectrum, spectra
from byssus.analysis.impedance.validity import Validity, checked
from byssus.analysis.result import Result
from byssus.analysis.transport.temperature import Laws, fit_laws
from byssus.conventions import Configuration
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.study.techniques import Told, said

SPECTRUM: Final = "Spectrum / 1"
CYCLE, VOLTAGE, TEMPERATURE, TIME = "Cycle / 1", "Voltage / V", "Temperature / degC", "Test Time / s"
FREQUENCY, REAL, IMAGINARY = "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"
RESISTANCE, CONSTANT, EXPONENT = "Resistance / ohm", "Time Constant / s", "Exponent / 1"
SERIES, TRANSFER = "Series Resistance / ohm", "Charge-Transfer Resistance / ohm"
POLARISATION = "Polarisation Resistance / ohm"
_ZERO_CELSIUS: Final = 273.15
#: A circuit is chosen on at most so many spectra of a series, its first and last among them.
_CHOSEN_ON: Final = 3
#: Starts of each further spectrum of a series, beside the values of the one before.
_FURTHER: Final = 16
#: So many highest frequencies with Z'' above zero make an inductance; one or two are noise.
_INDUCTIVE: Final = 3
#: A circuit that leaves over more than this share of |Z|, and more than so many times what Kramers and Kronig's test does,
#: describes the spectrum in part only; choices.
_MISFIT, _TIMES = 0.01, 3.0
#: A spectrum that scatters by more than this share of |Z| is not fitted; a choice.
_NOISY: Final = 0.2
#: Potentials against lithium beyond which the lithium electrode shows most in a silicon half cell.  That it does at low and
#: high potentials: Huld, Yu and Lou, Energy Adv. 2 (2023), doi:10.1039/d3ya00181d; where these begin is a choice, the ends
#: of the sloping part of silicon's potential.
_SILICON_SHOWS: Final = (0.1, 0.5)
_WHICH: Final[dict[Which, str]] = {
    "slowest": "the arc of the lowest frequency",
    "largest": "the largest arc",
    "sum": "all arcs together but those of diffusion",
}


@dataclass(frozen=True)
class _One:
    """A spectrum, and all that was found of it."""

    number: int
    table: Table
    spectrum: Spectrum
    validity: Validity
    temperature: float | None
    relaxation: Relaxation | None = None
    found: CircuitFit | None = None
    why: str | None = None

    @property
    def used(self) -> Spectrum:
        """The points that may be used, alone."""
        keep = self.spectrum.used
        marks = tuple(mark for mark in self.spectrum.marks if not mark)
        return replace(
            self.spectrum, frequency=self.spectrum.frequency[keep], impedance=self.spectrum.impedance[keep], marks=marks
        )

    @property
    def along(self) -> dict[str, float | None]:
        """What a series goes over."""
        found = self.spectrum.along
        return {
            CYCLE: found.get("Cycle Count / 1"),
            VOLTAGE: found.get("Voltage / V"),
            TEMPERATURE: self.temperature,
            TIME: found.get("Test Time / s"),
        }


def examine_eis(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Test impedance spectra, take their relaxation times apart, fit a circuit, and say what the resistances are.

    Parameters
    ----------
    tables
        Tables of impedance of one cell, each with one spectrum or several.
    told
        ``circuit``, ``weight``, ``charge transfer``, ``area``, ``temperature``, as `byssus.study.techniques` has them.

    Returns
    -------
    Examined
        With the frames ``spectra`` (a row a spectrum), ``points``, ``parameters`` (a row a parameter of each spectrum),
        ``arcs``, ``circuits`` (what was tried), ``relaxation times``, ``relaxation peaks`` and, of a series over
        temperature, ``temperature law``.

    Raises
    ------
    AnalysisError
        If there is no spectrum.
    UsageError
        If the circuit that was told is none.
    """
    given = told.get("circuit")
    asked = Circuit.parse(given) if isinstance(given, str) else None
    which = cast("Which", told.get("charge transfer", "largest"))
    weight = cast("Weight", told.get("weight", "modulus"))
    every, findings = _read(tables, told)
    if not every:
        raise AnalysisError("holds no spectrum", field="table", fix="give a table of impedance with at least one point")
    every = [replace(one, relaxation=_relaxation(one)) for one in every]
    choice, why = (None, "as it was told") if asked is not None else _choice(every)
    circuit = choice.circuit if choice is not None else asked
    every = _fitted(every, circuit, weight)
    arcs = _charge_transfer(every, which)
    spread = (1.0, 1.0) if choice is None else choice.spread(which)
    transfer = {one.number: _widened(_transfer(one, arcs), spread) for one in every}
    arcs = _charge_transfer(every, "sum")
    spread = (1.0, 1.0) if choice is None else choice.spread("sum")
    whole = {one.number: _widened(_transfer(one, arcs), spread) for one in every}
    law = _law(every, transfer)
    results = [
        *(
            result
            for one in every
            for result in _of_spectrum(one, transfer[one.number], whole[one.number], which, told, len(every))
        ),
        *_of_law(law),
    ]
    frames = {
        "spectra": _spectra_frame(every, transfer, whole),
        "points": pl.concat([_points_frame(one) for one in every]),
        "parameters": _parameter_frame(every),
        "arcs": _arc_frame(every),
        **({"circuits": _tried(choice)} if choice is not None else {}),
        **_relaxation_frames(every),
        **({"temperature law": _law_frame(law, every, transfer)} if law is not None else {}),
    }
    findings += [
        finding
        for one in every
        if one.relaxation is not None
        for finding in relaxation_said(one.number, one.relaxation, one.validity)
    ]
    findings += [finding for one in every for finding in _of_fit(one, transfer[one.number])]
    findings += _of_half_cell(every)
    return Examined(
        "eis", tuple(tables), tuple(results), frames, tuple(findings), tuple(_methods(circuit, why, weight, which))
    )


# Reading and fitting


def _read(tables: Sequence[Table], told: Mapping[str, Told]) -> tuple[list[_One], list[Finding]]:
    every: list[_One] = []
    findings: list[Finding] = []
    for at, table in enumerate(tables):
        file = table.metadata.provenance[-1].file if table.metadata.provenance else None
        found, looks = spectra(table)
        told_here = said(table, told, "temperature", at=at)
        for spectrum in found:
            marked, valid, more = checked(spectrum, table.metadata.conditions)
            recorded = spectrum.along.get("Ambient Temperature / degC")
            celsius = recorded if recorded is not None and "temperature" not in told else None
            if celsius is None and told_here is not None:
                celsius = told_here.to("K").value - _ZERO_CELSIUS
            every.append(_One(len(every) + 1, table, marked, valid, celsius))
            findings += [replace(finding, file=finding.file or file) for finding in more]
        findings += [replace(finding, file=finding.file or file) for finding in looks]
    return every, findings


def _relaxation(one: _One) -> Relaxation | None:
    if one.validity.verdict == "fails":
        return None
    try:
        return relaxation(one.spectrum.frequency, one.spectrum.impedance, use=one.spectrum.used)
    except AnalysisError:
        # Too few points: the verdict says so already, and the frames stay empty for this spectrum.
        return None


def _times(one: _One) -> tuple[float, ...]:
    return tuple(peak.time_constant for peak in one.relaxation.peaks) if one.relaxation else ()


def _choice(every: Sequence[_One]) -> tuple[Choice | None, str]:
    """Choose a circuit on some of the spectra; return it with the reason, or None with why there is none."""
    good = [one for one in every if _refused(one) is None]
    if not good:
        return None, "no spectrum obeys the relations of Kramers and Kronig, so none is fitted"
    places = sorted({round(at) for at in np.linspace(0, len(good) - 1, min(_CHOSEN_ON, len(good)))})
    chosen_on = [good[at] for at in places]
    data = [(one.used.frequency, one.used.impedance) for one in chosen_on]
    inductive = any(bool((z.imag[:_INDUCTIVE] > 0).all()) for _, z in data)
    try:
        choice = choose(
            data,
            candidates(inductive=inductive),
            noise=[one.validity.noise for one in chosen_on],
            times=[_times(one) for one in chosen_on],
        )
    except FitError as error:
        return None, str(error)
    return choice, choice.why


def _tried(choice: Choice) -> pl.DataFrame:
    lowest = min(choice.criterion)
    return pl.DataFrame(
        {
            "Circuit": [str(row[0].circuit) for row in choice.found],
            "Parameters / 1": [len(row[0].values) for row in choice.found],
            "BIC above the Lowest / 1": [value - lowest for value in choice.criterion],
            "Residual / %": [100 * max(one.scale for one in row) for row in choice.found],
            "Sound": [all(one.sound for one in row) for row in choice.found],
            "Chosen": [at == choice.chosen for at in range(len(choice.found))],
        }
    )


def _fitted(every: Sequence[_One], circuit: Circuit | None, weight: Weight) -> list[_One]:
    """Fit the circuit to each spectrum, each from the values of the one before as well."""
    done: list[_One] = []
    last: Mapping[str, float] | None = None
    for one in every:
        reason = _refused(one)
        if reason is not None or circuit is None:
            done.append(replace(one, why=reason or "no circuit was found for it"))
            continue
        data = one.used
        try:
            found = fit_circuit(
                data.frequency,
                data.impedance,
                circuit,
                weight=weight,
                start=last,
                times=_times(one),
                **({"starts": _FURTHER} if last else {}),
            )
        except FitError as error:
            done.append(replace(one, why=f"no fit: {error}"))
            continue
        last = found.fit.ended
        done.append(replace(one, found=found))
    return done


def _refused(one: _One) -> str | None:
    """Return why a spectrum is not fitted, or None."""
    if one.validity.verdict in ("fails", "not tested"):
        return one.validity.reason
    if one.validity.noise is not None and one.validity.noise > _NOISY:
        return f"its points scatter by {100 * one.validity.noise:.0f} % of |Z|, too much for a circuit"
    return None


def _charge_transfer(every: Sequence[_One], which: Which) -> tuple[str, ...]:
    """Return the arcs that are the charge transfer by the rule, the same throughout a series."""
    fits = [one.found for one in every if one.found is not None]
    tables = [{arc.name: arc for arc in found.arcs} for found in fits]
    names = [
        name
        for name in (tables[0] if tables else ())
        if float(np.median([table[name].exponent.value or 0.0 for table in tables])) >= DIFFUSION
    ]
    if which == "sum" or not names:
        return tuple(names)

    def size(name: str) -> float:
        arcs = (table[name] for table in tables)
        return float(np.median([(arc.time if which == "slowest" else arc.resistance).value or 0.0 for arc in arcs]))

    return (max(names, key=size),)


def _transfer(one: _One, arcs: Sequence[str]) -> Derived:
    """Return the resistance of the arcs that are the charge transfer, or why there is none."""
    found = one.found
    if found is None:
        return Derived(None, None, one.why)
    if not arcs:
        return Derived(None, None, f"the circuit {found.circuit} has no arc with an exponent of {DIFFUSION} or more")
    for arc in found.arcs:
        if arc.name in arcs and (reason := _open(arc, found)) is not None:
            return Derived(None, None, reason)
    return found.derived(lambda values: sum(values[name] for name in arcs), *arcs)


def _widened(transfer: Derived, spread: tuple[float, float]) -> Derived:
    """Add what rival circuits say to a resistance's error, as a rectangular distribution (JCGM 100:2008, 4.3.7)."""
    low, high = spread
    if transfer.value is None or transfer.error is None:
        return transfer
    if (high - low) / 2 > WEAK:
        return Derived(
            None,
            None,
            f"not identifiable: circuits that describe the spectrum about as well give {low * transfer.value:.3g} to "
            f"{high * transfer.value:.3g} Ω",
        )
    doubt = transfer.value * (high - low) / 2 / math.sqrt(3)
    return replace(transfer, error=math.hypot(transfer.error, doubt))


def _open(arc: FittedArc, found: CircuitFit) -> str | None:
    """Return why an arc's resistance is not known, or None."""
    resistance = arc.resistance
    if resistance.value is None or resistance.error is None:
        return resistance.reason or f"not identifiable: {arc.name}"
    if resistance.error > WEAK * resistance.value:
        return (
            f"not identifiable: {arc.name} is {resistance.value:.3g} ± {resistance.error:.2g} Ω, known to "
            f"{100 * resistance.error / resistance.value:.0f} % only"
        )
    if not arc.seen:
        at = "unknown" if arc.frequency is None else f"{arc.frequency:.2g} Hz"
        return (
            f"the top of the arc of {arc.name}, at {at}, lies outside the {found.frequency.min():.3g} to "
            f"{found.frequency.max():.3g} Hz measured"
        )
    return None


# Results


def _of_spectrum(
    one: _One, transfer: Derived, whole: Derived, which: Which, told: Mapping[str, Told], count: int
) -> Iterator[Result]:
    where = _where(one) if count > 1 else ""
    area = _area(one.table, told)
    found = one.found
    method = "" if found is None else f"circuit {found.circuit}"
    series = Derived(None, None, one.why) if found is None else found.series_resistance
    yield from _resistance(f"series resistance{where}", series, method, area)
    yield from _resistance(f"charge-transfer resistance{where}", transfer, f"{_WHICH[which]}; {method}", area)
    if found is None:
        return
    names = [arc.name for arc in found.arcs]
    if len(names) > 1 and which != "sum":
        yield from _resistance(f"polarisation resistance{where}", whole, f"{_WHICH['sum']}; {method}", area)
    if count > 1:
        return
    for at, arc in enumerate(found.arcs, start=1):
        name = f"arc {at}" if len(names) > 1 else "arc"
        about = f"{arc.name} of {found.circuit}"
        open_ = _open(arc, found)
        if len(names) > 1:
            yield _result(f"{name} resistance", Derived(None, None, open_) if open_ else arc.resistance, "ohm", about)
        yield _result(f"{name} time constant", arc.time, "s", f"(R Q)^(1/α), {about}")
        yield _result(f"{name} effective capacitance, surface", arc.brug, "F", f"Brug et al. 1984, {about}")
        yield _result(f"{name} effective capacitance, film", arc.normal, "F", f"Hsu and Mansfeld 2001, {about}")


def _result(name: str, derived: Derived, unit: str, method: str, factor: float = 1.0) -> Result:
    value = None if derived.value is None else factor * derived.value
    error = None if derived.error is None or value is None else factor * derived.error
    return Result(name, value, unit, error, method=method or None, reason=derived.reason)


def _resistance(name: str, derived: Derived, method: str, area: Quantity | None) -> Iterator[Result]:
    yield _result(name, derived, "ohm", method)
    if area is None or derived.value is None:
        return
    square = area.to("cm^2")
    value = derived.value * square.value
    own = None if derived.error is None else derived.error / derived.value
    doubt = None if square.uncertainty is None else square.uncertainty / square.value
    error = None if own is None or doubt is None else value * math.hypot(own, doubt)
    reason = "the area was given without its ±" if doubt is None else derived.reason
    yield Result(name, value, "ohm*cm^2", error, basis="area", method=method, reason=reason)


def _area(table: Table, told: Mapping[str, Told]) -> Quantity | None:
    return said(table, told, "area") or table.metadata.sample.electrode_area


def _where(one: _One) -> str:
    """Name a spectrum of a series by what it was taken at."""
    along = one.along
    parts = []
    if (cycle := along[CYCLE]) is not None:
        parts.append(f"cycle {cycle:.0f}")
    if (volts := along[VOLTAGE]) is not None:
        parts.append(f"{volts:.3g} V")
    if (celsius := along[TEMPERATURE]) is not None:
        parts.append(f"{celsius:.4g} °C")
    return f", spectrum {one.number}{' at ' + ', '.join(parts) if parts else ''}"


def _law(every: Sequence[_One], transfer: Mapping[int, Derived]) -> Laws | None:
    """Fit Arrhenius' law to 1/R_ct where the spectra are of several temperatures."""
    known = [
        (one.temperature + _ZERO_CELSIUS, found.value, found.error)
        for one in every
        if one.temperature is not None and (found := transfer[one.number]).value is not None
    ]
    if len({kelvin for kelvin, _, _ in known}) < 2:
        return None
    kelvin, value = (np.array([row[at] for row in known], dtype=float) for at in (0, 1))
    errors = [None if error is None else error / resistance for _, resistance, error in known if resistance]
    return fit_laws(kelvin, 1 / value, np.array(errors, dtype=float) if all(errors) else None)


def _of_law(law: Laws | None) -> Iterator[Result]:
    if law is None:
        return
    name, method = "activation energy of charge transfer", "Arrhenius' law of 1/R_ct"
    if law.arrhenius is None:
        yield Result(name, None, "kJ/mol", method=method, reason=law.why)
        return
    energy = law.arrhenius["energy"]
    value = None if energy.value is None else energy.value / 1e3
    error = None if energy.error is None else energy.error / 1e3
    yield Result(name, value, "kJ/mol", error, method=f"{method}; {law.why}", reason=energy.reason)


# Frames


def _spectra_frame(
    every: Sequence[_One], transfer: Mapping[int, Derived], whole: Mapping[int, Derived]
) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for one in every:
        found = one.found
        provenance = one.table.metadata.provenance
        series = Derived(None) if found is None else found.series_resistance
        polarisation = whole[one.number]
        known = transfer[one.number]
        rows.append(
            {
                SPECTRUM: one.number,
                "File": provenance[-1].file if provenance else None,
                **one.along,
                "Points / 1": len(one.spectrum.frequency),
                "Points Used / 1": int(one.spectrum.used.sum()),
                "Verdict": one.validity.verdict,
                "Kramers-Kronig Noise / %": None if one.validity.noise is None else 100 * one.validity.noise,
                "Circuit": None if found is None else str(found.circuit),
                "Residual / %": None if found is None else 100 * found.residual,
                "Chi Square / 1": None if found is None else found.fit.chi_square,
                SERIES: series.value,
                u(SERIES): series.error,
                TRANSFER: known.value,
                u(TRANSFER): known.error,
                POLARISATION: polarisation.value,
                u(POLARISATION): polarisation.error,
                "Reason": known.reason,
            }
        )
    texts = dict.fromkeys(("File", "Verdict", "Circuit", "Reason"), pl.String)
    whole_numbers = dict.fromkeys((SPECTRUM, "Points / 1", "Points Used / 1"), pl.Int64)
    return pl.DataFrame(rows, schema={name: (texts | whole_numbers).get(name, pl.Float64) for name in rows[0]})


def _points_frame(one: _One) -> pl.DataFrame:
    spectrum, z = one.spectrum, one.spectrum.impedance
    nothing = np.full(len(z), np.nan)
    fitted = nothing + 1j * nothing if one.found is None else one.found.predict(spectrum.frequency)
    residual = one.validity.residual
    frame = pl.DataFrame(
        {
            SPECTRUM: np.full(len(z), one.number, dtype=np.int64),
            FREQUENCY: spectrum.frequency,
            REAL: z.real,
            IMAGINARY: z.imag,
            f"Fitted {REAL}": fitted.real,
            f"Fitted {IMAGINARY}": fitted.imag,
            "Real Residual / %": 100 * residual.real,
            "Imaginary Residual / %": 100 * residual.imag,
            "Used": spectrum.used,
            "Remark": pl.Series([mark or None for mark in spectrum.marks], dtype=pl.String),
        }
    )
    return frame.with_columns(pl.selectors.float().fill_nan(None))


def _parameter_frame(every: Sequence[_One]) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for one in every:
        if one.found is None:
            continue
        for parameter in one.found.circuit.parameters:
            estimate = one.found.fit[parameter.name]
            low, high = (None, None)
            if estimate.value is not None and estimate.error is not None:
                low, high = one.found.fit.wald(parameter.name)
            rows.append(
                {
                    SPECTRUM: one.number,
                    "Element": parameter.element,
                    "Parameter": parameter.name,
                    "Value": estimate.value,
                    "Uncertainty": estimate.error,
                    "Lower": low,
                    "Upper": high,
                    "Unit": parameter.slot.unit,
                    "State": estimate.state,
                    "Reason": estimate.reason,
                }
            )
    texts = dict.fromkeys(("Element", "Parameter", "Unit", "State", "Reason"), pl.String)
    numbers = dict.fromkeys(("Value", "Uncertainty", "Lower", "Upper"), pl.Float64)
    order = ("Element", "Parameter", "Value", "Uncertainty", "Lower", "Upper", "Unit", "State", "Reason")
    return pl.DataFrame(rows, schema={SPECTRUM: pl.Int64} | {name: (texts | numbers)[name] for name in order})


def _arc_frame(every: Sequence[_One]) -> pl.DataFrame:
    brug, film = "Surface Capacitance / F", "Film Capacitance / F"
    columns = (RESISTANCE, CONSTANT, EXPONENT, brug, film)
    rows: list[dict[str, Any]] = []
    for one in every:
        for at, arc in enumerate(one.found.arcs if one.found else (), start=1):
            row: dict[str, Any] = {SPECTRUM: one.number, "Arc / 1": at, "Parameter": arc.name, FREQUENCY: arc.frequency}
            derived = (arc.resistance, arc.time, arc.exponent, arc.brug, arc.normal)
            for column, known in zip(columns, derived, strict=True):
                row |= {column: known.value, u(column): known.error}
            rows.append(row | {"Seen": arc.seen})
    numbers = {name: pl.Float64 for column in columns for name in (column, u(column))}
    first = {SPECTRUM: pl.Int64, "Arc / 1": pl.Int64, "Parameter": pl.String, FREQUENCY: pl.Float64}
    return pl.DataFrame(rows, schema={**first, **numbers, "Seen": pl.Boolean})


def _relaxation_frames(every: Sequence[_One]) -> dict[str, pl.DataFrame]:
    time, gamma = "Relaxation Time / s", "Distribution / ohm"
    curves: list[pl.DataFrame] = []
    peaks: list[dict[str, Any]] = []
    for one in every:
        if one.relaxation is None:
            continue
        known = one.relaxation
        curves.append(
            pl.DataFrame(
                {
                    SPECTRUM: np.full(len(known.gamma), one.number, dtype=np.int64),
                    time: known.time_constant,
                    gamma: known.gamma,
                    u(gamma): known.gamma_error,
                }
            )
        )
        peaks += [
            {
                SPECTRUM: one.number,
                "Peak / 1": at,
                time: peak.time_constant,
                u(time): peak.time_error,
                FREQUENCY: peak.frequency,
                RESISTANCE: peak.resistance,
                u(RESISTANCE): peak.resistance_error,
                "Open": peak.open,
            }
            for at, peak in enumerate(known.peaks, start=1)
        ]
    whole = {SPECTRUM: pl.Int64, "Peak / 1": pl.Int64}
    numbers = dict.fromkeys((time, u(time), FREQUENCY, RESISTANCE, u(RESISTANCE)), pl.Float64)
    found = {"relaxation peaks": pl.DataFrame(peaks, schema={**whole, **numbers, "Open": pl.String})}
    return ({"relaxation times": pl.concat(curves)} if curves else {}) | found


def _law_frame(law: Laws, every: Sequence[_One], transfer: Mapping[int, Derived]) -> pl.DataFrame:
    """Return the temperatures with their resistances, and Arrhenius' line through them."""
    rows = [
        (one.temperature, transfer[one.number].value, transfer[one.number].error)
        for one in every
        if one.temperature is not None and transfer[one.number].value is not None
    ]
    celsius = np.array([row[0] for row in rows], dtype=float)
    line = None
    if law.arrhenius is not None:
        line = np.exp(-np.asarray(law.arrhenius.predict(celsius + _ZERO_CELSIUS), dtype=float))
    return pl.DataFrame(
        {
            TEMPERATURE: celsius,
            "Inverse Temperature / 1/K": 1 / (celsius + _ZERO_CELSIUS),
            TRANSFER: [row[1] for row in rows],
            u(TRANSFER): [row[2] for row in rows],
            f"Fitted {TRANSFER}": line if line is not None else pl.Series([None] * len(rows), dtype=pl.Float64),
        },
        schema_overrides={TRANSFER: pl.Float64, u(TRANSFER): pl.Float64},
    )


# Findings and methods


def _of_fit(one: _One, transfer: Derived) -> Iterator[Finding]:
    found = one.found
    if found is None:
        return
    file = one.table.metadata.provenance[-1].file if one.table.metadata.provenance else None
    noise = one.validity.noise
    if noise is not None and found.fit.scale > max(_MISFIT, _TIMES * noise):
        yield Finding(
            "circuit-misfit",
            f"spectrum {one.number}: {found.circuit} leaves over {100 * found.fit.scale:.1f} % of |Z|, a linear, causal "
            f"model {100 * noise:.2g} %",
            file=file,
            field="circuit",
        )
    # An exponent of one is a capacitor, and leaves nothing open.
    left = [text for text in found.fit.statements if "α ended on its upper bound" not in text]
    if left:
        yield Finding("circuit-open", f"spectrum {one.number}: {'; '.join(left)}", file=file, field="circuit")
    for other in found.others:
        values = ", ".join(f"{name} {value:.3g}" for name, value in other.items())
        yield Finding(
            "circuit-ambiguous",
            f"spectrum {one.number}: other values of {found.circuit} describe it as well: {values}",
            file=file,
            field="circuit",
        )
    if transfer.value is not None and one.validity.verdict == "passes in part":
        low, high = found.frequency.min(), found.frequency.max()
        yield Finding(
            "spectrum-in-part",
            f"spectrum {one.number}: the resistances are from {low:.3g} to {high:.3g} Hz alone",
            file=file,
        )


def _of_half_cell(every: Sequence[_One]) -> Iterator[Finding]:
    """Say of silicon half cells where the lithium electrode shows most, and that it is in every arc."""
    sample = every[0].table.metadata.sample
    material = f"{sample.active_material or ''} {sample.electrode or ''}".lower()
    if sample.configuration is not Configuration.HALF or not ("si" in material.split() or "silicon" in material):
        return
    low, high = _SILICON_SHOWS
    ends = [
        f"{one.number} ({volts:.3g} V)"
        for one in every
        if (volts := one.along[VOLTAGE]) is not None and not low <= volts <= high
    ]
    if ends:
        yield Finding(
            "lithium-electrode-shows",
            f"spectra {', '.join(ends)} of a silicon half cell were taken below {low} V or above {high} V, where the "
            "lithium electrode shows most",
        )


def _methods(circuit: Circuit | None, why: str, weight: Weight, which: Which) -> Iterator[tuple[str, str]]:
    yield (
        "Validity",
        "Linear test of Kramers and Kronig, its number of RC elements by cross-validation. Of a spectrum that fails there is no "
        "resistance; of one that passes in part, from that part.",
    )
    if circuit is not None:
        weighting = "by the modulus of the impedance" if weight == "modulus" else "alike"
        yield (
            "Circuit",
            f"{circuit.pretty} ({why}), fitted by least squares to real and imaginary parts, weighted {weighting}, from many "
            "starts. Arcs of one shape stand in the order of their time constants.",
        )
        yield (
            "Charge-transfer resistance",
            f"That of {_WHICH[which]}, the same throughout a series, where its top was measured and its standard error is below "
            "30 %; an arc with an exponent below 0.6 counts as diffusion. An arc of a cell holds what both electrodes and their "
            "films add at its frequency; a symmetric or three-electrode cell tells them apart. Where the circuit was not told, the "
            "uncertainty holds what the circuits say that describe the spectrum about as well.",
        )
        yield (
            "Effective capacitance",
            "Of a constant-phase element, for time constants spread along the surface (Brug et al. 1984) and across a film (Hsu "
            "and Mansfeld 2001); which of them holds is not seen in a spectrum.",
        )
    yield (
        "Relaxation times",
        "Tikhonov's regularisation with non-negative amplitudes, its strength by cross-validation; a peak's area is a "
        "resistance.",
    )
