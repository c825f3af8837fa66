"""Conductivity of films between two electrodes: from spectra, resistances or conductivities, over temperature and thickness."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.given import area_of, relative, told_in, word
from byssus.analysis.transport.spectrum import Blocked, Rule, read_spectrum
from byssus.analysis.transport.temperature import (
    Laws,
    arrhenius_logarithm,
    broken_logarithm,
    fit_laws,
    vanishing_open,
    vft_logarithm,
)
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.fitting import Fit, fit_line
from byssus.measured.tables import Table
from byssus.physics.conduction import conductivity_from_resistance
from byssus.quantity import Quantity, convert
from byssus.study.techniques import Told

Array = NDArray[np.float64]

_ZERO_CELSIUS: Final = 273.15
#: Temperatures closer than this are one: thermostats hold about half of it.
_SAME_KELVIN: Final = 1.0
#: Rules that differ by more than this share of the resistance are worth a warning; a choice.
_RULES_DIFFER: Final = 0.1
_TEMPERATURE, _RESISTANCE, _CONDUCTIVITY = "Temperature / degC", "Resistance / ohm", "Conductivity / S/cm"
_THICKNESS, _AREA_RESISTANCE = "Thickness / um", "Area Resistance / ohm*cm^2"
_RULES: Final[tuple[Rule, ...]] = ("line", "minimum", "crossing")


@dataclass(frozen=True)
class _Reading:
    """One resistance or conductivity: temperature in K, thickness and area in SI, resistance in Ω, conductivity in S/m."""

    temperature: float | None
    thickness: Quantity | None
    area: Quantity | None
    resistance: Quantity | None = None
    conductivity: Quantity | None = None
    reason: str | None = None
    spectrum: int | None = None


def examine_conductivity(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find the conductivity of a film, its contact resistance and its law over temperature.

    Parameters
    ----------
    tables
        Impedance between blocking electrodes, or curves of the type ``transport``, of one film or of one film in
        several thicknesses, at one temperature or several.
    told
        ``thickness``, ``area``, ``temperature``, ``state``, ``carrier``, ``rule``, ``lead resistance``.

    Raises
    ------
    AnalysisError
        If a table holds neither spectra nor resistances or conductivities.
    """
    rule = cast("Rule", word(told, "rule") or "line")
    findings: list[Finding] = []
    readings: list[_Reading] = []
    spectra: list[pl.DataFrame] = []
    rules: list[dict[str, Any]] = []
    refused: dict[tuple[int, str], list[int]] = {}
    for at, table in enumerate(tables):
        if table.metadata.kind == "impedance":
            for number, part in enumerate(table.data.partition_by("Spectrum Count / 1", maintain_order=True)):
                named = len(rules) + 1
                found = _blocked(part)
                reading = _of_spectrum(table, told, at, part, found, rule, named)
                readings.append(reading)
                rules.append(_rules_row(reading, found, named))
                spectra.append(_drawn(part, reading, found, named))
                findings += _rule_findings(found, rule, table, number + 1)
                if found.refused is not None:
                    refused.setdefault((at, found.refused), []).append(number + 1)
        elif table.metadata.curve == "transport":
            readings += _of_curve(table, told, at)
        else:
            raise AnalysisError(
                f"a {table.metadata.curve or table.metadata.kind} holds no resistance of a film",
                field="kind",
                fix="give impedance, or a curve of type transport",
            )
    findings += (
        Finding(
            "electrodes-not-blocking",
            f"spectrum {numbers[0]}{f' and {len(numbers) - 1} more' if len(numbers) > 1 else ''}: {why}",
            file=_file(tables[at]),
        )
        for (at, why), numbers in refused.items()
    )
    what = _what(tables, told)
    conductivities, contact = _conductivities(readings)
    results, laws = _results(what, word(told, "state"), conductivities, contact, readings)
    findings += _missing_findings(conductivities, readings)
    if laws is not None and laws.chosen == "two lines" and laws.broken is not None:
        near = laws.broken.ended["knee"] - _ZERO_CELSIUS
        findings.append(
            Finding("law-breaks", f"the Arrhenius plot has a knee near {near:.0f} °C: {laws.why}", field="temperature")
        )
    frames: dict[str, pl.DataFrame] = {"conductivities": _frame(conductivities)}
    if rules:
        frames |= {"resistances": pl.DataFrame(rules, infer_schema_length=None), "spectra": pl.concat(spectra)}
    if any(len(one.of) > 1 for one in conductivities):
        frames["thicknesses"] = _thickness_frame(conductivities, contact)
    if laws is not None:
        frames["laws"] = _law_frame(laws, conductivities)
    return Examined(
        "conductivity", tuple(tables), tuple(results), frames, tuple(findings), tuple(_methods(rule, bool(rules)))
    )


