"""Both tiers of kernels: the engine's numbers are the plain ones, and it runs only where it can."""

import json
import os
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from cells import CELLS, draw, flat

import rnnlab
from rnnlab import batches, data, fused, gru, lstm, optimizers, rnn, sampling, variants
from rnnlab.kernels import tiers
from rnnlab.kernels.compile import JIT

ROOT = Path(__file__).parents[1]
IN_ENGINE = ["rnn-tanh", "gru-after", "lstm"]
SIZES = [(1, 1, 1, 1), (7, 4, 3, 5), (5, 13, 2, 37), (3, 6, 17, 64), (2, 1, 70, 16), (9, 600, 1, 2), (6, 20, 4, 33)]
only_engine = pytest.mark.skipif(tiers.INSTRUCTIONS is None, reason="this machine, or this setting, has no engine")


@pytest.fixture
def in_tier(monkeypatch):
    """Run a function in one tier."""

    def run(tier, function):
        monkeypatch.setattr(tiers, "WANTED", tier)
        if tier == "plain":
            monkeypatch.setattr(tiers, "INSTRUCTIONS", None)
        found = function()
        monkeypatch.undo()
        return found

    return run


def everything(drawn):
    """All numbers that a forward and a backward pass give."""
    tape = drawn.forward()
    arrays = tuple(value for value in tape if isinstance(value, np.ndarray))
    return flat((arrays, drawn.backward(tape)))


@only_engine
@pytest.mark.parametrize("name", IN_ENGINE)
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-13), (np.float32, 2e-5)])
def test_the_engine_gives_the_plain_numbers_and_the_same_bits_each_time(in_tier, name, padded, sizes, dtype, tolerance):
    drawn = draw(name, 1, *sizes, padded=padded, dtype=dtype)
    plain, engine, again = (in_tier(tier, lambda: everything(drawn)) for tier in ("plain", "engine", "engine"))
    assert np.abs(engine - plain).max() <= tolerance * max(1, np.abs(plain).max())
    np.testing.assert_array_equal(engine, again)


@only_engine
@pytest.mark.parametrize("name", IN_ENGINE)
def test_the_engine_gives_the_numbers_of_the_naive_loops(in_tier, name):
    drawn = draw(name, 2, 6, 3, 4, 21, padded=False)
    h = in_tier("engine", lambda: drawn.forward().h)
    for row in range(3):
        state = [part[row] for part in CELLS[name].parts(drawn.state)]
        expected, _ = CELLS[name].naive(drawn.params, drawn.x[:, row], state)
        np.testing.assert_allclose(h[:, row], expected, rtol=1e-11, atol=1e-13)


@only_engine
@pytest.mark.parametrize("name", IN_ENGINE)
def test_the_engine_saturates_without_a_warning_and_keeps_a_nan_of_the_gradient(in_tier, name):
    drawn = draw(name, 3, 4, 3, 2, 5, padded=False, dtype=np.float32)
    for size in (1e3, 1e30):
        large = drawn._replace(x=drawn.x * np.float32(size))
        plain, engine = (in_tier(tier, lambda given=large: given.forward().h) for tier in ("plain", "engine"))
        assert np.isfinite(engine).all()
        np.testing.assert_allclose(engine, plain, atol=1e-6)
    dh = drawn.dh.copy()
    dh[2, 1, 3] = np.nan
    _, dx, _ = in_tier("engine", lambda: drawn.backward(dh=dh))
    assert np.isnan(dx[2, 1]).all()
    assert np.isfinite(dx[:, [0, 2]]).all()


