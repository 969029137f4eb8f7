"""Trees keep their form, their order and their names."""

from typing import NamedTuple

import pytest

from rnnlab import _pytree


class Pair(NamedTuple):
    w: object
    b: object


NESTED = {"cell": Pair(1, [2, (3, None)]), "y": Pair(None, {"z": 4})}


def test_leaves_are_named_as_one_would_write_them():
    assert list(_pytree.leaves(NESTED)) == [("cell.w", 1), ("cell.b[0]", 2), ("cell.b[1][0]", 3), ("y.b.z", 4)]
    assert next(_pytree.leaves(NESTED, "params"))[0] == "params.cell.w"


def test_map_keeps_every_container_and_every_none():
    assert _pytree.map(lambda a, b: (a * b) + 0.5, NESTED, NESTED) == {
        "cell": Pair(1.5, [4.5, (9.5, None)]),
        "y": Pair(None, {"z": 16.5}),
    }
    assert type(_pytree.map(str, NESTED)["cell"]) is Pair


def test_build_is_the_inverse_of_leaves():
    assert _pytree.build(NESTED, [leaf for _, leaf in _pytree.leaves(NESTED)]) == NESTED


def test_a_single_leaf_is_a_tree():
    assert _pytree.map(lambda a, b: a + b, 1, 2) == 3


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"w": 1, "b": 2}, {"w": 1}, "trees differ: b is missing in the second"),
        ({"w": 1}, {"w": 1, "b": 2}, "trees differ: b is missing in the first"),
        (Pair(1, None), Pair(1, 2), "trees differ: b is missing in the first"),
        ({"w": 1, "b": 2}, {"b": 2, "w": 1}, "trees differ: the leaves are in the order ['w', 'b'] and ['b', 'w']"),
        (1, [1], "trees differ: a lone leaf is missing in the second"),
    ],
)
def test_trees_that_differ_are_refused_by_name(first, second, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        _pytree.map(lambda a, b: a, first, second)
    assert str(error.value) == message
