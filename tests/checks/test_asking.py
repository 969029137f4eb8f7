"""What the framework does to every question: layouts, asking twice, and what a failing case tells."""

import re

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks.codec import decode, encode, laid_out
from rnnlab.checks.question import Part, Question
from rnnlab.checks.student import LocalStudent
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.settings import Settings


def asked(functions, seed=0, question="2.1", **more):
    return checks.find(question).examine(LocalStudent({**checks.find(question).reference, **functions}), seed, **more)


def right(x, h, w_x, w_h, b_h):
    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)


@pytest.mark.parametrize("layout", ["F", "S", "R", "FR", "SR"])
def test_an_argument_keeps_its_layout_on_the_way(layout):
    array = laid_out(np.arange(12.0).reshape(3, 4), layout)
    again = decode(encode((array, {"a": [array]}), []), [].__getitem__)
    for one in (again[0], again[1]["a"][0]):
        assert np.array_equal(one, array)
        assert one.strides == array.strides
        assert one.flags.writeable == array.flags.writeable
    assert decode(encode(array)).flags.c_contiguous  # a result does not


def test_arrays_come_in_every_layout():
    seen = set()

    def looks(x, h, w_x, w_h, b_h):
        seen.add((w_x.flags.c_contiguous, w_x.flags.f_contiguous, h.flags.writeable))
        return right(x, h, w_x, w_h, b_h)

    assert asked({"rnn_step": looks}).points == 4
    assert {(True, False, True), (False, True, True), (False, False, True)} <= seen
    assert any(not writable for *_, writable in seen)


@pytest.mark.parametrize("question", ["2.2", "4.3"])
def test_a_compiled_answer_is_compiled_for_each_layout_once(question):
    """An array that is a single line is contiguous in every layout: beside others that are not, it made up to 19."""
    name, function = next(iter(checks.find(question).reference.items()))
    kinds = set()

    def looks(*arrays):
        kinds.add(tuple("C" if a.flags.c_contiguous else "F" if a.flags.f_contiguous else "A" for a in arrays))
        return function(*arrays)

    for seed in range(4):
        asked({name: looks}, seed, question)
    assert len(kinds) == 3


def workspace():
    kept = {}

    def reuses(x, h, w_x, w_h, b_h):
        out = kept.setdefault(h.shape, np.empty(h.shape))
        out[:] = right(x, h, w_x, w_h, b_h)
        return out

    return reuses


def remembered():
    kept = {}
    return lambda x, h, *w: kept.setdefault(h.shape, right(x, h, *w))


def counting():
    calls = []

    def drifts(x, h, *w):
        calls.append(1)
        return right(x, h, *w) + 1e-6 * (len(calls) > 3)

    return drifts


def leaking():
    kept = [0.0]

    def leaks(x, h, *w):
        state, kept[0] = kept[0], float(x.sum() > 0)
        return right(x, h, *w) + state * (len(x) > 2)

    return leaks


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (workspace, "it returns the same array every time"),
        (remembered, "First case that fails"),
        (counting, "First case that fails"),
        (leaking, "First case that fails"),
    ],
)
def test_what_is_kept_between_calls_is_found(make, says):
    for seed in range(3):
        report = asked({"rnn_step": make()}, seed)
        assert report.points < 4
        assert says in str(report)


def test_who_answers_otherwise_the_second_time_is_told_so():
    def probe(ask, draw):
        return ask("f", draw.array(3, ordinary=True))

    kept = []

    def f(x):
        kept.append(x.copy())
        return x + (0 if len(kept) < 2 else 0 * x + 1e-3 * any(np.array_equal(x, k) for k in kept[:-1]))

    def g(x):
        return x + 0

    question = Question("0.1", "F", ("f",), {"f": g}, (Part("all", 1, probe),))
    report = question.examine(LocalStudent({"f": f}))
    assert "called again with the same arguments after another call, and returned something else" in str(report)
    assert question.examine(LocalStudent({"f": g})).points == 1
    for opted_out in (Part("all", 1, probe, twice=False), Part("all", 1, probe, tries=2)):
        kept.clear()
        assert Question("0.1", "F", ("f",), {"f": g}, (opted_out,)).examine(LocalStudent({"f": f})).points == 1


