"""One policy for values: what is taken, and what is refused with a sentence."""

import decimal
from collections import OrderedDict, UserDict, defaultdict, deque, namedtuple
from fractions import Fraction
from itertools import cycle
from types import MappingProxyType

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks.codec import CodecError, decode, encode
from rnnlab.checks.compare import difference
from rnnlab.checks.student import LocalStudent
from rnnlab.checks.values import POLICY, conform

Pair = namedtuple("Pair", "a b")


class Mine(np.ndarray):
    def __array_finalize__(self, other):
        pass

    def __eq__(self, other):
        return np.ones(self.shape, bool)

    __hash__ = None


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Pair(1, 2.0), (1, 2.0)),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(int, a=1), {"a": 1}),
        (UserDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        (Fraction(1, 4), 0.25),
        (decimal.Decimal("0.5"), 0.5),
        (np.float64(0.5), 0.5),
        (np.bool_(True), True),
        (np.int8(3), 3),
        (np.longdouble(0.5), 0.5),
        (np.clongdouble(0.5), 0.5 + 0j),
        (np.str_("a"), "a"),
        (type("Int", (int,), {})(3), 3),
        (type("Float", (float,), {"__float__": lambda self: 7.0})(0.5), 0.5),
        (type("Text", (str,), {"__str__": lambda self: "other"})("a"), "a"),
        (type("List", (list,), {"__iter__": lambda self: iter([9])})([1]), [1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_stands_for_a_plain_value_is_taken_for_it(value, plain):
    got = decode(encode(value))
    assert type(got) is type(plain)
    assert got == plain


def test_an_own_kind_of_array_is_taken_by_its_numbers():
    got = decode(encode(np.arange(3.0).view(Mine)))
    assert type(got) is np.ndarray
    assert not (got == 7).any()
    assert type(decode(encode(np.arange(2.0).view(np.recarray)))) is np.ndarray


@pytest.mark.parametrize(
    "value",
    [np.ma.masked_array([1.0]), np.array([None]), {1, 2}, b"x", object(), np.datetime64("2026"), iter([1]), {1.5: 2}],
    ids=lambda value: type(value).__name__,
)
def test_what_the_policy_refuses_is_refused_with_a_sentence(value):
    with pytest.raises(CodecError):
        encode(value)


@pytest.mark.parametrize(
    ("got", "like", "becomes"),
    [
        ([1, 2.0], (1, 2.0), (1, 2.0)),
        ((1, 2), [1, 2], [1, 2]),
        (np.array(2.0), 1.0, 2.0),
        (np.array(2), 1, 2),
        (np.array(True), False, True),
        (2, 1.0, 2.0),
        (np.array([1.0, 2.0, 3.0]), (0.0, 0.0, 0.0), (1.0, 2.0, 3.0)),
        ({"a": [1]}, {"a": (1,)}, {"a": (1,)}),
    ],
)
def test_an_answer_takes_the_form_of_the_reference(got, like, becomes):
    taken = conform(got, like)
    assert type(taken) is type(becomes)
    assert taken == becomes


@pytest.mark.parametrize("width", ["int8", "int32", "uint16", "uint64"])
def test_integers_of_any_width_are_whole_numbers(width):
    like = np.array([1, 2, 3])
    assert conform(like.astype(width), like).dtype == like.dtype
    assert difference(like.astype(width), like, 0) is None


def test_a_number_is_not_near_infinity():
    for got in (0.0, 1e308, float("nan"), -float("inf")):
        assert difference(got, float("inf"), 1e-10)
        assert difference(np.array([got]), np.array([np.inf]), 1e-10)
    assert difference(float("inf"), float("inf"), 1e-10) is None
    assert difference(10**400, 1.0, 1e-10)


@pytest.mark.parametrize(
    ("got", "want", "says"),
    [
        (np.zeros(2, np.float32), np.zeros(2), "is in single precision (float32); float64 was expected"),
        (np.array(np.float32(0.1)), 0.1, "is in single precision (float32); float64 was expected"),
        (np.zeros(2, complex), np.zeros(2), "holds complex numbers (complex128), expected float64"),
        (np.array(["a", "b"]), np.zeros(2), "holds text, expected float64"),
        (True, 1.0, "is a bool, expected a float"),
        (1, True, "is an int, expected a bool"),
        ([1.0], 1.0, "is a list of 1, expected a float"),
        (0.1 + 2e-13, 0.1, "is 0.1000000000002, expected 0.1"),
    ],
)
def test_a_difference_is_said_in_words(got, want, says):
    assert says in difference(got, want, 1e-14).message


def test_the_policy_is_one_paragraph_and_the_package_hands_it_out():
    assert checks.POLICY is POLICY
    assert "\n" not in POLICY


NAMED = {n: namedtuple("Results", [f"r{i}" for i in range(n)]) for n in range(1, 9)}
CONTAINERS = (list, deque, lambda results: NAMED[len(results)](*results))
TUPLES = [q for a in checks.packages() for q in checks.load(a) if q.seconds is None]


@pytest.mark.parametrize("question", TUPLES, ids=lambda q: q.id)
def test_several_results_may_come_in_any_sequence(question):
    """From call to call in another one."""
    kinds = cycle(CONTAINERS)

    def wrap(value):
        return next(kinds)(value) if isinstance(value, tuple) and len(value) > 1 else value

    functions = {name: lambda *a, f=f: wrap(f(*a)) for name, f in question.reference.items()}
    report = question.examine(LocalStudent(functions), 3)
    assert report.points == question.points, str(report)


def numpy_numbers(value):
    if isinstance(value, bool):
        return np.bool_(value)
    if isinstance(value, int):
        return np.array(value)
    if isinstance(value, float):
        return np.float64(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "i" and np.abs(value).max(initial=0) < 2**31:
        return value.astype(np.int32)
    if isinstance(value, dict):
        return OrderedDict((key, numpy_numbers(item)) for key, item in value.items())
    return type(value)(map(numpy_numbers, value)) if isinstance(value, tuple | list) else value


@pytest.mark.parametrize("question", TUPLES, ids=lambda q: q.id)
def test_numbers_count_by_their_value(question):
    functions = {name: lambda *a, f=f: numpy_numbers(f(*a)) for name, f in question.reference.items()}
    report = question.examine(LocalStudent(functions), 3)
    assert report.points == question.points, str(report)


def test_a_unit_is_told_after_the_place():
    name = "h, in units of the inputs,"
    told = difference((np.array([[1.0, 2.0]]),), (np.array([[1.0, 3.0]]),), 1e-9, name).message
    assert told == "h[0][0, 1], in units of the inputs, is 2, expected 3"
    assert difference(2.0, 3.0, 1e-9, name).message == "h, in units of the inputs, is 2, expected 3"
