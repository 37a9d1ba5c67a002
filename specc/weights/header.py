"""What a safetensors file holds, by its header alone, and nothing in it believed before it is checked.

The format (https://github.com/huggingface/safetensors#format): eight bytes with the length of a JSON object, the object,
and the tensors' bytes, one after another without a gap.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from math import prod
from typing import BinaryIO

from specc.record import Record
from specc.weights.errors import BadWeights

INDEX = ".index.json"
"""How the name ends of a file that lists which tensor is in which of several files."""

MAX_NAME = 1024
MAX_HEADER = 32 * 1024 * 1024  # a hundred thousand tensors need a third of it
WIDTHS: Mapping[str, int] = {
    "BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1,
    "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8,
}  # fmt: skip
"""Bytes of an element, by the format's name of its kind."""

_CONVERT = (
    'python -c "import torch, safetensors.torch as s; '
    "s.save_file(torch.load('{0}', map_location='cpu', weights_only=True), '{1}')\""
)


class Stored(Record):
    """A tensor in a file: its kind (`F32`), its shape, and where its bytes are, counted from the start of the file."""

    file: str
    kind: str
    shape: tuple[int, ...]
    start: int
    end: int


def read(path: str) -> dict[str, Stored]:
    """The tensors by name, in the order of their bytes, of a safetensors file or of all that an index names.

    Raises BadWeights.
    """
    if not path.endswith(INDEX):
        return _one(path)
    found: dict[str, Stored] = {}
    tensors = _index(path)
    for file in dict.fromkeys(tensors.values()):
        held = _one(os.path.join(os.path.dirname(path), file))
        for name, stored in held.items():
            if tensors.get(name) != file:
                raise BadWeights(f"{file} holds {name}, but {os.path.basename(path)} says otherwise")
            found[name] = stored
    absent = [name for name in tensors if name not in found]
    if absent:
        raise BadWeights(f"{os.path.basename(path)} names {absent[0]}, but {tensors[absent[0]]} does not hold it")
    return found


def _one(path: str) -> dict[str, Stored]:
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            text = _header(name, path, file, size)
    except (OSError, ValueError) as error:  # ValueError: a NUL character in the path
        raise BadWeights(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    start = 8 + len(text)
    document = _parsed(name, text)
    found: dict[str, Stored] = {}
    for key, value in document.items():
        if key != "__metadata__":
            found[key] = _stored(name, path, key, value, start)
    found = dict(sorted(found.items(), key=lambda item: (item[1].start, item[1].end)))
    at, before = start, "the header"
    for key, stored in found.items():
        if stored.start != at:
            how = "overlaps" if stored.start < at else "leaves a gap after"
            raise _broken(name, f"{key} {how} {before}")
        at, before = stored.end, key
    if at > size:
        raise _broken(name, f"it ends {at - size} bytes too early: a download that was cut off?")
    if at < size:
        raise _broken(name, f"its last tensor ends {size - at} bytes before the file does")
    return found


def _header(name: str, path: str, file: BinaryIO, size: int) -> bytes:
    first = file.read(9)
    # A safetensors file may begin with the same byte: eight bytes of length stand before its brace.
    if first[:4] == b"PK\x03\x04" or (first[:1] == b"\x80" and first[8:] != b"{"):
        command = _CONVERT.format(path, os.path.basename(os.path.splitext(path)[0] + ".safetensors"))
        raise BadWeights(
            f"{name} is a pickle, and opening a pickle can run any code; specc reads safetensors only. "
            f"If you trust the file, convert it:\n  {command}"
        )
    if len(first) < 9 or first[8:] != b"{":
        raise _broken(name, "it does not begin as one")
    length = int.from_bytes(first[:8], "little")
    if length > size - 8:
        raise _broken(name, f"its header should have {length} bytes, the whole file has {size}: a download that was cut off?")
    if length > MAX_HEADER:
        raise _broken(name, f"its header has {length} bytes, more than the {MAX_HEADER // 1024**2} MiB that specc reads")
    file.seek(8)
    return file.read(length)


def _parsed(name: str, text: bytes) -> dict[str, object]:
    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise _broken(name, f"{key} stands in its header twice")
            found[key] = value
        return found

    try:
        document = json.loads(text.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError):  # of digits without end, too
        raise _broken(name, "its header is not JSON") from None
    if not isinstance(document, dict):
        raise _broken(name, "its header is not a JSON object")
    return document


def _stored(name: str, path: str, key: str, value: object, start: int) -> Stored:
    if len(key) > MAX_NAME:
        raise _broken(name, f"a tensor's name has {len(key)} characters, more than {MAX_NAME}: {key[:40]}...")
    fields = value if isinstance(value, dict) else {}
    kind, shape, offsets = fields.get("dtype"), _whole(fields.get("shape")), _whole(fields.get("data_offsets"))
    if not isinstance(kind, str) or shape is None or offsets is None or len(offsets) != 2:
        raise _broken(name, f"its header does not say dtype, shape and data_offsets of {key}")
    if kind not in WIDTHS:
        raise _broken(name, f"{key} has the dtype {kind}, which specc does not know")
    first, last = offsets
    if last - first != prod(shape) * WIDTHS[kind]:
        raise _broken(name, f"{key} is {kind} {list(shape)}, but has {last - first} bytes")
    return Stored(path, kind, tuple(shape), start + first, start + last)


def _whole(value: object) -> list[int] | None:
    """The value if it is a list of sizes."""
    if not isinstance(value, list) or len(value) > 64 or not all(type(item) is int and 0 <= item < 2**63 for item in value):
        return None
    return value


def _index(path: str) -> dict[str, str]:
    """File by tensor. A file stands beside the index: nothing else may be named."""
    name = os.path.basename(path)
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_HEADER + 1)
    except (OSError, ValueError) as error:
        raise BadWeights(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from None
    if len(text) > MAX_HEADER:
        raise BadWeights(f"{name} is no index of safetensors files: it is larger than {MAX_HEADER // 1024**2} MiB")
    try:
        document = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError):
        document = None
    tensors = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(tensors, dict) or not all(isinstance(file, str) for file in tensors.values()):
        raise BadWeights(f"{name} is no index of safetensors files: it has no `weight_map` from names to files")
    for file in tensors.values():
        if os.path.basename(file) != file or "\\" in file or not file.endswith(".safetensors"):
            raise BadWeights(f"{name} names the file {file!r}: only .safetensors files beside the index may be named")
    return tensors


def _broken(name: str, why: str) -> BadWeights:
    return BadWeights(f"{name} is not a safetensors file: {why}")
