"""Read texts with labels, and sentences with their translations."""

from pathlib import Path

from rnnlab._settings import require_flag
from rnnlab.data.text import lines, shorten


def read_labelled(path: str | Path, *, encoding: str | None = None) -> list[tuple[str, str]]:
    """Return labels and texts from a file with one label, a tab and its text on each line.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding : str, optional
        As in `read_text`.

    Returns
    -------
    pairs : list of (str, str)
        Label and text.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is anything else: the message names file, line and what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "reviews.tsv")
    ...     _ = file.write_text("good\\ta fine film\\n")
    ...     read_labelled(file)
    [('good', 'a fine film')]
    """
    return _two_fields(path, "a label, a tab and a text", encoding)


def read_pairs(path: str | Path, *, encoding: str | None = None, more_columns: bool = False) -> list[tuple[str, str]]:
    """Return sentences and their translations from a file with a sentence, a tab and its translation on each line.

    Parameters
    ----------
    path : str or Path
        The file.
    encoding : str, optional
        UTF-8 by default, or UTF-16 where the file begins with its mark.
    more_columns : bool, default False
        Whether lines may go on after another tab, as where each pair is attributed to its authors; that is left out.

    Returns
    -------
    pairs : list of (str, str)
        Source and target.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If a line is anything else: the message names file, line and what was expected.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "pairs.tsv")
    ...     _ = file.write_text("one cat\\tein Kater\\n")
    ...     read_pairs(file)
    [('one cat', 'ein Kater')]
    """
    expected = "a sentence, a tab and its translation"
    hint = "; more_columns=True leaves out what comes after another tab"
    return _two_fields(path, expected, encoding, require_flag("more_columns", more_columns), hint)


def _two_fields(
    path: str | Path, expected: str, encoding: str | None = None, more: bool = False, hint: str = ""
) -> list[tuple[str, str]]:
    pairs = []
    for n, line in enumerate(lines(path, encoding), 1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.split("\t")]
        too_many = len(fields) > 2 and not more and all(fields[:2])
        if len(fields) < 2 or too_many or not all(fields[:2]):
            raise ValueError(f"{path}, line {n}: {shorten(line)!r}, expected {expected}{hint if too_many else ''}")
        pairs.append((fields[0], fields[1]))
    return pairs
