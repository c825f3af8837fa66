"""Fade across cycles: against set truths, other programs, plain matrices, and a real file by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import curve_fit
from scipy.special import stdtr
from shared import square_wave

from byssus.analysis.cycling import cycles as cycling
from byssus.analysis.cycling import fade as module
from byssus.analysis.cycling.correlated import LAWS, Series, at_every_node, innovations, quantile
from byssus.analysis.cycling.fade import CellFade, fade, irreversible, methods, one_current, summarise
from byssus.analysis.cycling.forecast import forecast
from byssus.analysis.cycling.knee import EACH_SIDE, _Contest, knee
from byssus.conventions import Configuration, Made
from byssus.errors import AnalysisError
from byssus.fitting import fit_line
from byssus.measured.metadata import Sample
from byssus.measured.read import read
from byssus.physics import fade as physics

Array = NDArray[np.float64]
Real = Callable[[str], Path]
HALF = Sample(name="half", configuration=Configuration.HALF, made=Made.EMPTY)
FULL = Sample(name="full", configuration=Configuration.FULL)


def correlated(generator: np.random.Generator, count: int, rho: float, scatter: float) -> Array:
    """First-order autoregressive noise, stationary from its first value."""
    noise = generator.standard_normal(count)
    for at in range(1, count):
        noise[at] = rho * noise[at - 1] + math.sqrt(1 - rho**2) * noise[at]
    return scatter * noise


# --- Equations --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("capacity", "rate"),
    [
        (physics.geometric_capacity, physics.geometric_rate),
        (physics.linear_capacity, physics.linear_rate),
        (physics.square_root_capacity, physics.square_root_rate),
    ],
)
def test_a_rate_gives_back_the_retention_it_came_from(
    capacity: Callable[[float, float, float], float], rate: Callable[[float, float], float]
) -> None:
    for retention in (0.2, 0.963, 1.0, 1.1):
        assert capacity(7.0, rate(retention, 110.0), 110.0) == pytest.approx(7.0 * retention)
    with pytest.raises(ValueError, match="cycles must be above zero"):
        rate(0.9, 0)


def test_the_efficiency_that_the_seed_papers_retention_needs() -> None:
    # 96.3 % after 110 cycles; by logarithms exp(ln 0.963 / 110) = exp(-0.00034275) = 0.99965731.
    assert physics.efficiency_needed(0.963, 110) == pytest.approx(0.99965731, abs=1e-8)
    assert physics.efficiency_needed(0.963, 110) ** 110 == pytest.approx(0.963)
    with pytest.raises(ValueError, match="retention must not be below zero"):
        physics.efficiency_needed(-0.1, 10)


# --- The laws ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "capacity", "rate"),
    [
        ("geometric", physics.geometric_capacity, 0.004),
        ("linear", physics.linear_capacity, 0.003),
        ("square root", physics.square_root_capacity, 0.02),
        ("linear", physics.linear_capacity, -0.002),
        ("geometric", physics.geometric_capacity, 0.3),
    ],
)
def test_a_fade_without_noise_is_found_exactly(law: str, capacity: Callable[..., Array], rate: float) -> None:
    n = np.array([3.0, 4, 5, 7, 8, 9, 10, 12, 13, 14, 20, 21])
    made = fade(n, capacity(1.7, rate, n - 3), 3)
    assert made.preferred == law
    assert made.laws[law].rate == pytest.approx(rate, rel=1e-7)
    assert made.laws[law].initial == pytest.approx(1.7, rel=1e-7)
    assert made.laws[law].capacity(17) == pytest.approx(capacity(1.7, rate, 17.0), rel=1e-7)


def test_independent_scatter_gives_what_other_programs_give() -> None:
    n = np.arange(1.0, 301.0)
    q = 2.0 * 0.9995 ** (n - 1) + np.random.default_rng(3).normal(0, 0.004, 300)
    made = fade(n, q, 1)
    slope, intercept = np.polyfit(n - 1, q, 1)
    line = made.laws["linear"]
    assert line.rate == pytest.approx(-slope / intercept, abs=0.15 * line.uncertainty)
    found, covariance = curve_fit(lambda n, q, f: q * (1 - f) ** (n - 1), n, q, p0=[2.0, 1e-4])
    law = made.laws["geometric"]
    assert law.rate == pytest.approx(found[1], abs=0.15 * law.uncertainty)
    # Not knowing that neighbours are independent costs a little, never gains.
    assert 0.95 < law.uncertainty / math.sqrt(covariance[1, 1]) < 1.35
    assert law.correlation < 0.15
    assert law.scatter == pytest.approx(0.004, rel=0.1)


def test_each_node_is_generalised_least_squares_by_plain_matrices() -> None:
    n = np.array([1.0, 2, 3, 5, 6, 9, 10, 11])
    q = 2 - 0.02 * n + np.random.default_rng(5).normal(0, 0.01, 8)
    nodes = at_every_node(LAWS["linear"], Series(n, q, 1, 1e-12))
    x = (n - 1) / 10
    design = np.column_stack([1 - x, x])
    best = -np.inf
    for at, rho in enumerate(nodes.correlation):
        inverse = np.linalg.inv(rho ** np.abs(n[:, None] - n[None, :]))
        unit = np.linalg.inv(design.T @ inverse @ design)
        values = unit @ design.T @ inverse @ q
        squares = (q - design @ values) @ inverse @ (q - design @ values)
        assert nodes.values[at] == pytest.approx(values, rel=1e-6)
        assert nodes.unit[at] == pytest.approx(unit, rel=1e-6)
        assert nodes.variance[at] == pytest.approx(squares / 6, rel=1e-6)
        best = max(best, -4 * math.log(squares / 8 / q.max() ** 2) + 0.5 * np.linalg.slogdet(inverse)[1])
    assert nodes.likelihood == pytest.approx(best, rel=1e-9)


def test_the_quantile_of_a_mixture_is_where_its_distribution_says() -> None:
    weights, centres, errors = np.array([0.2, 0.5, 0.3]), np.array([-1.0, 0.5, 4.0]), np.array([0.1, 2.0, 0.7])
    for tail in (0.025, 0.5, 0.9):
        value = quantile(weights, centres, errors, 5.0, tail)
        assert weights @ stdtr(5.0, (value - centres) / errors) == pytest.approx(tail)


def test_intervals_cover_where_independence_would_not() -> None:
    # Truth: 0.1 % a cycle. Of 100 series, 95 % is 95 ± 2.2; below 88 is beyond three standard deviations.
    generator, n, runs = np.random.default_rng(11), np.arange(1.0, 41.0), 100
    honest = naive = 0
    for _ in range(runs):
        q = 2 * (1 - 0.001 * (n - 1)) + correlated(generator, 40, 0.7, 0.004)
        low, high = fade(n, q, 1, laws=("linear",)).laws["linear"].interval
        honest += low <= 0.001 <= high
        low, high = fit_line(n - 1, q).slope_interval()
        naive += low <= -0.002 <= high
    assert honest >= 88
    assert naive < 75


def test_rounding_is_the_least_that_capacities_scatter() -> None:
    n = np.arange(1.0, 21.0)
    q = 2.0 - 0.01 * (n - 1)
    without, rounded = fade(n, q, 1), fade(n, q, 1, uncertainty=np.full(20, 0.003))
    assert without.laws["linear"].uncertainty < 1e-12
    assert rounded.laws["linear"].scatter >= 0.003
    # Independent rounding alone: 0.003 / (2 mAh √Σ(n − n̄)²) = 0.003 / (2 √665) = 5.8e-5.
    assert rounded.laws["linear"].uncertainty >= 5.8e-5


def test_few_cycles_cannot_tell_the_laws_apart() -> None:
    n = np.arange(1.0, 13.0)
    made = fade(n, 2 * 0.999 ** (n - 1) + np.random.default_rng(1).normal(0, 0.002, 12), 1)
    assert made.preferred is None
    assert "cannot tell" in made.verdict
    assert sum(law.weight for law in made.laws.values()) == pytest.approx(1)


def test_neither_the_unit_nor_cycles_left_out_change_a_rate() -> None:
    n = np.arange(1.0, 31.0)
    q = 2 - 0.01 * n + correlated(np.random.default_rng(2), 30, 0.5, 0.01)
    one, thousand = fade(n, q, 1).laws["geometric"], fade(n, 1000 * q, 1).laws["geometric"]
    assert one.rate == pytest.approx(thousand.rate, rel=1e-6)
    assert one.interval == pytest.approx(thousand.interval, rel=1e-5)
    spoilt, used = q.copy(), np.ones(30, dtype=bool)
    spoilt[[7, 19]], used[[7, 19]] = 0.3, False
    masked, cut = fade(n, spoilt, 1, used=used), fade(n[used], q[used], 1)
    assert masked.laws["linear"] == cut.laws["linear"]
    assert 8 not in masked.cycles


@pytest.mark.parametrize(
    ("n", "q", "baseline", "says"),
    [
        ([1, 2, 3, 4, 5], [1.0] * 5, 1, "5 cycles from the baseline on: too few"),
        ([1, 2, 3, 4, 5, 6], [1.0] * 6, 9, "baseline: 9 is not among the cycles used"),
        ([1, 2, 2, 4, 5, 6], [1.0] * 6, 1, "do not rise"),
        ([1, 2, 3, 4, 5, 6], [1.0, 1.0, float("nan"), 1.0, 1.0, 1.0], 1, "the first in cycle 3"),
        ([1, 2, 3, 4, 5, 6], [1.0, 1.0, 1.0, 0.0, 1.0, 1.0], 1, "the first in cycle 4"),
        ([1, 2, 3], [1.0] * 4, 1, "3 cycles and 4 capacities"),
    ],
)
def test_bad_input_is_named(n: list[int], q: list[float], baseline: int, says: str) -> None:
    with pytest.raises(AnalysisError, match=says):
        fade(n, q, baseline)


# --- Which cycles, and what is lost -----------------------------------------------------------------------------------


def test_the_longest_run_at_one_current() -> None:
    formation_then_rate = [0.1, 0.1, 0.1, 0.5, 0.5, 1.0, 1.0, 1.01, 1.0, 0.1]
    assert np.flatnonzero(one_current(formation_then_rate)).tolist() == [5, 6, 7, 8]
    # The other half's current changes within that run.
    other = [0.1] * 7 + [0.2] * 3
    assert np.flatnonzero(one_current(formation_then_rate, other)).tolist() == [0, 1, 2]
    # An unknown current ends a run; a half of which none is known does not count.
    assert np.flatnonzero(one_current([1.0, np.nan, 1.0, 1.0], [np.nan] * 4)).tolist() == [2, 3]
    assert one_current([np.nan, np.nan]).all()
    assert np.flatnonzero(one_current([-1.0, -1.0, 2.0])).tolist() == [0, 1]


def test_irreversible_capacity_leaves_out_and_names_what_is_not_whole() -> None:
    made = irreversible(
        [1, 2, 3, 5, 6],
        [2.0, 1.5, np.nan, 1.4, 1.4],
        [1.2, 1.4, 1.3, 1.35, 0.2],
        uncertainties=([3e-3] * 5, [4e-3] * 5),
        whole=[True, True, True, True, False],
    )
    assert made.charge == pytest.approx(0.8 + 0.1 + 0.05)
    assert made.uncertainty == pytest.approx(5e-3 * math.sqrt(3))
    assert (made.cycles, made.missing) == (3, (3, 4, 6))
    assert irreversible([1], [2.0], [1.5], uncertainties=([np.nan], [1e-3])).uncertainty is None
    with pytest.raises(AnalysisError, match="no cycle is whole"):
        irreversible([1], [np.nan], [1.0])


# --- The knee ---------------------------------------------------------------------------------------------------------


def test_a_knee_is_found_where_it_is_whatever_the_unit() -> None:
    n = np.arange(1.0, 81.0)
    generator = np.random.default_rng(4)
    places, covered = [], 0
    for _ in range(10):
        q = 2 - 0.001 * n - 0.006 * np.maximum(n - 50.5, 0) + correlated(generator, 80, 0.5, 0.004)
        made = knee(n, q)
        assert made.cycle is not None
        assert made.interval is not None
        places.append(made.cycle)
        covered += made.interval[0] <= 50.5 <= made.interval[1]
        assert made.before == pytest.approx(0.001 / 1.95, rel=0.5)
        assert made.after == pytest.approx(0.007 / 1.95, rel=0.2)
    assert np.mean(places) == pytest.approx(50.5, abs=0.7)
    # 85 to 95 % in larger simulations; five of ten would be three standard deviations below 90 %.
    assert covered > 5
    scaled = knee(n, 1000 * q)
    assert (scaled.cycle, scaled.probability) == (pytest.approx(made.cycle), made.probability)


@pytest.mark.parametrize("shape", ["geometric", "square root", "linear", "parabola"])
def test_a_smooth_fade_has_no_knee(shape: str) -> None:
    # 5 % of 12 series is 0.6 ± 0.8; four would be beyond three standard deviations.
    n = np.arange(1.0, 61.0)
    x = (n - 1) / 60
    curve = {
        "geometric": np.exp(-0.25 * x),
        "square root": 1 - 0.1 * np.sqrt(x),
        "linear": 1 - 0.1 * x,
        "parabola": 1 - 0.03 * x - 0.07 * x**2,
    }[shape]
    generator = np.random.default_rng(6)
    found = [knee(n, 2 * curve + correlated(generator, 60, rho, 0.004)).cycle for rho in [0.0, 0.5, 0.9] * 4]
    assert sum(cycle is not None for cycle in found) < 4


def test_a_knee_that_is_not_looked_for_says_why() -> None:
    n = np.arange(1.0, 2 * EACH_SIDE)
    few = knee(n, 2 - 0.01 * n)
    assert few.cycle is None
    assert "19 cycles are too few" in few.statement
    n = np.arange(1.0, 51.0)
    slowing = knee(n, 2 - 0.1 * np.sqrt(n - 1))
    assert slowing.cycle is None
    assert slowing.probability is None
    with pytest.raises(AnalysisError, match="no cycle is used"):
        knee(n, n, used=np.zeros(50, dtype=bool))


def test_the_contest_is_least_squares_by_brute_force() -> None:
    n = np.arange(1.0, 31.0)
    q = 1 - 0.002 * n - 0.004 * np.maximum(n - 17, 0) + correlated(np.random.default_rng(8), 30, 0.4, 0.003)
    contest = _Contest(n, 1e-12)
    (lead,), (rival,) = contest.run(q[:, None])

    def criterion(design: Array, free: int) -> float:
        best = -np.inf
        for rho in contest.correlations:
            triangle = np.linalg.cholesky(rho ** np.abs(n[:, None] - n[None, :]))
            white, y = np.linalg.solve(triangle, design), np.linalg.solve(triangle, q)
            squares = float(np.linalg.lstsq(white, y, rcond=None)[1][0])
            best = max(best, -15 * math.log(squares / 30) - float(np.sum(np.log(np.diag(triangle)))))
        return 2 * free - 2 * best + 2 * free * (free + 1) / (30 - free - 1)

    smooth = [criterion(design, design.shape[1] + 2) for design in contest.rivals]
    broken = [criterion(np.column_stack([np.ones(30), n, np.abs(n - place)]), 6) for place in contest.inner]
    assert lead == pytest.approx(min(smooth) - min(broken), rel=1e-6)
    assert rival == int(np.argmin(smooth))


# --- What lies ahead --------------------------------------------------------------------------------------------------


def test_the_band_grows_and_ends_where_it_was_not_tested() -> None:
    n = np.arange(5.0, 65.0)
    q = 2 * (1 - 0.002 * (n - 5)) + correlated(np.random.default_rng(9), 60, 0.5, 0.005)
    ahead = forecast(n, q, 5)
    assert (ahead.last, ahead.limit) == (64, 123)
    low, middle, high = ahead.band([65, 80, 100, 123])
    assert (np.diff(high - low) > 0).all()
    assert ((low < middle) & (middle < high)).all()
    truth = 2 * (1 - 0.002 * np.array([60.0, 75, 95, 118]))
    assert ((low < truth) & (truth < high)).all()
    for cycle in (64, 124):
        with pytest.raises(AnalysisError, match="from 65 to 123"):
            ahead.band(cycle)


def test_bands_hold_if_fade_goes_on_as_it_did() -> None:
    # 95 % of 12 is 11.4 ± 0.8; below 9 is beyond three standard deviations.
    generator, n, held = np.random.default_rng(10), np.arange(1.0, 31.0), 0
    for _ in range(12):
        every = np.arange(1.0, 61.0)
        q = 2 * 0.999 ** (every - 1) + correlated(generator, 60, 0.6, 0.004)
        low, _, high = forecast(n, q[:30], 1).band(59)
        held += bool(low[0] <= q[58] <= high[0])
    assert held >= 9


def test_when_a_retention_is_reached() -> None:
    n = np.arange(1.0, 61.0)
    q = 2 * (1 - 0.002 * (n - 1)) + np.random.default_rng(12).normal(0, 0.002, 60)
    ahead = forecast(n, q, 1)
    # 1 - 0.002 m = 0.8 at m = 100, which is cycle 101.
    made = ahead.reaches(0.8)
    # The other laws and shorter parts of the cycles have a say, so the middle is not the line's.
    assert made.cycle == pytest.approx(101, abs=10)
    assert made.cycle is not None
    assert made.earliest is not None
    goal = 0.8 * q[0]
    for cycle, at in ((made.earliest, 0), (made.cycle, 1)):
        before, there = ahead.band([cycle - 1, cycle])[at]
        assert there <= goal < before
    assert made.latest is None
    assert ahead.band(119)[2][0] > goal
    seen = ahead.reaches(0.95)
    assert seen.measured
    assert seen.cycle == int(n[np.argmax(q <= 0.95 * q[0])])
    far = ahead.reaches(0.5)
    assert (far.cycle, far.latest) == (None, None)
    assert "not before cycle 119" in far.statement
    with pytest.raises(AnalysisError, match="is not a retention"):
        ahead.reaches(80)


# --- A cell -----------------------------------------------------------------------------------------------------------


def cell(sample: Sample, second: list[float], first: float = 2.2) -> CellFade:
    signs, hours = ([-1, 1], [1, -1])[sample.configuration is Configuration.FULL], []
    for capacity in second:
        hours += [first, capacity]
    table = square_wave(signs * len(second), hours, sample=sample)
    return module.analyse(cycling.analyse(table))


def results(made: CellFade) -> dict[str, object]:
    return {result.name: result for result in summarise(made)}


def test_a_half_cell_and_a_full_cell_are_told_in_their_own_words() -> None:
    capacities = [2 * 0.99**m for m in range(10)]
    half, full = cell(HALF, capacities), cell(FULL, capacities)
    assert half.fade is not None
    assert half.fade.laws["geometric"].rate == pytest.approx(0.01, rel=1e-6)
    assert half.lost is not None
    assert half.lost.charge == pytest.approx(22 - sum(capacities))
    needed = "mean coulombic efficiency that the retention needs"
    assert needed not in results(half)
    assert results(full)[needed].value == pytest.approx(99.0)  # type: ignore[attr-defined]
    words = {kind: dict(methods(made)) for kind, made in (("half", half), ("full", full))}
    assert "the lithium electrode replaces" in words["half"]["Fade per cycle"]
    assert "lost for good" in words["full"]["Fade per cycle"]
    assert "replace" not in words["full"]["Fade per cycle"]


def test_too_few_cycles_leave_every_number_out_with_the_reason() -> None:
    made = cell(FULL, [2.0, 1.9, 1.8])
    assert made.fade is None
    assert all(result.value is None and "too few" in str(result.reason) for result in summarise(made))


def test_real_checks_every_sixteenth_cycle_by_hand(real: Real) -> None:
    # A cell whose every sixteenth cycle is slow. fastnda's own columns give 0.262533 mAh of discharge in cycle 16 and
    # 0.062425 mAh in cycle 160, 144 cycles apart: ln(0.062425 / 0.262533) / 144 = -0.0099751, so 0.99255 % a cycle.
    sample = Sample(name="nw4", configuration=Configuration.FULL)
    made = cycling.analyse(read(real("cycler_neware/nw4-120-1-6-53.ndax"), sample=sample))
    n = made.cycles["Cycle / 1"].to_numpy()
    q = made.cycles["Discharge Capacity / mAh"].to_numpy()
    slow = (n % 16 == 0) & (n <= 160)
    found = fade(n, q, 16, used=slow)
    assert found.cycles == tuple(range(16, 161, 16))
    assert found.end_to_end == pytest.approx(0.0099255, abs=2e-7)
    # It falls fast, then slowly: no law holds, and that is said.
    assert "residuals drift" in found.verdict


def test_innovations_are_what_the_cycle_before_does_not_foretell() -> None:
    made = innovations(np.array([1.0, 3.0, 2.0]), 0.5, np.array([1.0, 2.0]))
    assert made.tolist() == [1.0, 2.5, 1.25]
