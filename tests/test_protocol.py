"""What people write about a test, and the steps in SI that it comes to: by hand, and refused where it cannot be."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from byssus.conventions import CellDirection, Configuration, Made
from byssus.errors import ProtocolError, UsageError
from byssus.protocol import standard
from byssus.protocol.model import Protocol, Window, frequencies, resolve
from byssus.protocol.steps import Basis, Resolved, Step, following

HALF, FULL = Configuration.HALF, Configuration.FULL
DISCHARGE, CHARGE, REST = CellDirection.DISCHARGE, CellDirection.CHARGE, CellDirection.REST
WINDOW = {"lower": "5 mV", "upper": "1.5 V"}
SILICON = Window.model_validate(WINDOW)
#: 0.927 mg on 1.131 cm², 3 mAh.
BASIS = Basis(active_mass=0.927e-6, area=1.131e-4, capacity=10.8)


def written(*steps: dict[str, Any], kind: str = "cycling", **more: Any) -> Protocol:
    return Protocol.model_validate({"name": "test", "kind": kind, "steps": steps} | more)


def resolved(
    *steps: dict[str, Any], configuration: Configuration = HALF, basis: Basis = BASIS, **more: Any
) -> Resolved:
    return resolve(written(*steps, **more), basis, configuration)


def current(direction: str = "lithiation", amount: str = "0.2 A/g", **more: Any) -> dict[str, Any]:
    return {"step": "constant current", "direction": direction, "current": amount} | more


# Settings of the cell itself


@pytest.mark.parametrize(
    ("amount", "ampere", "label"),
    [
        ("0.5 mA", 0.5e-3, "0.5 mA"),
        ("0.2 A/g", 0.2 * 0.927e-3, "0.2 A/g"),  # 0.927 mg
        ("200 mA/g", 0.2 * 0.927e-3, "200 mA/g"),
        ("1 mA/cm^2", 1.131e-3, "1 mA/cm²"),  # 1.131 cm²
        ("C/20", 3e-3 / 20, "0.05C"),  # 3 mAh
        ("0.05C", 0.15e-3, "0.05C"),
        ("0.05 C", 0.15e-3, "0.05C"),
        ("2C", 6e-3, "2C"),
        ("2C/3", 2e-3, "0.666667C"),
    ],
)
def test_a_current_is_that_of_the_cell(amount: str, ampere: float, label: str) -> None:
    (step,) = resolved(current(amount=amount, duration="1 h")).steps
    assert step.value == pytest.approx(-ampere, rel=1e-12)
    assert step.label == label
    assert (step.control, step.direction, step.duration) == ("current", DISCHARGE, 3600.0)


@pytest.mark.parametrize(
    ("charge", "coulomb"),
    [
        ("1 mAh", 3.6),
        ("500 mAh/g", 0.5 * 0.927e-3 * 3600),
        ("1 mAh/cm^2", 1.131e-3 * 3600),
        ("10 %", 1.08),
        (0.1, 1.08),
    ],
)
def test_a_charge_is_that_of_the_cell(charge: str | float, coulomb: float) -> None:
    (step,) = resolved(current(until_charge=charge)).steps
    assert step.until_charge == pytest.approx(coulomb, rel=1e-12)


@pytest.mark.parametrize(("power", "watt"), [("2 mW", 2e-3), ("0.5 W/g", 0.5 * 0.927e-3), ("2 mW/cm^2", 2 * 1.131e-3)])
def test_a_power_is_that_of_the_cell(power: str, watt: float) -> None:
    (step,) = resolved({"step": "power", "direction": "charge", "power": power, "until_voltage": "1.2 V"}).steps
    assert (step.control, step.until_voltage) == ("power", 1.2)
    assert step.value == pytest.approx(watt, rel=1e-12)


@given(times=st.integers(1, 500), hours=st.integers(1, 100))
def test_c_rates_are_read_as_people_write_them(times: int, hours: int) -> None:
    for text in (f"{times}C/{hours}", f" {times} C / {hours} ", f"{times / hours!r}C"):
        if "e" in text:
            continue
        (step,) = resolved(current(amount=text, duration="1 s")).steps
        assert step.value == pytest.approx(-3e-3 * times / hours, rel=1e-11)


# Directions


@pytest.mark.parametrize(
    ("word", "configuration", "sign", "direction"),
    [
        ("lithiation", HALF, -1, DISCHARGE),
        ("delithiation", HALF, 1, CHARGE),
        ("discharge", HALF, -1, DISCHARGE),
        ("charge", FULL, 1, CHARGE),
        ("discharge", FULL, -1, DISCHARGE),
    ],
)
def test_positive_charges_and_lithiation_discharges_a_half_cell(
    word: str, configuration: Configuration, sign: int, direction: CellDirection
) -> None:
    (step,) = resolved(current(word, "1 mA", duration="1 h"), configuration=configuration).steps
    assert (step.direction, math.copysign(1, step.value)) == (direction, sign)


def test_a_hold_flows_the_way_of_the_step_before_unless_it_says_another() -> None:
    hold = {"step": "hold", "voltage": "1.2 V", "until_current": "C/50"}
    rest = {"step": "rest", "duration": "1 min"}
    steps = resolved(
        current("delithiation", until_voltage="1.2 V"), rest, hold, hold | {"direction": "lithiation"}, hold
    ).steps
    assert [step.direction for step in steps] == [CHARGE, REST, CHARGE, DISCHARGE, DISCHARGE]
    assert steps[2].until_current == pytest.approx(3e-3 / 50)
    assert steps[2].value == 1.2


def test_a_window_ends_every_current_that_says_no_other_end() -> None:
    steps = resolved(
        current(), current("delithiation"), current("delithiation", until_voltage="1 V"), current(duration="1 h"),
        window=WINDOW,
    ).steps  # fmt: skip
    assert [step.until_voltage for step in steps] == [0.005, 1.5, 1.0, 0.005]


def test_settings_of_a_step_go_before_those_of_the_protocol() -> None:
    first, second = resolved(
        current(temperature="45 degC", record_every="5 s", record_voltage="1 mV", label="hot"), current(),
        window=WINDOW, record_every="30 s", temperature="298.15 K",
    ).steps  # fmt: skip
    assert (first.temperature, first.interval, first.voltage_interval, first.label) == (318.15, 5.0, 1e-3, "hot")
    assert (second.temperature, second.interval, second.voltage_interval) == (None, 30.0, None)


# Cycles and pulses


def test_the_innermost_repeats_count_the_cycles() -> None:
    cycle = [current(), current("delithiation")]
    inner = {"step": "repeat", "times": 2, "steps": cycle}
    outer = {"step": "repeat", "times": 2, "steps": [inner, {"step": "rest", "duration": "1 h"}]}
    steps = resolved({"step": "rest", "duration": "1 h"}, outer, window=WINDOW).steps
    assert [step.cycle for step in steps] == [1, 1, 1, 2, 2, 2, 3, 3, 4, 4, 4]
    steps = resolved(inner | {"as_cycles": False}, window=WINDOW).steps
    assert [step.cycle for step in steps] == [1, 1, 1, 1]


def series(direction: str, **more: Any) -> dict[str, Any]:
    return {"step": "pulses", "direction": direction, "current": "0.1C", "duration": "10 min", "rest": "30 min"} | more


def test_a_series_of_pulses_holds_twice_the_capacity_and_ends_with_the_window() -> None:
    # 0.1C for 10 min is a sixtieth of the capacity.
    steps = resolved(series("lithiation"), series("delithiation"), kind="pulses", window=WINDOW).steps
    assert len(steps) == 2 * 2 * 120
    assert [step.pulse for step in steps] == [number for number in range(1, 241) for _ in range(2)]
    assert [step.part for step in steps[:4]] == ["pulse", "rest", "pulse", "rest"]
    assert {step.until_voltage for step in steps if step.part == "pulse"} == {0.005, 1.5}
    # The 100th lithiating pulse comes to 5 mV: its rest, and then the first delithiating one.
    cut = 2 * 99
    assert steps[cut].pulse == 100
    assert following(steps, cut, cut=True) == cut + 1
    assert following(steps, cut + 1, cut=True) == 240
    assert steps[240].direction is CHARGE
    assert following(steps, 241, cut=True) == len(steps)


def test_a_pulse_cut_short_leaves_what_comes_after_the_series() -> None:
    probe = series("lithiation", count=1), series("delithiation", count=1)
    steps = resolved(*probe, current(until_charge="10 %"), *probe, kind="pulses", window=WINDOW).steps
    assert [following(steps, at, cut=True) for at in (1, 3)] == [2, 4]


@pytest.mark.parametrize(
    ("highest", "lowest", "points", "count"), [(1e5, 1e-2, 10, 71), (1e3, 1.0, 1, 4), (3.0, 1.0, 1, 2)]
)
def test_frequencies_are_even_on_a_logarithmic_scale(highest: float, lowest: float, points: int, count: int) -> None:
    found = frequencies(highest, lowest, points)
    assert (len(found), found[0], found[-1]) == (count, highest, lowest)
    ratios = [before / after for before, after in pairwise(found)]
    assert ratios == pytest.approx([ratios[0]] * (count - 1), rel=1e-12)


# Refused


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (current(amount="-0.2 A/g"), "is not above zero"),
        (current(amount="0 mA"), "is not above zero"),
        (current(amount="-C/20"), "is not above zero"),
        (current(amount="1C/0"), "is no C-rate"),
        (current(amount="0.2 V"), "is not a current; write it as 1 mA, 0.2 A/g"),
        (current(amount="0.2 ± 0.1 A/g"), "is set, not measured"),
        (current(amount="fast"), "is not a quantity"),
        (current("sideways"), "'lithiation', 'delithiation', 'charge' or 'discharge'"),
        (current(until_voltage="3 mA"), "is not a voltage"),
        (current(until_charge="0 mAh"), "is not above zero"),
        (current(duration="-1 h"), "is not above zero"),
        (current(amount="1e30 A"), "is out of all proportion"),
        (current(temperature="-300 degC"), "is not above absolute zero"),
        (current(colour="red"), "Extra inputs are not permitted"),
        ({"step": "sweep", "direction": "charge", "to": "1 V", "rate": "0 mV/s"}, "is not above zero"),
        ({"step": "sweep", "direction": "charge", "to": "1 V", "rate": "1 mV"}, "is not a rate of voltage"),
        ({"step": "impedance", "highest": "1 Hz", "lowest": "1 kHz"}, "no frequency lies between"),
        ({"step": "repeat", "times": 0, "steps": [current()]}, "greater than or equal to 1"),
        ({"step": "repeat", "times": 2, "steps": []}, "at least 1 item"),
        ({"step": "dance"}, "does not match any of the expected tags"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_where_it_is_written(step: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        written(step)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("steps", "more", "words"),
    [
        ([current()], {}, "step 1 (constant current): has no end; give until_voltage"),
        (
            [current(duration="1 h")],
            {"basis": Basis(capacity=10.8)},
            "current: '0.2 A/g' is per mass of active material, and the cell has none; give its active mass, or the current in mA",
        ),
        (
            [current(amount="C/20", duration="1 h")],
            {"basis": Basis(active_mass=1e-6)},
            "current: '0.05C' is per capacity, and the cell has none; give its capacity, or the current in mA",
        ),
        (
            [current(amount="1 mA/cm^2", duration="1 h")],
            {"basis": Basis(area=0.0)},
            "current: '1 mA/cm²' is per area, and the cell has none; give its electrode's area",
        ),
        (
            [current(amount="1 mA", until_charge="50 %")],
            {"basis": Basis()},
            "until_charge: '50 %' is per capacity, and the cell has none; give its capacity, or the charge in mAh",
        ),
        (
            [current(amount="1 mA", duration="1 h")],
            {"configuration": FULL},
            "direction: 'lithiation' is what one electrode does, and in a full cell both do; write charge or discharge",
        ),
        (
            [current(until_voltage="1 mV")],
            {"window": WINDOW},
            "until_voltage: '1 mV' lies outside the window of 5 mV to 1.5 V",
        ),
        (
            [current(), {"step": "hold", "voltage": "2 V", "duration": "1 h"}],
            {"window": WINDOW},
            "step 2 (hold): voltage: '2 V' lies outside",
        ),
        (
            [{"step": "hold", "voltage": "1 V", "duration": "1 h"}],
            {},
            "direction: is missing, and no step before drives the cell",
        ),
        ([current(duration="1 h"), {"step": "hold", "voltage": "1 V"}], {}, "step 2 (hold): has no end"),
        (
            [{"step": "repeat", "times": 2, "steps": [current(duration="1 h"), current("delithiation")]}],
            {},
            "step 1.2 (constant current): has no end",
        ),
        (
            [current("delithiation", until_voltage="1 V"), {"step": "sweep", "direction": "charge", "to": "0.5 V", "rate": "1 mV/s"}],
            {},
            "to: '0.5 V' cannot be reached in charge: the step before ends at 1 V; the voltage rises when the cell is charged",
        ),
        ([series("lithiation")], {"kind": "pulses"}, "step 1 (pulses): has no end"),
        (
            [series("lithiation", current="0.1 mA")],
            {"kind": "pulses", "window": WINDOW, "basis": Basis()},
            "count: is missing, and cannot be told without the cell's capacity",
        ),
        (
            [series("lithiation", duration="1 ms")],
            {"kind": "pulses", "window": WINDOW},
            "duration: '1 ms' comes to 72,000,000 pulses; make the pulses longer",
        ),
        ([{"step": "repeat", "times": 10**9, "steps": [current()]}], {"window": WINDOW}, "has more than 100,000 steps"),
        ([current(duration="1 h")], {"kind": "voltammetry"}, "kind: 'voltammetry' measures none: no step is sweep"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_to_the_cell_is_refused(
    steps: list[dict[str, Any]], more: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProtocolError) as error:
        resolved(*steps, **more)
    assert str(error.value).startswith("test: ")
    assert words in str(error.value)


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"the window from 1\.5 V to 5 mV is empty"):
        written(current(), window={"lower": "1.5 V", "upper": "5 mV"})


# The tests that people ask for


def asked(
    name: str, made: Made | None = Made.EMPTY, configuration: Configuration = HALF, window: Any = WINDOW, **fields: Any
) -> Resolved:
    tests = standard.Tests.model_validate({"formed": False} | fields)
    return resolve(tests.protocol(name, Window.model_validate(window), made, configuration), BASIS, configuration)


def halves(steps: tuple[Step, ...]) -> list[tuple[int, CellDirection, float, float | None]]:
    return [(step.cycle, step.direction, round(step.value * 1e3, 9), step.until_voltage) for step in steps]


def test_formation_and_rate_are_those_of_the_paper() -> None:
    # He et al. 2026, section 2.4: 0.005-1.5 V, three cycles at 0.05C; section 3: six currents and back to 0.5 A/g.
    tests = standard.Tests.model_validate({"rate": {"cycles": 1}})
    steps = resolve(tests.protocol("rate", SILICON, Made.EMPTY, HALF), BASIS, HALF).steps
    formation = [
        (n, way, sign * 0.15, end) for n in (1, 2, 3) for way, sign, end in ((DISCHARGE, -1, 0.005), (CHARGE, 1, 1.5))
    ]
    assert halves(steps[:6]) == formation
    assert [step.label for step in steps[6::2]] == [f"{each:g} A/g" for each in (0.2, 0.5, 1, 2, 4, 6, 0.5)]
    assert [step.cycle for step in steps[6::2]] == list(range(4, 11))
    assert steps[-3].value == pytest.approx(6 * 0.927e-3)  # delithiation at 6 A/g


def test_the_order_of_a_cycle_follows_the_electrode_as_made() -> None:
    window: dict[str, Any] = {"window": {"lower": "2.8 V", "upper": "4.3 V"}}
    assert halves(asked("formation").steps)[0][1] is DISCHARGE
    assert halves(asked("formation", Made.FULL, **window).steps)[0][1:] == (CHARGE, 0.15, 4.3)
    assert halves(asked("formation", None, FULL, **window).steps)[0][1:] == (CHARGE, 0.15, 4.3)


def test_cycling_may_have_a_hold_rests_and_another_current_back() -> None:
    fields = {"current": "1C", "second_current": "C/2", "cycles": 2, "hold_until": "0.05C", "rest": "10 min"}
    found = asked("cycling", None, FULL, cycling=fields, window={"lower": "2.8 V", "upper": "4.3 V"}).steps
    one = ["current", "voltage", "rest", "current", "rest"]
    assert [step.control for step in found] == one * 2
    assert [round(step.value, 9) for step in found[:5]] == [3e-3, 4.3, 0.0, -1.5e-3, 0.0]
    assert found[1].direction is CHARGE
    assert found[1].until_current == pytest.approx(0.15e-3)
    assert found[2].duration == 600.0


def test_voltammetry_has_a_window_of_its_own() -> None:
    # He et al. 2026, section 2.4: 0.005-1.2 V, three cycles at 0.1 mV/s.
    steps = asked("cv", cv={"window": {"lower": "5 mV", "upper": "1.2 V"}}).steps
    assert [(step.cycle, step.value) for step in steps] == [(cycle, end) for cycle in (1, 2, 3) for end in (0.005, 1.2)]
    assert [step.rate for step in steps] == pytest.approx([1e-4] * 6)
    given = {"lower": "10 mV", "upper": "1 V"}
    assert asked("cv", window=given).steps[1].value == 1.0
    assert asked("cv", window=given, cv={"window": WINDOW, "rates": ["1 mV/s", "2 mV/s"]}).steps[-1].value == 1.5
    assert asked("rate", cv={"window": given}).steps[1].until_voltage == 1.5


def test_gitt_and_interruption_go_to_one_end_of_the_window_and_back() -> None:
    gitt, ici = asked("gitt"), asked("ici")
    for found, pulse, rest in ((gitt, 600.0, 1800.0), (ici, 300.0, 10.0)):
        assert found.kind == "pulses"
        assert {(step.duration, step.until_voltage) for step in found.steps if step.part == "pulse"} == {
            (pulse, 0.005),
            (pulse, 1.5),
        }
        assert {step.duration for step in found.steps if step.part == "rest"} == {rest}
        assert {step.cycle for step in found.steps} == {1}


@pytest.mark.parametrize(
    ("made", "configuration", "first"), [(Made.EMPTY, HALF, 0), (Made.FULL, HALF, 1), (None, FULL, 1)]
)
def test_pulse_power_is_measured_on_the_discharge(made: Made | None, configuration: Configuration, first: int) -> None:
    window = {"lower": "2.8 V", "upper": "4.3 V"}
    fields = {"states": ["10 %", "50 %", "90 %"], "current": "1C", "back": "75 %"}
    steps = asked("power", made, configuration, window=window, power=fields).steps
    # A cell that opens with a charge is charged before, to the end of the window.
    assert [(step.direction, step.until_voltage, step.until_charge) for step in steps[:first]] == [
        (CHARGE, 4.3, None)
    ] * first
    rest = steps[first:]
    assert [step.until_charge for step in rest if step.until_charge] == pytest.approx([1.08, 4.32, 4.32])  # of 10.8 C
    assert [round(step.value, 9) for step in rest if step.part == "pulse"] == [-3e-3, 2.25e-3] * 3
    assert [step.control for step in rest[:6]] == ["current", "rest", "current", "rest", "current", "rest"]
    assert {step.direction for step in rest if step.control == "current" and not step.pulse} == {DISCHARGE}


def test_impedance_is_measured_in_the_cycle_after() -> None:
    found = asked(
        "eis", eis={"after": [0, 3], "states": ["50 %"], "highest": "1 kHz", "lowest": "1 Hz", "points_per_decade": 1}
    )
    measured = [step for step in found.steps if step.control == "impedance"]
    assert [(step.cycle, step.label) for step in measured] == [(1, "50 %, 0 cycles"), (4, "50 %, 3 cycles")]
    assert measured[0].frequencies == pytest.approx((1000, 100, 10, 1))
    assert found.kind == "impedance"
    # Cycles 2 and 3 are whole ones at 1 A/g; each measuring one is finished to both ends of the window.
    assert [step.label for step in found.steps if step.cycle in (2, 3)] == ["1 A/g"] * 4
    assert [step.until_voltage for step in found.steps if step.cycle == 4 and step.control == "current"] == [
        0.005,
        0.005,
        1.5,
    ]


def test_the_formation_keeps_its_own_settings_in_front_of_another_test() -> None:
    fields: dict[str, Any] = {"formed": True, "formation": {"temperature": "45 degC", "record_every": "90 s"}}
    steps = asked("gitt", **fields).steps
    assert {(step.temperature, step.interval, step.voltage_interval) for step in steps[:6]} == {(318.15, 90.0, 5e-3)}
    assert {(step.temperature, step.interval, step.voltage_interval) for step in steps[6:]} == {
        (None, 5.0, None), (None, 30.0, None)
    }  # fmt: skip
    assert asked("cv", formed=True).steps[0].control == "sweep"


@pytest.mark.parametrize("name", standard.NAMES)
def test_every_test_can_be_asked_for_by_its_name_alone(name: str) -> None:
    found = resolve(standard.Tests().protocol(name, SILICON, Made.EMPTY, HALF), BASIS, HALF)
    assert found.name == name
    assert found.temperature == 298.15


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"rate": {"currents": []}}, "at least 1 item"),
        ({"rate": {"cycles": 0}}, "greater than or equal to 1"),
        ({"power": {"states": ["50 %", "10 %"]}}, "the states do not rise"),
        ({"power": {"states": ["120 %"]}}, "is more than the whole"),
        ({"eis": {"after": [3, 0]}}, "the numbers of cycles do not rise"),
        ({"cv": {"rates": ["0.1 V"]}}, "is not a rate of voltage"),
        ({"speed": {}}, "Extra inputs are not permitted"),
    ],
)
def test_a_test_that_cannot_be_meant_is_refused(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        standard.Tests.model_validate(fields)
    assert words in str(error.value)


def test_no_test_is_made_up() -> None:
    with pytest.raises(UsageError, match="test: 'rat' is not a test; did you mean 'rate'"):
        standard.Tests().protocol("rat", SILICON, Made.EMPTY, HALF)
    with pytest.raises(ValueError, match="needs 'made'"):
        standard.Tests().protocol("rate", SILICON, None, HALF)
