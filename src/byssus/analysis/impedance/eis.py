"""Impedance spectra, one or a series: from tables to resistances with intervals, or the reason why there are none."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Final, cast

import numpy as np
import polars as pl

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
from byssus.analysis.impedance.frames import (
    CYCLE,
    STATE,
    TEMPERATURE,
    TIME,
    VOLTAGE,
    One,
    arc_frame,
    circuits_frame,
    diffusion_frame,
    law_frame,
    parameter_frame,
    points_frame,
    relaxation_frames,
    spectra_frame,
)
from byssus.analysis.impedance.relaxation import Relaxation, relaxation
from byssus.analysis.impedance.relaxation import said as relaxation_said
from byssus.analysis.impedance.spectrum import Spectrum, spectra
from byssus.analysis.impedance.validity import checked
from byssus.analysis.impedance.warburg import Coefficient, diffusion_of, statements
from byssus.analysis.result import Result
from byssus.analysis.transport.temperature import Laws, fit_laws
from byssus.conventions import Configuration
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.measured.tables import Table
from byssus.physics.constants import ZERO_CELSIUS
from byssus.quantity import Quantity
from byssus.study.techniques import Told, said

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


def examine_eis(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Test impedance spectra, take their relaxation times apart, fit a circuit, and say what the resistances are.

    Parameters
    ----------
    tables
        Tables of impedance of one cell, each with one spectrum or several.
    told
        ``circuit``, ``weight``, ``charge transfer``, ``cycle`` and the others that `byssus.study.techniques` has.

    Returns
    -------
    Examined
        With the frames ``spectra`` (a row a spectrum), ``points``, ``parameters`` (a row a parameter of each spectrum),
        ``arcs``, ``diffusion`` (of diffusion elements), ``circuits`` (what was tried), ``relaxation times``, ``relaxation peaks`` and, of a series over
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
    every = [_diffusing(one, every, told, weight) for one in _fitted(every, circuit, weight)]
    arcs = _charge_transfer(every, which)
    before = _before(every, arcs)
    faster = {one.number: _transfer(one, before) for one in every}
    spread = (1.0, 1.0) if choice is None else choice.spread(which)
    alone = {one.number: _transfer(one, arcs) for one in every}
    transfer = {number: _widened(found, spread) for number, found in alone.items()}
    findings += _of_rivals(alone, transfer, spread)
    arcs = _charge_transfer(every, "sum")
    spread = (1.0, 1.0) if choice is None else choice.spread("sum")
    whole = {one.number: _widened(_transfer(one, arcs), spread) for one in every}
    law = _law(every, transfer)
    results = [
        *(
            result
            for one in every
            for result in _of_spectrum(one, transfer[one.number], whole[one.number], which, len(every))
        ),
        *_of_diffusion(every, told),
        *_of_law(law),
    ]
    frames = {
        "spectra": spectra_frame(every, transfer, whole, faster),
        "points": pl.concat([points_frame(one) for one in every]),
        "parameters": parameter_frame(every),
        "arcs": arc_frame(every),
        **({"diffusion": diffusion_frame(every)} if any(one.diffusion for one in every) else {}),
        **({"circuits": circuits_frame(choice)} if choice is not None else {}),
        **relaxation_frames(every),
        **({"temperature law": law_frame(law, every, transfer)} if law is not None else {}),
    }
    findings += [
        finding
        for one in every
        if one.relaxation is not None
        for finding in relaxation_said(one.number, one.relaxation, one.validity)
    ]
    findings += [finding for one in every for finding in _of_fit(one, transfer[one.number])]
    findings += _of_half_cell(every)
    findings += _of_cycles(every, told)
    return Examined(
        "eis",
        tuple(tables),
        tuple(results),
        frames,
        tuple(findings),
        tuple(_methods(every, circuit, why, weight, which)),
    )


# Reading and fitting


def _read(tables: Sequence[Table], told: Mapping[str, Told]) -> tuple[list[One], list[Finding]]:
    every: list[One] = []
    findings: list[Finding] = []
    for at, table in enumerate(tables):
        file = table.metadata.provenance[-1].file if table.metadata.provenance else None
        found, looks = spectra(table)
        for spectrum in found:
            marked, valid, more = checked(spectrum, table.metadata.conditions)
            every.append(
                One(
                    len(every) + 1, table, marked, valid, _along(spectrum, table, told, at), at, area=_area(table, told)
                )
            )
            findings += [replace(finding, file=finding.file or file) for finding in more]
        findings += [replace(finding, file=finding.file or file) for finding in looks]
    return every, findings


def _along(spectrum: Spectrum, table: Table, told: Mapping[str, Told], at: int) -> dict[str, float | None]:
    """Return what a series goes over: a temperature of the header gives way to a recorded one, all else that is told goes first."""
    recorded = spectrum.along.get("Ambient Temperature / degC")
    temperature = said(table, told, "temperature", at=at)
    celsius = None if temperature is None else temperature.to("K").value - ZERO_CELSIUS
    cycle, state = (said(table, told, name, at=at) for name in ("cycle", "state of charge"))
    return {
        CYCLE: spectrum.along.get("Cycle Count / 1") if cycle is None else cycle.value,
        VOLTAGE: spectrum.along.get("Voltage / V"),
        STATE: None if state is None else state.to("%").value,
        TEMPERATURE: recorded if recorded is not None and "temperature" not in told else celsius,
        TIME: spectrum.along.get("Test Time / s"),
    }


def _relaxation(one: One) -> Relaxation | None:
    if one.validity.verdict == "fails":
        return None
    try:
        return relaxation(one.spectrum.frequency, one.spectrum.impedance, use=one.spectrum.used)
    except AnalysisError:
        # Too few points: the verdict says so already, and the frames stay empty for this spectrum.
        return None


def _times(one: One) -> tuple[float, ...]:
    return tuple(peak.time_constant for peak in one.relaxation.peaks) if one.relaxation else ()


def _choice(every: Sequence[One]) -> tuple[Choice | None, str]:
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


def _fitted(every: Sequence[One], circuit: Circuit | None, weight: Weight) -> list[One]:
    """Fit the circuit to each spectrum, each from the values of the one before as well."""
    done: list[One] = []
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


def _refused(one: One) -> str | None:
    """Return why a spectrum is not fitted, or None."""
    if one.validity.verdict in ("fails", "not tested"):
        return one.validity.reason
    if one.validity.noise is not None and one.validity.noise > _NOISY:
        return f"its points scatter by {100 * one.validity.noise:.0f} % of |Z|, too much for a circuit"
    return None


def _charge_transfer(every: Sequence[One], which: Which) -> tuple[str, ...]:
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


def _before(every: Sequence[One], transfer: Sequence[str]) -> tuple[str, ...]:
    """Return the arcs of higher frequency than those of the charge transfer, by their order in the first fit."""
    fits = [one.found for one in every if one.found is not None]
    order = _charge_transfer(every, "sum")
    return order[: order.index(transfer[0])] if fits and transfer else ()


def _transfer(one: One, arcs: Sequence[str]) -> Derived:
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
    """Add what rival circuits say to a resistance's error, as a rectangular distribution between theirs.

    Its mean square about the value of the chosen circuit counts, not that about its own middle (JCGM 100:2008, 4.3.7, has
    the value in the middle): then twice the error reaches all rivals, also where they lie to one side.
    """
    low, high = (edge - 1.0 for edge in spread)
    if transfer.value is None or transfer.error is None:
        return transfer
    if (high - low) / 2 > WEAK:
        return Derived(
            None,
            None,
            "not identifiable: circuits that describe the spectrum about as well give "
            f"{(1 + low) * transfer.value:.3g} to {(1 + high) * transfer.value:.3g} Ω",
        )
    doubt = transfer.value * math.sqrt((low**2 + low * high + high**2) / 3)
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


def _of_spectrum(one: One, transfer: Derived, whole: Derived, which: Which, count: int) -> Iterator[Result]:
    where = _where(one) if count > 1 else ""
    area = one.area
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


def _where(one: One) -> str:
    """Name a spectrum of a series by what it was taken at."""
    along = one.along
    parts = []
    if (cycle := along[CYCLE]) is not None:
        parts.append(f"cycle {cycle:.0f}")
    if (state := along[STATE]) is not None:
        parts.append(f"{state:.3g} %")
    if (volts := along[VOLTAGE]) is not None:
        parts.append(f"{volts:.3g} V")
    if (celsius := along[TEMPERATURE]) is not None:
        parts.append(f"{celsius:.4g} °C")
    return f", spectrum {one.number}{' at ' + ', '.join(parts) if parts else ''}"


def _law(every: Sequence[One], transfer: Mapping[int, Derived]) -> Laws | None:
    """Fit Arrhenius' law to 1/R_ct where the spectra are of several temperatures."""
    known = [
        (one.temperature + ZERO_CELSIUS, found.value, found.error)
        for one in every
        if one.temperature is not None and (found := transfer[one.number]).value is not None
    ]
    if len({kelvin for kelvin, _, _ in known}) < 2:
        return None
    kelvin, value = (np.array([row[at] for row in known], dtype=float) for at in (0, 1))
    errors = [None if error is None else error / resistance for _, resistance, error in known if resistance]
    return fit_laws(kelvin, 1 / value, np.array(errors, dtype=float) if all(errors) else None)


