"""The fitting core against certified answers, exact arithmetic and known truths."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byssus.fitting import Data, Parameter, fit, fit_line, fit_linear, group_mean
from byssus.validation import nist
from byssus.validation.page import Comparison, Page

Array = NDArray[np.float64]

#: Relative errors that six and four certified digits allow, and three for Lanczos1, whose residuals of 1e-13 its data
#: as 64-bit floats do not hold to more.
PARAMETERS, ERRORS, LANCZOS1 = 1e-6, 1e-4, 1e-3
DRAWS = 1000


def compare(folder: Path) -> Page:
    """Compare every part of the fitting core with a truth of its own."""
    return Page(
        title="Fitting",
        introduction=(
            "Non-linear: the 27 problems of NIST's Statistical Reference Datasets from both of their starts, against the "
            "certified values; the difference is the largest relative error. Linear: against rational arithmetic without "
            "rounding. Coverage: how far the share of 95 % intervals that hold the truth is from 95 %, over "
            f"{DRAWS} draws."
        ),
        comparisons=[*_nist(folder / "nist_strd"), *_linear(), *_york(), *_coverage()],
        remarks=[
            "Lanczos1 was made without noise: its residuals are 1e-13 of its values. At the fitted parameters, the sum of "
            "squares of the data as 64-bit floats differs from the certified one by 9e-4 even in 80-bit arithmetic, so no "
            "more than 3.4 digits of its standard errors can be had from the file.",
        ],
    )


def certified_errors(name: str, start: int, folder: Path) -> tuple[float, float]:
    """Fit one NIST problem; return the largest relative error of its parameters and of their standard errors."""
    problem = nist.load(folder, name)
    parameters = [Parameter(label, value) for label, value in zip(problem.names, problem.starts[start], strict=True)]
    result = fit(Data(nist.MODELS[name], problem.x, problem.y), parameters)
    values = np.array([result.values[label] for label in problem.names])
    errors = np.array([result[label].error or np.nan for label in problem.names])
    return (
        float(np.max(np.abs(values / problem.values - 1))),
        float(np.max(np.abs(errors / problem.errors - 1))),
    )


def _nist(folder: Path) -> Iterator[Comparison]:
    for name in nist.MODELS:
        for start in (0, 1):
            parameters, errors = certified_errors(name, start, folder)
            count = len(nist.load(folder, name).values)
            truth = "NIST certified"
            yield Comparison(f"{name}, start {start + 1}", "parameters", truth, count, parameters, PARAMETERS, "")
            allowed = LANCZOS1 if name == "Lanczos1" else ERRORS
            yield Comparison(f"{name}, start {start + 1}", "standard errors", truth, count, errors, allowed, "")


#: Polynomials on 0 … n−1 or elsewhere: name, abscissae, coefficients.
POLYNOMIALS: dict[str, tuple[Array, list[float]]] = {
    "Wampler1 (y = Σ xᵏ, degree 5)": (np.arange(21.0), [1.0] * 6),
    "Wampler2 (y = Σ (x/10)ᵏ, degree 5)": (np.arange(21.0), [10.0**-k for k in range(6)]),
    "degree 9 on 0 to 20": (np.arange(21.0), [1.0] * 10),
    "degree 4 on 100 to 101, noisy": (np.linspace(100.0, 101.0, 25), [1.0] * 5),
    "degree 10 on −9 to −3, noisy (as Filip)": (np.linspace(-9.0, -3.0, 82), [0.1] * 11),
}


def exact_solution(design: Array, y: Array) -> tuple[list[Fraction], Fraction, list[Fraction]]:
    """Solve a least-squares problem of the very floats given, without rounding.

    Returns the coefficients, the sum of squared residuals and the diagonal of (AᵀA)⁻¹.
    """
    a = [[Fraction(value) for value in row] for row in design.tolist()]
    b = [Fraction(value) for value in y.tolist()]
    free = len(a[0])
    normal = [[sum((row[i] * row[j] for row in a), Fraction()) for j in range(free)] for i in range(free)]
    right = [sum((row[i] * value for row, value in zip(a, b, strict=True)), Fraction()) for i in range(free)]
    augmented = [[*normal[i], right[i], *(Fraction(int(i == j)) for j in range(free))] for i in range(free)]
    for pivot in range(free):
        scale = augmented[pivot][pivot]
        augmented[pivot] = [value / scale for value in augmented[pivot]]
        for other in range(free):
            if other != pivot and augmented[other][pivot]:
                factor = augmented[other][pivot]
                augmented[other] = [
                    value - factor * above for value, above in zip(augmented[other], augmented[pivot], strict=True)
                ]
    solution = [row[free] for row in augmented]
    residuals = [
        value - sum((part * c for part, c in zip(row, solution, strict=True)), Fraction())
        for row, value in zip(a, b, strict=True)
    ]
    return solution, sum((r * r for r in residuals), Fraction()), [augmented[i][free + 1 + i] for i in range(free)]


def polynomial(name: str) -> tuple[Array, Array]:
    """Return design and data of one of `POLYNOMIALS`; a fixed disturbance makes the noisy ones' residuals."""
    x, coefficients = POLYNOMIALS[name]
    design = np.vander(x, len(coefficients), increasing=True)
    y = design @ np.array(coefficients)
    if "noisy" in name:
        y = y + 1e-3 * np.max(np.abs(y)) * np.cos(37.0 * np.arange(len(x)))
    return design, y


