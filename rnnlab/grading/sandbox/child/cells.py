"""Run a notebook's cell statement by statement: one that fails costs what it would have defined, not its cell."""

import __future__

import ast
import asyncio
import builtins
import copy
import importlib
import importlib.util
import inspect
import os
import re
import sys
import types
from collections.abc import Callable

_AWAIT = 0x2000  # top-level await, as in a notebook
_WRAPPERS = ("time", "capture", "prun", "timeit", "debug")  # cell magics after which the cell's own code runs
_SKIPS = ("skip",)  # and those of no notebook's own after which it does not
_NO_EFFECT = ("reset", "reset_selective", "xdel")  # what they take away was never there, or is still needed
_MOST = 40  # failures and names told
_state: dict = {"flags": 0, "loop": None, "unimported": set()}


def prepare(shell) -> None:
    """Let magics that are not there do nothing, and stand in for what only decorates."""
    for name in ("run_line_magic", "run_cell_magic", "system", "getoutput"):
        setattr(shell, name, _harmless(getattr(shell, name), list if name == "getoutput" else type(None)))
    if importlib.util.find_spec("tqdm") is None:
        _stand_in_for_tqdm()


def _harmless(magic, nothing):
    def run(*args, **options):
        if args and args[0] in _NO_EFFECT:
            return None
        try:
            return magic(*args, **options)
        except Exception:  # as in a notebook, where a magic that is not there does not take the cell's functions along
            return nothing()

    return run


def _stand_in_for_tqdm() -> None:
    """Provide progress bars that show nothing, under every name by which they are imported."""

    class Tqdm:
        total = None
        n = 0
        desc = ""

        def __init__(self, iterable=(), *_args, **_options):
            self.iterable = iterable

        def __iter__(self):
            return iter(self.iterable)

        def __len__(self):
            return len(self.iterable)

        def __bool__(self):
            return True

        def __getattr__(self, name):
            return lambda *args, **options: self

        def __enter__(self):
            return self

        def __exit__(self, *_exc):
            return None

        @classmethod
        def write(cls, *_args, **_options):
            return None

        pandas = write

    names = {
        "tqdm": Tqdm,
        "trange": lambda *args, **options: Tqdm(range(*args)),
        "tenumerate": lambda iterable, start=0, **options: Tqdm(enumerate(iterable, start)),
        "tzip": lambda *iterables, **options: Tqdm(zip(*iterables)),  # noqa: B905 - as it is
        "tmap": lambda *args, **options: Tqdm(map(*args)),
        "tqdm_notebook": Tqdm,
        "__path__": [],
    }
    for name in ("", ".auto", ".autonotebook", ".notebook", ".std", ".gui", ".rich", ".asyncio", ".contrib"):
        module = sys.modules[f"tqdm{name}"] = types.ModuleType(f"tqdm{name}")
        module.__dict__.update(names)
        if name:
            setattr(sys.modules["tqdm"], name[1:], module)


def run(shell, number: int, source: str) -> list[list]:
    """Run a cell and return a list [line, names, error, name that was not there] for each statement that failed."""
    importlib.invalidate_caches()  # a module that the cell before has written
    try:
        code = shell.transform_cell(_unwrapped(source, shell.find_cell_magic))
        name = shell.compile.cache(code, number)
        body = ast.parse(code, name).body
    except BaseException as error:
        return [[getattr(error, "lineno", None) or 1, _words(source), _unread(error), ""]]
    if not _speaks_async(body):
        return list(_run(shell, name, body))
    if _state["loop"] is None:
        _state["loop"] = asyncio.new_event_loop()
    return _state["loop"].run_until_complete(_run_within_loop(shell, name, body))


def _unread(error: BaseException) -> str:
    """Return why a cell cannot be read: a newer Python may have let it pass."""
    if not isinstance(error, SyntaxError):
        return describe(error)
    python = ".".join(map(str, sys.version_info[:2]))
    return f"{type(error).__name__}: {error.msg} (as Python {python} reads it)"


