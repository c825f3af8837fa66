"""Voltammograms: the peaks of each sweep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from byssus.measured.tables import Table

#: A peak stands out of what is beside it by this share of the largest current of its sweep; a choice.
_PROMINENCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep: its number, its cycle if the table has one, which way its current goes, and of each peak V and A."""

    number: int
    cycle: int | None
    direction: Literal["oxidation", "reduction"]
    peaks: tuple[tuple[float, float], ...]


def sweeps(table: Table) -> list[Sweep]:
    """Find the peaks of every sweep of a voltammogram.

    A peak is a local maximum of the current's magnitude that stands out by 2 % of the largest of its sweep.  Nothing is
    smoothed: of a noisy record every ripple above that is one.

    Examples
    --------
    A current that rises to 2 mA at 0.4 V and falls again:

    >>> import polars as pl
    >>> from byssus.measured.metadata import Metadata, Sample
    >>> frame = pl.DataFrame({"Voltage / V": [0.2, 0.3, 0.4, 0.5, 0.6], "Current / A": [0.0, 1e-3, 2e-3, 1e-3, 0.0],
    ...                       "Sweep Count / 1": [1] * 5, "Cycle Count / 1": [1] * 5})
    >>> swept, = sweeps(Table(frame, Metadata(kind="voltammetry", sample=Sample(name="cell"))))
    >>> swept.direction, swept.peaks
    ('oxidation', ((0.4, 0.002),))
    """
    from scipy.signal import find_peaks

    found = []
    for _, rows in table.data.group_by("Sweep Count / 1", maintain_order=True):
        current, voltage = rows["Current / A"].to_numpy(), rows["Voltage / V"].to_numpy()
        sign = 1.0 if current.mean() > 0 else -1.0
        places, _ = find_peaks(sign * current, prominence=_PROMINENCE * abs(current).max())
        found.append(
            Sweep(
                rows["Sweep Count / 1"][0],
                rows["Cycle Count / 1"][0] if "Cycle Count / 1" in rows.columns else None,
                "oxidation" if sign > 0 else "reduction",
                tuple((float(voltage[at]), float(current[at])) for at in places),
            )
        )
    return found