def linear_errors(name: str) -> tuple[float, float]:
    """Return the largest relative error of coefficients and standard errors of one of `POLYNOMIALS`."""
    design, y = polynomial(name)
    result = fit_linear(design, y)
    solution, squares, diagonal = exact_solution(design, y)
    values = max(
        abs(float(Fraction(found) / true - 1)) for found, true in zip(result.values.tolist(), solution, strict=True)
    )
    variance = float(squares) / (len(y) - len(solution))
    if variance < 1e-20 * float(np.var(y)):
        return values, 0.0
    errors = max(
        abs(found / sqrt(variance * float(true)) - 1)
        for found, true in zip(result.errors.tolist(), diagonal, strict=True)
    )
    return values, errors


def _linear() -> Iterator[Comparison]:
    for name, (_, coefficients) in POLYNOMIALS.items():
        values, errors = linear_errors(name)
        truth, count = "rational arithmetic", len(coefficients)
        yield Comparison(name, "coefficients", truth, count, values, 1e-12, "")
        yield Comparison(name, "standard errors", truth, count, errors, 1e-6, "")


#: Pearson's data with York's weights: x, y, weights of x and of y.
#: Source: York, Can. J. Phys. 44 (1966) 1079, doi:10.1139/p66-090, table II.
PEARSON = (
    np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4]),
    np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5]),
    np.array([1000.0, 1000.0, 500.0, 800.0, 200.0, 80.0, 60.0, 20.0, 1.8, 1.0]),
    np.array([1.0, 1.8, 4.0, 8.0, 20.0, 20.0, 70.0, 70.0, 100.0, 500.0]),
)
#: Source: York et al., Am. J. Phys. 72 (2004) 367, doi:10.1119/1.1632486, table I: slope, intercept and their errors.
YORK_2004 = (-0.48053340745, 5.4799102240, 0.057985, 0.29497)


def _york() -> Iterator[Comparison]:
    x, y, wx, wy = PEARSON
    line = fit_line(x, y, x_error=wx**-0.5, y_error=wy**-0.5, errors="known")
    slope, intercept, slope_error, intercept_error = YORK_2004
    truth = "York et al. 2004"
    for quantity, ours, theirs, allowed in (
        ("slope", line.slope, slope, 1e-10),
        ("intercept", line.intercept, intercept, 1e-9),
        ("error of the slope", line.slope_error, slope_error, 1e-5),
        ("error of the intercept", line.intercept_error, intercept_error, 2e-5),
    ):
        yield Comparison("Pearson's data with York's weights", quantity, truth, 1, abs(ours / theirs - 1), allowed, "")


def coverage(name: str, draws: int = DRAWS, seed: int = 20260101) -> float:
    """Return the share of 95 % intervals that hold the truth, over draws of one of `COVERED`."""
    return float(np.mean([COVERED[name](np.random.default_rng([seed, draw])) for draw in range(draws)]))


def _line_holds(generator: np.random.Generator) -> bool:
    x = np.linspace(0, 1, 8)
    low, high = fit_line(x, 1 + 2 * x + 0.1 * generator.standard_normal(8)).slope_interval()
    return bool(low <= 2.0 <= high)


def _decay(t: Array, a: float, k: float, c: float) -> Array:
    return np.asarray(a * np.exp(-k * t) + c)


def _decay_holds(generator: np.random.Generator) -> bool:
    t = np.linspace(0, 5, 25)
    y = _decay(t, 3.0, 0.8, 0.5) + 0.05 * generator.standard_normal(25)
    result = fit(Data(_decay, t, y), [Parameter("a", 2.0), Parameter("k", 1.0), Parameter("c", 0.1)])
    low, high = result.wald("k")
    return bool(low <= 0.8 <= high)


def _circuit(omega: Array, r0: float, r1: float, tau: float) -> NDArray[Any]:
    return np.asarray(r0 + r1 / (1 + 1j * omega * tau))


def _circuit_holds(generator: np.random.Generator) -> bool:
    omega = 2 * np.pi * np.logspace(4, -1, 30)
    exact = _circuit(omega, 5.0, 20.0, 0.01)
    noise = generator.standard_normal(30) + 1j * generator.standard_normal(30)
    data = Data(_circuit, omega, exact + 0.01 * np.abs(exact) * noise, error=0.01 * np.abs(exact))
    parameters = [Parameter("r0", 4.0), Parameter("r1", 10.0), Parameter("tau", 0.02)]
    low, high = fit(data, parameters, errors="known").wald("tau")
    return bool(low <= 0.01 <= high)


def _nested_holds(generator: np.random.Generator) -> bool:
    sizes = (1, 2, 3, 5)
    group = {
        str(at): 10 + generator.standard_normal() + 0.7 * generator.standard_normal(size)
        for at, size in enumerate(sizes)
    }
    interval = group_mean({name: cells.tolist() for name, cells in group.items()}).interval
    return bool(interval is not None and interval[0] <= 10 <= interval[1])


COVERED: dict[str, Callable[[np.random.Generator], bool]] = {
    "slope of a line, 8 points": _line_holds,
    "rate of a decay with offset, 25 points": _decay_holds,
    "time constant of an impedance arc, 30 frequencies, known errors": _circuit_holds,
    "mean of 4 electrodes with 1, 2, 3 and 5 cells": _nested_holds,
}


def _coverage() -> Iterator[Comparison]:
    for name in COVERED:
        share = coverage(name)
        yield Comparison(
            name, f"coverage of 95 % intervals: {share:.1%}", "the truth drawn from", DRAWS, abs(share - 0.95), 0.02, ""
        )
