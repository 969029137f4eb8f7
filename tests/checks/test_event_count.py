"""Whether a loop is found out that the interpreter runs, in whatever way it is written or hidden."""

import _thread
import gc
import sys
import threading

import numpy as np
import pytest

from rnnlab.checks.student import Failed, LocalStudent
from rnnlab.grading.sandbox.host.fork_server import ForkServer
from rnnlab.grading.settings import Settings

N = 2000
START = _thread.start_new_thread

# Cells that define f, which adds up the numbers of an array.
LOOPS = {
    "for": "def f(x):\n    s = 0.0\n    for v in x: s += v\n    return s",
    "while": "def f(x):\n    s, i = 0.0, 0\n    while i < len(x): s += x[i]; i += 1\n    return s",
    "list comprehension": "def f(x):\n    s = 0.0\n    return [s := s + v for v in x][-1]",
    "generator": "def f(x):\n    return sum(1.0 * v for v in x)",
    "map": "def f(x):\n    return sum(map(lambda v: 1.0 * v, x))",
    "reduce": "from functools import reduce\ndef f(x):\n    return reduce(lambda s, v: s + v, x)",
    "accumulate": "from itertools import accumulate\ndef f(x):\n    return list(accumulate(x, lambda s, v: s + v))[-1]",
    "vectorize": "import numpy as np\ndef f(x):\n    return np.vectorize(lambda v: 1.0 * v)(x).sum()",
    "frompyfunc": "import numpy as np\ndef f(x):\n    return float(np.frompyfunc(lambda a, b: a + b, 2, 1).reduce(x))",
    "recursion": (
        "import sys\nsys.setrecursionlimit(10**4)\n"
        "def g(x, i, s): return s if i == len(x) else g(x, i + 1, s + x[i])\ndef f(x): return g(x, 0, 0.0)"
    ),
    "lines of text": (
        "def f(x):\n    d = {'s': 0.0, 'x': x}\n"
        "    exec('\\n'.join(f's += x[{i}]' for i in range(len(x))), d)\n    return d['s']"
    ),
    "one line of text, written before": (
        "code = compile(';'.join(f's += x[{i}]' for i in range(2000)), 'text', 'exec')\n"
        "def f(x):\n    d = {'s': 0.0, 'x': x}\n    exec(code, d)\n    return d['s']"
    ),
    "class body": "def f(x):\n    class A:\n        s = 0.0\n        for v in x: s += v\n    return A.s",
    "coroutine": (
        "async def g(x):\n    s = 0.0\n    for v in x: s += v\n    return s\n"
        "def f(x):\n    try: g(x).send(None)\n    except StopIteration as end: return end.value"
    ),
    "finaliser": (
        "class A:\n    def __del__(self): self.out[0] = loop(self.x)\n"
        "def f(x):\n    a, out = A(), [0.0]\n    a.x, a.out = x, out\n    del a\n    return out[0]"
    ),
    "put off by a signal": (
        "import signal, numpy as np\n"
        "def f(x):\n    out = np.zeros(1)\n"
        "    signal.signal(signal.SIGALRM, lambda *_: out.__setitem__(0, loop(x)))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 1e-6)\n    while not out[0]: pass\n    return float(out[0])"
    ),
    "the error is caught": "def f(x):\n    try: return loop(x)\n    except BaseException: return loop(x)",
}
TRACING = "switches off or replaces what counts the interpreter's instructions"
FRAMES = "takes hold of a frame of the interpreter"
TRICKS = {
    "settrace": ("import sys\ndef f(x):\n    sys.settrace(None)\n    return loop(x)", TRACING),
    "settrace, and back": (
        "import sys\nfrom functools import partial\n"
        "def f(x):\n    old = partial(sys.gettrace)()\n    partial(sys.settrace, None)()\n    s = loop(x)\n"
        "    partial(sys.settrace, old)()\n    return s",
        TRACING,
    ),
    "setprofile": (
        "import sys\ndef f(x):\n    out = []\n"
        "    def profile(frame, event, arg):\n        if not out: out.append(loop(x))\n"
        "    sys.setprofile(profile)\n    len(x)\n    sys.setprofile(None)\n    return out[0]",
        TRACING,
    ),
    "settrace by ctypes": (
        "import ctypes\nfrom ctypes import pythonapi\n"
        "pythonapi.PyEval_SetTrace.argtypes = [ctypes.c_void_p, ctypes.py_object]\n"
        "def f(x):\n    pythonapi.PyEval_SetTrace(None, None)\n    return loop(x)",
        TRACING,
    ),
    "the counter replaced": (
        "import sys\ndef f(x):\n    tracer = sys.gettrace()\n    tracer.__code__ = (lambda *_: None).__code__\n"
        "    return loop(x)",
        TRACING,
    ),
    "instructions not traced": (
        "import sys\ndef f(x):\n    frame = sys._getframe()\n    frame.f_trace_opcodes = False\n"
        "    s = 0.0\n    for v in x: s += v\n    return s",
        FRAMES,
    ),
    "a traceback's frame": (
        "def f(x):\n    try: 1 / 0\n    except ArithmeticError as e: e.__traceback__.tb_frame.f_trace_opcodes = False\n"
        "    s = 0.0\n    for v in x: s += v\n    return s",
        FRAMES,
    ),
    "generator begun before": (
        "import sys\n"
        "def g():\n    frame = sys._getframe()\n    x = yield\n    while True:\n        frame.f_trace_opcodes = False\n"
        "        s = 0.0\n        for v in x: s += v\n        x = yield s\n"
        "begun = g()\nnext(begun)\ndef f(x): return begun.send(x)",
        "goes on with a generator that was begun before",
    ),
    "thread": (
        "import threading\ndef f(x):\n    out = []\n    t = threading.Thread(target=lambda: out.append(loop(x)))\n"
        "    t.start()\n    t.join()\n    return out[0]",
        "starts a thread",
    ),
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "def f(x):\n    with ThreadPoolExecutor(1) as pool: return pool.submit(loop, x).result()",
        "starts a thread",
    ),
    "fork": (
        "import os\ndef f(x):\n    r, w = os.pipe()\n    pid = os.fork()\n    if pid == 0:\n"
        "        os.write(w, repr(float(loop(x))).encode())\n        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n    return float(os.read(r, 99))",
        "starts a process",
    ),
    "subprocess": (
        "import os\ndef f(x):\n    os.system('true')\n    return 2000.0",
        "starts a process",
    ),
}
HOOK = (
    "import sys\nout, given = [], []\n"
    "def hook(event, args):\n    if given and not out: out.append(loop(given[0]))\n"
    "sys.addaudithook(hook)\n"
    "def f(x):\n    given.append(x)\n    id(x)\n    return out.pop()"
)
ONLY_SANDBOXED = {
    "a listener that was added before": (HOOK, TRACING),
    "a generator's frame taken before": (
        "from functools import partial\n"
        "def g():\n    x = yield\n    off()\n    s = 0.0\n    for v in x: s += v\n    yield s\n"
        "new = g()\noff = partial(setattr, new.gi_frame, 'f_trace_opcodes', False)\n"
        "def f(x):\n    next(new)\n    return new.send(x)",
        FRAMES,
    ),
    "a coroutine's frame taken before": (
        "from functools import partial\n"
        "given = []\nasync def g():\n    off()\n    s = 0.0\n    for v in given[0]: s += v\n    return s\n"
        "new = g()\noff = partial(setattr, new.cr_frame, 'f_trace_opcodes', False)\n"
        "def f(x):\n    given.append(x)\n    try: new.send(None)\n    except StopIteration as end: return end.value",
        "runs a coroutine",
    ),
    "a thread started before": (
        "import threading, queue\nwork, done = queue.Queue(), queue.Queue()\n"
        "def serve():\n    while True: done.put(loop(work.get()))\n"
        "threading.Thread(target=serve, daemon=True).start()\n"
        "def f(x):\n    work.put(x)\n    return done.get()",
        "has a thread running that was started before",
    ),
}
LOOP = "def loop(x):\n    s = 0.0\n    for v in x: s += v\n    return s\n"
COMPILED = {
    "njit": "import numba\n@numba.njit\ndef f(x):\n    s = 0.0\n    for v in x: s += v\n    return s",
    "in C": "import numpy as np\ndef f(x): return float(np.add.reduce(x))",
}


