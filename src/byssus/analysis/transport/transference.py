"""Lithium's share of the current in a polarised cell between two lithium electrodes, after Bruce, Vincent and Evans."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.analysis.examined import Examined
from byssus.analysis.result import Result
from byssus.analysis.transport.decay import Hold, Settled, holds, settle
from byssus.analysis.transport.given import told_in
from byssus.errors import AnalysisError, FitError
from byssus.findings import Finding
from byssus.fitting import propagate
from byssus.measured.tables import Table
from byssus.physics.conduction import transference_bruce_vincent
from byssus.quantity import Quantity
from byssus.study.techniques import Told

Array = NDArray[np.float64]

#: Polarisations above this leave the range of the equation (`physics.conduction.transference_bruce_vincent`), in V.
LARGEST: Final = 0.02
#: A voltage of 10 mV counts as held within this, in V; a choice.
_WITHIN: Final = 0.002
#: Polarisations of more than this are no test of transference, in V.
_POLARISATION: Final = 0.2
#: The first current and the one that the resistances give differ, if by more than this share; a choice.
_DIFFER: Final = 0.1
_NAME: Final = "lithium transference number"


@dataclass(frozen=True)
class _Known:
    """Voltage in V, currents in A, resistances in Ω; the first current where the bulk resistance does not give it."""

    voltage: Quantity
    recorded: float
    steady: Quantity | None
    initial: Quantity | None
    later: Quantity | None
    bulk: Quantity | None

    @property
    def first(self) -> Quantity:
        """The initial current in A: ΔV over all resistances if they are known, else the first record's."""
        if self.bulk is None or self.initial is None:
            return Quantity(self.recorded, "A")
        total, errors = self.bulk.value + self.initial.value, (self.bulk.uncertainty, self.initial.uncertainty)
        value = self.voltage.value / total
        return Quantity(
            value, "A", None if None in errors else value * math.hypot(*(each or 0.0 for each in errors)) / total
        )

    @property
    def how(self) -> str:
        """Where the initial current is from."""
        given = self.bulk is not None and self.initial is not None
        return f"initial current {'from ΔV over bulk and interface resistance' if given else 'of the first record'}"


def examine_transference(tables: Sequence[Table], told: Mapping[str, Told]) -> Examined:
    """Find t₊ from the current of a polarised cell over time.

    Parameters
    ----------
    tables
        One cycling table with a small voltage held between two lithium electrodes.
    told
        ``initial interface resistance`` and ``steady interface resistance`` from impedance before and after;
        ``polarisation voltage`` where the table's own is not to be trusted; ``bulk resistance`` of the electrolyte,
        which gives the initial current by Ohm's law.

    Raises
    ------
    AnalysisError
        If the table holds no small voltage.
    """
    (table,) = tables
    hold = _polarisation(table)
    settled = settle(hold.time, np.abs(hold.current))
    known = _Known(
        told_in(table, told, "polarisation voltage", "V") or Quantity(abs(hold.voltage), "V"),
        # The record at which the voltage is switched on may hold no current yet.
        float(abs(hold.current[np.flatnonzero(hold.current)[0]])),
        None if settled.value is None or settled.state != "steady" else Quantity(settled.value, "A", settled.error),
        told_in(table, told, "initial interface resistance", "ohm"),
        told_in(table, told, "steady interface resistance", "ohm"),
        told_in(table, told, "bulk resistance", "ohm"),
    )
    voltage, first = known.voltage, known.first
    results = [
        Result("polarisation voltage", 1e3 * voltage.value, "mV", voltage.uncertainty and 1e3 * voltage.uncertainty),
        Result(
            "initial current", 1e6 * first.value, "uA", first.uncertainty and 1e6 * first.uncertainty, method=known.how
        ),
        _steady(settled),
        *_numbers(known, settled),
    ]
    findings = tuple(_findings(known, settled))
    frames = {
        "polarisation": pl.DataFrame({"Time / h": hold.time / 3600, "Current / uA": 1e6 * np.abs(hold.current)}),
    }
    return Examined("transference", (table,), tuple(results), frames, findings, _METHODS)


def _polarisation(table: Table) -> Hold:
    """Return the longest hold of a small voltage."""
    found = [hold for hold in holds(table, within=_WITHIN) if 0 < abs(hold.voltage) <= _POLARISATION]
    if not found:
        raise AnalysisError(
            f"holds no voltage between 0 and {1e3 * _POLARISATION:.0f} mV for 10 records or more",
            field="Voltage / V",
            fix="give the current over time of a cell polarised between two lithium electrodes",
        )
    return max(found, key=lambda hold: hold.duration)


