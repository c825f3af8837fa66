"""The verb ``sensitivity``: which input of a virtual cell moves what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from byssus.app import terminal
from byssus.app.simulate import place
from byssus.errors import UsageError

_SCHEMA = "byssus.sensitivity/1"


def sensitivity(
    study: Annotated[
        str, typer.Argument(help="A study.yaml with virtual cells, its folder, or one that is shipped: ccl, full-cell.")
    ],
    sample: Annotated[str, typer.Option("--sample", help="A virtual cell.")],
    test: Annotated[str, typer.Option("--test", help="rate, formation, cycling or cv.")],
    method: Annotated[str, typer.Option(help="morris, which screens many inputs, or sobol, for a few.")] = "morris",
    inputs: Annotated[
        str | None,
        typer.Option(
            help="Names of inputs, with commas between; binder: all of the binder; left out: all that have a range."
        ),
    ] = None,
    runs: Annotated[
        int | None, typer.Option(help="How many runs at most [10 trajectories, or 64 rows].", min=1)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the points that are run.", min=0)] = 0,
    model: Annotated[str | None, typer.Option(help="SPM, SPMe or DFN, instead of the one that is chosen.")] = None,
    binder: Annotated[
        bool | None,
        typer.Option(
            "--binder/--no-binder", help="With or without the binder's equations on silicon [as the study says]."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the results [STUDY/sensitivity].")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew, also what an earlier run left unfinished.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")] = False,
) -> None:
    """Tell which input of a virtual cell moves what, over the ranges in which the inputs are known."""
    empty: dict[str, Any] = {"schema": _SCHEMA, "inputs": [], "outputs": [], "results": []}
    with terminal.answering(as_json, empty), terminal.progressing() as progress:
        progress("reading the study", 0, 0)
        from byssus import virtual
        from byssus.analysis.effects import METHODS
        from byssus.simulate.model import KINDS
        from byssus.virtual.sensitivity import Wanted, sensitivity_of_study

        if model is not None and model not in KINDS:
            raise UsageError("is no model", field="--model", value=model, fix=f"give one of {', '.join(KINDS)}")
        chosen = next((each for each in METHODS if each == method), None)
        if chosen is None:
            raise UsageError("is no method", field="--method", value=method, fix=f"give one of {', '.join(METHODS)}")
        names = tuple(filter(None, (each.strip() for each in (inputs or "").split(","))))
        asked = virtual.Asked((test,), (sample,), next((kind for kind in KINDS if kind == model), None), seed=seed,
                              fresh=fresh, binder=binder)  # fmt: skip
        path, kept = place(study)
        if kept is not None:
            # What is shipped is not to be written to.
            out, kept = out or Path(f"byssus-{path.name}-sensitivity"), Path(kept).absolute()
        wanted = Wanted(sample, test, chosen, names, runs)
        try:
            done = sensitivity_of_study(path, wanted, asked, out=out, kept=kept, progress=progress)
        except KeyboardInterrupt as stop:
            if not stop.args:
                raise
            terminal.say(str(stop))
            raise typer.Exit(130) from None
    if as_json:
        terminal.print_json(done.as_dict() | {"report": str(done.report)})
    else:
        _print_done(done)
    if any(each.effects is None for each in done.sensitivity.outputs):
        raise typer.Exit(1)


def _print_done(done: Any) -> None:
    told = done.sensitivity
    for output in told.outputs:
        terminal.screen().print(told.sentence(output), markup=False)
    resumed = f"; {done.resumed} were done before" if done.resumed else ""
    terminal.screen().print(f"{told.how}, {done.seconds:.0f} s{resumed}", markup=False)
    terminal.print_findings(done.findings)
    print(done.report)  # noqa: T201