def counted(source):
    space: dict = {}
    exec(LOOP + source, space)
    student = LocalStudent({"f": space["f"]})
    if source in COMPILED.values():
        student.call("f", (np.ones(N),))
    return student.call_counted("f", (np.ones(N),), N)


@pytest.fixture(scope="module")
def fork_server():
    with ForkServer((), Settings(memory_mb=600, cell_seconds=5, call_seconds=5)) as warm:
        yield warm


@pytest.fixture
def sandboxed(fork_server):
    session = fork_server.open()

    def counted(source):
        session.run(LOOP + source, 10)
        return session.call_counted("f", (np.ones(N),), N, 20)

    yield counted
    session.close()


@pytest.mark.parametrize("source", LOOPS.values(), ids=LOOPS)
def test_a_loop_takes_more_than_an_instruction_a_step(source):
    value, count = counted(source)
    assert value == N
    assert count == (N + 1, "")


@pytest.mark.parametrize(("source", "told"), TRICKS.values(), ids=TRICKS)
def test_who_escapes_the_count_is_told_of(source, told):
    value, count = counted(source)
    assert value == N
    assert count.n <= N
    assert count.told == told


@pytest.mark.parametrize("source", COMPILED.values(), ids=COMPILED)
def test_what_is_compiled_takes_few_instructions_whatever_the_length(source):
    value, count = counted(source)
    assert value == N
    assert count.n < N / 3  # most of them make the value plain
    assert not count.told


