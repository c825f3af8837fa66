"""Which numbers stand on one axis, and what has to be done to them first.

A retention after 100 cycles and one after 1,000 become comparable as the share lost in one cycle, and
capacities as those per mass of active material.  What cannot be brought to one axis is refused with the
reason, and is never dropped in silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from byssus.errors import KnowledgeError
from byssus.knowledge.questions import Knowledge
from byssus.knowledge.records import Fact
from byssus.physics.fade import geometric_rate
from byssus.quantity import Quantity, pretty_unit

#: A bound on a retention is the opposite bound on a fade.
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "up to": ">="}

#: Conditions that may differ on one axis, but that a reader must see.
_CAVEATS = ("electrode", "rate", "temperature", "window", "cell")


@dataclass(frozen=True, slots=True)
class Compared:
    """A fact on an axis with others.

    Parameters
    ----------
    fact
        As printed.
    axis
        The quantity, unit and conditions that all on this axis share.
    value, value_max, uncertainty
        In the unit of the axis.
    qualifier
        How it is meant there.
    arithmetic
        What was done to the printed number; empty if nothing was.
    """

    fact: Fact
    axis: str
    value: float
    value_max: float | None
    qualifier: str
    arithmetic: str
    uncertainty: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A fact that stands on no axis with another, and why."""

    fact: Fact
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Facts sorted by axis and value, those that were refused, and what differs within an axis."""

    compared: tuple[Compared, ...]
    refused: tuple[Refused, ...]
    caveats: tuple[str, ...]

    @property
    def axes(self) -> tuple[str, ...]:
        """The axes, in the order in which they are shown."""
        return tuple(dict.fromkeys(each.axis for each in self.compared))


def compare(known: Knowledge, facts: pl.DataFrame) -> Comparison:
    """Bring facts of one quantity to common axes.

    Equation
        A retention R after N cycles becomes the fade per cycle f = 1 − R^(1/N), which loses the
        same share in every cycle. A capacity per area q_A at a loading m_A of active material
        becomes q = q_A / m_A.
    Validity
        f is a mean: capacity that falls in the first cycles and then holds has the same f as one
        that falls evenly.
    Source
        Definitions.

    Raises
    ------
    KnowledgeError
        If the facts are of quantities that nothing brings together.

    Examples
    --------
    >>> from byssus import knowledge
    >>> known = knowledge.load()
    >>> lignin = compare(known, known.where(binder="lignin", quantity="capacity retention")).compared
    >>> [f"{each.value:.4f} {each.arithmetic}" for each in lignin]
    ['0.0061 1 − 0.941^(1/1000)']
    """
    present = facts["quantity"].unique(maintain_order=True).to_list()
    capacities = {"specific capacity", "areal capacity"}
    if len(present) > 1 and not set(present) <= capacities:
        raise KnowledgeError(
            "are of several quantities",
            field="quantity",
            value=", ".join(present),
            fix="ask for one of them",
        )
    same = dict(known.quantities.select("quantity", "same").iter_rows())
    answers = [_answer(fact, same[fact.quantity], per_mass=len(present) > 1) for fact in known.records(facts)]
    compared = [answer for answer in answers if isinstance(answer, Compared)]
    ordered = sorted(compared, key=lambda each: (each.axis, each.value))
    refused = tuple(answer for answer in answers if isinstance(answer, Refused))
    return Comparison(tuple(ordered), refused, tuple(_caveats(ordered)))


def _answer(fact: Fact, same: str | None, *, per_mass: bool) -> Compared | Refused:
    if fact.standard_value is None:
        return Refused(fact, f"the source gives no number: {fact.note}")
    if fact.standing == "doubtful":
        return Refused(fact, f"it is doubtful as printed (contradiction {fact.conflict})")
    if fact.quantity == "capacity retention":
        return _fade(fact, fact.standard_value / 100)
    return _per_mass(fact, fact.standard_value) if per_mass else _as_printed(fact, fact.standard_value, same)


def _fade(fact: Fact, retention: float) -> Compared | Refused:
    cycles = fact.cycle
    if cycles is None or cycles < 1:
        return Refused(fact, "a retention says nothing without the number of cycles, and the source gives none")
    ends = [retention] if fact.standard_max is None else [fact.standard_max / 100, retention]
    if not 0 < min(ends) <= max(ends) <= 1:
        return Refused(fact, "a fade follows from a retention above 0 and up to 100 % only")
    fades = [100 * float(geometric_rate(end, cycles)) for end in ends]
    spread = None
    if fact.standard_uncertainty is not None:
        # df/dR = −R^(1/N − 1) / N
        spread = fact.standard_uncertainty * retention ** (1 / cycles - 1) / cycles
    return Compared(
        fact,
        "fade per cycle / %",
        fades[0],
        fades[1] if len(fades) > 1 else None,
        _TURNED.get(fact.qualifier or "=", fact.qualifier or "="),
        " to ".join(f"1 − {end:.10g}^(1/{cycles})" for end in ends),
        spread,
    )


def _per_mass(fact: Fact, value: float) -> Compared | Refused:
    """Bring a capacity to that per mass of active material."""
    axis = "specific capacity / mAh/g of active material"
    if fact.quantity == "specific capacity":
        if fact.basis and "active" not in fact.basis:
            return Refused(fact, f"it is per {fact.basis}, and the share of active material in that is not given")
        return _on(fact, value, axis, "")
    if fact.loading is None:
        return Refused(fact, "it is per area, and no loading is given to bring it to mass")
    loading = Quantity.parse(fact.loading)
    if loading.unit.startswith("mAh"):
        return Refused(fact, "its loading is a capacity, which says nothing of the mass")
    mass = loading.to("mg/cm^2").value
    return _on(fact, value, axis, f"{value:.10g} mAh/cm² / {mass:.10g} mg/cm²", 1000 / mass)


def _on(fact: Fact, value: float, axis: str, arithmetic: str, factor: float = 1.0) -> Compared:
    most = None if fact.standard_max is None else fact.standard_max * factor
    spread = None if fact.standard_uncertainty is None else fact.standard_uncertainty * factor
    return Compared(fact, axis, value * factor, most, fact.qualifier or "=", arithmetic, spread)


def _as_printed(fact: Fact, value: float, same: str | None) -> Compared:
    """Put a number on the axis of all that agree in the columns that its quantity asks for."""
    told = [f"{column} {getattr(fact, column) or 'not stated'}" for column in (same or "").split(";") if column]
    axis = f"{fact.quantity} / {pretty_unit(fact.standard_unit or fact.unit)}" + (
        f"; {', '.join(told)}" if told else ""
    )
    arithmetic = "" if fact.unit == fact.standard_unit else f"from {fact.number()}"
    return _on(fact, value, axis, arithmetic)


def _caveats(compared: list[Compared]) -> list[str]:
    found = []
    for axis in dict.fromkeys(each.axis for each in compared):
        here = [each.fact for each in compared if each.axis == axis]
        for condition in _CAVEATS:
            said = {getattr(fact, condition) for fact in here}
            if len(said) > 1:
                words = ", ".join(sorted(str(one) for one in said if one) + (["not stated"] if None in said else []))
                found.append(f"{axis}: {condition} differs ({words})")
    axes = {each.axis for each in compared}
    if len(axes) > 1:
        found.append("values on different axes measure different things and are not ranked against each other")
    return found
