"""Records as plain JSON and back, to the last bit.

A record is a dataclass of numbers, words, arrays, other records, and tuples and dictionaries
of these.  Its fields' types say how it is read back, so that a file cannot name a class or a
function; nothing is unpickled.  Python prints a float with as many digits as name it, so that
it is read back to the same bits (`float.__repr__`); an array is stored as its bytes.
"""

from __future__ import annotations

import base64
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np

from byssus.analysis.cycling.correlated import LAWS, Law


def to_plain(value: Any) -> Any:
    """Return a record as JSON holds it.

    Raises
    ------
    TypeError
        For what is no record, nor a part of one.

    Examples
    --------
    >>> from byssus.analysis.result import Result
    >>> stored = to_plain(Result("retention", 0.1 + 0.2, "%"))
    >>> stored["value"], from_plain(Result, stored) == Result("retention", 0.1 + 0.2, "%")
    (0.30000000000000004, True)
    """
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        content = np.ascontiguousarray(value, dtype=value.dtype.newbyteorder("<"))
        return {
            "type": content.dtype.str,
            "shape": list(value.shape),
            "bytes": base64.b64encode(content.tobytes()).decode(),
        }
    if isinstance(value, Law):  # it holds functions, and has a name
        return value.name
    if isinstance(value, tuple | list):
        return [to_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(name): to_plain(part) for name, part in value.items()}
    if is_dataclass(value):
        return {field.name: to_plain(getattr(value, field.name)) for field in fields(value)}
    raise TypeError(f"a {type(value).__name__} is no part of a record")


def from_plain(kind: Any, stored: Any) -> Any:
    """Return the record of a type that `to_plain` has stored.

    Raises
    ------
    TypeError, ValueError, KeyError
        If what is stored is no record of that type.
    """
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (other,) = (part for part in inner if part is not type(None))
        return None if stored is None else from_plain(other, stored)
    if kind is np.ndarray or origin is np.ndarray:
        content = np.frombuffer(base64.b64decode(stored["bytes"], validate=True), dtype=stored["type"])
        return content.reshape(stored["shape"]).copy()
    if kind is Law:
        return LAWS[stored]
    if origin is tuple:
        parts = inner[:1] * len(stored) if inner[-1] is Ellipsis else inner
        return tuple(from_plain(part, one) for part, one in zip(parts, stored, strict=True))
    if origin is dict:
        return {name: from_plain(inner[1], one) for name, one in stored.items()}
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: from_plain(part, stored[name]) for name, part in _types_of(kind).items()})
    # A cycle stands as a whole number also where a field may hold any: it is left as it was.
    allowed = (int, float) if kind is float else kind
    if not isinstance(stored, allowed):
        raise TypeError(f"{stored!r} is no {kind}")
    return stored


@cache
def _types_of(kind: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
