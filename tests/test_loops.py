"""Every pass is written twice, as a loop and as a NumPy expression: run as Python, both do the same, entry by entry."""

import importlib.util
import inspect
from pathlib import Path

import numpy as np
import pytest

from rnnlab.kernels import compile, numpy_ops

B, H, N_CASES = 3, 4, 5
# What one of the two uses to work in; the kernels write it anew before they read it.
SCRATCH = {
    "adam": "gradient",
    "draw": "chances",
    "lstm_gates_back": "carried_h",
    "gru_after": "recurrent",
    "gru_before": "recurrent",
}
FOLDER = Path(compile.__file__).parent


def as_python(name):
    """Load a kernel module once more, with its loops left as Python functions."""
    kept = {mark: getattr(compile, mark) for mark in ("inlined", "kernel", "helper")}
    try:
        for mark in kept:
            setattr(compile, mark, lambda function: function)
        spec = importlib.util.spec_from_file_location(f"rnnlab.kernels.{name}", FOLDER / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        for mark, function in kept.items():
            setattr(compile, mark, function)
    return module


MODULES = {name: as_python(name) for name in ("numba_ops", "train_step", "sample")}


def loops():
    """Return every loop that has a NumPy expression of its name, by that name."""
    return {
        name: function
        for module in MODULES.values()
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and hasattr(numpy_ops, name)
    }


LOOPS = loops()


def arguments(name, rng, dtype):
    """Draw what a pass takes, by the names of its parameters."""

    def normal(*shape):
        return rng.standard_normal(shape).astype(dtype)

    gates = 4 if name.startswith("lstm") else 3
    wide = gates * H if "gates" in inspect.signature(LOOPS[name]).parameters else H
    number = {"kind": int(rng.integers(5)), "t": 2, "scale": 0.5, "lr": 0.1, "momentum": 0.9, "beta1": 0.9}
    number |= {"beta2": 0.99, "root": 0.3, "eps": 1e-8, "temperature": float(rng.choice([0.0, 0.7]))}
    positive = {"gates": lambda: rng.uniform(0.05, 0.95, (B, wide)).astype(dtype), "uniform": lambda: rng.random(B)}
    whole = {"lengths": lambda: rng.integers(1, 5, B), "tokens": lambda: rng.integers(0, B, B)}
    shapes = {
        **dict.fromkeys(
            ("a", "value", "d", "u", "out", "dq", "dn", "carried", "carried_h", "carried_c", "h", "c"), (B, H)
        ),
        **dict.fromkeys(
            ("h_next", "c_next", "dh", "dh_n", "q", "y", "target", "dy", "rows", "w_x_t", "scores"), (B, H)
        ),
        **dict.fromkeys(("b", "b_hn", "b_y", "theta", "gradient", "values"), (H,)),
        **{"b_h": (wide,), "da": (B, wide), "da_h": (B, wide)},
        **{"drz": (B, 2 * H), "state": (2, H), "chances": (H,)},
    }
    shapes["recurrent"] = {"gru_after": (B, 3 * H), "gru_reset": (B, 2 * H)}.get(name, (B, H))
    shapes["out"] = {"column_sums": (H,), "transpose": (H, B)}.get(name, (B, H))
    shapes["b"] = (B, H) if name == "add" else (H,)
    return [
        number[p]
        if p in number
        else positive[p]()
        if p in positive
        else whole[p]()
        if p in whole
        else drawn(normal, shapes[p], p)
        for p in inspect.signature(LOOPS[name]).parameters
    ]


def drawn(normal, shape, name):
    """Draw an array; what Adam keeps of the squares, and draws' workspace, is not negative."""
    values = normal(*shape)
    return np.abs(values) if name in ("state", "chances") else values


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", sorted(LOOPS))
def test_the_loop_and_the_expression_do_the_same(name, dtype):
    tolerance = 1e-12 if dtype == np.float64 else 2e-5
    for case in range(N_CASES):
        given = arguments(name, np.random.default_rng(case), dtype)
        one, other = ([np.copy(a) if isinstance(a, np.ndarray) else a for a in given] for _ in range(2))
        returned = LOOPS[name](*one), getattr(numpy_ops, name)(*other)
        for parameter, a, b in zip(inspect.signature(LOOPS[name]).parameters, one, other, strict=True):
            if SCRATCH.get(name) != parameter:
                np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        if returned[0] is not None:
            np.testing.assert_allclose(*returned, rtol=tolerance)


def test_every_expression_has_a_loop():
    functions = {name for name, value in vars(numpy_ops).items() if inspect.isfunction(value)}
    assert functions - {"tanh", "sigmoid"} == set(LOOPS)


@pytest.mark.parametrize("kind", range(5))
def test_every_activation_is_among_them(kind):
    a, d = np.random.default_rng(0).standard_normal((2, B, H))
    one, other = a.copy(), a.copy()
    LOOPS["activate"](kind, one)
    numpy_ops.activate(kind, other)
    np.testing.assert_allclose(one, other, rtol=1e-12)
    back, forth = d.copy(), d.copy()
    LOOPS["times_derivative"](kind, one, back)
    numpy_ops.times_derivative(kind, one, forth)
    np.testing.assert_allclose(back, forth, rtol=1e-12)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_score_without_a_best_gives_minus_one(bad):
    scores = np.array([[0.0, bad, 1.0], [2.0, 1.0, 0.0]])
    tokens = np.zeros(2, int)
    LOOPS["draw"](scores, np.zeros(3), 0.7, np.array([0.5, 0.0]), np.empty(3), tokens)
    assert tokens.tolist() == [-1, 0]


def test_a_changed_loop_is_seen():
    source = (FOLDER / "numba_ops.py").read_text(encoding="utf-8")
    wrong = source.replace("d[j] = given[j] * h_old[j] * r[j] * (one - r[j])", "d[j] = given[j] * h_old[j] * r[j]")
    assert wrong != source
    namespace = {}
    exec(wrong.replace("@inlined\n", ""), namespace)
    given = arguments("gru_reset_back", np.random.default_rng(0), np.float64)
    one, other = ([np.copy(a) for a in given] for _ in range(2))
    namespace["gru_reset_back"](*one)
    numpy_ops.gru_reset_back(*other)
    assert not np.allclose(one[4], other[4])
