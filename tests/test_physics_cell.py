"""Cells and solid-state stacks against printed values, conservation, geometry, and arithmetic written out."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad

from byssus.physics import cell, stack

Array = NDArray[np.float64]

#: 1 mAh/cm2, 1 mAh/g and 1 mg/cm2 in SI.
AREAL = 36.0 * 1000
SPECIFIC = 3600.0
LOADING = 0.01


# --- Balance and currents: the full cell of the seed paper (C07, C04, C08) -------------------------------------------


def test_the_full_cell_of_the_seed_paper() -> None:
    assert cell.np_mass_ratio(1.15, 210 * SPECIFIC, 2700 * SPECIFIC) == pytest.approx(0.0894, abs=5e-5)
    assert cell.negative_loading(1.15, 2.5 * AREAL, 2700 * SPECIFIC) / LOADING == pytest.approx(1.065, abs=5e-4)
    # With 0.82 mg/cm2 of silicon, with 0.82 of coating (60 % silicon), and with 1.2 mg/cm2.
    negative = np.array([0.82, 0.82 * 0.6, 1.2]) * 2.7 * AREAL
    np.testing.assert_allclose(cell.np_ratio(negative, 2.5 * AREAL), [0.886, 0.531, 1.296], atol=5e-4)


def test_an_overhang_counts_as_area() -> None:
    # A negative disc of 13 mm under a positive one of 12 mm.
    assert cell.np_ratio(1.1, 1.0, (13 / 12) ** 2) == pytest.approx(1.1 * 169 / 144)


def test_currents_by_hand() -> None:
    # Notes on the cell model: 6 A/g is 4.9 mA/cm2, 1.68 C on 3579 mAh/g.
    assert cell.current_density_from_loading(6e3, 0.82 * LOADING) / 10 == pytest.approx(4.92)
    assert 3600 * cell.specific_c_rate(6e3, 3579 * SPECIFIC) == pytest.approx(1.68, abs=5e-3)
    # 0.05C is 178.95 mA/g (C20), on 1 mg 0.17895 mA.
    assert 1e3 * cell.current_from_c_rate(0.05 / 3600, 1e-6 * 3579 * SPECIFIC) == pytest.approx(0.17895)
    assert 3600 * cell.c_rate(0.17895e-3, 3.579e-3 * 3600) == pytest.approx(0.05)
    # C04: 2.5 mA/cm2 on 1.13 cm2 are 2.83 mA; 189.6 mA would need 75.8 cm2.
    assert cell.current_density(2.825e-3, 1.13e-4) / 10 == pytest.approx(2.5)
    assert cell.current_density(189.6e-3, 75.84e-4) / 10 == pytest.approx(2.5)
    # C07: 2.5 mA/cm2 on 1.065 mg/cm2.
    assert cell.specific_current(2.5e-3, 1.065e-6) / 1e3 == pytest.approx(2.35, abs=5e-3)


def test_the_baseline_of_a_printed_retention() -> None:
    assert cell.baseline_from_retention(2002.6, 0.733) == pytest.approx(2732.1, abs=0.05)
    # C04: 189.8 mAh/g after 110 cycles at 96.3 % began at 197.1.
    assert cell.baseline_from_retention(189.8, 0.963) == pytest.approx(197.1, abs=0.05)


def test_an_energy_efficiency_is_the_mean_voltages_and_the_charges() -> None:
    hours = np.linspace(0, 1, 1001)
    charge, discharge = 3.6 + 0.5 * hours, 4.0 - 0.6 * hours
    taken, given = np.trapezoid(charge, hours), 0.995 * np.trapezoid(discharge, hours)
    assert cell.energy_efficiency(taken, given) == pytest.approx(0.995 * 3.7 / 3.85)


# --- Lithium of the first cycle ---------------------------------------------------------------------------------------


def first_cycle(positive: float, lost: float, negative: float, bound: float, dose: float) -> tuple[float, float]:
    """Move lithium by hand in small portions; return the charge of the first discharge and what is plated."""
    portion = 1e-4
    in_negative, plated, given = dose, 0.0, 0.0
    while given < positive - portion / 2:
        given += portion
        if in_negative < negative - portion / 2:
            in_negative += portion
        else:
            plated += portion
    free, sites, moved = in_negative - bound, given - lost, 0.0
    while free > portion / 2 and sites > portion / 2:
        free, sites, moved = free - portion, sites - portion, moved + portion
    return moved, plated


@pytest.mark.parametrize(
    ("positive", "lost", "negative", "bound", "dose"),
    [
        (2.5, 0.25, 2.9, 0.2, 0.0),  # the positive electrode's loss is the larger
        (2.5, 0.10, 2.9, 0.6, 0.0),  # the negative one's
        (2.5, 0.10, 3.2, 0.6, 0.5),  # made good by the dose
        (2.5, 0.10, 2.9, 0.6, 0.5),  # a dose for which there is no room
        (2.5, 0.10, 2.2, 0.1, 0.0),  # too small a negative electrode
    ],
)
def test_the_lithium_of_the_first_cycle(
    positive: float, lost: float, negative: float, bound: float, dose: float
) -> None:
    found = cell.first_cycle_lithium_balance(positive, lost, negative, bound, dose)
    moved, plated = first_cycle(positive, lost, negative, bound, dose)
    assert found.reversible_capacity == pytest.approx(moved, abs=1e-3)
    assert found.plated == pytest.approx(plated, abs=1e-3)
    # All lithium, and all sites of the positive electrode.
    assert found.reversible_capacity + found.left_in_negative + bound + found.plated == pytest.approx(positive + dose)
    assert found.reversible_capacity + found.room_in_positive + lost == pytest.approx(positive)


def test_the_dose_that_is_needed_is_the_least_that_fills_the_positive_electrode() -> None:
    doses = np.linspace(0, 1, 10001)
    found = cell.first_cycle_lithium_balance(2.5, 0.1, 4.0, 0.6, doses)
    least = doses[np.argmax(found.reversible_capacity > 2.4 - 1e-9)]
    assert found.prelithiation_needed == pytest.approx(least, abs=1e-4)


# --- Masses, lengths, energies ----------------------------------------------------------------------------------------


def test_electrolyte_of_the_seed_papers_cells() -> None:
    # 0.927 mg at 3227 mAh/g are 2.99 mAh; 30 uL on them 10 uL/mAh.
    assert 3.6e9 * cell.electrolyte_per_capacity(30e-9, 2.99e-3 * 3600) == pytest.approx(10.03, abs=0.01)


@pytest.mark.parametrize("inner", [0.0, 3e-3])
def test_a_jelly_roll_is_a_spiral(inner: float) -> None:
    thickness, outer = 460e-6, 17.5e-3
    # Length of Archimedes' spiral, whose radius grows by the thickness with each turn.
    per_turn = thickness / (2 * math.pi)
    spiral, _ = quad(lambda angle: math.hypot(per_turn * angle, per_turn), inner / 2 / per_turn, outer / 2 / per_turn)
    assert cell.jelly_roll_length(thickness, outer, inner) == pytest.approx(spiral, rel=thickness / outer)


def test_masses_and_energies_by_hand() -> None:
    # 40 layers of 30 cm2 at 65 mg/cm2 are 78 g, and 10 g of housing.
    assert 1e3 * cell.cell_mass(65 * LOADING, 30e-4, 40, 10e-3) == pytest.approx(88)
    # 4 mAh/cm2 at 3.6 V are 14.4 mWh/cm2: on 48 mg/cm2 300 Wh/kg, in 180 um (0.018 mL/cm2) 800 Wh/L.
    assert cell.specific_energy_of_stack(4 * AREAL, 3.6, 48 * LOADING) / 3600 == pytest.approx(300)
    assert cell.energy_density_of_stack(4 * AREAL, 3.6, 180e-6) / 3.6e6 == pytest.approx(800)


def test_drying_and_cost_by_hand() -> None:
    # Steam tables: water needs 2442 kJ/kg at 25 degrees.
    assert cell.solvent_evaporation_energy(1.0, 18.015e-3, 43.98e3) / 1e3 == pytest.approx(2442, rel=1e-3)
    # 2 kg heated by 60 K at 4.18 kJ/(kg K) as well, in a dryer that uses half: (2 * 2441.3 + 501.6)/0.5 kJ.
    assert cell.solvent_evaporation_energy(2.0, 18.015e-3, 43.98e3, 4180.0, 60.0, 0.5) / 1e3 == pytest.approx(
        (2 * 2441.3 + 501.6) / 0.5, rel=1e-4
    )
    # 3 g/kWh at 10 USD/kg are 3 cents.
    assert 3.6e6 * cell.cost_per_energy(10.0, 3e-3, 3.6e6) == pytest.approx(0.03)


# --- The solid-state stack of the review (R11) ------------------------------------------------------------------------

#: Densities that the list of contradictions reads from the review's thicknesses: LLZO, Li3InCl6, LPSCl.
DENSITIES = np.array([5100.0, 2590.0, 1640.0])
#: An automotive cell: 5.02 mAh/cm2, N/P 1.04 (J. T. Frith et al. 2023, doi:10.1038/s41467-023-35933-2, table 1).
CAPACITY = 5.02 * AREAL
BALANCE = 1.04
#: NCM811, graphite and silicon against lithium, and foils of 15 um Al and 8 um Cu (Intercalation Station 2023, Back
#: of the Battery calculator).
NCM811, POSITIVE_POTENTIAL = 195 * SPECIFIC, 3.86
GRAPHITE_POTENTIAL, SILICON_POTENTIAL = 0.17, 0.40
FOILS = stack.foil_areal_mass(15e-6, 2700.0, 8e-6, 8960.0)
#: The review's Si-C of 450 mAh/g: silicon of 3579 in graphite of 372 mAh/g, by the lever rule (R05).
SILICON_SHARE = (450 - 372) / (3579 - 372)
#: Composite to electrolyte 6:4 by mass, as in the review's graphite electrode (system R-160).
NEGATIVE_SHARE = 0.60
#: The one number chosen so that the limits come out; what it leaves is electrolyte, carbon and binder.
POSITIVE_SHARE = 0.742
#: Lithium laid in, as a multiple of the positive electrode's capacity: of 0, 1, 2, 3 the one nearest to 400 Wh/kg.
LITHIUM_EXCESS = 2.0


def silicon_stack(share: float = POSITIVE_SHARE) -> tuple[float, float, float, float, float]:
    """Areal capacity, voltage, and areal masses of NCM811 | electrolyte | Si-C."""
    shares = np.array([1 - SILICON_SHARE, SILICON_SHARE])
    capacities = np.array([372.0, 3579.0]) * SPECIFIC
    negative = stack.blend_potential(shares, capacities, np.array([GRAPHITE_POTENTIAL, SILICON_POTENTIAL]))
    return (
        CAPACITY,
        POSITIVE_POTENTIAL - negative,
        stack.composite_areal_mass(CAPACITY, NCM811, share),
        stack.composite_areal_mass(BALANCE * CAPACITY, 450 * SPECIFIC, NEGATIVE_SHARE),
        FOILS,
    )


def lithium_stack(excess: float = LITHIUM_EXCESS) -> tuple[float, float, float, float, float]:
    """Areal capacity, voltage, and areal masses of NCM811 | electrolyte | Li."""
    capacity, _, positive, _, foils = silicon_stack()
    return capacity, POSITIVE_POTENTIAL, positive, stack.lithium_areal_mass(capacity, excess), foils


def test_the_limits_of_the_review() -> None:
    found = stack.separator_thickness_for_energy(280 * 3600, DENSITIES, *silicon_stack())
    assert [round(each) for each in 1e6 * found] == [11, 22, 35]
    np.testing.assert_allclose(found * DENSITIES / LOADING, 5.7, atol=0.05)


def test_the_same_stack_with_lithium() -> None:
    for thickness, density in zip(np.array([11e-6, 22e-6, 35e-6]), DENSITIES, strict=True):
        assert stack.stack_specific_energy(thickness, density, *lithium_stack()) / 3600 == pytest.approx(400, abs=5)
    # None laid in, once the capacity, three times: the review's "about 400" does not tell which.
    found = [stack.stack_specific_energy(35e-6, 1640.0, *lithium_stack(each)) / 3600 for each in (0.0, 1.0, 3.0)]
    np.testing.assert_allclose(found, [421, 410, 388], atol=1)


def test_the_stack_by_hand() -> None:
    # 5.02 mAh/cm2 / 0.195 / 0.742 = 34.69, 1.04 * 5.02 / 0.45 / 0.60 = 19.34, foils (4.05 + 7.168)/2 = 5.609 and
    # 35 um * 1.64 = 5.74 make 65.38 mg/cm2; silicon holds 78/3207 * 3579/450 = 19.34 % of the negative charge, so
    # the voltage is 3.86 - 0.17 - 0.1934 * 0.23 = 3.6455 V, and 18.300 mWh on 65.38 mg are 279.9 Wh/kg.
    capacity, voltage, positive, negative, foils = silicon_stack()
    by_hand = (5.02 * AREAL, 3.6455, 34.69 * LOADING, 19.34 * LOADING, 5.609 * LOADING)
    assert (capacity, voltage, positive, negative, foils) == pytest.approx(by_hand, rel=3e-4)
    assert stack.stack_specific_energy(35e-6, 1640.0, *silicon_stack()) / 3600 == pytest.approx(279.9, abs=0.1)


def test_what_the_two_energies_fix_is_the_difference_of_the_negatives() -> None:
    # q U/w is all mass; taken with silicon less with lithium, positive, foils and separator drop out, so the loading,
    # the share of electrolyte and the foils cannot change the pair of energies at one separator.
    for capacity, share in ((3.0, 0.9), (5.02, 0.742), (7.0, 0.65)):
        masses = []
        for stacked in (silicon_stack(share), lithium_stack()):
            areal, voltage, _, negative, foils = stacked
            scale = capacity * AREAL / areal
            positive = stack.composite_areal_mass(capacity * AREAL, NCM811, share)
            energy = stack.stack_specific_energy(
                35e-6, 1640.0, capacity * AREAL, voltage, positive, negative * scale, foils
            )
            masses.append(voltage / energy)
        assert masses[0] - masses[1] == pytest.approx((silicon_stack()[3] - lithium_stack()[3]) / CAPACITY)


def test_equal_limits_need_electrodes_that_weigh_the_same() -> None:
    # Were the electrodes' electrolyte the separator's own, at equal volume, LLZO would add (5.1/1.64 - 1) times the
    # 20 % and 40 % by mass that LPSCl has: more than all the separator's mass.
    _, _, positive, negative, _ = silicon_stack()
    more = (5100 / 1640 - 1) * (0.20 * positive + 0.40 * negative)
    assert more > 5.7 * LOADING
    with pytest.raises(ValueError, match="target must be at most"):
        stack.separator_thickness_for_energy(280 * 3600, 5100.0, *silicon_stack()[:2], positive + more, negative, FOILS)


def test_thickness_and_energy_undo_each_other() -> None:
    thickness = np.linspace(5e-6, 100e-6, 20)
    energy = stack.stack_specific_energy(thickness, DENSITIES[:, None], *silicon_stack())
    assert energy.shape == (3, 20)
    assert np.all(np.diff(energy) < 0)
    back = stack.separator_thickness_for_energy(energy, DENSITIES[:, None], *silicon_stack())
    np.testing.assert_allclose(back, np.broadcast_to(thickness, (3, 20)))


def test_thicknesses_by_hand() -> None:
    # 10 mg/cm2, half of 5 and half of 2 g/cm3: 1 + 2.5 = 3.5 uL/cm2 = 35 um; with 30 % of pores 50 um.
    shares, densities = np.array([0.5, 0.5]), np.array([5000.0, 2000.0])
    assert 1e6 * stack.composite_thickness(10 * LOADING, shares, densities) == pytest.approx(35)
    assert 1e6 * stack.composite_thickness(10 * LOADING, shares, densities, 0.3) == pytest.approx(50)
    # 50 + 35 + 85 + 10 um at 14.4 mWh/cm2.
    assert stack.stack_energy_density(35e-6, 4 * AREAL, 3.6, 50e-6, 85e-6, 10e-6) / 3.6e6 == pytest.approx(800)
    # 1 mAh/cm2 of lithium weighs 0.2589 mg/cm2.
    assert stack.lithium_areal_mass(AREAL, 1.0) / LOADING == pytest.approx(0.2589, abs=1e-4)


# --- What makes no sense ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: cell.np_ratio(1.0, 0.0), "positive_capacity must be above zero, not 0"),
        (lambda: cell.c_rate(1.0, -2.0), "capacity must be above zero, not -2"),
        (lambda: cell.current_density(1.0, np.array([1.0, 0.0])), "area must be above zero, not 0"),
        (lambda: cell.baseline_from_retention(2002.6, 0.0), "retention must be above zero"),
        (lambda: cell.first_cycle_lithium_balance(2.5, 2.6, 2.9, 0.2), "positive_loss must be at most"),
        (lambda: cell.first_cycle_lithium_balance(2.5, 0.2, 2.9, 0.2, -0.1), "prelithiation must be zero or above"),
        (lambda: cell.jelly_roll_length(1e-4, 17e-3, 18e-3), "inner_diameter must be below outer_diameter"),
        (lambda: cell.solvent_evaporation_energy(1.0, 0.018, 4e4, efficiency=1.2), "efficiency must be above 0 and up"),
        (lambda: cell.cost_per_energy(-1.0, 1.0, 1.0), "price must be zero or above"),
        (lambda: stack.composite_areal_mass(1.0, 1.0, 1.2), "active_share must be above 0 and up to 1, not 1.2"),
        (lambda: stack.composite_thickness(1.0, np.array([0.5, 0.4]), np.ones(2)), "mass_fractions must add up to 1"),
        (lambda: stack.composite_thickness(1.0, np.array([1.0]), np.ones(2)), "densities must be as many"),
        (lambda: stack.blend_potential(np.zeros(2), np.ones(2), np.ones(2)), "mass_fractions must not all be 0"),
        (lambda: stack.lithium_areal_mass(1.0, -1.0), "excess must be zero or above"),
        (lambda: stack.stack_specific_energy(-1e-6, 5e3, *silicon_stack()), "separator_thickness must be zero or"),
        (lambda: stack.separator_thickness_for_energy(400 * 3600, 5e3, *silicon_stack()), "target must be at most"),
    ],
)
def test_what_makes_no_sense_is_named(call: Callable[[], object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call()


def test_arrays_broadcast() -> None:
    column, row = np.ones((2, 1)), np.ones(3)
    assert cell.np_ratio(column, row).shape == (2, 3)
    balance = cell.first_cycle_lithium_balance(2.5, 0.1, 3.0, np.linspace(0, 1, 4))
    assert balance.reversible_capacity.shape == (4,)
    assert cell.jelly_roll_length(4e-4, 0.017 * column, 1e-3 * row).shape == (2, 3)
    assert stack.stack_energy_density(1e-5 * column, 1e5, 3.6 * row, 1e-4, 1e-4, 1e-5).shape == (2, 3)
    # Several composites at once, components last.
    shares = np.array([[0.5, 0.5], [0.8, 0.2]])
    assert stack.composite_thickness(np.array([0.1, 0.2]), shares, np.array([5e3, 2e3])).shape == (2,)
