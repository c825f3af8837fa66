"""Rate capability: laws against other arithmetic and another program, plateaus and recovery on tables known by hand."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, curve_fit
from scipy.stats import binom

from byssus.analysis.cycling.columns import CURRENT, CYCLE, HELD_SHARE, RATE, WHOLE, capacity_column, half_column, u
from byssus.analysis.cycling.cycles import analyse
from byssus.analysis.cycling.rate import RateTest, methods, plateaus, recoveries, results
from byssus.analysis.cycling.rate_laws import Points, fit_peukert, fit_tian
from byssus.analysis.result import tidy
from byssus.conventions import CapacityBasis, Configuration, Made
from byssus.errors import AnalysisError
from byssus.fitting import Data, Parameter, fit
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.physics.rate import (
    actual_rate,
    peukert_capacity,
    tian_capacity,
    tian_capacity_at_current,
    tian_slope,
)

Real = Callable[[str], Path]
WORDS = ("lithiation", "delithiation")
MASS = CapacityBasis.ACTIVE_MATERIAL

#: He et al. 2026, doi:10.1016/j.est.2026.120607, section 3: delithiation at 0.2 to 6 A/g, and back at 0.5 A/g.
PAPER_CURRENT = np.array([0.2, 0.5, 1.0, 2.0, 4.0, 6.0]) * 1000
PAPER_CAPACITY = np.array([3227, 2744, 2425.5, 1920.6, 1408.1, 1101.3])
PAPER_BACK = 2776.7

#: Paper 1, set 1 E of BatteryRateCap (MIT; doc/data/input_performancelog.xls): rate in 1/h, capacity in mAh/g ...
OTHER_RATE = np.array([0.026660657, 0.147634858, 0.279775909, 0.56639171, 0.838583663, 1.405766555, 2.810928435])
OTHER_CAPACITY = np.array(
    [110.350767903, 99.595633791, 96.285964149, 85.000231135, 75.122293196, 57.79181164, 25.013564453]
)
#: ... and what that program fitted (doc/data/export_fitparameters.xlsx): tau in h, n, Q_M, and their standard errors.
OTHER_FIT = (0.4856405600758227, 1.302511465362866, 106.1090196372369)
OTHER_ERRORS = (0.04099935562619409, 0.1666712165312085, 3.111691131201945)


# --- the equations


@pytest.mark.parametrize("exponent", [0.25, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("reach", [1e-9, 1e-3, 0.5, 1.0, 3.0, 1e3, 1e5])
def test_the_equation_in_sixty_digits(reach: float, exponent: float) -> None:
    with decimal.localcontext() as context:
        context.prec = 60
        v = decimal.Decimal(reach) ** decimal.Decimal(exponent)
        truth = float(1 - v * (1 - (-1 / v).exp()))
    assert tian_capacity(reach, 1.0, 1.0, exponent) == pytest.approx(truth, rel=1e-12)


def test_the_limits_of_the_equation() -> None:
    assert tian_capacity(0.0, 1500.0, 600.0, 0.6) == 1500.0
    assert tian_capacity(1 / 600.0, 1500.0, 600.0, 0.6) == pytest.approx(1500.0 / math.e, rel=1e-14)
    # Far beyond, Q_M / 2 (R tau)^-n.
    assert tian_capacity(1e20, 1500.0, 600.0, 0.6) == pytest.approx(750.0 * 6e22**-0.6, rel=1e-9)


@pytest.mark.parametrize("rate", [1e-5, 1e-3, 1e-2, 10.0])
def test_the_slope_is_the_derivative(rate: float) -> None:
    step = 1e-5
    up, down = (math.log(tian_capacity(rate * math.exp(side * step), 1.0, 600.0, 0.6)) for side in (1, -1))
    assert tian_slope(rate, 600.0, 0.6) == pytest.approx((down - up) / (2 * step), rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-6, 6),
    st.floats(1.0, 1e4),
    st.floats(0.2, 0.95),
)
def test_the_capacity_at_a_current_obeys_the_equation(decades: float, time: float, exponent: float) -> None:
    current = 2000.0 / time * 10**decades
    capacity = tian_capacity_at_current(current, 2000.0, time, exponent)
    assert 0 < capacity <= 2000.0
    assert tian_capacity(actual_rate(current, capacity), 2000.0, time, exponent) == pytest.approx(capacity, rel=1e-10)


def test_at_exponent_one_the_capacity_ends_at_a_current() -> None:
    limit = 3000.0 / (2 * 1000.0)
    assert tian_capacity_at_current(limit * 0.999, 3000.0, 1000.0, 1.0) > 0
    assert tian_capacity_at_current(limit * 1.001, 3000.0, 1000.0, 1.0) == 0.0


def test_above_one_the_branch_from_low_rates_is_given() -> None:
    q, tau, n = 3000.0, 1000.0, 1.5
    # The current as a function of R τ rises, turns and falls: below its top two capacities obey the equation.
    reach = np.geomspace(1e-3, 1e3, 200_001)
    current = reach / tau * tian_capacity(reach / tau, q, tau, n)
    top = int(np.argmax(current))
    half = 0.5 * current[top]
    low = float(np.interp(half, current[:top], reach[:top]))
    expected = tian_capacity(low / tau, q, tau, n)
    assert tian_capacity_at_current(half, q, tau, n) == pytest.approx(expected, rel=1e-6)
    assert tian_capacity_at_current(1.01 * current[top], q, tau, n) == 0.0


def test_at_high_rates_it_is_peukerts_law() -> None:
    currents = np.array([1e9, 2e9])
    capacities = tian_capacity_at_current(currents, 3000.0, 1000.0, 0.5)
    assert capacities[1] == pytest.approx(peukert_capacity(2e9, capacities[0], 1e9, 1 / (1 - 0.5)), rel=1e-3)


def test_the_equation_as_another_program_fitted_it() -> None:
    # That program fits Q against a rate that it is given, all values weighing alike.
    found = fit(
        Data(lambda rate, tau, n, q: tian_capacity(rate, q, tau, n), OTHER_RATE, OTHER_CAPACITY),
        [Parameter("tau", 0.3, 1e-3, 1e2), Parameter("n", 1.0, 0.1, 5.0), Parameter("q", 100.0, 1.0, 1e3)],
    )
    for name, value, error in zip(("tau", "n", "q"), OTHER_FIT, OTHER_ERRORS, strict=True):
        # Its file holds a search that ended within 1e-6 of the minimum, as two of its own files show.
        assert found[name].value == pytest.approx(value, rel=5e-6)
        assert found[name].error == pytest.approx(error, rel=2e-5)


# --- plateaus


def cycles(
    currents: Sequence[float | tuple[float | None, float | None]],
    capacities: Sequence[float | None] | None = None,
    *,
    per_gram: float | None = None,
    digit: float | None = None,
    mass_share: float | None = 0.0,
    whole: Sequence[bool] | None = None,
    held: float = 0.0,
) -> pl.DataFrame:
    """A row a cycle; `per_gram` is 1/mass, in 1/g, `digit` the rounding of a capacity in mAh."""
    pairs = [pair if isinstance(pair, tuple) else (pair, pair) for pair in currents]
    given = [1.0] * len(pairs) if capacities is None else list(capacities)
    frame: dict[str, Any] = {CYCLE: list(range(1, len(pairs) + 1)), WHOLE: whole or [True] * len(pairs)}
    for half, word in enumerate(WORDS):
        frame[half_column(word, CURRENT)] = [pair[half] for pair in pairs]
        frame[half_column(word, RATE)] = [None if pair[half] is None else pair[half] / 2.0 for pair in pairs]
        frame[half_column(word, HELD_SHARE)] = [held] * len(pairs)
        cell = capacity_column(word, CapacityBasis.CELL)
        frame[cell], frame[u(cell)] = given, [digit] * len(pairs)
        if per_gram is not None:
            mass = capacity_column(word, MASS)
            frame[mass] = [None if q is None else q * per_gram for q in given]
            frame[u(mass)] = [
                None if q is None or mass_share is None else q * per_gram * math.hypot(mass_share, (digit or 0.0) / q)
                for q in given
            ]
    schema = {name: pl.Float64 for name in frame if name not in (CYCLE, WHOLE)}
    return pl.DataFrame(frame, schema_overrides=schema)


def paper() -> RateTest:
    """The paper's rate test on one milligram, three cycles a current, the first of each 5 % off."""
    currents = [*PAPER_CURRENT, PAPER_CURRENT[1]]
    capacities = [*PAPER_CAPACITY, PAPER_BACK]
    rows = [
        (i / 1000, q / 1000 * off) for i, q in zip(currents, capacities, strict=True) for off in (1.05, 1.001, 0.999)
    ]
    frame = cycles([i for i, _ in rows], [q for _, q in rows], per_gram=1000.0, mass_share=0.04, digit=1e-4)
    return plateaus(frame, WORDS, basis=MASS, rate_basis="nominal")


