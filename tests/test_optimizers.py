"""Optimizers are checked against scalar loops and PyTorch, and clipping against its definition."""

import copy
import math
import pickle
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnlab import _joined, _pytree, optimizers
from rnnlab.optimizers import SGD, Adam, RMSprop


class Params(NamedTuple):
    w_x: np.ndarray
    b_h: np.ndarray


def draw(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {"cell": Params(rng.normal(size=(3, 2)).astype(dtype), rng.normal(size=3).astype(dtype)), "y": None}


def run(optimizer, params, n_updates=20):
    state = optimizer.init(params)
    for n in range(n_updates):
        params, state = optimizer.update(params, _pytree.map(lambda w, n=n: np.sin(w + n), params), state)
    return params, state


def naive_sgd(w, g, n, memory, lr, momentum, nesterov):
    memory["v"] = momentum * memory.get("v", 0.0) + g
    return w - lr * (momentum * memory["v"] + g if nesterov else memory["v"])


def naive_rmsprop(w, g, n, memory, lr, decay, eps):
    memory["v"] = decay * memory.get("v", 0.0) + (1 - decay) * g**2
    return w - lr * g / (math.sqrt(memory["v"]) + eps)


def naive_adam(w, g, n, memory, lr, beta1, beta2, eps, weight_decay):
    memory["m"] = beta1 * memory.get("m", 0.0) + (1 - beta1) * g
    memory["v"] = beta2 * memory.get("v", 0.0) + (1 - beta2) * g**2
    m, v = memory["m"] / (1 - beta1 ** (n + 1)), memory["v"] / (1 - beta2 ** (n + 1))
    return w * (1 - lr * weight_decay) - lr * m / (math.sqrt(v) + eps)


RULES = [
    (SGD(0.1), naive_sgd),
    (SGD(0.05, momentum=0.8), naive_sgd),
    (SGD(0.05, momentum=0.8, nesterov=True), naive_sgd),
    (RMSprop(0.01, decay=0.7), naive_rmsprop),
    (Adam(0.02, beta1=0.8, beta2=0.95, eps=1e-3), naive_adam),
    (Adam(0.02, weight_decay=0.1), naive_adam),
]


@pytest.mark.parametrize(("optimizer", "rule"), RULES)
def test_every_number_follows_the_scalar_rule(optimizer, rule):
    params = draw()
    new, _ = run(optimizer, params)
    for (_, was), (_, now) in zip(_pytree.leaves(params), _pytree.leaves(new), strict=True):
        for at in np.ndindex(was.shape):
            w, memory = was[at], {}
            for n in range(20):
                w = rule(w, math.sin(w + n), n, memory, **vars(optimizer))
            np.testing.assert_allclose(now[at], w, rtol=1e-12)


def test_trajectories_equal_those_of_pytorch():
    torch = pytest.importorskip("torch")
    twins = [
        (SGD(0.1, momentum=0.9), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
        (SGD(0.1, 0.9, nesterov=True), lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
        (Adam(0.01, weight_decay=0.3), lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.3)),
        (RMSprop(0.01), lambda p: torch.optim.RMSprop(p, 0.01, alpha=0.9)),
        (Adam(0.01), lambda p: torch.optim.Adam(p, 0.01)),
    ]
    for optimizer, make in twins:
        w = np.random.default_rng(1).normal(size=5)
        new, _ = run(optimizer, w)
        twin = torch.nn.Parameter(torch.tensor(w))
        step = make([twin])
        for n in range(20):
            twin.grad = torch.sin(twin.detach() + n)
            step.step()
        np.testing.assert_allclose(new, twin.detach().numpy(), rtol=1e-10, err_msg=type(optimizer).__name__)


@pytest.mark.parametrize("optimizer", [rule[0] for rule in RULES])
def test_nothing_changes_in_place_and_the_form_is_kept(optimizer):
    params = draw()
    before = [leaf.copy() for _, leaf in _pytree.leaves(params)]
    state = optimizer.init(params)
    new, newer = optimizer.update(params, params, state)
    assert (state.n_updates, newer.n_updates) == (0, 1)
    assert not any(leaf.any() for _, leaf in _pytree.leaves(state.means))
    assert type(new["cell"]) is Params
    assert new["y"] is None
    for (_, leaf), was in zip(_pytree.leaves(params), before, strict=True):
        np.testing.assert_array_equal(leaf, was)


@pytest.mark.parametrize("optimizer", [rule[0] for rule in RULES])
def test_float32_stays_float32_and_agrees_with_float64(optimizer):
    new, state = run(optimizer, draw(dtype=np.float32))
    twin, _ = run(optimizer, draw())
    assert {leaf.dtype for _, leaf in _pytree.leaves((new, state.means))} == {np.dtype(np.float32)}
    for (_, a), (_, b) in zip(_pytree.leaves(new), _pytree.leaves(twin), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4)


@pytest.mark.parametrize("kind", [SGD, RMSprop, Adam])
def test_a_schedule_sets_each_step_size_by_the_updates_done(kind):
    seen = []
    params = np.float32([1.0])
    run(kind(lambda n: seen.append(n) or np.float64(0.1)), params, n_updates=3)
    assert seen == [0, 1, 2]
    constant, _ = run(kind(0.1), params, n_updates=3)
    scheduled, _ = run(kind(lambda n: np.float64(0.1)), params, n_updates=3)
    np.testing.assert_array_equal(constant, scheduled)
    assert scheduled.dtype == np.float32


def test_step_decay_and_cosine_have_their_exact_values():
    decay = optimizers.step_decay(0.8, 0.5, every=3)
    assert [decay(n) for n in (0, 2, 3, 5, 6)] == [0.8, 0.8, 0.4, 0.4, 0.2]
    wave = optimizers.cosine(1.0, 12, n_warmup=4, final=0.2)
    np.testing.assert_allclose([wave(n) for n in (0, 1, 3, 4, 8, 12, 99)], [0.25, 0.5, 1, 1, 0.6, 0.2, 0.2])


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-150, 1e-8, 1.0, 1e8, 1e200]), st.floats(1e-3, 1e3))
def test_clipping_keeps_direction_and_bounds_length(seed, scale, max_norm):
    grads = _pytree.map(lambda g: g * scale, draw(seed))
    clipped, norm = optimizers.clip_by_global_norm(grads, max_norm)
    flat = np.concatenate([g.ravel() for _, g in _pytree.leaves(grads)])
    new = np.concatenate([g.ravel() for _, g in _pytree.leaves(clipped)])
    np.testing.assert_allclose(norm, np.linalg.norm(flat / scale) * scale, rtol=1e-12)
    np.testing.assert_allclose(new, flat * min(1, max_norm / norm), rtol=1e-12)


