"""What every test gets: the real files, and no network."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from shared import ROOT


@pytest.fixture(scope="session")
def real() -> Callable[[str], Path]:
    """Give the path of a real file; skip, or fail where CI requires it, if it is not there."""
    folder = Path(os.environ.get("BYSSUS_TEST_DATA", ROOT.parent / "shared" / "data"))

    def find(name: str) -> Path:
        path = folder / name
        if not path.is_file():
            reason = f"the real file {name} is not in {folder} (BYSSUS_TEST_DATA)"
            if os.environ.get("BYSSUS_REQUIRE_TEST_DATA") == "1":
                pytest.fail(reason)
            pytest.skip(reason)
        return path

    return find


@pytest.fixture(autouse=True)
def _nobodys_home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Keep whatever facts the person who runs the tests has of their own out of them."""
    monkeypatch.setenv("BYSSUS_HOME", str(tmp_path_factory.getbasetemp() / "nobodys-home"))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> NoReturn:
        raise AssertionError(f"something tried to open a network connection: {args[1:]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
