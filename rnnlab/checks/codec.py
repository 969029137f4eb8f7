"""Plain values as bytes, and back: what a question may send and an answer may be.

Plain means None, bool, int, float, complex, str, tuples, lists and dicts of them with keys of str or int, and
arrays of booleans, numbers or fixed-width text. What else stands for such a value is turned into it where the bytes are
made (see `values`); what is read back has exact types, since a subclass could bring its own idea of equality. Nothing
is ever executed to read a value back. This file imports NumPy and the standard library alone, because it is also read
on the far side of the sandbox.
"""

import functools
import json
import re
import struct
import sys
from collections.abc import Callable, Sequence
from types import FunctionType

import numpy as np

from . import values

MAX_BYTES = 64 * 2**20
MAX_DEPTH = 12
MAX_ITEMS = 200_000
MAX_BITS = 1000  # of an integer: such a one still fits in a float and prints in a moment
_KINDS = "biufcU"  # what an array may hold: booleans, integers, floats, complex numbers, text
_SHORT = 1000  # text that need not be counted
_LITTLE = sys.byteorder == "little"
_head = json.JSONEncoder(check_circular=False).encode  # what goes in circles is too deep anyway
_KEY_BITS = 60  # of a whole number as a key: larger ones may be chosen so that all have the same hash
_KEYS = f"a dict's keys must be strings or whole numbers of at most {_KEY_BITS} bits"


class CodecError(ValueError):
    """A value that is not plain, or bytes that are no value."""


class _Encoder:
    def __init__(self, functions: list[Callable] | None):
        self.functions = functions
        self.blocks: list[bytes] = []
        self.items = 0
        self.text = 0
        self.bytes = 0

    def tree(self, value, depth: int = 0):
        self.items += 1
        if type(value) is str:
            self.text += len(value)
            if self.text > MAX_BYTES // 8:  # a character may take six bytes in the header
                raise CodecError(f"over {MAX_BYTES // 8} characters of text")
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CodecError(f"the value has over {MAX_ITEMS} items or is nested more than {MAX_DEPTH} deep")
        kind = type(value)
        if kind is np.ndarray:
            return self.array(value)
        if value is None or kind in (bool, str):
            return value
        if kind is int:
            if value.bit_length() > MAX_BITS:
                raise CodecError(f"an integer of {value.bit_length()} bits is too large: at most {MAX_BITS}")
            return {"int": format(value, "x")}
        if kind is float:
            return {"float": value.hex()}
        if kind is complex:
            return {"complex": [value.real.hex(), value.imag.hex()]}
        if kind in (tuple, list):
            return {kind.__name__: [self.tree(item, depth + 1) for item in value]}
        if kind is dict:
            if not all(type(key) is str or _short_int(key) for key in value):
                raise CodecError(_KEYS)
            return {"dict": [[self.tree(key), self.tree(item, depth + 1)] for key, item in value.items()]}
        if self.functions is not None and callable(value):
            self.functions.append(value)
            return {"function": len(self.functions) - 1}
        try:
            return self.tree(values.plain_form(value), depth + 1)  # deeper, so that no chain of forms is endless
        except values.NotPlain as error:
            raise CodecError(str(error)) from None

    def array(self, value: np.ndarray):
        if value.dtype.kind not in _KINDS:
            raise CodecError(
                f"an array of dtype {value.dtype} is not a plain value: expected numbers, booleans or text"
            )
        self.bytes += value.nbytes
        if self.bytes > MAX_BYTES:
            raise CodecError(f"arrays of {self.bytes} bytes are too large: at most {MAX_BYTES}")
        dtype = value.dtype
        if not (_LITTLE and dtype.isnative):
            dtype = dtype.newbyteorder("<")
            value = value.astype(dtype)
        self.blocks.append(value.tobytes())
        layout = [] if self.functions is None else _layout(value)
        return {"array": [dtype.str, list(value.shape), len(self.blocks) - 1, *layout]}


def _short_int(key) -> bool:
    """Say whether a dict's key is a whole number of a size for which no hash is shared by many."""
    return (type(key) is int or isinstance(key, np.integer)) and int(key).bit_length() <= _KEY_BITS


def _layout(value: np.ndarray) -> list[str]:
    """Return how an argument lies in memory; an empty list where it is contiguous and writable."""
    flags = value.flags
    order = "" if flags.c_contiguous else "F" if flags.f_contiguous else "S"
    order += "" if flags.writeable else "R"
    return [order] if order else []


