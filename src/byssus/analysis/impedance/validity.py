"""Whether a spectrum is one of a linear, causal cell that stood still: the linear test of Kramers and Kronig.

A spectrum that obeys the relations is reproduced by a chain of RC elements whose time constants are given (Boukamp, J.
Electrochem. Soc. 142 (1995) 1885, doi 10.1149/1.2044210); what it leaves over is what does not obey them.  Their number
decides: too few leave over what is sound, too many follow the noise.  Schönleber, Klotz and Ivers-Tiffée (Electrochim. Acta
131 (2014) 20, doi 10.1016/j.electacta.2014.01.034) stop where negative resistances grow (μ ≤ 0.85); on real spectra that
can happen with four elements and 7 % left over (for other rules see Yrjänä and Bobacka, Electrochim. Acta 504 (2024) 144951,
doi 10.1016/j.electacta.2024.144951).  Here the number with the least error of points left out is taken: the generalised
cross-validation of Golub, Heath and Wahba (Technometrics 21 (1979) 215).  μ is reported beside it.

The test sees drift, bad leads and wrong numbers.  It hardly sees non-linearity, since an amplitude that is too large changes
an arc without breaking the relations; `lost_to_amplitude` tells how much that can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from scipy.linalg import lstsq

from byssus.analysis.impedance.spectrum import Array, Complex, Flags, Spectrum
from byssus.findings import Finding
from byssus.physics.constants import FARADAY, GAS_CONSTANT, ZERO_CELSIUS
from byssus.quantity import Quantity, convert, dimension

Verdict = Literal["passes", "passes in part", "fails", "not tested"]

#: Residuals that hang together may reach this share of |Z|; a rule of thumb, 1 to 2 % are in use.
LIMIT: Final = 0.01
#: Or this many standard errors of their mean, for spectra that are noisier.
_SURE = 4.0
#: Neighbours over which residuals are averaged for that, and over which their scatter is taken.
_TOGETHER, _AROUND = 5, 17
#: A point is an outlier this many standard deviations away, and no less than this share of |Z|.
_OUTLIER, _LEAST_OUTLIER = 5.0, 0.005
#: At most this share of the points are called outliers; with more, the spectrum is in question and not they.
_MOST_OUTLIERS = 0.1
#: Time constants reach half a decade beyond 1/ω at either end: what begins there shows within (Yrjänä and Bobacka search
#: up to a decade either way; the half is a choice).
EXTENSION: Final = 0.5
#: Most elements a decade of time constants: with four, arcs, constant-phase elements and diffusion are met within 2e-4 of
#: |Z|; with more, a chain follows what is wrong with a spectrum (seen on real ones that fail).
_MOST_A_DECADE = 4
#: Numbers of elements to either side that are tried again with some points left out.
_NEAR = 4
#: Fewest points and decades of a test, and of a part that passes where the whole does not.
_FEWEST, _FEWEST_DECADES = 10, 1.0
_LEAST_PART, _PART_DECADES = 0.5, 2.0
#: A part that passes is looked for by leaving out so many points at a time.
_STEP = 2


@dataclass(frozen=True)
class Validity:
    """What the test of Kramers and Kronig says of a spectrum; arrays are in the order of the points given.

    Parameters
    ----------
    verdict
        ``passes``; ``passes in part``: the points of `sound` do; ``fails``; ``not tested``.
    reason
        What was seen, with the numbers.
    elements
        Number of RC elements.
    mu
        Schönleber's μ = 1 − Σ|R < 0| / Σ|R ≥ 0|: near 1 for few elements, small for too many.
    noise
        Standard deviation of a part of a point that is sound, as a share of |Z|.
    chi_square
        Boukamp's pseudo χ², Σ |Z − fit|² / |Z|², over the points tested.
    fitted
        Impedance of the chain at all points.
    residual
        (Z − fit)/|Z|.
    outlier
        Points far off the chain that their neighbours follow.
    sound
        Points that passed: no outliers, and within the part that passes.
    """

    verdict: Verdict
    reason: str
    elements: int
    mu: float | None
    noise: float | None
    chi_square: float | None
    fitted: Complex
    residual: Complex
    outlier: Flags
    sound: Flags


@dataclass(frozen=True)
class _Chain:
    """A chain of RC elements that was fitted to points."""

    time_constants: Array
    values: Array
    residual: Complex
    #: Parts (real, imaginary) of the points less what was fitted.
    freedom: int
    score: float

    @property
    def noise(self) -> float:
        return float(np.sqrt(np.sum(np.abs(self.residual) ** 2) / self.freedom))

    def impedance(self, omega: Array) -> Complex:
        return np.asarray(_columns(omega, self.time_constants) @ self.values)


def validity(
    frequency: Array,
    impedance: Complex,
    *,
    use: Flags | None = None,
    elements: int | None = None,
    extension: float = EXTENSION,
) -> Validity:
    """Test a spectrum by the relations of Kramers and Kronig.

    Equation
        Z = R₀ + jωL + 1/(jωC) + Σ R_k / (1 + jωτ_k), R₀, L, 1/C and R_k of either sign, fitted to both parts by linear least
        squares with weights 1/|Z|²
    Validity
        An impedance that stays finite beyond the frequencies measured, but for one inductance and one capacitance; not a
        cell with a negative resistance held at constant voltage, whose admittance would have to be tested.

    Parameters
    ----------
    frequency
        In Hz, in any order.
    impedance
        In Ω.
    use
        Which points to test; all by default.
    elements
        Number of RC elements; by default the one that cross-validation prefers.
    extension
        Decades by which the time constants reach beyond 1/ω of the frequencies.

    Examples
    --------
    An RC arc passes.  Had the cell's resistance grown by a tenth meanwhile, its slow points would not belong to the rest:

    >>> f = np.logspace(4, -1, 51)
    >>> arc = 10 + 100 / (1 + 2j * np.pi * f * 1e-2)
    >>> found = validity(f, arc)
    >>> found.verdict, bool(found.noise < 1e-4)
    ('passes', True)
    >>> validity(f, arc * (1 + 0.1 * np.linspace(0, 1, 51) ** 4)).verdict
    'passes in part'
    >>> validity(f, arc.conj()).verdict
    'fails'
    """
    frequency, impedance = np.asarray(frequency, dtype=float), np.asarray(impedance, dtype=complex)
    order = np.argsort(-frequency, kind="stable")
    use = np.ones(len(frequency), dtype=bool) if use is None else np.asarray(use, dtype=bool)
    places = order[use[order]]
    omega, z = 2 * np.pi * frequency[places], impedance[places]
    decades = float(np.log10(omega[0] / omega[-1])) if len(omega) else 0.0
    if len(places) < _FEWEST or decades < _FEWEST_DECADES:
        return _untested(len(frequency), f"{len(places)} points over {decades:.1f} decades are too few to test")

    outlier, whole = _outliers(omega, z, elements, extension)
    first, last, chain, astray = _part(omega, z, outlier, whole, elements, extension)
    inside = np.zeros(len(places), dtype=bool)
    inside[first:last] = True
    if chain is None:
        verdict: Verdict = "fails"
        chain = whole
        inside[:] = False
    else:
        verdict = "passes" if last - first == len(places) else "passes in part"
    tested = ~outlier if verdict == "fails" else inside & ~outlier
    all_omega = 2 * np.pi * frequency
    with np.errstate(divide="ignore", invalid="ignore"):
        fitted = chain.impedance(all_omega)
        residual = (impedance - fitted) / np.abs(impedance)
    flags = np.zeros((2, len(frequency)), dtype=bool)
    flags[0, places], flags[1, places] = outlier, inside & ~outlier
    resistances = chain.values[3:]
    above = float(resistances[resistances >= 0].sum())
    return Validity(
        verdict=verdict,
        reason=_reason(verdict, omega, first, last, chain.noise, astray, int(outlier.sum())),
        elements=len(chain.time_constants),
        mu=1 + float(resistances[resistances < 0].sum()) / above if above else None,
        noise=chain.noise if verdict != "fails" else None,
        chi_square=float(np.sum(np.abs(residual[places][tested]) ** 2)),
        fitted=fitted,
        residual=residual,
        outlier=flags[0],
        sound=flags[1],
    )


def checked(
    spectrum: Spectrum, conditions: Mapping[str, Quantity] | None = None
) -> tuple[Spectrum, Validity, tuple[Finding, ...]]:
    """Test a spectrum; return it with what did not pass marked, and what is to be said of it.

    Parameters
    ----------
    conditions
        Of the table (`Metadata.conditions`); for the excitation's amplitude.
    """
    found = validity(spectrum.frequency, spectrum.impedance, use=spectrum.used)
    marked = spectrum.marked(found.outlier, "outlier")
    if found.verdict == "passes in part":
        marked = marked.marked(~found.sound, "not in the part that passes Kramers and Kronig")
    return marked, found, (*_said(spectrum, found), *_hints(spectrum, conditions or {}))


def lost_to_amplitude(amplitude: float, temperature: float = 298.15) -> float:
    """Return by how much a charge-transfer resistance appears too small because the excitation is not small, as a share.

    Equation
        1 − R/R₀ = 1 − (x/2) / (2 I₁(x/2)) · 2, with x = F ΔE / (R T)
    Symbols
        ΔE amplitude from zero to peak, all of it across the charge transfer [V]; I₁ modified Bessel function
    Validity
        Butler and Volmer with both transfer coefficients 0.5.  An upper bound: the electrolyte, films and the double layer
        take their part of ΔE.
    Source
        First harmonic of 2 i₀ sinh(x sin(ωt)/2), by the expansion of exp(a sin θ) in Bessel functions (Abramowitz and
        Stegun, 9.6.35).

    Examples
    --------
    >>> [round(100 * lost_to_amplitude(each), 1) for each in (0.005, 0.010, 0.020)]
    [0.1, 0.5, 1.9]
    """
    from scipy.special import iv

    half = FARADAY * amplitude / (2 * GAS_CONSTANT * temperature)
    return float(1 - half / (2 * iv(1, half)))


def _hints(spectrum: Spectrum, conditions: Mapping[str, Quantity]) -> Iterator[Finding]:
    """Say what points to a cell that changed meanwhile, and to an excitation that is not small."""
    peak = None
    for name, times in (("excitation amplitude", 1.0), ("excitation amplitude, rms", np.sqrt(2.0))):
        if name in conditions and dimension(conditions[name].unit) == dimension("V"):
            peak = convert(conditions[name].value, conditions[name].unit, "V") * times
    if peak is None:
        return
    temperature = spectrum.along.get("Ambient Temperature / degC", 25.0) + ZERO_CELSIUS
    lost = lost_to_amplitude(peak, temperature)
    if lost > LIMIT:
        yield Finding(
            "impedance-amplitude",
            f"spectrum {spectrum.number}: with {1000 * peak:.3g} mV from zero to peak a charge-transfer resistance appears "
            f"up to {100 * lost:.1f} % too small",
        )
    if spectrum.drift is not None and spectrum.drift > peak:
        yield Finding(
            "impedance-drift",
            f"spectrum {spectrum.number}: the mean voltage moved over {1000 * spectrum.drift:.3g} mV, the excitation has "
            f"{1000 * peak:.3g} mV",
        )


def _said(spectrum: Spectrum, found: Validity) -> Iterator[Finding]:
    about = f"spectrum {spectrum.number}: {found.reason}"
    if found.verdict in ("fails", "passes in part"):
        yield Finding("impedance-invalid", about)
    elif found.verdict == "not tested":
        yield Finding("impedance-untested", about)
    if found.outlier.any():
        at = ", ".join(f"{value:.4g}" for value in spectrum.frequency[found.outlier])
        off = f"{100 * np.abs(found.residual[found.outlier]).max():.1f} %"
        said = f"the points at {at} Hz lie up to {off} off their neighbours"
        if found.outlier.sum() == 1:
            said = f"the point at {at} Hz lies {off} off its neighbours"
        yield Finding("impedance-points", f"spectrum {spectrum.number}: {said}")


def _reason(verdict: Verdict, omega: Array, first: int, last: int, noise: float, astray: float, outliers: int) -> str:
    but = f", but for {outliers} outlier{'s' if outliers > 1 else ''}" if outliers else ""
    if verdict == "fails":
        return (
            f"it breaks the relations of Kramers and Kronig: residuals hang together up to {100 * astray:.1f} % of |Z|, and "
            "no part of half its points does better"
        )
    f = omega / (2 * np.pi)
    if verdict == "passes":
        return f"it obeys the relations of Kramers and Kronig within {100 * noise:.2g} % of |Z|{but}"
    ends = []
    if last < len(f):
        ends.append(f"below {f[last - 1]:.3g} Hz it does not, as where a cell changes while slow points are taken")
    if first > 0:
        ends.append(f"above {f[first]:.3g} Hz it does not, as by leads, the reference electrode or the instrument")
    return (
        f"from {f[first]:.3g} to {f[last - 1]:.3g} Hz it obeys the relations of Kramers and Kronig within {100 * noise:.2g} % "
        f"of |Z|{but}; {'; '.join(ends)} (up to {100 * astray:.1f} %)"
    )


def _untested(count: int, reason: str) -> Validity:
    nothing, none = np.full(count, np.nan + 0j), np.zeros(count, dtype=bool)
    return Validity("not tested", reason, 0, None, None, None, nothing, nothing, none, none)


def _columns(omega: Array, time_constants: Array) -> Complex:
    """Return what R₀, L, 1/C and each RC element of 1 Ω add to the impedance."""
    s = 1j * omega
    return np.column_stack([np.ones_like(s), s, 1 / s, 1 / (1 + s[:, None] * time_constants)])


def _chain(omega: Array, z: Complex, elements: int, extension: float) -> _Chain:
    """Fit a chain of so many elements."""
    time_constants = np.geomspace(10**-extension / omega.max(), 10**extension / omega.min(), elements)
    size = np.abs(z)
    weighted = _columns(omega, time_constants) / size[:, None]
    design = np.vstack([weighted.real, weighted.imag])
    scale = np.linalg.norm(design, axis=0)
    b = z / size
    # Rank-revealing QR: neighbouring elements are nearly alike.
    x, _, rank, _ = lstsq(
        design / scale, np.concatenate([b.real, b.imag]), cond=1e-12, lapack_driver="gelsy", check_finite=False
    )
    values = x / scale
    residual = b - weighted @ values
    freedom = 2 * len(z) - int(rank)
    square = float(np.sum(np.abs(residual) ** 2))
    return _Chain(time_constants, values, residual, max(freedom, 1), square / freedom**2 if freedom > 0 else np.inf)


def _best(omega: Array, z: Complex, elements: int | None, extension: float, like: _Chain | None = None) -> _Chain:
    """Fit the chain that cross-validation prefers, (Σ r²)/(N − p)² at its least.

    With a few points less than for the chain `like`, numbers of elements near its own are enough to try.
    """
    if elements is not None:
        return _chain(omega, z, elements, extension)
    decades = np.log10(omega.max() / omega.min()) + 2 * extension
    counts = range(2, max(2, min(len(omega), int(_MOST_A_DECADE * decades))) + 1)
    if like is not None:
        near = len(like.time_constants)
        counts = range(max(2, min(near - _NEAR, counts[-1])), min(near + _NEAR, counts[-1]) + 1)
    return min((_chain(omega, z, count, extension) for count in counts), key=lambda chain: chain.score)


def _outliers(omega: Array, z: Complex, elements: int | None, extension: float) -> tuple[Flags, _Chain]:
    """Return the points that lie far off the chain that their neighbours follow, and the chain of the others.

    The farthest is taken out first; with too many of them the spectrum is in question, and none is.
    """
    out = np.zeros(len(z), dtype=bool)
    first = chain = _best(omega, z, elements, extension)
    while True:
        keep = ~out
        size = np.abs(chain.residual)
        # Of the modulus of two normal parts the median is 1.177 standard deviations.
        spread = _running_median(size) / 1.177 * np.sqrt(2 * keep.sum() / chain.freedom)
        # One outlier pulls its neighbours' residuals along: only one that stands above both of them is one.
        before, after = np.r_[0.0, size[:-1]], np.r_[size[1:], 0.0]
        far = np.where((size > 2 * before) & (size > 2 * after), size / np.maximum(spread, 1e-300), 0.0)
        far[size < _LEAST_OUTLIER] = 0.0
        worst = int(np.argmax(far))
        if far[worst] < _OUTLIER:
            return out, chain
        out[np.flatnonzero(keep)[worst]] = True
        if out.sum() > _MOST_OUTLIERS * len(z):
            return np.zeros(len(z), dtype=bool), first
        chain = _best(omega[~out], z[~out], elements, extension, chain)


def _running_median(values: Array) -> Array:
    half = min(_AROUND, len(values) - (1 - len(values) % 2)) // 2
    padded = np.pad(values, half, mode="reflect") if half else values
    return np.asarray(np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1), axis=1))


def _astray(residual: Complex) -> tuple[Array, Array]:
    """Return how far residuals hang together around each point, and how far they may; shares of |Z|."""
    together = np.ones(_TOGETHER) / _TOGETHER
    parts = np.stack([residual.real, residual.imag])
    mean = np.stack([np.convolve(np.pad(part, _TOGETHER // 2, mode="reflect"), together, "valid") for part in parts])
    steps = np.abs(np.diff(parts, axis=1))
    # Steps between neighbours do not know of what changes slowly; the median of |N(0, 2σ²)| is 0.954 σ.
    scatter = np.stack([_running_median(np.r_[part, part[-1]]) / 0.954 for part in steps])
    # Few steps give a rough number: that of all points is the least.
    scatter = np.maximum(scatter, np.median(steps, axis=1, keepdims=True) / 0.954)
    allowed = np.maximum(LIMIT, _SURE * scatter / np.sqrt(_TOGETHER))
    worst = np.argmax(np.abs(mean) / allowed, axis=0)
    every = np.arange(residual.size)
    return np.abs(mean)[worst, every], allowed[worst, every]


def _part(
    omega: Array, z: Complex, outlier: Flags, whole: _Chain, elements: int | None, extension: float
) -> tuple[int, int, _Chain | None, float]:
    """Return the first and last point of the part that passes, its chain, and how far astray the whole was.

    Points are left out at the end that is worse until the rest passes; None if too little is left by then.
    """
    first, last, chain = 0, len(z), whole
    astray = float(_astray(whole.residual)[0].max())
    while True:
        far, allowed = _astray(chain.residual)
        over = far / allowed
        if over.max() <= 1:
            return first, last, chain, astray
        middle = len(over) // 2
        if over[:middle].max() > over[middle:].max():
            first += _STEP
        else:
            last -= _STEP
        keep = np.flatnonzero(~outlier[first:last]) + first
        few = len(keep) < max(_FEWEST, _LEAST_PART * len(z))
        if few or np.log10(omega[keep[0]] / omega[keep[-1]]) < _PART_DECADES:
            return 0, 0, None, astray
        chain = _best(omega[keep], z[keep], elements, extension, chain)
