"""An instrument put on a simulated table: sampling, accuracy, noise, resolution.

What a cycler writes is its reading of the cell, not the cell.  `measured_by` makes of a simulated table
what a given instrument would have written of that cell, so that an analysis can be tried on the data that
it will meet, against a truth that is known: the columns of truth stay as they were, and the errors that
were drawn are noted beside them.

The cell itself went through its program exactly: the error stands in what is written.  A cycler regulates
on its own readings, so that it writes the set current and the cell gets another; for a capacity,
an efficiency or a resistance, written against true, it comes to the same.  Left out: drift, temperature,
the time the cycler takes to settle, and ranges that switch within a test.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.errors import SimulationError
from byssus.findings import Finding
from byssus.measured import metadata as about
from byssus.measured.checks import check_cycling
from byssus.measured.tables import Table
from byssus.quantity import Quantity
from byssus.source import Source

Array = NDArray[np.float64]

_VOLTAGE, _CURRENT, _TIME = "Voltage / V", "Current / A", "Test Time / s"
_CAPACITY, _ENERGY = "Step Cumulative Capacity / Ah", "Step Cumulative Energy / Wh"
_REAL, _IMAGINARY = "Real Impedance / ohm", "Imaginary Impedance / ohm"
_CLOCKS = (_TIME, "Step Time / s", "Unix Time / s")
#: What makes one step of each kind: its first and last records are always written.
_STEPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "cycling": ("Step Count / 1",),
        "voltammetry": ("Sweep Count / 1",),
        "pulses": ("Pulse Count / 1", "Pulse Part"),
        "impedance": (),
    }
)
_SEED = "instrument seed"
#: An interval that misses its length by the last binary digits of a sum is that long.
_DUST = 1e-9


def _above_zero(record: Channel | Instrument) -> None:
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, int | float) and not (value > 0 and math.isfinite(value)):
            raise ValueError(f"{field.name} must be above zero, not {value}; None where it is not known")


@dataclass(frozen=True, slots=True)
class Channel:
    """How one quantity is read, in its SI unit; what is None is not known, and not applied.

    Parameters
    ----------
    full_scale
        Largest magnitude that can be read.
    of_reading, of_range
        Limits of error as datasheets state them: ± (`of_reading` · |value| + `of_range` · `full_scale`), as fractions.
    noise
        Root mean square of white noise from record to record.
    quantum
        Smallest step of what is written.
    digits
        Significant digits that are written, where the step is not one and the same.

    Raises
    ------
    ValueError
        If a number is not above zero, a share of the range is given without the range, or both `quantum` and `digits`.

    Examples
    --------
    >>> Channel(full_scale=5.0, of_range=5e-4, quantum=quantum_of(-5.0, 5.0, bits=16)).limit(3.7)
    0.0025
    """

    full_scale: float | None = None
    of_reading: float | None = None
    of_range: float | None = None
    noise: float | None = None
    quantum: float | None = None
    digits: int | None = None

    def __post_init__(self) -> None:
        _above_zero(self)
        if self.of_range is not None and self.full_scale is None:
            raise ValueError("of_range is a share of full_scale, which is not given")
        if self.quantum is not None and self.digits is not None:
            raise ValueError("quantum and digits exclude each other")

    def limit(self, value: float) -> float:
        """Return the limit of the error of a reading, noise and rounding apart."""
        return (self.of_reading or 0.0) * abs(value) + (self.of_range or 0.0) * (self.full_scale or 0.0)


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument by what its readings are like; what is None is not known, and not applied.

    Parameters
    ----------
    vendor, model
        As they stand in the metadata of the table.
    sources
        Where its numbers come from.
    voltage, current
        The channels.  At rest the current is zero: the circuit is open.
    clock
        Smallest step of written times, in s.
    counter
        Smallest step of written capacities, in Ah.
    interval, voltage_interval
        A record is written once this many seconds, or volts as read, have passed since the one before it, whichever
        comes first.  Without either every record is.
    modulus, phase
        Root mean square of the noise of an impedance: of its modulus as a fraction, of its phase in rad.
    impedance_digits
        Significant digits of both parts of an impedance.

    Raises
    ------
    ValueError
        If a number is not above zero, or there is no source.
    """

    vendor: str
    model: str | None
    sources: tuple[Source, ...]
    voltage: Channel = Channel()
    current: Channel = Channel()
    clock: float | None = None
    counter: float | None = None
    interval: float | None = None
    voltage_interval: float | None = None
    modulus: float | None = None
    phase: float | None = None
    impedance_digits: int | None = None

    def __post_init__(self) -> None:
        _above_zero(self)
        if not self.sources:
            raise ValueError("an instrument needs a source of its numbers")


