"""Binders against each other: what cells of one coating share does not average out."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shared import square_wave

from byssus.analysis.compare import BinderDifference, compare_binders, compare_with_control
from byssus.analysis.cycling.cycles import Cycling, analyse
from byssus.analysis.cycling.summary import summarise
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.fitting import compare, group_mean
from byssus.measured.metadata import Sample
from byssus.quantity import Quantity


def cell(name: str, binder: str, hours: list[float], *, mass: Quantity | None = None, shared: float = 0.0) -> Cycling:
    sample = Sample(
        name=name,
        binder=binder,
        configuration=Configuration.HALF,
        made=Made.EMPTY,
        active_mass=mass,
        shared_uncertainty={"active_mass": shared} if shared else {},
    )
    return analyse(square_wave([-1, 1] * (len(hours) // 2), hours, sample=sample, records=5))


def differences(
    cells: list[Cycling], pairs: list[tuple[str, str]], electrodes: dict[str, str]
) -> list[BinderDifference]:
    return compare_with_control(cells, {one.sample: summarise(one) for one in cells}, pairs, electrodes)


def test_a_mean_of_one_coating_keeps_the_error_of_its_loading() -> None:
    """Three cells of a coating whose loading is known to 4 %: without it the interval covers the truth far too seldom."""
    generator = np.random.default_rng(3)
    covered = {0.0: 0, 4.0: 0}
    for _ in range(2000):
        values = 100 + 4 * generator.standard_normal() + 1 * generator.standard_normal(3)
        for shared in covered:
            low, high = group_mean({"coating": values.tolist()}, shared=shared).interval or (math.nan, math.nan)
            covered[shared] += low <= 100 <= high
    assert covered[0.0] / 2000 < 0.75
    assert 0.93 < covered[4.0] / 2000 < 0.97


def test_several_coatings_hold_it_already() -> None:
    nested = {"A": [99.0, 101.0], "B": [104.0, 105.0], "C": [97.0, 98.0]}
    assert group_mean(nested, shared=4.0) == group_mean(nested)


def test_differences_carry_what_either_side_shares() -> None:
    first, second = {"A": [100.0, 102.0, 104.0]}, {"B": [90.0, 91.0, 92.0]}
    alone, with_loading = compare(first, second), compare(first, second, shared=(3.0, 4.0))
    assert with_loading.difference == alone.difference == pytest.approx(11)
    assert with_loading.error == pytest.approx(math.sqrt(4 / 3 + 1 / 3 + 9 + 16))
    # Mostly stated: the normal quantile, not Student's.
    reach = (with_loading.interval[1] - with_loading.interval[0]) / 2
    assert reach == pytest.approx(1.96 * with_loading.error, rel=0.02)


def test_capacity_carries_the_loading_and_efficiency_does_not() -> None:
    mass = Quantity(0.5, "mg", 0.02)
    cells = [cell(f"{n}", "CCL", [2, 1.5 + 0.01 * n], mass=mass, shared=0.04) for n in range(3)]
    electrodes = {one.sample: "coating" for one in cells}
    means = compare_binders(cells, {one.sample: summarise(one) for one in cells}, electrodes)
    by_name = {mean.name: mean for mean in means}
    capacity, efficiency = by_name["first-cycle delithiation capacity"], by_name["first-cycle coulombic efficiency"]
    assert capacity.mean == pytest.approx(3020)
    half_width = (capacity.interval[1] - capacity.interval[0]) / 2  # type: ignore[index]
    assert half_width == pytest.approx(1.96 * 3020 * 0.04, rel=0.05)
    half_width = (efficiency.interval[1] - efficiency.interval[0]) / 2  # type: ignore[index]
    # Three values half a per cent apart: t(2) · 0.5/√3.
    assert half_width == pytest.approx(4.3027 * 0.5 / math.sqrt(3), rel=1e-3)
    assert cells[0].shared == {CapacityBasis.ACTIVE_MATERIAL: 0.04}


def test_a_binder_against_its_control() -> None:
    cells = [cell(f"A{n}", "CCL", [2, 1.6 + 0.01 * n]) for n in range(3)]
    cells += [cell(f"B{n}", "CMC", [2, 1.4 + 0.01 * n]) for n in range(3)]
    electrodes = {one.sample: one.sample for one in cells}
    found = {one.name: one for one in differences(cells, [("CCL", "CMC")], electrodes)}
    efficiency = found["first-cycle coulombic efficiency"]
    assert efficiency.difference == pytest.approx(10.0)
    # Welch with equal errors 0.5/√3 on both sides and 4 degrees of freedom.
    assert efficiency.interval == pytest.approx(
        (10 - 2.7764 * 0.5 * math.sqrt(2 / 3), 10 + 2.7764 * 0.5 * math.sqrt(2 / 3)), rel=1e-4
    )
    assert efficiency.shown is True
    assert efficiency.probability is not None
    assert efficiency.probability < 1e-3


def test_one_cell_gives_a_difference_without_interval_and_says_why() -> None:
    cells = [cell("A", "CCL", [2, 1.6]), *(cell(f"B{n}", "CMC", [2, 1.4 + 0.01 * n]) for n in range(2))]
    found = differences(cells, [("CCL", "CMC")], {})
    assert all(one.interval is None and one.shown is None for one in found)
    first = found[0]
    assert first.difference == pytest.approx(0.195)
    assert first.reason == "CCL has one value, so nothing is known of its spread"
    assert differences(cells, [("CCL", "PAA")], {}) == []
