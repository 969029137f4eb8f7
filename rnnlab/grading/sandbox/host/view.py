"""What the sandbox shows: the interpreter, its packages, and of rnnlab what the assignment allows."""

import contextlib
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[3]
VIEW_AT = "/course"
HOME = "/home/student"
_FRAMEWORKS = (  # that hold the answers, or work them out
    "torch torchvision torchaudio pytorch_lightning lightning jax jaxlib flax equinox haiku keras keras_core tf_keras "
    "tensorflow mxnet paddle mindspore mlx tinygrad chainer theano transformers autograd"
)
MASKED = ("nbgrader", "rnnlab", *_FRAMEWORKS.split())
NEVER_SHOWN = ("checks", "assignments", "grading", "teaching", "cli", "_course", "__main__.py")
WARM = ("numpy", "numpy.linalg", "numba", "scipy.linalg", "matplotlib")

_ABSENT = "from rnnlab._absent import names_of as _names_of\n\n__getattr__ = _names_of(__name__, {says!r})\n"
_CHECKS_STUB = '''"""While work is graded, the notebook's own checks pass: the grader asks for itself."""

import contextlib
import types

_POINTS = {points!r}


def check(question="", *_answers, **_options):
    return _POINTS.get(question, 0.0)


def examine(question="", *_answers, **_options):
    points = check(question)
    return types.SimpleNamespace(points=points, max_points=points, parts=(), hints=(), notes=())


def when_written(*_functions):
    return contextlib.suppress(NotImplementedError)


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return check
'''


def library_files(
    absent: Iterable[str] = (), says: str = "", points: Mapping[str, float] | None = None, package: Path = PACKAGE
) -> dict[str, str]:
    """Return the files of the library as a student's code may import it, by path.

    Parameters
    ----------
    absent : iterable of str
        Modules that are replaced by one of which nothing can be used, such as "rnnlab.rnn".
    says : str
        What may be used instead, for the message.
    points : mapping, optional
        What the notebook's own checks return, by the question's number.
    package : Path
        Where rnnlab is.
    """
    gone = {name.removeprefix("rnnlab.").replace(".", "/") for name in absent}
    files = {}
    for path in sorted(package.rglob("*")):
        inside = path.relative_to(package)
        if not path.is_file() or inside.parts[0] in NEVER_SHOWN or "__pycache__" in inside.parts:
            continue
        module = inside.with_suffix("").as_posix().removesuffix("/__init__")
        if path.suffix == ".py" and module in gone:
            files[f"rnnlab/{inside.as_posix()}"] = _ABSENT.format(says=says)
        elif path.suffix == ".py" or inside.parent.as_posix() not in gone:
            with contextlib.suppress(UnicodeDecodeError):
                files[f"rnnlab/{inside.as_posix()}"] = path.read_text(encoding="utf-8")
    files["rnnlab/checks/__init__.py"] = _CHECKS_STUB.format(points=dict(points or {}))
    return files


def _packages() -> list[str]:
    found = [sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    found += [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    return [path for path in dict.fromkeys(os.path.realpath(path) for path in found) if os.path.isdir(path)]


def _interpreter() -> list[str]:
    standard = {os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")}
    executable = os.path.realpath(sys.executable)
    return [*sorted(path for path in standard if os.path.isdir(path)), executable]


def _libraries() -> list[str]:
    """Return the loader's cache and the folders of the system libraries that this very process has loaded."""
    with open("/proc/self/maps") as file:
        loaded = {line.split()[-1] for line in file if ".so" in line}
    folders = {os.path.dirname(os.path.realpath(path)) for path in loaded if path.startswith(("/lib", "/usr/lib"))}
    mine = [os.path.realpath(path) for path in loaded if not path.startswith(("/lib", "/usr/lib"))]
    own = [path for path in mine if os.path.basename(path).startswith("libpython")]
    folders |= {os.path.realpath(path) for path in ("/lib64",) if os.path.isdir(path)}
    return [*sorted(_outermost(folders)), *own, *(["/etc/ld.so.cache"] if os.path.exists("/etc/ld.so.cache") else [])]


def _outermost(paths: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for path in sorted(paths):
        if not any(path == other or path.startswith(f"{other}/") for other in kept):
            kept.append(path)
    return kept


def _loader() -> list[str]:
    """Return where programs look for the dynamic loader: links stay links, folders are shown."""
    return [path for path in ("/lib", "/lib64") if os.path.islink(path)]


def inside(path: str) -> str:
    """Return where a file of this machine stands in the sandbox: where it is, unless the sandbox has its own there."""
    hidden = any(path == own or path.startswith(f"{own}/") for own in ("/tmp", HOME, "/proc", "/dev"))
    return f"/elsewhere{path}" if hidden else path


def shown() -> tuple[list[tuple[str, str]], list[str]]:
    """Return what is bound into the sandbox, read-only, as (here, there), and the folders there that look empty."""
    packages = _packages()
    paths = _outermost({*_interpreter(), *packages, *_libraries()})
    masked = [f"{folder}/{name}" for folder in packages for name in MASKED if os.path.isdir(f"{folder}/{name}")]
    own = {os.path.realpath(path) for path in packages}
    for folder in (f"{path}/{name}" for path in _interpreter() for name in ("site-packages", "dist-packages", "test")):
        if os.path.isdir(folder) and os.path.realpath(folder) not in own:
            masked.append(folder)
    return [(path, inside(path)) for path in [*_loader(), *paths]], [inside(path) for path in masked]


def search_path(place: Callable[[str], str] = inside) -> list[str]:
    """Return `sys.path` for the child: the course first, the student's own folder last, so that no file there
    shadows a package."""
    standard = [os.path.realpath(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")]
    dynload = [f"{path}/lib-dynload" for path in standard]
    return [VIEW_AT, *dict.fromkeys(place(path) for path in [*standard, *dynload, *_packages()]), HOME]


def environment() -> dict[str, str]:
    """Return the child's whole environment."""
    one = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL", "NUMEXPR")}
    return {
        "HOME": HOME,
        "TMPDIR": "/tmp",
        "PATH": "",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "USER": "student",
        "IPYTHONDIR": f"{HOME}/.ipython",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib",
        "NUMBA_CACHE_DIR": f"{HOME}/.numba",
        "NUMBA_NUM_THREADS": "2",
        "RNNLAB_ENGINE": "plain",  # compiling the engine would count against the time that an answer has
        **one,
    }
