"""The student's side of the conversation: run cells, call functions, answer in plain values.

A message is its length (4 bytes) and an encoded tuple. The judge sends (number, verb, ...), the answer is
(number, outcome, ...); between them, a function that came as an argument is called by (number, "callback", ...).
"""

import contextlib
import functools
import os
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable

from . import cells


class Channel:
    """Whole messages over a socket."""

    def __init__(self, sock: socket.socket, codec):
        self.sock = sock
        self.codec = codec

    def send(self, *message) -> None:
        data = self.codec.encode(message)
        self.sock.sendall(struct.pack("<I", len(data)) + data)

    def receive(self) -> tuple:
        (size,) = struct.unpack("<I", self._read(4))
        return self.codec.decode(self._read(size))

    def _read(self, n: int) -> bytes:
        data = bytearray()
        while len(data) < n:
            piece = self.sock.recv(min(n - len(data), 1 << 20))
            if not piece:
                os._exit(0)
            data += piece
        return bytes(data)


def serve(channel: Channel, shell, isolated: bool, counted: Callable) -> None:
    """Answer requests until the judge hangs up; `counted` is what `event_count.counter` returned."""
    calling = sys.modules["child.calling"]  # kept: a cell may empty sys.modules
    watch = calling.Watch(channel.codec.encode, channel.codec.CodecError)
    call = functools.partial(_call, calling=calling, watch=watch)
    count = functools.partial(call, counted=counted)
    verbs: dict[str, Callable[..., tuple]] = {"run": _run, "lacks": _lacks, "put": _put, "call": call, "count": count}
    me = os.getpid()
    channel.send(0, "ready")
    while True:
        number, verb, *rest = channel.receive()
        try:
            answer = verbs[verb](channel, number, shell, *rest)
        except NotImplementedError:
            answer = ("unwritten", "")
        except MemoryError:
            answer = ("memory", "")
        except BaseException as error:
            function = shell.user_ns.get(rest[0]) if verb in ("call", "count") else None
            answer = ("raised", _describe(calling, error, function))
        if os.getpid() != me:  # a copy that the student's code made of this process
            os._exit(0)
        if isolated:
            _clear()
        channel.send(number, *answer)


def _clear() -> None:
    """End what a cell left running: in the sandbox, -1 means every process but this one and process 1."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(-1, signal.SIGKILL)


def _describe(calling, error: BaseException, function) -> str:
    try:
        return calling.described(error, function)
    except BaseException:
        return "an error that cannot be shown"


def _run(channel, number, shell, source: str) -> tuple:
    return "done", cells.run(shell, number, source)


def _lacks(channel, number, shell, names: list) -> tuple:
    return "done", cells.lacking(shell.user_ns, names)


def _put(channel, number, shell, name: str, data) -> tuple:
    cells.put(name, data.tobytes())
    return "done", []


def _call(channel, number, shell, function: str, sent: list, most: int = 0, counted=None, *, calling, watch) -> tuple:
    answer = shell.user_ns.get(function)
    if answer is None:
        return "missing", f"there is no function {function}"
    if not callable(answer):
        return "missing", f"{function} is of type {type(answer).__name__}, not a function"
    codec, turn = channel.codec, threading.Lock()

    def stand_in(index: int):
        def proxy(*args, **named):
            with turn:  # a student may ask from several threads
                channel.send(number, "callback", index, args, named)
                _, outcome, value = channel.receive()
            if outcome == "raised":
                raise ValueError(value)
            return value

        return proxy

    args = [codec.decode(one.tobytes(), stand_in) for one in sent]
    before = [calling.kept(arg) for arg in args]
    count, odd = (), []
    try:
        with calling.fresh():  # as in the notebook's own check
            if counted is None:
                value = answer(*args)
                data = watch.encoded(value)
                odd = watch.look(value, args, data)
            else:
                data, count = counted(answer, args, most, watch.encoded)
    except calling.Foreign as error:
        return "foreign", str(error)[:300]
    data = codec.encode(None) if data is None else data
    functions: list = []  # numbered over all arguments together, as they came
    same = [
        _again(codec, arg, one, functions) if was is None else calling.unchanged(arg, was)
        for arg, was, one in zip(args, before, sent, strict=True)
    ]
    return "value", calling.np.frombuffer(data, calling.np.uint8), [same, odd], *count


def _again(codec, arg, sent, functions: list) -> bool:
    try:
        return codec.encode(arg, functions) == sent.tobytes()
    except codec.CodecError:
        return False