@pytest.mark.parametrize("name", [*IN_ENGINE, "gru-before"])
@pytest.mark.parametrize("tier", ["plain", pytest.param("engine", marks=only_engine)])
@pytest.mark.parametrize(
    "sizes", [(1, 1, 1, 1), (2, 3, 2, 5), (7, 20, 3, 37), (150, 1, 3, 5)]
)  # the last: two stretches
def test_without_a_tape_the_states_have_the_same_bits(in_tier, name, tier, sizes):
    for padded in (False, True):
        drawn = draw(name, 1, *sizes, padded=padded)
        kept = in_tier(tier, drawn.forward)
        for n_threads in (1, 3):
            cell, given = drawn.cell, (drawn.params, drawn.x, drawn.state)
            options = {**cell.options, "lengths": drawn.lengths, "n_threads": n_threads, "tape": False}
            alone = in_tier(tier, partial(cell.module.forward, *given, **options))
            np.testing.assert_array_equal(alone.h, kept.h)
            np.testing.assert_array_equal(flat(alone.h_n), flat(kept.h_n))
    if not name.startswith("rnn"):
        with pytest.raises(ValueError, match=r"^tape holds no gates, expected one of a forward without tape=False$"):
            drawn.backward(alone)


def test_engine_says_which_tier_runs():
    assert rnnlab.engine() == tiers.describe()
    assert rnnlab.engine().startswith("plain" if tiers.INSTRUCTIONS is None else f"engine ({tiers.INSTRUCTIONS})")


@pytest.mark.parametrize(
    ("features", "found"),
    [
        ({}, []),
        ({"avx2": True}, []),  # without fused multiply-add it would be far slower than plain
        ({"fma": True}, ["generic"]),
        ({"fma": True, "avx2": True}, ["avx2", "generic"]),
        ({"fma": True, "avx2": True, "avx512f": True}, ["avx2", "generic"]),
        (dict.fromkeys(("fma", "avx2", "avx512f", "avx512vl", "avx512dq"), True), ["avx512", "avx2", "generic"]),
        ({"aarch64": True}, ["generic"]),
    ],
)
def test_the_widest_registers_that_the_machine_has_come_first(features, found):
    widths = tiers._widths(features)
    assert list(widths) == found
    assert tiers._choice("engine", widths)[1] == (found[0] if found else None)
    assert tiers._choice("auto", widths)[1] == (found[0] if len(found) > 1 else None)
    assert tiers._choice("plain", widths)[1] is None
    assert tiers._choice("avx512", widths)[1] == ("avx512" if "avx512" in found else None)


@pytest.mark.skipif(not JIT, reason="nothing is compiled here")
@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"CPU_FEATURES": ""}, []),  # what NUMBA_CPU_NAME=generic sets
        ({"CPU_FEATURES": "+sse2,+avx2,-fma"}, []),
        ({"CPU_FEATURES": "+fma, +avx2,-avx512f"}, ["avx2", "generic"]),
        ({"CPU_FEATURES": None, "ENABLE_AVX": 0}, ["generic"]),
    ],
)
def test_the_engine_wants_no_instruction_that_numba_was_told_to_leave_out(monkeypatch, settings, found):
    from llvmlite import binding
    from numba import config

    machine = dict.fromkeys(("fma", "avx2", "avx512f", "avx512vl", "avx512dq"), True)
    monkeypatch.setattr(binding, "get_host_cpu_features", lambda: machine)
    monkeypatch.setattr(binding, "get_process_triple", lambda: "x86_64-unknown-linux-gnu")
    for name, value in ({"CPU_FEATURES": None, "ENABLE_AVX": 1} | settings).items():
        monkeypatch.setattr(config, name, value)
    assert list(tiers._widths(tiers._host())) == found


def test_an_unknown_choice_is_refused():
    with pytest.raises(ValueError, match=r"^RNNLAB_ENGINE is 'fast', expected one of auto, plain, engine, avx512, "):
        tiers._choice("fast", {})


