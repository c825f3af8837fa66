"""How pores slow ions down: tortuosity and MacMullin number from a cell of two alike electrodes that block.

Two electrodes of one coating face each other in an electrolyte whose ions do not enter them.  Ions that charge the walls deep
in the pores pass all of their electrolyte, those near the mouth hardly any; so the spectrum rises at 45° from the resistance
of the separator, and then as a capacitor does.  It is the transmission line of Landesfeind, Hattendorff, Ehrl, Wall and
Gasteiger (J. Electrochem. Soc. 163 (2016) A1373, doi 10.1149/2.1141607jes, eqs. 11 to 13):

    Z = R_s + R coth(x)/x, x² = R Q (jω)^α, N_M = R A κ / (2 d), τ = ε N_M

R is of both electrodes together.  Their second way to read it, the line of the capacitive branch down to the real axis, which
it meets at R_s + R/3, is given beside it.

Validity: electrons pass the coating much more easily than ions; the pores are full; nothing reacts (where it does, the branch
bends over, and there is no result).  A contact between collector and coating shows as an arc before the 45° part and is fitted
as one where the data ask for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.examined import Examined
from byssus.analysis.impedance.circuit import Circuit
from byssus.analysis.impedance.fitting import CircuitFit, Derived, choose, fit_circuit
from byssus.analysis.impedance.spectrum import Array, Complex, Spectrum, spectra
from byssus.analysis.impedance.validity import Validity, checked
from byssus.analysis.result import Result
from byssus.analysis.transport.given import area_of, relative, told_in
from byssus.analysis.transport.spectrum import read_spectrum
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.fitting import fit_line
from byssus.measured.tables import Table
from byssus.physics.coating import macmullin_number_from_resistance
from byssus.quantity import Quantity
from byssus.study.techniques import Told

#: Without and with a contact's arc.
_CIRCUITS: Final = ("R0-T1", "R0-p(R1,Q1)-T1")
#: The two ways to read the resistance are expected to agree so well; Landesfeind et al. found 2 % (their fig. 11).
_AGREE = 0.1
#: From so many R on, −Z'' is a straight line over Z' within 1.5 % of R/3: coth(x)/x = 1/x² + 1/3 − x²/45 …
_STRAIGHT, _FEWEST = 5.0, 5
_RESISTANCE, _GRAPHIC = "Ionic Resistance / ohm", "Ionic Resistance by the Line / ohm"


@dataclass(frozen=True)
class Pores:
    """What a spectrum says of the electrolyte in the pores.

    Parameters
    ----------
    resistance
        R of both electrodes together in Ω, from the transmission line.
    line
        The same from the capacitive branch: three times the distance of where it meets the real axis from R_s.
    separator
        R_s in Ω.
    fit
        The transmission line, or None where nothing was fitted.
    """

    resistance: Derived
    line: Derived
    separator: Derived
    fit: CircuitFit | None = None


def pores(frequency: Array, impedance: Complex, *, noise: float | None = None) -> Pores:
    """Read the resistance of the ions in the pores of two alike electrodes that block.

    Parameters
    ----------
    frequency, impedance
        In Hz and Ω.
    noise
        What the test of Kramers and Kronig left over, as a share of |Z|; a simpler circuit that leaves no more suffices.

    Examples
    --------
    300 Ω of ions in both electrodes behind 5 Ω of separator:

    >>> f = np.logspace(5, -1, 61)
    >>> x = np.sqrt(300 * 1e-4 * (2j * np.pi * f) ** 0.95)
    >>> found = pores(f, 5 + 300 / (x * np.tanh(x)))
    >>> round(found.resistance.value, 2), round(found.separator.value, 2), round(found.line.value / 300, 1)
    (300.0, 5.0, 1.0)
    """
    blocked = read_spectrum(frequency, impedance.real, impedance.imag)
    if blocked.refused is not None:
        none = Derived(None, None, f"the electrodes do not block: {blocked.refused}")
        return Pores(none, none, none)
    try:
        circuits = [Circuit.parse(circuit) for circuit in _CIRCUITS]
        chosen = choose([(frequency, impedance)], circuits, noise=[noise]).circuit
        fit = fit_circuit(frequency, impedance, chosen)
    except FitError as error:
        none = Derived(None, None, f"no transmission line fits: {error}")
        return Pores(none, none, none)
    resistance = fit.derived(lambda values: values["T1.R"], "T1.R")
    ahead = [name for name in ("R0", "R1") if name in chosen.names]
    separator = fit.derived(lambda values: values["R0"], "R0")
    before = fit.derived(lambda values: sum(values.values()), *ahead)
    return Pores(resistance, _line(impedance, resistance, before), separator, fit)


def _line(impedance: Complex, resistance: Derived, before: Derived) -> Derived:
    """Return three times the distance from R_s to where the capacitive branch meets the real axis."""
    if resistance.value is None or before.value is None:
        return Derived(None, None, resistance.reason or before.reason)
    branch = -impedance.imag >= _STRAIGHT * resistance.value
    if branch.sum() < _FEWEST:
        return Derived(None, None, f"fewer than {_FEWEST} points lie where the capacitive branch is straight")
    size = np.abs(impedance[branch])
    try:
        foot = fit_line(-impedance.imag[branch], impedance.real[branch], x_error=size, y_error=size)
    except FitError as error:
        return Derived(None, None, f"no line fits the capacitive branch: {error}")
    return Derived(3 * (foot.intercept - before.value), 3 * math.hypot(foot.intercept_error, before.error or 0.0))


def examine_tortuosity(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find MacMullin number and tortuosity of a coating from cells of two alike electrodes that block.

    Parameters
    ----------
    tables
        Impedance, a spectrum or more each.
    told
        ``area`` of one electrode, ``thickness`` of one coating, ``electrolyte conductivity``, ``porosity``.

    Raises
    ------
    AnalysisError
        If there is no spectrum.
    """
    rows: list[tuple[Spectrum, Validity, Pores]] = []
    results: list[Result] = []
    findings: list[Finding] = []
    for at, table in enumerate(tables):
        found, looks = spectra(table)
        findings += looks
        for spectrum in found:
            marked, valid, more = checked(spectrum, table.metadata.conditions)
            findings += more
            read = _read(marked, valid)
            rows.append((marked, valid, read))
            findings += _differ(spectrum.number, read)
            where = f", spectrum {len(rows)}" if len(tables) > 1 or len(found) > 1 else ""
            results += _results(read, table, told, at, where)
    if not rows:
        raise AnalysisError("holds no spectrum", field="table", fix="give impedance with at least one spectrum")
    frames = {"spectra": _frame(rows), "points": pl.concat([_points(at, *row) for at, row in enumerate(rows, start=1)])}
    return Examined("tortuosity", tuple(tables), tuple(results), frames, tuple(findings), _METHODS)