def quantum_of(lowest: float, highest: float, bits: int) -> float:
    """Return the step of a converter from its range and bits.

    Equation
        q = (highest − lowest) / 2^bits
    Symbols
        q step [as the range], lowest and highest the ends of the range, bits of the converter; by definition of an
        even converter

    Examples
    --------
    >>> quantum_of(-5.0, 5.0, bits=16)
    0.000152587890625
    """
    return (highest - lowest) / 2.0**bits


def _of_test_data(file: str, note: str) -> Source:
    return Source(f"{file}, read by Byssus (test data)", method="measured", note=note)


#: Instruments by a short name.  A limit of error that no datasheet could be found for is None.  Noise is that of the
#: instrument with its leads and cell, from the third differences of the records of a file's longer steps, less what
#: rounding explains; tests/test_simulate_instrument.py takes it from the files again.
INSTRUMENTS: Final[Mapping[str, Instrument]] = MappingProxyType(
    {
        "land-ct2001a": Instrument(
            vendor="LAND",
            model="CT2001A 5V10mA",
            sources=(
                _of_test_data(
                    "cycler_land/NJK_CC_156_C30_C_x30.xlsx",
                    "voltages stand on a grid of 0.310 mV, as in cycler_land/6-6-L_Formation_and_Cap_Check_004_2.xlsx; noise 0.33 mV, from 0.2 to 0.7 mV "
                    "by half cycle; the model is not named in the file",
                ),
                Source(
                    "github.com/ZZexin/cex, cex_tool/format.py at 05018e7",
                    note="a CT2001A's .cex file: channels of 5 V and 10 mA, 0.31 µA a count, ticks of 10 ms; 0.155 mV a "
                    "count, half of the grid that exports show",
                ),
            ),
            voltage=Channel(full_scale=5.0, noise=0.33e-3, quantum=0.310e-3),
            current=Channel(full_scale=10e-3, quantum=0.31e-6),
            clock=0.01,
        ),
        "neware-ct4008-5v6a": Instrument(
            vendor="Neware",
            model="CT-4008-5V6A-S1, range 1",
            sources=(
                Source(
                    "Neware, BTS4000-5V6A battery testing system, datasheet, as summarised in "
                    "github.com/shiyunliu-battery/batterylab.online at 0b83031",
                    note="voltage and current ± 0.05 % of full scale; range 1 to 100 mA; records at least 100 ms apart",
                ),
                _of_test_data(
                    "cycler_neware/neware_uio.csv",
                    "voltages written to 0.1 mV; noise 0.037 mV, and from 0.01 to 0.07 mV in other Neware files",
                ),
            ),
            voltage=Channel(full_scale=5.0, of_range=5e-4, noise=0.037e-3, quantum=0.1e-3),
            current=Channel(full_scale=0.1, of_range=5e-4),
            interval=0.1,
        ),
        "arbin": Instrument(
            vendor="Arbin",
            model=None,
            sources=(
                _of_test_data(
                    "cycler_arbin/20160805_test001_45_cc_01.res",
                    "written by MITS Pro 4.32: voltages on a grid of 0.3079 mV, noise 0.12 mV; currents of 0.15 and 0.3 mA "
                    "on a grid of 0.3533 µA, noise 0.18 µA; the range is not named",
                ),
            ),
            voltage=Channel(noise=0.12e-3, quantum=0.3079e-3),
            current=Channel(noise=0.18e-6, quantum=0.3533e-6),
        ),
        "biologic": Instrument(
            vendor="BioLogic",
            model=None,
            sources=(
                _of_test_data(
                    "cycler_biologic/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr",
                    "voltages averaged by EC-Lab between records, noise 0.063 mV; that of the current, 2 ppm, is not white",
                ),
            ),
            voltage=Channel(noise=0.063e-3),
        ),
        "chi-760e": Instrument(
            vendor="CH Instruments",
            model="CHI760E",
            sources=(
                _of_test_data("cv/CV-1T.txt", "potentials written to 1 mV, currents to four digits"),
                _of_test_data("eis/EIS_-0,48_V.txt", "both parts of an impedance written to four digits"),
            ),
            voltage=Channel(quantum=1e-3),
            current=Channel(digits=4),
            impedance_digits=4,
        ),
    }
)