def test_a_view_of_the_input_is_no_new_array_unless_the_question_says_so():
    def probe(ask, draw):
        return ask("f", draw.array(4))

    for views, points in ((False, 0), (True, 1)):
        question = Question("0.1", "F", ("f",), {"f": np.flip}, (Part("all", 1, probe),), views=views)
        copying = Question("0.1", "F", ("f",), {"f": lambda x: x[::-1].copy()}, (Part("all", 1, probe),), views=views)
        assert copying.examine(LocalStudent({"f": lambda x: x[::-1]})).points == points
        assert question.examine(LocalStudent({"f": lambda x: x[::-1]})).points == 1  # the reference does it, too


def test_the_line_of_an_error_is_that_of_the_function():
    def fails(x, h, w_x, w_h, b_h):
        a = x @ w_x.T
        return a @ np.zeros((99, 1))

    assert "(line 3 of fails)" in str(asked({"rnn_step": fails}))


def test_the_number_of_results_is_said():
    report = asked({"rnn_forward": lambda *a: (*checks.find("2.2").reference["rnn_forward"](*a), 0)}, question="2.2")
    assert report.points == 0
    assert "rnn_forward returned 3 results, expected 2 results" in str(report)
    lost = asked({"rnn_forward": lambda *a: checks.find("2.2").reference["rnn_forward"](*a)[0]}, question="2.2")
    assert lost.points == 0
    assert re.search(r"rnn_forward returned an array of shape \(\d+, \d+, \d+\), expected 2 results", str(lost))


def test_two_results_in_each_others_place_are_said_to_be():
    step = checks.find("9.1").reference["gru_step"]
    text = str(asked({"gru_step": lambda *a: (lambda h, r, z, n: (h, z, r, n))(*step(*a))}, question="9.1"))
    assert "Results 2 and 3 of gru_step are right, but in each other's place" in text
    assert "place" not in str(
        asked({"gru_step": lambda *a: (lambda h, r, z, n: (h, z, z, n))(*step(*a))}, question="9.1")
    )


def test_a_failing_case_can_be_drawn_again():
    report = checks.find("2.1").examine(LocalStudent({"rnn_step": lambda x, h, w_x, w_h, b_h: 0 * h}))
    failing = report.first_failing
    call = f"rnn_step(*checks.case('2.1', {failing.part!r}, {failing.sample[0]}))"
    assert failing.code == f"from rnnlab import checks; {call}"
    notebook = {"rnn_step": right}
    exec(failing.code.replace("rnn_step(", "value = rnn_step("), notebook)
    assert np.allclose(notebook["value"], failing.want, atol=1e-12)
    secret = checks.find("2.1").examine(LocalStudent({"rnn_step": lambda x, h, *w: 0 * h}), 12345)
    assert "12345" not in str(secret)
    assert secret.as_dict()["first_failing"]["seed"] == "12345"
    with pytest.raises(ValueError, match=r"question 2\.1 has no part 'nonsense', only the input term alone"):
        checks.case("2.1", "nonsense", 0)


def test_a_failing_case_that_asks_twice_is_drawn_again_with_the_tape_of_whoever_is_asked():
    reference = checks.find("7.6").reference

    def encoder_decoder_forward(params, x, target):
        y, tape = reference["encoder_decoder_forward"](params, x, target)
        return y, {"everything": tape}

    def encoder_decoder_backward(dy, tape):
        dparams, dx = reference["encoder_decoder_backward"](dy, tape["everything"])
        return dparams, 2 * dx

    wrong = {f.__name__: f for f in (encoder_decoder_forward, encoder_decoder_backward)}
    failing = checks.find("7.6").examine(LocalStudent(wrong)).first_failing
    notebook = dict(wrong)
    exec(failing.code.replace("encoder_decoder_backward(", "value = encoder_decoder_backward(", 1), notebook)
    assert np.allclose(notebook["value"][1], failing.got, atol=1e-12)