def _read(spectrum: Spectrum, valid: Validity) -> Pores:
    if valid.verdict in ("fails", "not tested"):
        none = Derived(None, None, valid.reason)
        return Pores(none, none, none)
    keep = spectrum.used
    return pores(spectrum.frequency[keep], spectrum.impedance[keep], noise=valid.noise)


def _results(read: Pores, table: Table, told: Mapping[str, Told], at: int, where: str) -> Iterator[Result]:
    one = _half(read.resistance)
    method = "transmission line of both electrodes, halved"
    yield Result(
        f"ionic resistance of one electrode{where}", one.value, "ohm", one.error, method=method, reason=one.reason
    )
    area = area_of(table, told)
    thickness, conductivity, porosity = (
        told_in(table, told, name, unit, at=at)
        for name, unit in (("thickness", "m"), ("electrolyte conductivity", "S/m"), ("porosity", "1"))
    )
    names = (f"MacMullin number{where}", f"tortuosity{where}")
    if one.value is None:
        yield from (Result(name, None, "1", reason=one.reason) for name in names)
        return
    if area is None or thickness is None or conductivity is None:
        given = {"area": area, "thickness": thickness, "electrolyte conductivity": conductivity}
        absent = " and ".join(name for name, value in given.items() if value is None)
        yield from (Result(name, None, "1", reason=f"no {absent}") for name in names)
        return
    number = float(macmullin_number_from_resistance(one.value, area.value, thickness.value, conductivity.value))
    factors = {
        "ionic resistance": Quantity(one.value, "ohm", one.error),
        "area": area, "thickness": thickness, "electrolyte conductivity": conductivity,
    }  # fmt: skip
    doubt, why = relative(**factors)
    yield Result(
        names[0], number, "1", None if doubt is None else number * doubt, method=f"R A κ/d, {method}", reason=why
    )
    if porosity is None:
        yield Result(names[1], None, "1", reason="no porosity")
        return
    doubt, why = relative(**factors, porosity=porosity)
    value = porosity.value * number
    yield Result(
        names[1], value, "1", None if doubt is None else value * doubt, method="ε N_M, not squared", reason=why
    )