def test_the_papers_rate_test() -> None:
    test = paper()
    assert test.reason is None
    assert test.kind == "symmetric: lithiation and delithiation at the same current"
    assert [plateau.specific_current for plateau in test.plateaus] == pytest.approx([0.2, 0.5, 1, 2, 4, 6, 0.5])
    assert [plateau.capacity for plateau in test.plateaus] == pytest.approx([*PAPER_CAPACITY, PAPER_BACK])
    assert test[2].cycles == (4, 5, 6)
    assert test[2].averaged == (5, 6)
    assert test[2].c_rate == pytest.approx(0.25)
    assert [plateau.number for plateau in test.leg()] == [1, 2, 3, 4, 5, 6]
    assert [plateau.number for plateau in test.leg("return")] == [7]
    assert [plateau.number for plateau in test.leg("all")] == [1, 2, 3, 4, 5, 6, 7]
    assert test.share(test[6])[0] == pytest.approx(100 * 1101.3 / 3227)
    (back,) = recoveries(test)
    assert (back.plateau, back.before, back.cycles_between) == (7, 2, 12)
    assert back.value == pytest.approx(100 * 2776.7 / 2744)
    assert back.highest == pytest.approx(6.0)


def test_the_uncertainty_of_a_mean() -> None:
    plateau = paper()[2]
    values = 2744 * np.array([1.001, 0.999])
    assert plateau.deviation == pytest.approx(float(np.std(values, ddof=1)))
    # The mass is common to both cycles and stays; the rounding halves in variance.
    assert plateau.common == pytest.approx(0.04)
    assert plateau.uncertainty == pytest.approx(math.hypot(0.04 * 2744, 1e-4 * 1000 / math.sqrt(2)), rel=1e-6)
    # The mass cancels in a recovery; both means scatter by 0.1 %.
    (back,) = recoveries(paper())
    assert back.uncertainty == pytest.approx(back.value * 0.001 * math.sqrt(2), rel=1e-6)


