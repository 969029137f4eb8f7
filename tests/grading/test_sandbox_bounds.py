"""What code inside of the sandbox can take of the machine, and how it talks with the judge."""

import socket
import time
from pathlib import Path

import numpy as np
import pytest
from sandboxed import QUICK, answer, failure

from rnnlab.checks.student import Failed
from rnnlab.grading.sandbox.host import doctor
from rnnlab.grading.sandbox.host.deadline import Deadline
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.sandbox.host.session import Session

pytestmark = pytest.mark.sandbox


# --- bounds


def test_memory_is_bounded_and_the_reason_is_said(fork_server):
    for source in (
        "held = []\nwhile True: held.append(bytearray(10**7))",
        "import numpy as np\nheld = []\nwhile True: held.append(np.ones(10**6))",
        "for _ in range(20):\n    if os.fork() == 0:\n        held = bytearray(10**8)\n        os.read(0, 1)\n"
        "        __import__('time').sleep(60)\n__import__('time').sleep(60)",
    ):
        session = fork_server.open()
        failed = failure(session, source)
        assert (failed.kind, failed.message) == ("memory", "over 600 MB")
        assert not session.alive


def test_shared_memory_that_counts_for_no_process_cannot_be_had(session):
    for flags in ("MAP_SHARED | mmap.MAP_ANONYMOUS", "MAP_SHARED | mmap.MAP_ANONYMOUS | 2"):
        assert "PermissionError" in failure(session, f"import mmap\nmmap.mmap(-1, 4096, mmap.{flags})").message
    private = "import mmap\nm = mmap.mmap(-1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)\nm[0] = 7\nreturn m[0]"
    assert answer(session, private) == 7
    shared = "import multiprocessing\na = multiprocessing.RawArray('d', 9)\na[1] = 2.0\nreturn a[1]"
    assert answer(session, shared) == 2.0  # in a file, which counts


def test_one_huge_request_is_refused_at_once(session):
    assert failure(session, "return bytearray(10**11)").kind == "memory"
    assert session.alive


def test_disk_is_bounded(session):
    written = (
        "n = 0\ntry:\n    while True:\n        n += open(f'{x[0]}/{n}', 'wb').write(bytes(2**20))\n"
        "except OSError:\n    return n"
    )
    for place in ("/tmp", "/home/student"):
        assert answer(session, written, place) <= QUICK.disk_mb * 2**20


def test_the_number_of_files_is_bounded(session):
    source = "n = 0\ntry:\n    while True:\n        os.mkdir(f'/tmp/{n}'); n += 1\nexcept OSError:\n    return n"
    assert answer(session, source) <= 4096


def test_processes_are_bounded():
    source = (
        "n = 0\ntry:\n    while True:\n        if os.fork() == 0:\n            __import__('time').sleep(9)\n"
        "        n += 1\nexcept OSError:\n    return n"
    )
    with ForkServer(settings=QUICK._replace(memory_mb=20_000)) as roomy:  # forked copies would count as memory first
        session = roomy.open()
        assert 10 < answer(session, source) < QUICK.processes
        session.close()


def test_time_is_bounded(fork_server):
    for source in ("while True: pass", "__import__('time').sleep(99)", "import signal\nsignal.pause()"):
        session = fork_server.open()
        session.run(
            f"import os\ndef f():\n    {source.splitlines()[0]}\n"
            + "".join(f"    {line}\n" for line in source.splitlines()[1:]),
            5,
        )
        started = time.monotonic()
        with pytest.raises(Failed) as caught:
            session.call("f", (), 0.5)
        assert caught.value.kind == "timeout"
        assert time.monotonic() - started < 3


# --- the conversation


def test_plain_values_cross_both_ways_and_inputs_are_watched(session):
    session.run("def f(a, b):\n    a[0] = 7\n    return {'sum': a + b, 'text': ('x', None, True, 1j)}", 5)
    given = np.arange(3.0), np.ones(3)
    got = session.call("f", given, 5)
    np.testing.assert_array_equal(got["sum"], [8.0, 2.0, 3.0])
    assert got["text"] == ("x", None, True, 1j)
    assert session.changed == (0,)
    np.testing.assert_array_equal(given[0], np.arange(3.0))


def test_a_function_that_is_given_calls_back_to_the_judge(session):
    session.run("def f(g, n):\n    return [g(i) for i in range(n)]", 5)
    assert session.call("f", (lambda i: i * i, 4), 5) == [0, 1, 4, 9]


def test_several_functions_among_the_inputs_reach_their_own_and_none_is_said_to_be_changed(session):
    session.run("def f(first, x, second): return [first(x), second(x)]", 5)
    assert session.call("f", (lambda x: x + 1, 3, lambda x: 2 * x), 5) == [4, 6]
    assert session.changed == ()


def test_a_function_that_is_given_takes_arguments_by_name_as_in_the_notebook(session):
    session.run("def f(g): return g(h=3, x=1), g(5, h=2)", 5)
    assert session.call("f", (lambda x, h: 10 * x + h,), 5) == (13, 52)
    with pytest.raises(Failed, match="unexpected keyword argument"):
        session.call("f", (lambda x, k: x,), 5)


def test_a_function_that_is_given_may_be_called_by_several_threads(session):
    source = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def f(g):\n    with ThreadPoolExecutor(4) as pool:\n        return list(pool.map(g, range(200)))"
    )
    session.run(source, 5)
    assert session.call("f", (lambda n: n * n,), 10) == [n * n for n in range(200)]


