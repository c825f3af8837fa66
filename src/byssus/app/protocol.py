"""The verb ``protocol``: a test of a virtual cell as a real cycler takes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from byssus.app import terminal
from byssus.app.simulate import place
from byssus.conventions import Made
from byssus.errors import UsageError

if TYPE_CHECKING:
    from byssus.protocol.steps import Step
    from byssus.simulate.inputs import VirtualCell

_SCHEMA = "byssus.protocol/1"


def protocol(
    study: Annotated[
        str,
        typer.Argument(
            help="A study.yaml with virtual cells, its folder, or one that is shipped: ccl, full-cell, pairs."
        ),
    ],
    test: Annotated[str, typer.Option("--test", help="formation, rate, cycling, cv, gitt, ici, power or eis.")],
    sample: Annotated[str | None, typer.Option("--sample", help="A virtual cell; needed if there are several.")] = None,
    form: Annotated[
        str | None, typer.Option("--for", help="unicycler, neware, biologic, tomato, pybamm or battinfo.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file, with --for.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace what stands at --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Show the steps of a test with every current in mA, or write them for a cycler."""
    with (
        terminal.answering(as_json, {"schema": _SCHEMA, "name": None, "steps": []}),
        terminal.progressing() as progress,
    ):
        progress("resolving the protocol", 0, 0)
        from byssus import virtual
        from byssus.files import write_whole
        from byssus.protocol.unicycler import FORMATS, export
        from byssus.study.study import load
        from byssus.virtual.prepare import one_c

        if form is not None and form not in FORMATS:
            raise UsageError("is no format", field="--for", value=form, fix=f"give one of {', '.join(FORMATS)}")
        if (form is None) != (out is None):
            raise UsageError("goes with --out", field="--for", value=form, fix="give both, or neither")
        if out is not None:
            terminal.check_place("--out", out, ".json", ".xml", ".mps", ".txt", ".jsonld", force=force)
        asked = virtual.Asked((test,), (sample,) if sample else ())
        if len(asked.names()) != 1:
            raise UsageError("is several tests", field="--test", value=test, fix="name one of them")
        prepared = virtual.prepare(load(place(study)[0]), asked.names(), asked.samples)
        if len(prepared.protocols) != 1:
            raise UsageError("is missing", field="--sample", fix=f"name one of {', '.join(prepared.cells)}")
        ((name, _), resolved), cell = next(iter(prepared.protocols.items())), next(iter(prepared.cells.values()))
        kind = next((each for each in FORMATS if each == form), None)
        if kind is not None and out is not None:
            starts_at = cell.window[1 if _begins_high(cell) else 0]
            write_whole(out, export(resolved, kind, capacity=one_c(cell, prepared.known), starts_at=starts_at))
    if as_json:
        steps = [
            {"control": each.control, "direction": str(each.direction), "value": each.value,
             "until_voltage_V": each.until_voltage, "until_current_A": each.until_current,
             "duration_s": each.duration, "cycle": each.cycle, "label": each.label}
            for each in resolved.steps
        ]  # fmt: skip
        written = None if out is None else str(out.resolve())
        terminal.print_json({"schema": _SCHEMA, "findings": [], "sample": name, "name": resolved.name, "steps": steps,
                             "written": written})  # fmt: skip
        return
    if out is not None:
        print(out.resolve())  # noqa: T201
        return
    terminal.print_table(
        ("step", "cycle", "control", "direction", "set to", "until", "as asked"),
        [
            (str(place), str(each.cycle), each.control, str(each.direction), _set_to(each), _until(each), each.label)
            for place, each in enumerate(resolved.steps, 1)
        ],
        right=("step", "cycle", "set to"),
    )  # fmt: skip


def _begins_high(cell: VirtualCell) -> bool:
    """Say whether a fresh cell stands at the upper end of its window: an electrode made empty against lithium does."""
    return cell.opposite is None and cell.electrode.made is Made.EMPTY


def _set_to(step: Step) -> str:
    if step.control in ("current", "power"):
        return f"{abs(step.value) * 1e3:.4g} m{'A' if step.control == 'current' else 'W'}"
    return f"{step.value:.4g} V" if step.control in ("voltage", "sweep") else ""


def _until(step: Step) -> str:
    ends = (
        (step.until_voltage, "V", 1.0),
        (step.until_current, "mA", 1e3),
        (step.until_charge, "mAh", 1 / 3.6),
        (step.duration, "s", 1.0),
    )
    return " or ".join(f"{end * factor:.4g} {unit}" for end, unit, factor in ends if end is not None)
