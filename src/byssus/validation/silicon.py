"""The open-circuit potential of amorphous silicon against the published electrodes that it was fitted to.

Each electrode's curve is normalised on its own branch and ends at its own potential, so each has a window and a scale
of its own: x = offset + extent · q.  The shape is shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from byssus.fitting import Data, Parameter, fit, fit_linear
from byssus.physics.coating import (
    carbon_contribution,
    native_oxide_silicon_fraction,
    oxide_thickness_from_capacity,
    specific_surface_of_spheres,
)
from byssus.physics.silicon import (
    BRANCHES,
    BY_ELECTRODE,
    EMPTY,
    Branch,
    silicon_potential,
    silicon_potential_slope,
    two_process_potential,
)
from byssus.physics.silicon_crystal import LEFT_BEHIND, amorphous_part
from byssus.physics.silicon_surface import (
    CARBON_IRREVERSIBLE,
    oxide_charge,
    sei_charge,
    sei_thickness,
    specific_surface_of_agglomerates,
)
from byssus.validation.page import Comparison, Listing, Page

Array = NDArray[np.float64]

ELECTRODES: Final = ("baggetto", "friedrich", "jiang", "kuecher", "kunz", "li", "lu")
COEFFICIENTS: Final = tuple(each.name for each in fields(Branch))[:6]
UNITS: Final = ("V", "V", "1", "1", "1", "1")
#: Where each search starts, near the plateaus that the curves show; bounds keep the plateaus in the order of the form.
STARTS: Final = {"delithiation": (0.36, 0.09, 0.5, 0.15, 0.1, 0.05), "lithiation": (0.2, 0.1, 0.4, 0.2, 0.04, 0.08)}
LOWER: Final = (0.05, 0.005, 0.2, 0.02, 0.005, 0.005)
UPPER: Final = (0.8, 0.4, 0.8, 0.6, 0.5, 0.5)
#: Every curve counts alike, however many points it has.
GRID: Final = np.linspace(0.0, 1.0, 101)
#: Why a curve is not among those that the shape is fitted to.
LEFT_OUT: Final = {
    ("delithiation", "jiang"): "its step between the plateaus is about twice as high as any other's (column *fall*)",
    (
        "delithiation",
        "li",
    ): "the plateau of crystalline Li15Si4, which forms below 50 to 60 mV, in place of two processes",
    (
        "lithiation",
        "li",
    ): "the electrode whose silicon crystallised; on this branch it is hardly worse than the worst fitted",
}
#: Between which potentials, in V, the plateau of Li15Si4 is looked for.
ON_PLATEAU: Final = (0.40, 0.45)
#: Half of the last digit that coefficients are printed to, one of their uncertainties', and half of one of spreads in mV.
DIGITS, UNCERTAINTY_DIGITS, SPREAD_DIGITS = 0.0005, 0.001, 0.5


@dataclass(frozen=True, slots=True)
class Shape:
    """A shared shape, how it misses each curve, in V, and the lithiation between which each lies."""

    coefficients: Array
    residuals: dict[str, Array]
    windows: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Examined:
    """One branch: the fit to all, and each curve on the shape of the others."""

    branch: str
    shape: Shape
    uncertainty: Array
    #: By electrode that was fitted, its own shape on the window that it has on the shape of all.
    alone: dict[str, Shape]
    #: By electrode, its window on the shape of the others, what that misses, and what their mean curve does.
    windows: dict[str, tuple[float, float]]
    missed: dict[str, Array]
    null: dict[str, Array]

    @property
    def spread(self) -> tuple[float, float]:
        """Lowest and highest root mean square of what is missed, of all electrodes that stayed amorphous."""
        values = [root_mean_square(missed) for name, missed in self.missed.items() if name != "li"]
        return min(values), max(values)


def root_mean_square(values: Array) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(values**2)))


def read(folder: Path, electrode: str, branch: str) -> Array:
    """Return the potential of one electrode's branch on `GRID`; charge at one place is averaged."""
    file = folder / "silicon_ocp" / f"{electrode}-{branch}.csv"
    table = pl.read_csv(file, comment_prefix="#", schema_overrides=[pl.Float64, pl.Float64])
    table = table.group_by("normalized_capacity").agg(pl.col("voltage_V").mean()).sort("normalized_capacity")
    return np.asarray(np.interp(GRID, table["normalized_capacity"].to_numpy(), table["voltage_V"].to_numpy()))


