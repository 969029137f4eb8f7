"""Cells are run before Sphinx reads the pages: several pages at once, and only those that can have changed.

MyST-NB runs one page after the other as it comes to them, and looks each up in Jupyter's cache first. So the cache is
filled here, with as many kernels as there are processors. A page is run again when its own code changes, which the
cache knows, and when a part of the library that it uses does, or a stored run that it reads, which is kept track of
here.
"""

import ast
import functools
import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.executors.utils import single_nb_execution
from myst_nb.core.read import create_nb_reader
from sphinx.util import logging

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "rnnlab"
RESULTS = ROOT / "book" / "results"
LEDGER = "library.json"
logger = logging.getLogger(__name__)


def configure(app, config):
    """Keep the cache where `make clean` finds it and a rebuilt book does not."""
    config.nb_execution_cache_path = str(ROOT / "_build" / ".jupyter_cache")


@functools.cache  # a module that many pages use is parsed once
def imported(code, package=PACKAGE):
    """Return the parts of the package that a piece of code imports, as `rnn` for `rnnlab.rnn.forward`."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module == package.name:
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.update(below([node.module], package))
        elif isinstance(node, ast.Import):
            names.update(below([alias.name for alias in node.names], package))
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == package.name:
            names.add(node.attr)  # `import rnnlab`, then `rnnlab.rnn`: its parts are loaded when they are named
    return frozenset(name for name in names if files_of(name, package))


def below(modules, package):
    """Return the second name of each dotted module of the package."""
    parts = [module.split(".") for module in modules]
    return {part[1] for part in parts if part[0] == package.name and len(part) > 1}


def files_of(part, package=PACKAGE):
    """Return the files of a part of the package: one module, or all of a folder, drawings and numbers included."""
    folder = package / part
    if folder.is_dir():
        return sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return [module] if (module := package / f"{part}.py").is_file() else []


def fingerprint(code, package=PACKAGE):
    """Return a short name for the present state of all of the package that a piece of code uses, directly or not."""
    waiting, used = set(imported(code, package)), set()
    while waiting:
        part = waiting.pop()
        used.add(part)
        for file in files_of(part, package):
            if file.suffix == ".py":
                waiting |= imported(file.read_text(encoding="utf-8"), package) - used
    state = hashlib.sha256((package / "__init__.py").read_bytes() if used else b"")
    for file in (file for part in sorted(used) for file in files_of(part, package)):
        state.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes())
    return state.hexdigest()[:16]


def stored(code, folder):
    """Return the files of stored runs that a piece of code names, by their own name or by that of their folder."""
    files = sorted(folder.rglob("*.json*")) if folder.name in code else []
    return [file for file in files if file.stem in code or (file.parent != folder and file.parent.name in code)]


def outdated(app, env, added, changed, removed):
    """Name the pages whose library has changed since they ran: Sphinx looks at their own text only."""
    if env.mystnb_config.execution_mode != "cache":
        return []
    states = read_ledger(app)
    pages = {docname: notebook_of(env, docname) for docname in env.found_docs - added - changed if docname in states}
    return [docname for docname, notebook in pages.items() if notebook is None or state_of(notebook) != states[docname]]


def fill_cache(app, env, docnames):
    """Run the pages to be read that are not in the cache, or whose library is not the one they ran with."""
    if env.mystnb_config.execution_mode != "cache":
        return
    cache = get_cache(app.config.nb_execution_cache_path)
    states, todo = read_ledger(app), []
    for docname in docnames:
        notebook = notebook_of(env, docname)
        if notebook is None:
            continue
        state = state_of(notebook)
        if forget(cache, notebook, keep=states.get(docname) == state):
            todo.append((docname, notebook))
        states[docname] = state
    run(env, cache, todo)
    ledger_of(app).write_text(json.dumps(states, indent=0, sort_keys=True), encoding="utf-8")


def ledger_of(app):
    """Return the file that says with which state of the library each page ran."""
    return Path(app.config.nb_execution_cache_path) / LEDGER


def read_ledger(app):
    """Return the state of the library that each page ran with."""
    return json.loads(ledger_of(app).read_text(encoding="utf-8")) if ledger_of(app).is_file() else {}


def state_of(notebook, folder=RESULTS):
    """Return the present state of what a notebook uses of the library, and of the stored runs that it reads."""
    code = "\n".join(c.source for c in notebook.cells if c.cell_type == "code" and parses(c.source))
    read = hashlib.sha256(b"\0".join(file.read_bytes() for file in stored(code, folder))).hexdigest()[:16]
    return f"{fingerprint(code)} {read}"


def parses(source):
    """Say whether a cell is plain Python: one with a magic is not, and imports nothing of ours."""
    try:
        ast.parse(source)
    except SyntaxError:
        return False
    return True


def notebook_of(env, docname):
    """Return the notebook that a document is, or ``None`` if it has no cells to run."""
    path = Path(env.doc2path(docname))
    if any(PurePosixPath(path.as_posix()).match(p) for p in env.mystnb_config.execution_excludepatterns):
        return None
    text = path.read_text(encoding="utf-8")
    reader = create_nb_reader(str(path), env.myst_config, env.mystnb_config, text)
    return reader.read(text) if reader else None


def forget(cache, notebook, keep):
    """Say whether a notebook is not in the cache, after taking it out unless it is to be kept."""
    try:
        record = cache.match_cache_notebook(notebook)
    except KeyError:
        return True
    if not keep:
        cache.remove_cache(record.pk)
    return not keep


def run(env, cache, todo):
    """Run notebooks side by side and cache those that succeed; MyST-NB meets the others again and says why."""

    def one(page):
        docname, notebook = page
        folder = Path(env.doc2path(docname)).parent
        return single_nb_execution(notebook, str(folder), env.mystnb_config.execution_timeout, allow_errors=False)

    with ThreadPoolExecutor(processors()) as pool:
        for (docname, notebook), result in zip(todo, pool.map(one, todo), strict=True):
            if result.err is None:
                bundle = CacheBundleIn(notebook, env.doc2path(docname), data={"execution_seconds": result.time})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
                logger.info("ran %s in %.1f s", docname, result.time)


def processors():
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def setup(app):
    """Register this part with Sphinx."""
    app.connect("config-inited", configure)
    app.connect("env-get-outdated", outdated)
    app.connect("env-before-read-docs", fill_cache)
