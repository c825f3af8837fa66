"""The fitting core: certified answers, known truths, words for what is not known, and bad input by name."""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from byssus.errors import FitError
from byssus.fitting import Data, Fit, Parameter, bootstrap, compare, fit, fit_line, fit_linear, group_mean, propagate
from byssus.fitting.residuals import runs
from byssus.validation import fitting as validation
from byssus.validation import nist

Real = Callable[[str], Path]
T = np.linspace(0.0, 5.0, 40)


def decay(t, a, k):  # type: ignore[no-untyped-def]
    return a * np.exp(-k * t)


def noisy(scale: float = 0.05, seed: int = 0, points: int = 40) -> np.ndarray:  # type: ignore[type-arg]
    return decay(np.linspace(0, 5, points), 3.0, 0.8) + scale * np.random.default_rng(seed).standard_normal(points)


def decay_fit(**options: object) -> Fit:
    return fit(Data(decay, T, noisy()), [Parameter("a", 1.0), Parameter("k", 0.3)], **options)  # type: ignore[arg-type]


# --- certified and exact answers


@pytest.mark.parametrize("start", [0, 1])
@pytest.mark.parametrize("name", list(nist.MODELS))
def test_nist(real: Real, name: str, start: int) -> None:
    folder = real(f"nist_strd/{name}.dat").parent
    values, errors = validation.certified_errors(name, start, folder)
    assert values <= 1e-6
    # Lanczos1's residuals are 1e-13: its data as 64-bit floats hold three digits of its errors.
    assert errors <= (1e-3 if name == "Lanczos1" else 1e-4)


def test_there_are_27_nist_problems() -> None:
    assert len(nist.MODELS) == 27


@pytest.mark.parametrize("name", list(validation.POLYNOMIALS))
def test_linear_regression_against_rational_arithmetic(name: str) -> None:
    values, errors = validation.linear_errors(name)
    assert values <= 1e-12
    assert errors <= 1e-6


def test_rational_arithmetic_agrees_with_fifty_digits() -> None:
    design, y = validation.polynomial("degree 4 on 100 to 101, noisy")
    exact, _, _ = validation.exact_solution(design, y)
    with decimal.localcontext(decimal.Context(prec=50)):
        a = [[decimal.Decimal(value) for value in row] for row in design.tolist()]
        b = [decimal.Decimal(value) for value in y.tolist()]
        size = len(a[0])
        rows = [
            [sum(row[i] * row[j] for row in a) for j in range(size)]
            + [sum(r[i] * v for r, v in zip(a, b, strict=True))]
            for i in range(size)
        ]
        for p in range(size):
            rows[p] = [value / rows[p][p] for value in rows[p]]
            for o in range(size):
                if o != p:
                    rows[o] = [value - rows[o][p] * above for value, above in zip(rows[o], rows[p], strict=True)]
        for row, true in zip(rows, exact, strict=True):
            assert (
                abs(float(row[-1] / (decimal.Decimal(true.numerator) / decimal.Decimal(true.denominator))) - 1) < 1e-12
            )


@pytest.mark.parametrize("name", list(validation.COVERED))
def test_intervals_cover_the_truth(name: str) -> None:
    assert 0.93 <= validation.coverage(name) <= 0.97


def test_a_line_with_errors_in_both_coordinates() -> None:
    assert [comparison for comparison in validation._york() if not comparison.holds] == []


# --- what a fit returns


def test_covariance_is_the_analytic_one_for_a_line() -> None:
    x, y = np.arange(10.0), 1 + 2 * np.arange(10.0) + np.random.default_rng(1).standard_normal(10)
    general = fit(Data(lambda x, b, m: b + m * x, x, y), [Parameter("b", 0.0), Parameter("m", 1.0)])
    reference = stats.linregress(x, y)
    assert general["m"].value == pytest.approx(reference.slope, rel=1e-10)
    assert general["m"].error == pytest.approx(reference.stderr, rel=1e-8)
    assert general["b"].error == pytest.approx(reference.intercept_stderr, rel=1e-8)
    ours = fit_line(x, y)
    assert (ours.slope, ours.slope_error) == pytest.approx((reference.slope, reference.stderr))
    assert ours.slope_interval()[1] - ours.slope == pytest.approx(stats.t.ppf(0.975, 8) * reference.stderr)
    # The band at the centre of the data is t·s/√n, a textbook identity.
    low, high = general.band(np.array([4.5]))
    assert (high - low)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 8) * general.scale / math.sqrt(10), rel=1e-6)
    low, high = general.band(np.array([4.5]), new=True)
    assert (high - low)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 8) * general.scale * math.sqrt(1.1), rel=1e-6)
    low, high = ours.band([4.5])
    assert (high - low)[0] / 2 == pytest.approx(stats.t.ppf(0.975, 8) * ours.scale / math.sqrt(10), rel=1e-9)