def test_an_error_in_a_function_that_is_given_reaches_the_student_as_an_error(session):
    session.run(
        "def f(g):\n    try:\n        return g()\n    except ValueError as error:\n        return str(error)", 5
    )
    assert session.call("f", (lambda: 1 / 0,), 5) == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("source", "kind", "says"),
    [
        ("raise NotImplementedError", "unwritten", ""),
        ("raise KeyError('x')", "raised", "KeyError: 'x' (line 2 of f)"),
        ("raise SystemExit(3)", "raised", "SystemExit: 3 (line 2 of f)"),
        ("raise KeyboardInterrupt", "raised", "KeyboardInterrupt:  (line 2 of f)"),
        (
            "class E(BaseException):\n    def __str__(self): raise self\nraise E",
            "raised",
            "E, which cannot be shown (line 4 of f)",
        ),
        ("raise MemoryError", "memory", ""),
        ("return object()", "foreign", "object is not a plain value"),
        ("os._exit(5)", "died", "exit status 5"),
        ("os.kill(os.getpid(), 9)", "died", "killed"),
    ],
)
def test_each_way_to_bring_no_value_has_its_kind(session, source, kind, says):
    failed = failure(session, source)
    assert (failed.kind, failed.message) == (kind, says)


def test_names_that_are_not_there_are_said_to_be_missing(session):
    session.run("g = 3", 5)
    for name, says in (("f", "there is no function f"), ("g", "g is of type int, not a function")):
        with pytest.raises(Failed, match=says) as caught:
            session.call(name, (), 5)
        assert caught.value.kind == "missing"


@pytest.mark.parametrize("sent", ["b'\\xff' * 4", "b'\\0' * 400", "b'\\x10\\0\\0\\0' + b'{' * 16", "b''"])
def test_whatever_the_child_says_the_judge_only_gets_a_failure(fork_server, sent):
    session = fork_server.open()
    with pytest.raises(Failed):
        session.run(
            f"import os\nfor fd in range(3, 30):\n    try: os.write(fd, {sent})\n    except OSError: pass\nos._exit(0)",
            5,
        )
    assert not session.alive


@pytest.mark.parametrize(
    ("waited", "extension"),
    [([0.0], 0.0), ([2.0, 0.0], 2.0), ([2.0, 9.0, 9.0], 6.0), ([0.01], 0.0)],
    ids=["it ran all the time", "it waited", "patience has an end", "hardly at all"],
)
def test_time_without_a_processor_is_given_back_within_bounds(monkeypatch, waited, extension):
    now, asked = [100.0], iter(waited)
    monkeypatch.setattr("rnnlab.grading.sandbox.host.deadline.time.monotonic", lambda: now[0])
    deadline = Deadline(2.0, 3.0, lambda: next(asked))
    assert deadline.left() == 2.0
    spent = 0.0
    while (left := deadline.left()) > 0:
        now[0] += left
        spent += left
    assert spent == 2.0 + extension
    assert (deadline.take(), deadline.take()) == (extension, 0.0)


def test_what_the_guard_says_is_understood_however_it_arrives():
    (channel, child), (status, supervisor) = socket.socketpair(), socket.socketpair()
    session = Session(channel, status, QUICK)
    with child, supervisor:
        supervisor.sendall(b"waited 1.500000\nwaited 2.000000\nexit 3")  # the first was late, and then the child ended
        assert session._run_queue_wait() == 2.0
        supervisor.shutdown(socket.SHUT_WR)
        assert session._end() == "exit 3"


@pytest.mark.skipif(not Path("/proc/self/schedstat").exists(), reason="this kernel does not count waits")
def test_a_call_that_waits_for_a_processor_is_not_late():
    crowded = (
        "import os, time\n"
        "def f(seconds):\n"
        "    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "    for _ in range(4):\n"
        "        if os.fork() == 0:\n"
        "            while True: pass\n"
        "    start = time.process_time()\n"
        "    while time.process_time() < start + seconds: pass\n"
        "    return 1"
    )
    with ForkServer(settings=QUICK._replace(patience=30)) as warm:
        session = warm.open()
        session.run(crowded, 10)
        assert session.call("f", (0.5,), 1.0) == 1  # half a second's work, on a fifth of a processor
        assert session.extension > 0.5
        session.close()


def test_numba_works_with_its_cache(session):
    source = (
        "import numba\n@numba.njit(cache=True, parallel=True)\ndef f(x):\n    s = 0.0\n"
        "    for i in numba.prange(len(x)):\n        s += x[i]\n    return s"
    )
    session.run(source, 20)
    assert session.call("f", (np.ones(10),), 30) == 10.0


def test_awaiting_in_a_cell_works_as_in_a_notebook(session):
    session.run("import asyncio\nawait asyncio.sleep(0)\ndef f(x=3): return x", 5)
    assert session.call("f", (), 5) == 3


def test_the_doctor_finds_everything_in_order_here():
    checks = {check.what: check for check in doctor.examine()}
    assert {name for name, check in checks.items() if check.needed and not check.good} == set()
    assert {"network", "memory", "disk", "files of this machine", "capabilities", "Landlock"} <= set(checks)


def test_without_isolation_a_session_still_works():
    with ForkServer(["rnnlab.rnn"], QUICK._replace(isolated=False)) as fork_server:
        session = fork_server.open()
        assert answer(session, "return x[0] + 1", 2) == 3
        assert "ImportError" in failure(session, "from rnnlab import rnn\nrnn.step()").message
        session.close()