def encode(value, functions: list[Callable] | None = None) -> bytes:
    """Return `value` as bytes.

    Parameters
    ----------
    value : plain value
        See the module's first paragraph. NumPy scalars become Python numbers.
    functions : list, optional
        Where given, `value` is an argument: functions in it are appended to the list and stand in the bytes as their
        index, and an array that is transposed, strided or read-only is so again when it is read back.

    Raises
    ------
    CodecError
        If a value is not plain, naming its type; if it is too large or nested too deep.
    """
    encoder = _Encoder(functions)
    head = _head(encoder.tree(value)).encode()
    parts = [struct.pack("<II", len(head), len(encoder.blocks)), head]
    for block in encoder.blocks:
        parts += [struct.pack("<Q", len(block)), block]
    data = b"".join(parts)
    if len(data) > MAX_BYTES:
        raise CodecError(f"the value takes {len(data)} bytes: at most {MAX_BYTES}")
    return data


class _Unusual(Exception):
    """A value that is better copied by way of its bytes."""


class _Copier:
    """Copies what is plain already: what the bytes would give back, without making them."""

    def __init__(self, functions: bool):
        self.functions = functions
        self.items = 0
        self.bytes = 0

    def value(self, value, depth: int = 0):
        self.items += 1
        kind = type(value)
        if kind is np.ndarray:
            return self.array(value)
        if value is None or kind is bool or kind is float or kind is complex:
            return value
        if kind is int and value.bit_length() <= MAX_BITS:
            return value
        if kind is str and value.isascii() and len(value) < _SHORT:
            return value
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise _Unusual
        if kind is tuple:
            return tuple([self.value(item, depth + 1) for item in value])
        if kind is list:
            return [self.value(item, depth + 1) for item in value]
        if kind is dict and all(
            _short_int(key) if type(key) is int else type(key) is str and key.isascii() for key in value
        ):
            return {key: self.value(item, depth + 1) for key, item in value.items()}
        if self.functions and isinstance(value, FunctionType):
            return value
        raise _Unusual

    def array(self, value: np.ndarray) -> np.ndarray:
        self.bytes += value.nbytes
        if value.dtype.kind not in _KINDS or not value.dtype.isnative or self.bytes > MAX_BYTES // 2:
            raise _Unusual
        layout = _layout(value) if self.functions else []
        return laid_out(value, layout[0]) if layout else np.array(value, order="C")


def copied(value, functions: bool = False):
    """Return a copy of `value` as `decode(encode(value))` gives it, in less time where it is plain already.

    Parameters
    ----------
    value : plain value
        See the module's first paragraph.
    functions : bool
        Whether `value` is an argument: functions in it stay as they are, and so does how its arrays lie in memory.

    Raises
    ------
    CodecError
        As `encode` does.

    Examples
    --------
    >>> copied([np.float64(0.5), range(3)])
    [0.5, [0, 1, 2]]
    """
    try:
        return _Copier(functions).value(value)
    except _Unusual:
        inside: list[Callable] = []
        return decode(encode(value, inside if functions else None), inside.__getitem__ if functions else None)


def weight(value) -> int:
    """Return about how many bytes a plain value holds in memory.

    Examples
    --------
    >>> weight([np.zeros(10), 1.0])
    200
    """
    if isinstance(value, np.ndarray):
        return 40 + value.nbytes
    if isinstance(value, tuple | list):
        return 40 + sum(map(weight, value))
    if isinstance(value, dict):
        return 40 + sum(map(weight, value)) + sum(map(weight, value.values()))
    return 40 + (len(value) if isinstance(value, str) else 0)


def _text(text: str) -> str:
    """Return text that can be written to a file: a lone surrogate cannot."""
    return text.encode("utf-8", "replace").decode()


_CODE = re.compile(r"[<>|=]?[?a-zA-Z][0-9]{0,9}")  # of a dtype: NumPy reads other text as Python