#: What a diffusion coefficient is told by; where none of them is, one line says so for all spectra.
_OF_DIFFUSION: Final = ("voltage slope", "molar volume", "concentration", "diffusion length", "diffusion area")
_COEFFICIENT: Final = "diffusion coefficient"
#: Spectra further apart than this, in V, are not of one state, so that one slope is not that of all; a choice.
_ONE_STATE: Final = 0.05


def _known(one: One, told: Mapping[str, Told]) -> dict[str, Quantity]:
    """Return what is known of a spectrum's diffusion."""
    names = (*_OF_DIFFUSION, "electrons")
    found = {name: value for name in names if (value := said(one.table, told, name, at=one.at)) is not None}
    if one.area is not None:
        found["area"] = one.area
    if one.temperature is not None:
        found["temperature"] = Quantity(one.temperature + ZERO_CELSIUS, "K")
    return found


def _diffusing(one: One, every: Sequence[One], told: Mapping[str, Told], weight: Weight) -> One:
    """Read the diffusion elements of a spectrum by what is known of it."""
    if one.found is None:
        return one
    known = _known(one, told)
    listed = any(isinstance(told.get(name), tuple) for name in ("voltage slope", "concentration"))
    volts = [other.along[VOLTAGE] for other in every if other.at == one.at or not listed]
    seen = [value for value in volts if value is not None]
    against = []
    if seen and max(seen) - min(seen) > _ONE_STATE:
        against.append(
            f"one slope or concentration is told for spectra from {min(seen):.3g} to {max(seen):.3g} V; give it for each file"
        )
    return replace(one, diffusion=diffusion_of(one.found, known, weight=weight, against=against))