def test_profile_and_wald_agree_where_the_model_is_linear() -> None:
    x, y = np.arange(10.0), 1 + 2 * np.arange(10.0) + np.random.default_rng(1).standard_normal(10)
    for errors in ("relative", "known"):
        data = Data(lambda x, b, m: b + m * x, x, y, error=np.full(10, 0.7))
        result = fit(data, [Parameter("b", 0.0), Parameter("m", 1.0)], errors=errors)  # type: ignore[arg-type]
        assert result.interval("m") == pytest.approx(result.wald("m"), rel=1e-6)


def test_the_profile_is_where_chi_square_has_risen_by_the_threshold() -> None:
    result = decay_fit()
    threshold = stats.t.ppf(0.975, result.degrees_of_freedom) ** 2 * result.scale**2
    for k in result.interval("k"):
        # a minimises out linearly: the remaining χ² is found without any fit.
        shape = np.exp(-k * T)
        y = noisy()
        rest = y - shape * (shape @ y) / (shape @ shape)
        assert float(rest @ rest) - result.chi_square == pytest.approx(threshold, rel=1e-4)


def test_known_errors_are_taken_at_their_word() -> None:
    relative = fit(Data(decay, T, noisy(), error=5.0), [Parameter("a", 1.0), Parameter("k", 0.3)])
    known = fit(Data(decay, T, noisy(), error=5.0), [Parameter("a", 1.0), Parameter("k", 0.3)], errors="known")
    assert relative["k"].error == pytest.approx(decay_fit()["k"].error, rel=1e-6)
    assert known["k"].error == pytest.approx(relative["k"].error / relative.scale, rel=1e-6)  # type: ignore[operator]


def test_information_criteria_by_hand() -> None:
    result = decay_fit()
    n, rss = 40, result.chi_square
    log_likelihood = -n / 2 * (math.log(2 * math.pi * rss / n) + 1)
    assert result.log_likelihood == pytest.approx(log_likelihood)
    assert result.information["AIC"] == pytest.approx(6 - 2 * log_likelihood)
    assert result.information["AICc"] == pytest.approx(6 - 2 * log_likelihood + 24 / 36)
    assert result.information["BIC"] == pytest.approx(3 * math.log(40) - 2 * log_likelihood)
    sigma = np.full(40, 0.05)
    known = fit(Data(decay, T, noisy(), error=sigma), [Parameter("a", 1.0), Parameter("k", 0.3)], errors="known")
    expected = stats.norm.logpdf(noisy(), decay(T, known["a"].value, known["k"].value), sigma).sum()
    assert known.log_likelihood == pytest.approx(expected)


def test_residual_tests_tell_a_right_model_from_a_wrong_one() -> None:
    right = decay_fit().residual_tests
    assert right["runs"] is not None
    assert right["runs"] > 0.05
    assert right["normality"] == pytest.approx(stats.shapiro(decay_fit().residuals[0]).pvalue)
    wrong = fit(Data(lambda t, a, b: a + b * t, T, noisy()), [Parameter("a", 1.0), Parameter("b", 0.0)])
    assert wrong.residual_tests["runs"] is not None
    assert wrong.residual_tests["runs"] < 1e-3
    # By hand: 6 plus, 6 minus in 2 runs; μ = 7, σ² = 6·5/11, z = 5/1.651.
    assert runs([np.array([1.0] * 6 + [-1.0] * 6)]) == pytest.approx(2 * stats.norm.sf(5 / math.sqrt(30 / 11)))
    assert runs([np.array([1.0, -1.0])]) is None


