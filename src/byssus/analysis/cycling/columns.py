"""Names of the columns of a table of cycles: one place, so that figures and results agree."""

from __future__ import annotations

from byssus.conventions import CAPACITY_UNIT, CapacityBasis

CYCLE = "Cycle / 1"
EFFICIENCY = "Coulombic Efficiency / %"
ENERGY_EFFICIENCY = "Energy Efficiency / %"
RETENTION = "Retention / %"
HYSTERESIS = "Voltage Hysteresis / V"
IRREVERSIBLE = "Cumulative Irreversible Capacity / mAh"
#: Whether both halves of a cycle were measured to their end.
WHOLE = "Whole"

#: What else is known of a half cycle; `half_column` puts the half's word before it.
ENERGY = "Energy / mWh"
MEAN_VOLTAGE = "Mean Voltage / V"
CURRENT = "Current / mA"
RATE = "C-rate / 1/h"
HELD_SHARE = "Constant-Voltage Share / %"
RESISTANCE = "Resistance / ohm"
RESISTANCE_DELAY = "Resistance Delay / s"
CLOSING_RESISTANCE = "Closing Resistance / ohm"
CLOSING_RESISTANCE_DELAY = "Closing Resistance Delay / s"
END = "End"


def capacity_column(word: str, basis: CapacityBasis) -> str:
    """Return the column of a half's capacity on a basis.

    Examples
    --------
    >>> capacity_column("delithiation", CapacityBasis.ACTIVE_MATERIAL)
    'Delithiation Capacity / mAh/g'
    """
    per = " per Coating" if basis is CapacityBasis.COATING else ""
    return half_column(word, f"Capacity{per} / {CAPACITY_UNIT[basis]}")


def half_column(word: str, what: str) -> str:
    """Return the column that says something of a half cycle.

    Examples
    --------
    >>> half_column("lithiation", MEAN_VOLTAGE)
    'Lithiation Mean Voltage / V'
    """
    return f"{word.capitalize()} {what}"


def u(column: str) -> str:
    """Return the name of a column's companion that holds its standard uncertainty."""
    return f"{column} (u)"
