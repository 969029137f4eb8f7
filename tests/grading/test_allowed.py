"""What of the course an answer may use: the same in the check and in the grade, and never an answer."""

import ast
import gc
import inspect
import json
import resource
import signal
from importlib import import_module

import numpy as np
import pytest

from rnnlab import checks
from rnnlab.checks import allowed, discovery, examine
from rnnlab.checks.cases import Cases
from rnnlab.checks.compare import difference
from rnnlab.checks.student import Failed
from rnnlab.grading.sandbox.host import view
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.settings import Settings

ASSIGNMENTS = list(checks.packages())


def texts(assignment: str) -> list[str]:
    """Return the released notebook's code cells."""
    path = view.PACKAGE.parent / "exercises" / assignment / f"{assignment}.ipynb"
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_assignment_names_what_it_allows_and_its_first_cell_imports_no_more(assignment):
    assert isinstance(discovery.module(assignment, "checks").ALLOWS, tuple)
    rule = allowed.allowed(assignment)
    tree = ast.parse(texts(assignment)[0].replace("%", "#"))
    named = {
        f"{node.module}.{alias.name}" if node.module == "rnnlab" else node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("rnnlab")
        for alias in node.names
    } - {"rnnlab.checks"}
    assert not named & set(rule.absent) - {"rnnlab.rnn", "rnnlab.readout"}
    for name in rule.modules:
        assert name in rule.says


def test_an_assignment_that_does_not_say_is_refused(monkeypatch):
    monkeypatch.delattr(discovery.module("02_unfolding", "checks"), "ALLOWS")
    with pytest.raises(ValueError, match="has no ALLOWS: name the modules"):
        allowed._of_package.__wrapped__("rnnlab.assignments.unfolding")


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_of_an_absent_module_no_text_is_in_the_sandbox(assignment):
    rule = allowed.allowed(assignment)
    files = view.library_files(rule.absent, rule.says)
    for name in rule.absent:
        path = allowed.library()[name].relative_to(view.PACKAGE.parent).as_posix()
        assert files[path].startswith("from rnnlab._absent import names_of")
        assert "def " not in files[path]
    python = {name for name in files if name.endswith(".py")}
    there = {p.relative_to(view.PACKAGE.parent).as_posix() for p in allowed.library().values()}
    assert python == there | {"rnnlab/checks/__init__.py"}


@pytest.mark.sandbox
@pytest.mark.parametrize("assignment", ["02_unfolding", "09_gru"])
def test_no_module_of_the_sandbox_can_do_what_its_stub_does_not(assignment):
    rule = allowed.allowed(assignment)
    source = """
import importlib, inspect, pkgutil, sys
def reach():
    import rnnlab
    found = []
    for module in pkgutil.walk_packages(rnnlab.__path__, "rnnlab."):
        try:
            loaded = importlib.import_module(module.name)
        except ImportError:
            continue
        found += [value.__module__ for value in vars(loaded).values() if inspect.isfunction(value)]
    return sorted({name for name in found if name.startswith("rnnlab")})
"""
    with ForkServer(rule.absent, Settings(), says=rule.says) as fork_server:
        session = fork_server.open()
        assert session.run(source, 20) == []
        reached = set(session.call("reach", (), 30)) - {"rnnlab.checks", "rnnlab._absent"}
        session.close()
    assert not reached & set(rule.absent)


# --- no function that is there earns a part


class _Slow(Exception):
    pass


def _late(*_args):
    raise _Slow


@pytest.fixture
def impatient():
    """Let no function take more than two seconds, or a gigabyte."""
    before, memory = signal.signal(signal.SIGALRM, _late), resource.getrlimit(resource.RLIMIT_DATA)
    with open("/proc/self/status") as file:
        (held,) = (int(line.split()[1]) * 2**10 for line in file if line.startswith("VmData"))
    resource.setrlimit(resource.RLIMIT_DATA, (held + 2**30, memory[1]))
    gc.disable()  # what is raised while it runs, in a callback of hypothesis say, ends nothing
    yield
    gc.enable()
    signal.setitimer(signal.ITIMER_REAL, 0)
    resource.setrlimit(resource.RLIMIT_DATA, memory)
    signal.signal(signal.SIGALRM, before)


def _functions(assignment: str) -> dict:
    rule = allowed.allowed(assignment)
    found = {}
    for name in sorted(set(allowed.library()) - rule.absent - set(allowed.ALWAYS)):
        for value in vars(import_module(name)).values():
            home = getattr(value, "__module__", None)
            if callable(value) and home in allowed.library() and home not in rule.absent:
                found[f"{home}.{getattr(value, '__qualname__', value)}"] = value
    return found