def _half(both: Derived) -> Derived:
    if both.value is None:
        return both
    return Derived(both.value / 2, None if both.error is None else both.error / 2, both.reason)


def _differ(number: int, read: Pores) -> Iterator[Finding]:
    fit, line = read.resistance.value, read.line.value
    if fit is not None and line is not None and abs(fit - line) > _AGREE * fit:
        yield Finding(
            "ionic-resistance-differs",
            f"spectrum {number}: the transmission line gives {fit:.4g} Ω in the pores, the capacitive branch {line:.4g} Ω",
        )


def _frame(rows: Sequence[tuple[Spectrum, Validity, Pores]]) -> pl.DataFrame:
    def parameter(read: Pores, name: str) -> float | None:
        return None if read.fit is None else read.fit.fit[name].value

    frame = pl.DataFrame(
        [
            {
                "Spectrum / 1": at,
                "Verdict": valid.verdict,
                "Circuit": None if read.fit is None else str(read.fit.circuit),
                _RESISTANCE: read.resistance.value,
                u(_RESISTANCE): read.resistance.error,
                _GRAPHIC: read.line.value,
                u(_GRAPHIC): read.line.error,
                "Series Resistance / ohm": read.separator.value,
                u("Series Resistance / ohm"): read.separator.error,
                "Exponent / 1": parameter(read, "T1.α"),
                "Residual / %": None if read.fit is None else 100 * read.fit.residual,
                "Reason": read.resistance.reason,
            }
            for at, (_, valid, read) in enumerate(rows, start=1)
        ],
        infer_schema_length=None,
    )
    texts = ("Verdict", "Circuit", "Reason")
    return frame.cast({name: pl.String if name in texts else pl.Float64 for name in frame.columns[1:]})


def _points(at: int, spectrum: Spectrum, valid: Validity, read: Pores) -> pl.DataFrame:
    """Return the points in the columns of `byssus.analysis.impedance.eis`, so that the same figures draw them."""
    z = spectrum.impedance
    fitted = np.full(len(z), np.nan + 0j) if read.fit is None else read.fit.predict(spectrum.frequency)
    return pl.DataFrame(
        {
            "Spectrum / 1": np.full(len(z), at, dtype=np.int64),
            "Frequency / Hz": spectrum.frequency,
            "Real Impedance / ohm": z.real,
            "Imaginary Impedance / ohm": z.imag,
            "Fitted Real Impedance / ohm": fitted.real,
            "Fitted Imaginary Impedance / ohm": fitted.imag,
            "Real Residual / %": 100 * valid.residual.real,
            "Imaginary Residual / %": 100 * valid.residual.imag,
            "Used": spectrum.used,
            "Remark": pl.Series([mark or None for mark in spectrum.marks], dtype=pl.String),
        }
    ).with_columns(pl.selectors.float().fill_nan(None))


_METHODS: Final = (
    (
        "Ionic resistance",
        "Transmission line of two alike electrodes that block (Landesfeind et al. 2016), fitted to real and imaginary parts with "
        "weights 1/|Z|²; an arc of a contact only where the simpler circuit does not suffice. Half of it is one electrode's.",
    ),
    ("MacMullin number", "N_M = R A κ/d of one electrode, and the tortuosity factor τ = ε N_M, which others call τ²."),
)