# --- Readings ---------------------------------------------------------------------------------------------------------


def _blocked(part: pl.DataFrame) -> Blocked:
    columns = ("Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm")
    frequency, real, imaginary = (part[name].to_numpy() for name in columns)
    return read_spectrum(frequency, real, imaginary)


def _of_spectrum(
    table: Table, told: Mapping[str, Told], at: int, part: pl.DataFrame, found: Blocked, rule: Rule, number: int
) -> _Reading:
    temperature = told_in(table, told, "temperature", "K", at=at)
    kelvin = None if temperature is None else temperature.value
    if kelvin is None and "Ambient Temperature / degC" in part.columns:
        recorded = part["Ambient Temperature / degC"].drop_nulls()
        kelvin = None if recorded.is_empty() else float(recorded.to_numpy().mean()) + _ZERO_CELSIUS
    reading = _Reading(kelvin, told_in(table, told, "thickness", "m", at=at), area_of(table, told), spectrum=number)
    read = found.rules[rule]
    if read.value is None:
        return replace(reading, reason=read.reason)
    return _without_leads(replace(reading, resistance=Quantity(read.value, "ohm", read.error)), table, told)


def _of_curve(table: Table, told: Mapping[str, Told], at: int) -> Iterator[_Reading]:
    given = told_in(table, told, "temperature", "K", at=at)
    thickness, area = told_in(table, told, "thickness", "m", at=at), area_of(table, told)
    for row in table.data.iter_rows(named=True):
        celsius, micrometres = row.get(_TEMPERATURE), row.get(_THICKNESS)
        kelvin = celsius + _ZERO_CELSIUS if celsius is not None else None if given is None else given.value
        reading = _Reading(
            kelvin,
            thickness if micrometres is None else Quantity(micrometres * 1e-6, "m", _of(row, _THICKNESS, "m")),
            area,
        )
        if (value := row.get(_RESISTANCE)) is not None:
            if value <= 0:
                yield replace(reading, reason=f"a resistance of {value:g} Ω is none")
                continue
            measured = Quantity(value, "ohm", _of(row, _RESISTANCE, "ohm"))
            yield _without_leads(replace(reading, resistance=measured), table, told)
        elif (value := row.get(_CONDUCTIVITY)) is not None and value > 0:
            yield replace(reading, conductivity=Quantity(100 * value, "S/m", _of(row, _CONDUCTIVITY, "S/m")))
        else:
            yield replace(reading, reason="the conductivity is not above zero")


def _of(row: Mapping[str, Any], column: str, target: str) -> float | None:
    """Return the uncertainty that stands beside a column of a curve: ``Resistance Uncertainty / ohm``."""
    beside = f"{column.split(' / ', 1)[0]} Uncertainty / "
    found = next((name for name, value in row.items() if name.startswith(beside) and value is not None), None)
    return None if found is None else convert(float(row[found]), found.removeprefix(beside), target)


def _without_leads(reading: _Reading, table: Table, told: Mapping[str, Told]) -> _Reading:
    leads = told_in(table, told, "lead resistance", "ohm")
    if leads is None or reading.resistance is None:
        return reading
    left = reading.resistance.value - leads.value
    if left <= 0:
        reason = f"the leads' {leads.value:g} Ω are all of the {reading.resistance.value:.4g} Ω measured"
        return replace(reading, resistance=None, reason=reason)
    parts = (reading.resistance.uncertainty, leads.uncertainty)
    error = None if None in parts else math.hypot(*(part or 0.0 for part in parts))
    return replace(reading, resistance=Quantity(left, "ohm", error))


# --- Conductivities ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Conductivity:
    """One conductivity in S/m.

    `own` is its relative error without what is common to all of a film (thickness, area), for the laws' weights.
    """

    temperature: float | None
    value: float | None
    error: float | None
    own: float | None
    reason: str | None
    of: tuple[_Reading, ...]
    method: str


