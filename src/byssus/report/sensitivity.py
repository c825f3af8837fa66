"""What a report says of a sensitivity: which input of a virtual cell moves which output, and what these runs cannot tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from byssus.analysis.effects import Effect, Method
from byssus.quantity import pretty_unit
from byssus.report.answer import Entry, digits, number

#: Inputs that a sentence names.
_NAMED = 3
#: A σ beyond this share of μ* is said: the effect is not the same everywhere (Morris's plane of μ* and σ).
_UNEVEN = 0.5


@dataclass(frozen=True)
class Ranged:
    """An input that was varied: its range as people read it, whether evenly in its logarithm, and its source."""

    name: str
    low: float
    high: float
    unit: str
    logarithmic: bool
    source: str
    origin: str

    @property
    def reach(self) -> str:
        """Its range in a table.

        Examples
        --------
        >>> Ranged("radius", 15.0, 500.0, "nm", True, "", "estimate").reach
        '15 to 500'
        """
        return f"{digits(self.low)} to {digits(self.high)}"

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)


@dataclass(frozen=True)
class Moved:
    """An output, and what each input does to it.

    Parameters
    ----------
    name, unit
        What people call it.
    value
        With the cell's own numbers; None where that run gave none.
    error
        What a finer mesh changes it by, at most of the runs that were done again; None where none of them has it.
    floor
        The `Effect.size` that an input without any effect might seem to have by that error.
    effects
        By input, the largest first; None where too few blocks are whole.
    blocks
        How many are.
    """

    name: str
    unit: str
    value: float | None
    error: float | None
    floor: float | None
    effects: Mapping[str, Effect] | None
    blocks: int

    def told_apart(self, name: str) -> bool:
        """Say whether the effect of an input is more than the error of the mesh."""
        return self.effects is not None and self.floor is not None and self.effects[name].low > self.floor

    @property
    def leading(self) -> tuple[str, ...]:
        """The inputs that can be told from no effect, the largest first."""
        return tuple(name for name in self.effects or () if self.told_apart(name))

    @property
    def shown_unit(self) -> str:
        """Its unit in a table; empty for a pure number."""
        return "" if self.unit == "1" else pretty_unit(self.unit)

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        return {
            "name": self.name, "unit": self.unit, "value": self.value, "mesh_error": self.error, "floor": self.floor,
            "blocks": self.blocks,
            "inputs": None if self.effects is None else {
                name: {"size": each.size, "low": each.low, "high": each.high, "single": each.single, "beside": each.beside,
                       "told_apart": self.told_apart(name)}
                for name, each in self.effects.items()
            },
        }  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """A sensitivity of one test of one virtual cell.

    Parameters
    ----------
    sample, test, model
        Of what, and with which model.
    method, blocks, runs, seed
        How: how many trajectories or rows, how many runs in all, and the seed of their points.
    inputs
        What was varied.
    outputs
        What that did.
    failed
        Why runs gave nothing, and the names of those.
    """

    sample: str
    test: str
    model: str
    method: Method
    blocks: int
    runs: int
    seed: int
    inputs: tuple[Ranged, ...]
    outputs: tuple[Moved, ...]
    failed: Mapping[str, tuple[str, ...]]

    @property
    def how(self) -> str:
        """How it was done, in a few words."""
        if self.method == "morris":
            return f"elementary effects (Morris), {self.blocks} trajectories, {self.runs} runs of {self.model}"
        return f"shares of variance (Sobol), {self.blocks} rows, {self.runs} runs of {self.model}"

    def sentence(self, output: Moved) -> str:
        """Return what moves an output, in one sentence.

        Examples
        --------
        >>> moved = Moved("capacity", "mAh/g", 3000.0, 1.0, 1.5, {"radius": Effect(900.0, 80.0, -900.0, 700.0),
        ...     "area": Effect(2.0, 1.0, 2.0, 0.1)}, 10)
        >>> Sensitivity("A", "rate", "SPM", "morris", 10, 30, 0, (), (moved,), {}).sentence(moved)
        'Capacity is moved most by radius (down, 900 ± 80 mAh/g, not evenly), area (up, 2.0 ± 1.0 mAh/g, not told apart). Of 2
        inputs 1 can be told from no effect.'
        """
        said = f"{output.name[:1].upper()}{output.name[1:]}"
        if output.effects is None:
            return f"{said} has no answer: {output.blocks} of {self.blocks} blocks are whole."
        moving = [name for name, each in output.effects.items() if each.size > 0][:_NAMED]
        if not moving:
            return f"{said} is moved by nothing."
        told, of = len(output.leading), len(output.effects)
        named = ", ".join(self._named(output, name) for name in moving)
        return f"{said} is moved most by {named}. Of {of} inputs {told or 'none'} can be told from no effect."

    def _named(self, output: Moved, name: str) -> str:
        assert output.effects is not None  # noqa: S101 - asked before
        each = output.effects[name]
        open_ = "" if output.told_apart(name) else ", not told apart"
        if self.method == "sobol":
            return f"{name} ({each.size:.2f} ± {each.half_width:.2f} of the variance{open_})"
        # μ* and |μ| are the same where the effect has one sign everywhere.
        way = (
            ("up, " if each.single > 0 else "down, ") if math.isclose(abs(each.single), each.size, rel_tol=1e-6) else ""
        )
        uneven = ", not evenly" if each.beside > _UNEVEN * each.size else ""
        unit = f" {output.shown_unit}" if output.shown_unit else ""
        return f"{name} ({way}{digits(each.size, each.half_width)}{unit}{uneven}{open_})"

    def entries(self, output: Moved, name: str) -> tuple[Entry, Entry, Entry]:
        """Return size, single and beside of an input in a table."""
        assert output.effects is not None  # noqa: S101 - asked before
        each, unit = output.effects[name], output.unit if self.method == "morris" else "1"
        interval = f"{digits(each.low)} to {digits(each.high)}"
        return (
            number(each.size, None, unit, (interval,)),
            number(each.single, None, unit),
            number(each.beside, None, unit),
        )

    @property
    def headings(self) -> tuple[str, str, str]:
        """What the three columns of the effects are called."""
        return ("μ*", "μ", "σ") if self.method == "morris" else ("Total", "First order", "With others")

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        return {
            "sample": self.sample, "test": self.test, "model": self.model, "method": self.method, "blocks": self.blocks,
            "runs": self.runs, "seed": self.seed, "failed": {why: list(names) for why, names in self.failed.items()},
            "inputs": [
                {"name": each.name, "low": each.low, "high": each.high, "unit": each.unit, "logarithmic": each.logarithmic,
                 "origin": each.origin, "source": each.source}
                for each in self.inputs
            ],
            "outputs": [each.as_dict() for each in self.outputs],
        }  # fmt: skip