def measured_by(table: Table, instrument: Instrument, seed: int) -> Table:
    """Return a simulated table as an instrument would have written it.

    Equation
        written = rounded(value · (1 + g) + o + noise);
        g = r · of_reading + (h − l)/2 · of_range,  o = (h + l)/2 · of_range · full_scale
    Symbols
        g gain error [1], o offset [SI], and r, l, h drawn evenly from −1 to 1, once for the table: r the error of the
        reading, l and h those at both ends of the range, with a straight line between them, so that the whole error stays
        within the datasheet's limit everywhere in the range.  An even distribution between limits is what limits
        alone allow (JCGM 100:2008 (GUM), 4.3.7).  An impedance is multiplied by (1 + noise of the modulus) ·
        exp(i · noise of the phase).

    In a cycling table the capacity of a step is counted by the instrument: the integral of its current
    as written, by trapezoids over every record of the simulation and not only those that it keeps, then rounded;
    likewise its energy, where the table has one.

    Parameters
    ----------
    table
        Simulated, of kind cycling, voltammetry, pulses or impedance.
    instrument
        One of `INSTRUMENTS`, or your own.
    seed
        A whole number, not below zero.  The same seed gives the same table.  Another seed is another channel: other errors and another noise.

    Returns
    -------
    Table
        Fewer records, where the instrument samples; columns of truth unchanged in those; the instrument and its
        resolution in the metadata; the errors and the seed in `Metadata.truth`; what checks of a measured table find.

    Raises
    ------
    SimulationError
        If the table is not simulated, or has been through an instrument, or is of a kind that none of these writes; if a
        value is beyond the instrument's range, or a current so small that the error turns its sign.

    Examples
    --------
    >>> frame = pl.DataFrame({"Voltage / V": [0.30004, 0.29996], "Current / A": [-1.23456e-4, -1.23444e-4],
    ...                       "Sweep Count / 1": [1, 1]})
    >>> table = Table(frame, about.Metadata(kind="voltammetry", origin="simulated"))
    >>> measured_by(table, INSTRUMENTS["chi-760e"], seed=1).data.rows()
    [(0.3, -0.0001235, 1), (0.3, -0.0001234, 1)]
    """
    _refuse(table)
    data = table.data
    errors, voltage_noise, current_noise, impedance_noise = map(
        np.random.default_rng, np.random.SeedSequence(seed).spawn(4)
    )
    truth: dict[str, Quantity] = {}
    written: list[pl.Series] = []
    for name, channel, noise in (
        (_VOLTAGE, instrument.voltage, voltage_noise),
        (_CURRENT, instrument.current, current_noise),
    ):
        # Drawn also where the table lacks the column, so that a seed is one channel for tables of all kinds.
        gain, offset = _drawn(channel, errors)
        if name not in data.columns:
            continue
        written.append(_read(data, name, channel, gain, offset, noise))
        quantity, unit = name.split(" / ")
        truth |= {
            f"{quantity.lower()} gain error": Quantity(gain, "1"),
            f"{quantity.lower()} offset": Quantity(offset, unit),
            f"{quantity.lower()} noise": Quantity(channel.noise or 0.0, unit),
        }
    if table.metadata.kind == "impedance":
        written += _impedance(data, instrument, impedance_noise)
        truth |= {
            "modulus noise": Quantity(instrument.modulus or 0.0, "1"),
            "phase noise": Quantity(instrument.phase or 0.0, "rad"),
        }
    truth[_SEED] = Quantity(seed, "1")
    seen = data.with_columns(written)
    if table.metadata.kind == "cycling":
        _check_signs(seen, instrument)
        seen = seen.with_columns(_counted(seen, instrument.counter))
    seen = seen.filter(pl.Series(_kept(seen, table.metadata.kind, instrument)))
    if instrument.clock is not None:
        seen = seen.with_columns(_on_grid(seen[name], instrument.clock) for name in _CLOCKS if name in seen.columns)
    resolution = _resolution(seen.columns, instrument)
    metadata = table.metadata.model_copy(
        update={
            "instrument": about.Instrument(vendor=instrument.vendor, model=instrument.model, resolution=resolution),
            "truth": {**table.metadata.truth, **truth},
        }
    )
    findings = list(table.findings)
    if table.metadata.kind == "cycling":
        findings += _new(check_cycling(seen, resolution), table.findings)
    return Table(seen, metadata, tuple(findings))