def _conductivities(readings: Sequence[_Reading]) -> tuple[list[_Conductivity], list[tuple[float | None, Quantity]]]:
    """Return a conductivity for each reading, or for all thicknesses at a temperature together, and contact resistances."""
    found: list[_Conductivity] = []
    contact: list[tuple[float | None, Quantity]] = []
    for group in _by_temperature(readings):
        usable = [one for one in group if one.resistance and one.thickness and one.area]
        if len({one.thickness.value for one in usable if one.thickness}) >= 2 and len(usable) >= 3:
            together, rest = _from_slope(usable)
            found.append(together)
            if rest is not None:
                contact.append((together.temperature, rest))
        else:
            found += [_from_one(one) for one in group]
    return found, contact


def _by_temperature(readings: Sequence[_Reading]) -> list[list[_Reading]]:
    groups: list[list[_Reading]] = []
    for one in sorted(readings, key=lambda one: -math.inf if one.temperature is None else one.temperature):
        last = groups[-1][-1].temperature if groups else None
        same = bool(groups) and (
            last is one.temperature
            or (last is not None and one.temperature is not None and one.temperature - last <= _SAME_KELVIN)
        )
        if same:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _from_one(one: _Reading) -> _Conductivity:
    if one.conductivity is not None:
        value, error = one.conductivity.value, one.conductivity.uncertainty
        own = None if error is None else error / value
        return _Conductivity(
            one.temperature, value, error, own, None if error is not None else "given without ±", (one,), "as given"
        )
    method = "σ = L/(R A) with the resistance of film and contacts"
    if one.resistance is None:
        return _Conductivity(one.temperature, None, None, None, one.reason or "no resistance", (one,), method)
    absent = [name for name, given in (("thickness", one.thickness), ("area", one.area)) if given is None]
    if one.thickness is None or one.area is None:
        return _Conductivity(
            one.temperature, None, None, None, f"no {' and no '.join(absent)} was given", (one,), method
        )
    own = relative(resistance=one.resistance)[0]
    total, why = relative(resistance=one.resistance, thickness=one.thickness, area=one.area)
    value = float(conductivity_from_resistance(one.thickness.value, one.area.value, one.resistance.value))
    return _Conductivity(one.temperature, value, None if total is None else total * value, own, why, (one,), method)


def _from_slope(usable: Sequence[_Reading]) -> tuple[_Conductivity, Quantity | None]:
    """Return the conductivity from the slope of R·A over thickness, and the contacts' area resistance in Ω m²."""
    known = [(one.thickness, one.area, one.resistance) for one in usable]
    length = np.array([thickness.value for thickness, _, _ in known if thickness])
    times_area = np.array([area.value * resistance.value for _, area, resistance in known if area and resistance])
    doubts = [thickness.uncertainty for thickness, _, _ in known if thickness]
    temperature = usable[0].temperature
    method = f"slope of R·A over the thickness of {len(usable)} films, so that contacts drop out"
    try:
        line = fit_line(length, times_area)
        if all(doubts):
            scatter = np.array([abs(line.slope) * (doubt or 0.0) for doubt in doubts])
            line = fit_line(length, times_area, y_error=scatter)
    except FitError as failed:
        return _Conductivity(temperature, None, None, None, f"no slope: {failed}", tuple(usable), method), None
    if line.slope_interval()[0] <= 0:
        low, high = line.slope_interval()
        reason = (
            "not identifiable: the 95 % interval of the slope of R·A over thickness, "
            f"{low:.2g} to {high:.2g} Ω m, holds zero or less"
        )
        return _Conductivity(temperature, None, None, None, reason, tuple(usable), method), None
    own = line.slope_error / line.slope
    total, why = relative(slope=Quantity(1.0, "1", own), area=usable[0].area)
    value = 1 / line.slope
    error = None if total is None else total * value
    contact = Quantity(line.intercept, "ohm*m^2", line.intercept_error)
    return _Conductivity(temperature, value, error, own, why, tuple(usable), method), contact


# --- Results ----------------------------------------------------------------------------------------------------------


def _what(tables: Sequence[Table], told: Mapping[str, Told]) -> str:
    """Name the quantity: what was told, or ionic where it is from a spectrum with a spike."""
    carrier = word(told, "carrier") or (
        "ionic" if all(table.metadata.kind == "impedance" for table in tables) else None
    )
    return f"{carrier} conductivity" if carrier else "conductivity"