def test_a_mass_without_uncertainty_leaves_none() -> None:
    test = plateaus(cycles([1, 1, 2, 2, 4, 4], per_gram=1000.0, mass_share=None), WORDS, basis=MASS)
    assert test[1].capacity == pytest.approx(1000.0)
    assert test[1].uncertainty is None
    law = fit_peukert(test.points())
    q = next(result for result in results(test, [law]) if "(Peukert)" in result.name)
    assert q.uncertainty is None
    assert "mass or area has no uncertainty" in str(q.reason)


def test_two_currents_are_no_rate_test() -> None:
    test = plateaus(cycles([0.1, 0.1, 1, 1, 1]), WORDS)
    assert test.reason == "2 different currents of delithiation: a rate test has at least 3"
    assert test.varied == "none"


@pytest.mark.parametrize(
    ("pairs", "varied", "half"),
    [
        ([(1, 1), (1, 2), (1, 4), (1, 8)], "second", 1),
        ([(1, 1), (2, 1), (4, 1), (8, 1)], "first", 0),
        ([(1, 1), (2, 2), (4, 4), (8, 8)], "both alike", 1),
        ([(2, 1), (4, 2), (8, 4), (16, 8)], "both", 1),
    ],
)
def test_which_halves_were_varied(pairs: list[tuple[float, float]], varied: str, half: int) -> None:
    test = plateaus(cycles([pair for pair in pairs for _ in range(3)]), WORDS)
    assert (test.varied, test.half) == (varied, half)
    assert [plateau.cycles for plateau in test.plateaus] == [(1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12)]


