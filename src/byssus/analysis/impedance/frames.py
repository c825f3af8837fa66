"""What was found of impedance spectra, as frames: a row a spectrum, a point, a parameter, an arc, a relaxation time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import polars as pl

from byssus.analysis.cycling.columns import u
from byssus.analysis.impedance.fitting import Choice, CircuitFit, Derived
from byssus.analysis.impedance.relaxation import Relaxation
from byssus.analysis.impedance.spectrum import Spectrum
from byssus.analysis.impedance.validity import Validity
from byssus.analysis.impedance.warburg import Diffusion
from byssus.analysis.transport.temperature import Laws
from byssus.measured.tables import Table
from byssus.physics.constants import ZERO_CELSIUS
from byssus.quantity import Quantity

SPECTRUM: Final = "Spectrum / 1"
CYCLE, VOLTAGE, TEMPERATURE, TIME = "Cycle / 1", "Voltage / V", "Temperature / degC", "Test Time / s"
STATE = "State of Charge / %"
FREQUENCY, REAL, IMAGINARY = "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm"
RESISTANCE, CONSTANT, EXPONENT = "Resistance / ohm", "Time Constant / s", "Exponent / 1"
SERIES, TRANSFER = "Series Resistance / ohm", "Charge-Transfer Resistance / ohm"
POLARISATION, FASTER = "Polarisation Resistance / ohm", "Faster-Arcs Resistance / ohm"
WARBURG = "Warburg Coefficient / ohm/s^0.5"
AREA: Final = "Area / cm^2"
COEFFICIENT = "Diffusion Coefficient / cm^2/s"


@dataclass(frozen=True)
class One:
    """A spectrum, and all that was found of it.

    Parameters
    ----------
    number
        Its number among all spectra of the test.
    along
        What a series goes over, by its column: as it was told, or else as the table says.
    at
        The place of its file among those of the test.
    relaxation, found
        Distribution of relaxation times and fitted circuit; None where there is none.
    why
        Why there is no fit.
    diffusion
        What the circuit says of diffusion.
    area
        Of the electrode, where it is known.
    """

    number: int
    table: Table
    spectrum: Spectrum
    validity: Validity
    along: Mapping[str, float | None]
    at: int
    relaxation: Relaxation | None = None
    found: CircuitFit | None = None
    why: str | None = None
    diffusion: tuple[Diffusion, ...] = ()
    area: Quantity | None = None

    @property
    def used(self) -> Spectrum:
        """The points that may be used, alone."""
        keep = self.spectrum.used
        marks = tuple(mark for mark in self.spectrum.marks if not mark)
        return replace(
            self.spectrum, frequency=self.spectrum.frequency[keep], impedance=self.spectrum.impedance[keep], marks=marks
        )

    @property
    def temperature(self) -> float | None:
        """In °C, where it is known."""
        return self.along[TEMPERATURE]

    @property
    def file(self) -> str | None:
        """The file that it is from."""
        provenance = self.table.metadata.provenance
        return provenance[-1].file if provenance else None


def spectra_frame(
    every: Sequence[One],
    transfer: Mapping[int, Derived],
    whole: Mapping[int, Derived],
    faster: Mapping[int, Derived],
) -> pl.DataFrame:
    """Return a row a spectrum: at what it was taken, its validity, its circuit and its resistances, by their numbers."""
    rows: list[dict[str, Any]] = []
    for one in every:
        found = one.found
        series = Derived(None) if found is None else found.series_resistance
        area = one.area.to("cm^2") if one.area is not None else None
        sigma = next((each.sigma for each in one.diffusion if each.sigma and each.straight), Derived(None))
        polarisation, fast = whole[one.number], faster[one.number]
        known = transfer[one.number]
        rows.append(
            {
                SPECTRUM: one.number,
                "File": one.file,
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
                FASTER: fast.value,
                u(FASTER): fast.error,
                WARBURG: sigma.value,
                u(WARBURG): sigma.error,
                AREA: area and area.value,
                u(AREA): area and area.uncertainty,
                "Reason": known.reason,
            }
        )
    texts = dict.fromkeys(("File", "Verdict", "Circuit", "Reason"), pl.String)
    whole_numbers = dict.fromkeys((SPECTRUM, "Points / 1", "Points Used / 1"), pl.Int64)
    return pl.DataFrame(rows, schema={name: (texts | whole_numbers).get(name, pl.Float64) for name in rows[0]})


def points_frame(one: One) -> pl.DataFrame:
    """Return a row a point: measured and fitted impedance, residuals of the test of Kramers and Kronig, and remarks."""
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


def parameter_frame(every: Sequence[One]) -> pl.DataFrame:
    """Return a row a parameter of each fitted circuit, with its 95 % interval."""
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


def arc_frame(every: Sequence[One]) -> pl.DataFrame:
    """Return a row an arc of each fitted circuit."""
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


def diffusion_frame(every: Sequence[One]) -> pl.DataFrame:
    """Return a row an equation by which a diffusion element was read; without one, why there is no coefficient."""
    sigma, time, exponent = WARBURG, CONSTANT, EXPONENT
    rows: list[dict[str, Any]] = []
    for one in every:
        for element in one.diffusion:
            row: dict[str, Any] = {SPECTRUM: one.number, "Element": element.element}
            for column, known in ((sigma, element.sigma), (time, element.time), (exponent, element.exponent)):
                row |= {column: known and known.value, u(column): known and known.error}
            low, high = element.span or (None, None)
            row |= {"Lowest Frequency / Hz": low, "Highest Frequency / Hz": high}
            for each in element.coefficients:
                lower, upper = each.interval or (None, None)
                numbers = (each.value, each.error, lower, upper)
                names = (COEFFICIENT, u(COEFFICIENT), f"Lower {COEFFICIENT}", f"Upper {COEFFICIENT}")
                rows.append(
                    row
                    | {name: value and 1e4 * value for name, value in zip(names, numbers, strict=True)}
                    | {
                        "Apparent": bool(each.unmet) if each.value is not None else None,
                        "Method": each.method or None,
                        "Reason": each.reason or "; ".join(each.unmet) or None,
                    }
                )
    numbers_of = [column for known in (sigma, time, exponent) for column in (known, u(known))]
    numbers_of += ["Lowest Frequency / Hz", "Highest Frequency / Hz", COEFFICIENT, u(COEFFICIENT)]
    numbers_of += [f"Lower {COEFFICIENT}", f"Upper {COEFFICIENT}"]
    schema = {SPECTRUM: pl.Int64, "Element": pl.String} | dict.fromkeys(numbers_of, pl.Float64)
    return pl.DataFrame(rows, schema={**schema, "Apparent": pl.Boolean, "Method": pl.String, "Reason": pl.String})


def relaxation_frames(every: Sequence[One]) -> dict[str, pl.DataFrame]:
    """Return the distributions of relaxation times, and their peaks."""
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


def law_frame(law: Laws, every: Sequence[One], transfer: Mapping[int, Derived]) -> pl.DataFrame:
    """Return the temperatures with their resistances, and Arrhenius' line through them."""
    rows = [
        (one.temperature, transfer[one.number].value, transfer[one.number].error)
        for one in every
        if one.temperature is not None and transfer[one.number].value is not None
    ]
    celsius = np.array([row[0] for row in rows], dtype=float)
    line = None
    if law.arrhenius is not None:
        line = np.exp(-np.asarray(law.arrhenius.predict(celsius + ZERO_CELSIUS), dtype=float))
    return pl.DataFrame(
        {
            TEMPERATURE: celsius,
            "Inverse Temperature / 1/K": 1 / (celsius + ZERO_CELSIUS),
            TRANSFER: [row[1] for row in rows],
            u(TRANSFER): [row[2] for row in rows],
            f"Fitted {TRANSFER}": line if line is not None else pl.Series([None] * len(rows), dtype=pl.Float64),
        },
        schema_overrides={TRANSFER: pl.Float64, u(TRANSFER): pl.Float64},
    )


def circuits_frame(choice: Choice) -> pl.DataFrame:
    """Return a row a circuit that was tried."""
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