@dataclass(frozen=True, slots=True)
class Crystallised:
    """The electrode that crystallised: share of Li15Si4, what is left behind, and what the model misses, in V."""

    share: float
    left: float
    left_error: float
    curve: Array
    residuals: Array

    @property
    def model(self) -> Array:
        """The potential of the model at the places of the curve."""
        return self.curve + self.residuals


def shared_shape(
    curves: dict[str, Array],
    branch: str,
    shape: Array | None = None,
    windows: dict[str, tuple[float, float]] | None = None,
) -> Shape:
    """Fit window and scale of each curve, and the shape that they share, unless one or the other is given."""
    parameters = [
        Parameter(name, start, lower=low, upper=high, unit=unit)
        if shape is None
        else Parameter(name, float(shape[place]), unit=unit, fixed=True)
        for place, (name, start, low, high, unit) in enumerate(
            zip(COEFFICIENTS, STARTS[branch], LOWER, UPPER, UNITS, strict=True)
        )
    ]
    sets = []
    for electrode, potential in curves.items():
        offset, extent = f"offset of {electrode}", f"extent of {electrode}"
        if windows is None:
            parameters += [Parameter(offset, 0.0, -0.2, 0.2, scale=0.1), Parameter(extent, 1.0, 0.3, 1.5)]
        else:
            first, last = windows[electrode]
            parameters += [Parameter(offset, first, fixed=True), Parameter(extent, last - first, fixed=True)]
        # Above 1 V there is next to no charge, and the form ends there.
        below = potential <= EMPTY
        names = {"offset": offset, "extent": extent}
        sets.append(Data(_windowed, GRID[below], potential[below], name=electrode, names=names))
    found = fit(sets, parameters)
    residuals = {each.name: np.asarray(part, dtype=float) for each, part in zip(sets, found.residuals, strict=True)}
    offsets = {name: found.values[f"offset of {name}"] for name in curves}
    windows = {name: (start, start + found.values[f"extent of {name}"]) for name, start in offsets.items()}
    return Shape(np.array([found.values[name] for name in COEFFICIENTS]), residuals, windows)


def _windowed(
    charge: Array,
    level: float,
    height: float,
    middle: float,
    width: float,
    head: float,
    tail: float,
    offset: float,
    extent: float,
) -> Array:
    return two_process_potential(offset + extent * charge, level, height, middle, width, head, tail)


def crystallised(folder: Path) -> Crystallised:
    """Fit share of Li15Si4, what it leaves behind and the window to the one curve that shows the plateau."""
    curve = read(folder, "li", "delithiation")
    below = curve <= EMPTY
    found = fit(
        Data(_with_crystal, GRID[below], curve[below], name="li"),
        [
            Parameter("share", 0.9, 0.0, 1.0),
            Parameter("left", 0.45, 0.1, 0.9),
            Parameter("offset", 0.0, -0.2, 0.2, scale=0.1),
            Parameter("extent", 1.0, 0.3, 1.5),
        ],
    )
    error = found.estimates["left"].error
    assert error is not None  # noqa: S101 - for the type checker
    values, residuals = found.values, np.asarray(found.residuals[0], dtype=float)
    return Crystallised(values["share"], values["left"], error, curve[below], residuals)


def _with_crystal(charge: Array, share: float, left: float, offset: float, extent: float) -> Array:
    part: Array = amorphous_part(offset + extent * charge, share, left)
    return silicon_potential(part, "delithiation")


def mean_curve(potential: Array, others: Sequence[Array]) -> Array:
    """Return what the mean curve of the others misses once it is moved and stretched in potential: two numbers, too."""
    below = potential <= EMPTY
    mean = np.mean([np.minimum(other, EMPTY) for other in others], axis=0)[below]
    design = np.column_stack([np.ones_like(mean), mean])
    return np.asarray(design @ fit_linear(design, potential[below]).values - potential[below])


