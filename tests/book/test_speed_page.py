"""The chapter on speed: what it says of operations, bytes and checkpoints is right, and its stored times agree."""

import json
import re

import chapters
import numpy as np
import pytest

from rnnlab import bptt, rnn
from rnnlab.assignments.speed.checks import QUESTIONS
from rnnlab.bench import goals

CHAPTER = "12_speed"


@pytest.fixture(scope="module")
def page():
    return chapters.run(CHAPTER)


@pytest.fixture(scope="module")
def steps():
    return json.loads((chapters.BOOK / "results" / "speed_steps.json").read_text())


@pytest.fixture(scope="module")
def rivals():
    return json.loads((chapters.BOOK / "results" / "speed_rivals.json").read_text())


def test_no_gradient_is_displayed():
    assert chapters.gradient_labels(CHAPTER) == set()


def test_the_operations_and_bytes_by_hand_are_what_the_cells_compute(page):
    assert page.flops(8, 4) == 96
    assert 300 * page.flops(8, 4) // 2 == 300 * 48
    assert page.flops(8, 64) == 9216
    assert 4 * 64 * (8 + 64) == 18432
    assert page.flops(8, 16) == 768
    assert f"{page.flops(8, 64):,}" in chapters.text(CHAPTER)


def test_operations_are_counted_by_a_loop_that_counts(page):
    """Every product and every addition of the written-out sums, one by one."""
    count = 0
    n_input, n_hidden = 3, 5
    for _ in range(n_hidden):
        for _ in range(n_input + n_hidden):
            count += 2
    assert count == page.flops(n_input, n_hidden)


def test_the_two_loops_shown_agree_with_the_library(page):
    rng = np.random.default_rng(3)
    params = rnn.init(rng, 3, 5)
    x = rng.standard_normal((7, 3))
    h = rnn.forward(params, x[:, None]).h[:, 0]
    np.testing.assert_allclose(page.interpreted(x, *params), h, rtol=1e-12)
    np.testing.assert_allclose(page.compiled(x, *params), h, rtol=1e-12)


def test_the_root_is_the_best_segment_and_the_proof_s_identity_holds():
    for n_steps in (16, 100, 10_000, 12_345):
        s = np.linspace(0.5, n_steps, 5001)
        held = n_steps / s + s
        np.testing.assert_allclose(held, (np.sqrt(n_steps / s) - np.sqrt(s)) ** 2 + 2 * np.sqrt(n_steps), rtol=1e-9)
        assert held.min() >= 2 * np.sqrt(n_steps) - 1e-9
        assert np.sqrt(n_steps) + n_steps / np.sqrt(n_steps) == pytest.approx(2 * np.sqrt(n_steps))
    assert 10_000 / 100 + 100 == 200


def test_checkpoints_change_no_gradient(page):
    np.testing.assert_allclose(page.cut.dparams.w_h, page.whole.dparams.w_h, rtol=1e-9)
    lost = bptt.checkpointed(rnn, page.params, page.x[:200], page.arriving)
    assert not np.allclose(lost.dparams.w_h, page.whole.dparams.w_h)


def test_halving_computes_half_t_log_t_steps_again(page):
    for power in range(1, 12):
        assert page.again(2**power) == 2**power * power // 2
    assert page.again(1024) == 5120


def test_a_row_does_not_depend_on_its_batch(page):
    np.testing.assert_allclose(page.together[:, 5], page.alone[:, 0], rtol=1e-9, atol=1e-12)


def test_the_gradient_s_spread_falls_as_the_root_of_the_batch(page):
    slope = np.polyfit(np.log([1, 4, 16, 64, 256]), np.log(page.noise), 1)[0]
    assert -0.6 < slope < -0.4


def test_the_limit_named_is_the_largest_price(page):
    for n_hidden in (4, 64, 1024):
        for n_batch in (1, 256):
            _, sentence = page.limits(n_hidden, n_batch)
            compute, read, _ = page.prices(n_hidden, n_batch)
            want = {page.FIXED: "the interpreter", compute: "arithmetic", read: "reading the weights"}
            assert sentence.endswith(f"The limit is {want[max(want)]}.")


def test_half_an_operation_for_each_byte(page):
    for n_hidden in (4, 64, 1024):
        for n_batch in (1, 32):
            n_bytes = 4 * n_hidden * (8 + n_hidden)
            assert page.flops(8, n_hidden, n_batch) / n_bytes == n_batch / 2


def median(steps, *names):
    for name in names:
        steps = steps[name]
    return steps["median"]


def test_what_the_prose_says_of_a_step_holds(steps):
    one, four, many = (median(steps, "steps", f"h{n}", "numpy") for n in (1, 4, 256))
    assert one > 0.8 * four, "nearly all of a small step is its price"
    assert one < 0.5 * many, "the smaller part with 256 units"
    assert median(steps, "steps", "h32", "numpy_over_scalar") > 1 > median(steps, "steps", "h128", "numpy_over_scalar")
    assert all(median(steps, "steps", f"h{n}", "numpy_over_rnnlab") > 1 for n in (1, 4, 16, 64, 256))