def test_a_tracer_and_a_profiler_that_were_there_before_are_there_again():
    old = sys.gettrace(), sys.getprofile()

    def tracer(frame, event, arg):
        return tracer

    def profiler(frame, event, arg):
        return None

    try:
        for source in (*LOOPS.values(), COMPILED["in C"], *(source for source, _ in TRICKS.values())):
            sys.setprofile(profiler)
            sys.settrace(tracer)
            counted(source)
            found = sys.gettrace(), sys.getprofile()
            sys.settrace(old[0])
            sys.setprofile(old[1])
            assert found == (tracer, profiler)
    finally:
        sys.settrace(old[0])
        sys.setprofile(old[1])
    assert threading._start_new_thread is _thread.start_new_thread is START


def test_an_error_and_a_foreign_value_are_those_of_a_plain_call():
    for source, kind in (("def f(x): raise KeyError('x')", "raised"), ("def f(x): return object()", "foreign")):
        space: dict = {}
        exec(source, space)
        for call in (LocalStudent(space).call, lambda f, a, s=space: LocalStudent(s).call_counted(f, a, N)):
            with pytest.raises(Failed) as caught:
                call("f", (1,))
            assert caught.value.kind == kind


@pytest.mark.sandbox
@pytest.mark.parametrize("name", ["for", "generator", "one line of text, written before", "finaliser"])
def test_a_loop_is_counted_in_the_sandbox(sandboxed, name):
    value, count = sandboxed(LOOPS[name])
    assert (value, count) == (N, (N + 1, ""))


@pytest.mark.sandbox
@pytest.mark.parametrize(("source", "told"), (TRICKS | ONLY_SANDBOXED).values(), ids=TRICKS | ONLY_SANDBOXED)
def test_who_escapes_the_count_is_told_of_in_the_sandbox(sandboxed, source, told):
    _, count = sandboxed(source)
    assert count.n <= N
    assert count.told == told


@pytest.mark.sandbox
def test_in_the_sandbox_threads_that_wait_are_none_of_the_counts_business(sandboxed):
    waiting = (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(2)\nlist(pool.map(abs, [1, 2]))\n"
    )
    value, count = sandboxed(waiting + COMPILED["in C"])
    assert (value, count.told) == (N, "")


def test_in_the_sandbox_no_thread_or_process_is_started_while_a_call_is_counted(sandboxed):
    start = "from _thread import start_new_thread\ndef f(x):\n    start_new_thread(loop, (x,))\n    return 0.0"
    with pytest.raises(Failed, match="can't start new thread"):
        sandboxed(start)


@pytest.mark.sandbox
@pytest.mark.parametrize("source", COMPILED.values(), ids=COMPILED)
def test_what_is_compiled_takes_few_instructions_in_the_sandbox(sandboxed, source):
    source = f"import asyncio\nawait asyncio.sleep(0)\n{source}"  # what a notebook may do stands in nobody's way
    sandboxed(source + "\nf(__import__('numpy').ones(3))")  # the first call compiles
    value, count = sandboxed("")
    assert value == N
    assert count.n < N / 3
    assert not count.told


def test_a_generator_that_the_collector_closes_meanwhile_is_not_the_functions_doing():
    space: dict = {}
    exec(
        "def g():\n    yield\n    yield\n"
        "def leave():\n    one = [g()]\n    next(one[0])\n    one.append(one)\n"
        "def f(x): return float(len(list(map(list, [()] * 5000))))",
        space,
    )
    student = LocalStudent({"f": space["f"]})
    gc.collect()
    gc.disable()
    try:
        space["leave"]()
    finally:
        gc.enable()
    value, count = student.call_counted("f", (np.ones(2),), N)
    assert (value, count.told) == (5000.0, "")
    assert gc.isenabled()
