"""A second run redoes only what changed, and a run that is killed loses nothing finished."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from shared import DEMO, ONE_CELL, square_wave
from test_workflow import HOURS, cell, line, study
from typer.testing import CliRunner

from byssus import workflow
from byssus.analysis.cycling.cell import examine
from byssus.analysis.cycling.fade import CellFade, Fade
from byssus.app import cli, terminal
from byssus.measured.metadata import Sample
from byssus.project import inputs, store
from byssus.project.inputs import Inputs
from byssus.project.plain import from_plain, to_plain
from byssus.project.store import KEPT, Reuse, Store

OTHER = [2.0, 1.5, 1.5, 1.41, 1.45, 1.4]


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """No figures and no page: they are drawn anew in every run, and are not what is tested here."""
    monkeypatch.setattr(workflow.study, "_figures", lambda *_: [])
    monkeypatch.setattr(workflow.study, "to_html", lambda _: "")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that were read and analysed, in this order."""
    done: list[str] = []
    read, analyse = workflow.study.read, workflow.study.examine

    def reading(*given, sample, **options):  # type: ignore[no-untyped-def]
        done.append(f"read {sample.name}")
        return read(*given, sample=sample, **options)

    def examining(table, *options):  # type: ignore[no-untyped-def]
        done.append(f"analyse {table.metadata.sample.name}")
        return analyse(table, *options)

    monkeypatch.setattr(workflow.study, "read", reading)
    monkeypatch.setattr(workflow.study, "examine", examining)
    return done


def two(folder: Path, more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    return study(folder, line("A", "a.csv") + line("B", "b.csv") + more, a=HOURS, b=OTHER)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a run, but for results.json, which also says what was reused."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "results.json"
    }


def entries(folder: Path) -> list[Path]:
    return sorted((folder / ".byssus" / "study.yaml").glob("*/entry.json"))


def test_a_second_run_reads_and_analyses_nothing(tmp_path: Path, undrawn: None, work: list[str]) -> None:
    folder = two(tmp_path)
    first = workflow.run_study(folder)
    assert work == ["read A", "analyse A", "read B", "analyse B"]
    assert (first.reuse.reused, first.reuse.analysed, first.reuse.note) == ((), {"A": "new", "B": "new"}, None)
    assert str(first.reuse) == ""
    before = contents(first.folder)
    second = workflow.run_study(folder)
    assert len(work) == 4
    assert str(second.reuse) == "2 of 2 cells reused"
    assert contents(second.folder) == before
    assert second.results == first.results
    assert second.findings == first.findings
    for old, new in zip(first.cells, second.cells, strict=True):
        assert new.cycling.cycles.equals(old.cycling.cycles)
        assert new.cycling.steps.equals(old.cycling.steps)
        assert new.table.content_hash() == old.table.content_hash()
        assert new.methods == old.methods
    stored = json.loads((second.folder / "results.json").read_text(encoding="utf-8"))
    assert (stored["reused"], stored["analysed"], stored["not_kept"]) == (["A", "B"], {}, None)


def test_a_real_study_with_its_figures_is_the_same_to_the_last_byte(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    for file in (ONE_CELL, DEMO / "NJK_CC_156_C30_C_x30.xlsx"):
        shutil.copy(file, folder)
    first = workflow.run_study(folder)
    before = contents(first.folder)
    # Fade and forecast are there to be kept and drawn.
    assert all(cell.fade.forecast is not None for cell in first.cells)
    second = workflow.run_study(folder)
    assert second.reuse.reused == tuple(first.reuse.analysed)
    after = contents(second.folder)
    assert after.keys() == before.keys()
    # The page says when it was made; a Parquet file of the same numbers may be packed otherwise.
    assert {name for name in before if after[name] != before[name]} <= {
        "report.html",
        *(name for name in before if name.endswith(".parquet")),
    }
    for name in (name for name in before if name.endswith(".parquet")):
        assert pl.read_parquet(io.BytesIO(before[name])).equals(pl.read_parquet(io.BytesIO(after[name])))
    pages = [re.sub(rb"on \d{4}-\d\d-\d\d at \d\d:\d\d", b"", run["report.html"]) for run in (before, after)]
    assert pages[0] == pages[1]


def test_the_demonstration_is_kept_beside_its_results(tmp_path: Path, undrawn: None) -> None:
    first = workflow.demo(tmp_path / "out")
    assert not first.reuse.reused
    assert workflow.demo(tmp_path / "out").reuse.reused == tuple(first.reuse.analysed)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".byssus", "out"]
    # The package's own folder is not written to.
    assert not (DEMO / ".byssus").exists()