def examine(folder: Path, branch: str) -> Examined:
    """Fit a branch to its electrodes, and test every electrode on the shape of the others."""
    curves = {name: read(folder, name, branch) for name in ELECTRODES}
    members = {name: curves[name] for name in BRANCHES[branch].electrodes}
    whole = shared_shape(members, branch)
    alone = {
        name: shared_shape({name: curve}, branch, windows={name: whole.windows[name]})
        for name, curve in members.items()
    }
    deleted, windows, missed, null = [], {}, {}, {}
    for name, curve in curves.items():
        others = {other: values for other, values in members.items() if other != name}
        shape = whole.coefficients
        if name in members:
            shape = shared_shape(others, branch).coefficients
            deleted.append(shape)
        placed = shared_shape({name: curve}, branch, shape)
        windows[name], missed[name] = placed.windows[name], placed.residuals[name]
        null[name] = mean_curve(curve, list(others.values()))
    count = len(deleted)
    # Delete-one jackknife: Efron and Tibshirani, An Introduction to the Bootstrap (1993), ch. 11.
    uncertainty = np.sqrt((count - 1) * np.var(deleted, axis=0))
    return Examined(branch, whole, uncertainty, alone, windows, missed, null)


def peaks(branch: str) -> list[tuple[float, float]]:
    """Return potential and height −dx/dU of the maxima of the incremental capacity, from the top."""
    lithiation = np.linspace(0.0, 1.0, 10_001)
    capacity = -1 / silicon_potential_slope(lithiation, branch)
    inner = capacity[1:-1]
    at = 1 + np.flatnonzero((inner > capacity[:-2]) & (inner > capacity[2:]))
    return [(float(silicon_potential(lithiation[place], branch)), float(capacity[place])) for place in at]


def coverage(tested: Examined) -> dict[str, float]:
    """Return, by fitted electrode, the share of its points within twice the others' root mean square."""
    members = BRANCHES[tested.branch].electrodes
    shares = {}
    for name in members:
        spread = root_mean_square(np.concatenate([tested.missed[other] for other in members if other != name]))
        shares[name] = float(np.mean(np.abs(tested.missed[name]) <= 2 * spread))
    return shares


def compare(folder: Path) -> Page:
    """Refit both branches, test each electrode on the others, and hold the shipped coefficients against the refit."""
    tests = [examine(folder, branch) for branch in BRANCHES]
    crystal = crystallised(folder)
    return Page(
        title="Silicon",
        introduction=(
            "The open-circuit potential of amorphous silicon (`byssus.physics.silicon`) against the curves of published "
            "electrodes that M. Rehm et al. collected, J. Power Sources (2025), doi:10.1016/j.jpowsour.2025.236290, "
            "under the names that they give them. Each curve is read at 101 places of equal charge, up to 1 V. Each is "
            "normalised on its own branch, so an offset and an extent belong to each; six coefficients of the shape are "
            "shared. A left-out curve gets its offset and extent on the shape of the others: two free numbers. It is "
            "held against two rivals with two free numbers: a straight line, and the mean curve of the others, moved and "
            "stretched in potential. The shape beats the line for every electrode that it is fitted to; against the "
            "mean curve it is no better on the whole, and is there because it is a formula with a slope."
        ),
        listings=[
            *(_left_out(folder, tested) for tested in tests),
            _peaks(),
            *(_by_themselves(tested) for tested in tests),
            _crystal(crystal, tests[0]),
            _first_loss(),
        ],
        comparisons=[
            *(each for tested in tests for each in _comparisons(folder, tested)),
            *_crystal_comparisons(crystal, tests[0]),
        ],
        remarks=[
            "Coefficients agree if they do to the three digits that are shipped; uncertainties are from the delete-one "
            "jackknife (B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993, ch. 11), over electrodes.",
            "Which curves the shape is fitted to was decided after seeing all of them; the spreads include the curve of "
            "jiang that was left out, and leave out li alone.",
            "kuecher, a noisy reconstruction from a blend with graphite, is fitted all the same: left out, it is missed "
            "less than most.",
            "The windows of one electrode differ between its branches: baggetto and friedrich, which turn round at about "
            "0.11 V, cover less of the lithiation branch than of the delithiation branch. After a reversal far from "
            "0.01 V, neither branch holds on the scale of the other.",
            "None of the curves is a first lithiation of crystalline silicon: its plateau (`crystalline_silicon_potential`) "
            "rests on what is printed of it, and is compared with nothing here.",
        ],
    )


