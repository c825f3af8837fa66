"""Names of the columns of a table of cycles: one place, so that figures and results agree."""

from __future__ import annotations

from byssus.conventions import CAPACITY_UNIT, CapacityBasis

CYCLE = "Cycle / 1"
EFFICIENCY = "Coulombic Efficiency / %"
RETENTION = "Retention / %"
#: Whether both halves of a cycle were measured to their end.
WHOLE = "Whole"


def capacity_column(word: str, basis: CapacityBasis) -> str:
    """Return the column of a half's capacity on a basis.

    Examples
    --------
    >>> capacity_column("delithiation", CapacityBasis.ACTIVE_MATERIAL)
    'Delithiation Capacity / mAh/g'
    """
    per = " per Coating" if basis is CapacityBasis.COATING else ""
    return f"{word.capitalize()} Capacity{per} / {CAPACITY_UNIT[basis]}"


def u(column: str) -> str:
    """Return the name of a column's companion that holds its standard uncertainty."""
    return f"{column} (u)"
