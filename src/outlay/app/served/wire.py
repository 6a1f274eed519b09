"""Objects as JSON and back, nothing lost: decimals, times, dataclasses, models, tables, errors.

What JSON has is itself. Anything else is an object with the key ``$``, which names what it is.
Only classes of this product are made, and only those that hold data (dataclasses, pydantic models,
enumerations, errors): a message can never run code of its choice.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import Path, PurePath
from typing import Any

TAG = "$"


class WireError(TypeError):
    """A value that is no data and cannot be sent, or a message that is not understood."""


def encode(value: Any) -> Any:
    """A value as JSON data; WireError names what cannot be sent."""
    if value is None or isinstance(value, bool | str) and not isinstance(value, Enum):
        return value
    if isinstance(value, Enum):
        return {TAG: "enum", "class": _name(type(value)), "value": encode(value.value)}
    if isinstance(value, int | float):
        return value if _fits(value) else {TAG: "number", "value": repr(value)}
    if isinstance(value, list):
        return [encode(inner) for inner in value]
    if isinstance(value, Mapping):
        return _mapping(value)
    found = _scalar(value)
    return found if found is not None else _object(value)


def decode(data: Any) -> Any:
    """The value that `encode` was given; WireError for what is not understood."""
    if isinstance(data, list):
        return [decode(inner) for inner in data]
    if not isinstance(data, dict):
        return data
    if TAG not in data:
        return {key: decode(inner) for key, inner in data.items()}
    try:
        made = _MAKERS[data[TAG]]
    except (KeyError, TypeError):
        raise WireError(f"there is nothing of the kind {data[TAG]!r}") from None
    try:
        return made(data)
    except WireError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise WireError(f"this is no {data[TAG]}: {error}") from error


def _fits(value: float) -> bool:
    """Whether JSON keeps it: whole numbers past 2**53 and NaN are read differently by readers."""
    if isinstance(value, int):
        return abs(value) < 2**53
    return math.isfinite(value)


def _mapping(value: Mapping[Any, Any]) -> Any:
    if all(isinstance(key, str) for key in value) and TAG not in value:
        return {key: encode(inner) for key, inner in value.items()}
    pairs = [[encode(key), encode(inner)] for key, inner in value.items()]
    return {TAG: "mapping", "value": pairs}


def _scalar(value: Any) -> Any:
    """What has a text of its own; None for anything else."""
    if isinstance(value, Decimal):
        return {TAG: "decimal", "value": str(value)}
    if isinstance(value, datetime):
        return {TAG: "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {TAG: "date", "value": value.isoformat()}
    if isinstance(value, timedelta):
        return {TAG: "timedelta", "value": [value.days, value.seconds, value.microseconds]}
    if isinstance(value, Fraction):
        return {TAG: "fraction", "value": f"{value.numerator}/{value.denominator}"}
    if isinstance(value, bytes):
        return {TAG: "bytes", "value": base64.b64encode(value).decode()}
    if isinstance(value, PurePath):
        return {TAG: "path", "value": str(value)}
    return None


def _object(value: Any) -> Any:
    import pyarrow as pa
    from pydantic import BaseModel

    from outlay.resources import Kind

    kind = type(value)
    if kind is tuple:
        return {TAG: "tuple", "value": [encode(inner) for inner in value]}
    if isinstance(value, set | frozenset):
        word = "set" if isinstance(value, set) else "frozenset"
        return {TAG: word, "value": [encode(inner) for inner in value]}
    if isinstance(value, pa.Table):
        return {TAG: "arrow", "value": base64.b64encode(_arrow(value)).decode()}
    if kind.__module__ == "numpy" and kind.__name__ == "ndarray":
        return _array(value)
    if isinstance(value, Kind):
        return {TAG: "kind", "value": value.name}
    if isinstance(value, BaseModel):
        fields = {name: encode(getattr(value, name)) for name in kind.model_fields}
        set_ = sorted(value.model_fields_set)
        return {TAG: "model", "class": _name(kind), "value": fields, "set": set_}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: encode(_field(value, f)) for f in dataclasses.fields(value)}
        return {TAG: "object", "class": _name(kind), "value": fields}
    if isinstance(value, tuple):  # a named one
        return {TAG: "named", "class": _name(kind), "value": [encode(inner) for inner in value]}
    if isinstance(value, Exception):
        own = {key: encode(inner) for key, inner in vars(value).items() if key != "__notes__"}
        return {TAG: "error", "class": _name(kind), "args": encode(list(value.args)), "value": own}
    raise WireError(f"{kind.__module__}.{kind.__qualname__} is no data and cannot be sent")


def _field(value: Any, field: dataclasses.Field[Any]) -> Any:
    """The value of a field; what is no part of the data (not shown, not compared, None by default)
    stays behind, such as a way to ask again."""
    if field.default is None and not field.compare and not field.repr:
        return None
    return getattr(value, field.name)


def _arrow(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def _table(data: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    try:
        return pa.ipc.open_stream(base64.b64decode(data["value"])).read_all()
    except pa.ArrowException as error:
        raise WireError(f"this is no table: {error}") from error


def _array(values: Any) -> Any:
    """An array of numbers: its type, its shape and its bytes, the smallest first."""
    if values.dtype.kind not in "if":
        raise WireError(f"an array of {values.dtype} is no data and cannot be sent")
    sent = values.astype(values.dtype.newbyteorder("<"))
    text = base64.b64encode(sent.tobytes()).decode()
    return {TAG: "array", "type": sent.dtype.str, "shape": list(values.shape), "value": text}


def _made_array(data: Mapping[str, Any]) -> Any:
    import numpy as np

    kind = np.dtype(str(data["type"]))
    if kind.kind not in "if":
        raise WireError(f"{data['type']!r} is no type of numbers")
    found = np.frombuffer(base64.b64decode(data["value"]), dtype=kind)
    return found.reshape(data["shape"]).astype(kind.newbyteorder("="))


def _name(kind: type) -> str:
    if not kind.__module__.startswith("outlay."):
        raise WireError(f"{kind.__module__}.{kind.__qualname__} is no class of Outlay")
    return f"{kind.__module__}:{kind.__qualname__}"


def _class(data: Mapping[str, Any], *bases: type) -> Any:
    """The class that a message names: one of ours, and of the kind that it says."""
    name = data["class"]
    module, _, path = name.partition(":")
    if not module.startswith("outlay.") or not path:
        raise WireError(f"{name!r} is no class of Outlay")
    try:
        found: Any = importlib.import_module(module)
        for part in path.split("."):
            found = vars(found)[part]
    except (ImportError, KeyError):
        raise WireError(f"there is no class {name!r} here") from None
    if not isinstance(found, type) or found.__module__ != module:
        raise WireError(f"{name!r} is no class of Outlay")
    if bases and not issubclass(found, bases):
        raise WireError(f"{name!r} is no {data[TAG]}")
    return found


def _made_object(data: Mapping[str, Any]) -> Any:
    kind: Any = _class(data)
    if not dataclasses.is_dataclass(kind):
        raise WireError(f"{data['class']!r} is no object")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    values = decode(data["value"])
    if not isinstance(values, dict) or set(values) - set(fields):
        raise WireError(f"{data['class']!r} has other fields")
    given = {name: value for name, value in values.items() if fields[name].init}
    made: Any = kind
    return made(**given)


def _made_model(data: Mapping[str, Any]) -> Any:
    from pydantic import BaseModel

    kind = _class(data, BaseModel)
    values, given = decode(data["value"]), data["set"]
    if not isinstance(values, dict) or set(values) != set(kind.model_fields):
        raise WireError(f"{data['class']!r} has other fields")
    return kind.model_construct(_fields_set=set(given), **_by_alias(kind, values))


def _by_alias(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    """`model_construct` takes the alias where there is one."""
    return {
        (kind.model_fields[name].validation_alias or kind.model_fields[name].alias or name)
        if isinstance(
            kind.model_fields[name].validation_alias or kind.model_fields[name].alias, str
        )
        else name: value
        for name, value in values.items()
    }


def _made_error(data: Mapping[str, Any]) -> Any:
    kind = _class(data, Exception)
    error = kind.__new__(kind)
    error.args = tuple(decode(data["args"]))
    error.__dict__.update(decode(data["value"]))
    return error


def _kind(data: Mapping[str, Any]) -> Any:
    from outlay.app.kinds import register_all
    from outlay.resources import registry

    register_all()
    return registry.get(str(data["value"]))


_MAKERS: dict[str, Any] = {
    "decimal": lambda data: Decimal(data["value"]),
    "datetime": lambda data: datetime.fromisoformat(data["value"]),
    "date": lambda data: date.fromisoformat(data["value"]),
    "timedelta": lambda data: timedelta(*data["value"]),
    "fraction": lambda data: Fraction(data["value"]),
    "bytes": lambda data: base64.b64decode(data["value"], validate=True),
    "path": lambda data: Path(data["value"]),
    "number": lambda data: _number(data["value"]),
    "tuple": lambda data: tuple(decode(data["value"])),
    "set": lambda data: set(decode(data["value"])),
    "frozenset": lambda data: frozenset(decode(data["value"])),
    "mapping": lambda data: {decode(key): decode(inner) for key, inner in data["value"]},
    "enum": lambda data: _class(data, Enum)(decode(data["value"])),
    "named": lambda data: _class(data, tuple)(*decode(data["value"])),
    "arrow": _table,
    "array": _made_array,
    "object": _made_object,
    "model": _made_model,
    "error": _made_error,
    "kind": _kind,
}


_NO_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _number(text: str) -> float:
    return _NO_NUMBERS[text] if text in _NO_NUMBERS else int(text)