def _comparisons(folder: Path, tested: Examined) -> Iterator[Comparison]:
    shipped, branch = BRANCHES[tested.branch], tested.branch
    for quantity, ours, truth, digits in (
        ("coefficients", shipped.coefficients, tested.shape.coefficients, DIGITS),
        ("standard uncertainties", shipped.uncertainty, tested.uncertainty, UNCERTAINTY_DIGITS),
    ):
        difference = float(np.max(np.abs(np.array(ours) - truth)))
        yield Comparison(branch, quantity, "refit to the curves", len(truth), difference, digits, "")
    own = [np.array(BY_ELECTRODE[branch][name]) - each.coefficients for name, each in tested.alone.items()]
    yield Comparison(
        f"{branch}, each by itself",
        "coefficients",
        "refit to each curve",
        6 * len(own),
        float(np.max(np.abs(own))),
        DIGITS,
        "",
    )
    difference = 1000 * max(abs(ours - truth) for ours, truth in zip(shipped.spread, tested.spread, strict=True))
    yield Comparison(branch, "spread", "refit to the curves", 2, difference, SPREAD_DIGITS, "mV")
    for name in shipped.electrodes:
        missed, line = tested.missed[name], straight_line(read(folder, name, branch))
        yield Comparison(
            f"{name}, {branch}",
            "root mean square, left out",
            "that of a straight line",
            len(missed),
            1000 * root_mean_square(missed),
            1000 * root_mean_square(line),
            "mV",
        )


def _left_out(folder: Path, tested: Examined) -> Listing:
    covered, rows = coverage(tested), []
    for name, missed in tested.missed.items():
        curve = read(folder, name, tested.branch)
        fitted = tested.shape.residuals.get(name)
        rows.append(
            [
                name,
                "{:.2f} to {:.2f}".format(*tested.windows[name]),
                "" if fitted is None else f"{1000 * root_mean_square(fitted):.0f}",
                f"{1000 * root_mean_square(missed):.0f}",
                f"{1000 * np.max(np.abs(missed)):.0f}",
                f"{1000 * root_mean_square(tested.null[name]):.0f}",
                f"{1000 * root_mean_square(straight_line(curve)):.0f}",
                f"{covered[name]:.0%}" if name in covered else "",
                f"{np.mean((curve >= 0.40) & (curve <= 0.45)):.0%}",
                f"{np.interp(0.3, GRID, curve) - np.interp(0.5, GRID, curve):.2f}",
            ]
        )
    members = BRANCHES[tested.branch].electrodes
    ours = root_mean_square(np.concatenate([tested.missed[name] for name in members]))
    mean = root_mean_square(np.concatenate([tested.null[name] for name in members]))
    notes = [f"{name} is not fitted: {why}." for (branch, name), why in LEFT_OUT.items() if branch == tested.branch]
    notes.append(
        f"Over the {len(members)} fitted electrodes, each left out in turn: shape {1000 * ours:.1f} mV, mean curve "
        f"{1000 * mean:.1f} mV. Within twice the root mean square of the others lie "
        f"{np.mean(list(covered.values())):.0%} of the points, where 95 % would if electrodes scattered normally."
    )
    return Listing(
        title=f"{tested.branch.capitalize()}: each electrode on the shape of the others",
        text=(
            "Its window on the shape; root mean squares in mV, of the fit with all and left out; the largest miss; those of the rivals; the "
            "share of points within twice the others' spread. The last two columns tell the curves apart: the share of "
            "the charge between 0.40 and 0.45 V, and the fall of the potential from 0.3 to 0.5 of the charge, in V."
        ),
        head=[
            *("electrode", "window", "fitted", "left out", "largest", "mean curve", "straight line", "covered"),
            *("at 0.40 to 0.45 V", "fall"),
        ],
        rows=rows,
        notes=notes,
    )


