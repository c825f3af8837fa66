"""Where the fade of a virtual cell comes from: its loss of capacity, of charge and of voltage, each by its cause.

Only hidden states can tell, the columns ``truth:`` of a simulated table; of a measured cell nobody knows them.

The capacity is that of a cycle's second half, its loss that since a reference cycle r.  n is lithium in mol at the two
ends of the half: a of particles with contact, d of those without, s the share of material with contact, M = a/s what all
material would hold if all were filled like that with contact.

A half cell has lithium to spare.  Its second half moves

    Q/F = s̄ (M_filled − M_emptied) + p + side

s̄ is the mean of s at both ends, p what parts with other than mean lithium while the half runs, side what other reactions
take part in.  The product is split by the mean over both orders in which its factors may change (the value of Shapley;
for two factors that of Marshall and Edgeworth, doi:10.1080/09535314.2019.1652571), so that nothing is left over and no
order is preferred:

    without contact = [s̄_r − s̄] · mean(M_filled − M_emptied) + p_r − p
    less filled     = mean(s̄) · [M_filled,r − M_filled],     less emptied = mean(s̄) · [M_emptied − M_emptied,r]

A full cell has none to spare.  What its positive electrode takes back in a discharge is all lithium less what is
elsewhere, a sum and no product, which needs no such choice:

    Q/F = all − SEI − oxide and carbon − [d − (1 − s) M] − M − positive at the end of charge

all but the last at the end of the discharge.  Every term is a state, its loss the difference to that of cycle r.

What a mechanism is said to cost is what it costs beside the others: less material with contact carries more current, so
that some of *less filled* and *less emptied* follows from it (tests/test_losses.py has runs without one or the other).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.conventions import CellDirection, Configuration, direction_word, first_direction
from byssus.measured.tables import TRUTH, Table
from byssus.physics.binder.film import binder_film_resistance
from byssus.physics.binder.shell import shell_stretch, shell_thickness
from byssus.physics.constants import FARADAY

Array = NDArray[np.float64]

CYCLE: Final = "Cycle / 1"
CAPACITY: Final = "Capacity / mAh"
LOSS: Final = "Loss / mAh"
#: What the parts do not add up to: the tolerance of the integration, or the errors of an instrument.
REST: Final = "Not Accounted for / mAh"
#: What the first half of a cycle passed and the second did not give back.
KEPT: Final = "Charge Kept / mAh"
EFFICIENCY: Final = "Coulombic Efficiency / %"
RETENTION: Final = "Retention / %"
PRODUCT: Final = "Product of Efficiencies / %"
EFFICIENCY_NEEDED: Final = "Mean Efficiency Needed / %"
SUPPLIED: Final = "Product of First Halves over Second Halves before / %"

#: By mechanism of a loss, what it is in words.
MECHANISMS: Final[Mapping[str, str]] = {
    "without contact": "active material that has lost contact, and in a full cell the lithium in it",
    "SEI": "lithium in the SEI; in a half cell only what grows while the half itself runs",
    "oxide and carbon": "lithium bound by oxide and carbon; in a half cell only while the half itself runs",
    "less filled": "lithiation that ends earlier, by its voltage",
    "less emptied": "delithiation that ends earlier, by its voltage",
    "positive less emptied": "charge that ends earlier, by its voltage",
    "negative less emptied": "discharge that ends earlier, by its voltage",
}  # fmt: skip
#: Mechanisms that not every model has, with the state that one has that does.
_OF_STATE: Final[Mapping[str, str]] = {
    "without contact": "Active Share / 1",
    "SEI": "Lithium in SEI / mol",
    "oxide and carbon": "Lithium Bound by Oxide and Carbon / mol",
}
#: Where charge stays that a cycle does not give back.
_KEEPERS: Final = ("SEI", "oxide and carbon", "material without contact", "material with contact")
#: What resists; the film's overpotential is split into SEI and binder.
REACTION, NEGATIVE, POSITIVE, ELECTROLYTE, LITHIUM, SEI_FILM, BINDER_FILM = RESISTING = (
    "reaction", "negative reaction", "positive reaction", "electrolyte", "lithium electrode", "SEI", "binder film",
)  # fmt: skip
#: A step with fewer records tells nothing of the mean of its overpotentials.
_FEWEST: Final = 10
#: mAh in a mol of electrons, and in a C.
_MOL: Final = FARADAY / 3.6
_AH: Final = 1e3


@dataclass(frozen=True)
class Losses:
    """The losses of a cycling test of a virtual cell.

    Parameters
    ----------
    sample
        What the cell is called.
    configuration
        Half cell or full cell.
    words
        What the halves of a cycle are called.
    reference
        The cycle that losses are counted from.
    mechanisms
        Of what its model has, in the order in which they are shown.
    resisting
        What resists, as the columns of resistances have it.
    cycles
        A row a cycle from the reference: ``Capacity / mAh`` of the second half; ``Loss / mAh`` and ``<Mechanism> / mAh``,
        which with ``Not Accounted for / mAh`` add up to it; ``Charge Kept / mAh`` and ``Kept by <where> / mAh`` likewise;
        efficiencies; ``<Half> Resistance of <what> / ohm cm^2``, null where too few records were kept;
        ``<Half> Polarisation at Its End / mV``.
    grams
        Mass of active material; None where the sample has none.
    """

    sample: str
    configuration: Configuration
    words: tuple[str, str]
    reference: int
    mechanisms: tuple[str, ...]
    resisting: tuple[str, ...]
    cycles: pl.DataFrame
    grams: float | None

    @property
    def unit(self) -> str:
        """The unit of `lost`."""
        return "mAh" if self.grams is None else "mAh/g"

    @property
    def last(self) -> int:
        """The last cycle."""
        return int(self.cycles[CYCLE][-1])

    @property
    def start(self) -> float:
        """The capacity of the reference cycle in `unit`."""
        return self._shown(float(self.cycles[CAPACITY][0]))

    def lost(self, mechanism: str | None = None) -> list[float]:
        """Return what each cycle has lost, by one mechanism or by all, in `unit`."""
        column = LOSS if mechanism is None else column_of(mechanism)
        return [self._shown(value) for value in self.cycles[column]]

    def resistance(self, half: int, what: str) -> list[float | None]:
        """Return the resistance of something in the first or second half of each cycle, in ohm cm²."""
        column = resistance_column(self.words[half], what)
        return self.cycles[column].to_list() if column in self.cycles.columns else [None] * self.cycles.height

    @property
    def unaccounted(self) -> float:
        """The largest share of the reference capacity that the parts of a loss do not add up to."""
        most = self.cycles[REST].abs().max()
        return float(most) / float(self.cycles[CAPACITY][0]) if isinstance(most, float) else math.nan

    def at_last(self, column: str) -> float | None:
        """Return what a column holds in the last cycle."""
        value = self.cycles[column][-1]
        return None if value is None else float(value)

    def _shown(self, charge: float) -> float:
        return charge if self.grams is None else charge / self.grams

    def as_dict(self) -> dict[str, Any]:
        """Return it as it stands in JSON."""
        name = "mAh" if self.grams is None else "mAh_per_g"
        mechanisms = {each: self.lost(each) for each in self.mechanisms}
        return {
            "reference_cycle": self.reference, "half": self.words[1], f"reference_capacity_{name}": self.start,
            "mechanisms": {each: MECHANISMS[each] for each in self.mechanisms},
            "cycles": [
                {
                    "cycle": row[CYCLE], f"loss_{name}": total, "loss_percent": 100 * total / self.start,
                    "by_mechanism": {each: {name: values[at], "percent": 100 * values[at] / self.start}
                                     for each, values in mechanisms.items()},
                    f"not_accounted_for_{name}": self._shown(row[REST]),
                    f"charge_kept_{name}": self._shown(row[KEPT]),
                    "kept_by": {each: {name: self._shown(row[kept_column(each)])} for each in _KEEPERS},
                    "efficiency_percent": row[EFFICIENCY], "retention_percent": row[RETENTION],
                    "product_of_efficiencies_percent": row[PRODUCT], "mean_efficiency_needed_percent": row[EFFICIENCY_NEEDED],
                    "first_halves_over_second_halves_before_percent": row[SUPPLIED],
                    "resistance_ohm_cm2": {
                        word: {each: self.resistance(half, each)[at] for each in self.resisting}
                        for half, word in enumerate(self.words)
                    },
                    "polarisation_at_end_mV": {word: row[polarisation_column(word)] for word in self.words},
                }
                for at, (row, total) in enumerate(zip(self.cycles.iter_rows(named=True), self.lost(), strict=True))
            ],
        }  # fmt: skip


def column_of(mechanism: str) -> str:
    """Return the column of a loss by a mechanism.

    Examples
    --------
    >>> column_of("less filled"), column_of("SEI")
    ('Less Filled / mAh', 'SEI / mAh')
    """
    return f"{_titled(mechanism)} / mAh"


def kept_column(where: str) -> str:
    """Return the column of the charge that stays somewhere in a cycle."""
    return f"Kept by {_titled(where)} / mAh"


def resistance_column(half: str, what: str) -> str:
    """Return the column of a resistance in a half cycle.

    Examples
    --------
    >>> resistance_column("lithiation", "binder film")
    'Lithiation Resistance of Binder Film / ohm cm^2'
    """
    return f"{half.capitalize()} Resistance of {_titled(what)} / ohm cm^2"


def polarisation_column(half: str) -> str:
    """Return the column of what lies between the voltage and the potential of the electrodes where a half cycle ends."""
    return f"{half.capitalize()} Polarisation at Its End / mV"


def _titled(words: str) -> str:
    return " ".join(
        word if word in ("in", "of", "and") or word.isupper() else word.capitalize() for word in words.split()
    )


def losses(table: Table, reference: int = 1, last: int | None = None) -> Losses | None:
    """Split what a simulated cycling test loses since a cycle into its causes.

    Parameters
    ----------
    table
        Simulated, of kind cycling, of equal cycles from the reference on.
    reference
        The cycle that losses are counted from: the first after the formation.
    last
        The last cycle that was carried out to its end; that of the table if None.

    Returns
    -------
    The losses; None where there is no cycle after the reference, or the table has no hidden states.
    """
    sample = table.metadata.sample
    configuration = sample.configuration
    if configuration is None or f"{TRUTH}Lithium in Particles / mol" not in table.data.columns:
        return None
    first = first_direction(configuration, sample.made)
    second = CellDirection.CHARGE if first is CellDirection.DISCHARGE else CellDirection.DISCHARGE
    found = _halves(table, reference, last)
    cycles: list[tuple[_Half, _Half]] = []
    for number in sorted({cycle for cycle, _ in found}):
        pair = found.get((number, first)), found.get((number, second))
        if pair[0] is None or pair[1] is None:
            break
        cycles.append((pair[0], pair[1]))
    if len(cycles) < 2 or cycles[0][0].cycle != reference:
        return None
    which = None if configuration is Configuration.HALF else _positive(table, cycles[0][0])
    states = _States.of(table, which)
    split = _of_half if which is None else _of_full
    base = cycles[0]
    mechanisms = tuple(name for name in split(states, base, base) if _modelled(table, name))
    resisting = _Resistances.of(table, which)
    polarisation = _polarisation(table, which)
    words = (direction_word(first, configuration), direction_word(second, configuration))
    rows: list[dict[str, float | int | None]] = []
    product = supplied = 1.0
    for place, (one, two) in enumerate(cycles):
        parts = split(states, base, (one, two))
        lost = base[1].charge - two.charge
        kept = _kept(states, one, two)
        if place:
            product *= two.charge / one.charge
            supplied *= one.charge / cycles[place - 1][1].charge
        retained = two.charge / base[1].charge
        row: dict[str, float | int | None] = {
            CYCLE: one.cycle, CAPACITY: _AH * two.charge, LOSS: _AH * lost,
            **{column_of(name): _MOL * parts[name] for name in mechanisms},
            REST: _AH * lost - _MOL * math.fsum(parts.values()),
            KEPT: _AH * (one.charge - two.charge), **{kept_column(name): _MOL * value for name, value in kept.items()},
            EFFICIENCY: 100 * two.charge / one.charge, RETENTION: 100 * retained,
            PRODUCT: 100 * product if place else None, SUPPLIED: 100 * supplied if place else None,
            EFFICIENCY_NEEDED: 100 * retained ** (1 / place) if place else None,
        }  # fmt: skip
        for word, half in zip(words, (one, two), strict=True):
            row |= {resistance_column(word, name): value for name, value in resisting.of_half(half).items()}
            row[polarisation_column(word)] = float(polarisation[half.end])
        rows.append(row)
    mass = sample.active_mass
    return Losses(
        sample.name or "unnamed", configuration, words, reference, mechanisms, resisting.names,
        pl.DataFrame(rows, infer_schema_length=None), None if mass is None else mass.to("g").value,
    )  # fmt: skip


def _modelled(table: Table, mechanism: str) -> bool:
    """Say whether the model of a table can lose anything by a mechanism."""
    state = _OF_STATE.get(mechanism)
    return state is None or any(f"{TRUTH}{which}{state}" in table.data.columns for which in ("", "Opposite "))


@dataclass(frozen=True)
class _Half:
    """Half a cycle: the charge in Ah that it moved, and the records of its steps."""

    cycle: int
    direction: CellDirection
    charge: float
    steps: tuple[slice, ...]

    @property
    def begin(self) -> int:
        """Its first record."""
        return int(self.steps[0].start)

    @property
    def end(self) -> int:
        """Its last record."""
        return int(self.steps[-1].stop) - 1


def _halves(table: Table, reference: int, last: int | None) -> dict[tuple[int, CellDirection], _Half]:
    """Return the halves of the cycles from the reference on."""
    steps = (
        table.data.with_row_index("record")
        .group_by("Step Count / 1", maintain_order=True)
        .agg(
            pl.col("Cycle Count / 1", "Cell Direction").first(),
            pl.col("record").min().alias("begin"),
            pl.col("record").max().alias("end"),
            pl.col("Step Cumulative Capacity / Ah").max().alias("charge"),
        )
        .filter(
            (pl.col("Cell Direction") != "rest")
            & (pl.col("Cycle Count / 1") >= reference)
            & (pl.col("Cycle Count / 1") <= (2**62 if last is None else last))
        )
    )
    return {
        (int(cycle), CellDirection(str(direction))): _Half(
            int(cycle), CellDirection(str(direction)), float(part["charge"].sum()),
            tuple(slice(begin, end + 1) for begin, end in part.select("begin", "end").iter_rows()),
        )
        for (cycle, direction), part in steps.group_by(
            "Cycle Count / 1", pl.col("Cell Direction").cast(pl.String), maintain_order=True
        )
    }  # fmt: skip


@dataclass(frozen=True)
class _States:
    """Hidden states by record: amounts of lithium in mol, and the share of material with contact.

    In a full cell `active` is that of the negative electrode, and `positive` that of the other.
    """

    active: Array
    without: Array
    share: Array
    sei: Array
    taken_up: Array
    positive: Array

    @classmethod
    def of(cls, table: Table, which: str | None) -> _States:
        """Read them; `which` begins the columns of the positive electrode of a full cell, None of a half cell."""
        data = table.data

        def column(name: str, default: float = 0.0) -> Array:
            for each in (f"{TRUTH}{name}", f"{TRUTH}Opposite {name}"):
                if each in data.columns:
                    return data[each].to_numpy()
            return np.full(data.height, default)

        particles = column("Lithium in Particles / mol")
        positive = np.zeros_like(particles)
        if which is not None:
            given, prefix = table.metadata.truth, which.lower().replace(" ", ".")
            loading, density, most = (
                given[f"{prefix}{each}"].value for each in ("loading", "density", "maximum concentration")
            )
            sites = most * loading / density * given["area"].value
            positive = sites * data[f"{TRUTH}Mean {which}Stoichiometry / 1"].to_numpy()
        return cls(
            particles - positive,
            column("Lithium without Contact / mol"),
            column("Active Share / 1", 1.0),
            column("Lithium in SEI / mol"),
            column("Lithium Bound by Oxide and Carbon / mol") + column("Lithium on Carbon / mol"),
            positive,
        )

    def filled(self, record: int) -> float:
        """Return what all material would hold if it were filled like that with contact."""
        return float(self.active[record] / self.share[record])

    def stranded(self, record: int) -> float:
        """Return what material without contact holds beyond what it would if it were filled like that with contact."""
        return float(self.without[record] - (1 - self.share[record]) * self.filled(record))


def _positive(table: Table, charge: _Half) -> str:
    """Return what the columns of the positive electrode of a full cell begin with: it gives lithium off in a charge."""
    for which in ("", "Opposite "):
        name = f"{TRUTH}Mean {which}Stoichiometry / 1"
        if name in table.data.columns and table.data[name][charge.end] < table.data[name][charge.begin]:
            return which
    raise ValueError("no electrode of this full cell gives lithium off in a charge")


def _of_half(states: _States, base: tuple[_Half, _Half], now: tuple[_Half, _Half]) -> dict[str, float]:
    """Split the loss of a half cell, in mol."""
    before, after = (_window(states, each[1]) for each in (base, now))
    share = (before.share + after.share) / 2
    span = (before.filled - before.emptied + after.filled - after.emptied) / 2
    return {
        "without contact": (before.share - after.share) * span + before.parted - after.parted,
        "less filled": share * (before.filled - after.filled),
        "less emptied": share * (after.emptied - before.emptied),
        "SEI": before.sei - after.sei,
        "oxide and carbon": before.taken_up - after.taken_up,
    }


@dataclass(frozen=True)
class _Window:
    """What the second half of a cycle of a half cell moves, in mol: s̄ (filled − emptied) + parted + sei + taken up."""

    share: float
    filled: float
    emptied: float
    parted: float
    sei: float
    taken_up: float


def _window(states: _States, half: _Half) -> _Window:
    begin, end = half.begin, half.end
    # Lithium that leaves the electrode counts in a delithiation, and what enters in a lithiation.
    sign = 1.0 if half.direction is CellDirection.CHARGE else -1.0

    def moved(values: Array) -> float:
        return sign * float(values[begin] - values[end])

    share = float(states.share[begin] + states.share[end]) / 2
    ends = (states.filled(begin), states.filled(end))
    filled, emptied = ends if sign > 0 else ends[::-1]
    of_material = moved(states.active) + moved(states.without)
    return _Window(
        share, filled, emptied, of_material - share * (filled - emptied), moved(states.sei), moved(states.taken_up)
    )


def _of_full(states: _States, base: tuple[_Half, _Half], now: tuple[_Half, _Half]) -> dict[str, float]:
    """Split the loss of a full cell, in mol."""
    before, after, charged, now_charged = base[1].end, now[1].end, base[1].begin, now[1].begin
    return {
        "without contact": states.stranded(after) - states.stranded(before),
        "SEI": float(states.sei[after] - states.sei[before]),
        "oxide and carbon": float(states.taken_up[after] - states.taken_up[before]),
        "positive less emptied": float(states.positive[now_charged] - states.positive[charged]),
        "negative less emptied": states.filled(after) - states.filled(before),
    }


def _kept(states: _States, one: _Half, two: _Half) -> dict[str, float]:
    """Say where the charge is that a cycle does not give back, in mol; below zero where it gave back more."""
    begin, end = one.begin, two.end
    # In a full cell and in a half cell made empty the first half brings lithium to where it stays; else it takes it.
    full = bool(np.any(states.positive))
    sign = 1.0 if full or one.direction is CellDirection.DISCHARGE else -1.0

    def gained(values: Array) -> float:
        return sign * float(values[end] - values[begin])

    return dict(
        zip(_KEEPERS, (gained(states.sei), gained(states.taken_up), gained(states.without), gained(states.active)), strict=True)
    )  # fmt: skip


def _polarisation(table: Table, which: str | None) -> Array:
    """Return by record what lies between the voltage and the potential of the surface of the electrodes, in mV."""

    def potential(of: str) -> Array:
        return table.data[f"{TRUTH}{of}Electrode Potential / V"].to_numpy()

    own = potential("" if which is None else which)
    other = 0.0 if which is None else potential("" if which else "Opposite ")
    return np.asarray(1e3 * np.abs(table.data["Voltage / V"].to_numpy() - own + other))


@dataclass(frozen=True)
class _Resistances:
    """What resists the current, as overpotentials by record."""

    time: Array
    current: Array
    #: In V by what resists.
    overpotentials: Mapping[str, Array]
    #: Area of the electrode in cm².
    area: float

    @classmethod
    def of(cls, table: Table, which: str | None) -> _Resistances:
        """Read them; `which` begins the columns of the positive electrode of a full cell, None of a half cell."""
        data = table.data
        columns = {ELECTROLYTE: "Electrolyte Overpotential / V", LITHIUM: "Lithium Electrode Overpotential / V"}
        if which is None:
            columns = {REACTION: "Reaction Overpotential / V", **columns}
        else:
            other = "" if which else "Opposite "
            columns = {
                NEGATIVE: f"{other}Reaction Overpotential / V",
                POSITIVE: f"{which}Reaction Overpotential / V",
                **columns,
            }
        found = {
            name: data[f"{TRUTH}{column}"].to_numpy()
            for name, column in columns.items() if f"{TRUTH}{column}" in data.columns
        } | dict(_films(table))  # fmt: skip
        time, current = (data[name].to_numpy() for name in ("Test Time / s", "Current / A"))
        return cls(time, current, found, table.metadata.truth["area"].value * 1e4)

    @property
    def names(self) -> tuple[str, ...]:
        """What resists."""
        return tuple(self.overpotentials)

    def of_half(self, half: _Half) -> dict[str, float | None]:
        """Return the resistances of a half cycle in ohm cm²: the energy that each takes over that of 1 ohm, ∫ηI dt / ∫I² dt."""
        if any(step.stop - step.start < _FEWEST for step in half.steps):
            return dict.fromkeys(self.overpotentials)
        power = math.fsum(float(np.trapezoid(self.current[step] ** 2, self.time[step])) for step in half.steps)
        return {
            name: self.area / power * abs(math.fsum(
                float(np.trapezoid(values[step] * self.current[step], self.time[step])) for step in half.steps
            ))
            for name, values in self.overpotentials.items()
        }  # fmt: skip


def _films(table: Table) -> Iterator[tuple[str, Array]]:
    """Yield the overpotential of the SEI, and of the binder's film where it resists in series with it."""
    data, given = table.data, table.metadata.truth
    which = next((each for each in ("", "Opposite ") if f"{TRUTH}{each}Film Overpotential / V" in data.columns), None)
    if which is None:
        return
    prefix = which.lower().replace(" ", ".")
    whole = data[f"{TRUTH}{which}Film Overpotential / V"].to_numpy()
    if f"{TRUTH}Active Share / 1" not in data.columns:
        yield SEI_FILM, whole
        return
    own = {name.removeprefix(prefix): each.value for name, each in given.items() if name.startswith(prefix)}
    # Both films lie on the spheres of diffusion, that of the SEI as the equations stretch it there
    # (`byssus.simulate.parameters`): resistivity / σ² times thickness × σ.
    sigma = own["SEI area"] * own["density"] * own["radius"] / 3
    thickness = data[f"{TRUTH}{which}SEI Thickness / nm"].to_numpy() * 1e-9
    of_sei = thickness * given["SEI resistivity"].value / sigma
    lithiation: Array = data[f"{TRUTH}Mean {which}Lithiation / 1"].to_numpy()
    dry = np.full_like(lithiation, own["binder film thickness"])
    of_binder = binder_film_resistance(
        shell_thickness(dry, shell_stretch(lithiation, own["expansion"])), own["binder uptake"],
        own["binder ionic conductivity"],
    )  # fmt: skip
    share = of_sei / (of_sei + of_binder)
    yield SEI_FILM, whole * share
    yield BINDER_FILM, whole * (1 - share)