def _results(
    what: str,
    state: str | None,
    conductivities: Sequence[_Conductivity],
    contact: Sequence[tuple[float | None, Quantity]],
    readings: Sequence[_Reading],
) -> tuple[list[Result], Laws | None]:
    basis = f"{state} film" if state else None
    labels = [f"{what}{_at(one.temperature)}" for one in conductivities]
    results = [
        Result(
            # Several films at one temperature are told apart by their order.
            label if labels.count(label) == 1 else f"{label}, measurement {labels[:at].count(label) + 1}",
            None if one.value is None else one.value / 100,
            "S/cm",
            None if one.error is None else one.error / 100,
            basis=basis,
            method=one.method,
            reason=one.reason,
        )
        for at, (label, one) in enumerate(zip(labels, conductivities, strict=True))
    ]
    if len(readings) == 1 and readings[0].spectrum is not None:
        one = readings[0]
        measured = one.resistance
        results.insert(
            0,
            Result(
                f"bulk resistance{_at(one.temperature)}",
                None if measured is None else measured.value,
                "ohm",
                None if measured is None else measured.uncertainty,
                basis=basis,
                method="film with leads and contacts",
                reason=one.reason,
            ),
        )
    results += [
        Result(
            f"contact resistance times area{_at(kelvin)}",
            1e4 * value.value,
            "ohm*cm^2",
            None if value.uncertainty is None else 1e4 * value.uncertainty,
            basis=basis,
            method="R·A extrapolated to a film of no thickness",
        )
        for kelvin, value in contact
    ]
    known = [one for one in conductivities if one.value is not None and one.temperature is not None]
    if len({one.temperature for one in known}) < 2:
        return results, None
    kelvin, value = (np.array([getattr(one, name) for one in known]) for name in ("temperature", "value"))
    own = [one.own for one in known]
    laws = fit_laws(kelvin, value, np.array(own, dtype=float) if all(own) else None)
    return results + list(_law_results(laws, what, basis, float(kelvin.min()))), laws


def _at(kelvin: float | None) -> str:
    return "" if kelvin is None else f" at {kelvin - _ZERO_CELSIUS:.4g} °C"


def _law_results(laws: Laws, what: str, basis: str | None, coldest: float) -> Iterator[Result]:
    def absent(name: str, unit: str, reason: str) -> Result:
        return Result(name, None, unit, basis=basis, reason=reason)

    energy = f"activation energy of {what}"
    if laws.arrhenius is None:
        yield absent(energy, "kJ/mol", laws.why)
        return
    if laws.chosen == "Arrhenius":
        estimate = laws.arrhenius["energy"]
        value, error = estimate.value, estimate.error
        method = f"Arrhenius' law; {laws.why}"
        if value is None:
            yield absent(energy, "kJ/mol", estimate.reason or "not identifiable")
            return
        yield Result(energy, value / 1e3, "kJ/mol", None if error is None else error / 1e3, basis=basis, method=method)
        return
    if laws.chosen == "two lines" and laws.broken is not None:
        yield absent(energy, "kJ/mol", f"the plot has a knee, so no one law holds ({laws.why})")
        yield from _broken_results(laws.broken, laws.why, energy, what, basis)
        return
    yield absent(energy, "kJ/mol", f"it depends on temperature: VFT describes the data better ({laws.why})")
    if laws.vft is not None:
        yield from _vft_results(laws.vft, laws.why, what, basis, coldest)


def _broken_results(broken: Fit, why: str, energy: str, what: str, basis: str | None) -> Iterator[Result]:
    method = f"two Arrhenius lines that meet; {why}"
    for name, parameter, unit, factor, offset in (
        (f"{energy}, below the knee", "cold", "kJ/mol", 1e-3, 0.0),
        (f"{energy}, above the knee", "warm", "kJ/mol", 1e-3, 0.0),
        (f"temperature of the knee of {what}", "knee", "degC", 1.0, _ZERO_CELSIUS),
    ):
        estimate = broken[parameter]
        if estimate.value is None or estimate.error is None:
            reason = estimate.reason or "not identifiable"
            yield Result(name, None, unit, basis=basis, method=method, reason=reason)
        else:
            value = factor * estimate.value - offset
            yield Result(name, value, unit, factor * estimate.error, basis=basis, method=method)