def _peaks() -> Listing:
    rows = [[branch, f"{potential:.2f}", f"{height:.1f}"] for branch in BRANCHES for potential, height in peaks(branch)]
    return Listing(
        title="Peaks of the incremental capacity",
        text=(
            "Maxima of −dx/dU, in V and 1/V. The seed paper's delithiation peaks are at 0.32 and 0.38 V and at 0.52 and "
            "0.53 V, which are measured under current; an overpotential would lift them, but whether it accounts for all of "
            "the difference is not shown here. Nothing here was fitted to them."
        ),
        head=["branch", "potential", "height"],
        rows=rows,
    )


def _by_themselves(tested: Examined) -> Listing:
    places = np.array([0.2, 0.4, 0.6, 0.8])
    shapes = {name: each.coefficients for name, each in tested.alone.items()}
    potentials = {name: two_process_potential(places, *shape) for name, shape in shapes.items()}
    rows = [
        [
            name,
            f"{1000 * root_mean_square(tested.shape.residuals[name]):.0f}",
            f"{1000 * root_mean_square(tested.alone[name].residuals[name]):.0f}",
            *(f"{value:.3f}" for value in potential),
        ]
        for name, potential in potentials.items()
    ]
    band = np.ptp(list(potentials.values()), axis=0)
    rows.append(["from lowest to highest", "", "", *(f"{value:.3f}" for value in band)])
    return Listing(
        title=f"{tested.branch.capitalize()}: each electrode by itself",
        text=(
            "Six coefficients of its own on the window that it has on the shape of all (`BY_ELECTRODE`). Root mean squares in "
            "mV, of the shape of all and of its own; then its potential in V where it is this far lithiated."
        ),
        head=["electrode", "shape of all", "by itself", *(f"x = {place:g}" for place in places)],
        rows=rows,
        notes=[
            "The band is that of shapes. A window of its own for each would make it wider where a curve stops short, and "
            "cannot be told from shape there."
        ],
    )


def _crystal(found: Crystallised, amorphous: Examined) -> Listing:
    def described(potential: Array) -> list[str]:
        on = _on_plateau(potential)
        slope = np.polyfit(GRID[-len(potential) :][on], potential[on], 1)[0]
        return [f"{np.mean(on):.0%}", f"{np.mean(potential[on]):.3f}", f"{slope:.3f}"]

    curve, rows = found.curve, []
    for name, potential, missed in (
        ("the curve of li", curve, None),
        ("with Li15Si4", found.model, found.residuals),
        ("amorphous", curve + amorphous.missed["li"], amorphous.missed["li"]),
    ):
        on, above = _on_plateau(curve), curve > ON_PLATEAU[1]
        misses = (
            ["", "", ""]
            if missed is None
            else [f"{1000 * root_mean_square(missed[each]):.0f}" for each in (np.full_like(on, True), on, above)]
        )
        rows.append([name, *described(potential), *misses])
    plateau = float(silicon_potential(LEFT_BEHIND, "delithiation"))
    return Listing(
        title="Delithiation of an electrode that crystallised",
        text=(
            "The curve of li against `li15si4_delithiation_potential`, with four free numbers (share, what is left behind, "
            "offset, extent), and against the amorphous shape with two. Share of the charge, mean potential in V and slope in V "
            "per full charge between 0.40 and 0.45 V; root mean squares in mV of what is missed, in all, there, and above."
        ),
        head=["", "share of charge", "potential", "slope", "in all", "on the plateau", "above it"],
        rows=rows,
        notes=[
            f"Share that is Li15Si4: {found.share:.2f}; lithiation of the amorphous silicon it leaves: {found.left:.3f} ± "
            f"{found.left_error:.3f}, were the points independent, which they are not.",
            f"The plateau of the model lies at {plateau:.3f} V and is flat; that of the curve falls. Others report 0.43 to 0.45 V "
            "(K. Ogata et al., Nature Communications 9 (2018) 479, doi:10.1038/s41467-018-02824-w), under current.",
            "Above the plateau the electrode is missed as an amorphous one of another shape would be.",
        ],
    )