def test_complex_data_count_twice_and_weigh_alike() -> None:
    omega = np.logspace(-1, 4, 20)

    def arc(omega, r0, r1, tau):  # type: ignore[no-untyped-def]
        return r0 + r1 / (1 + 1j * omega * tau)

    z = arc(omega, 5.0, 20.0, 0.01) * (1 + 1e-3 * np.cos(np.arange(20)))
    parameters = [Parameter("r0", 1.0), Parameter("r1", 1.0), Parameter("tau", 0.1, lower=0.0)]
    both = fit(Data(arc, omega, z), parameters)

    def stacked(omega, r0, r1, tau):  # type: ignore[no-untyped-def]
        value = arc(omega, r0, r1, tau)
        return np.concatenate([value.real, value.imag])

    split = fit(Data(stacked, omega, np.concatenate([z.real, z.imag])), parameters)
    assert both.degrees_of_freedom == 37
    for name in ("r0", "r1", "tau"):
        assert both[name].value == pytest.approx(split[name].value, rel=1e-9)
        assert both[name].error == pytest.approx(split[name].error, rel=1e-6)
    # Complex errors weigh the parts apart.
    weighted = fit(Data(arc, omega, z, error=np.full(20, 1.0 + 1e3j)), parameters)
    real_only = fit(Data(lambda w, r0, r1, tau: arc(w, r0, r1, tau).real, omega, z.real), parameters)
    assert weighted["r1"].value == pytest.approx(real_only["r1"].value, rel=1e-4)


def test_data_sets_share_parameters() -> None:
    a, b = Data(decay, T, noisy(), name="first"), Data(decay, T, 2 * noisy(seed=1), name="second", names={"a": "a2"})
    result = fit([a, b], [Parameter("a", 1.0), Parameter("a2", 1.0), Parameter("k", 0.3)])
    assert result["a2"].value == pytest.approx(6.0, rel=0.03)
    assert result["k"].error < decay_fit()["k"].error  # type: ignore[operator]
    assert result.statements == ()


def test_fixed_and_tied_parameters() -> None:
    fixed = fit(Data(decay, T, noisy()), [Parameter("a", 3.0, fixed=True), Parameter("k", 0.3)])
    assert (fixed["a"].value, fixed["a"].error, fixed["a"].state) == (3.0, None, "fixed")
    tied = fit(Data(decay, T, noisy()), [Parameter("a", tied=lambda values: 3.75 * values["k"]), Parameter("k", 0.3)])
    assert tied["a"].value == pytest.approx(3.75 * tied["k"].value)  # type: ignore[operator]
    assert tied["a"].state == "tied"
    assert tied.free == ("k",)


def test_given_derivatives_give_the_same_answer() -> None:
    def slopes(t, a, k):  # type: ignore[no-untyped-def]
        return {"a": np.exp(-k * t), "k": -a * t * np.exp(-k * t)}

    given = fit(Data(decay, T, noisy(), derivatives=slopes), [Parameter("a", 1.0), Parameter("k", 0.3)])
    plain = decay_fit()
    assert given["k"].value == pytest.approx(plain["k"].value, rel=1e-8)
    assert given["k"].error == pytest.approx(plain["k"].error, rel=1e-8)


@pytest.mark.parametrize("loss", ["huber", "soft_l1", "cauchy", "arctan"])
def test_a_robust_loss_shrugs_off_outliers(loss: str) -> None:
    y = noisy()
    y[[5, 17, 30]] += 3.0
    parameters = [Parameter("a", 2.5), Parameter("k", 0.7)]
    robust = fit(Data(decay, T, y), parameters, loss=loss, loss_scale=0.1)  # type: ignore[arg-type]
    plain = fit(Data(decay, T, y), parameters)
    assert abs(robust.values["k"] - 0.8) < 0.5 * abs(plain.values["k"] - 0.8)
    assert abs(robust.values["k"] - 0.8) < 4 * robust["k"].error  # type: ignore[operator]


def test_the_sandwich_is_the_plain_covariance_where_nothing_is_robust() -> None:
    # Far inside Huber's corner every residual is squared; the sandwich then differs only by its weighing of leverage.
    huge = decay_fit(loss="huber", loss_scale=1e6)
    assert huge["k"].error == pytest.approx(decay_fit()["k"].error, rel=0.4)


def test_the_sandwich_covers() -> None:
    held = 0
    for seed in range(300):
        y = noisy(seed=seed)
        result = fit(Data(decay, T, y), [Parameter("a", 2.5), Parameter("k", 0.7)], loss="soft_l1", loss_scale=0.05)
        low, high = result.wald("k")
        held += low <= 0.8 <= high
    assert 0.90 <= held / 300 <= 0.985


def test_many_starts_find_the_global_minimum() -> None:
    # A frequency has a minimum near each multiple; the given start sits in a wrong one.
    y = np.sin(3.0 * T)
    model = Data(lambda t, w: np.sin(w * t), T, y + 0.01 * np.cos(50 * T))
    parameters = [Parameter("w", 0.5, lower=0.1, upper=10.0)]
    assert abs(fit(model, parameters).values["w"] - 3.0) > 0.5
    found = fit(model, parameters, starts=40, seed=3)
    assert found["w"].value == pytest.approx(3.0, abs=0.01)
    tried, reached, seed = found.starts
    assert (tried, seed) == (40, 3)
    assert 1 <= reached < 40
    assert fit(model, parameters, starts=40, seed=3).values == found.values