class _Decoder:
    """Builds a value within the encoder's own limits: bytes from the far side may name one block many times."""

    def __init__(self, blocks: Sequence[memoryview], functions: Callable[[int], Callable] | None):
        self.blocks = blocks
        self.functions = functions
        self.items = 0
        self.bytes = 0

    def value(self, tree, depth: int = 0):
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise CodecError(f"the value has over {MAX_ITEMS} items or is nested more than {MAX_DEPTH} deep")
        if tree is None or type(tree) is bool:
            return tree
        if type(tree) is str:
            return _text(tree)
        if type(tree) is not dict or len(tree) != 1:
            raise CodecError("a value has no tag")
        ((tag, body),) = tree.items()
        if tag == "int" and len(body) <= MAX_BITS // 4 + 1:
            return int(body, 16)
        if tag == "float":
            return float.fromhex(body)
        if tag == "complex":
            return complex(float.fromhex(body[0]), float.fromhex(body[1]))
        if tag == "tuple":
            return tuple(self.value(item, depth + 1) for item in body)
        if tag == "list":
            return [self.value(item, depth + 1) for item in body]
        if tag == "dict":
            return {self.key(key): self.value(item, depth + 1) for key, item in body}
        if tag == "array":
            return self.array(*body)
        if tag == "function" and self.functions is not None and type(body) is int:
            return self.functions(body)
        raise CodecError(f"unknown tag {tag!r:.40}")

    def key(self, key):
        if type(key) is str:
            return _text(key)
        number = self.value(key) if type(key) is dict else None
        if not _short_int(number):
            raise CodecError(_KEYS)
        return number

    def array(self, code, shape, block, layout=""):
        if type(code) is not str or not _CODE.fullmatch(code):
            raise CodecError("an array of no plain dtype")
        dtype, native = _dtypes(code)
        self.bytes += len(self.blocks[block])
        if self.bytes > MAX_BYTES:
            raise CodecError(f"arrays of {self.bytes} bytes are too large: at most {MAX_BYTES}")
        if len(shape) > 32 or not all(type(n) is int and 0 <= n < 2**40 for n in shape):
            raise CodecError("an array of no possible shape")
        if layout not in ("", "F", "S", "R", "FR", "SR"):
            raise CodecError("an array of no known layout")
        array = np.frombuffer(self.blocks[block], dtype).reshape(shape)
        if layout and dtype == native:
            return laid_out(array, layout)
        array = array.astype(native, copy=True)
        return laid_out(array, layout) if layout else array


@functools.lru_cache(100)
def _dtypes(code: str) -> tuple[np.dtype, np.dtype]:
    """Return the dtype of that name, and the same in this machine's order of bytes."""
    dtype = np.dtype(code)
    if dtype.kind not in _KINDS or dtype.itemsize == 0 or dtype.subdtype:
        raise CodecError("an array of no plain dtype")
    return dtype, dtype.newbyteorder("=")


def laid_out(array: np.ndarray, layout: str) -> np.ndarray:
    """Return a copy of `array` that lies otherwise in memory.

    Parameters
    ----------
    array : array
    layout : str
        "" for contiguous, "F" for transposed and "S" for strided, each followed by "R" for read-only.

    Examples
    --------
    >>> laid_out(np.eye(3), "F").flags.c_contiguous, laid_out(np.eye(3), "R").flags.writeable
    (False, False)
    """
    if layout.startswith("S") and array.ndim:
        apart = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)[..., ::2]
        apart[...] = array
    else:
        apart = np.array(array, order="F" if layout.startswith("F") else "C")
    apart.flags.writeable = not layout.endswith("R")
    return apart


def decode(data: bytes, functions: Callable[[int], Callable] | None = None):
    """Return the value that `data` holds, built from exact plain types.

    Parameters
    ----------
    data : bytes
        What `encode` made; bytes from an untrusted side do no harm.
    functions : callable, optional
        Given the index of a function, return what stands for it here.

    Raises
    ------
    CodecError
        If `data` is no encoded value.
    """
    if len(data) > MAX_BYTES:
        raise CodecError(f"{len(data)} bytes: at most {MAX_BYTES}")
    try:
        view = memoryview(data)
        head_size, n_blocks = struct.unpack_from("<II", view)
        head, at = bytes(view[8 : 8 + head_size]), 8 + head_size
        if head.count(b"{") + head.count(b"[") > 4 * MAX_ITEMS:  # each would take fifty times its size to read
            raise CodecError(f"the value has over {MAX_ITEMS} items")
        if head_size > MAX_BYTES or n_blocks > MAX_ITEMS:
            raise CodecError("not an encoded value: too many blocks")
        blocks = []
        for _ in range(n_blocks):
            (size,) = struct.unpack_from("<Q", view, at)
            blocks.append(view[at + 8 : at + 8 + size])
            at += 8 + size
        return _Decoder(blocks, functions).value(json.loads(head.decode()))
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, IndexError, struct.error, RecursionError, OverflowError) as error:
        raise CodecError(f"not an encoded value: {type(error).__name__}") from None