def _vft_results(vft: Fit, why: str, what: str, basis: str | None, coldest: float) -> Iterator[Result]:
    method = f"σ = A exp(−B/(R(T − T₀))); {why}"
    open_ = vanishing_open(vft, coldest)
    of = f"VFT of {what}"
    for name, parameter, unit, factor in (
        ("pseudo-activation energy B", "energy", "kJ/mol", 1e-3),
        ("vanishing temperature T₀", "vanishing", "K", 1.0),
    ):
        estimate = vft[parameter]
        if open_ is not None or estimate.value is None or estimate.error is None:
            reason = open_ or estimate.reason or "not identifiable"
            yield Result(f"{name}, {of}", None, unit, basis=basis, method=method, reason=reason)
        else:
            yield Result(
                f"{name}, {of}", factor * estimate.value, unit, factor * estimate.error, basis=basis, method=method
            )
    logarithm = vft["logarithm"]
    if open_ is not None or logarithm.value is None or logarithm.error is None:
        reason = open_ or logarithm.reason or "not identifiable"
        yield Result(f"log10 of the prefactor A in S/cm, {of}", None, "1", basis=basis, method=method, reason=reason)
        return
    yield Result(
        f"log10 of the prefactor A in S/cm, {of}",
        logarithm.value / math.log(10) - 2,
        "1",
        logarithm.error / math.log(10),
        basis=basis,
        method=method,
    )


# --- Frames, findings, methods ----------------------------------------------------------------------------------------


def _frame(conductivities: Sequence[_Conductivity]) -> pl.DataFrame:
    """One row a conductivity, with the resistance and film behind it where it is from one."""
    rows = []
    for one in conductivities:
        alone = one.of[0] if len(one.of) == 1 else None
        rows.append(
            {
                _TEMPERATURE: None if one.temperature is None else one.temperature - _ZERO_CELSIUS,
                _CONDUCTIVITY: None if one.value is None else one.value / 100,
                u(_CONDUCTIVITY): None if one.error is None else one.error / 100,
                _RESISTANCE: alone.resistance.value if alone and alone.resistance else None,
                u(_RESISTANCE): alone.resistance.uncertainty if alone and alone.resistance else None,
                _THICKNESS: 1e6 * alone.thickness.value if alone and alone.thickness else None,
                "Films / 1": len(one.of),
                "Method": one.method,
                "Reason": one.reason,
            }
        )
    schema = dict.fromkeys(
        (_TEMPERATURE, _CONDUCTIVITY, u(_CONDUCTIVITY), _RESISTANCE, u(_RESISTANCE), _THICKNESS), pl.Float64
    )
    return pl.DataFrame(rows, schema={**schema, "Films / 1": pl.Int64, "Method": pl.String, "Reason": pl.String})


def _thickness_frame(
    conductivities: Sequence[_Conductivity], contact: Sequence[tuple[float | None, Quantity]]
) -> pl.DataFrame:
    """One row a film of those that were taken together: R·A over thickness, and the line at its thickness."""
    rests = {kelvin: rest.value for kelvin, rest in contact}
    rows = []
    for together in (one for one in conductivities if len(one.of) > 1):
        for one in together.of:
            if not (one.thickness and one.area and one.resistance):
                continue
            doubt = relative(resistance=one.resistance, area=one.area)[0]
            value = one.area.value * one.resistance.value
            line = (
                None if together.value is None else rests[together.temperature] + one.thickness.value / together.value
            )
            rows.append(
                {
                    _TEMPERATURE: None if one.temperature is None else one.temperature - _ZERO_CELSIUS,
                    _THICKNESS: 1e6 * one.thickness.value,
                    _AREA_RESISTANCE: 1e4 * value,
                    u(_AREA_RESISTANCE): None if doubt is None else 1e4 * value * doubt,
                    f"Line {_AREA_RESISTANCE}": None if line is None else 1e4 * line,
                    "Contact Resistance / ohm*cm^2": None if line is None else 1e4 * rests[together.temperature],
                }
            )
    return pl.DataFrame(
        rows, schema_overrides={_TEMPERATURE: pl.Float64, u(_AREA_RESISTANCE): pl.Float64}, infer_schema_length=None
    )


def _rules_row(reading: _Reading, found: Blocked, number: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "Spectrum / 1": number,
        _TEMPERATURE: None if reading.temperature is None else reading.temperature - _ZERO_CELSIUS,
        _THICKNESS: None if reading.thickness is None else 1e6 * reading.thickness.value,
    }
    for rule in _RULES:
        column = f"{rule.capitalize()} Resistance / ohm"
        row |= {
            column: found.rules[rule].value,
            u(column): found.rules[rule].error,
            f"{rule.capitalize()} Reason": found.rules[rule].reason,
        }
    return row | {"Spike Angle / deg": found.angle, "Spike Slope / 1": found.slope}


