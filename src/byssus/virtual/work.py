"""Tests carried out: those of one sample in turn, those of several in processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from byssus.errors import ByssusError, SimulationError
from byssus.project.inputs import PROGRAM
from byssus.simulate.job import Job, Outcome, carry
from byssus.workflow import Progress


def carried(
    jobs: Sequence[Job], store: Path, *, fresh: bool, progress: Progress
) -> tuple[tuple[Outcome, ...], list[ByssusError]]:
    """Carry all tests out, those of several samples in parallel; what cannot be is among the errors."""
    if fresh:
        for job in jobs:
            (store / f"{job.key(PROGRAM)}.npz").unlink(missing_ok=True)
    samples = list(dict.fromkeys(job.sample for job in jobs))
    workers = min(len(samples), os.cpu_count() or 1)
    total = sum(len(job.protocol.steps) for job in jobs)
    found = (
        _in_turn(jobs, store, total, progress)
        if workers < 2
        else _at_once(jobs, samples, store, total, workers, progress)
    )
    order = {(job.sample, job.test): place for place, job in enumerate(jobs)}
    outcomes = sorted(
        (each for each in found if isinstance(each, Outcome)), key=lambda each: order[each.sample, each.test]
    )
    return tuple(outcomes), [each for each in found if isinstance(each, ByssusError)]


def _in_turn(jobs: Sequence[Job], store: Path, total: int, progress: Progress) -> list[Outcome | ByssusError]:
    found: list[Outcome | ByssusError] = []
    before = 0
    for job in jobs:

        def told(done: int, _of: int, job: Job = job, before: int = before) -> None:
            progress(f"simulating {job.sample}, {job.test}", before + done, total)

        found.append(_one(job, store, told))
        before += len(job.protocol.steps)
    return found


def _one(job: Job, store: Path, told: Callable[[int, int], None]) -> Outcome | ByssusError:
    try:
        return carry(job, store, PROGRAM, told)
    except SimulationError as error:
        return error


#: In a worker, where it tells of its steps.
_channel: Any = None


def _begin(channel: Any) -> None:
    global _channel
    _channel = channel


def _of_sample(jobs: Sequence[Job], store: Path, parent: int) -> list[Outcome | ByssusError]:
    """Carry the tests of one sample out, in a worker."""
    found = []
    for place, job in enumerate(jobs):
        last = 0.0

        def told(done: int, of: int, place: int = place, sample: str = job.sample) -> None:
            nonlocal last
            if os.getppid() != parent:
                # Who asked is gone, and nobody waits for the rest; what was written down last is there for the next run.
                os._exit(1)
            if time.monotonic() - last > 0.2 or done == of:
                _channel.put((sample, place, done))
                last = time.monotonic()

        found.append(_one(job, store, told))
    return found


def _at_once(
    jobs: Sequence[Job], samples: Sequence[str], store: Path, total: int, workers: int, progress: Progress
) -> list[Outcome | ByssusError]:
    """Carry the tests of several samples out in processes of their own."""
    context = multiprocessing.get_context("spawn")
    channel = context.Queue()
    done: dict[tuple[str, int], int] = {}
    pool = ProcessPoolExecutor(workers, context, _begin, (channel,))
    try:
        waiting = {
            pool.submit(_of_sample, [job for job in jobs if job.sample == sample], store, os.getpid())
            for sample in samples
        }
        found: list[Outcome | ByssusError] = []
        while waiting:
            finished, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            found += [each for future in finished for each in future.result()]
            while True:
                try:
                    sample, place, count = channel.get_nowait()
                except queue.Empty:
                    break
                done[sample, place] = count
            progress(f"simulating {len(samples)} samples", sum(done.values()), total)
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
    return found