def test_a_change_of_the_other_half_opens_a_plateau() -> None:
    test = plateaus(cycles([(1, 1), (1, 1), (4, 1), (4, 1), (1, 2), (1, 4)]), WORDS)
    assert [plateau.cycles for plateau in test.plateaus] == [(1, 2), (3, 4), (5,), (6,)]


@pytest.mark.parametrize(("half", "expected"), [(1, [(1, 2), (3, 4, 5), (6, 7)]), (0, [(1, 2, 3), (4, 5, 6), (7,)])])
def test_a_current_changed_between_the_halves(half: int, expected: list[tuple[int, ...]]) -> None:
    # The protocol changes the current after a lithiation, the cycle opens with one.
    pairs: list[Any] = [(1, 1), (1, 1), (1, 2), (2, 2), (2, 2), (2, 4), (4, 4)]
    test = plateaus(cycles(pairs, [10, 11, 99, 8, 9, 99, 5]), WORDS, half=half, settle=0)
    assert [plateau.cycles for plateau in test.plateaus] == expected
    # A cycle of two currents is in no mean.
    assert [plateau.capacity for plateau in test.plateaus] == pytest.approx([10.5, 8.5, 5])
    assert test.varied == "both alike"


def test_currents_that_wander_are_one_and_steps_are_two() -> None:
    test = plateaus(cycles([1.0, 1.02, 0.98, 1.03, 1.2, 1.21, 1.5]), WORDS)
    assert [plateau.cycles for plateau in test.plateaus] == [(1, 2, 3, 4), (5, 6), (7,)]


def test_what_is_averaged() -> None:
    frame = cycles([1, 1, 1, 1, 2, 2, 4], [10, 8, 9, 10, 6, 7, 3])
    assert [plateau.averaged for plateau in plateaus(frame, WORDS).plateaus] == [(2, 3, 4), (5, 6), (7,)]
    assert [plateau.averaged for plateau in plateaus(frame, WORDS, settle=2).plateaus] == [(3, 4), (5, 6), (7,)]
    assert plateaus(frame, WORDS, settle=0)[1].capacity == pytest.approx(9.25)


def test_a_cycle_that_was_cut_off_is_not_averaged() -> None:
    frame = cycles([1, 1, 1, 2, 2, 2, 4], whole=[True, True, True, True, True, False, False])
    test = plateaus(frame, WORDS)
    assert test[2].averaged == (4, 5)
    assert test[3].capacity is None
    assert test[3].reason == "no cycle of 7 was measured to its end"
    assert [plateau.number for plateau in test.leg("all")] == [1, 2]


def test_a_cycle_without_its_half_ends_no_plateau() -> None:
    frame = cycles([1, (1, None), 1, 2, 4], [5, None, 5, 4, 3], whole=[True, False, True, True, True])
    assert [plateau.cycles for plateau in plateaus(frame, WORDS).plateaus] == [(1, 3), (4,), (5,)]


def test_the_outward_leg_is_the_longest_rise() -> None:
    # Formation at 0.5 and 0.25, then out and back.
    test = plateaus(cycles([0.5, 0.25, 1, 2, 4, 2, 1, 0.25]), WORDS)
    assert [plateau.current for plateau in test.leg()] == [0.25, 1, 2, 4]
    assert [plateau.current for plateau in test.leg("return")] == [2, 1, 0.25]
    assert test.reference == 2
    # 0.5 never came back.
    assert [(back.plateau, back.before) for back in recoveries(test)] == [(6, 4), (7, 3), (8, 2)]


def test_a_recovery_needs_a_higher_current_between() -> None:
    test = plateaus(cycles([4, 1, 4, 2, 4]), WORDS)
    assert recoveries(test) == []


