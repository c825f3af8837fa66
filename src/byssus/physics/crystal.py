"""Where a lattice diffracts, and what lattice a reflection tells of.

All functions take floats or NumPy arrays and broadcast.  An angle is 2θ, the one that a diffractometer shows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from byssus.physics.equation import equation
from byssus.physics.limits import above_zero, plain

Array = NDArray[np.float64]
Real = float | Array

#: Wavelength of Cu Kα₁ [m], ± 4.5e-17 m: R. D. Deslattes et al., International Tables for Crystallography C
#: (2006), section 4.2.2, table 4.2.2.6.  Diffractometers without a monochromator add Kα₂, which is 0.25 %
#: longer and splits a reflection at high angles.
COPPER_K_ALPHA_1: Final = 1.54059292e-10


@equation(
    ("m", "angstrom"),
    valid={"two_theta": (np.radians(5.0), np.radians(160.0))},
    two_theta=("rad", "deg"),
    wavelength=("m", "angstrom"),
    order="1",
)
def lattice_spacing(two_theta: Real, wavelength: Real = COPPER_K_ALPHA_1, order: Real = 1.0) -> Real:
    """Spacing of the lattice planes that a reflection comes from.

    Equation
        d = n λ / (2 sin θ)
    Symbols
        2θ angle between the incoming and the diffracted beam [rad], λ wavelength [m], n order of the
        reflection [1], d spacing [m]
    Validity
        0 < 2θ < π.  Monochromatic radiation.  A sample that stands too high or too low by s shifts 2θ by
        −2 s cos θ / R (R goniometer radius), the more the lower the angle, so low angles give d badly.
    Source
        W. H. Bragg, W. L. Bragg, Proc. R. Soc. Lond. A 88 (1913) 428.  Wavelength:
        `COPPER_K_ALPHA_1`.

    Raises
    ------
    ValueError
        If the angle is not between 0 and π, or the wavelength or the order is not above zero.

    Examples
    --------
    The CCL paper's Si (111) at 28.3°; its electron microscope shows 0.31 nm:

    >>> round(1e9 * lattice_spacing(np.radians(28.3)), 4)
    0.3151
    """
    _angle(two_theta)
    above_zero(wavelength=wavelength, order=order)
    return plain(order * wavelength / (2 * np.sin(two_theta / 2)))


@equation(
    ("rad", "deg"),
    spacing=("m", "angstrom"),
    wavelength=("m", "angstrom"),
    order="1",
)
def diffraction_angle(spacing: Real, wavelength: Real = COPPER_K_ALPHA_1, order: Real = 1.0) -> Real:
    """Angle 2θ at which lattice planes diffract.

    Equation
        2θ = 2 arcsin(n λ / (2 d))
    Symbols
        d spacing of the planes [m], λ wavelength [m], n order of the reflection [1], 2θ angle between the
        incoming and the diffracted beam [rad]
    Validity
        n λ ≤ 2 d; planes closer than half the wavelength do not diffract.
    Source
        W. H. Bragg, W. L. Bragg, Proc. R. Soc. Lond. A 88 (1913) 428.

    Raises
    ------
    ValueError
        If an argument is not above zero, or the planes are too close to diffract.

    Examples
    --------
    Silicon of a = 5.431 Å has its (111) at 28.44°; the CCL paper prints 28.3°:

    >>> round(float(np.degrees(diffraction_angle(5.431e-10 / 3**0.5))), 2)
    28.44
    """
    above_zero(spacing=spacing, wavelength=wavelength, order=order)
    sine = order * wavelength / (2 * np.asarray(spacing))
    if np.any(sine > 1):
        raise ValueError(f"spacing must be at least half of order times wavelength, not {spacing}")
    return plain(2 * np.arcsin(sine))


@equation(
    ("m", "angstrom"),
    valid={"two_theta": (np.radians(5.0), np.radians(160.0))},
    two_theta=("rad", "deg"),
    reflection="1",
    wavelength=("m", "angstrom"),
)
def lattice_parameter_cubic(two_theta: Real, reflection: Array, wavelength: Real = COPPER_K_ALPHA_1) -> Real:
    """Lattice parameter of a cubic crystal from the angle of a reflection.

    Equation
        a = λ √(h² + k² + l²) / (2 sin θ)
    Symbols
        2θ angle between the incoming and the diffracted beam [rad], h k l Miller indices of the reflection
        [1], λ wavelength [m], a lattice parameter [m]
    Validity
        Cubic crystals only.  du(a)/a = u(2θ) / (2 tan θ): 0.1° are 0.35 % of a at 28° and 0.11 % at 76°,
        so high angles give a best.
    Source
        W. H. Bragg, W. L. Bragg, Proc. R. Soc. Lond. A 88 (1913) 428; geometry of the cubic lattice.

    Raises
    ------
    ValueError
        If the angle is not between 0 and π, the reflection is not three indices, or all three are 0.

    Examples
    --------
    Silicon's reflections as the CCL paper prints them, in Å; the literature has 5.431, so the first is off:

    >>> angles = np.radians([28.3, 47.3, 56.0, 69.1, 76.4])
    >>> planes = np.array([[1, 1, 1], [2, 2, 0], [3, 1, 1], [4, 0, 0], [3, 3, 1]])
    >>> print(np.round(1e10 * lattice_parameter_cubic(angles, planes), 3))
    [5.458 5.431 5.442 5.433 5.429]
    """
    return lattice_parameter_from_spacing(lattice_spacing(two_theta, wavelength), reflection)


@equation(("m", "angstrom"), spacing=("m", "angstrom"), reflection="1")
def lattice_parameter_from_spacing(spacing: Real, reflection: Array) -> Real:
    """Lattice parameter of a cubic crystal from the spacing of its planes.

    Equation
        a = d √(h² + k² + l²)
    Symbols
        d spacing of the planes [m], h k l their Miller indices [1], a lattice parameter [m]
    Validity
        Cubic crystals only.
    Source
        Geometry of the cubic lattice.

    Raises
    ------
    ValueError
        If the spacing is not above zero, the reflection is not three indices, or all three are 0.

    Examples
    --------
    The 0.31 nm that the CCL paper's electron microscope shows, if they are Si (111), in Å:

    >>> round(1e10 * lattice_parameter_from_spacing(0.31e-9, np.array([1, 1, 1])), 2)
    5.37
    """
    above_zero(spacing=spacing)
    indices = np.asarray(reflection, dtype=float)
    if indices.ndim == 0 or indices.shape[-1] != 3:
        raise ValueError(f"reflection must be three Miller indices, not {reflection}")
    squares = np.sum(indices**2, axis=-1)
    if np.any(squares == 0):
        raise ValueError(f"reflection must have an index that is not 0, not {reflection}")
    return plain(spacing * np.sqrt(squares))


def _angle(two_theta: Real) -> None:
    given = np.asarray(two_theta)
    if np.any((given <= 0) | (given >= np.pi)):
        raise ValueError(f"two_theta must be between 0 and pi (180 degrees), not {two_theta}")
