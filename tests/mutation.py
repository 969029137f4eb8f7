"""Do the library's tests see a small fault? `make mutation` makes some in copies of its modules, one at a time.

Drawn from a seed, so many from each module: operators exchanged, numbers moved by one, statements left out and so on,
as `rnnlab.checks.mutants` makes them of students' answers. Each runs against the tests of its module, without the
compiler, in a process forked from one that has imported what all need. Where a module also chooses the engine, which
only runs compiled, what survives that is tried once more with the compiler. The result is stored with its date in
``tests/data/mutation.json``; a survivor that makes no difference is in `EXPLAINED`, with the reason.
"""

import argparse
import contextlib
import datetime
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STORED = ROOT / "tests" / "data" / "mutation.json"
CELL = ("test_loops", "test_cells", "test_gru", "test_lstm", "test_networks")
TESTS = {
    "kernels/numba_ops": ("test_loops",),
    "kernels/numpy_ops": ("test_loops", "test_cells", "test_fused", "test_sampling"),
    "kernels/train_step": ("test_loops", "test_fused"),
    "kernels/sample": ("test_loops", "test_sampling"),
    "kernels/scalar": ("test_loops", "test_cells", "test_activations"),
    "kernels/rnn": CELL,
    "kernels/gru": CELL,
    "kernels/lstm": CELL,
    "rnn": CELL,
    "gru": CELL,
    "lstm": CELL,
    "bptt": ("test_learning_rules",),
    "rtrl": ("test_learning_rules",),
    "losses": ("test_losses",),
}
COMPILED = dict.fromkeys(("kernels/rnn", "kernels/gru", "kernels/lstm"), ("test_engine", "test_threads"))
SECONDS = 300  # a mutant that takes longer has become an endless loop

# By module and the first line of the change: why no test can see it.
EXPLAINED: dict[str, dict[str, str]] = {
    "kernels/numba_ops": {
        "da_i, da_f, da_g, da_o = (d[:], d[n:2 * n], d[2 * n:3 * n], d[3 * n:])": "the loop goes up to n alone",
    },
    "kernels/scalar": {
        "size = _TEN_F if abs(x) >= _TEN_F else abs(x)": "where abs(x) is 10, both sides are 10",
    },
    "bptt": {
        "for number, (start, end) in enumerate(zip(starts, ends, strict=False)):": "there are as many ends as starts",
    },
    "kernels/gru": {
        "elif takes_engine(len(x) * x.shape[1] / (w_x.size + w_h.size)):": "it decides which of two passes is worth it",
    },
    "kernels/lstm": {
        "if takes_engine(len(x) * (w_x.size + w_h.size)):": "it decides which of two passes is worth it",
        "without: if takes_engine(len(x) * x.shape[1] * (w_x.size + w_h.size)):": "the plain pass gives the numbers",
    },
}


def survives(folder: Path, tests: tuple[str, ...]) -> bool:
    """Return whether the tests pass in a copy of the library, in a process of its own."""
    child = os.fork()
    if child == 0:
        signal.alarm(SECONDS)
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        status = 1
        with contextlib.suppress(BaseException):
            import pytest

            files = [f"tests/{name}.py" for name in tests]
            status = int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-n0", "-m", "not slow", *files]))
        os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def survives_compiled(folder: Path, tests: tuple[str, ...]) -> bool:
    """Return whether the tests pass in a copy of the library with the compiler on."""
    files = [f"tests/{name}.py" for name in tests]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-n0", "-m", "not slow", *files]
    own = {"NUMBA_DISABLE_JIT": "0", "PYTHONPATH": str(folder)}
    try:
        return (
            subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, timeout=900).returncode == 0
        )
    except subprocess.TimeoutExpired:
        return False


def run(modules: list[str], n: int, seed: int) -> dict:
    """Return what became of `n` mutants of each module, and of those of other modules at an earlier time."""
    import numba  # noqa: F401 - imported before the forks, once for all; hypothesis would then not be rewritten
    import pytest  # noqa: F401
    import scipy.linalg  # noqa: F401

    sys.path.insert(0, str(ROOT))
    from rnnlab.checks.mutants import mutants

    drawn = {}
    for module in modules:
        every = list(mutants((ROOT / "rnnlab" / f"{module}.py").read_text(encoding="utf-8")))
        drawn[module] = random.Random(f"{seed} {module}").sample(every, min(n, len(every)))
    for name in [name for name in sys.modules if name.partition(".")[0] == "rnnlab"]:
        del sys.modules[name]  # each child imports its own copy
    sys.path.remove(str(ROOT))
    found: dict = json.loads(STORED.read_text(encoding="utf-8")) if STORED.exists() else {}
    passed = set()  # the tests that were run without any mutant
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for part in ("rnnlab", "tests"):
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", folder)
        for module, chosen in drawn.items():
            file = folder / "rnnlab" / f"{module}.py"
            text = file.read_text(encoding="utf-8")
            assert TESTS[module] in passed or survives(folder, TESTS[module]), f"the tests of {module} fail as it is"
            passed.add(TESTS[module])
            again = COMPILED.get(module)
            assert again in (*passed, None) or survives_compiled(folder, again), f"{again} fails as it is"
            passed.add(again)
            survivors = []
            for mutant in chosen:
                file.write_text(mutant.text, encoding="utf-8")
                if survives(folder, TESTS[module]) and (again is None or survives_compiled(folder, again)):
                    survivors.append(mutant.change)
            file.write_text(text, encoding="utf-8")
            today = str(datetime.date.today())
            found[module] = {"date": today, "seed": seed, "tried": len(chosen), "survivors": survivors}
            print(f"{module}: {len(chosen) - len(survivors)} of {len(chosen)} killed {survivors}", flush=True)
            STORED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return found


def killed(found: dict) -> tuple[int, int]:
    """Return how many mutants were killed and how many were tried, of those that make a difference."""
    survivors = [(name, one.partition(" ⏎ ")[0]) for name, each in found.items() for one in each["survivors"]]
    missed = [one for name, one in survivors if one not in EXPLAINED.get(name, {})]
    same = sum(len(each["survivors"]) for each in found.values()) - len(missed)
    tried = sum(each["tried"] for each in found.values()) - same
    return tried - len(missed), tried


def main() -> int:
    """Run the mutants, print the share, and end with 1 if under 90 % were killed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS), help="such as kernels/gru; all by default")
    parser.add_argument("-n", type=int, default=10, help="how many mutants of each module")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    os.environ |= {"NUMBA_DISABLE_JIT": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    sys.dont_write_bytecode = True
    dead, tried = killed(run(args.modules, args.n, args.seed))
    print(f"{dead} of {tried} killed ({dead / tried:.0%})")
    return int(dead < 0.9 * tried)


if __name__ == "__main__":
    sys.exit(main())