def test_a_recovery_needs_both_currents() -> None:
    test = plateaus(cycles([(1, 1), (1, 2), (1, 4), (4, 1), (1, 1)]), WORDS)
    assert [(back.plateau, back.before) for back in recoveries(test)] == [(5, 1)]


def test_a_single_cycle_has_no_scatter() -> None:
    (back,) = recoveries(plateaus(cycles([1, 2, 4, 1], [10, 9, 8, 10.5]), WORDS))
    assert back.value == pytest.approx(105.0)
    assert back.uncertainty is None
    assert back.reason == "nothing is known of the scatter of rate plateau 1"


def test_faults_are_named() -> None:
    frame = cycles([1, 2, 4])
    with pytest.raises(AnalysisError, match="mAh/g"):
        plateaus(frame, WORDS, basis=MASS)
    with pytest.raises(AnalysisError, match="reference"):
        plateaus(frame, WORDS, reference=9)
    with pytest.raises(AnalysisError, match="no cycle has a current"):
        plateaus(cycles([(None, None), (None, None)]), WORDS)
    test = plateaus(frame, WORDS)
    with pytest.raises(AnalysisError, match="plateau 1"):
        test.points(weights="scatter")
    with pytest.raises(AnalysisError, match="3 currents do not suffice"):
        fit_tian(test.points())
    with pytest.raises(AnalysisError, match="capacity"):
        fit_peukert(Points(np.array([1.0, 2, 4]), np.array([1.0, 0.0, 0.5])))


# --- fits

RATES = np.array([0.1, 0.2, 0.5, 1, 2, 5, 10]) * 1000


def exact(q: float = 1500.0, tau: float = 600.0, n: float = 0.6, currents: np.ndarray = RATES) -> Points:  # type: ignore[type-arg]
    """Solve the equation with SciPy's Brent, written out, not with the solution under test."""
    capacities = []
    for current in currents / 3600.0:

        def short(capacity: float, current: float = current) -> float:
            v = (current / capacity * tau) ** n
            return q * (1 - v * (1 - math.exp(-1 / v))) - capacity

        capacities.append(brentq(short, 1e-4 * q, q * (1 - 1e-14), xtol=1e-13, rtol=1e-15))
    return Points(currents, np.array(capacities))


@pytest.mark.parametrize(
    "truth", [(1500.0, 600.0, 0.6), (3776.0, 1240.0, 0.48), (150.0, 40.0, 0.9), (2000.0, 100.0, 1.0)]
)
def test_data_without_scatter_give_the_parameters_back(truth: tuple[float, float, float]) -> None:
    found = fit_tian(exact(*truth))
    for name, value in zip(("Q_M", "tau", "n"), truth, strict=True):
        assert found.fit[name].value == pytest.approx(value, rel=1e-6)


def test_the_papers_rates_by_another_program() -> None:
    points = Points(PAPER_CURRENT, PAPER_CAPACITY)

    def capacity(current: np.ndarray, q: float, tau: float, n: float) -> np.ndarray:  # type: ignore[type-arg]
        return exact(q, tau, n, current).capacity

    value, covariance = curve_fit(capacity, PAPER_CURRENT, PAPER_CAPACITY, p0=[3500, 500, 0.6], sigma=PAPER_CAPACITY)
    found = fit_tian(points)
    for name, truth, error in zip(("Q_M", "tau", "n"), value, np.sqrt(np.diag(covariance)), strict=True):
        assert found.fit[name].value == pytest.approx(truth, rel=1e-4)
        assert found.fit[name].error == pytest.approx(error, rel=1e-2)
    assert found.evidence == pytest.approx(6 * math.log(found.rival.chi_square / found.fit.chi_square))
    assert "85% of Q_M" in found.range


def test_intervals_cover() -> None:
    truth, count = {"Q_M": 1500.0, "tau": 600.0, "n": 0.6}, 100
    rng = np.random.default_rng(20)
    clean, covered = exact().capacity, dict.fromkeys(truth, 0)
    for _ in range(count):
        found = fit_tian(Points(RATES, clean * (1 + 0.01 * rng.standard_normal(RATES.size)))).fit
        for name, value in truth.items():
            low, high = found.wald(name)
            covered[name] += low <= value <= high
    low, high = binom.ppf([0.0005, 0.9995], count, 0.95)
    assert all(low <= hits <= high for hits in covered.values()), covered


