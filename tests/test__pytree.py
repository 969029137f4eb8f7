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


def test_values_are_the_leaves_without_their_names():
    assert _pytree.values(NESTED) == [leaf for _, leaf in _pytree.leaves(NESTED)] == [1, 2, 3, 4]


@pytest.mark.parametrize("other", [{"w": 2, "b": [1, 2]}, Pair(2, [1, 2]), Pair(2, (1, 2)), Pair(w=2, b=[1, 2])])
def test_what_differs_in_its_containers_alone_is_mapped_by_the_names(other):
    assert _pytree.map(lambda a, b: 10 * a + b, Pair(1, (3, 4)), other) == Pair(12, (31, 42))


@pytest.mark.parametrize("other", [{"b": 1, "w": (2, 3)}, {"w": (2, None), "b": 1}, {"w": (2, 3)}, [1], 1, None])
def test_trees_are_alike_in_form_alone(other):
    tree = {"w": (5, 6), "b": 7}
    assert _pytree.alike(tree, {"w": ("x", 0.0), "b": []}) is False
    assert _pytree.alike(tree, {"w": ("x", 0.0), "b": "y"}) is True
    assert _pytree.alike(tree, other) is False


def test_a_single_leaf_is_a_tree():
    assert _pytree.map(lambda a, b: a + b, 1, 2) == 3


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ({"w": 1, "b": 2}, {"w": 1}, "trees differ: b is missing in the second, expected the same leaves"),
        ({"w": 1}, {"w": 1, "b": 2}, "trees differ: b is missing in the first, expected the same leaves"),
        (Pair(1, None), Pair(1, 2), "trees differ: b is missing in the first, expected the same leaves"),
        (
            {"w": 1, "b": 2},
            {"b": 2, "w": 1},
            "trees differ: the leaves are in the order ['w', 'b'] and ['b', 'w'], expected one order",
        ),
        (1, [1], "trees differ: a lone leaf is missing in the second, expected the same leaves"),
    ],
)
def test_trees_that_differ_are_refused_by_name(first, second, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        _pytree.map(lambda a, b: a, first, second)
    assert str(error.value) == message