def test_a_gradient_within_the_bound_is_returned_untouched():
    grads = draw()
    clipped, _ = optimizers.clip_by_global_norm(grads, 1e6)
    assert clipped is grads
    zero = np.zeros(3)
    assert optimizers.clip_by_global_norm(zero, 1.0) == (pytest.approx(zero), 0.0)


def test_float32_gradients_whose_squares_overflow_are_clipped():
    clipped, norm = optimizers.clip_by_global_norm(np.float32([3e30, 4e30]), 1.0)
    assert norm == pytest.approx(5e30, rel=1e-6)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped, [0.6, 0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_is_reported_not_hidden(bad):
    grads = [np.array([1.0, bad]), np.array([2.0])]
    clipped, norm = optimizers.clip_by_global_norm(grads, 1.0)
    assert not math.isfinite(norm)
    assert clipped is grads


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SGD(-0.1), "lr is -0.1, expected a number above 0"),
        (lambda: Adam(math.inf), "lr is inf, expected a number above 0"),
        (lambda: SGD(0.1, momentum=1), "momentum is 1, expected 0 to less than 1"),
        (lambda: RMSprop(decay=-1), "decay is -1, expected 0 to less than 1"),
        (lambda: RMSprop(eps=0), "eps is 0, expected a number above 0"),
        (lambda: Adam(beta1=1.5), "beta1 is 1.5, expected 0 to less than 1"),
        (lambda: Adam(beta2=1), "beta2 is 1, expected 0 to less than 1"),
        (lambda: Adam(eps=math.nan), "eps is nan, expected a number above 0"),
        (lambda: optimizers.clip_by_global_norm([], 0), "max_norm is 0, expected a number above 0"),
        (lambda: optimizers.step_decay(0.1, 0, 2), "factor is 0, expected a number above 0"),
        (lambda: optimizers.step_decay(0.1, 0.5, 0), "every is 0, expected a whole number of at least 1"),
        (lambda: optimizers.cosine(0.1, 5, n_warmup=5), "n_warmup is 5, expected a whole number from 0 to 4"),
        (
            lambda: run_once({"w": np.zeros(3)}, {"v": np.zeros(3)}),
            "grads.w is missing, expected an array of shape (3,)",
        ),
        (lambda: run_once({"w": np.zeros(3)}, {"w": np.zeros(1)}), "grads.w has shape (1,), expected (3,)"),
    ],
)
def test_bad_settings_and_gradients_are_named(call, message):
    with pytest.raises(ValueError) as error:  # noqa: PT011 (the whole message is compared)
        call()
    assert str(error.value) == message