def test_the_fit_does_not_depend_on_the_basis() -> None:
    test = paper()
    cell = plateaus(cycles([p.current for p in test.plateaus], [p.cell_capacity for p in test.plateaus]), WORDS)
    first, second = fit_tian(test.points()), fit_tian(cell.points())
    for name in ("tau", "n"):
        assert first.fit[name].value == pytest.approx(second.fit[name].value, rel=1e-6)
    assert first.fit["Q_M"].value == pytest.approx(1000 * (second.fit["Q_M"].value or 0), rel=1e-6)
    # The mass widens the capacity and nothing else.
    rows = {result.name: result for result in results(test, [first])}
    q = rows["low-rate capacity (Tian)"]
    assert q.uncertainty == pytest.approx(math.hypot(first.fit["Q_M"].error or 0, 0.04 * (q.value or 0)))
    assert rows["characteristic time (Tian)"].uncertainty == first.fit["tau"].error


@pytest.mark.parametrize("seed", range(4))
def test_rates_too_low_to_see_the_time_say_so(seed: int) -> None:
    slow = exact(1500.0, 1.0, 1.0, RATES / 100)
    noise = 0.002 * np.random.default_rng(seed).standard_normal(RATES.size)
    found = fit_tian(Points(slow.current, slow.capacity * (1 + noise)))
    assert found.reason is not None
    assert "a constant one is not ruled out (F test, 1%)" in found.reason
    assert found.reason in found.statements
    test = plateaus(cycles([1.0, 2.0, 4.0, 8.0], [10.01, 10.0, 10.005, 10.0]), WORDS)
    rows = [result for result in results(test, [fit_tian(test.points())]) if "Tian" in result.name]
    assert [row.value for row in rows] == [None, None, None]


def test_a_fall_that_only_begins_is_an_extrapolation() -> None:
    found = fit_tian(exact(1500.0, 60.0, 0.6))
    assert any("times beyond the fastest one measured" in statement for statement in found.statements)
    assert not any("beyond the fastest" in statement for statement in fit_tian(exact()).statements)


def test_peukerts_exponent_comes_back() -> None:
    capacity = peukert_capacity(RATES, 100.0, 1000.0, 1.3)
    found = fit_peukert(Points(RATES, capacity))
    assert found.fit["k"].value == pytest.approx(1.3, rel=1e-9)
    assert found.fit["Q_0"].value == pytest.approx(100.0 * (math.exp(np.mean(np.log(RATES))) / 1000) ** -0.3, rel=1e-9)


def test_peukerts_law_by_a_line_through_logarithms() -> None:
    # With little scatter, weights by share make it the line of log Q against log I.
    capacity = 100.0 * (RATES / 1000) ** -0.3 * (1 + 0.001 * np.array([1, -1, 0.5, -2, 1, 1.5, -1]))
    slope, _ = np.polyfit(np.log(RATES), np.log(capacity), 1)
    found = fit_peukert(Points(RATES, capacity))
    assert found.fit["k"].value == pytest.approx(1 - slope, abs=1e-5)
    assert not any("bent" in statement for statement in found.statements)


def test_peukerts_law_on_a_bend_says_so() -> None:
    found = fit_peukert(Points(PAPER_CURRENT, PAPER_CAPACITY))
    assert any("is bent" in statement for statement in found.statements)


def test_a_misfit_beyond_the_scatter_is_said() -> None:
    # A straight fall is no power law; the cycles agree to 0.1 %.
    rows = [(i, (10 - i) * off) for i in (1.0, 2.0, 4.0, 6.0) for off in (1.0, 1.001, 0.999)]
    test = plateaus(cycles([i for i, _ in rows], [q for _, q in rows]), WORDS)
    assert any("the law is an approximation" in statement for statement in fit_peukert(test.points()).statements)
    same = plateaus(cycles([i for i, _ in rows], [10 * i**-0.4 * q / (10 - i) for i, q in rows]), WORDS)
    assert not any("the law is an approximation" in statement for statement in fit_peukert(same.points()).statements)