def _of_diffusion(every: Sequence[One], told: Mapping[str, Told]) -> Iterator[Result]:
    """Yield diffusion coefficients, those that only appear so apart; nothing where no circuit has diffusion and nothing is told."""
    asked = any(name in _known(one, told) for one in every for name in _OF_DIFFUSION)
    if not any(one.diffusion for one in every):
        if asked:
            yield Result(_COEFFICIENT, None, "cm^2/s", reason=_without(every))
        return
    if not asked:
        yield Result(_COEFFICIENT, None, "cm^2/s", reason=f"nothing is told that it is taken by: {_ASKS}")
        return
    for one in every:
        where = _where(one) if len(every) > 1 else ""
        for element in one.diffusion:
            named = f" of {element.element}" if len(one.diffusion) > 1 else ""
            for each in element.coefficients:
                ideal = ", ideal solution" if each.form == "ideal" else ""
                yield from _coefficient(f"{_COEFFICIENT}{named}{ideal}{where}", each)


_ASKS: Final = (
    "voltage slope with molar volume, or a concentration, and a diffusion area; a length for the element of a layer"
)


def _without(every: Sequence[One]) -> str:
    found = next((one.found for one in every if one.found is not None), None)
    return (every[0].why or "no fit") if found is None else f"the circuit {found.circuit} has no element of diffusion"


def _coefficient(name: str, found: Coefficient) -> Iterator[Result]:
    if found.value is None or found.error is None:
        yield Result(name, None, "cm^2/s", method=found.method or None, reason=found.reason)
        return
    if found.unmet:
        yield Result(name, None, "cm^2/s", reason="; ".join(found.unmet))
        name = f"apparent {name}"
    reason = f"holds nothing of the ± of {' and '.join(found.unknown)}, told without" if found.unknown else None
    yield Result(name, 1e4 * found.value, "cm^2/s", 1e4 * found.error, method=found.method, reason=reason)


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


# Findings and methods


