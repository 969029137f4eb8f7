"""How a kernel calls another that is compiled by itself.

Numba writes the code of what is called into the caller's, and there optimizes it and turns it into instructions once
more. Here the caller is given an address instead. So a training step shares with its cell's own `forward` and
`backward` what was compiled for them, and kept on disk.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from rnnlab.kernels.compile import JIT, numba

if JIT:
    from numba import types
    from numba.core import cgutils
    from numba.extending import intrinsic

    _NUMBERS = {"n": types.intp, "f": types.float64}
    _VECTORS = {"l": types.intp, "s": types.float64}
    _RESULTS: dict[Any, Any] = {None: types.none, bool: types.boolean, float: types.float64}

    def _address(kernel: Any, words: list[str], dtype: Any) -> int:
        kinds = tuple(_kind(word, numba.from_dtype(dtype)) for word in words)
        kernel.compile(kinds)
        compiled = kernel.overloads[kinds]
        return compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)

    def _kind(word: str, dtype: Any) -> Any:
        if word in _NUMBERS:
            return _NUMBERS[word]
        of, n_axes = (_VECTORS[word[0]], 1) if word[0] in _VECTORS else (dtype, int(word[0]))
        return types.Array(of, n_axes, "C", readonly=word[-1] == "r")

    def _fits(given: Any, kind: Any) -> bool:
        if not isinstance(kind, types.Array):
            return isinstance(given, types.Number)
        return isinstance(given, types.Array) and given.copy(readonly=False) == kind.copy(readonly=False)

    def _call(words: list[str], result: Any) -> Any:
        def typed(*given: Any) -> Any:
            dtype = next(kind.dtype for kind, word in zip(given, words, strict=True) if word[0].isdigit())
            kinds = [_kind(word, dtype) for word in words]
            if not all(map(_fits, given, kinds)):
                return None  # an error of the compilation

            def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
                pairs = zip(signature.args[1:], kinds, args[1:], strict=True)
                values = [context.cast(builder, value, kind, wanted) for kind, wanted, value in pairs]
                place = builder.inttoptr(args[0], context.call_conv.get_function_type(result, kinds).as_pointer())
                status, found = context.call_conv.call_function(builder, place, result, kinds, values)
                with cgutils.if_unlikely(builder, status.is_error):
                    context.call_conv.return_status_propagate(builder, status)
                return found

            return result(types.intp, *kinds), codegen

        names = ", ".join(f"a{i}" for i in range(len(words)))
        namespace: dict[str, Any] = {"typed": typed}  # an intrinsic's arguments must be named, however many there are
        exec(f"def call(typing_context, address, {names}):\n    return typed({names})", namespace)
        return intrinsic(namespace["call"])


def linked(kernel: Callable, arguments: str, result: type | None = None) -> tuple[Callable[[Any], int], Any]:
    """Return a function from a dtype to a kernel's address, and what stands for its call in another kernel.

    Parameters
    ----------
    kernel : kernel
        It is compiled when its address is first asked for.
    arguments : str
        A word for each: ``n`` for an integer, ``f`` for a float, ``l`` for an array of lengths, ``s`` for one of
        settings, else the number of axes of an array of the dtype. An ``r`` behind it says that where Python calls the
        kernel the array may not be written to: numba compiles for each.
    result : type, optional
        What the kernel returns, bool or float.

    Returns
    -------
    address : callable
        ``address(dtype)`` is 0 where nothing is compiled.
    call : callable
        ``call(address, arguments...)`` in a kernel is a call of this one. Other arguments are an error of its
        compilation, but for whether they may be written to.

    Examples
    --------
    >>> import numpy as np
    >>> from rnnlab.kernels import rnn
    >>> address, call = linked(rnn.backward, "n lr 2r 3r 3 2 3 2")
    """
    words = arguments.split()

    @cache
    def address(dtype: Any) -> int:
        return _address(kernel, words, dtype) if JIT else 0

    return address, _call(words, _RESULTS[result]) if JIT else lambda address, *given: kernel(*given)
