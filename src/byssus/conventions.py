"""Signs, directions and bases: fixed once, so that no two rooms disagree.

* **Current**: positive charges the cell (Battery Data Format 1.3).
* **Half cell**: the working electrode against lithium metal.  The cell discharges
  when the working electrode is lithiated, whichever electrode it is.
* **Order**: a cycle starts in the direction in which the electrode, as it was made,
  can first be used.  Its coulombic efficiency is always *second half over first half*
  of the same cycle.
* **Capacity** names its basis, **C-rate** its current and capacity, **retention** its
  baseline cycle, **expansion** whether it counts the original thickness.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CellDirection(StrEnum):
    """What the cell does in a step."""

    CHARGE = "charge"
    DISCHARGE = "discharge"
    REST = "rest"


class ElectrodeDirection(StrEnum):
    """What the working electrode of a half cell does in a step."""

    LITHIATION = "lithiation"
    DELITHIATION = "delithiation"
    REST = "rest"


class Configuration(StrEnum):
    """What the working electrode stands against: lithium metal, or a second electrode."""

    HALF = "half"
    FULL = "full"


class Made(StrEnum):
    """Whether the working electrode, as made, holds the lithium that it cycles.

    An anode of silicon or graphite and a sulfur cathode are made empty; an oxide or
    phosphate cathode is made full.
    """

    EMPTY = "empty"
    FULL = "full"


class CapacityBasis(StrEnum):
    """What a capacity is divided by."""

    CELL = "cell"
    ACTIVE_MATERIAL = "active material"
    COATING = "coating"
    AREA = "area"


#: The unit that people are shown for each basis.
CAPACITY_UNIT = {
    CapacityBasis.CELL: "mAh",
    CapacityBasis.ACTIVE_MATERIAL: "mAh/g",
    CapacityBasis.COATING: "mAh/g",
    CapacityBasis.AREA: "mAh/cm²",
}


def capacity_label(basis: CapacityBasis) -> str:
    """Return the quantity with its basis, as a label without the unit.

    Examples
    --------
    >>> capacity_label(CapacityBasis.ACTIVE_MATERIAL)
    'Capacity per active material'
    """
    return "Capacity" if basis is CapacityBasis.CELL else f"Capacity per {basis}"


_ELECTRODE = {
    CellDirection.DISCHARGE: ElectrodeDirection.LITHIATION,
    CellDirection.CHARGE: ElectrodeDirection.DELITHIATION,
    CellDirection.REST: ElectrodeDirection.REST,
}


def electrode_direction(cell: CellDirection, configuration: Configuration) -> ElectrodeDirection | None:
    """Say what the working electrode does when the cell does `cell`.

    Returns None for a full cell, in which both electrodes work and the cell's own
    direction is the word to use.

    Examples
    --------
    >>> str(electrode_direction(CellDirection.DISCHARGE, Configuration.HALF))
    'lithiation'
    >>> electrode_direction(CellDirection.CHARGE, Configuration.FULL) is None
    True
    """
    return _ELECTRODE[cell] if configuration is Configuration.HALF else None


def first_direction(configuration: Configuration, made: Made | None = None) -> CellDirection:
    """Say which direction opens a cycle.

    A full cell is made discharged and opens with a charge.  In a half cell an electrode
    made empty is lithiated first (the cell discharges), one made full is delithiated
    first (the cell charges).

    Raises
    ------
    ValueError
        For a half cell of which it is not said how its electrode was made.

    Examples
    --------
    >>> str(first_direction(Configuration.HALF, Made.EMPTY))
    'discharge'
    >>> str(first_direction(Configuration.HALF, Made.FULL))
    'charge'
    """
    if configuration is Configuration.FULL:
        return CellDirection.CHARGE
    if made is None:
        raise ValueError("the order of a half cell's cycle needs 'made': empty or full")
    return CellDirection.DISCHARGE if made is Made.EMPTY else CellDirection.CHARGE


def direction_word(cell: CellDirection, configuration: Configuration) -> str:
    """Return the word that people are shown for a direction.

    Examples
    --------
    >>> direction_word(CellDirection.DISCHARGE, Configuration.HALF)
    'lithiation'
    >>> direction_word(CellDirection.DISCHARGE, Configuration.FULL)
    'discharge'
    """
    return str(electrode_direction(cell, configuration) or cell)


@dataclass(frozen=True, slots=True)
class CurrentRate:
    """A current and the capacity that turns it into a C-rate.

    The current is the fact; the C-rate means nothing without the capacity and its basis.

    Examples
    --------
    The seed paper's 6 A/g on a theoretical capacity of 3579 mAh/g of silicon:

    >>> rate = CurrentRate(current=6.0, capacity=3.579, basis="theoretical, per g of silicon")
    >>> f"{rate.c_rate:.2f}C"
    '1.68C'
    """

    current: float
    capacity: float
    basis: str

    def __post_init__(self) -> None:
        if not self.capacity > 0:
            raise ValueError(f"a C-rate needs a capacity above zero, not {self.capacity}")
        if not self.basis:
            raise ValueError("a C-rate needs the basis of its capacity")

    @property
    def c_rate(self) -> float:
        """Current over capacity, in 1/h, for a current per hour-unit of the capacity (A and Ah)."""
        return self.current / self.capacity


class Expansion(StrEnum):
    """How a thickness after cycling is compared with the thickness before, t0."""

    RATIO = "t/t0"
    CHANGE = "(t-t0)/t0"


def expansion(before: float, after: float, kind: Expansion) -> float:
    """Return the expansion of a thickness, as a fraction of the one before.

    Examples
    --------
    >>> expansion(10.0, 15.0, Expansion.RATIO), expansion(10.0, 15.0, Expansion.CHANGE)
    (1.5, 0.5)
    """
    if not before > 0:
        raise ValueError(f"the thickness before must be above zero, not {before}")
    return after / before if kind is Expansion.RATIO else (after - before) / before