# --- what the data do not determine


@pytest.mark.parametrize(
    ("model", "word", "value"),
    [
        (lambda t, p, q: p * q * t, "product", 6.0),
        (lambda t, p, q: p / q * t, "ratio", 1.5),
        (lambda t, p, q: (p + q) * t, "sum", 5.0),
        (lambda t, p, q: (p - q) * t, "difference", 1.0),
    ],
)
def test_pairs_that_the_data_know_only_together(model: Callable[..., object], word: str, value: float) -> None:
    rng = np.random.default_rng(0)
    y = value * T + 0.01 * rng.standard_normal(40)
    result = fit(Data(model, T, y), [Parameter("p", 3.1), Parameter("q", 1.9)])
    assert len(result.statements) == 1
    assert result.statements[0].startswith(f"p and q are determined only as their {word}, ")
    assert float(result.statements[0].split(", ")[1].split(" ± ")[0]) == pytest.approx(value, rel=1e-2)
    assert (result["p"].value, result["p"].error, result["p"].state) == (None, None, "undetermined")
    assert result["p"].reason == result.statements[0]
    with pytest.raises(FitError, match="p: has no value"):
        _ = result.values
    with pytest.raises(FitError, match="p: has no interval"):
        result.interval("p")
    # The curve itself is known, and so is its band.
    assert result.predict(np.array([2.0]))[0] == pytest.approx(2 * value, rel=1e-2)
    low, high = result.band(np.array([2.0]))
    assert 0 < (high - low)[0] < 0.05


def test_a_parameter_without_effect_and_a_triple() -> None:
    idle = fit(
        Data(lambda t, a, b: a * t + 0 * b, T, 2 * T + 0.01 * np.cos(9 * T)), [Parameter("a", 1.0), Parameter("b", 1.0)]
    )
    assert idle.statements == ("b is not determined by these data: they do not depend on it",)
    assert idle["a"].value == pytest.approx(2.0, rel=1e-2)
    assert idle["a"].error is not None
    three = fit(
        Data(lambda t, a, b, c, d: a * b * c * t + d, T, 2 * T + 1 + 0.01 * np.cos(9 * T)),
        [Parameter(name, 1.1) for name in "abcd"],
    )
    assert all(three[name].value is None for name in "abc")
    assert three["d"].value == pytest.approx(1.0, rel=2e-2)
    assert len(three.statements) == 2


def test_a_fit_on_a_bound_says_so() -> None:
    result = fit(Data(decay, T, noisy()), [Parameter("a", 1.0), Parameter("k", 0.3, upper=0.5, unit="1/s")])
    assert result["k"].value == 0.5
    assert (result["k"].error, result["k"].state) == (None, "at bound")
    assert result.statements[0] == "k ended on its upper bound, 0.5 1/s: without it the fit would go further"
    with pytest.raises(FitError, match="has no interval"):
        result.wald("k")
    # The other parameter scatters as if the bound were a fixed value.
    fixed = fit(Data(decay, T, noisy()), [Parameter("a", 1.0), Parameter("k", 0.5, fixed=True)])
    assert result["a"].error == pytest.approx(fixed["a"].error, rel=1e-6)


def test_a_time_constant_that_the_data_do_not_bound() -> None:
    # A drift so slow that the data cannot tell its time constant from infinity.
    t = np.linspace(0, 1, 30)
    y = 1 - np.exp(-t / 500.0) + 3e-3 * np.random.default_rng(2).standard_normal(30)

    def rise(t, tau):  # type: ignore[no-untyped-def]
        return 1 - np.exp(-t / tau)

    result = fit(Data(rise, t, y), [Parameter("tau", 100.0, lower=1e-3)])
    low, high = result.interval("tau")
    assert math.isinf(high)
    assert 50 < low < 1000
    assert "tau is not bounded above by these data (95 % profile)" in result.statements


def test_parameters_that_are_hardly_told_apart() -> None:
    t = np.linspace(0, 0.2, 30)
    y = decay(t, 3.0, 0.8) - 3.0 + 0.01 * np.random.default_rng(4).standard_normal(30)
    result = fit(Data(lambda t, a, k: a * (np.exp(-k * t) - 1), t, y), [Parameter("a", 2.0), Parameter("k", 1.0)])
    assert any("a and k are hardly told apart" in text and "product" in text for text in result.statements)


