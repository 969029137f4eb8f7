"""Every table that installed packages ship, read with nothing but a column's name, and beside it by pandas alone.

``make tables`` prints one line for each file that is refused, and the counts.
"""

import collections
import sys
import sysconfig
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rnnlab import data

_ENDINGS = (".csv", ".csv.gz", ".tsv", ".tab", ".dat", ".txt")
_TEXT = ("scipy/spatial/tests/data", "scipy/ndimage/tests/data", "statsmodels/stats/tests")
_NO_TABLES = ("babel", "nbgrader", "tornado", "tzdata")  # locales, a page's copy, translations, lists of names


# What stands below a title or a description cannot be found without a name.
_NAMES = {
    "unemp.csv": "Value", "scotland_population.csv": "Area (sq km)", "e1.dat": "cons", "e2.dat": "y2", "e3.dat": "rb",
    "e4.dat": "cons", "e5.dat": "i_long", "e6.dat": "R",
}  # fmt: skip


class Outcome(NamedTuple):
    path: str
    said: str  # "read", or the line that says why not
    pandas: str  # "same", "otherwise" or "refused"; "" where the file is refused


def paths() -> list[Path]:
    """Return the tables, by name: all files with a table's ending; of the plain texts those in folders of data."""
    root = Path(sysconfig.get_paths()["purelib"])
    found = []
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if not name.lower().endswith(_ENDINGS) or name.startswith(_NO_TABLES):
            continue
        if not name.endswith(".txt") or name.startswith(_TEXT):
            found.append(path)
    return [path for path in found if path.is_file() and not _is_binary(path)]


def _is_binary(path: Path) -> bool:
    return path.suffix == ".dat" and any(byte < 9 for byte in path.read_bytes()[:4096])


def outcome(path: Path) -> Outcome:
    """Return whether a column of numbers is read by its name, and whether pandas reads the same by default."""
    name = path.relative_to(sysconfig.get_paths()["purelib"]).as_posix()
    try:
        column = _column(path)
        ours = data.read_frame(path, columns=column)[column].to_numpy()
    except ValueError as error:
        return Outcome(name, str(error).replace(str(path), "…"), "")
    return Outcome(name, "read", _by_pandas(path, column, ours))


def _column(path: Path) -> str:
    """Return the last column that holds numbers alone, or the first where no line names them."""
    if path.name in _NAMES:
        return _NAMES[path.name]
    try:
        frame = data.read_frame(path)
    except ValueError as error:
        if "only numbers" in str(error):
            return "0"
        if "two columns" not in str(error):
            raise
        frame = data.read_frame(path, columns=_named_once(path))
    numbers = [name for name in frame.columns if frame[name].dtype.kind == "f" and name]
    if not numbers:
        raise ValueError(f"{path}: no column of numbers, expected one")
    return numbers[-1]


def _named_once(path: Path) -> list[str]:
    from rnnlab.data import fields, text

    names = fields.Fields(path, text.lines(path)).names
    return [name for name in names if names.count(name) == 1]


def _by_pandas(path: Path, column: str, ours: np.ndarray) -> str:
    import pandas

    try:
        frame = pandas.read_csv(path)
    except Exception:
        return "refused"
    if column not in frame.columns:
        return "otherwise"
    theirs = pandas.to_numeric(frame[column], errors="coerce").to_numpy(float)
    return "same" if np.array_equal(ours, theirs, equal_nan=True) else "otherwise"


def main() -> int:
    """Print the table of outcomes and return 0."""
    warnings.simplefilter("ignore")
    found = [outcome(path) for path in paths()]
    for each in found:
        if each.said != "read":
            print(f"{each.path}: {each.said}")
    read = [each for each in found if each.said == "read"]
    print(f"{len(read)} of {len(found)} read by a column's name ({len(read) / len(found):.1%})")
    for said, count in collections.Counter(each.pandas for each in read).most_common():
        print(f"  {count:4} pandas.read_csv: {said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
