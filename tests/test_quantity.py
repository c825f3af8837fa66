"""Quantities: parsing, conversion and propagation, against arithmetic done by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byssus.errors import UnitError
from byssus.quantity import Quantity, check_unit, convert, format_value


@pytest.mark.parametrize(
    ("text", "value", "uncertainty", "unit"),
    [
        ("0.82 ± 0.03 mg/cm²", 0.82, 0.03, "mg/cm^2"),
        ("0.82 +/- 0.03 mg cm⁻²", 0.82, 0.03, "mg cm^-2"),
        ("(3.52±0.1) N", 3.52, 0.1, "N"),
        ("1e-4 S/cm", 1e-4, None, "S/cm"),
        ("−1.1466 eV", -1.1466, None, "eV"),
        ("96.3 %", 96.3, None, "%"),
        ("25 °C", 25.0, None, "degC"),
        (".5 mAh/g", 0.5, None, "mAh/g"),
        ("12", 12.0, None, "1"),
        ("2.5 mA cm-2", 2.5, None, "mA cm^-2"),
    ],
)
def test_parse_takes_what_people_write(text: str, value: float, uncertainty: float | None, unit: str) -> None:
    assert Quantity.parse(text) == Quantity(value, unit, uncertainty)


@pytest.mark.parametrize(
    "text",
    ["", "mg", "1 2 mg", "1 ± mg", "1 ± -2 mg", "nan mg", "1 flurb", "1 mg/", "1,5 mg", "inf", "1 C/0", "1 C/0.0"],
)
def test_parse_refuses_what_is_no_quantity(text: str) -> None:
    with pytest.raises(UnitError) as caught:
        Quantity.parse(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        (1.0, "mAh/g", "C/kg", 3600.0),  # 1e-3 A · 3600 s / 1e-3 kg
        (0.82, "mg/cm^2", "kg/m^2", 0.0082),
        (2.5, "mA/cm^2", "A/m^2", 25.0),
        (1.0, "eV", "J", 1.602176634e-19),  # exact in the SI of 2019
        (25.0, "degC", "K", 298.15),
        (96.3, "%", "1", 0.963),
        (1.0, "Wh/kg", "J/kg", 3600.0),
    ],
)
def test_convert_agrees_with_the_definition_of_the_units(value: float, unit: str, target: str, expected: float) -> None:
    assert math.isclose(convert(value, unit, target), expected, rel_tol=1e-12)


@given(
    value=st.floats(1e-12, 1e12),
    share=st.floats(1e-6, 0.5),
    unit=st.sampled_from(["mg/cm^2", "mAh/g", "um", "S/cm", "1", "%", "kg"]),
)
def test_text_and_back_keeps_value_within_its_uncertainty(value: float, share: float, unit: str) -> None:
    quantity = Quantity(value, unit, value * share)
    again = Quantity.parse(str(quantity))
    assert again.unit == quantity.unit
    assert again.uncertainty is not None
    assert math.isclose(again.uncertainty, value * share, rel_tol=0.06)
    assert abs(again.value - value) <= 0.06 * value * share


@given(value=st.floats(-1e9, 1e9), uncertainty=st.floats(0, 1e6))
def test_conversion_there_and_back(value: float, uncertainty: float) -> None:
    there = Quantity(value, "mg/cm^2", uncertainty).to("kg/m^2").to("mg/cm^2")
    assert math.isclose(there.value, value, rel_tol=1e-10, abs_tol=1e-12)
    assert math.isclose(there.uncertainty or 0.0, uncertainty, rel_tol=1e-6, abs_tol=1e-6 * max(1.0, abs(value)))


def test_an_unstated_uncertainty_is_not_zero() -> None:
    assert Quantity.parse("1 mg").to("kg").uncertainty is None
    assert Quantity(1.0, "mg", 0.0).uncertainty == 0.0


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [(3227.0, 118.0, "3230 ± 120"), (0.82, 0.03, "0.820 ± 0.030"), (99.96, 0.096, "99.960 ± 0.096"), (5.0, None, "5")],
)
def test_a_number_shows_the_digits_its_uncertainty_leaves(value: float, uncertainty: float | None, text: str) -> None:
    assert format_value(value, uncertainty) == text


def test_units_of_the_field_are_known() -> None:
    for unit in (
        "mAh/g",
        "mAh/cm²",
        "mg cm⁻²",
        "S/cm",
        "mN/m",
        "Ω·cm²",
        "µm",
        "nm",
        "GPa",
        "°",
        "cm^-1",
        "eV",
        "counts/s",
        "ppm",
    ):
        check_unit(unit)