def test_data_sets_that_contradict_one_another() -> None:
    first = Data(decay, T, noisy(), name="run 1")
    second = Data(decay, T, decay(T, 3.0, 1.1) + 0.05 * np.random.default_rng(8).standard_normal(40), name="run 2")
    for errors, sigma in (("relative", None), ("known", 0.05)):
        pair = [Data(part.model, part.x, part.y, error=sigma, name=part.name) for part in (first, second)]
        result = fit(pair, [Parameter("a", 2.0), Parameter("k", 0.5)], errors=errors)  # type: ignore[arg-type]
        assert any(text.startswith("run 1 and run 2 contradict one another on k") for text in result.statements)


def test_a_local_minimum_does_not_pass_as_an_interval() -> None:
    model = Data(lambda t, w, a: a * np.sin(w * t), T, np.sin(3.0 * T) + 0.2 * np.cos(50 * T))
    stuck = fit(model, [Parameter("w", 0.5, lower=0.1, upper=10.0), Parameter("a", 1.0)])
    with pytest.raises(FitError, match=r"w: its profile found a lower χ² .* local minimum; fit again with more starts"):
        stuck.interval("w")


def test_no_degree_of_freedom_is_said() -> None:
    data = Data(lambda x, b, m: b + m * x, [0.0, 1.0], [1.0, 3.0], error=[0.1, 0.1])
    result = fit(data, [Parameter("b", 0.0), Parameter("m", 1.0)], errors="known")
    assert result.values == pytest.approx({"b": 1.0, "m": 2.0})
    assert result.statements == (
        "as many parameters as values: the model passes through the data and cannot be tested by them",
    )


def test_as_many_parameters_as_values_need_not_pass_through_them() -> None:
    # A slope of 2 would pass; with 1.5 at most, each value is missed by half of what is left, 2.5 of its errors.
    line = Data(lambda x, b, m: b + m * x, [0.0, 1.0], [1.0, 3.0], error=[0.1, 0.1])
    free = [Parameter("b", 0.0), Parameter("m", 1.0, upper=1.5)]
    # What stops just before its bound still counts as free, and what stands on it does not.
    short, held = (fit(line, free, errors="known", tolerance=each) for each in (1e-4, 1e-15))
    (said,) = short.statements
    assert said == (
        "as many parameters as values, and yet the model misses them by up to 2.5 of their standard errors; "
        "m stands near an end of the range and cannot go further"
    )
    assert (held.degrees_of_freedom, held.statements) == (
        1,
        ("m ended on its upper bound, 1.5: without it the fit would go further",),
    )
    # A square cannot fall, with any number.
    rising = Data(lambda x, b, m: b**2 + m**2 * x, [0.0, 1.0], [1.0, 0.5], error=[0.1, 0.1])
    (said,) = fit(rising, [Parameter("b", 0.7), Parameter("m", 1.0)], errors="known").statements
    assert said.endswith("by up to 2.5 of their standard errors, and no values of the parameters near these fit better")


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(1e-6, 1e6), unit=st.floats(1e-9, 1e9))
def test_scaling_the_data_scales_the_answer(factor: float, unit: float) -> None:
    base = decay_fit()
    scaled = fit(
        Data(lambda t, a, k: decay(t * unit, a, k / unit), T / unit, factor * noisy()),
        [Parameter("a", factor), Parameter("k", 0.3 * unit)],
    )
    assert scaled.values["a"] == pytest.approx(base.values["a"] * factor, rel=1e-6)
    assert scaled["k"].error == pytest.approx(base["k"].error * unit, rel=1e-5)  # type: ignore[operator]


# --- bad input: named, and no number

GOOD = [Parameter("a", 1.0), Parameter("k", 0.3)]