def run_once(params, grads):
    optimizer = SGD(0.1)
    return optimizer.update(params, grads, optimizer.init(params))


SETTINGS = {
    SGD: {"lr": 0.1, "momentum": 0.5},
    RMSprop: {"lr": 0.1, "decay": 0.5, "eps": 0.001},
    Adam: {"lr": 0.1, "beta1": 0.5, "beta2": 0.75, "eps": 0.001, "weight_decay": 0.125},
}


@pytest.mark.parametrize("type_of", [np.float64, np.float32, np.float16, lambda value: np.array(value)])
@pytest.mark.parametrize("kind", SETTINGS)
def test_no_setting_changes_the_dtype_of_the_weights_whatever_its_own_type(kind, type_of):
    params = draw(dtype=np.float32)
    for name, value in SETTINGS[kind].items():
        given = SETTINGS[kind] | {name: type_of(value)}
        new, state = run(kind(**given), params, n_updates=3)
        assert {leaf.dtype for _, leaf in _pytree.leaves((new, state.means))} == {np.dtype(np.float32)}, name
        assert type(getattr(kind(**given), name)) is float
        schedule = kind(**SETTINGS[kind] | {"lr": lambda n: type_of(0.1)})
        assert run(schedule, params)[0]["cell"].w_x.dtype == np.float32
    clipped, _ = optimizers.clip_by_global_norm(params, type_of(0.5))
    assert {leaf.dtype for _, leaf in _pytree.leaves(clipped)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf, "fast", None])
def test_a_schedule_that_gives_no_step_size_is_named(lr):
    with pytest.raises(ValueError, match=r"^lr after 1 updates is .*, expected a number from 0$"):
        run(SGD(lambda n: 0.1 if n == 0 else lr), np.ones(2), n_updates=2)


@pytest.mark.parametrize("value", ["0.1", None, True, [0.1], 1j])
def test_a_setting_that_is_no_number_is_named(value):
    with pytest.raises(ValueError, match=r"^momentum is .*, expected 0 to less than 1$"):
        SGD(0.1, momentum=value)


@pytest.mark.parametrize("schedule", [optimizers.step_decay(0.1, 0.5, 3), optimizers.cosine(0.1, 9, n_warmup=2)])
def test_schedules_are_values(schedule):
    for again in (pickle.loads(pickle.dumps(schedule)), copy.deepcopy(schedule)):
        assert again == schedule
        assert [again(n) for n in range(12)] == [schedule(n) for n in range(12)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("optimizer", [SGD(0.1, 0.9, nesterov=True), RMSprop(0.1), Adam(0.1, weight_decay=0.1)])
def test_small_networks_updated_as_one_vector_get_the_bits_of_large_ones(optimizer, dtype, monkeypatch):
    def clipped():
        params, state = run(optimizer, draw(dtype=dtype))
        shorter, norm = optimizers.clip_by_global_norm(params, 0.1)
        return _pytree.values([params, state, shorter, norm])

    joined = clipped()
    assert joined[0].base is not None, "a part of the vector"
    monkeypatch.setattr(_joined, "LARGEST", 0)
    apart = clipped()
    assert apart[0].base is None
    for one, other in zip(joined, apart, strict=True):
        np.testing.assert_array_equal(one, other, strict=True)


def test_weights_that_share_a_vector_are_changed_alone():
    params, state = run(Adam(0.1), draw())
    before = [np.copy(leaf) for leaf in _pytree.values([params, state])]
    params["cell"].w_x[...] = 77
    changed = [not np.array_equal(a, b) for a, b in zip(_pytree.values([params, state]), before, strict=True)]
    assert changed == [True] + [False] * (len(before) - 1)
