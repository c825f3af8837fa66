"""From steps as they were carried out to a measured table, marked simulated, with what was hidden beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import polars as pl

from byssus.conventions import CellDirection, electrode_direction
from byssus.findings import Finding
from byssus.measured.metadata import Instrument, Metadata, Sample
from byssus.measured.tables import CELL_DIRECTION, ELECTRODE_DIRECTION, PULSE_PART, TRUTH, Table
from byssus.physics.constants import ZERO_CELSIUS
from byssus.protocol.steps import Resolved
from byssus.quantity import Quantity
from byssus.simulate.model import Model
from byssus.simulate.run import StepDone

#: Columns that a solution gives and a table does not hold: they are turned into those of a step.
_COUNTED = ("Charge Passed / Ah", "Energy Passed / Wh")


def table(
    model: Model, protocol: Resolved, done: Sequence[StepDone], *, sample: Sample, findings: Sequence[Finding] = ()
) -> Table:
    """Return the table of a test.

    Parameters
    ----------
    sample
        What the cell is called, its mass and area.
    """
    frame = _FRAMES[protocol.kind](model, protocol, measured(protocol, done))
    conditions = {"temperature": Quantity(protocol.temperature, "K").to("degC")}
    rates = {each.step.rate for each in done if each.step.rate is not None}
    if len(rates) == 1:
        conditions["scan rate"] = Quantity(rates.pop() * 1e3, "mV/s")
    metadata = Metadata(
        kind=protocol.kind, origin="simulated", sample=sample, conditions=conditions, truth=truth(model),
        instrument=Instrument(vendor="Byssus", model=f"{model.kind} of a virtual cell"),
        vendor={"test": protocol.name},
    )  # fmt: skip
    ended = [
        Finding("step-without-end", f"step {each.number} ({each.step.label or each.step.control}) ended {each.ended}")
        for each in done if each.ended in ("at once", "endless")
    ]  # fmt: skip
    return Table(frame, metadata, (*findings, *ended))


def measured(protocol: Resolved, done: Sequence[StepDone]) -> list[StepDone]:
    """Return the steps that the table of a protocol is made of: those of its kind that have records."""
    if protocol.kind == "impedance":
        return [each for each in done if each.impedance is not None]
    swept = protocol.kind == "voltammetry"
    return [each for each in done if each.seconds.size and (each.step.control == "sweep" or not swept)]


def truth(model: Model) -> dict[str, Quantity]:
    """Return the numbers that a simulation was given, in SI."""
    return {name: Quantity(each.value, each.units.si) for name, each in model.cell.numbers.items()}


def _stacked(steps: Sequence[StepDone], columns: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        name: np.concatenate([each.columns[name] for each in steps]) if steps else np.zeros(0) for name in columns
    }
    found["Test Time / s"] = np.concatenate([each.began + each.seconds for each in steps]) if steps else np.zeros(0)
    return found


def _each(steps: Sequence[StepDone], values: Sequence[Any]) -> list[Any]:
    """Repeat one value a step over its records."""
    return [value for each, value in zip(steps, values, strict=True) for _ in range(each.seconds.size)]


def _columns(model: Model) -> list[str]:
    return ["Voltage / V", "Current / A", *(name for name in model.columns if name.startswith(TRUTH))]


def _common(model: Model, protocol: Resolved, steps: Sequence[StepDone]) -> dict[str, Any]:
    configuration = model.cell.configuration
    directions = [_direction(each) for each in steps]
    electrode = [electrode_direction(each, configuration) for each in directions]
    degrees = [(each.step.temperature or protocol.temperature) - ZERO_CELSIUS for each in steps]
    return {
        **_stacked(steps, _columns(model)),
        "Cell Direction": pl.Series(_each(steps, [str(each) for each in directions]), dtype=CELL_DIRECTION),
        "Electrode Direction": pl.Series(
            _each(steps, [None if each is None else str(each) for each in electrode]), dtype=ELECTRODE_DIRECTION
        ),
        "Ambient Temperature / degC": np.array(_each(steps, degrees), dtype=float),
    }


def _direction(done: StepDone) -> CellDirection:
    return CellDirection.REST if done.step.control == "rest" else done.step.direction


def _cycling(model: Model, protocol: Resolved, steps: Sequence[StepDone]) -> pl.DataFrame:
    data = _common(model, protocol, steps)
    for column, counted in zip(("Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh"), _COUNTED, strict=True):
        data[column] = np.concatenate(
            [np.abs(each.columns[counted] - each.columns[counted][0]) for each in steps] or [np.zeros(0)]
        )
    data |= {
        "Step Count / 1": _each(steps, list(range(1, len(steps) + 1))),
        "Cycle Count / 1": _each(steps, [each.step.cycle for each in steps]),
        "Step Time / s": np.concatenate([each.seconds for each in steps] or [np.zeros(0)]),
        "Step Type": _each(steps, [each.step.control for each in steps]),
        "Step ID": _each(steps, [each.step.label or each.step.control for each in steps]),
    }
    return pl.DataFrame(data)


def _voltammetry(model: Model, protocol: Resolved, sweeps: Sequence[StepDone]) -> pl.DataFrame:
    data = _common(model, protocol, sweeps)
    for name in ("Cell Direction", "Electrode Direction"):
        del data[name]
    data |= {
        "Sweep Count / 1": _each(sweeps, list(range(1, len(sweeps) + 1))),
        "Cycle Count / 1": _each(sweeps, [each.step.cycle for each in sweeps]),
    }
    return pl.DataFrame(data)


def _pulses(model: Model, protocol: Resolved, steps: Sequence[StepDone]) -> pl.DataFrame:
    data = _common(model, protocol, steps)
    parts: list[Literal["pulse", "rest"]] = [
        each.step.part or ("rest" if each.step.control == "rest" else "pulse") for each in steps
    ]
    data |= {
        "Pulse Count / 1": _each(steps, [each.step.pulse for each in steps]),
        "Pulse Part": pl.Series(_each(steps, parts), dtype=PULSE_PART),
    }
    return pl.DataFrame(data)


def _impedance(_model: Model, protocol: Resolved, spectra: Sequence[StepDone]) -> pl.DataFrame:
    rows = [
        (number, frequency, value.real, value.imag, each.began, each.after.voltage, 0.0, each.step.cycle,
         (each.step.temperature or protocol.temperature) - ZERO_CELSIUS)
        for number, each in enumerate(spectra, 1)
        for frequency, value in zip(each.step.frequencies, each.impedance if each.impedance is not None else (), strict=True)
    ]  # fmt: skip
    names = ("Spectrum Count / 1", "Frequency / Hz", "Real Impedance / ohm", "Imaginary Impedance / ohm",
             "Test Time / s", "Voltage / V", "Current / A", "Cycle Count / 1", "Ambient Temperature / degC")  # fmt: skip
    return pl.DataFrame(rows, schema=list(names), orient="row")


_FRAMES = {"cycling": _cycling, "voltammetry": _voltammetry, "pulses": _pulses, "impedance": _impedance}
