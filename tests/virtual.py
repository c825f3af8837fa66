"""Tables of voltammetry, pulses and impedance by closed formulas, so that what a figure must show is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.conventions import Configuration, Made
from byssus.measured.metadata import Metadata, Sample
from byssus.measured.tables import CELL_DIRECTION, PULSE_PART, Table
from byssus.quantity import Quantity

Origin = Literal["measured", "simulated"]
#: RT/F at 25 °C, in V.
THERMAL = 8.314462618 * 298.15 / 96485.33212


def sample(name: str, binder: str | None = None, *, mass: bool = True, area: bool = True) -> Sample:
    return Sample(
        name=name,
        binder=binder or name.rstrip("-0123456789"),
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=Quantity.parse("0.93 mg") if mass else None,
        electrode_area=Quantity.parse("1.13 cm^2") if area else None,
    )


def confined(voltage: NDArray[np.float64], middle: float, charge: float, rate: float) -> NDArray[np.float64]:
    """Current of a surface-confined couple of charge Q [C] at rate v [V/s]: I = (Q v F/RT) θ(1−θ), θ = 1/(1+exp(−F(E−E0)/RT)).

    Bard and Faulkner, Electrochemical Methods, 2nd ed. (2001), eq. 14.3.11.  Its peak is Q v F/(4RT), at E0.
    """
    share = 1 / (1 + np.exp(-(voltage - middle) / THERMAL))
    return np.asarray(charge * rate / THERMAL * share * (1 - share))


def voltammetry(
    of: Sample,
    rates_mV_s: Sequence[float] = (0.1,),
    *,
    cycles: int = 3,
    origin: Origin = "simulated",
    grow: float = 0.1,
    timed: bool = True,
    condition: str | None = None,
    charge: float = 4.0,
) -> Table:
    """Sweeps from 1.2 V to 5 mV and back, one couple a peak; each cycle passes a share `grow` more than the one before."""
    down = np.linspace(1.2, 0.005, 400)
    frames, start, sweep = [], 0.0, 0
    for rate in rates_mV_s:
        for cycle in range(cycles):
            size = charge * (1 + grow * cycle)
            for voltage in (down, down[::-1]):
                sweep += 1
                falling = voltage[0] > voltage[-1]
                peaks = ((0.19, 0.4), (0.06, 0.6)) if falling else ((0.38, 0.4), (0.53, 0.6))
                current = sum(confined(voltage, at, size * share, rate / 1000) for at, share in peaks)
                seconds = np.abs(voltage - voltage[0]) / (rate / 1000)
                frames.append(
                    pl.DataFrame(
                        {
                            "Voltage / V": voltage,
                            "Current / A": -current if falling else current,
                            "Sweep Count / 1": np.full(len(voltage), sweep),
                            "Test Time / s": start + seconds,
                        }
                    )
                )
                start += seconds[-1]
    data = pl.concat(frames)
    conditions = {} if condition is None else {"scan rate": Quantity.parse(condition)}
    return Table(
        data if timed else data.drop("Test Time / s"),
        Metadata(kind="voltammetry", origin=origin, sample=of, conditions=conditions),
    )


def titration(of: Sample, *, count: int = 20, origin: Origin = "simulated", shift: float = 0.0) -> Table:
    """Pulses of 1800 s at 0.19 mA, each with 3600 s of rest: down a sloping potential, and up one 0.25 V above it."""
    current, frames, start, number = 1.9e-4, [], 0.0, 0
    for sign, direction in ((-1, "discharge"), (1, "charge")):
        for at in range(count):
            number += 1
            before, after = (np.array([at, at + 1]) / count).tolist()
            levels = [0.4 - 0.33 * x if sign < 0 else 0.32 + 0.35 * x for x in (before, after)]
            pulse, rest = np.linspace(0, 1800, 60), np.linspace(0, 3600, 40)
            ramp = levels[0] + (levels[1] - levels[0]) * pulse / 1800
            for part, seconds, voltage, flows in (
                ("pulse", pulse, ramp + sign * (0.02 + 0.03 * np.sqrt(pulse / 1800)), sign * current),
                ("rest", rest, levels[1] + sign * 0.03 * np.exp(-rest / 500), 0.0),
            ):
                frames.append(
                    pl.DataFrame(
                        {
                            "Test Time / s": start + seconds,
                            "Voltage / V": voltage + shift,
                            "Current / A": np.full(len(seconds), flows),
                            "Pulse Count / 1": np.full(len(seconds), number),
                            "Pulse Part": pl.Series([part] * len(seconds), dtype=PULSE_PART),
                            "Cell Direction": pl.Series(
                                [direction if part == "pulse" else "rest"] * len(seconds), dtype=CELL_DIRECTION
                            ),
                        }
                    )
                )
                start += seconds[-1]
    return Table(pl.concat(frames), Metadata(kind="pulses", origin=origin, sample=of))


def randles(
    frequency: NDArray[np.float64], series: float, transfer: float, capacity: float, warburg: float
) -> NDArray[np.complex128]:
    """Impedance of Randles' circuit: Z = R_s + 1/(jωC + 1/(R_ct + σ ω^−½ (1 − j))).

    Bard and Faulkner, Electrochemical Methods, 2nd ed. (2001), section 10.3.
    """
    omega = 2 * np.pi * frequency
    faradaic = transfer + warburg * omega**-0.5 * (1 - 1j)
    return np.asarray(series + 1 / (1j * omega * capacity + 1 / faradaic))


def impedance(
    of: Sample,
    transfers: Sequence[float] = (40.0,),
    *,
    origin: Origin = "simulated",
    voltages: Sequence[float] | None = None,
    cycles: Sequence[int] | None = None,
    per_decade: int = 10,
    lowest: float = -2.0,
    warburg: float = 4.0,
) -> Table:
    """Randles spectra from 100 kHz down, one for each resistance of charge transfer."""
    frequency = 10 ** np.linspace(5.0, lowest, round((5 - lowest) * per_decade) + 1)
    frames = []
    for number, transfer in enumerate(transfers, start=1):
        z = randles(frequency, 5.0, transfer, 2e-5, warburg)
        frame = {
            "Spectrum Count / 1": np.full(len(frequency), number),
            "Frequency / Hz": frequency,
            "Real Impedance / ohm": z.real,
            "Imaginary Impedance / ohm": z.imag,
        }
        if voltages is not None:
            frame["Voltage / V"] = np.full(len(frequency), voltages[number - 1])
        if cycles is not None:
            frame["Cycle Count / 1"] = np.full(len(frequency), cycles[number - 1])
        frames.append(pl.DataFrame(frame))
    return Table(pl.concat(frames), Metadata(kind="impedance", origin=origin, sample=of))