def _ways(args: tuple):
    """Yield arguments for a function that may want other ones: all, the first few, turned round."""
    yield args
    yield args[::-1]
    for n in range(1, len(args)):
        yield args[:n]


def _answers(function, args: tuple):
    for given in _ways(args):
        try:
            inspect.signature(function).bind(*given)
        except (TypeError, ValueError):
            continue
        signal.setitimer(signal.ITIMER_REAL, 2, 0.5)  # again and again, should somebody catch it
        try:
            with np.errstate(all="ignore"):
                value = function(*[np.array(a) if isinstance(a, np.ndarray) else a for a in given])
        except (Exception, _Slow):
            continue
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        yield from [value, *(value if isinstance(value, tuple | list) else ())]


def _known(question) -> dict[str, list[tuple[tuple, object]]]:
    """Return, by function, arguments and right answers in two cases of every part."""
    cases, found = Cases(question, checks.PUBLIC_SEED), {}
    for part in question.parts:
        if question.seconds is not None and part.n_cases == 1:  # it trains networks, and judges what they do
            continue
        for case in range(min(2, cases.count(part))):
            try:
                _, asked = cases.wanted(part, (case,))
            except Failed:
                continue
            heard = {name: list(values) for name, values in asked.answers.items()}
            for name, args in asked.calls:
                if heard.get(name):
                    found.setdefault(name, []).append((args, heard[name].pop(0)))
    return found


def _answers_it(function, known: list[tuple[tuple, object]]) -> bool:
    """Say whether a function answers as the reference does, where that is not the same for all arguments."""
    told = [(args, want) for args, want in known if args][:6]
    if len(told) < 2 or all(difference(told[0][1], want, 1e-9) is None for _, want in told[1:]):
        return False
    return all(any(_same(got, want) for got in _answers(function, args)) for args, want in told[:2]) and all(
        any(_same(got, want) for got in _answers(function, args)) for args, want in told[2:]
    )


def _same(got, want) -> bool:
    try:
        return difference(got, want, 1e-9) is None
    except Exception:
        return False


# Assignments 11 to 13 allow what reads files of music and trains networks, which nothing can cut short safely.
@pytest.mark.parametrize("assignment", [name for name in ASSIGNMENTS if name[:2] not in ("11", "12", "13")])
def test_no_function_that_may_be_imported_answers_a_question(assignment, impatient, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    functions = _functions(assignment)
    found = []
    for question in checks.load(assignment):
        for name, known in _known(question).items():
            found += [
                (question.id, name, place) for place, function in functions.items() if _answers_it(function, known)
            ]
    assert found == []


def test_the_search_finds_an_answer_where_there_is_one(impatient):
    question = checks.find("2.1")
    known = _known(question)["rnn_step"]
    assert _answers_it(question.reference["rnn_step"], known)
    assert _answers_it(lambda b_h, w_h, w_x, h, x: (question.reference["rnn_step"](x, h, w_x, w_h, b_h), 1), known)
    assert not _answers_it(lambda *args: args[1], known)


# --- the check behaves as the grade


def test_the_check_holds_back_what_the_grade_does():
    from rnnlab import rnn

    def imports(x, h, w_x, w_h, b_h):
        from rnnlab.rnn import Params, step

        return step(Params(w_x, w_h, b_h), x, h)

    space = {"np": np, "rnn": rnn, "__name__": "__main__"}
    exec("def rnn_step(x, h, w_x, w_h, b_h):\n    return rnn.step(rnn.Params(w_x, w_h, b_h), x, h)", space)
    for answer in (space["rnn_step"], imports):
        report = examine("2.1", answer)
        assert report.points == 0
        assert "cannot be used in this assignment, in the check or in the grade" in str(report)
    assert space["rnn"] is rnn
    assert rnn.step is import_module("rnnlab.rnn").step


def test_what_an_allowed_module_has_from_an_absent_one_is_held_back_too():
    from rnnlab import data

    def make_windows(series, k, horizon):
        return data.windows(series, k, horizon)

    report = examine("1.1", make_windows)
    assert report.points == 0
    assert "rnnlab.data.forecast.windows cannot be used" in str(report)
    assert len(data.windows(np.arange(9.0), 3, 1)) == 2


def test_an_unused_or_comparing_import_costs_nothing():
    space = {"np": np, "__name__": "__main__"}
    exec("from rnnlab import rnn\nfrom rnnlab.gru import step as other\n"
         "def rnn_step(x, h, w_x, w_h, b_h):\n    return np.tanh(x @ w_x.T + h @ w_h.T + b_h)\n"
         "def compare():\n    return rnn.step is other\n", space)  # fmt: skip
    assert examine("2.1", space["rnn_step"]).points == checks.find("2.1").points
