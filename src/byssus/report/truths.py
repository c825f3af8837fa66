"""Results of simulated tests beside what the simulation was given, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from byssus.analysis.result import Result
from byssus.analysis.truths import Truth
from byssus.quantity import pretty_unit
from byssus.report.answer import Column, Entry, Row, number
from byssus.report.tables import Listing


def tables_of_truths(found: Sequence[Truth]) -> list[Listing]:
    """Lay them out, a row a number; nothing where there is none."""
    if not found:
        return []
    return [
        Listing(
            anchor="beside-the-truth",
            title="Beside what the simulation was given",
            heads=("Sample", "Quantity"),
            columns=(
                Column("Given", "to the simulation", "Given to the simulation"),
                Column("Found", "by the analysis", "Found by the analysis"),
                Column("Apart", "found over given", "Found over given, less one"),
            ),
            rows=tuple(
                Row(
                    one.found.sample or "",
                    (_called(one.found), "" if one.found.unit == "1" else pretty_unit(one.found.unit)),
                    _entries(one),
                )
                for one in found
            ),
            under="The analyses took no notice of what was given. A simulated cell holds more than the number beside which a result "
            "stands (its films, its electrolyte, its state), as what stands under it says.",
        )
    ]


def _called(result: Result) -> str:
    return f"{result.name}, {result.basis}" if result.basis else result.name


def _entries(one: Truth) -> tuple[Entry, Entry, Entry]:
    """Given, found and how far apart, in a table; under the difference how many of its ± that is.

    Examples
    --------
    >>> of = Truth(Result("diffusion coefficient", 1.2e-17, "m^2/s", 1e-18), 1e-17, "at 25 °C")
    >>> [entry.text for entry in _entries(of)], _entries(of)[2].under
    (['1 × 10⁻¹⁷', '(1.20 ± 0.10) × 10⁻¹⁷', '+20 %'], ('2 of its ±',))
    """
    given = number(one.given, None, one.found.unit, (one.words,))
    value, error, reason = one.found.value, one.found.uncertainty, one.found.reason
    if value is None:
        return given, Entry("missing", (reason or "",), missing=True), Entry("")
    off = 100 * (value / one.given - 1)
    apart = f"{off:+.2g}" if abs(off) < 100 else f"{off:+.0f}"
    errors = abs(value - one.given) / error if error else None
    # The ± of a fit without noise is no measure of anything.
    under = () if errors is None else ("over 100 of its ±" if errors > 100 else f"{errors:.2g} of its ±",)
    return (
        given,
        number(value, error, one.found.unit, (reason,) if reason else ()),
        Entry(f"{apart} %".replace("-", "−"), under, off),
    )