def _speaks_async(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
        or (isinstance(node, ast.Name) and node.id == "asyncio")
        for statement in body
        for node in ast.walk(statement)
    )


def _run(shell, name: str, body: list[ast.stmt]):
    for at, node in enumerate(body):
        try:
            eval(_compiled(node, name, shell.user_ns), shell.user_ns)
        except (SystemExit, KeyboardInterrupt) as error:  # meant to stop the cell
            yield _stopped(body[at:], error)
            return
        except BaseException as error:
            if not _otherwise(node, name, error, shell.user_ns):
                yield _failed([node], error)


async def _run_within_loop(shell, name: str, body: list[ast.stmt]) -> list[list]:
    failures = []
    for at, node in enumerate(body):
        try:
            result = eval(_compiled(node, name, shell.user_ns), shell.user_ns)
            if inspect.iscoroutine(result):
                await result
        except (SystemExit, KeyboardInterrupt) as error:
            failures.append(_stopped(body[at:], error))
            break
        except BaseException as error:
            if not _otherwise(node, name, error, shell.user_ns):
                failures.append(_failed([node], error))
    return failures


def _otherwise(node: ast.stmt, name: str, error: BaseException, space: dict) -> bool:
    """Run a statement that failed without what is not there and decides nothing, and return whether it runs then.

    A definition is made without decorators that are absent here, without base classes that could not be imported, and
    with None for such a default. A file that was handed in under the name of another module, as test.py, is what an
    import from it meant.
    """
    if isinstance(node, ast.Import | ast.ImportFrom):
        _state["unimported"].update(_bound([node]))
    try:
        if isinstance(node, ast.ImportFrom) and isinstance(error, ImportError):
            _import_own(node.module or "")
            eval(_compiled(node, name, space), space)
            return True
        if isinstance(node, _DECORATED) and isinstance(error, NameError | ImportError):
            eval(_compiled(_without_absent(node, space), name, space), space)
            return True
    except BaseException:  # the first error is the one to tell
        return False
    return False


_DECORATED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def _without_absent(node: ast.stmt, space: dict) -> ast.stmt:
    made = copy.copy(node)
    if isinstance(made, _DECORATED):
        made.decorator_list = [one for one in made.decorator_list if not _absent(one, space)]
    if isinstance(made, ast.ClassDef):
        made.bases = [one for one in made.bases if not _unimported(one)]
        made.keywords = [one for one in made.keywords if not _unimported(one)]
        made.body = [_without_absent(one, space) if isinstance(one, _DECORATED) else one for one in made.body]
    elif isinstance(made, ast.FunctionDef | ast.AsyncFunctionDef):
        made.args = copy.copy(made.args)
        made.args.defaults = [_or_none(one) for one in made.args.defaults]
        made.args.kw_defaults = [one and _or_none(one) for one in made.args.kw_defaults]
    return made


def _or_none(node: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(None), node) if _unimported(node) else node


def _unimported(node: ast.AST) -> bool:
    """Return whether an expression speaks of what could not be imported: another name may yet come from elsewhere."""
    return any(part.id in _state["unimported"] for part in ast.walk(node) if isinstance(part, ast.Name))


def _absent(node: ast.AST, space: dict) -> bool:
    """Return whether an expression speaks of a name that is not there."""
    parts = list(ast.walk(node))
    names = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    names -= {part.arg for part in parts if isinstance(part, ast.arg)}
    names -= {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
    return any(name not in space and not hasattr(builtins, name) for name in names)


def _hints(node: ast.stmt):
    """Yield the type hints in a statement."""
    for part in ast.walk(node):
        if isinstance(part, ast.arg | ast.AnnAssign) and part.annotation is not None:
            yield part.annotation
        elif isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef) and part.returns is not None:
            yield part.returns


def _import_own(module: str) -> None:
    """Import the student's own file where a module of the same name was found before it."""
    top = module.partition(".")[0]
    homes = [one for one in (os.getcwd(), os.environ["HOME"]) if _holds(one, top)]
    if not homes:
        raise ImportError(module)
    held = {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == top}
    sys.path.insert(0, homes[0])
    try:
        importlib.import_module(module)
    except BaseException:
        sys.modules.update(held)
        raise
    finally:
        sys.path.remove(homes[0])