def _steady(settled: Settled) -> Result:
    value, error = settled.value, settled.error
    if settled.state != "steady" or value is None:
        reason = settled.reason or "an extrapolated current is no steady one"
        return Result("steady current", None, "uA", reason=f"{reason}; it ended at {1e6 * settled.end:.4g} µA")
    method = "mean over the last fifth of the hold"
    return Result("steady current", 1e6 * value, "uA", error and 1e6 * error, method=method)


def _findings(known: _Known, settled: Settled) -> Iterator[Finding]:
    first, voltage = known.first.value, known.voltage.value
    if abs(known.recorded / first - 1) > _DIFFER:
        yield Finding(
            "initial-current-differs",
            f"the first record shows {1e6 * known.recorded:.4g} µA, and ΔV over the resistances {1e6 * first:.4g} µA",
            field="bulk resistance",
        )
    if voltage > LARGEST:
        yield Finding(
            "outside-validity",
            f"a polarisation of {1e3 * voltage:.3g} mV: the equation is for about 10 mV, at most {1e3 * LARGEST:.0f}",
            field="polarisation voltage",
        )
    if known.steady is None:
        yield Finding("hold-not-settled", settled.reason or "the current did not settle")


def _numbers(known: _Known, settled: Settled) -> Iterator[Result]:
    plain = "current fraction I_s/I_0, interfaces not corrected"
    if known.steady is None:
        reason = f"not in a steady state: {settled.reason or 'the current still falls'}"
        bound = (
            f"; at most {settled.end / known.first.value:.3f}" if settled.state in ("decaying", "extrapolated") else ""
        )
        yield Result(plain, None, "1", reason=f"{reason}{bound}")
        yield Result(_NAME, None, "1", reason=reason)
        return
    ratio = known.steady.value / known.first.value
    yield Result(
        plain, ratio, "1", method=known.how, reason="what the interfaces take is not known, and it is no small part"
    )
    absent = [
        f"{when} interface resistance"
        for when, given in (("initial", known.initial), ("steady", known.later))
        if given is None
    ]
    if known.initial is None or known.later is None:
        yield Result(_NAME, None, "1", reason=f"no {' and no '.join(absent)} was given")
        return
    method = f"I_s(ΔV − I_0 R_0)/(I_0(ΔV − I_s R_s)), {known.how}; a current fraction where the salt is concentrated or paired"
    try:
        value = float(
            transference_bruce_vincent(
                known.voltage.value, known.first.value, known.steady.value, known.initial.value, known.later.value
            )
        )
    except ValueError:
        reason = "the interfaces' resistances times the current would take all of the voltage"
        yield Result(_NAME, None, "1", method=method, reason=reason)
        return
    error, why = _uncertainty(known)
    yield Result(_NAME, value, "1", error, method=method, reason=why)


def _uncertainty(known: _Known) -> tuple[float | None, str | None]:
    """Return the uncertainty that resistances, steady current and a voltage told with ± give, or why there is none."""
    given = {"initial": known.initial, "later": known.later, "bulk": known.bulk, "steady": known.steady}
    without = [
        f"the {name} resistance"
        for name, each in (
            ("initial interface", known.initial),
            ("steady interface", known.later),
            ("bulk", known.bulk),
        )
        if each is not None and each.uncertainty is None
    ]
    if without:
        return None, f"{' and '.join(without)} {'was' if len(without) == 1 else 'were'} given without ±"

    def number(voltage: Array, initial: Array, later: Array, steady: Array, bulk: Array | None = None) -> Any:
        first = known.recorded if bulk is None else voltage / (bulk + initial)
        return transference_bruce_vincent(voltage, first, steady, initial, later)

    inputs = {name: (each.value, each.uncertainty or 0.0) for name, each in given.items() if each is not None}
    # The table's own voltage, and the first record's current, are as good as the instrument, which is far better.
    inputs["voltage"] = (known.voltage.value, known.voltage.uncertainty or 0.0)
    try:
        return propagate(number, inputs).standard_deviation, None
    except (FitError, ValueError):
        return None, "the uncertainties reach where the interfaces would take all of the voltage"


_METHODS: Final = (
    (
        "Transference number",
        "After Bruce, Vincent and Evans: t₊ = I_s(ΔV − I_0 R_0)/(I_0(ΔV − I_s R_s)), with ΔV of about 10 mV and the "
        "resistance of the electrodes' films before and after. Its uncertainty is that of the resistances, of the "
        "steady current, and of voltage and initial current where they were given with one.",
    ),
    (
        "Steady state",
        "A current whose last fifth, taken as ten means, changes by at most 1 %, or by no more than its scatter explains. "
        "Of one that still falls there is no transference number.",
    ),
)
