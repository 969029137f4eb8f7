"""How good forecasts are: many origins, each with what came after it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from rnnlab import metrics
from rnnlab._progress import Progress
from rnnlab._settings import require_flag
from rnnlab.data.forecast import numbers, rolling_origin
from rnnlab.data.times import left_out, require_no_gap, times_of
from rnnlab.forecasting.result import Forecast


class Score(NamedTuple):
    """How one forecaster did.

    Attributes
    ----------
    name : str
        Under which it was given.
    mae, rmse : float
        Errors of the expected course, over all origins and steps.
    coverage, width : float
        Share of what came that lay in its interval, and the mean width of the intervals.
    n_origins : int
        From how many origins.
    forecasts : list of Forecast
        One for each origin.
    """

    name: str
    mae: float
    rmse: float
    coverage: float
    width: float
    n_origins: int
    forecasts: list[Forecast]


def backtest(
    forecasters: Mapping[str, Any],
    series: Any,
    *,
    n_train: int,
    horizon: int,
    step: int = 1,
    inputs: Any = None,
    known: Any = None,
    refit: bool = False,
    gaps: str = "refuse",
    progress: bool = False,
) -> list[Score]:
    """Forecast from one origin after the other, knowing only what came before it.

    Parameters
    ----------
    forecasters : mapping from str to object
        What has `fit` and `predict`, all with the same horizon.
    series : (N,) array or pandas Series
        All of it.
    n_train : int
        How many of its first values every forecaster is fitted to.
    horizon : int
        F, how many steps to forecast from each origin.
    step : int, default 1
        How far the origin moves on.
    inputs, known : (N, C) and (N, K) arrays, optional
        As in `Forecaster.fit`.
    refit : bool, default False
        Whether to fit anew at every origin; by default it is done once.
    gaps : {"refuse", "drop"}, default "refuse"
        What becomes of values and times that are missing from the first origin on: an error that names the place, or no
        origin at which a forecaster would read or be compared with one.
    progress : bool, default False
        Show a bar on the error stream.

    Returns
    -------
    scores : list of Score
        In the order in which they were given.

    Raises
    ------
    ValueError
        If not even the first origin fits, or a value or a time is missing.

    Examples
    --------
    >>> from rnnlab.forecasting import Mean, Seasonal
    >>> wave = np.tile([1.0, 5.0, 2.0], 20)
    >>> simple = {"season": Seasonal(3, 3), "mean": Mean(3, 3)}
    >>> print(table(backtest(simple, wave, n_train=30, horizon=3, step=3)))
    forecaster    mae   rmse  coverage  width  origins
    season          0      0     100 %      0       10
    mean        1.556    1.7     100 %      4       10
    """
    if not isinstance(forecasters, Mapping):
        raise TypeError(f"forecasters is {type(forecasters).__name__}, expected a mapping from names")
    _require_forecasters(forecasters)
    values = numbers("series", series).astype(float)
    if values.ndim != 1:
        raise ValueError(f"series has shape {values.shape}, expected (N,): compare several one by one")
    refit = require_flag("refit", refit)
    for label, part in (("inputs", inputs), ("known", known)):
        if part is not None and (np.ndim(part) == 0 or isinstance(part, Mapping)):
            raise TypeError(f"{label} is {part!r:.40}, expected an array of rows, one for each time")
    folds = list(rolling_origin(len(values), n_train, horizon, step))
    if gaps not in ("refuse", "drop"):
        raise ValueError(f"gaps is {gaps!r}, expected 'refuse' or 'drop'")
    if gaps == "drop":
        folds = _whole(folds, series, values, max(map(_reach, forecasters.values()), default=1))
    else:
        _require_whole(series, values, n_train)
    truth = np.array([values[test] for _, test in folds])
    scores = []
    with Progress(len(folds) * len(forecasters), progress) as bar:
        for number, (name, forecaster) in enumerate(forecasters.items()):
            found: list[Forecast] = []
            for n, (past, test) in enumerate(folds):
                seen = _rows(series, past.stop)
                more = {"inputs": _rows(inputs, past.stop), "known": _rows(known, test.stop)}
                if refit or not found:
                    forecaster.fit(seen, inputs=more["inputs"], known=_rows(known, past.stop))
                found.append(forecaster.predict(seen, **more))
                bar.show(number * len(folds) + n + 1, name)
            scores.append(_score(name, found, truth))
    return scores


def _require_forecasters(forecasters: Mapping[str, Any]) -> None:
    """Raise unless there is one at least, and each can be fitted and asked."""
    if not forecasters:
        raise ValueError("forecasters is empty, expected at least one")
    for name, one in forecasters.items():
        if isinstance(one, type) or not all(callable(getattr(one, part, None)) for part in ("fit", "predict")):
            what = f"the class {one.__name__}" if isinstance(one, type) else f"{one!r:.60}"
            raise TypeError(f"forecasters[{name!r}] is {what}, expected an object with fit and predict")


_HINT = "; gaps='drop' leaves out the origins that touch it"


def _require_whole(series: Any, values: np.ndarray, n_train: int) -> None:
    """Raise if a value or a time is missing from the first origin on."""
    try:
        require_no_gap("series", series, n_train - 1)
    except ValueError as error:
        raise ValueError(f"{error}{_HINT if 'is a gap' in str(error) else ''}") from None
    missing = ~np.isfinite(values[n_train:])
    if missing.any():
        at = n_train + int(missing.argmax())
        raise ValueError(f"series[{at}] is {values[at]}, after the first origin{_HINT}")


def _reach(forecaster: Any) -> int:
    """Return how many values a forecaster reads."""
    return max(int(getattr(forecaster, "k", 1)), int(getattr(forecaster, "period", 1)))


def _whole(folds: list[Any], series: Any, values: np.ndarray, reach: int) -> list[Any]:
    """Return the origins around which neither a value nor a time is missing."""
    time = times_of("series", series)
    missing, leap = ~np.isfinite(values), np.zeros(len(values), bool)
    if time is not None:
        leap[1:] = left_out("series", time) > 0
    kept = []
    for past, test in folds:
        first = max(0, past.stop - reach)
        if not missing[first : test.stop].any() and not leap[first + 1 : test.stop].any():
            kept.append((past, test))
    if not kept:
        raise ValueError(f"series has a gap near every origin, expected {reach} values before one and all after it")
    return kept


def _rows(value: Any, n: int) -> Any:
    if value is None:
        return None
    return value.iloc[:n] if hasattr(value, "iloc") else value[:n]


def _score(name: str, found: list[Forecast], truth: np.ndarray) -> Score:
    expected, low, high = (np.array([getattr(one, part) for one in found]) for part in ("expected", "low", "high"))
    if expected.shape != truth.shape:
        raise ValueError(f"{name} forecasts {expected.shape[1]} steps, expected horizon={truth.shape[1]}")
    error, covered = metrics.mae(expected, truth), metrics.coverage(low, high, truth)
    return Score(name, error, metrics.rmse(expected, truth), covered, float((high - low).mean()), len(found), found)


def table(scores: list[Score]) -> str:
    """Return scores as a table of plain text.

    Parameters
    ----------
    scores : list of Score
        Of `backtest`.

    Returns
    -------
    text : str

    Examples
    --------
    >>> print(table([Score("gru", 0.5, 0.75, 0.81, 2.0, 9, [])]))
    forecaster  mae  rmse  coverage  width  origins
    gru         0.5  0.75      81 %      2        9
    """
    lines = [["forecaster", "mae", "rmse", "coverage", "width", "origins"]]
    for s in scores:
        lines.append(
            [str(s.name), f"{s.mae:.4g}", f"{s.rmse:.4g}", f"{s.coverage:.0%}".replace("%", " %"), f"{s.width:.4g}"]
        )
        lines[-1].append(str(s.n_origins))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.ljust(width) if place == 0 else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )
