"""The 27 non-linear problems of NIST's Statistical Reference Datasets, with certified answers.

Source: NIST Standard Reference Database 140 (StRD), non-linear regression; the certified
values are given to eleven digits, found in 128-bit arithmetic from analytic derivatives.
The models are written as each file's header prints them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from byssus.errors import ReadError

Array = NDArray[np.float64]

_PI = np.pi


def _gauss(x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float, b8: float) -> Array:
    peaks = b3 * np.exp(-((x - b4) ** 2) / b5**2) + b6 * np.exp(-((x - b7) ** 2) / b8**2)
    return np.asarray(b1 * np.exp(-b2 * x) + peaks)


def _lanczos(x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float) -> Array:
    return np.asarray(b1 * np.exp(-b2 * x) + b3 * np.exp(-b4 * x) + b5 * np.exp(-b6 * x))


def _cubic_ratio(x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float) -> Array:
    return np.asarray((b1 + b2 * x + b3 * x**2 + b4 * x**3) / (1 + b5 * x + b6 * x**2 + b7 * x**3))


def _enso(
    x: Array, b1: float, b2: float, b3: float, b4: float, b5: float, b6: float, b7: float, b8: float, b9: float
) -> Array:
    year, first, second = 2 * _PI * x / 12, 2 * _PI * x / b4, 2 * _PI * x / b7
    return np.asarray(
        b1
        + b2 * np.cos(year)
        + b3 * np.sin(year)
        + b5 * np.cos(first)
        + b6 * np.sin(first)
        + b8 * np.cos(second)
        + b9 * np.sin(second)
    )


MODELS: dict[str, Callable[..., Any]] = {
    "Bennett5": lambda x, b1, b2, b3: b1 * (b2 + x) ** (-1 / b3),
    "BoxBOD": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Chwirut1": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "Chwirut2": lambda x, b1, b2, b3: np.exp(-b1 * x) / (b2 + b3 * x),
    "DanWood": lambda x, b1, b2: b1 * x**b2,
    "ENSO": _enso,
    "Eckerle4": lambda x, b1, b2, b3: b1 / b2 * np.exp(-0.5 * ((x - b3) / b2) ** 2),
    "Gauss1": _gauss,
    "Gauss2": _gauss,
    "Gauss3": _gauss,
    "Hahn1": _cubic_ratio,
    "Kirby2": lambda x, b1, b2, b3, b4, b5: (b1 + b2 * x + b3 * x**2) / (1 + b4 * x + b5 * x**2),
    "Lanczos1": _lanczos,
    "Lanczos2": _lanczos,
    "Lanczos3": _lanczos,
    "MGH09": lambda x, b1, b2, b3, b4: b1 * (x**2 + x * b2) / (x**2 + x * b3 + b4),
    "MGH10": lambda x, b1, b2, b3: b1 * np.exp(b2 / (x + b3)),
    "MGH17": lambda x, b1, b2, b3, b4, b5: b1 + b2 * np.exp(-x * b4) + b3 * np.exp(-x * b5),
    "Misra1a": lambda x, b1, b2: b1 * (1 - np.exp(-b2 * x)),
    "Misra1b": lambda x, b1, b2: b1 * (1 - (1 + b2 * x / 2) ** -2.0),
    "Misra1c": lambda x, b1, b2: b1 * (1 - (1 + 2 * b2 * x) ** -0.5),
    "Misra1d": lambda x, b1, b2: b1 * b2 * x / (1 + b2 * x),
    # Its response is the logarithm of what the file lists.
    "Nelson": lambda x, b1, b2, b3: b1 - b2 * x[0] * np.exp(-b3 * x[1]),
    "Rat42": lambda x, b1, b2, b3: b1 / (1 + np.exp(b2 - b3 * x)),
    "Rat43": lambda x, b1, b2, b3, b4: b1 / (1 + np.exp(b2 - b3 * x)) ** (1 / b4),
    "Roszman1": lambda x, b1, b2, b3, b4: b1 - b2 * x - np.arctan(b3 / (x - b4)) / _PI,
    "Thurber": _cubic_ratio,
}


@dataclass(frozen=True)
class Problem:
    """One data set with its two starts and its certified answer."""

    name: str
    x: Array
    y: Array
    starts: tuple[Array, Array]
    values: Array
    errors: Array

    @property
    def names(self) -> list[str]:
        """The parameters' names, b1 and on."""
        return [f"b{number}" for number in range(1, len(self.values) + 1)]


def load(folder: Path, name: str) -> Problem:
    """Read one problem from its file.

    Raises
    ------
    ReadError
        If the file is not laid out as NIST lays them out.
    """
    path = folder / f"{name}.dat"
    text = path.read_text(encoding="ascii")
    rows = re.findall(r"^\s*b\d+ =\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s*$", text, re.MULTILINE)
    block = re.search(r"\(lines (\d+) to (\d+)\)\s*$", text.split("Procedure")[0].strip())
    if not rows or block is None:
        raise ReadError("is not laid out as a NIST StRD file", file=path)
    first, last = int(block[1]), int(block[2])
    data = np.array([line.split() for line in text.splitlines()[first - 1 : last]], dtype=float)
    table = np.array(rows, dtype=float)
    y = np.log(data[:, 0]) if name == "Nelson" else data[:, 0]
    x = data[:, 1:].T if name == "Nelson" else data[:, 1]
    return Problem(name, x, y, (table[:, 0], table[:, 1]), table[:, 2], table[:, 3])


def digits(found: Array, certified: Array) -> float:
    """Return how many digits of the worst value agree: −log₁₀ of the relative error, at most 11.

    Source: McCullough, Am. Stat. 52 (1998) 358, doi:10.1080/00031305.1998.10480600 (log relative error).
    """
    error = np.max(np.abs(np.asarray(found) - certified) / np.abs(certified))
    return 11.0 if error == 0 else float(min(11.0, -np.log10(error)))