def _drawn(part: pl.DataFrame, reading: _Reading, found: Blocked, number: int) -> pl.DataFrame:
    inside = np.zeros(part.height, dtype=bool)
    inside[found.line] = True
    return part.select(
        pl.lit(number, dtype=pl.Int64).alias("Spectrum / 1"),
        pl.lit(None if reading.temperature is None else reading.temperature - _ZERO_CELSIUS, dtype=pl.Float64).alias(
            _TEMPERATURE
        ),
        "Frequency / Hz",
        "Real Impedance / ohm",
        "Imaginary Impedance / ohm",
        pl.Series("In Line", inside),
    )


def _law_frame(laws: Laws, conductivities: Sequence[_Conductivity]) -> pl.DataFrame:
    """The laws drawn over the temperatures measured."""
    kelvin = np.array(
        [one.temperature for one in conductivities if one.temperature is not None and one.value is not None]
    )
    over = 1 / np.linspace(1 / kelvin.max(), 1 / kelvin.min(), 101)
    parts = []
    drawn: list[tuple[str, Array]] = []
    if (found := laws.arrhenius) is not None:
        at = found.ended
        drawn.append(("Arrhenius", arrhenius_logarithm(over, at["logarithm"], at["energy"], laws.middle)))
    if (found := laws.vft) is not None:
        at = found.ended
        drawn.append(("VFT", vft_logarithm(over, at["logarithm"], at["energy"], at["vanishing"])))
    if (found := laws.broken) is not None and laws.chosen == "two lines":
        at = found.ended
        drawn.append(("two lines", broken_logarithm(over, at["logarithm"], at["cold"], at["warm"], at["knee"])))
    for name, logarithm in drawn:
        parts.append(
            pl.DataFrame(
                {
                    "Law": name,
                    "Chosen": name == laws.chosen,
                    _TEMPERATURE: over - _ZERO_CELSIUS,
                    _CONDUCTIVITY: np.exp(logarithm) / 100,
                }
            )
        )
    schema = {"Law": pl.String, "Chosen": pl.Boolean, _TEMPERATURE: pl.Float64, _CONDUCTIVITY: pl.Float64}
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema)


def _file(table: Table) -> str | None:
    return table.metadata.provenance[-1].file if table.metadata.provenance else None


def _rule_findings(found: Blocked, rule: Rule, table: Table, number: int) -> Iterator[Finding]:
    chosen = found.rules[rule].value
    for other in _RULES:
        value = found.rules[other].value
        if chosen is None or value is None or abs(value - chosen) <= _RULES_DIFFER * chosen:
            continue
        yield Finding(
            "resistance-by-rule",
            f"spectrum {number}: the rule {rule} gives {chosen:.4g} Ω and {other} {value:.4g} Ω",
            file=_file(table),
            field="rule",
        )


def _missing_findings(conductivities: Sequence[_Conductivity], readings: Sequence[_Reading]) -> Iterator[Finding]:
    for reason in dict.fromkeys(one.reason for one in conductivities if one.value is None and one.reason):
        if reason.startswith("no "):
            yield Finding("value-missing", f"there is no conductivity: {reason}", field="thickness, area")
    if any(one.temperature is None for one in readings):
        yield Finding(
            "value-missing",
            "the temperature of a film was not given; conductivities double within tens of kelvin",
            field="temperature",
        )


def _methods(rule: Rule, spectra: bool) -> Iterator[tuple[str, str]]:
    if spectra:
        how = {
            "line": "the line through the capacitive spike, extrapolated to −Z'' = 0",
            "minimum": "Z' at the lowest −Z'' between arc and spike",
            "crossing": "Z' where −Z'' crosses zero at high frequency",
        }
        yield (
            "Resistance of a film",
            f"{how[rule]}; the other rules stand beside it. A spectrum without a spike of 60° or more is refused: "
            "its electrodes do not block.",
        )
    yield (
        "Conductivity",
        "σ = L/(R A), with thickness and area of the film in the state measured; of three or more films of different "
        "thickness, the inverse slope of R·A over L.",
    )
    yield (
        "Law of temperature",
        "ln σ after Arrhenius and after Vogel, Fulcher and Tammann; VFT, and after it two lines that meet, only if "
        "their AICc is lower by more than 2. "
        "The activation energy is that of σ, not of σT; its error is from the scatter of the points. Two lines stand for a film that melts within the range.",
    )