def by_file(folder: Path) -> None:
    """The same size and the same time of change: only the bytes tell."""
    file = folder / "b.csv"
    about, text = file.stat(), file.read_text()
    file.write_text(text.replace(",0.8000,", ",0.8001,"))
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (about.st_size, about.st_mtime_ns)
    assert file.read_text() != text


def in_study(old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / "study.yaml").read_text()
        assert old in text
        (folder / "study.yaml").write_text(text.replace(old, new))

    return change


def copied_again(folder: Path) -> None:
    (folder / "a.csv").touch()


def renamed(folder: Path) -> None:
    (folder / "b.csv").rename(folder / "b2.csv")
    in_study("b.csv", "b2.csv")(folder)


@pytest.mark.parametrize(
    ("change", "analysed"),
    [
        (by_file, {"B": "its file changed"}),
        (renamed, {"B": "its file changed"}),
        (in_study("[b.csv], active_mass: 1.0 ± 0.1", "[b.csv], active_mass: 1.1 ± 0.1"), {"B": "the study changed"}),
        (in_study("baseline: 1", "baseline: 2"), {"A": "the study changed", "B": "the study changed"}),
        (in_study("cells:\n", "cells:\n" + line("C", "b.csv")), {"C": "new"}),
        # What no number of a cell follows from.
        (in_study("CMC: {}", "CMC: {note: of batch 7}"), {}),
        (in_study("analysis: {", "analysis: {profile_cycles: [1, 2], "), {}),
        (copied_again, {}),
    ],
)
def test_only_what_changed_is_done_again(
    tmp_path: Path, undrawn: None, work: list[str], change: Callable[[Path], None], analysed: dict[str, str]
) -> None:
    folder = two(tmp_path, "analysis: {retention_baseline: 1}\n")
    workflow.run_study(folder)
    work.clear()
    change(folder)
    run = workflow.run_study(folder)
    assert dict(run.reuse.analysed) == analysed
    assert work == [f"{what} {name}" for name in analysed for what in ("read", "analyse")]
    # As a run without a store has it.
    reused = contents(run.folder)
    assert contents(workflow.run_study(folder, fresh=True).folder) == reused


