"""Real series, pictures, scores and words that other packages carry.

Each loader imports its package when it is called, so that nobody needs them all; they come with the extra `data`.
"""

import datetime
import re
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from rnnlab._settings import require_rng
from rnnlab.data.batch import Batch, require_counts
from rnnlab.data.scores import roll_of


class Series(NamedTuple):
    """A series measured at regular times.

    Attributes
    ----------
    name, unit : str
        What was measured, and in what.
    time : (N,) array
        In years; a month stands at its beginning.
    value : (N,) array
        The measurements, in `unit`.
    """

    name: str
    unit: str
    time: np.ndarray
    value: np.ndarray


def sunspots() -> Series:
    """Return the yearly mean sunspot numbers from 1700 to 2008.

    Returns
    -------
    series : Series
        309 values.

    Raises
    ------
    ImportError
        If statsmodels is not installed.

    References
    ----------
    Yule 1927 predicts the same series; the values are those of `statsmodels.datasets.sunspots`.

    Examples
    --------
    >>> sunspots().value[:3]
    array([ 5., 11., 16.])
    """
    table = _need("statsmodels", "statsmodels.datasets").sunspots.load_pandas().data
    return Series("sunspots", "yearly mean number", table["YEAR"].to_numpy(float), table["SUNACTIVITY"].to_numpy(float))


def co2() -> Series:
    """Return the monthly mean carbon dioxide in the air at Mauna Loa from March 1958 to December 2001.

    The months are means of weekly values. Five months without any are filled in a straight line.

    Returns
    -------
    series : Series
        526 values, in parts per million.

    Raises
    ------
    ImportError
        If statsmodels is not installed.

    References
    ----------
    Keeling and Whorf 2004; the values are those of `statsmodels.datasets.co2`.

    Examples
    --------
    >>> series = co2()
    >>> series.unit, len(series.value)
    ('ppm', 526)
    """
    weekly = _need("statsmodels", "statsmodels.datasets").co2.load_pandas().data["co2"]
    months = 12 * weekly.index.year.to_numpy() + weekly.index.month.to_numpy() - 1
    values, known = weekly.to_numpy(float), np.isfinite(weekly.to_numpy(float))
    every = np.arange(months[0], months[-1] + 1)
    n = np.bincount(months[known] - every[0], minlength=len(every))
    total = np.bincount(months[known] - every[0], values[known], minlength=len(every))
    measured = n > 0
    value = np.interp(every, every[measured], total[measured] / n[measured])
    return Series("carbon dioxide at Mauna Loa", "ppm", every / 12, value)


def digits(permutation: np.random.Generator | None = None) -> Batch:
    """Return handwritten digits read pixel by pixel.

    Parameters
    ----------
    permutation : numpy.random.Generator, optional
        Draws one order of the pixels for all pictures; by default they are read row by row.

    Returns
    -------
    batch : Batch
        x (64, 1797, 1) from 0 to 1, and target (1797,), the digits, for `losses.softmax_cross_entropy`.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.

    References
    ----------
    Alpaydin and Kaynak 1998, through `sklearn.datasets.load_digits`. The permuted order: Le, Jaitly and Hinton 2015,
    section 4.2, with larger pictures.

    Examples
    --------
    >>> digits().x.shape
    (64, 1797, 1)
    """
    pictures, target = _need("scikit-learn", "sklearn.datasets").load_digits(return_X_y=True)
    order = np.arange(64) if permutation is None else require_rng(permutation).permutation(64)
    return Batch(np.ascontiguousarray(pictures.T[order, :, None] / 16), target.astype(int), per_step=False)