def _refuse(table: Table) -> None:
    if table.metadata.origin != "simulated":
        raise SimulationError(
            "is what an instrument wrote: only a simulated table can be put on another",
            field="origin",
            value=table.metadata.origin,
        )
    if _SEED in table.metadata.truth:
        raise SimulationError(
            "has been through an instrument", field="the table", fix="give the table that the simulation made"
        )
    if table.metadata.kind not in _STEPS:
        raise SimulationError(
            "is a kind of table that none of these instruments writes", field="kind", value=table.metadata.kind
        )


def _drawn(channel: Channel, generator: np.random.Generator) -> tuple[float, float]:
    """Draw a channel's gain error and offset."""
    reading, lowest, highest = generator.uniform(-1.0, 1.0, 3).tolist()
    of_range, full_scale = channel.of_range or 0.0, channel.full_scale or 0.0
    gain = reading * (channel.of_reading or 0.0) + (highest - lowest) / 2 * of_range
    return gain, (highest + lowest) / 2 * of_range * full_scale + 0.0  # no −0 where no limit is known


def _read(
    data: pl.DataFrame, name: str, channel: Channel, gain: float, offset: float, noise: np.random.Generator
) -> pl.Series:
    """Return a column as its channel reads it; missing stays missing."""
    true = data[name].to_numpy()
    largest = float(np.nanmax(np.abs(true), initial=0.0))
    if channel.full_scale is not None and largest > channel.full_scale:
        raise SimulationError(
            f"is beyond the instrument's range of {channel.full_scale:.4g} {name.split(' / ')[1]}",
            field=name,
            value=float(f"{largest:.4g}"),
            fix="take an instrument with a larger range",
        )
    read = true * (1 + gain) + offset
    if channel.noise is not None:
        read = read + noise.normal(0.0, channel.noise, true.size)
    if name == _CURRENT and "Cell Direction" in data.columns:
        # Cyclers open the circuit at rest and write zero: the rests of real files hold nothing else, but where they switch.
        read = np.where((data["Cell Direction"] == "rest").to_numpy(), true, read)
    column = _on_grid(pl.Series(name, read, nan_to_null=True), channel.quantum)
    return _significant(column, channel.digits)


def _impedance(data: pl.DataFrame, instrument: Instrument, noise: np.random.Generator) -> Iterator[pl.Series]:
    modulus, phase = noise.standard_normal((2, data.height))
    impedance = (
        (data[_REAL].to_numpy() + 1j * data[_IMAGINARY].to_numpy())
        * (1 + (instrument.modulus or 0.0) * modulus)
        * np.exp(1j * (instrument.phase or 0.0) * phase)
    )
    for name, part in ((_REAL, impedance.real), (_IMAGINARY, impedance.imag)):
        yield _significant(pl.Series(name, part), instrument.impedance_digits)


def _on_grid(column: pl.Series, quantum: float | None) -> pl.Series:
    """Round to whole steps."""
    return column if quantum is None else (column / quantum).round() * quantum


