"""A few thousand mutated files a reader; a hundred thousand run under `make validate`."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("fuzz", Path(__file__).with_name("fuzz.py"))
assert _spec is not None
assert _spec.loader is not None
fuzz = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fuzz)

CASES = 2000
#: An Arbin .res is a database of a megabyte.
SLOW_CASES = 200
Real = Callable[[str], Path]


@pytest.mark.parametrize("seed", sorted(fuzz.SEEDS))
def test_mutated_files_give_a_table_or_one_line(real: Real, seed: str) -> None:
    real("cycler_neware/nda8.nda.zip")
    cases = SLOW_CASES if seed == "arbin-res" else CASES
    cores = os.cpu_count() or 1
    edges = [cases * part // cores for part in range(cores + 1)]
    with ThreadPoolExecutor(cores) as pool:
        problems = list(pool.map(lambda ends: fuzz.shard(seed, *ends), pairwise(edges)))
    assert [problem for part in problems for problem in part] == []


@pytest.mark.parametrize("seed", sorted(fuzz.SEEDS))
def test_the_seeds_themselves_are_read(real: Real, seed: str, tmp_path: Path) -> None:
    from byssus.measured.read import read

    real("cycler_neware/nda8.nda.zip")
    reader, make = fuzz.SEEDS[seed]
    path = tmp_path / "seed.bin"
    path.write_bytes(make())
    assert read(path, reader=reader).rows >= 20


def test_cases_are_the_same_everywhere_and_differ() -> None:
    seed = fuzz.SEEDS["landt"][1]()
    cases = [fuzz.case_bytes("landt", seed, number) for number in range(50)]
    assert cases == [fuzz.case_bytes("landt", seed, number) for number in range(50)]
    assert len(set(cases)) > 45


def test_a_failure_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import byssus.measured.read as door

    def broken(*_args: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(door, "read", broken)
    path = tmp_path / "case.bin"
    path.write_bytes(b"x")
    assert fuzz.failure_of(path, "landt-csv") == "ZeroDivisionError: "


def test_crashes_of_the_past_stay_mended() -> None:
    kept = sorted(fuzz.CRASHES.glob("*.bin"))
    assert [path.name for path in kept if fuzz.failure_of(path, path.name.split("--")[0])] == []