def chorales(n_most: int | None = None, *, step: float = 1.0) -> list[np.ndarray]:
    """Return four-part chorales by J. S. Bach as piano rolls.

    They are read from the corpus that music21 carries. Its licence lets everyone use the scores but reserves, for some,
    commercial use; the few files whose encoders reserve all rights (Humdrum kern files) are left out. Nothing of the
    corpus is stored in or passed on by this package. Reading all 364 takes about a minute, once in a process.

    Parameters
    ----------
    n_most : int, optional
        How many to read; all by default.
    step : float, default 1
        Grid, in quarter notes.

    Returns
    -------
    rolls : list of (T, 88) arrays
        1 where a piano key sounds, the first key being the MIDI pitch 21, in the order of their BWV numbers.

    Raises
    ------
    ImportError
        If music21 is not installed.

    References
    ----------
    Boulanger-Lewandowski, Bengio and Vincent 2012, section 6, use a similar set; so their figures compare in direction.

    Examples
    --------
    >>> chorales(1)[0].shape
    (44, 88)
    """
    if n_most is not None:
        require_counts(n_most=n_most)
    corpus = _need("music21", "music21.corpus")
    rolls: list[np.ndarray] = []
    for path in sorted((p for p in corpus.getComposer("bach") if _is_chorale(p.name)), key=_bwv):
        roll = _chorale(str(path), step)
        if roll is not None:
            rolls.append(roll.copy())
        if n_most is not None and len(rolls) == n_most:
            break
    return rolls


def number_words(language: str = "fr", low: int = 0, high: int = 9999) -> list[tuple[str, str]]:
    """Return numbers as digits and as words.

    Parameters
    ----------
    language : str, default "fr"
        A language of num2words, such as "fr" or "de"; in German, units come before tens.
    low, high : int, default 0 and 9999
        The first and the last number.

    Returns
    -------
    pairs : list of (str, str)
        Such as ("87", "quatre-vingt-sept") or ("87", "siebenundachtzig").

    Raises
    ------
    ImportError
        If num2words is not installed.
    ValueError
        If num2words does not know the language.

    Examples
    --------
    >>> number_words("de", low=87, high=87)
    [('87', 'siebenundachtzig')]
    """
    spell = _need("num2words", "num2words").num2words
    try:
        return [(str(n), spell(n, lang=language)) for n in range(low, high + 1)]
    except NotImplementedError:
        raise ValueError(f"language is {language!r}, expected one that num2words knows, such as 'fr'") from None


def dates(rng: np.random.Generator, n: int, locale: str = "fr") -> list[tuple[str, str]]:
    """Return dates from 1900 to 2099 as people write them and in ISO form.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of dates and of the way each is written: medium, long or full; the short form may drop the century.
    n : int
        How many.
    locale : str, default "fr"
        A locale of Babel, such as "fr", "de" or "en_GB".

    Returns
    -------
    pairs : list of (str, str)
        Such as ("12 mars 2019", "2019-03-12").

    Raises
    ------
    ImportError
        If Babel is not installed.
    ValueError
        If Babel does not know the locale.

    Examples
    --------
    >>> import numpy as np
    >>> written, iso = dates(np.random.default_rng(0), n=1)[0]
    >>> len(iso)
    10
    """
    rng = require_rng(rng)
    require_counts(n=n)
    babel, write = _need("Babel", "babel"), _need("Babel", "babel.dates").format_date
    try:
        language = babel.Locale.parse(locale)
    except (babel.UnknownLocaleError, ValueError, TypeError):
        raise ValueError(f"locale is {locale!r}, expected one that Babel knows, such as 'fr' or 'en_GB'") from None
    first, last = datetime.date(1900, 1, 1).toordinal(), datetime.date(2099, 12, 31).toordinal()
    pairs = []
    for day in rng.integers(first, last + 1, n):
        date = datetime.date.fromordinal(int(day))
        style = ("medium", "long", "full")[rng.integers(3)]
        pairs.append((write(date, style, locale=language), date.isoformat()))
    return pairs


def _need(package: str, module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise ImportError(f"this loader needs {package}: install it with  pip install 'rnnlab[data]'") from error


@lru_cache(maxsize=2048)  # parsing takes a fifth of a second a piece
def _chorale(path: str, step: float) -> np.ndarray | None:
    """Return a chorale's roll, None where it has not four parts."""
    score = _need("music21", "music21.corpus").parse(path)
    return roll_of(score, step, path.rpartition("/")[2]) if len(score.parts) == 4 else None


def _is_chorale(name: str) -> bool:
    return name.endswith(".mxl") and name.startswith("bwv") and _bwv_number(name) < 439


def _bwv(path: Any) -> list[tuple[int, str]]:
    return [(int(number or 0), rest) for number, rest in re.findall(r"(\d*)(\D*)", path.name)]


def _bwv_number(name: str) -> int:
    return int(re.findall(r"\d+", name)[0])