def _significant(column: pl.Series, digits: int | None) -> pl.Series:
    return column if digits is None else column.round_sig_figs(digits)


def _check_signs(seen: pl.DataFrame, instrument: Instrument) -> None:
    """Refuse currents so small that the error of the instrument turns them round."""
    current, direction = pl.col(_CURRENT), pl.col("Cell Direction")
    against = (
        seen.group_by("Step Count / 1", maintain_order=True)
        .agg(direction.first(), current.mean())
        .filter(((direction == "charge") & (current < 0)) | ((direction == "discharge") & (current > 0)))
    )
    if against.height:
        raise SimulationError(
            f"is so small in step {against['Step Count / 1'][0]} that the {instrument.vendor}'s error turns its sign",
            field=_CURRENT,
            fix="take an instrument with a smaller range",
        )


def _counted(seen: pl.DataFrame, counter: float | None) -> Iterator[pl.Series]:
    """Count the charge of each step, and its energy where the table has one, from what was read."""
    step = seen["Step Count / 1"].to_numpy()
    first = np.flatnonzero(np.diff(step, prepend=0))
    records = np.diff(first, append=step.size)
    charges = np.where((seen["Cell Direction"] == "charge").to_numpy(), 1.0, -1.0)
    time, current = seen[_TIME].to_numpy(), seen[_CURRENT].to_numpy()

    def integral(rate: Array) -> Array:
        """∫ rate dt since the start of each step, in hours, positive in the direction of the step."""
        part = np.append(0.0, (rate[1:] + rate[:-1]) / 2 * np.diff(time) / 3600)
        total = np.cumsum(part)
        since: Array = (total - np.repeat(total[first], records)) * charges
        return since + 0.0  # no −0 at rest

    yield _on_grid(pl.Series(_CAPACITY, np.abs(integral(current))), counter)
    if _ENERGY in seen.columns:
        yield pl.Series(_ENERGY, integral(current * seen[_VOLTAGE].to_numpy()))


def _kept(seen: pl.DataFrame, kind: str, instrument: Instrument) -> NDArray[np.bool_]:
    """Say which records the instrument writes: the first and last of each step, and those that are due."""
    kept = np.ones(seen.height, dtype=np.bool_)
    if kind == "impedance" or (instrument.interval is None and instrument.voltage_interval is None):
        return kept
    if instrument.interval is not None and _TIME not in seen.columns:
        raise SimulationError(
            "is missing, and the instrument samples by time", field=_TIME, fix="sample by voltage_interval"
        )
    wait = math.inf if instrument.interval is None else instrument.interval * (1 - _DUST)
    rise = math.inf if instrument.voltage_interval is None else instrument.voltage_interval * (1 - _DUST)
    begins = seen.select(
        pl.any_horizontal(pl.col(name) != pl.col(name).shift(1) for name in _STEPS[kind]).fill_null(value=True)
    ).to_series()
    ends = begins.shift(-1, fill_value=True)
    times = seen[_TIME].to_list() if _TIME in seen.columns else [0.0] * seen.height
    since, level = -math.inf, math.nan
    for at, (bound, time, voltage) in enumerate(
        zip((begins | ends).to_list(), times, seen[_VOLTAGE].to_list(), strict=True)
    ):
        if bound or time - since >= wait or abs(voltage - level) >= rise:
            since, level = time, voltage
        else:
            kept[at] = False
    return kept


def _resolution(columns: list[str], instrument: Instrument) -> dict[str, float]:
    steps = {
        _VOLTAGE: instrument.voltage.quantum,
        _CURRENT: instrument.current.quantum,
        _CAPACITY: instrument.counter,
        **dict.fromkeys(_CLOCKS, instrument.clock),
    }
    return {name: step for name, step in steps.items() if step is not None and name in columns}


def _new(found: Iterator[Finding], known: tuple[Finding, ...]) -> Iterator[Finding]:
    """Yield findings whose code is not among those that the table has: the check is the same, on fewer digits."""
    codes = {finding.code for finding in known}
    return (finding for finding in found if finding.code not in codes)