def _holds(folder: str, module: str) -> bool:
    return any(os.path.exists(os.path.join(folder, place)) for place in (f"{module}.py", module))


def _compiled(node: ast.stmt, name: str, space: dict):
    """Compile a statement; its type hints are not looked up where they speak of what is not there."""
    more = __future__.annotations.compiler_flag if any(_absent(hint, space) for hint in _hints(node)) else 0
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        for alias in node.names:
            feature = getattr(__future__, alias.name, None)
            _state["flags"] |= feature.compiler_flag if feature else 0
    return compile(ast.Module([node], []), name, "exec", flags=_AWAIT | _state["flags"] | more, dont_inherit=True)


def _failed(nodes: list[ast.stmt], error: BaseException) -> list:
    missing = getattr(error, "name", None) if isinstance(error, NameError) else None
    return [_line(error, nodes[0]), _bound(nodes), describe(error), missing if isinstance(missing, str) else ""]


def _stopped(nodes: list[ast.stmt], error: BaseException) -> list:
    return [nodes[0].lineno, _bound(nodes), describe(error), ""]


def _line(error: BaseException, node: ast.stmt) -> int:
    """Return the line of the statement in which the error arose."""
    trace = error.__traceback__
    trace = trace.tb_next if trace is not None else None  # past this file
    line = trace.tb_lineno if trace is not None else node.lineno
    return line if node.lineno <= line <= (node.end_lineno or line) else node.lineno


def _bound(nodes: list[ast.stmt]) -> list[str]:
    """Return the names that statements define."""
    found: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name] = None
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.FunctionDef | ast.ClassDef):
                found[part.name] = None
            elif isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                found[part.id] = None
            elif isinstance(part, ast.alias):
                found[(part.asname or part.name).split(".")[0]] = None
    return [name[:80] for name in found][:_MOST]


def _words(source: str) -> list[str]:
    """Return the names that a cell which is no Python would define, as far as its lines begin like definitions."""
    return re.findall(r"^(?:def\s+|class\s+)?([A-Za-z_]\w{0,60})\s*(?:\(|\[|=|:)", source[:100_000], re.MULTILINE)[
        :_MOST
    ]


def _unwrapped(source: str, known: Callable[[str], object]) -> str:
    """Return a cell without a first line that only measures or shows what it does, or asks for what is not here."""
    first, newline, rest = source.lstrip().partition("\n")
    words = first.removeprefix("%%").split() if first.startswith("%%") else []
    if words and (words[0] in _WRAPPERS or not (words[0] in _SKIPS or known(words[0]))):
        return f"#{newline}{rest}"
    return source


def describe(error: BaseException) -> str:
    """Return an error in a line."""
    try:
        return f"{type(error).__name__}: {error}"[:500].encode("utf-8", "replace").decode()
    except BaseException:
        return "an error that cannot be shown"


def lacking(space: dict, names: list[str]) -> list[str]:
    """Return the global names that functions use, and the functions that they use in turn, which are not there."""
    todo = list(names)
    seen: set[str] = set()
    missing: dict[str, None] = {}
    while todo and len(seen) < 500:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in space:
            if not hasattr(builtins, name):
                missing[name] = None
            continue
        function = space[name]
        function = getattr(function, "py_func", function)
        code = getattr(function, "__code__", None)
        if isinstance(code, types.CodeType) and getattr(function, "__globals__", None) is space:
            todo += _globals_of(code)
    return list(missing)[:_MOST]


def _globals_of(code: types.CodeType) -> list[str]:
    import dis

    found = [str(i.argval) for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")]
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            found += _globals_of(const)
    return found[:1000]


def put(name: str, data: bytes) -> None:
    """Write a file that was handed in beside the notebook into the folder where the notebook runs."""
    path = os.path.join(os.environ["HOME"], *name.split("/"))
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