@pytest.mark.parametrize(
    ("data", "parameters", "message"),
    [
        (Data(decay, T, np.where(T > 3, np.nan, noisy()), name="run 7"), GOOD, "run 7: y holds 16 values that are not finite, the first at place 24"),
        (Data(decay, np.where(T > 3, np.inf, T), noisy()), GOOD, "data: x holds 16 values"),
        (Data(decay, T, noisy(), error=0.0), GOOD, "data: has 1 errors that are not above zero"),
        (Data(decay, T, noisy(), error=np.where(T > 4, -1.0, 1.0)), GOOD, "has 8 errors that are not above zero"),
        (Data(decay, T, noisy(), error=np.ones(3)), GOOD, "has 3 errors for 40 values"),
        (Data(decay, T, noisy(), x_error=0.1), GOOD, "data: has errors in x; give the errors of y too"),
        (Data(decay, T, noisy(), error=0.1, x_error=0.0), GOOD, "40 errors of x that are not above zero"),
        (Data(decay, T, noisy(), error=1j * np.ones(40)), GOOD, "complex errors for real values"),
        (Data(decay, T[:-1], noisy()), GOOD, "x has 39 values and y has 40"),
        (Data(decay, T[:2], noisy()[:2]), GOOD, "2 values cannot determine 2 parameters and their scatter"),
        (Data(decay, [], []), GOOD, "y is empty"),
        (Data(decay, T, ["a"] * 40), GOOD, "no array of numbers"),
        (Data(lambda t, a, k: 1.0, T, noisy()), GOOD, r"the model gives values of shape \(\)"),
        (Data(lambda t, a, k: 1j * t, T, noisy()), GOOD, "complex values for real data"),
        (Data(lambda t, a, k: np.log(a - 5) * t, T, noisy()), GOOD, "40 values that are not finite at the start"),
        (Data(decay, T, noisy()), [*GOOD, Parameter("a", 1.0)], "a: is given twice"),
        (Data(decay, T, noisy()), GOOD[:1], "takes 'k', which is not among the parameters"),
        (Data(decay, T, noisy()), [*GOOD, Parameter("c", 1.0)], "c: is taken by no model"),
        (Data(decay, T, noisy(), names={"q": "a"}), GOOD, "the model has no argument 'q'"),
        (Data(decay, T, noisy()), [GOOD[0], Parameter("k", 2.0, upper=1.0)], "k: 2.0 lies outside its bounds"),
        (Data(decay, T, noisy()), [GOOD[0], Parameter("k", 2.0, lower=3.0, upper=1.0)], "k: has bounds that leave nothing"),
        (Data(decay, T, noisy()), [GOOD[0], Parameter("k")], "k: nan is not a start"),
        (Data(decay, T, noisy()), [GOOD[0], Parameter("k", 1.0, scale=0.0)], "k: 0.0 is not a scale"),
        (Data(decay, T, noisy()), [Parameter("a", 1.0, fixed=True), Parameter("k", 1.0, fixed=True)], "no parameter is free"),
        (Data(decay, T, noisy()), [Parameter("a", 1.0, fixed=True, tied=lambda v: 1.0), GOOD[1]], "a: is both fixed and tied"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value")
def test_bad_input_is_named(data: Data, parameters: list[Parameter], message: str) -> None:
    with pytest.raises(FitError, match=message) as caught:
        fit(data, parameters)
    assert "\n" not in str(caught.value)


def test_bad_options_are_named() -> None:
    with pytest.raises(FitError, match="loss: 'lineal' is not a loss"):
        decay_fit(loss="lineal")
    with pytest.raises(FitError, match="starts: 0 is not a number of starts"):
        decay_fit(starts=0)
    with pytest.raises(FitError, match="level: 95 is not a level"):
        decay_fit().interval("k", 95)
    with pytest.raises(FitError, match="q: was not fitted"):
        decay_fit().interval("q")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_line([1, 1, 1], [1, 2, 3]), "all points share one x"),
        (lambda: fit_line([1, 2], [1, 2, 3]), "x has 2 values and y has 3"),
        (lambda: fit_line([1, 2], [1, 2]), "2 values cannot determine 2 coefficients and their scatter"),
        (lambda: fit_line([1, 2, np.nan], [1, 2, 3]), "x holds 1 values that are not finite"),
        (lambda: fit_line([1, 2, 3], [1, 2, np.inf]), "y holds 1 values that are not finite"),
        (lambda: fit_line([1, 2, 3], [1, 2, 3], y_error=[1, 0, 1]), "1 errors are not above zero"),
        (lambda: fit_line([1, 2, 3], [1, 2, 3], x_error=1.0), "is needed beside x_error"),
        (lambda: fit_line([1, 2, 3], [1, 2, 3], x_error=0.0, y_error=1.0), "x_error: 3 errors are not above zero"),
        (lambda: fit_line([1, 2, 3], [1, 2, 3], x_error=1.0, y_error=1.0, correlation=1.0), "not a correlation"),
        (lambda: fit_linear([[1, 2], [2, 4], [3, 6]], [1, 2, 3]), "b1: is a combination of the columns before it"),
        (lambda: fit_linear([1, 2], [1, 2]), r"the design has shape \(2,\)"),
        (lambda: propagate(lambda a: a, {"a": (1.0, -1.0)}), "a: .* is not a value with an uncertainty"),
        (lambda: propagate(lambda a: np.log(a), {"a": (0.0, 1.0)}), "not finite for .* of 20000 draws"),
        (lambda: propagate(lambda a, b: a, {"a": (0.0, 1.0), "b": (0.0, 1.0)}, correlation={("a", "b"): 1.5}), "cannot hold together"),
        (lambda: bootstrap([1.0, 2.0], np.mean), "2 values are too few"),
        (lambda: bootstrap([1.0, 1.0, 1.0], np.mean), "all values are the same"),
        (lambda: group_mean({}), "the group holds no value"),
        (lambda: group_mean({"A": [1.0, np.nan]}), "not finite"),
        (lambda: compare([1.0], [1.0, 2.0]), "first: has one value"),
        (lambda: compare([1.0, 1.0], [2.0, 2.0]), "replicates, or copies"),
        (lambda: compare([1.0, 2.0], [2.0, 2.5], method="bootstrap"), "first: has 2 electrodes, too few"),
    ],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_bad_input_of_the_others_is_named(call: Callable[[], object], message: str) -> None:
    with pytest.raises(FitError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


# --- lines, propagation, groups


def test_orthogonal_distance_does_not_mind_which_axis_is_which() -> None:
    rng = np.random.default_rng(3)
    x = np.arange(10.0) + 0.2 * rng.standard_normal(10)
    y = 2 * np.arange(10.0) + 0.2 * rng.standard_normal(10)
    there, back = fit_line(x, y, x_error=0.2, y_error=0.2), fit_line(y, x, x_error=0.2, y_error=0.2)
    assert there.slope == pytest.approx(1 / back.slope, rel=1e-9)
    # Total least squares by singular values, an independent route to the same line.
    _, _, directions = np.linalg.svd(np.column_stack([x - x.mean(), y - y.mean()]))
    assert there.slope == pytest.approx(directions[0, 1] / directions[0, 0], rel=1e-9)


def test_a_curve_with_errors_in_x_is_yorks_line_where_it_is_one() -> None:
    x, y, wx, wy = validation.PEARSON
    data = Data(lambda x, b, m: b + m * x, x, y, error=wy**-0.5, x_error=wx**-0.5)
    result = fit(data, [Parameter("b", 5.0), Parameter("m", -0.4)], errors="known")
    slope, intercept, _, _ = validation.YORK_2004
    assert result["m"].value == pytest.approx(slope, rel=1e-7)
    assert result["b"].value == pytest.approx(intercept, rel=1e-7)
    line = fit_line(x, y, x_error=wx**-0.5, y_error=wy**-0.5, errors="known")
    assert result.chi_square == pytest.approx(line.chi_square, rel=1e-9)
    assert result["m"].error == pytest.approx(line.slope_error, rel=0.05)


def test_errors_in_x_of_a_curve_cover() -> None:
    held = 0
    t = np.linspace(0.2, 4.0, 30)
    for seed in range(300):
        rng = np.random.default_rng(seed)
        y = decay(t, 3.0, 0.8) + 0.02 * rng.standard_normal(30)
        data = Data(decay, t + 0.04 * rng.standard_normal(30), y, error=0.02, x_error=0.04)
        low, high = fit(data, [Parameter("a", 2.0), Parameter("k", 0.5)], errors="known").wald("k")
        held += low <= 0.8 <= high
    assert 0.92 <= held / 300 <= 0.98


def test_errors_in_x_vanish_into_the_ordinary_line() -> None:
    x, y = np.arange(8.0), 1 + 2 * np.arange(8.0) + 0.3 * np.cos(7 * np.arange(8.0))
    with_x, without = fit_line(x, y, x_error=1e-9, y_error=0.3), fit_line(x, y, y_error=0.3)
    assert with_x.slope == pytest.approx(without.slope, rel=1e-9)
    assert with_x.slope_error == pytest.approx(without.slope_error, rel=1e-3)


def test_attenuation_by_errors_in_x_is_undone() -> None:
    rng = np.random.default_rng(5)
    truth = rng.uniform(0, 10, 4000)
    x, y = truth + rng.standard_normal(4000) * 2, 3 * truth + rng.standard_normal(4000) * 2
    assert fit_line(x, y).slope < 2.3
    assert fit_line(x, y, x_error=2.0, y_error=2.0).slope == pytest.approx(3.0, rel=0.03)


def test_propagation_agrees_with_the_analytic_law() -> None:
    made = propagate(lambda a, b: a * b, {"a": (3.0, 0.3), "b": (2.0, 0.1)}, draws=400_000)
    # Exact for independent normals: u² = (b u_a)² + (a u_b)² + (u_a u_b)².
    assert made.standard_deviation == pytest.approx(math.sqrt(0.6**2 + 0.3**2 + 0.03**2), rel=5e-3)
    assert made.mean == pytest.approx(6.0, rel=1e-3)
    together = propagate(lambda a, b: a - b, {"a": (3.0, 0.3), "b": (2.0, 0.3)}, correlation={("a", "b"): 1.0})
    assert together.standard_deviation == pytest.approx(0.0, abs=1e-6)
    sampled = propagate(lambda a: a, {"a": np.arange(101.0)}, draws=100_000)
    assert sampled.mean == pytest.approx(50.0, rel=0.01)
    assert propagate(lambda a: a, {"a": (0.0, 1.0)}, seed=4) == propagate(lambda a: a, {"a": (0.0, 1.0)}, seed=4)


def test_bootstrap_covers() -> None:
    held = 0
    for seed in range(200):
        sample = np.random.default_rng(seed).exponential(1.0, 30)
        low, high = bootstrap(sample, np.mean, draws=600, seed=seed)
        held += low <= 1.0 <= high
    assert 0.87 <= held / 200 <= 0.98


def test_welch_agrees_with_scipy() -> None:
    a, b = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9], [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0]
    ours, theirs = compare(a, b), stats.ttest_ind(a, b, equal_var=False)
    assert ours.probability == pytest.approx(theirs.pvalue)
    assert ours.degrees_of_freedom == pytest.approx(theirs.df)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval()))


