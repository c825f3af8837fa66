"""Spectra out of tables of impedance, looked over before anything is fitted to them.

A spectrum is put in order of falling frequency, and points that cannot be true are marked with the reason.  Nothing is
turned, scaled or dropped: what looks wrong is said, marked points stay in every frame and figure, and fits pass them over.
A scale that is common to all points (mΩ called Ω, rad/s called Hz) leaves no trace in a spectrum and cannot be found.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.findings import Finding
from byssus.measured.tables import Table

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]
Flags = NDArray[np.bool_]

SPECTRUM: Final = "Spectrum Count / 1"
FREQUENCY: Final = "Frequency / Hz"
REAL: Final = "Real Impedance / ohm"
IMAGINARY: Final = "Imaginary Impedance / ohm"
#: Columns whose mean goes with a spectrum: what a series of spectra is drawn and fitted over.
_ALONG = ("Cycle Count / 1", "Voltage / V", "Current / A", "Ambient Temperature / degC", "Test Time / s")

#: |Z| goes at most as 1/ω between neighbours, but at a resonance; a step of two decades more is one of units.  A choice:
#: between units of one kind there are three decades.
_STEP = 2.0
#: Z'' over (π/2) dZ'/dlnω is about 1, 0.64 at the top of an RC arc and tan(x)/x with x = πα/2 for a constant-phase
#: element: 40 for α = 0.99.  Beyond this ratio, either way, the two parts are not in one unit.
_RATIO = 200.0
#: So well must the two go together for their ratio to mean anything.
_CORRELATION = 0.5
#: At most so many points are named one by one.
_NAMED = 5
#: Fewest points of which sign and units can be told.
_FEWEST = 5


@dataclass(frozen=True)
class Spectrum:
    """One impedance spectrum, frequencies falling.

    Parameters
    ----------
    number
        Its number in the table.
    frequency
        In Hz.
    impedance
        Z = Z' + jZ'' in Ω; Z'' is below zero for a capacitor.
    marks
        For each point why it is not to be used, or an empty text.
    along
        Means of the table's other columns over the spectrum, by their names: cycle, voltage, temperature, time.
    drift
        Range of the mean voltage from point to point in V, or None where it was not recorded.
    """

    number: int
    frequency: Array
    impedance: Complex
    marks: tuple[str, ...]
    along: Mapping[str, float] = field(default_factory=dict)
    drift: float | None = None

    @property
    def used(self) -> Flags:
        """Whether each point may be used."""
        return np.array([not mark for mark in self.marks], dtype=bool)

    def marked(self, flags: Flags, why: str) -> Spectrum:
        """Return the spectrum with more points marked; a point keeps its first mark."""
        marks = tuple(mark or (why if flag else "") for mark, flag in zip(self.marks, flags, strict=True))
        return replace(self, marks=marks)


def spectra(table: Table) -> tuple[tuple[Spectrum, ...], tuple[Finding, ...]]:
    """Return the spectra of a table of impedance, and what looks wrong with them.

    Examples
    --------
    A capacitor of 1 mF behind 1 Ω, its imaginary part written without its sign:

    >>> from byssus.measured.metadata import Metadata
    >>> f = np.logspace(2, -1, 13)
    >>> z = 1.0 + 1 / (1e-3 * (2j * np.pi * f) ** 0.9)
    >>> data = pl.DataFrame({SPECTRUM: [1] * 13, FREQUENCY: f, REAL: z.real, IMAGINARY: -z.imag})
    >>> found, findings = spectra(Table(data, Metadata(kind="impedance")))
    >>> len(found), [finding.code for finding in findings]
    (1, ['impedance-sign'])
    """
    found: list[Spectrum] = []
    findings: list[Finding] = []
    for part in table.data.partition_by(SPECTRUM, maintain_order=True):
        spectrum, said = _one(part)
        found.append(spectrum)
        findings += said
    return tuple(found), tuple(findings)


def _one(data: pl.DataFrame) -> tuple[Spectrum, list[Finding]]:
    number = int(data[SPECTRUM][0])
    frequency = data[FREQUENCY].to_numpy()
    impedance = data[REAL].to_numpy() + 1j * data[IMAGINARY].to_numpy()
    findings = list(_order(frequency, number))
    order = np.argsort(-frequency, kind="stable")
    means = {name: data[name].mean() for name in _ALONG if name in data.columns}
    spectrum = Spectrum(
        number=number,
        frequency=frequency[order],
        impedance=impedance[order],
        marks=("",) * len(order),
        along={name: value for name, value in means.items() if isinstance(value, float) and math.isfinite(value)},
        drift=_range(data),
    )
    true = (spectrum.impedance != 0) & (spectrum.frequency > 0)
    for bad, mark, what in (
        (~true, "no impedance", ("has no impedance, or no frequency above zero",
         "have no impedance, or no frequency above zero")),
        (_other_unit(spectrum, true), "another unit", (f"lies {_STEP:.0f} decades or more beside its neighbours, as if it "
         "were in another unit", f"lie {_STEP:.0f} decades or more beside their neighbours, as if they were in another unit")),
    ):  # fmt: skip
        spectrum = spectrum.marked(bad, mark)
        if bad.any():
            at = ", ".join(f"{value:.4g}" for value in spectrum.frequency[bad][:_NAMED])
            more = f" and {bad.sum() - _NAMED} more" if bad.sum() > _NAMED else ""
            points, does = ("point", what[0]) if bad.sum() == 1 else ("points", what[1])
            findings.append(
                Finding("impedance-points", f"spectrum {number}: {bad.sum()} {points} ({at}{more} Hz) {does}")
            )
    findings += _sign(spectrum)
    return spectrum, findings


def _range(data: pl.DataFrame) -> float | None:
    if "Voltage / V" not in data.columns:
        return None
    known = data["Voltage / V"].drop_nulls().drop_nans().to_numpy()
    return float(np.ptp(known)) if len(known) > 1 else None


def _order(frequency: Array, number: int) -> Iterator[Finding]:
    steps = np.sign(np.diff(frequency))
    turns = int(np.count_nonzero(np.diff(steps[steps != 0])))
    if turns:
        yield Finding(
            "impedance-frequencies",
            f"spectrum {number}: its frequencies turn back {turns} time{'s' if turns > 1 else ''}; they are put in order",
        )
    doubled = len(frequency) - len(np.unique(frequency))
    if doubled:
        yield Finding(
            "impedance-frequencies",
            f"spectrum {number}: {doubled} of {len(frequency)} points repeat a frequency; all of them are used",
        )


def _other_unit(spectrum: Spectrum, true: Flags) -> Flags:
    """Return the points whose modulus stands apart from most others by a step that no circuit makes."""
    flags = np.zeros(len(true), dtype=bool)
    places = np.flatnonzero(true)
    if len(places) < _FEWEST:
        return flags
    size = np.log10(np.abs(spectrum.impedance[places]))
    apart = np.abs(np.diff(np.log10(spectrum.frequency[places])))
    steps = np.diff(size)
    jumps = np.where(np.abs(steps) > _STEP + apart, steps, 0.0)
    # Each point's level is the sum of the jumps before it: points of one unit share a level, within a decade.
    level = np.round(np.concatenate([[0.0], np.cumsum(jumps)]))
    values, counts = np.unique(level, return_counts=True)
    flags[places] = level != values[np.argmax(counts)]
    return flags


def _sign(spectrum: Spectrum) -> Iterator[Finding]:
    """Say where the imaginary part contradicts the real one.

    Of the Kramers-Kronig integral Z'' ≈ (π/2) dZ'/dlnω is what remains where that slope hardly changes in a decade.
    """
    used = spectrum.used
    omega, at = np.unique(spectrum.frequency[used], return_index=True)
    z = spectrum.impedance[used][at]
    if len(omega) < _FEWEST:
        return
    expected = np.pi / 2 * np.gradient(z.real, np.log(omega)) / np.abs(z)
    seen = z.imag / np.abs(z)
    together = float(expected @ seen) / math.sqrt(float(expected @ expected) * float(seen @ seen) or 1.0)
    if abs(together) < _CORRELATION:
        return
    ratio = math.sqrt(float(seen @ seen) / float(expected @ expected))
    if together < 0:
        yield Finding(
            "impedance-sign",
            f"spectrum {spectrum.number}: the imaginary part goes against the real one (correlation {together:.2f}), as "
            "if its sign were turned",
        )
    if not 1 / _RATIO < ratio < _RATIO:
        yield Finding(
            "impedance-units",
            f"spectrum {spectrum.number}: the imaginary part is {ratio:.2g} times what the real one asks for, as if the "
            "two were in different units",
        )
