"""How many instructions does the interpreter execute while a function runs? Evidence that is no time.

A loop over time that is interpreted takes several instructions of the interpreter for every step, in whatever form it
is written: a for or while loop, a comprehension, a generator, recursion, a function handed to map, reduce or
np.vectorize, or three thousand lines made by exec. A function that is compiled takes none, whatever its loops do. What
stands around it takes some hundreds, however long the sequence is. The count is the same on every machine, idle or
busy.

What a small count proves: while the function ran, in this thread, the interpreter did not go through the steps. It does
not prove that Numba compiled the loop. A loop that C code runs, as in `map` over functions that are themselves C,
counts as compiled, although it may be slow. Code that asks the interpreter to stop counting, that starts a thread or a
process, that runs a coroutine or goes on with a generator begun earlier, or whose loop Numba left to Python's objects,
its object mode, is told of. Code that
rewrites this process's memory, with ctypes or by looking for this module's objects beforehand, is out of reach: whoever
can do that can also write @njit. The same holds, in a notebook's own kernel, for a thread that was started earlier.

This file imports the standard library alone, because it is also read on the far side of the sandbox.
"""

import _thread
import contextlib
import dis
import functools
import gc
import itertools
import os
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_TRACING = "switches off or replaces what counts the interpreter's instructions"
_FRAMES = "takes hold of a frame of the interpreter"
_THREAD = "starts a thread"
_PROCESS = "starts a process"
_COROUTINE = "runs a coroutine"
_GENERATOR = "goes on with a generator that was begun before"
_OBJECT_MODE = (
    "has its loop compiled in Numba's object mode, in which every step goes through Python's objects, as it does "
    "without Numba"
)
_SAYS = {
    **dict.fromkeys(
        ("sys.settrace", "sys.setprofile", "sys.addaudithook", "sys.monitoring.register_callback"), _TRACING
    ),
    **dict.fromkeys(("sys._getframe", "sys._current_frames", "gc.get_objects", "gc.get_referrers"), _FRAMES),
    **dict.fromkeys(("_thread.start_new_thread", "_thread.start_joinable_thread", "rnnlab.thread"), _THREAD),
    **dict.fromkeys(("os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec"), _PROCESS),
    **dict.fromkeys(("subprocess.Popen", "resource.setrlimit", "resource.prlimit"), _PROCESS),
    "rnnlab.generator": _GENERATOR,
    "rnnlab.coroutine": _COROUTINE,
}
_HELD = ("tb_frame", "gi_frame", "cr_frame", "ag_frame")
_INSTRUCTION = 20  # nanoseconds of processor time that one of the interpreter's takes, with what it calls
_THREADS_CLOCK = 6  # of Linux: a thread's own, as exact as its scheduler's
_REACHED = 500  # of what a function names, and of what that names in turn
_GENERATES, _AWAITS = 0x20, 0x80 | 0x200  # flags of code: a generator's; a coroutine's and an asynchronous generator's
_BEGINNING = bytes([dis.opmap["RESUME"], 0])


class Count(NamedTuple):
    """What was seen of a call.

    Attributes
    ----------
    n : int
        The instructions that the interpreter executed; one more than the most that were asked for stands for any more.
    told : str
        What the function did that makes the count worthless, as the rest of a sentence; empty as a rule.
    """

    n: int
    told: str


Counter = Callable[..., tuple[Any, Count]]


def counter(alone: bool) -> Counter:
    """Return a function that calls functions and counts. It has to be made before the code that it shall count is run.

    Parameters
    ----------
    alone : bool
        Whether this process runs the counted code and nothing else, so that any other thread is that code's, and no
        process need be started meanwhile. A notebook's kernel has threads of its own.

    Returns
    -------
    callable
        Takes a function, its arguments, the most instructions to count, and what shall be made of the function's value
        before counting ends, so that nothing can be put off until then. Returns that value and a `Count`. Where the
        function does what makes the count worthless and raises an error, the value is None.
    """
    seen: list[str] = []  # the first thing while a call is counted
    ever: list[str] = []  # what would let a later call escape
    _listen(seen, ever)
    settrace, gettrace, setprofile, getprofile = sys.settrace, sys.gettrace, sys.setprofile, sys.getprofile
    n_threads, before = _thread._count, _thread._count()

    def counted(function: Callable, args: Sequence, most: int, finish: Callable[[Any], Any]) -> tuple[Any, Count]:
        ticks = itertools.count(1)
        tracer = _tracer(ticks.__next__, most)
        old = gettrace(), getprofile()
        value = error = None
        others, since = alone and n_threads() > before, _others()
        with _no_threads(alone), _no_collection():
            sys._getframe().f_trace_opcodes = True  # Python 3.12 takes it in only when tracing begins
            setprofile(None)  # what a profiler does is not traced
            settrace(tracer)
            seen.clear()
            try:
                value = finish(function(*args))
            except BaseException as raised:
                error = raised
            ours, happened = gettrace() is tracer and getprofile() is None, list(seen)
            settrace(old[0])
            setprofile(old[1])
        n = min(next(ticks) - 1, most + 1)
        told = ""
        if n <= most:
            told = next(iter(happened + (ever if alone else [])), "" if ours else _TRACING)
            more = others and _ran(since, _others(), most)
            told = told or ("has a thread running that was started before" if more else "")
            told = told or (_OBJECT_MODE if _in_object_mode(function) else "")
        if error is not None and not told:
            raise error
        return value, Count(n, told)

    return counted


_Times = dict[int, int] | None
_clock: Callable[[int], int] | None = getattr(time, "clock_gettime_ns", None)


