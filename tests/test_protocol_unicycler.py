"""Protocols as cyclers take them: the makers' lines to the letter, what comes back, and what is refused by name."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import chain
from typing import Any

import pytest
from aurora_unicycler import (
    ConstantCurrent,
    ConstantVoltage,
    CyclingProtocol,
    ImpedanceSpectroscopy,
    Loop,
    OpenCircuitVoltage,
    RecordParams,
    SampleParams,
    Tag,
    VoltageScan,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from byssus.conventions import CellDirection, Configuration, Made
from byssus.errors import ProtocolError, UsageError
from byssus.protocol import standard
from byssus.protocol.model import Protocol, Window, resolve
from byssus.protocol.steps import Basis, Resolved, Step
from byssus.protocol.unicycler import FORMATS, Format, export, from_unicycler, to_unicycler

HALF = Configuration.HALF
DISCHARGE, CHARGE, REST = CellDirection.DISCHARGE, CellDirection.CHARGE, CellDirection.REST
#: 0.927 mg, 3 mAh.
BASIS = Basis(active_mass=0.927e-6, capacity=10.8)
SILICON = Window.model_validate({"lower": "5 mV", "upper": "1.5 V"})


def written(*steps: dict[str, Any], kind: str = "cycling", **more: Any) -> Resolved:
    protocol = Protocol.model_validate({"name": "cell 1", "kind": kind, "steps": steps} | more)
    return resolve(protocol, BASIS, HALF)


def current(direction: str, amount: str, **more: Any) -> dict[str, Any]:
    return {"step": "constant current", "direction": direction, "current": amount} | more


def cycling() -> Resolved:
    """Two cycles at 2 A/g with a hold in lithiation and a rest: 1.854 mA on 0.927 mg."""
    cycle = [
        current("lithiation", "2 A/g", until_voltage="5 mV"),
        {"step": "hold", "voltage": "5 mV", "until_current": "20 µA"},
        current("delithiation", "2 A/g", until_voltage="1.5 V"),
        {"step": "rest", "duration": "10 min"},
    ]
    return written({"step": "repeat", "times": 2, "steps": cycle}, record_every="10 s", record_voltage="5 mV")


# The makers' lines


def neware_steps(text: str) -> list[tuple[str, dict[str, str]]]:
    return [
        (step.attrib["Step_Type"], {each.tag: each.attrib["Value"] for each in step.iterfind("Limit/*/*")})
        for step in ET.fromstring(text).find("config/Step_Info") or ()
    ]


def test_neware_lines() -> None:
    # Step types: 2 discharge, 19 hold in discharge, 1 charge, 4 rest, 5 loop, 6 end; mA, 0.1 mV, ms.
    assert neware_steps(export(cycling(), "neware")) == [
        ("2", {"Curr": "1.854000", "Stop_Volt": "50.000000"}),
        ("19", {"Volt": "50.000000", "Stop_Curr": "0.020000", "Curr": "1.854000"}),
        ("1", {"Curr": "1.854000", "Stop_Volt": "15000.000000"}),
        ("4", {"Time": "600000.000000"}),
        ("5", {"Start_Step": "1", "Cycle_Count": "2"}),
        ("6", {}),
    ]


def biologic_rows(text: str) -> dict[str, list[str]]:
    """Columns of 20 characters, as the file has them."""
    table = text.split("Modulo Bat\n")[1].splitlines()
    return {row[:20].strip(): [row[at : at + 20].strip() for at in range(20, len(row), 20)] for row in table}


def test_biologic_lines() -> None:
    text = export(cycling(), "biologic", capacity=10.8)
    assert "Battery capacity : 3.000 mA.h" in text.splitlines()
    rows = biologic_rows(text)
    assert rows["ctrl_type"] == ["CC", "CV", "CC", "Rest", "Loop"]
    assert rows["ctrl1_val"] == ["-1.854", "0.005", "1.854", "", ""]
    assert rows["ctrl1_val_unit"] == ["mA", "V", "mA", "", ""]
    assert rows["lim1_type"][:4] == ["Ewe", "|I|", "Ewe", "Time"]
    assert rows["lim1_comp"][:4] == ["<", "<", ">", ">"]
    assert rows["lim1_value"][:4] == ["0.005", "0.020", "1.500", "600.000"]
    assert rows["rec1_value"][:4] == ["10.000"] * 4
    # Back to the first step, one time more than the first.
    assert (rows["ctrl_seq"][4], rows["ctrl_repeat"][4]) == ("0", "1")


def test_pybamm_lines() -> None:
    cycle = [
        "Discharge at 1.854 mA until 0.005 V",
        "Hold at 0.005 V until 0.02 mA",
        "Charge at 1.854 mA until 1.5 V",
        "Rest for 600.0 seconds",
    ]
    assert export(cycling(), "pybamm").splitlines() == cycle * 2


def test_pybamm_reads_the_lines_as_they_were_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYBAMM_DISABLE_TELEMETRY", "true")
    import pybamm  # type: ignore[import-untyped]

    resolved = cycling()
    steps = pybamm.Experiment(export(resolved, "pybamm").splitlines()).steps
    for ours, theirs in zip(resolved.steps, steps, strict=True):
        # In PyBaMM a positive current discharges the cell.
        assert theirs.value == pytest.approx(ours.value if ours.control == "voltage" else -ours.value, rel=1e-12)
        ends = {type(end).__name__: end.value for end in theirs.termination}
        expected = {"VoltageTermination": ours.until_voltage, "CurrentTermination": ours.until_current}
        assert ends == {kind: pytest.approx(value) for kind, value in expected.items() if value is not None}
        assert ours.duration is None or theirs.duration == ours.duration


def test_tomato_lines() -> None:
    rest = replace(cycling(), steps=tuple(step for step in cycling().steps if step.control != "voltage"))
    method = json.loads(export(rest, "tomato"))["method"]
    assert [each["technique"] for each in method] == [
        "constant_current", "constant_current", "open_circuit_voltage", "loop",
    ]  # fmt: skip
    assert [each["current"] for each in method[:2]] == pytest.approx([-1.854e-3, 1.854e-3], rel=1e-12)
    assert [method[0]["limit_voltage_min"], method[1]["limit_voltage_max"], method[2]["time"]] == [0.005, 1.5, 600.0]
    assert (method[3]["goto"], method[3]["n_gotos"]) == (0, 1)


def passes(task: dict[str, Any] | None) -> list[str]:
    """Return the tasks of a BattINFO workflow as they are carried out."""
    if task is None:
        return []
    if task["@type"] == "IterativeWorkflow":
        times = int(task["hasInput"][0]["hasNumericalPart"]["hasNumberValue"])
        return passes(task["hasTask"]) * times + passes(task.get("hasNext"))
    return [task["@type"], *passes(task.get("hasNext"))]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_battinfo_carries_out_every_cycle_once(times: int) -> None:
    # aurora-unicycler 0.4.6 carries out a loop that begins with the first step once too often.
    cycle = [
        current("lithiation", "1 mA", until_voltage="5 mV"),
        current("delithiation", "1 mA", until_voltage="1.5 V"),
    ]
    found = passes(json.loads(export(written({"step": "repeat", "times": times, "steps": cycle}), "battinfo")))
    assert found == ["ConstantCurrentDischarging", "ConstantCurrentCharging"] * times


def test_voltammetry_begins_where_the_cell_is() -> None:
    resolved = resolve(standard.Tests().protocol("cv", SILICON, Made.EMPTY, HALF), BASIS, HALF)
    rows = biologic_rows(export(resolved, "biologic", starts_at=2.5))
    # The first sweep falls from 2.5 V, the others run between the ends of the window.
    assert rows["ctrl_type"] == ["VS", "VS", "VS", "Loop", "VS"]
    assert rows["ctrl1_val"][:3] == ["0.1"] * 3
    assert rows["ctrl1_val_unit"][:3] == ["mV/s"] * 3
    assert [rows["ctrl2_val"][at] for at in (0, 1, 2, 4)] == ["2.5", "0.005", "1.5", "0.005"]
    assert [rows["ctrl3_val"][at] for at in (0, 1, 2, 4)] == ["0.005", "1.5", "0.005", "1.5"]


# There and back


def same(found: Resolved, expected: Resolved) -> None:
    """Compare step by step; numbers to twelve digits, which a factor of a thousand leaves."""
    assert replace(found, steps=()) == replace(expected, steps=())
    numbers = ("value", "rate", "until_voltage", "until_current", "duration", "frequencies")
    for one, other in zip(found.steps, expected.steps, strict=True):
        for name in numbers:
            ours, theirs = getattr(other, name), getattr(one, name)
            assert theirs is None if ours is None else theirs == pytest.approx(ours, rel=2e-12), name
        assert replace(one, **{name: getattr(other, name) for name in numbers}) == other


@pytest.mark.parametrize("name", ["formation", "rate", "cycling", "cv"])
def test_a_standard_test_comes_back_as_it_was(name: str) -> None:
    found = standard.Tests(formed=False).protocol(name, SILICON, Made.EMPTY, HALF)
    expected = resolve(found, BASIS, HALF)
    same(from_unicycler(to_unicycler(expected, starts_at=2.5)), expected)


def test_cycles_become_loops() -> None:
    protocol = standard.Tests(formed=False).protocol("rate", SILICON, Made.EMPTY, HALF)
    told = to_unicycler(resolve(protocol, BASIS, HALF))
    assert [each.cycle_count for each in told.method if isinstance(each, Loop)] == [5] * 7
    assert [each.current_mA for each in told.method if isinstance(each, ConstantCurrent)][::2] == pytest.approx(
        [-0.927 * each for each in (0.2, 0.5, 1, 2, 4, 6, 0.5)], rel=1e-12
    )


def quantity(low: int, high: int, unit: str, parts: int = 1) -> st.SearchStrategy[str]:
    return st.integers(low, high).map(lambda number: f"{number / parts:g} {unit}")


WAYS = st.sampled_from(["lithiation", "delithiation"])
AMOUNTS = quantity(1, 9_999, "µA") | quantity(1, 60, "A/g", 10) | quantity(1, 20, "C", 10)
ENDS = st.fixed_dictionaries({"duration": quantity(1, 5_000, "s")}) | st.fixed_dictionaries(
    {"until_voltage": quantity(1, 4_300, "mV")}, optional={"duration": quantity(1, 100, "min")}
)


@st.composite
def driven(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [current(draw(WAYS), draw(AMOUNTS), **draw(ENDS), label=draw(st.sampled_from(["", "slow", "A | B"])))]


@st.composite
def held(draw: st.DrawFn) -> list[dict[str, Any]]:
    hold = {"step": "hold", "voltage": draw(quantity(0, 4_300, "mV"))}
    if draw(st.booleans()):
        return [hold | {"until_current": draw(AMOUNTS), "direction": draw(WAYS)}]
    return [*draw(driven()), hold | {"duration": draw(quantity(1, 5_000, "s"))}]


@st.composite
def swept(draw: st.DrawFn) -> list[dict[str, Any]]:
    start, end = draw(st.lists(st.integers(1, 4_300), min_size=2, max_size=2, unique=True))
    way = "delithiation" if end > start else "lithiation"
    return [
        {"step": "hold", "voltage": f"{start} mV", "until_current": "1 µA", "direction": way},
        {"step": "sweep", "direction": way, "to": f"{end} mV", "rate": draw(quantity(1, 1_000, "mV/s", 100))},
    ]


@st.composite
def still(draw: st.DrawFn) -> list[dict[str, Any]]:
    if draw(st.booleans()):
        return [{"step": "rest", "duration": draw(quantity(1, 5_000, "s"))}]
    highest, lowest = draw(st.integers(100, 10**7)), draw(st.integers(1, 99))
    points = draw(st.integers(1, 20))
    return [{"step": "impedance", "highest": f"{highest} Hz", "lowest": f"{lowest} mHz", "points_per_decade": points}]


@st.composite
def pulsed(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "step": "pulses", "direction": draw(WAYS), "current": draw(AMOUNTS), "duration": draw(quantity(1, 900, "s")),
            "rest": draw(quantity(1, 900, "s")), "count": draw(st.integers(1, 4)),
        }
    ]  # fmt: skip


FLAT = st.lists(driven() | held() | swept() | still() | pulsed(), min_size=1, max_size=4).map(
    lambda each: list(chain(*each))
)


def repeated(inner: st.SearchStrategy[list[dict[str, Any]]]) -> st.SearchStrategy[list[dict[str, Any]]]:
    repeat = st.builds(
        lambda steps, times, counts: [{"step": "repeat", "steps": steps, "times": times, "as_cycles": counts}],
        inner, st.integers(1, 3), st.booleans(),
    )  # fmt: skip
    return st.lists(inner | repeat, min_size=1, max_size=3).map(lambda each: list(chain(*each)))


@settings(deadline=None, max_examples=150)
@given(
    steps=st.recursive(FLAT, repeated, max_leaves=6),
    every=quantity(1, 600, "s"),
    apart=st.none() | quantity(1, 50, "mV"),
)
def test_any_protocol_it_can_say_comes_back_as_it_was(
    steps: list[dict[str, Any]], every: str, apart: str | None
) -> None:
    expected = written(*steps, record_every=every, record_voltage=apart)
    told = to_unicycler(expected)
    same(from_unicycler(told, kind="cycling"), expected)
    # Through its file as well.
    same(from_unicycler(CyclingProtocol.model_validate_json(told.to_json()), kind="cycling"), expected)


@st.composite
def loops(draw: st.DrawFn) -> list[Any]:
    """Nested loops as another hand may write them, by number or by tag."""
    method: list[Any] = [OpenCircuitVoltage(until_time_s=1.0)]

    def block(depth: int) -> None:
        start: int | str = len(method) + 1
        if draw(st.booleans()):
            start = f"here {start}"
            method.append(Tag(tag=start))
        for value in draw(st.lists(st.sampled_from([-1.0, 1.0]), min_size=2, max_size=3)):
            method.append(ConstantCurrent(current_mA=value, until_time_s=len(method) * 60.0 + 1.0))
        for _ in range(draw(st.integers(0, 2)) if depth else 0):
            block(depth - 1)
        method.append(Loop(loop_to=start, cycle_count=draw(st.integers(1, 3))))

    for _ in range(draw(st.integers(1, 2))):
        block(2)
    return method


@settings(deadline=None)
@given(method=loops())
def test_loops_are_carried_out_as_the_library_does(method: list[Any]) -> None:
    protocol = CyclingProtocol(record=RecordParams(time_s=1), method=method)
    found = from_unicycler(protocol).steps
    told = [
        f"Rest for {step.duration} seconds"
        if step.control == "rest"
        else f"{'Charge' if step.value > 0 else 'Discharge'} at {abs(step.value) * 1e3} mA for {step.duration} seconds"
        for step in found
    ]
    assert told == protocol.to_pybamm_experiment()


def test_a_protocol_from_elsewhere() -> None:
    # The example of the library's own documentation.
    protocol = CyclingProtocol(
        sample=SampleParams(name="My Sample", capacity_mAh=2.0),
        record=RecordParams(time_s=10),
        method=[
            Tag(tag="longterm"),
            OpenCircuitVoltage(until_time_s=600),
            ConstantCurrent(rate_C=0.5, until_voltage_V=4.2, until_time_s=3 * 60 * 60),
            ConstantVoltage(voltage_V=4.2, until_rate_C=0.05, until_time_s=60 * 60),
            ConstantCurrent(rate_C=-0.5, until_voltage_V=3.0, until_time_s=3 * 60 * 60),
            Loop(loop_to="longterm", cycle_count=100),
        ],
    )
    found = from_unicycler(protocol)
    assert (found.name, found.kind, len(found.steps)) == ("My Sample", "cycling", 400)
    assert [step.cycle for step in found.steps[::4]] == list(range(1, 101))
    rest, charge, hold, discharge = found.steps[:4]
    assert rest == Step("rest", REST, duration=600.0, interval=10.0)
    assert charge == Step("current", CHARGE, 1e-3, until_voltage=4.2, duration=10800.0, interval=10.0)
    assert hold == Step("voltage", CHARGE, 4.2, until_current=1e-4, duration=3600.0, interval=10.0)
    assert discharge == Step("current", DISCHARGE, -1e-3, until_voltage=3.0, duration=10800.0, interval=10.0)


def test_what_is_found_in_it_says_what_it_measures() -> None:
    spectrum = ImpedanceSpectroscopy(amplitude_V=0.01, start_frequency_Hz=0.1, end_frequency_Hz=10, points_per_decade=1)
    scan = VoltageScan(start_voltage_V=1.0, end_voltage_V=0.1, scan_rate_mV_per_s=0.1)
    for method, kind in (([scan, spectrum], "impedance"), ([scan], "voltammetry")):
        assert from_unicycler(CyclingProtocol(record=RecordParams(time_s=1), method=method)).kind == kind
    found = from_unicycler(CyclingProtocol(record=RecordParams(time_s=1), method=[scan, spectrum])).steps
    assert (found[0].direction, found[0].value, found[0].rate) == (DISCHARGE, 0.1, 1e-4)
    assert found[1].frequencies == pytest.approx((0.1, 1.0, 10.0))


# Refused by name

HOLD = Step("voltage", DISCHARGE, 0.005, until_current=1e-5)
SWEEP = Step("sweep", DISCHARGE, 0.005, rate=1e-4)
SPECTRUM = Step("impedance", REST, frequencies=(100.0, 10.0, 1.0))
DRIVEN = Step("current", DISCHARGE, -1e-3, until_voltage=0.005)


@pytest.mark.parametrize(
    ("target", "steps", "words"),
    [
        ("unicycler", [Step("power", DISCHARGE, -1e-3, duration=60.0)], "step 1 (power): a power cannot be told to a cycler"),
        (
            "unicycler",
            [replace(DRIVEN, until_charge=3.6)],
            "an end by charge cannot be told to a cycler; give the time in which it passes, as duration: 1 h",
        ),
        ("unicycler", [replace(DRIVEN, until_voltage=0.0)], "an end voltage of 0 V, which aurora-unicycler reads as none,"),
        ("unicycler", [DRIVEN, replace(DRIVEN, temperature=318.15)], "step 2 (current): a temperature of one step"),
        ("unicycler", [SWEEP], "step 1 (sweep): a sweep from a voltage that is not known"),
        ("unicycler", [replace(DRIVEN, duration=1.0), SWEEP], "step 2 (sweep): a sweep from a voltage that is not known"),
        ("unicycler", [DRIVEN, Step("rest", REST, duration=1.0), SWEEP], "step 3 (sweep): a sweep from a voltage that is not known"),
        (
            "unicycler",
            [DRIVEN, Step("voltage", CHARGE, 1.0, duration=60.0)],
            "which way a hold flows that only its time ends",
        ),
        ("unicycler", [replace(SPECTRUM, frequencies=(100.0, 20.0, 1.0))], "frequencies that are not evenly spaced"),
        ("unicycler", [replace(DRIVEN, cycle=3)], "cycle: 3 is not numbered one by one"),
        ("neware", [SPECTRUM], "an impedance cannot be written for neware; it can for unicycler, biologic, battinfo"),
        (
            "neware",
            [DRIVEN, Step("voltage", DISCHARGE, 0.005, duration=60.0)],
            "step 2 (voltage): a hold in discharge without an end by current cannot be written for neware",
        ),
        ("tomato", [HOLD], "a hold that ends by its current cannot be written for tomato"),
        ("tomato", [SWEEP], "a sweep cannot be written for tomato; it can for unicycler, neware, biologic, battinfo"),
        ("tomato", [replace(DRIVEN, value=-0.02)], "a current of 20 mA, beyond its range of 10 mA, cannot be written"),
        ("pybamm", [SWEEP], "a sweep cannot be written for pybamm"),
        ("pybamm", [SPECTRUM], "an impedance cannot be written for pybamm"),
        ("pybamm", [replace(DRIVEN, cycle=n + 1) for n in range(10_001)], "cannot be written for pybamm: Over 10000 steps"),
        ("biologic", [replace(SPECTRUM, frequencies=(1e-2, 1e-3, 1e-4))], "a frequency below 1 mHz cannot be written"),
        (
            "biologic",
            [replace(DRIVEN, until_voltage=0.0054)],
            "an end voltage in V of 0.0054, of which the file keeps three decimals, cannot be written for biologic; round it",
        ),
        ("biologic", [replace(HOLD, until_current=1.5e-6)], "an end current in mA of 0.0015"),
        ("biologic", [replace(DRIVEN, value=-2.0)], "cannot be written for biologic: I range not supported"),
    ],
)  # fmt: skip
def test_what_cannot_be_said_is_refused_by_name(target: Format, steps: list[Step], words: str) -> None:
    with pytest.raises(ProtocolError) as error:
        export(Resolved("cell 1", "cycling", tuple(steps), 298.15), target)
    assert str(error.value).startswith("cell 1: ")
    assert words in str(error.value)


def test_a_series_of_pulses_to_the_end_of_the_window_is_refused_and_a_counted_one_is_not() -> None:
    pulses: dict[str, Any] = {
        "step": "pulses",
        "direction": "lithiation",
        "current": "1 mA",
        "duration": "10 min",
        "rest": "30 min",
    }
    window = {"lower": "5 mV", "upper": "1.5 V"}
    with pytest.raises(ProtocolError, match="the end of a series of pulses by voltage"):
        to_unicycler(written(pulses, kind="pulses", window=window))
    # One pulse each way: nothing would be passed over when one is cut short.
    both: list[dict[str, Any]] = [pulses | {"count": 1}, pulses | {"count": 1, "direction": "delithiation"}]
    expected = written(*both, kind="pulses", window=window)
    same(from_unicycler(to_unicycler(expected)), expected)
    assert len(export(written(pulses | {"count": 60}, kind="pulses"), "pybamm").splitlines()) == 120


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ([ConstantCurrent(rate_C=0.5, until_time_s=1)], "step 1 (constant_current): 0.5 is a C-rate, and the protocol has no capacity"),
        ([ConstantVoltage(voltage_V=1.0, until_time_s=1)], "step 1 (constant_voltage): does not say which way its current flows"),
        (
            [OpenCircuitVoltage(until_time_s=1), OpenCircuitVoltage(until_time_s=1), Loop(loop_to=1, cycle_count=10**9)],
            "comes to more than 1,000 steps; check its loops",
        ),
    ],
)  # fmt: skip
def test_a_protocol_that_cannot_be_carried_out_is_refused(
    method: list[Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("byssus.protocol.unicycler.LARGEST_STEPS", 1_000)
    with pytest.raises(ProtocolError) as error:
        from_unicycler(CyclingProtocol(record=RecordParams(time_s=1), method=method))
    assert words in str(error.value)


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="format: 'newer' is not a format of protocols; did you mean 'neware'"):
        export(cycling(), "newer")  # type: ignore[arg-type]
    assert set(FORMATS) == {"unicycler", "neware", "biologic", "tomato", "pybamm", "battinfo"}
