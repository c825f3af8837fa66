"""Tests carried out: those of one sample in turn, those of several in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Final

from byssus.errors import ByssusError, SimulationError
from byssus.project.inputs import PROGRAM
from byssus.simulate.job import Job, Outcome, carry
from byssus.workflow import Progress

#: Parts that the work of one test counts as: tests take more alike to one another than steps do, of which a titration has
#: hundreds and a voltammogram six.
_PARTS: Final = 100


def carried(
    jobs: Sequence[Job], store: Path, *, fresh: bool, progress: Progress
) -> tuple[tuple[Outcome, ...], list[ByssusError]]:
    """Carry all tests out, those of several samples in parallel; what cannot be is among the errors."""
    if fresh:
        for job in jobs:
            (store / f"{job.key(PROGRAM)}.npz").unlink(missing_ok=True)
    samples = list(dict.fromkeys(job.sample for job in jobs))
    workers = min(len(samples), os.cpu_count() or 1)
    found = (
        _in_turn(jobs, store, progress)
        if workers < 2
        else _at_once([[job for job in jobs if job.sample == name] for name in samples], store, workers, progress)
    )
    order = {(job.sample, job.test): place for place, job in enumerate(jobs)}
    outcomes = sorted(
        (each for each in found if isinstance(each, Outcome)), key=lambda each: order[each.sample, each.test]
    )
    return tuple(outcomes), [each for each in found if isinstance(each, ByssusError)]


def _in_turn(jobs: Sequence[Job], store: Path, progress: Progress) -> list[Outcome | ByssusError]:
    found: list[Outcome | ByssusError] = []
    for place, job in enumerate(jobs):

        def told(done: int, of: int, job: Job = job, place: int = place) -> None:
            progress(f"simulating {job.sample}, {job.test}", _PARTS * place + _PARTS * done // of, _PARTS * len(jobs))

        found.append(_one(job, store, told))
    return found


def _one(job: Job, store: Path, told: Callable[[int, int], None]) -> Outcome | ByssusError:
    try:
        return carry(job, store, PROGRAM, told)
    except SimulationError as error:
        return error


#: What a worker says: which of its tests, and how many parts of it are done, or how it came out.
_Said = tuple[int, int | Outcome | Exception]


def _of_sample(jobs: Sequence[Job], store: Path, pipe: Connection) -> None:
    """Carry the tests of one sample out, in a worker."""
    # Who asked may be gone, and nobody waits for the rest; what is finished is kept for the next run.
    with suppress(BrokenPipeError, ConnectionResetError):
        for place, job in enumerate(jobs):
            last = -1.0

            def told(done: int, of: int, place: int = place) -> None:
                nonlocal last
                if time.monotonic() - last > 0.2 or done == of:
                    pipe.send((place, _PARTS * done // of))
                    last = time.monotonic()

            pipe.send((place, 0))
            try:
                pipe.send((place, _one(job, store, told)))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:  # noqa: BLE001 - a defect, which is raised where a person sees it
                error.add_note("".join(traceback.format_exception(error)))
                pipe.send((place, error))


@dataclass
class _Worker:
    """A process that carries the tests of one sample out."""

    jobs: Sequence[Job]
    process: SpawnProcess
    pipe: Connection
    #: Which of the tests it is at.
    place: int = 0
    #: By place, how many parts of each are done.
    parts: dict[int, int] = field(default_factory=dict)
    #: Whether it has ended.
    over: bool = False

    @classmethod
    def begun(cls, context: SpawnContext, jobs: Sequence[Job], store: Path) -> _Worker:
        """Start one."""
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_of_sample, args=(jobs, store, there), name=jobs[0].sample, daemon=True)
        process.start()
        there.close()
        return cls(jobs, process, here)

    def hear(self) -> Outcome | ByssusError | None:
        """Take what it says next: how a test came out, or nothing where it tells of parts or has ended."""
        try:
            said: _Said = self.pipe.recv()
        except (EOFError, OSError):
            self.over = True
            self.process.join()
            return self._ended() if self.place < len(self.jobs) else None
        self.place, what = said
        if isinstance(what, int):
            self.parts[self.place] = what
            return None
        if not isinstance(what, Outcome | ByssusError):
            raise what
        self.parts[self.place] = _PARTS
        self.place += 1
        return what

    def told(self) -> str:
        """Return what it is at."""
        job = self.jobs[min(self.place, len(self.jobs) - 1)]
        return f"{job.sample} ({job.test})"

    def _ended(self) -> SimulationError:
        """Return an error that says which test it was at when something ended it."""
        job, code = self.jobs[self.place], self.process.exitcode or 0
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        killed = code == -signal.SIGKILL
        return SimulationError(
            f"was not finished: its process was ended ({how})", file=job.sample, place=job.test,
            fix=f"{'likely cause: the memory of the machine was full; ' if killed else ''}run it again, with --sample for fewer "
            "at once: what was finished is kept",
        )  # fmt: skip


def _at_once(waiting: list[list[Job]], store: Path, workers: int, progress: Progress) -> list[Outcome | ByssusError]:
    """Carry the tests of several samples out in processes of their own."""
    context = multiprocessing.get_context("spawn")
    total = _PARTS * sum(len(jobs) for jobs in waiting)
    running: list[_Worker] = []
    found: list[Outcome | ByssusError] = []
    before = 0
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                running.append(_Worker.begun(context, waiting.pop(0), store))
            ready = wait([each.pipe for each in running], timeout=0.2)
            for each in [each for each in running if each.pipe in ready]:
                heard = each.hear()
                found += [] if heard is None else [heard]
                if each.over:
                    running.remove(each)
                    before += sum(each.parts.values())
                    # What one test came to is no reason to leave out those after it.
                    waiting += [left] if (left := list(each.jobs[each.place + 1 :])) else []
            if running:
                done = before + sum(sum(each.parts.values()) for each in running)
                progress(f"simulating {', '.join(each.told() for each in running)}", done, total)
    finally:
        for each in running:
            each.process.terminate()
            each.process.join()
    return found
