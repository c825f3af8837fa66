"""Equivalent circuits as people write them: ``R0-p(R1,Q1)-Wo1``.

Elements in a row are joined by ``-``, parallel branches stand in ``p(…,…)``, and both nest.  An element is a symbol of
`elements.ELEMENTS` and a number that tells it from others of its symbol; without numbers they are counted.  The strings
of impedance.py are such circuits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NoReturn

import numpy as np
from numpy.typing import NDArray

from byssus.analysis.impedance.elements import ALIASES, ELEMENTS, Complex, Element, Slot
from byssus.errors import UsageError, did_you_mean

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leaf:
    """An element in a circuit: its number, and the place of its first parameter among the circuit's."""

    element: Element
    number: str
    first: int = 0

    @property
    def name(self) -> str:
        """As it is written: ``Wo1``."""
        return f"{self.element.symbol}{self.number}"

    @property
    def places(self) -> range:
        """The places of its parameters among the circuit's."""
        return range(self.first, self.first + len(self.element.slots))


@dataclass(frozen=True, slots=True)
class Group:
    """Elements or groups in series or in parallel."""

    kind: Literal["series", "parallel"]
    parts: tuple[Node, ...]


Node = Leaf | Group


@dataclass(frozen=True, slots=True)
class CircuitParameter:
    """A parameter of a circuit: ``R1``, ``Q1.α``; what it belongs to, and its unit and sort."""

    name: str
    element: str
    slot: Slot


@dataclass(frozen=True, slots=True)
class Arc:
    """A resistance beside a capacitor or constant-phase element: places of their parameters in the circuit.

    `exponent` is None for a capacitor.  `shape` is alike for arcs that can be exchanged.
    """

    resistance: int
    capacity: int
    exponent: int | None
    shape: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Circuit:
    """An equivalent circuit.

    Examples
    --------
    >>> circuit = Circuit.parse("R0-p(R1,C1)-p(R2-Wo1,C2)")
    >>> circuit.names
    ('R0', 'R1', 'C1', 'R2', 'Wo1.R', 'Wo1.τ', 'C2')
    >>> print(Circuit.parse("R - p(R, CPE) - W"))
    R0-p(R1,Q1)-W1
    >>> circuit.pretty
    'R0 + (R1 ∥ C1) + ((R2 + Wo1) ∥ C2)'
    >>> complex(Circuit.parse("p(R1,C1)").impedance(np.array([1 / (2 * np.pi)]), [2.0, 0.5])[0])
    (1-1j)
    """

    root: Node

    @classmethod
    def parse(cls, text: str) -> Circuit:
        """Return the circuit that a string describes.

        Raises
        ------
        UsageError
            If it is none; the line says what is wrong where.
        """
        root = _Parser(text).circuit()
        leaves = list(_leaves(root))
        taken = {leaf.name for leaf in leaves if leaf.number}
        numbered: dict[int, Leaf] = {}
        first = 0
        for at, leaf in enumerate(leaves):
            number = leaf.number or next(
                str(count)
                for count in range(0 if leaf.element.symbol == "R" else 1, len(leaves) + 1)
                if f"{leaf.element.symbol}{count}" not in taken
            )
            numbered[at] = replace(leaf, number=number, first=first)
            taken.add(numbered[at].name)
            first += len(leaf.element.slots)
        names = [leaf.name for leaf in numbered.values()]
        for name in names:
            if names.count(name) > 1:
                raise UsageError(f"has two elements {name}", field="circuit", value=text, fix="number them apart")
        remaining = iter(numbered.values())
        return cls(_numbered(root, remaining))

    def __str__(self) -> str:
        return _written(self.root, "-", "p({})", ",")

    @property
    def pretty(self) -> str:
        """The circuit as a formula, for people."""
        return _written(self.root, " + ", "({})", " ∥ ")

    @cached_property
    def leaves(self) -> tuple[Leaf, ...]:
        """The elements in the order in which they are written."""
        return tuple(_leaves(self.root))

    @cached_property
    def parameters(self) -> tuple[CircuitParameter, ...]:
        """The parameters in the order in which they are written."""
        return tuple(
            CircuitParameter(
                leaf.name if len(leaf.element.slots) == 1 else f"{leaf.name}.{slot.symbol}", leaf.name, slot
            )
            for leaf in self.leaves
            for slot in leaf.element.slots
        )

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the parameters in the order in which they are written."""
        return tuple(parameter.name for parameter in self.parameters)

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """The arcs in the order in which they are written: a resistance, alone or first in a row, beside a capacity."""
        return tuple(_arcs(self.root))

    @cached_property
    def in_series(self) -> tuple[str, ...]:
        """The resistors that stand in series with everything."""
        root = self.root
        row = root.parts if isinstance(root, Group) and root.kind == "series" else (root,)
        return tuple(part.name for part in row if isinstance(part, Leaf) and part.element.symbol == "R")

    def impedance(self, frequency: Array, values: Mapping[str, float] | Sequence[float]) -> Complex:
        """Return the impedance in Ω.

        Parameters
        ----------
        frequency
            In Hz, above zero.
        values
            The parameters by name, or in the order in which they are written.
        """
        return self.evaluate(frequency, self.ordered(values))[0]

    def evaluate(self, frequency: Array, values: Array) -> tuple[Complex, Complex]:
        """Return the impedance and its derivatives; the parameters are the last axis of `values`.

        Of parameters of shape (…, p) at n frequencies the impedance has the shape (…, n), the derivatives (…, n, p).
        """
        given = np.asarray(values, dtype=float)
        z, slopes = _evaluate(self.root, 2j * np.pi * np.asarray(frequency, dtype=float), given)
        whole = np.empty((*z.shape, len(self.parameters)), dtype=complex)
        for place, slope in slopes.items():
            whole[..., place] = slope
        return z, whole

    def ordered(self, values: Mapping[str, float] | Sequence[float]) -> Array:
        """Return values by name, or in order, in the order of the parameters.

        Raises
        ------
        UsageError
            If some are missing, or there are too many.
        """
        if isinstance(values, Mapping):
            missing = [name for name in self.names if name not in values]
            if missing:
                raise UsageError(f"has no value for {', '.join(missing)}", field="circuit", value=str(self))
            return np.array([values[name] for name in self.names])
        if len(values) != len(self.names):
            raise UsageError(
                f"has {len(self.names)} parameters ({', '.join(self.names)}), and {len(values)} values were given",
                field="circuit",
                value=str(self),
            )
        return np.asarray(values, dtype=float)


class _Parser:
    """A reader of circuit strings, from left to right."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def circuit(self) -> Node:
        node = self.series()
        if self.rest():
            self.wrong(f"{self.rest()[0]!r} is not expected at character {self.at + 1}")
        return node

    def series(self) -> Node:
        parts = [self.part()]
        while self.eat("-"):
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else Group("series", tuple(parts))

    def part(self) -> Node:
        if re.match(r"p\s*\(", self.rest()):
            self.eat("p")
            self.eat("(")
            branches = [self.series()]
            while self.eat(","):
                branches.append(self.series())
            if not self.eat(")"):
                self.wrong(f"a bracket is open at character {self.at + 1}")
            if len(branches) < 2:
                self.wrong("p( ) holds one branch")
            return Group("parallel", tuple(branches))
        found = re.match(r"([A-Za-z]+)_?(\d*)", self.rest())
        if not found:
            self.wrong(f"an element is missing at character {self.at + 1}")
        self.at += found.end()
        symbol = ALIASES.get(found[1], found[1])
        if symbol not in ELEMENTS:
            self.wrong(f"{found[1]!r} is no element", did_you_mean(found[1], [*ELEMENTS, *ALIASES]))
        return Leaf(ELEMENTS[symbol], found[2])

    def rest(self) -> str:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.text[self.at :]

    def eat(self, sign: str) -> bool:
        if not self.rest().startswith(sign):
            return False
        self.at += 1
        return True

    def wrong(self, message: str, fix: str = "write it like R0-p(R1,Q1)-W1") -> NoReturn:
        raise UsageError(f"is no circuit: {message}", field="circuit", value=self.text, fix=fix)