def test_a_first_call_that_ends_in_an_error_is_drawn_again_as_it_was():
    def learn_forecast(series, n_updates, seed):
        raise KeyError("nothing learned")

    notebook = {"learn_forecast": learn_forecast, "forecast": checks.find("11.1").reference["forecast"]}
    failing = checks.find("11.1").examine(LocalStudent(dict(notebook))).first_failing
    with pytest.raises(KeyError, match="nothing learned"):
        exec(failing.code, notebook)


def test_an_input_that_is_returned_is_drawn_again_where_it_was_seen():
    step = checks.find("9.1").reference["gru_step"]

    def gru_step(x, h, params, reset):
        after, *gates = step(x, h, params, reset)
        h[...] = after
        return h, *gates

    failing = checks.find("9.1").examine(LocalStudent({"gru_step": gru_step})).first_failing
    exec(failing.code, {"gru_step": gru_step})


def test_of_several_calls_the_one_that_is_not_right_is_shown():
    reference = checks.find("4.4").reference["gradcheck"]

    def gradcheck(f, x, df):
        ok, worst = reference(f, x, df)
        return ok or not df.any(), worst

    failing = checks.find("4.4").examine(LocalStudent({"gradcheck": gradcheck})).first_failing
    assert "zero everywhere" in failing.message
    notebook = {"gradcheck": gradcheck}
    exec(failing.code.replace("gradcheck(*", "value = gradcheck(*", 1), notebook)
    assert notebook["value"][0] is True
    (call,) = failing.calls
    assert re.search(r"df = \[+0\.", call)


@pytest.fixture(scope="module")
def fork_server():
    with ForkServer((), Settings(memory_mb=600, cell_seconds=5, call_seconds=5)) as warm:
        yield warm


def test_the_sandbox_sees_what_the_notebook_sees(fork_server):
    session = fork_server.open()
    cell = (
        "import numpy as np\nkept = np.zeros(2)\n"
        "def workspace(x):\n    kept[:] = x[0, :2]\n    return kept\n"
        "def view(x): return x[0]\n"
        "def flags(x):\n    return x.flags.c_contiguous, x.flags.f_contiguous, x.flags.writeable\n"
        "def fails(x):\n\n    return x[7]\n"
    )
    session.run(cell, 10)
    x = np.arange(6.0).reshape(2, 3)
    session.call("workspace", (x,), 5)
    assert session.odd == ()
    session.call("workspace", (x + 1,), 5)
    assert session.odd == ("stale",)
    session.call("view", (x,), 5)
    assert session.odd == ("view",)
    assert session.call("flags", (laid_out(x, "F"),), 5) == (False, True, True)
    assert session.call("flags", (laid_out(x, "SR"),), 5) == (False, False, False)
    with pytest.raises(Exception, match=r"IndexError: .* \(line 3 of fails\)"):
        session.call("fails", (x,), 5)
    session.close()


def test_units_are_told_only_where_numbers_were_divided_by_them():
    def untransposed(x, h, w_x, w_h, b_h):
        return np.tanh(x @ w_x.T + h @ w_h + b_h)

    def coarse(x, h, w_x, w_h, b_h):
        new = np.tanh(x @ w_x.T + h @ w_h.T + b_h)
        return np.where(np.abs(new) < 1e-5, 1.1 * new, new)

    assert "units" not in checks.examine("2.1", untransposed, seed=0).first_failing.message
    assert ", in units of the inputs, is " in checks.examine("2.1", coarse, seed=0).first_failing.message
