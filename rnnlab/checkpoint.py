"""Save and load trees of arrays in one .npz file, bit for bit.

The file holds arrays under the names of `_pytree.leaves` and no code: nothing is pickled.
"""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from rnnlab import _arrays, _files, _pytree
from rnnlab._settings import require_path


def save(path: str | Path, values: Any) -> None:
    """Write a tree of arrays and numbers; the file is complete or, should the program die, as it was before.

    Parameters
    ----------
    path : str or Path
        Where to write.
    values : tree of arrays and numbers
        Such as the Params of a network.

    Raises
    ------
    TypeError
        If a leaf is not made of numbers, truth values or text.
    ValueError
        If two leaves have the same name, as those of ``{"a.b": x, "a": {"b": y}}`` have, or an array has masked
        entries, which would be lost.
    FileNotFoundError, IsADirectoryError
        If the folder is missing, or the path is a folder.

    Notes
    -----
    Who may read the file is decided as for every other file that the user creates, by the umask.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "params.npz"
    >>> save(path, {"w": np.ones(2)})
    >>> load(path, {"w": np.zeros(2)})
    {'w': array([1., 1.])}
    """
    path = require_path("path", path)
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}")
    if path.is_dir():
        raise IsADirectoryError(f"{path}: is a folder, expected the name of a file")
    arrays: dict[str, np.ndarray] = {}
    for name, leaf in _pytree.leaves(values, "values"):
        if name in arrays:
            raise ValueError(f"{name} is the name of two leaves, expected keys that differ when written out")
        arrays[name] = _arrays.as_array(name, leaf)
        if isinstance(leaf, str | bytes) and arrays[name].item() != leaf:
            raise ValueError(f"{name} is {leaf!r:.60}, whose last sign is lost in a file: expected no zero at its end")
        if arrays[name].dtype.hasobject or arrays[name].dtype.kind in "mMV":
            raise TypeError(f"{name} is {leaf!r:.60}, expected numbers, truth values or text")
    with _files.replacing(path, None) as file:
        np.savez(file, **arrays)  # type: ignore[arg-type] # no name is that of its other argument


def load(path: str | Path, like: Any) -> Any:
    """Return the tree that was saved.

    Parameters
    ----------
    path : str or Path
        What `save` wrote.
    like : tree
        A tree of the same form: its containers are used, and its leaves say what shape and dtype to expect. An array of
        length 0 takes one of any length.

    Returns
    -------
    values : tree
        Arrays where `like` has arrays, plain numbers where it has numbers.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is no such file, or holds another tree: the message names the file and the first leaf that differs.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "weights.npz")
    ...     save(file, {"w": np.array([1.0, 2.0])})
    ...     load(file, like={"w": np.zeros(2)})["w"]
    array([1., 2.])
    """
    arrays = _read(require_path("path", path))
    named = dict(_pytree.leaves(like, "values"))
    for name, leaf in named.items():
        expected = np.asarray(leaf)
        if name not in arrays:
            raise ValueError(f"{path}: {name} is missing, expected shape {expected.shape}")
        found = arrays[name]
        any_length = expected.shape[:1] == (0,)
        start = 1 if any_length else 0
        if found.ndim != expected.ndim or found.shape[start:] != expected.shape[start:]:
            raise ValueError(f"{path}: {name} has shape {found.shape}, expected {expected.shape}")
        if found.dtype.kind != expected.dtype.kind or (found.dtype != expected.dtype and found.dtype.kind != "U"):
            raise ValueError(f"{path}: {name} has dtype {found.dtype}, expected {expected.dtype}")
    surplus = next((name for name in arrays if name not in named), None)
    if surplus is not None:
        raise ValueError(f"{path}: {surplus} is there, expected only {', '.join(named)}")
    return _pytree.build(
        like, (arrays[n] if isinstance(leaf, np.ndarray) else arrays[n].item() for n, leaf in named.items())
    )


def entry(path: str | Path, name: str) -> Any:
    """Return one number or text of a checkpoint without the rest.

    Parameters
    ----------
    path : str or Path
        What `save` wrote.
    name : str
        The leaf's name, such as ``"seed"``.

    Returns
    -------
    value : number, text or array
        None where there is no such leaf.

    Raises
    ------
    FileNotFoundError, ValueError
        As `load`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "run.npz")
    ...     save(file, {"seed": 7, "w": np.zeros(2)})
    ...     print(entry(file, "seed"), entry(file, "momentum"))
    7 None
    """
    found = _read(require_path("path", path)).get(f"values.{name}")
    return None if found is None else found[()]


def _read(path: Path) -> dict[str, np.ndarray]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, EOFError, KeyError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path}: not a checkpoint ({error})") from error