def test_cells_of_one_electrode_are_no_independent_witnesses() -> None:
    nested = {"A": [2.00, 2.02, 2.01], "B": [2.40, 2.42, 2.41], "C": [2.20, 2.22, 2.21]}
    flat = [value for cells in nested.values() for value in cells]
    made = group_mean(nested)
    means = [np.mean(cells) for cells in nested.values()]
    # Balanced: exactly Student's interval of the three electrodes' means.
    low, high = stats.t.interval(0.95, 2, np.mean(means), stats.sem(means))
    assert made.interval == pytest.approx((low, high))
    plain = group_mean(flat)
    assert plain.interval is not None
    assert high - low > 3 * (plain.interval[1] - plain.interval[0])
    assert made.within == pytest.approx(0.01)
    assert made.between == pytest.approx(math.sqrt(0.04 - 0.01**2 / 3), rel=1e-6)
    assert made.reservation is None


def test_what_an_interval_cannot_hold_is_said() -> None:
    assert group_mean([2.0]).interval is None
    assert group_mean([2.0]).reservation == "one cell: nothing is known of any spread"
    one = group_mean({"A": [2.0, 2.1, 2.2]})
    assert one.interval is not None
    assert "nothing of the spread between coatings" in (one.reservation or "")
    assert "cannot be told apart" in (group_mean([2.0, 2.1]).reservation or "")