def test_another_byssus_does_all_again(tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = two(tmp_path)
    workflow.run_study(folder)
    monkeypatch.setattr(inputs, "PROGRAM", "that of a line that was edited")
    run = workflow.run_study(folder)
    assert dict(run.reuse.analysed) == dict.fromkeys("AB", "Byssus changed")
    assert str(run.reuse) == "0 of 2 cells reused, 2 analysed (A, B: Byssus changed)"


def test_an_edit_anywhere_that_numbers_follow_from_is_another_byssus(tmp_path: Path) -> None:
    names = {name for name, _ in inputs._sources(resources.files("byssus"))}
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, byssus.project.store; print(*(m for m in sys.modules if m[:6] == 'byssus'))"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert "byssus.analysis.cycling.fade" in loaded
    for module in loaded:
        path = module.removeprefix("byssus").removeprefix(".").replace(".", "/")
        assert {f"{path}.py", f"{path}/__init__.py".removeprefix("/")} & names
        assert path.split("/")[0] not in inputs._APART
    # A package of two files: an edit of one, and of what is apart.
    (tmp_path / "physics").mkdir()
    (tmp_path / "physics" / "fade.py").write_text("1")
    before = list(inputs._sources(tmp_path))
    (tmp_path / "physics" / "fade.py").write_text("2")
    assert list(inputs._sources(tmp_path)) != before


_KILLED = """
import os, signal, sys
from pathlib import Path
from byssus import workflow
examine = workflow.study.examine
def until(table, *options):
    if table.metadata.sample.name == "B":
        os.kill(os.getpid(), signal.SIGKILL)
    return examine(table, *options)
workflow.study.examine = until
workflow.run_study(Path(sys.argv[1]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_run_that_is_killed_loses_nothing_finished(tmp_path: Path, undrawn: None, work: list[str]) -> None:
    folder = two(tmp_path)
    died = subprocess.run([sys.executable, "-c", _KILLED, str(folder)], capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert not (folder / "results").exists()
    run = workflow.run_study(folder)
    assert str(run.reuse) == "1 of 2 cells reused, 1 analysed (B: new)"
    assert work == ["read B", "analyse B"]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["entry.json", "numbers.json", "table.parquet"])
@pytest.mark.parametrize(
    "damage", [_cut, _flipped, Path.unlink, lambda path: path.write_text("[]"), lambda path: path.write_text("{}")]
)
def test_an_entry_that_is_damaged_is_done_again(
    tmp_path: Path,
    undrawn: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    name: str,
    damage: Callable[[Path], None],
) -> None:
    folder = study(tmp_path, line("A", "a.csv"), a=HOURS)
    first = workflow.run_study(folder)
    before = contents(first.folder)
    (entry,) = entries(folder)
    damage(entry.parent / name)
    monkeypatch.setenv("BYSSUS_DEBUG", "1")
    with caplog.at_level(logging.WARNING):
        run = workflow.run_study(folder)
    gone = name == "entry.json" and not caplog.text
    assert dict(run.reuse.analysed) == {"A": "new" if gone else "its entry in the store was damaged"}
    assert gone == (damage is Path.unlink and name == "entry.json")
    assert run.reuse.note is None
    assert contents(run.folder) == before
    # It was mended by that.
    assert str(workflow.run_study(folder).reuse) == "1 of 1 cell reused"


def test_an_entry_under_a_false_name_is_not_believed(tmp_path: Path, undrawn: None) -> None:
    folder = two(tmp_path)
    workflow.run_study(folder)
    one, other = (path.parent for path in entries(folder))
    one.rename(folder / "aside")
    other.rename(one)
    (folder / "aside").rename(other)
    assert set(workflow.run_study(folder).reuse.analysed) == {"A", "B"}


def test_where_nothing_can_be_kept_a_note_says_so(tmp_path: Path, undrawn: None) -> None:
    folder = two(tmp_path)
    (folder / ".byssus").write_text("not a folder")
    run = workflow.run_study(folder)
    assert not run.errors
    assert run.reuse.note is not None
    assert "is not kept for the next run" in run.reuse.note
    assert set(workflow.run_study(folder).reuse.analysed) == {"A", "B"}
    said = CliRunner().invoke(cli.app, ["run", str(folder)])
    assert said.exit_code == 0
    assert "is not kept for the next run" in " ".join(said.stdout.split())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_store_that_is_read_only_is_still_read(tmp_path: Path, undrawn: None) -> None:
    folder, out = two(tmp_path / "study"), tmp_path / "out"
    workflow.run_study(folder, out=out)
    places = [folder, *(path for path in (folder / ".byssus").rglob("*") if path.is_dir()), folder / ".byssus"]
    for place in places:
        place.chmod(0o555)
    try:
        assert str(workflow.run_study(folder, out=out).reuse) == "2 of 2 cells reused"
    finally:
        for place in places:
            place.chmod(0o755)


_RUN = """
import sys
from pathlib import Path
from byssus import workflow
workflow.study._figures = lambda *_: []
workflow.run_study(Path(sys.argv[1]), out=Path(sys.argv[2]))
"""


def test_runs_at_once_do_not_break_each_other(tmp_path: Path, undrawn: None) -> None:
    folder = two(tmp_path / "study")
    runs = [
        subprocess.Popen([sys.executable, "-c", _RUN, str(folder), str(tmp_path / f"out{at}")], stderr=subprocess.PIPE)
        for at in range(3)
    ]
    said = [run.communicate(timeout=120)[1].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    tables = [(tmp_path / f"out{at}" / "results.csv").read_bytes() for at in range(3)]
    assert len(set(tables)) == 1
    assert str(workflow.run_study(folder).reuse) == "2 of 2 cells reused"
    assert not [path for path in (folder / ".byssus").rglob("*") if path.name.startswith(".byssus-aside")]


def test_the_store_does_not_grow_without_end(tmp_path: Path, undrawn: None) -> None:
    folder = two(tmp_path)
    text = (folder / "study.yaml").read_text()
    own = folder / ".byssus" / "study.yaml" / "mine"
    own.mkdir(parents=True)
    for mass in range(10, 18):
        (folder / "study.yaml").write_text(text.replace("mass: 1.0", f"mass: {mass / 10}"))
        run = workflow.run_study(folder)
    assert len(entries(folder)) == 2 * KEPT
    assert own.is_dir()
    # The last ones are kept, those of this run among them.
    assert str(workflow.run_study(folder).reuse) == "2 of 2 cells reused"
    (folder / "study.yaml").write_text(text.replace("mass: 1.0", "mass: 1.6"))
    assert str(workflow.run_study(folder).reuse) == "2 of 2 cells reused"
    assert run.reuse.note is None
    # What is left of a removal that was cut off goes with the next.
    entries(folder)[0].unlink()
    workflow.run_study(folder)
    assert all((path / "entry.json").exists() for path in own.parent.iterdir() if path != own)


def test_fresh_uses_nothing_and_replaces_what_is_there(tmp_path: Path, undrawn: None, work: list[str]) -> None:
    folder = two(tmp_path)
    workflow.run_study(folder)
    written = [path.stat().st_ino for path in entries(folder)]
    work.clear()
    run = workflow.run_study(folder, fresh=True)
    assert work == ["read A", "analyse A", "read B", "analyse B"]
    assert dict(run.reuse.analysed) == dict.fromkeys("AB", "asked for anew")
    assert len(entries(folder)) == 2
    assert [path.stat().st_ino for path in entries(folder)] != written
    said = CliRunner().invoke(cli.app, ["run", str(folder), "--fresh"])
    assert len(work) == 8
    assert "0 of 2 cells reused, 2 analysed (A, B: asked for anew)" in said.stdout
    assert "2 of 2 cells reused" in CliRunner().invoke(cli.app, ["run", str(folder)]).stdout


def test_a_test_in_an_archive_follows_the_archive(tmp_path: Path, undrawn: None) -> None:
    folder = study(tmp_path, line("A", "'raw.zip::a.csv'"), a=HOURS, b=OTHER)

    def pack(*names: str) -> None:
        with zipfile.ZipFile(folder / "raw.zip", "w") as archive:
            for name in names:
                archive.write(folder / name, "a.csv" if name == names[0] else name)

    pack("a.csv")
    first = workflow.run_study(folder)
    assert str(workflow.run_study(folder).reuse) == "1 of 1 cell reused"
    pack("b.csv")
    run = workflow.run_study(folder)
    assert dict(run.reuse.analysed) == {"A": "its file changed"}
    assert run.results != first.results


def test_a_file_that_grows_while_it_is_read_is_not_kept(
    tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = study(tmp_path, line("A", "a.csv"), a=HOURS)
    whole, read = (folder / "a.csv").read_text(), workflow.study.read
    (folder / "a.csv").write_text("".join(whole.splitlines(keepends=True)[:-30]))

    def growing(*given, **options):  # type: ignore[no-untyped-def]
        (folder / "a.csv").write_text(whole)
        return read(*given, **options)

    monkeypatch.setattr(workflow.study, "read", growing)
    run = workflow.run_study(folder)
    assert run.reuse.note == "A is not kept: a file of it changed while it was read"
    assert not entries(folder)


def test_what_another_package_has_read_is_not_kept(
    tmp_path: Path, undrawn: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = study(tmp_path, line("A", "a.csv"), a=HOURS)
    monkeypatch.setattr(store, "_OWN_READERS", frozenset({"some other"}))
    run = workflow.run_study(folder)
    assert run.reuse.note is not None
    assert "a.csv was read by another package" in run.reuse.note
    assert set(workflow.run_study(folder).reuse.analysed) == {"A"}


def test_a_cell_that_cannot_be_read_is_tried_again(tmp_path: Path, undrawn: None, work: list[str]) -> None:
    folder = study(tmp_path, line("A", "a.csv") + line("B", "b.csv"), a=HOURS)
    for _ in range(2):
        work.clear()
        run = workflow.run_study(folder)
        assert len(run.errors) == 1
        assert "read B" in work
    assert run.reuse.reused == ("A",)
    cell(folder / "b.csv", OTHER)
    assert dict(workflow.run_study(folder).reuse.analysed) == {"B": "new"}


def test_a_test_in_several_files_is_the_same_to_the_last_bit(tmp_path: Path, undrawn: None) -> None:
    folder = study(tmp_path, line("A", "a.csv, b.csv"), a=HOURS, b=OTHER)
    first, second = workflow.run_study(folder), workflow.run_study(folder)
    assert second.reuse.reused == ("A",)
    assert second.cells[0].cycling.cycles.equals(first.cells[0].cycling.cycles)
    assert second.results == first.results


def faded(knee_at: int | None) -> CellFade:
    """The fade of a cell of sixty cycles, with a knee or without one."""
    n = np.arange(60)
    bend = np.zeros(60) if knee_at is None else np.maximum(n - knee_at, 0)
    capacity = 2.0 - 0.002 * n - 0.02 * bend + 0.001 * np.sin(37.0 * n)
    hours = [float(part) for q in capacity for part in (q + 0.01, q)]
    sample = Sample.model_validate({"name": "x", "configuration": "half", "made": "empty", "binder": "b"})
    return examine(square_wave([-1.0, 1.0] * 60, hours, sample=sample, records=5)).fade


@pytest.mark.parametrize("knee_at", [None, 35])
def test_fade_is_read_back_to_the_last_bit(knee_at: int | None) -> None:
    made = faded(knee_at)
    assert isinstance(made.fade, Fade)
    assert made.knee is not None
    assert (made.knee.cycle is None) == (knee_at is None) == (made.forecast is not None)
    back = from_plain(CellFade, json.loads(json.dumps(to_plain(made))))
    assert (back.fade, back.knee, back.lost, back.reasons) == (made.fade, made.knee, made.lost, made.reasons)
    if made.forecast is not None:
        ahead = [61, 70, 119]
        for one, other in zip(made.forecast.band(ahead), back.forecast.band(ahead), strict=True):
            assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("stored", [{}, [], None, {"fade": 1}, "x"])
def test_what_is_no_record_is_refused(stored: object) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        from_plain(CellFade, stored)
    with pytest.raises(TypeError, match="function is no part of a record"):
        to_plain((test_what_is_no_record_is_refused,))


def test_the_inputs_of_a_file_that_is_not_there_are_not_known(tmp_path: Path) -> None:
    from byssus.study.study import load

    known = load(study(tmp_path, line("A", "none.csv")))
    assert Inputs.of(known, "A") is None
    empty = Store(tmp_path / "none")
    empty.tidy(1)
    assert not (tmp_path / "none").exists()


def test_many_names_are_not_listed_one_by_one() -> None:
    reuse = Reuse(("z",), dict.fromkeys("abcdefg", "the study changed") | {"h": "new"})
    assert str(reuse) == "1 of 9 cells reused, 8 analysed (a, b, c, d, e and 2 more: the study changed; h: new)"


def test_time_left_follows_what_was_done() -> None:
    pace = terminal.Pace()
    assert pace.left(0, 0, 5.0) == ""  # what was checked before the work does not count
    assert pace.left(0, 1000, 100.0) == ""
    assert pace.left(100, 1000, 102.0) == "about 18 s left"
    assert pace.left(250, 1000, 400.0) == "about 15 min left"
    assert pace.left(1000, 1000, 900.0) == ""


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (60.0, False)])
def test_progress_is_shown_of_what_takes_long(monkeypatch: pytest.MonkeyPatch, patience: float, shown: bool) -> None:
    import time

    stream = _Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal, "_PATIENCE", patience)
    with terminal.progressing() as progress:
        progress("reading [A]", 0, 1000)
        time.sleep(0.3)
        progress("reading [B]", 100, 1000)
        time.sleep(0.5)
    assert ("reading [B]" in stream.getvalue() and "s left" in stream.getvalue()) == shown
    assert bool(stream.getvalue()) == shown


@pytest.mark.parametrize(("every", "shown"), [(0.0, True), (60.0, False)])
def test_a_log_is_told_of_what_takes_long(monkeypatch: pytest.MonkeyPatch, every: float, shown: bool) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(terminal, "_LINE_EVERY", every)
    with terminal.progressing() as progress:
        progress("reading [A]", 0, 1000)
        progress("reading [B]", 100, 1000)
    assert stream.getvalue().startswith("reading [A]\nreading [B]: about ") == shown
    assert bool(stream.getvalue()) == shown