def _others(
    listed: Callable = os.listdir,
    me: Callable[[], int] = _thread.get_native_id,
    clock: Callable[[int], int] | None = _clock,
) -> _Times:
    """Return the processor time in nanoseconds of this process's other threads by their number; None if not known.

    The process's own clock stands still between the ticks of the system's, where the processor time is limited.
    """
    if clock is None:
        return None
    try:
        threads = [int(name) for name in listed("/proc/self/task")]
        return {n: clock((~n << 3) | _THREADS_CLOCK) for n in threads if n != me()}
    except OSError:
        return None


def _ran(before: _Times, after: _Times, most: int) -> bool:
    """Return whether other threads may have gone through the steps: a pool's threads that wait take no time."""
    if before is None or after is None or before.keys() - after.keys():
        return True
    return sum(taken - before.get(n, 0) for n, taken in after.items()) > _INSTRUCTION * most


def _in_object_mode(function: Any) -> bool:
    """Return whether Numba compiled a function, or one that it reaches by name, without lifting its loops out.

    No interpreter's instruction is executed there, as the compiled code calls what the interpreter would have called.
    """
    todo: list[Any] = [function]
    seen: set[int] = set()
    while todo and len(seen) < _REACHED:
        one = todo.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        with contextlib.suppress(Exception):  # what a student's object makes of being looked at
            if any(base.__module__ == "numba.core.dispatcher" for base in type(one).__mro__):
                if any(made.objectmode and not made.lifted for made in one.overloads.values()):
                    return True
                todo.append(one.py_func)
            todo += _reached(one)
    return False


def _reached(one: Any) -> list[Any]:
    """Return what a function names, encloses or wraps, what an object holds, and what a container contains."""
    if isinstance(one, (list, tuple)):
        return list(one[:_REACHED])
    if isinstance(one, dict):
        return list(one.values())[:_REACHED]
    if isinstance(one, types.FunctionType):
        codes = [one.__code__]
        for code in codes:
            codes += [const for const in code.co_consts if isinstance(const, types.CodeType)]
        named = [one.__globals__.get(name) for code in codes for name in code.co_names]
        enclosed = [cell.cell_contents for cell in one.__closure__ or () if cell != types.CellType()]
        return [*named, *enclosed, *(one.__defaults__ or ()), getattr(one, "__wrapped__", None)]
    if isinstance(one, (types.ModuleType, type)):
        return []
    parts = [getattr(one, name, None) for name in ("func", "__func__", "__self__", "__wrapped__")]
    return [*parts, vars(type(one)).get("__call__"), *list(getattr(one, "__dict__", {}).values())[:_REACHED]]


def _listen(seen: list[str], ever: list[str]) -> None:
    """Note what Python announces to those who audit it; a listener cannot be sent away again."""
    me = _thread.get_ident()

    def hook(event: str, args: tuple, says=_SAYS, get_ident=_thread.get_ident) -> None:
        if event == "object.__getattr__":
            if args[1] == "gi_frame":  # of a generator that a later call may run; asyncio reads coroutines' frames
                ever[:] = [_FRAMES]
            if args[1] in _HELD and get_ident() == me:
                seen[:] = seen or [_FRAMES]
        elif event == "object.__setattr__":
            if args[1] in ("__code__", "__defaults__", "__kwdefaults__") and get_ident() == me:
                seen[:] = seen or [_TRACING]
        elif event in says and get_ident() == me:
            seen[:] = seen or [says[event]]  # the first: what follows is its consequence, and others' calls are many
            if event == "sys.addaudithook":  # what runs in one is not traced
                ever[:] = [_TRACING]

    sys.addaudithook(hook)


def _tracer(tick: Callable[[], int], most: int) -> Callable:
    """Return what `sys.settrace` takes. Its state is in defaults: to replace them is announced, and a tick is final."""

    def instruction(frame, event, arg, tick=tick, most=most, stop=sys.settrace):
        if event == "opcode" and tick() > most:
            stop(None)  # enough is known: the rest runs at full speed

    def entered(
        frame,
        event,
        arg,
        instruction=instruction,
        begun=([],),
        tell=sys.audit,
        start=_BEGINNING,
        generates=_GENERATES,
        awaits=_AWAITS,
    ):
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        if frame.f_code.co_flags & awaits:
            tell("rnnlab.coroutine")
        if frame.f_code.co_flags & generates and not any(frame is one for one in begun[0]):
            begun[0].append(frame)
            if frame.f_code.co_code[frame.f_lasti : frame.f_lasti + 2] != start:
                tell("rnnlab.generator")
        return instruction

    return entered


@contextlib.contextmanager
def _no_collection():
    """Keep away the collector of cycles: it would run others' finalizers, and close their generators, meanwhile."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


@contextlib.contextmanager
def _no_threads(alone: bool):
    """Have threads told of when they are started; where nobody else is here, the kernel starts no process either."""
    places = [(_thread, "start_new_thread"), (threading, "_start_new_thread"), (threading, "_start_joinable_thread")]
    kept = [(module, name, getattr(module, name)) for module, name in places if hasattr(module, name)]
    limits = resource.getrlimit(resource.RLIMIT_NPROC) if alone and resource else None
    for module, name, start in kept:
        setattr(module, name, functools.partial(_telling, sys.audit, start))
    if limits:
        resource.setrlimit(resource.RLIMIT_NPROC, (0, limits[1]))
    try:
        yield
    finally:
        if limits:
            resource.setrlimit(resource.RLIMIT_NPROC, limits)
        for module, name, start in kept:
            setattr(module, name, start)


def _telling(audit: Callable, start: Callable, *args, **options):
    audit("rnnlab.thread")
    return start(*args, **options)