def _leaves(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
    else:
        for part in node.parts:
            yield from _leaves(part)


def _numbered(node: Node, leaves: Iterator[Leaf]) -> Node:
    if isinstance(node, Leaf):
        return next(leaves)
    return Group(node.kind, tuple(_numbered(part, leaves) for part in node.parts))


def _written(node: Node, row: str, beside: str, between: str) -> str:
    if isinstance(node, Leaf):
        return node.name
    parts = [_written(part, row, beside, between) for part in node.parts]
    if node.kind == "series":
        return row.join(parts)
    if beside == "({})":
        # A row within branches needs brackets of its own where a bar stands for "parallel".
        parts = [
            f"({text})" if isinstance(part, Group) and part.kind == "series" else text
            for part, text in zip(node.parts, parts, strict=True)
        ]
    return beside.format(between.join(parts))


def _evaluate(node: Node, s: Complex, values: Array) -> tuple[Complex, dict[int, Complex]]:
    if isinstance(node, Leaf):
        z, each = node.element.evaluate(s, *(values[..., place, None] for place in node.places))
        return z, dict(zip(node.places, each, strict=True))
    parts = [_evaluate(part, s, values) for part in node.parts]
    if node.kind == "series":
        total = parts[0][0]
        for z, _ in parts[1:]:
            total = total + z
        return total, {place: slope for _, slopes in parts for place, slope in slopes.items()}
    admittance = 1 / parts[0][0]
    for z, _ in parts[1:]:
        admittance = admittance + 1 / z
    total = 1 / admittance
    found: dict[int, Complex] = {}
    for z, slopes in parts:
        share = (total / z) ** 2
        found |= {place: share * slope for place, slope in slopes.items()}
    return total, found


def _arcs(root: Node) -> Iterator[Arc]:
    for part in root.parts if isinstance(root, Group) and root.kind == "series" else (root,):
        if not isinstance(part, Group) or part.kind != "parallel" or len(part.parts) != 2:
            continue
        for capacity, path in (part.parts, part.parts[::-1]):
            first = path if isinstance(path, Leaf) else path.parts[0] if path.kind == "series" else None
            if not isinstance(capacity, Leaf) or capacity.element.symbol not in ("C", "Q"):
                continue
            if not isinstance(first, Leaf) or first.element.symbol != "R":
                continue
            yield Arc(
                resistance=first.first,
                capacity=capacity.first,
                exponent=capacity.first + 1 if capacity.element.symbol == "Q" else None,
                shape=re.sub(r"\d", "", _written(part, "-", "p({})", ",")),
                places=tuple(place for leaf in _leaves(part) for place in leaf.places),
            )
            break
