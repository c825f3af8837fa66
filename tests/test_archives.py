"""Archives: what they hold is read, and what a hostile one tries is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from test_readers import landt

from byssus.errors import ByssusError, ReadError, UsageError
from byssus.measured import archives
from byssus.measured.read import read

Real = Callable[[str], Path]


def tar(path: Path, members: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def plain(tmp_path: Path) -> bytes:
    return landt(tmp_path / "plain.csv").read_bytes()


def packed(folder: Path, kind: str, content: bytes) -> Path:
    path = folder / f"a.csv.{kind}"
    match kind:
        case "zip":
            return zipped(path, {"__MACOSX/._a.csv": b"x", "data/a.csv": content})
        case "gz":
            path.write_bytes(gzip.compress(content))
        case "xz":
            path.write_bytes(lzma.compress(content))
        case "tar":
            return tar(path, {"data/a.csv": content})
        case _:
            return tar(path, {"readme.txt": b"hello", "data/a.csv": content}, f"w:{kind.removeprefix('tar.')}")
    return path


@pytest.mark.parametrize("kind", ["zip", "gz", "xz", "tar", "tar.gz", "tar.xz"])
def test_one_test_in_an_archive_is_read(tmp_path: Path, plain: bytes, kind: str) -> None:
    path = packed(tmp_path, kind, plain)
    table = read(path)
    assert table.data.equals(read(plain).data)
    source = table.metadata.provenance[0]
    assert source.file.startswith(f"{path.name}::")
    assert source.file.endswith("a.csv")
    assert source.size == len(plain)


def test_bytes_are_read(plain: bytes) -> None:
    table = read(plain, name="from memory")
    assert table.metadata.provenance[0].file == "from memory"
    with pytest.raises(ReadError, match=r"from memory: is of no format"):
        read(b"nothing", name="from memory")
    with pytest.raises(ReadError, match=r"from memory: is empty"):
        read(b"", name="from memory")


def test_members_are_named(tmp_path: Path, plain: bytes) -> None:
    path = zipped(tmp_path / "two.zip", {"a.csv": plain, "deep/b.csv": plain, "notes.txt": b"x"})
    with pytest.raises(UsageError, match=r"holds 2 tests; name one of them: two\.zip::a\.csv, two\.zip::deep/b\.csv"):
        read(path)
    assert read(Path(f"{path}::deep/b.csv")).metadata.provenance[0].file == "two.zip::deep/b.csv"
    with pytest.raises(UsageError, match=r"did you mean 'deep/b\.csv'"):
        read(Path(f"{path}::deep/c.csv"))
    with pytest.raises(ReadError, match=r"two\.zip::notes\.txt: is of no format"):
        read(Path(f"{path}::notes.txt"))
    single = landt(tmp_path / "plain.csv")
    with pytest.raises(ReadError, match="is no archive"):
        read(Path(f"{single}::a.csv"))


def test_an_error_inside_a_member_names_the_member(tmp_path: Path, plain: bytes) -> None:
    path = zipped(tmp_path / "a.zip", {"a.csv": plain.replace(b",2.8500,", b",2.85x,")})
    with pytest.raises(ReadError, match=r"a\.zip::a\.csv: line 9: voltage_V: '2\.85x' is not a number") as caught:
        read(path)
    assert "byssus-" not in str(caught.value)


def test_real_archives(real: Real) -> None:
    table = read(real("cycler_neware/nda8.nda.zip"))
    assert table.rows == 46805
    assert table.metadata.provenance[0].file == "nda8.nda.zip::nda8.nda"


def test_a_neware_file_of_any_name(real: Real) -> None:
    assert read(real("cycler_neware/46_1_5_60_bts16.ndax").read_bytes()).rows == 84


@pytest.mark.parametrize("name", ["../evil.csv", "/etc/evil.csv", "a/../../evil.csv", "C:/evil.csv", "..\\evil.csv"])
def test_no_member_leaves_its_folder(tmp_path: Path, plain: bytes, name: str) -> None:
    for path in (zipped(tmp_path / "a.zip", {name: plain}), tar(tmp_path / "a.tar", {name: plain})):
        with pytest.raises(ReadError, match="would unpack outside its own folder"):
            read(path)


def test_bombs_are_stopped(tmp_path: Path) -> None:
    bomb = b"\0" * (20 * 1024**2)
    paths = [zipped(tmp_path / "a.zip", {"a.csv": bomb})]
    for suffix, pack in ((".gz", gzip.compress), (".xz", lzma.compress)):
        path = tmp_path / f"a{suffix}"
        path.write_bytes(pack(bomb))
        paths.append(path)
    paths.append(tar(tmp_path / "a.tar.xz", {"a.csv": bomb}, "w:xz"))
    for path in paths:
        with pytest.raises(ReadError, match=r"unpacks to more than 100 times its size"):
            read(path)


def test_a_zip_that_lies_about_its_sizes_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "LARGEST", 1000)
    with pytest.raises(ReadError, match="unpacks to more than"):
        read(zipped(tmp_path / "a.zip", {"a.csv": b"x" * 5000}))


def test_too_many_members(tmp_path: Path) -> None:
    members = {f"{number}.txt": b"x" for number in range(1001)}
    for path in (zipped(tmp_path / "a.zip", members), tar(tmp_path / "a.tar", members)):
        with pytest.raises(ReadError, match="holds more than 1000 files"):
            read(path)


def test_links_in_a_tar_are_passed_over(tmp_path: Path, plain: bytes) -> None:
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("link.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        info = tarfile.TarInfo("a.csv")
        info.size = len(plain)
        archive.addfile(info, io.BytesIO(plain))
    assert read(path).rows == 20


@pytest.mark.parametrize("kind", ["zip", "gz", "xz", "tar", "tar.gz", "tar.xz"])
def test_cut_off_archives_are_one_line(tmp_path: Path, plain: bytes, kind: str) -> None:
    whole = packed(tmp_path, kind, plain).read_bytes()
    for at in (5, len(whole) // 3, len(whole) // 2, len(whole) - 9):
        path = tmp_path / f"cut.{kind}"
        path.write_bytes(whole[:at])
        try:
            # A tar that lost only the padding at its end is whole.
            assert read(path).rows <= 20
        except ByssusError as error:
            assert "\n" not in str(error)  # noqa: PT017
            assert "cut." in str(error)  # noqa: PT017


def test_empty_archives_and_other_compressions(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match="is an archive without a file in it"):
        read(tar(tmp_path / "a.tar", {"d/.hidden": b"x"}))
    (tmp_path / "a.bz2").write_bytes(bz2.compress(b"x"))
    with pytest.raises(ReadError, match="of no format"):
        read(tmp_path / "a.bz2")
