"""The verb ``simulate``: virtual cells of a study through the tests of a laboratory."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any

import typer

from byssus.app import terminal
from byssus.errors import UsageError, did_you_mean

_SCHEMA = "byssus.simulate/1"


def simulate(
    study: Annotated[
        str,
        typer.Argument(
            help="A study.yaml with virtual cells, its folder, or one that is shipped: ccl, full-cell, pairs."
        ),
    ],
    test: Annotated[
        list[str] | None,
        typer.Option("--test", help="formation, rate, cycling, cv, gitt, ici, power, eis or all; may be given again."),
    ] = None,
    sample: Annotated[list[str] | None, typer.Option("--sample", help="A virtual cell; may be given again.")] = None,
    model: Annotated[str | None, typer.Option(help="SPM, SPMe or DFN, instead of the one that is chosen.")] = None,
    instrument: Annotated[
        str | None, typer.Option(help="Put the sampling, resolution and noise of an instrument on the tables.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the noise.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder for the results [STUDY/simulated].")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print every parameter with value, unit and source, and solve nothing.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, also what an earlier run left unfinished.")
    ] = False,
    all_records: Annotated[
        bool, typer.Option("--all-records", help="Keep every record of a long test, not the first and last of a step.")
    ] = False,
    spread: Annotated[
        bool,
        typer.Option("--spread", help="Repeat the tests of silicon with the potential of each published electrode."),
    ] = False,
    binder: Annotated[
        bool | None,
        typer.Option(
            "--binder/--no-binder", help="With or without the binder's equations on silicon [as the study says]."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Simulate the virtual cells of a study, and analyse what comes out as if it had been measured."""
    empty = {"schema": _SCHEMA, "samples": {}, "results": []}
    with terminal.answering(as_json, empty), terminal.progressing() as progress:
        progress("reading the study", 0, 0)
        from byssus import virtual
        from byssus.simulate.model import KINDS

        if model is not None and model not in KINDS:
            raise UsageError("is no model", field="--model", value=model, fix=f"give one of {', '.join(KINDS)}")
        if not test and not explain:
            raise UsageError("is missing", field="--test", fix="name a test, or all")
        asked = virtual.Asked(
            tuple(test or ()), tuple(sample or ()), next((kind for kind in KINDS if kind == model), None), instrument,
            seed, fresh, all_records, spread, binder,
        )  # fmt: skip
        path, kept = place(study)
        if explain:
            told = virtual.explained(path, asked, progress)
        else:
            if kept is not None:
                # What is shipped is not to be written to.
                out, kept = out or Path(f"byssus-{path.name}"), Path(kept).absolute()
            done = virtual.simulate_study(path, asked, out=out, kept=kept, progress=progress)
    if explain:
        _print_explained(told, as_json)
        return
    for lack in done.run.errors:
        terminal.say(str(lack))
    if as_json:
        terminal.print_json(done.as_dict() | {"report": str(done.run.report)})
    else:
        _print_done(done)
    if done.run.errors or any(each.stopped for each in done.outcomes):
        raise typer.Exit(1)


def place(word: str) -> tuple[Path, Path | None]:
    """Return the study that a word names, and for one that is shipped where what is finished is kept."""
    path = Path(word)
    if path.exists() or len(path.parts) > 1 or path.suffix:
        return path, None
    shipped = Path(__file__).parents[1] / "examples"
    names = sorted(file.parent.name for file in shipped.glob("*/study.yaml") if "\nvirtual:" in file.read_text("utf-8"))
    if word not in names:
        raise UsageError("is neither a file, nor a folder, nor a shipped study with virtual cells", field="STUDY",
                         value=word, fix=did_you_mean(word, names))  # fmt: skip
    return shipped / word, Path(".byssus") / word


def _print_done(done: Any) -> None:
    rows = [
        (each.sample, each.test, each.kind, f"{each.steps} of {each.asked}", f"{each.table.rows:,}", f"{each.seconds:.1f}",
         each.stopped or (f"as asked; {each.resumed} steps were done before" if each.resumed else "as asked"))
        for each in done.outcomes
    ]  # fmt: skip
    terminal.print_table(
        ("sample", "test", "model", "steps", "records", "s", "ended"), rows, right=("steps", "records", "s")
    )
    tests: dict[tuple[str, str, str], list[str]] = {}
    for each in done.outcomes:
        tests.setdefault((each.sample, each.kind, each.reason), []).append(each.test)
    for (sample, kind, reason), of in tests.items():
        terminal.screen().print(f"{sample}, {', '.join(of)}: {kind}, {reason}", markup=False)
    for sample, calibration in done.calibrations.items():
        _print_calibration(sample, calibration)
    if beside := done.beside:
        terminal.print_table(
            ("sample", "quantity", "printed", "simulated", "difference", "unit"),
            [(each.sample, each.quantity, *(entry.text for entry in each.entries), each.unit) for each in beside],
            right=("printed", "simulated", "difference"),
        )
    if done.spread:
        terminal.print_table(
            ("sample", "test", "spread between published electrodes", "simulated", "lowest", "highest", "±", "unit"),
            [
                (each.sample, each.test, each.quantity, *(entry.text for entry in each.entries), each.unit)
                for each in done.spread
            ],
            right=("simulated", "lowest", "highest", "±"),
        )
    terminal.print_findings(done.run.findings, report=True)
    print(done.run.report)  # noqa: T201 - unwrapped and last, whatever the width of the terminal


def _print_calibration(sample: str, calibration: Any) -> None:
    terminal.print_table(
        (f"{sample}: A/g", "printed", "model", "null model", "seen by the fit"),
        [
            (f"{each.current / 1e3:g}",
             *("missing" if value is None else f"{value / 3600:.0f}" for value in (each.measured, each.model, each.null)),
             "yes" if each.fitted else "no, predicted")
            for each in calibration.predictions
        ],
        right=("printed", "model", "null model"),
    )  # fmt: skip
    model, null = (each / 3600 for each in calibration.left_out())
    unseen = (
        f"Of what they did not see the model misses {model:.0f} mAh/g (root mean square), and the null model, a polynomial "
        f"in ln I with as many numbers, {null:.0f}."
        if not math.isnan(model)
        else "They saw all that is printed, so nothing tests them."
    )
    fitted = ", ".join(f"{name} {each.quantity}" for name, each in calibration.fitted.items())
    terminal.screen().print(f"{sample}: {len(calibration.fitted)} fitted numbers ({fitted}). {unseen}", markup=False)
    for statement in calibration.statements:
        terminal.screen().print(f"{sample}: {statement}", markup=False)


def _print_explained(told: Any, as_json: bool) -> None:
    if as_json:
        samples = {sample: [each.as_dict() for each in parameters] for sample, parameters in told.items()}
        terminal.print_json({"schema": "byssus.explain/1", "findings": [], "samples": samples})
        return
    for sample, parameters in told.items():
        terminal.screen().print(sample, style="bold", markup=False)
        terminal.print_table(
            ("parameter", "value", "unit", "from", "source, or estimate and range"),
            [(each.name, each.shown, each.unit, each.how, each.whence) for each in parameters],
            right=("value",),
        )
