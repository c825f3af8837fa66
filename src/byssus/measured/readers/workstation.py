"""What the readers of workstations share: sweeps, the sign of a voltammogram's current, spectra, conditions.

Conditions
    What was set stands in `Metadata.conditions` under plain words, the same for every
    vendor; what a header does not say is absent.

    ==================================== ====== ================================================
    condition                            unit   remark
    ==================================== ====== ================================================
    scan rate                            mV/s   without sign
    initial, final voltage               V      against the reference electrode; where it was set
                                                against another, ``initial voltage vs Eoc``
    first, second vertex voltage         V      in the order in which they are reached
    high, low voltage                    V      where the header does not tell their order
    held voltage                         V      of a spectrum
    quiet time                           s      before the first record
    sample interval                      mV     of potential
    sweeps asked, cycles asked           1      what the program asked for, not what is in the file
    initial, final frequency             Hz     as asked; or high, low frequency
    excitation amplitude                 mV     or mA; the peak of the sine
    excitation amplitude, rms            mV     or mA; its root mean square
    excitation amplitude, peak or rms    mV     where neither file nor documentation tells which
    rotation rate                        rpm
    area                                 cm^2   unless it is what the program prints where nobody
                                                gave one
    ==================================== ====== ================================================
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.errors import ReadError
from byssus.findings import Finding
from byssus.measured.door import Reading
from byssus.measured.tables import KINDS, VENDOR
from byssus.quantity import Quantity

#: A turn of the potential is one if it comes back by more than this share of the whole window; less is noise.
TURN = 0.01
#: Below these, neither the slope (a correlation) nor the loop (a share of the current's spread) tells a sign.
_SLOPE, _LOOP = 0.1, 0.05
#: Points at which the two directions of a voltammogram are compared.
_GRID = 200
#: A swept voltage has one rate.  It is looked at in so many parts, in each of which it moves: the upper quartile of the
#: rates may be this many times the lower one.  A choice: noise of the records and a pause at the vertex pass, the
#: plateaus of a held current do not.
_PARTS, _UNEVEN = 40, 2.0
#: What modulus and phase of an impedance may differ by from its parts: the digits of an export.
_MODULUS, _PHASE = 0.01, 1.0
#: A frequency is near the first if it is no further from it than this share of the range, as logarithms; a choice.
_FIRST = 0.1
#: Sign of the imaginary part is judged from this share of the points on, and from this share of the modulus on: less, a
#: phase of half a degree, is the noise of a resistor.
_MOST, _REACTIVE = 0.5, 0.01


def sweeps(potential: pl.Series) -> pl.Series:
    """Number the sweeps of a potential from 1; the record at the vertex is the last of its sweep.

    A first sweep shorter than `TURN` of the whole window counts to the next.

    Examples
    --------
    >>> sweeps(pl.Series([0.0, 0.1, 0.2, 0.1, 0.0, -0.1, 0.0])).to_list()
    [1, 1, 1, 2, 2, 2, 3]
    """
    volts = potential.to_numpy()
    least = TURN * float(np.ptp(volts))
    moves = np.flatnonzero(np.diff(volts))
    direction = np.sign(np.diff(volts)[moves])
    extremes = moves[1:][direction[1:] != direction[:-1]]
    turns: list[int] = []
    heading, far = 0, [0, 0]
    for at in (*extremes.tolist(), len(volts) - 1):
        for side in (1, -1):
            if side * (volts[at] - volts[far[side > 0]]) >= 0:
                far[side > 0] = at
        for side in (1, -1):
            # Coming back from the farthest point on this side.
            if heading != -side and side * (volts[far[side > 0]] - volts[at]) > least:
                if heading == side:
                    turns.append(far[side > 0])
                heading, far = -side, [at, at]
                break
    count = np.searchsorted(np.array(turns, dtype=np.int64), np.arange(len(volts)), side="left") + 1
    return pl.Series("Sweep Count / 1", count, dtype=pl.Int64)


def oxidising_sign(potential: pl.Series, current: pl.Series, sweep: pl.Series) -> tuple[int, str]:
    """Tell from a voltammogram which sign of its current oxidises: 1 positive, -1 negative, 0 where it does not tell.

    A passive electrode takes energy up.  So the current that oxidises grows with the potential
    (slope: the correlation of both), and at one potential it is larger on the way up than on the
    way down (loop: capacitance, and reactions that are undone; the mean difference as a share of
    the current's spread).  Where both speak they must agree.  Range of validity: at least one
    sweep, no instability (passivation, stripping) that outweighs the rest.  Source: energy
    conservation; the thresholds are estimates, tried on the files of the test data.

    Returns
    -------
    tuple
        The sign, and the evidence in words.

    Examples
    --------
    >>> volts = pl.Series([0.0, 0.5, 1.0, 0.5, 0.0])
    >>> oxidising_sign(volts, pl.Series([-0.2, 0.5, 1.2, 0.3, -0.4]), sweeps(volts))
    (1, 'slope +0.99, loop +0.28')
    """
    volts, amperes, number = (each.to_numpy() for each in (potential, current, sweep))
    spread = float(np.std(amperes))
    if spread == 0 or float(np.ptp(volts)) == 0:
        return 0, "the current or the potential does not change"
    slope = float(np.corrcoef(volts, amperes)[0, 1])
    loop = _loop(volts, amperes, number) / spread
    said = [
        sign
        for value, least, sign in ((slope, _SLOPE, np.sign(slope)), (loop, _LOOP, np.sign(loop)))
        if abs(value) > least
    ]
    words = f"slope {slope:+.2f}, loop {loop:+.2f}" if loop else f"slope {slope:+.2f}"
    return (int(said[0]) if said and len(set(said)) == 1 else 0), words


def _loop(volts: NDArray[np.float64], amperes: NDArray[np.float64], number: NDArray[np.int64]) -> float:
    """Return the mean of the current upwards less that downwards, in the window that both pass; 0 without both."""
    ways: dict[bool, list[NDArray[np.float64]]] = {True: [], False: []}
    least, most = np.quantile(volts, [0.02, 0.98])
    grid = np.linspace(float(least), float(most), _GRID)
    for each in range(1, int(number[-1]) + 1):
        at = np.flatnonzero(number == each)
        # The vertex is the first point of the next sweep as well.
        at = at if each == 1 else np.append(at[0] - 1, at)
        upwards = bool(volts[at[-1]] > volts[at[0]])
        order = np.argsort(volts[at], kind="stable")
        ways[upwards].append(np.interp(grid, volts[at][order], amperes[at][order], left=np.nan, right=np.nan))
    if not ways[True] or not ways[False]:
        return 0.0
    up, down = (np.ma.masked_invalid(np.stack(ways[way])).mean(axis=0) for way in (True, False))
    return float(np.ma.filled((up - down).mean(), 0.0))


def signed_by_data(data: pl.DataFrame, sweep: pl.Series) -> tuple[pl.DataFrame, Finding]:
    """Turn a voltammogram whose file does not say which current is positive, and say what was told from it.

    `data` has ``Voltage / V`` and ``Current / A``.
    """
    sign, evidence = oxidising_sign(data["Voltage / V"], data["Current / A"], sweep)
    overrule = "to overrule it, map the columns and give current_positive"
    if sign == 0:
        message = (
            "the file does not say whether a positive current oxidises or reduces, and the voltammogram does not tell "
            f"({evidence}): kept as written, as if it oxidises; {overrule}"
        )
        return data, Finding("sign-unknown", message, field="Current / A")
    done = "oxidises: kept as written" if sign > 0 else "reduces: all signs are turned"
    message = (
        f"the file does not say which current is positive; the voltammogram ({evidence}) does: a positive one {done}; "
        f"{overrule}"
    )
    finding = Finding("sign-from-data", message, field="Current / A")
    return data.with_columns(pl.col("Current / A") * sign), finding


def as_voltammogram(reading: Reading, file: Path | str) -> Reading:
    """Take a table of voltage and current that names no technique for a voltammogram: sweeps counted, sign by the data.

    Steps and what goes by them are left out: they were rebuilt from the current.

    Raises
    ------
    ReadError
        If its times tell that the voltage was not swept.
    """
    data = reading.data
    if "Test Time / s" in data.columns and not _is_swept(data):
        raise ReadError(
            "is no voltammogram: its voltage is not swept at an even rate", file=file, field="Voltage / V",
            fix="analyse it as the test that it is; 'byssus analyse' lists them",
        )  # fmt: skip
    sweep = sweeps(data["Voltage / V"])
    data, sign = signed_by_data(data, sweep)
    kept = [name for name in data.columns if KINDS["voltammetry"].column(name) or name.startswith(VENDOR)]
    return replace(
        reading,
        kind="voltammetry",
        data=data.select(kept).with_columns(sweep),
        findings=(*(finding for finding in reading.findings if finding.code != "steps-rebuilt"), sign),
    )


def _is_swept(data: pl.DataFrame) -> bool:
    """Say whether the voltage moves at one rate for most of the time that it moves."""
    seconds, volts = data["Test Time / s"].to_numpy(), data["Voltage / V"].to_numpy()
    # Parts of the way, not of the records: turns are met by few of them.
    parts = np.unique(np.linspace(0, len(volts) - 1, min(_PARTS, len(volts) - 1) + 1).astype(int))
    passed, moved = np.diff(seconds[parts]), np.abs(np.diff(volts))
    way = np.concatenate([[0.0], np.cumsum(moved)])
    rates = (np.diff(way[parts])[passed > 0]) / passed[passed > 0]
    rates = rates[rates > 0]
    if not rates.size:
        return False
    lower, upper = np.quantile(rates, [0.25, 0.75])
    return bool(upper <= _UNEVEN * lower)


def spectra(frequency: pl.Series, *changes: pl.Series) -> pl.Series:
    """Number spectra from 1: one begins where the frequency turns back to near its first, or where another column changes.

    Where it turns back to elsewhere more often than there, the points are out of order, and one spectrum.

    Examples
    --------
    >>> spectra(pl.Series([1e3, 1e2, 1e1, 1e3, 1e2])).to_list()
    [1, 1, 1, 2, 2]
    >>> spectra(pl.Series([1e2, 1e0, 1e3, 1e1, 1e4, 0.1])).to_list()
    [1, 1, 1, 1, 1, 1]
    """
    height = frequency.log()
    steps = height.diff()
    main = 1.0 if (steps.sign().sum() or 0) > 0 else -1.0
    turns = (steps * main < 0).fill_null(value=False)
    reach = _FIRST * np.ptp(height.drop_nulls().to_numpy()) if turns.any() else 0.0
    begins = turns & ((height - height.first()).abs() <= reach).fill_null(value=False)
    if turns.sum() > 2 * begins.sum():
        begins = pl.repeat(False, len(frequency), eager=True)
    for column in changes:
        begins |= (column.diff() != 0).fill_null(value=False)
    return (begins.cum_sum() + 1).cast(pl.Int64).alias("Spectrum Count / 1")


def impedance_doubts(
    real: pl.Series, imaginary: pl.Series, modulus: pl.Series | None = None, phase: pl.Series | None = None
) -> list[Finding]:
    """Compare an impedance with the modulus (in ohm) and the phase (in degrees) that the file has of it, and judge its sign."""
    findings = []
    inside = (real**2 + imaginary**2).sqrt()
    if modulus is not None and (bad := int(((modulus / inside - 1).abs() > _MODULUS).sum())):
        message = f"{bad} of {inside.len()} moduli are not those of their real and imaginary parts"
        findings.append(Finding("impedance-inconsistent", message, field="Real Impedance / ohm", value=bad))
    if phase is not None:
        angle = pl.Series(np.degrees(np.arctan2(imaginary.to_numpy(), real.to_numpy())))
        if bad := int((((phase - angle + 180) % 360 - 180).abs() > _PHASE).sum()):
            message = f"{bad} of {inside.len()} phases are not those of their real and imaginary parts, sign included"
            findings.append(Finding("impedance-inconsistent", message, field="Imaginary Impedance / ohm", value=bad))
    positive = int((imaginary > _REACTIVE * inside).sum())
    if positive > _MOST * imaginary.len():
        message = (
            f"{positive} of {imaginary.len()} imaginary parts are above zero, as of an inductor: if the file holds "
            "-Im Z, its sign is wrong here"
        )
        findings.append(Finding("imaginary-sign", message, field="Imaginary Impedance / ohm", value=positive))
    return findings


def condition(value: str | float | None, unit: str) -> Quantity | None:
    """Return a number of a header as a quantity; nothing where it is none.

    Examples
    --------
    >>> condition("1e+6", "Hz"), condition("Auto", "A")
    (Quantity(value=1000000.0, unit='Hz', uncertainty=None), None)
    """
    try:
        number = float(str(value))
    except ValueError:
        return None
    return Quantity(number, unit) if np.isfinite(number) else None


def known(conditions: dict[str, Quantity | None]) -> dict[str, Quantity]:
    """Return the conditions that a header gave."""
    return {name: value for name, value in conditions.items() if value is not None}
