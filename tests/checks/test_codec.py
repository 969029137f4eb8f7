"""Plain values cross a pipe unchanged; nothing else crosses, and no bytes do harm."""

import contextlib
import json
import struct

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab.checks.codec import CodecError, copied, decode, encode

DTYPES = hnp.boolean_dtypes() | hnp.integer_dtypes() | hnp.floating_dtypes(sizes=(32, 64)) | hnp.complex_number_dtypes()
ARRAYS = hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**1000) + 1, 2**1000 - 1)
    | st.floats()
    | st.complex_numbers()
    | st.text()
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=8,
)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype.newbyteorder("=") and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, tuple | list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return list(a) == list(b) and all(map(same, a.values(), b.values()))
    return a == b or (a != a and b != b)


@settings(max_examples=200)
@given(VALUES)
def test_a_plain_value_comes_back_the_same(value):
    if isinstance(value, np.ndarray):
        value = value.astype(value.dtype.newbyteorder("="))
    data = encode(value)
    again = decode(data)
    assert encode(again) == data
    if isinstance(value, np.ndarray):
        assert same(again, value)


@settings(max_examples=300)
@given(st.binary(max_size=200))
def test_no_bytes_do_harm(data):
    with contextlib.suppress(CodecError):
        decode(data)


@settings(max_examples=300)
@given(
    st.recursive(
        SCALARS.filter(lambda v: not isinstance(v, complex)),
        lambda s: st.lists(s) | st.dictionaries(st.text(), s),
        max_leaves=10,
    )
)
def test_no_header_does_harm(tree):
    head = json.dumps(tree).encode()
    with contextlib.suppress(CodecError):
        decode(struct.pack("<II", len(head), 0) + head)


@pytest.mark.parametrize(
    "tree",
    [
        {"array": ["<f8", [2**39], 0]},
        {"array": ["<f8", [-1], 0]},
        {"array": ["O", [1], 0]},
        {"array": ["V8", [1], 0]},
        {"array": ["<07", [1], 0]},
        {"array": ["(1)f8", [1], 0]},
        {"array": ["<f8", [1], 7]},
        {"array": [["a", "<f8"], [1], 0]},
        {"array": ["<f8,<f8", [1], 0]},
        {"array": ["(2,)<f8", [1], 0]},
        {"function": 0},
        {"int": "zz"},
        {"int": "f" * 10_000},
        {"int": 5},
        {"float": "nonsense"},
        {"dict": [[1, 2]]},
        {"dict": 5},
        {"tuple": None},
        {},
        {"int": "1", "float": "0x0p+0"},
    ],
)
def test_a_crafted_header_is_refused(tree):
    head = json.dumps(tree).encode()
    block = b"\0" * 8
    with pytest.raises(CodecError):
        decode(struct.pack("<II", len(head), 1) + head + struct.pack("<Q", len(block)) + block)


def test_whole_numbers_as_keys_are_so_small_that_no_hash_is_shared_by_many():
    small = {2**60 - 1: 1, -(2**60) + 1: 2, np.int64(3): 4}
    assert decode(encode(small)) == copied(small) == small
    head = json.dumps({"dict": [[{"int": format(k * (2**61 - 1), "x")}, None] for k in range(60_000)]}).encode()
    with pytest.raises(CodecError, match="keys must be"):
        decode(struct.pack("<II", len(head), 0) + head)


def nested(depth):
    value = 0
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (object(), "object is not a plain value"),
        (np.ma.masked_array([1.0]), "a masked array: hand over its numbers"),
        (np.array([object()]), "an array of dtype object is not a plain value"),
        ({(1, 2): 2}, "a dict's keys must be strings or whole numbers"),
        ({2**60: 2}, "a dict's keys must be strings or whole numbers"),
        (len, "is not a plain value"),
        (nested(20), "nested more than 12 deep"),
        pytest.param(10**5000, "an integer of 16610 bits is too large: at most 1000", id="huge"),
        ([0] * 300_000, "over 200000 items"),
        (np.zeros(2**24), "arrays of 134217728 bytes are too large"),
        ([np.zeros(2**20)] * 9, "arrays of 75497472 bytes are too large"),
        (["x" * 2**20] * 9, "over 8388608 characters of text"),
        ({"x" * 2**20 * 9: 1}, "over 8388608 characters of text"),
        (b"bytes", "bytes is not a plain value"),
        ({1, 2}, "set has no order: hand over a list"),
        (np.datetime64("2026"), "datetime64 is not a plain value"),
    ],
)
def test_what_is_not_plain_is_named(value, says):
    with pytest.raises(CodecError, match=says):
        encode(value)


def test_numpy_scalars_become_python_numbers():
    assert same(decode(encode((np.float64(0.1), np.int32(3), np.bool_(True)))), (0.1, 3, True))


def test_functions_cross_as_their_index():
    inside = []
    data = encode((abs, 2, len), inside)
    assert inside == [abs, len]
    assert decode(data, inside.__getitem__) == (abs, 2, len)


def test_text_that_no_file_could_hold_is_made_writable():
    head = json.dumps({"dict": [["\ud800", "\udfff!"]]}).encode()
    assert decode(struct.pack("<II", len(head), 0) + head) == {"?": "?!"}


def message(tree, *blocks):
    """Return the bytes that a forger would send: a head and blocks, whatever they hold."""
    head = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    packed = b"".join(struct.pack("<Q", len(block)) + block for block in blocks)
    return struct.pack("<II", len(head), len(blocks)) + head + packed


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (message({"list": [{"array": ["<f8", [2**17], 0]}] * 150}, bytes(2**20)), "are too large"),
        (message({"list": [{"list": []}] * 300_000}), "over 200000 items"),
        (message(b"[" + b"{}," * 2_000_000 + b"{}]"), "over 200000 items"),
        (message({"array": ["f8,f8", [1], 0]}, bytes(16)), "no plain dtype"),
        (message({"array": ["f8" * 10_000, [1], 0]}, bytes(16)), "no plain dtype"),
        (message({"array": ["(2,)f8", [1], 0]}, bytes(16)), "no plain dtype"),
        (message({"int": "f" * 100_000}), "unknown tag"),
    ],
)
def test_a_forged_message_takes_no_more_than_an_honest_one(data, expected):
    with pytest.raises(CodecError, match=expected):
        decode(data)


def test_a_dict_may_have_whole_numbers_for_keys():
    kept = {0: np.zeros(2), np.int64(7): 1.5, "last": None, -(2**50): True}
    back = decode(encode(kept))
    assert list(back) == [0, 7, "last", -(2**50)]
    assert type(list(back)[1]) is int
    with pytest.raises(CodecError, match="keys"):
        encode({True: 1})