def test_what_the_prose_says_of_hoisting_layout_and_precision_holds(steps):
    assert all(part["inside_over_hoisted"]["low"] > 1 for part in steps["hoisting"].values())
    assert median(steps, "layout", "time_last_over_time_first") > 1.05
    assert median(steps, "layout", "one_copy_over_time_first") > 1
    assert all(part["float64_over_float32"]["low"] > 1.2 for part in steps["precision"].values())


def test_what_the_prose_says_of_threads_holds(steps):
    found = {name: part["one_over_two"]["median"] for name, part in steps["threads"].items() if isinstance(part, dict)}
    assert found["products_h64_b1"] < 1.1, "nothing gained"
    assert found["products_h256_b32"] < found["batch"], "half of the batch gains more"
    assert found["torch_h16_b1"] < 1 < found["torch_h512_b64"]
    assert steps["threads"]["load"] < steps["threads"]["cores"]


def test_what_the_prose_says_of_the_roofline_holds(steps):
    rates = {(p["H"], p["B"]): p["rate"]["median"] / steps["roof"]["peak"] for p in steps["roof"]["points"]}
    assert all(rates[n, 1] < 0.4 for n in (16, 64, 256, 1024)), "well below the peak"
    assert rates[16, 32] < 0.35, "sixteen units reach neither roof"
    assert min(rates[256, 32], rates[1024, 32]) > 0.5
    for point in steps["roof"]["points"]:
        assert point["rate"]["median"] < steps["roof"]["peak"]
        if point["H"] in (256, 1024) and point["B"] == 1:
            assert point["rate"]["median"] < steps["roof"]["l2"] * point["flops_per_byte"]


def test_what_the_prose_says_of_memory_holds(steps):
    ours, cut, torch = steps["memory"][3:]
    assert [row["library"] for row in (ours, cut, torch)] == ["rnnlab", "rnnlab, checkpointed", "torch"]
    assert {row["cell"] for row in (ours, cut, torch)} == {"lstm"}
    assert cut["megabytes"] < 0.4 * ours["megabytes"] < 0.4 * torch["megabytes"]


def test_what_the_prose_says_of_rivals_holds(rivals):
    rows = [row for row in rivals["rows"] if row["phase"] == "fwdbwd"]
    assert {row["cell"] for row in rows} == {"rnn", "gru", "lstm"}
    ratios = {}
    for row in rows:
        ratios.setdefault((row["rival"], row["cell"]), []).append(row["ratio"])
    falls = {place: found[0] / found[-1] for place, found in ratios.items()}
    assert min(falls.values()) > 1.5, "falls from small networks to large ones"
    assert all(falls["jax", cell] < min(falls["numpy", cell], falls["torch", cell]) for cell in ("rnn", "gru", "lstm"))
    adding, text = rivals["training"]
    assert (adding["cell"], text["cell"]) == ("gru", "lstm")
    for row in (adding, text):
        assert max(row["loss"], row["rival_loss"]) <= row["target"], "both reached it"


def test_every_goal_is_measured_and_what_falls_short_is_named(rivals):
    rows = rivals["rows"] + rivals["more"] + rivals["loops"]
    measured = {(row["phase"], (row["T"], row["B"], row["D"], row["H"]), row["cell"]) for row in rows}
    assert {(*place, cell) for place in goals.GOALS for cell in goals.CELLS} <= measured
    found = goals.unmet(rows)
    assert all(one.tried and one.obstacle for one in found)
    assert all(one.ratio > 1 for one in found), "the page says that none is behind"
    slower = goals.unmet([row | {"ratio": row["ratio"] / 100} for row in rivals["loops"]])
    assert len(slower) == len(rivals["loops"])


def test_the_stored_times_say_where_they_are_from(steps, rivals):
    for found in (steps, rivals):
        assert {"command", "date", "machine", "versions", "seed"} <= set(found)
        assert found["machine"]["engine"]


def test_pytorch_compiles_no_recurrent_layer():
    pytest.importorskip("torch")
    from torch import _dynamo

    assert _dynamo.config.allow_rnn is False


def test_the_mistakes_are_known():
    known = {question.id: {mistake.name for mistake in question.mistakes} for question in QUESTIONS}
    box = re.search(r"```\{mistakes\}\n(.*?)\n```", chapters.text(CHAPTER), re.S)[1]
    for number, name in re.findall(r"^(12\.\d): (.+)$", box, re.M):
        assert name in known[number]


def test_the_graded_prediction_is_not_given_away():
    text = chapters.text(CHAPTER)
    for source in chapters.cells(CHAPTER):
        text = text.replace(source, "")
    assert not re.search(r"4\s*/\s*3|\\frac\s*\{?4\}?\s*\{?3|1\.3[0-9]|a third (more|longer)|one third", text)