NUMBERS = """
import json
import numpy as np
import rnnlab
from rnnlab import gru, lstm, rnn
found = {}
for cell in (rnn, gru, lstm):
    params = cell.init(np.random.default_rng(0), 3, 21)
    x = np.random.default_rng(1).standard_normal((6, 8, 3))
    tape = cell.forward(params, x)
    dparams, dx, dh_0 = cell.backward(tape, tape.h[1:])
    found[cell.KIND] = [tape.h.tolist(), dx.tolist(), *(d.tolist() for d in dparams)]
print(json.dumps([rnnlab.engine(), found]))
"""


@cache
def numbers(before="", **environment):
    """Return the tier that runs in a new process under these settings, and what each cell computes there."""
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", before + NUMBERS],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    tier, found = json.loads(process.stdout)
    return tier, {cell: np.concatenate([np.ravel(array) for array in arrays]) for cell, arrays in found.items()}


@only_engine
@pytest.mark.slow
@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("width", ["avx512", "avx2", "generic"])
def test_every_width_that_the_machine_has_gives_the_plain_numbers(cell, width):
    plain, expected = numbers(RNNLAB_ENGINE="plain")
    tier, found = numbers(RNNLAB_ENGINE=width)
    assert plain == "plain"
    assert tier == (f"engine ({width})" if width in tiers._widths(tiers._host()) else "plain")
    np.testing.assert_allclose(found[cell], expected[cell], rtol=1e-11, atol=1e-13)


def test_without_compiling_the_engine_is_not_even_loaded():
    tier, off = numbers(RNNLAB_ENGINE="engine", NUMBA_DISABLE_JIT="1")
    assert tier == "plain"
    absent, without = numbers(before="import sys; sys.modules['numba'] = None\n", RNNLAB_ENGINE="engine")
    assert absent == "plain"
    for cell in ("rnn", "gru", "lstm"):
        np.testing.assert_array_equal(off[cell], without[cell])


@pytest.mark.skipif(not JIT, reason="nothing is compiled here")
def test_importing_the_cells_loads_no_engine():
    code = "import sys, rnnlab.rnn, rnnlab.gru, rnnlab.lstm\nassert 'rnnlab.kernels.engine' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


@only_engine
@pytest.mark.parametrize("cell", [rnn, gru, lstm])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_engine_draws_the_tokens_of_the_plain_kernels(in_tier, cell, dtype):
    network = variants.init(cell, np.random.default_rng(0), 7, 37, 7, dtype=dtype)
    step = sampling.stepper(cell, network)

    def tokens(temperature):
        rng = np.random.default_rng(1)
        return sampling.generate(step, None, np.arange(5), 200, rng, temperature=temperature)

    for temperature in (0, 0.5, 1, 1e6):
        plain, engine = (in_tier(tier, lambda given=temperature: tokens(given)) for tier in ("plain", "engine"))
        assert len(np.unique(engine)) > (1 if temperature else 0)
        if dtype == np.float64:  # in float32 a draw may fall between two roundings of an edge, and all after it differ
            np.testing.assert_array_equal(engine, plain)
        else:
            np.testing.assert_array_equal(engine[:20], plain[:20])


@only_engine
@pytest.mark.parametrize("cell", [rnn, gru, lstm])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_the_engines_training_steps_are_the_plain_ones(in_tier, cell, dtype):
    params = variants.init(cell, np.random.default_rng(0), 3, 37, 2, dtype=dtype)
    source = batches.endless(lambda rng: data.Batch(*_drawn(rng, dtype), per_step=False))

    def fit():
        return fused.fit(cell, params, source, optimizers.Adam(0.001), 20, clip=1.0)

    plain, engine = (in_tier(tier, fit) for tier in ("plain", "engine"))
    tolerance = 1e-10 if dtype == np.float64 else 1e-3
    np.testing.assert_allclose(engine.history.loss, plain.history.loss, rtol=tolerance)
    np.testing.assert_allclose(flat(engine.params), flat(plain.params), rtol=tolerance, atol=tolerance)


def _drawn(rng, dtype):
    return rng.standard_normal((6, 13, 3)).astype(dtype), rng.standard_normal((13, 2)).astype(dtype)