def test_nested_differences_cover() -> None:
    held = {"Welch": 0, "bootstrap": 0}
    for seed in range(400):
        rng = np.random.default_rng(seed)

        def draw(mean: float, rng: np.random.Generator = rng) -> dict[str, list[float]]:
            return {
                str(at): (mean + rng.standard_normal() + 0.5 * rng.standard_normal(size)).tolist()
                for at, size in enumerate((2, 3, 1, 4, 2, 3, 2, 2))
            }

        a, b = draw(5.0), draw(3.0)
        for method in ("Welch", "bootstrap"):
            low, high = compare(a, b, method=method, draws=400, seed=seed).interval  # type: ignore[arg-type]
            held[method] += low <= 2.0 <= high
    assert 0.92 <= held["Welch"] / 400 <= 0.98
    # Percentiles of eight electrodes are known to be narrow.
    assert 0.85 <= held["bootstrap"] / 400 <= 0.97


def test_an_error_beyond_its_value_is_said_in_its_unit() -> None:
    # The logarithm of a factor near one is near zero: a share of it would say nothing.
    t = np.linspace(0, 0.2, 30)
    y = decay(t, 1.05, 0.95) - 1.05 + 0.01 * np.random.default_rng(4).standard_normal(30)

    def model(t, log_a, log_k):  # type: ignore[no-untyped-def]
        return 10**log_a * (np.exp(-(10**log_k) * t) - 1)

    result = fit(Data(model, t, y), [Parameter("log_a", 0.01, scale=1.0), Parameter("log_k", 0.01, scale=1.0)])
    said = next(text for text in result.statements if "log_a and log_k are hardly told apart" in text)
    error = float(f"{result.estimates['log_a'].error:.2g}")
    assert f"± {error:g} and ± " in said
    assert "%" not in said.rpartition("alone to")[2].rpartition("only to")[2]