def _on_plateau(potential: Array) -> NDArray[np.bool_]:
    low, high = ON_PLATEAU
    return (potential >= low) & (potential <= high)


def _crystal_comparisons(found: Crystallised, amorphous: Examined) -> Iterator[Comparison]:
    subject, plateau = "li, delithiation", float(silicon_potential(LEFT_BEHIND, "delithiation"))
    yield Comparison(subject, "left behind", "refit to the curve", 1, abs(LEFT_BEHIND - found.left), DIGITS, "")
    yield Comparison(
        subject,
        "plateau",
        "mean of the curve there",
        int(np.sum(on := _on_plateau(found.curve))),
        1000 * abs(plateau - float(np.mean(found.curve[on]))),
        # What the shape misses of the electrode that it misses least.
        1000 * BRANCHES["delithiation"].spread[0],
        "mV",
    )
    yield Comparison(
        subject,
        "root mean square with Li15Si4",
        "that without",
        len(found.residuals),
        1000 * root_mean_square(found.residuals),
        1000 * root_mean_square(amorphous.missed["li"]),
        "mV",
    )


def _first_loss() -> Listing:
    """Set what an SEI, an oxide and carbon would cost against what the seed paper's first cycle lost."""
    diameter, agglomerate, silicon, oxide, capacity = 30e-9, 300e-9, 2329.6, 2196.0, 3227 * 3600.0
    volume, per_gram, nanometre = 95.85e-6, 3600.0, 1e-9
    lost = capacity * (1 - 0.93)
    particles = float(specific_surface_of_spheres(diameter, silicon))
    clusters = float(specific_surface_of_agglomerates(agglomerate, silicon, 0.4))
    thickness = float(oxide_thickness_from_capacity(diameter, capacity, 3579 * per_gram, silicon, oxide))
    bound = float(oxide_charge(1 - native_oxide_silicon_fraction(diameter, thickness, silicon, oxide)))
    carbon = float(carbon_contribution(2.0, 6.0, CARBON_IRREVERSIBLE))
    left = lost - bound - carbon
    rows = [
        ["lost in the first cycle", f"7 % of {capacity / per_gram:.0f} mAh/g", f"{lost / per_gram:.0f}"],
        [
            "SEI of 5 nm on single particles",
            f"{particles / 1000:.0f} m²/g",
            f"{float(sei_charge(5 * nanometre, particles, volume)) / per_gram:.0f}",
        ],
        [
            "oxide, as Li4SiO4",
            f"{thickness / nanometre:.2f} nm, the most that the capacity allows",
            f"{bound / per_gram:.0f}",
        ],
        ["carbon black", "2 parts on 6, 170 mAh/g (estimate)", f"{carbon / per_gram:.0f}"],
        ["left for the SEI on silicon", "lost, less oxide and carbon", f"{left / per_gram:.0f}"],
        [
            "its thickness on single particles",
            "",
            f"{float(sei_thickness(left, particles, volume)) / nanometre:.1f} nm",
        ],
        [
            "its thickness on agglomerates of 300 nm",
            f"{clusters / 1000:.0f} m²/g",
            f"{float(sei_thickness(left, clusters, volume)) / nanometre:.1f} nm",
        ],
    ]
    return Listing(
        title="First-cycle loss of the seed paper's electrode",
        text=(
            "What `byssus.physics.silicon_surface` gives for silicon of 30 nm, in mAh/g of silicon, against the 93 % that the "
            "paper prints (section 3, doi:10.1016/j.est.2026.120607). Not a test: no thickness was measured."
        ),
        head=["", "from", "mAh/g"],
        rows=rows,
        notes=[
            "An SEI of 5 nm on all of the surface of the single particles would by itself take all that was lost: either "
            "less of the surface was covered, or the film was thinner, or 93 % is not of the first cycle, which the paper's "
            "sentence leaves open."
        ],
    )


def straight_line(potential: Array) -> Array:
    """Return what a straight line over the charge misses."""
    below = potential <= EMPTY
    design = np.column_stack([np.ones(int(below.sum())), GRID[below]])
    return np.asarray(design @ fit_linear(design, potential[below]).values - potential[below])