def test_a_held_voltage_is_said() -> None:
    test = plateaus(cycles([1, 2, 4, 8], [10, 9, 7, 4], held=12.0), WORDS)
    assert any(
        "12 % of a capacity was moved at constant voltage" in text for text in fit_tian(test.points()).statements
    )


def test_weights_by_scatter() -> None:
    rows = [
        (i, q * (1 + off * s))
        for i, q, s in zip([1, 2, 4, 8], [10, 9, 7, 4], [1, 2, 4, 1], strict=True)
        for off in (-0.01, 0.01)
    ]
    points = plateaus(cycles([i for i, _ in rows], [q for _, q in rows]), WORDS).points(weights="scatter")
    # Two values ± d deviate by d √2, their mean by d.
    assert points.error is not None
    assert (points.error / points.capacity).tolist() == pytest.approx([0.01, 0.02, 0.04, 0.01])
    assert fit_peukert(points).fit.points == 4


def test_the_results_are_tidy() -> None:
    test = paper()
    laws = [fit_tian(test.points()), fit_peukert(test.points())]
    frame = tidy(results(test, laws, sample="cell", group="CCL"))
    assert frame.filter(pl.col("value").is_nan() | pl.col("uncertainty").is_nan()).is_empty()
    assert frame["name"].n_unique() == frame.height
    assert set(frame["sample"]) == {"cell"}
    row = frame.row(by_predicate=pl.col("name") == "delithiation capacity of rate plateau 2", named=True)
    assert (row["value"], row["unit"], row["cycle"]) == (pytest.approx(2744), "mAh/g", 4)
    assert row["method"] == "mean of cycles 5-6; left out 4"
    row = frame.row(by_predicate=pl.col("name") == "recovery of delithiation capacity, rate plateau 7", named=True)
    assert (row["basis"], row["unit"]) == ("rate plateau 2, cycles 5-6", "%")
    said = methods(test, laws)
    assert [term for term, _ in said] == [
        "Rate plateaus",
        "Rate recovery",
        "Tian's equation",
        "Peukert's law",
        "Choice of a law",
    ]
    assert all(text.endswith(".") for _, text in said)


# --- real files


def test_a_real_symmetric_rate_test(real: Real) -> None:
    sample = Sample(name="cell", configuration=Configuration.HALF, made=Made.FULL)
    cycling = analyse(read(real("cycler_neware/BTS85-36-6-5-110-20240424.ndax"), sample=sample))
    test = plateaus(cycling.cycles, cycling.words, rate_basis=cycling.rate_basis)
    assert test.varied == "both alike"
    # C/20 of 1.33 mAh and its multiples, as the currents themselves show: 1, 2, 4, 20/3, 10, 20, 40.
    assert [p.current / test[1].current for p in test.plateaus] == pytest.approx(
        [1, 2, 4, 20 / 3, 10, 20, 40], rel=2e-3
    )
    assert [p.cycles for p in test.plateaus] == [tuple(range(at, at + 3)) for at in range(1, 20, 3)]
    points = test.points()
    found = fit_tian(points)
    value, _ = curve_fit(
        lambda current, q, tau, n: exact(q, tau, n, current).capacity,
        points.current,
        points.capacity,
        p0=[1.1, 200.0, 0.6],
        sigma=points.capacity,
    )
    assert [found.fit[name].value for name in ("Q_M", "tau", "n")] == pytest.approx(value.tolist(), rel=1e-3)
    assert found.fit.scale < 0.005
    assert found.evidence is not None
    assert found.evidence > 10


def test_a_real_asymmetric_rate_test(real: Real) -> None:
    sample = Sample(name="cell", configuration=Configuration.FULL)
    cycling = analyse(read(real("cycler_maccor/maccor_001.txt"), sample=sample))
    test = plateaus(cycling.cycles, cycling.words)
    assert test.kind == "asymmetric: discharge varied, charge fixed"
    assert [p.current for p in test.plateaus] == pytest.approx([500, 2500, 5000, 10000], rel=1e-3)