def _of_fit(one: One, transfer: Derived) -> Iterator[Finding]:
    found = one.found
    if found is None:
        return
    file = one.file
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
    for element in one.diffusion:
        for text in statements(element):
            yield Finding(
                "apparent-diffusion", f"spectrum {one.number}: {text}", file=file, field="diffusion coefficient"
            )
    if transfer.value is not None and one.validity.verdict == "passes in part":
        low, high = found.frequency.min(), found.frequency.max()
        yield Finding(
            "spectrum-in-part",
            f"spectrum {one.number}: the resistances are from {low:.3g} to {high:.3g} Hz alone",
            file=file,
        )


def _of_rivals(
    alone: Mapping[int, Derived], transfer: Mapping[int, Derived], spread: tuple[float, float]
) -> Iterator[Finding]:
    """Say where the circuits that were not chosen matter more to the charge transfer than the noise of the chosen one."""
    pairs = [(found.error, transfer[number].error) for number, found in alone.items()]
    if any(own is not None and wide is not None and wide > math.sqrt(2) * own for own, wide in pairs):
        low, high = (100 * edge for edge in spread)
        yield Finding(
            "circuit-ambiguous",
            f"circuits that describe the spectra about as well give {low:.3g} to {high:.3g} % of the charge-transfer "
            "resistance of the chosen one; its ± holds them",
            field="circuit",
        )


def _of_half_cell(every: Sequence[One]) -> Iterator[Finding]:
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
        which, were = ("spectrum", "was") if len(ends) == 1 else ("spectra", "were")
        yield Finding(
            "lithium-electrode-shows",
            f"{which} {', '.join(ends)} of a silicon half cell {were} taken below {low} V or above {high} V, where the "
            "lithium electrode shows most",
        )


def _of_cycles(every: Sequence[One], told: Mapping[str, Told]) -> Iterator[Finding]:
    """Say where spectra that are told to be before and after cycling are of different states."""
    if "cycle" not in told or any(one.along[STATE] is not None for one in every):
        return
    pairs = [
        (one.along, other.along) for one, other in combinations(every, 2) if one.along[CYCLE] != other.along[CYCLE]
    ]
    volts = [
        (a, b) for first, second in pairs if (a := first[VOLTAGE]) is not None and (b := second[VOLTAGE]) is not None
    ]
    if volts and all(abs(a - b) > _ONE_STATE for a, b in volts):
        yield Finding(
            "cycles-not-compared",
            "the spectra before and after cycling are further apart in voltage than "
            f"{_ONE_STATE} V, the nearest by {min(abs(a - b) for a, b in volts):.3g} V",
            field="cycle",
        )


def _methods(
    every: Sequence[One], circuit: Circuit | None, why: str, weight: Weight, which: Which
) -> Iterator[tuple[str, str]]:
    yield (
        "Validity",
        "Linear test of Kramers and Kronig (Boukamp 1995, doi:10.1149/1.2044210), its number of RC elements by generalised "
        "cross-validation (Golub, Heath and Wahba 1979). Of a spectrum that fails there is no resistance; of one that passes in "
        "part, from that part.",
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
    if any(each.value is not None for one in every for element in one.diffusion for each in element.coefficients):
        yield (
            "Diffusion coefficient from impedance",
            "Of a semi-infinite Warburg element D = ½ (V_m (dE/dx)/(F A σ))² (Ho, Raistrick and Huggins 1980), or, by a "
            "concentration, R²T²/(2 A² n⁴ F⁴ C² σ²), which is right for an ideal solution only and off by the square of the ratio "
            "of the slopes elsewhere; of the element of a layer D = L²/τ. Called apparent unless a constant-phase element in its place has an "
            "exponent of 0.5 ± 0.05, it is somewhere the greater part of −Im Z, the area is that of diffusion, and, where a "
            "length is told, ω L²/D is 10 or more at the lowest frequency. ± is that of the fit of this circuit and of what was "
            "told; it holds nothing of what other circuits would say, nor of which electrode or electrolyte the diffusion is in.",
        )
    yield (
        "Relaxation times",
        "Tikhonov's regularisation with non-negative amplitudes (Saccoccio et al. 2014, doi:10.1016/j.electacta.2014.09.058; "
        "Wan et al. 2015, doi:10.1016/j.electacta.2015.09.097), its strength the largest whose generalised cross-validation is "
        "within one standard error of the least; a peak's area is a resistance.",
    )
