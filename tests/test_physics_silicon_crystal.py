"""Crystals in silicon: the first lithiation's plateau, and Li15Si4, against lever rules solved by another road."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq

from byssus.physics import silicon_crystal as crystal
from byssus.physics.silicon import silicon_potential

Array = NDArray[np.float64]
INSIDE = np.linspace(0.0, 1.0, 1001)
#: As far as a solver may look.
AROUND = np.linspace(-0.1, 1.1, 2401)


def inverse(potential: Callable[[float], float], value: float) -> float:
    return float(brentq(lambda lithiation: potential(lithiation) - value, -0.1, 1.1, xtol=1e-13))


def test_the_first_lithiation_has_a_head_a_plateau_and_an_end() -> None:
    potential = crystal.crystalline_silicon_potential(INSIDE)
    assert potential[[0, -1]] == pytest.approx([1.0, 0.01], abs=1e-12)
    assert np.all(np.diff(potential) < 0)
    # The seed paper prints a plateau around 0.1 V; two thirds of the charge lie on it, within 5 mV.
    assert np.mean(np.abs(potential - 0.1) < 0.005) > 2 / 3


def test_amorphous_silicon_takes_most_of_its_lithium_before_a_crystal_takes_any() -> None:
    below = crystal.crystalline_silicon_potential(INSIDE) < silicon_potential(INSIDE, "lithiation")
    # Shells of amorphous silicon can be cycled around crystalline cores, "due to the difference of their lithiation
    # potentials": L.-F. Cui et al., Nano Letters 9 (2009) 491 (abstract), doi:10.1021/nl8036323.
    assert np.all(below[(INSIDE > 0.001) & (INSIDE < 0.7)])


@pytest.mark.parametrize("plateau", [crystal.PLATEAU_SOURCE.low, crystal.PLATEAU_SOURCE.high])
def test_the_plateau_is_where_it_is_put(plateau: float) -> None:
    assert crystal.crystalline_silicon_potential(0.5, plateau) == pytest.approx(plateau, abs=1e-4)


@pytest.mark.parametrize(("share", "other"), [(0.0, "amorphous"), (1.0, "crystal")])
def test_all_or_nothing_is_one_or_the_other(share: float, other: str) -> None:
    truth = {
        "amorphous": silicon_potential(INSIDE, "lithiation"),
        "crystal": crystal.crystalline_silicon_potential(INSIDE),
    }[other]
    assert crystal.first_lithiation_potential(INSIDE, share) == pytest.approx(truth, abs=1e-15)


def test_a_part_misses_the_lever_rule_by_what_is_said() -> None:
    # Two kinds of silicon at one potential share the lithium: x = (1 − c) x_a(U) + c x_c(U), solved by bisection.
    largest = {}
    for share in (0.25, 0.5, 0.75, 0.9):
        misses = []
        for potential in np.linspace(0.0102, 0.9999, 60):
            amorphous = inverse(lambda x: float(silicon_potential(x, "lithiation")), potential)
            crystalline = inverse(lambda x: float(crystal.crystalline_silicon_potential(x)), potential)
            lithiation = (1 - share) * amorphous + share * crystalline
            misses.append(abs(float(crystal.first_lithiation_potential(lithiation, share)) - potential))
        largest[share] = max(misses)
    assert max(largest, key=lambda share: largest[share]) == 0.75
    assert 0.09 < largest[0.75] < 0.105


@pytest.mark.parametrize("share", [0.0, 0.3, 0.84, 1.0])
def test_delithiation_falls_everywhere_and_ends_at_both_potentials(share: float) -> None:
    potential = crystal.li15si4_delithiation_potential(AROUND, share)
    assert np.all(np.diff(potential) < 0)
    ends = crystal.li15si4_delithiation_potential(np.array([0.0, 1.0]), share)
    assert ends == pytest.approx([1.0, 0.01], abs=1e-9)


def test_without_crystal_it_is_the_amorphous_branch() -> None:
    ours = crystal.li15si4_delithiation_potential(AROUND, 0.0)
    assert ours == pytest.approx(silicon_potential(AROUND, "delithiation"), abs=1e-12)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_the_plateau_keeps_the_lever_rule(share: float) -> None:
    # Between m and 1 the lithium of the electrode is (1 − s) y + s where the crystal is whole, and m where it is gone:
    # the plateau takes s (1 − m) of the charge, whatever form rounds its corners.
    left = crystal.LEFT_BEHIND
    plateau = float(silicon_potential(left, "delithiation"))
    fine = np.linspace(left, 1.0, 20001)
    potential = crystal.li15si4_delithiation_potential(fine, share)
    lower = inverse(lambda x: float(silicon_potential(x, "delithiation")), plateau - 0.05)
    start = fine[np.argmin(np.abs(potential - (plateau - 0.05)))]
    assert start == pytest.approx((1 - share) * lower + share, abs=0.01)
    middle = left + share * (1 - left) / 2
    assert crystal.li15si4_delithiation_potential(middle, share) == pytest.approx(plateau, abs=0.003)


def test_charge_below_a_potential_is_not_made_by_the_crystal() -> None:
    # What crystallised comes out at the plateau and not below: the mean potential of the whole delithiation rises.
    means = [float(np.mean(crystal.li15si4_delithiation_potential(INSIDE, share))) for share in (0.0, 0.5, 1.0)]
    assert means == sorted(means)


@pytest.mark.parametrize(
    ("end", "low", "high"),
    [
        # Cycled above 50 mV no crystal is formed (Obrovac and Christensen 2004); one source has it below 70 mV.
        (0.075, 0.0, 0.01),
        (0.05, 0.5, 0.5),
        # Below 30 mV all sources have crystals.
        (0.025, 0.99, 1.0),
    ],
)
def test_the_share_follows_the_end_of_lithiation(end: float, low: float, high: float) -> None:
    assert low <= crystal.crystallised_share(end) <= high


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match=r"share must be from 0 to 1, not 1\.5"):
        crystal.li15si4_delithiation_potential(0.5, 1.5)
    with pytest.raises(ValueError, match=r"crystalline_share must be from 0 to 1, not -0\.1"):
        crystal.first_lithiation_potential(0.5, -0.1)
    with pytest.raises(ValueError, match="width must be above zero, not 0"):
        crystal.crystallised_share(0.05, width=0.0)


def test_every_estimate_lies_in_its_range() -> None:
    for value, source in (
        (crystal.PLATEAU, crystal.PLATEAU_SOURCE),
        (crystal.HEAD, crystal.HEAD_SOURCE),
        (crystal.TAIL, crystal.TAIL_SOURCE),
        (crystal.CRYSTALLISATION, crystal.CRYSTALLISATION_SOURCE),
        (crystal.SUDDEN, crystal.SUDDEN_SOURCE),
        (crystal.LEFT_BEHIND, crystal.LEFT_BEHIND_SOURCE),
    ):
        assert source.low is not None
        assert source.high is not None
        assert source.low < value < source.high
    # The range of what is left behind is said to put the plateau at 0.45 to 0.40 V.
    ends = [float(silicon_potential(x, "delithiation")) for x in (0.39, 0.50)]
    assert ends == pytest.approx([0.45, 0.40], abs=0.005)
