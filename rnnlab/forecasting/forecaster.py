"""A recurrent network that forecasts.

It reads k steps and then the F steps to come, at each of which it answers with quantiles::

    step                1 … k                      k+1 … k+F
    value, inputs       as measured                0
    known               calendar and such          calendar and such, of the future
    ahead               0                          1
    answer              none that counts           quantiles of the value

No forecast is read again. With ``feedback=True`` it answers at every step with mean and spread of the next value. What
is drawn from these is read in place of what is not known yet, and the interval is that of many such courses.

Values are scaled by mean and spread of the part that is trained on. The last windows are kept from training: there it
is seen which weights are best, and by how much the interval must be widened to cover what it promises.
"""

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnnlab import _arrays, optimizers
from rnnlab._cell import require_ahead
from rnnlab._model_parts import cell_of, require_width
from rnnlab._settings import require_flag, require_seed, require_share
from rnnlab.data.times import instants, on_working_days
from rnnlab.forecasting.result import Forecast
from rnnlab.forecasting.series import (
    Clock,
    One,
    days_of,
    each,
    following,
    require_parts,
    require_same_columns,
    step_of,
    steps_of,
)
from rnnlab.forecasting.spread import require_level, widening
from rnnlab.forecasting.tables import Scales, Table, scaled, scales_of, starts
from rnnlab.forecasting.ways import Direct, Feedback, came
from rnnlab.model import Model

_LATEST = 60  # windows by whose errors the interval is widened: few, for errors change with the years


class Forecaster:
    """A network that forecasts one series or many.

    Parameters
    ----------
    cell : module, Stack or str, default "gru"
        `rnnlab.gru`, anything with its functions, or a name.
    k : int, default 48
        How many steps it reads.
    horizon : int, default 24
        F, how many it forecasts.
    n_hidden : int, default 32
        H.
    level : float, default 0.8
        How much of what comes the interval should cover.
    calendar : sequence of str, optional
        What it knows of every time, past and future, such as ``("hour", "weekday")``: see `calendar`. The series needs
        dates for its index.
    holidays : iterable of dates, optional
        Days that are unlike others.
    feedback : bool, default False
        Whether forecasts are read again for the next step, in place of all steps at once.
    relative : bool, default False
        Whether values are read and forecast as differences from the last one that is known: it suits a series that
        rises or wanders, such as a concentration or a price. Not with feedback.
    n_updates, n_batch : int, default 600 and 64
        As in `model.Model.fit`.
    optimizer : optimizers.Optimizer, optional
        By default Adam, with a step size that falls from 0.01 to 0.
    kept : float, default 0.15
        Share of the windows, the last ones, that are not trained on.
    seed : int, default 0
        Decides the weights, the batches, and the draws of feedback.

    Attributes
    ----------
    model : model.Model
        The network, once it was fitted.
    history : training.History
        What happened in training.

    Examples
    --------
    >>> wave = np.sin(np.arange(300) / 4)
    >>> forecaster = Forecaster("gru", k=12, horizon=3, n_hidden=12, n_updates=200).fit(wave)
    >>> forecast = forecaster.predict()
    >>> bool(np.abs(forecast.expected - np.sin(np.arange(300, 303) / 4)).max() < 0.1)
    True
    """

    def __init__(
        self,
        cell: Any = "gru",
        *,
        k: int = 48,
        horizon: int = 24,
        n_hidden: int = 32,
        level: float = 0.8,
        calendar: Sequence[str] = (),
        holidays: Iterable[Any] = (),
        feedback: bool = False,
        relative: bool = False,
        n_updates: int = 600,
        n_batch: int = 64,
        optimizer: optimizers.Optimizer | None = None,
        kept: float = 0.15,
        seed: int = 0,
    ) -> None:
        cell_of(cell)
        self.cell, self.n_hidden, self.seed = cell, require_width(n_hidden), require_seed("seed", seed)
        self.k, self.horizon = _arrays.require_count("k", k), _arrays.require_count("horizon", horizon)
        self.level, self.kept = require_level(level), require_share("kept", kept)
        if isinstance(calendar, str) or not isinstance(calendar, Iterable):
            part = calendar if isinstance(calendar, str) else "hour"
            raise TypeError(f"calendar is {calendar!r:.60}, expected several, such as ({part!r},)")
        self.calendar, self.holidays = tuple(calendar), tuple(days_of(holidays))
        require_parts("calendar", self.calendar)
        self.n_updates, self.n_batch = n_updates, _arrays.require_count("n_batch", n_batch)
        self.optimizer = optimizers.Adam(optimizers.cosine(0.01, n_updates)) if optimizer is None else optimizer
        optimizers.require_optimizer(self.optimizer)
        out = round((1 - self.level) / 2, 12)
        if require_flag("feedback", feedback) and require_flag("relative", relative):
            raise ValueError("feedback and relative are both True, expected one of them at most")
        if feedback:
            require_ahead("feedback", cell_of(cell))
        shape = self.k, self.horizon, (out, 0.5, 1 - out)
        self.way: Feedback | Direct = (
            Feedback(*shape) if feedback else Direct(*shape, require_flag("relative", relative))
        )
        self.model: Model | None = None
        self.history: Any = None
        self._given: dict[str, Any] = {}
        self._scales: dict[Any, Scales] = {}
        self._wider, self._widths = np.zeros(self.horizon), (0, 0)
        self._step: float | None = None
        self._kept: dict[Any, tuple[np.ndarray, int]] = {}  # what was fitted, and its first window that was not

    def fit(
        self, series: Any, *, inputs: Any = None, known: Any = None, groups: Any = None, progress: bool = False
    ) -> "Forecaster":
        """Train on one series or many; windows that touch a gap are left out, and none reaches across two series.

        Parameters
        ----------
        series : (N,) array or Series, list or mapping of these, or DataFrame
            Of a DataFrame, each column is a series. Dates in a pandas index say where a value is left out.
        inputs : (N, C) array, optional
            Other measurements at the same times, of which the future is not known; a list or mapping where `series` is.
        known : (N or more, K) array, optional
            What is known of the future too, such as prices that were set; a list or mapping where `series` is one.
        groups : (N,) array, optional
            To which series each value of a long table belongs. `inputs` and `known` may then be mappings from each.
        progress : bool, default False
            Show a bar on the error stream.

        Returns
        -------
        self : Forecaster

        Raises
        ------
        TypeError, ValueError
            If no window fits, or something has another length.
        """
        require_same_columns("inputs", inputs)
        require_same_columns("known", known)
        parts = each(series, inputs, known, groups, Clock(self.calendar, self.holidays))
        if isinstance(self.way, Feedback) and parts[0].inputs.shape[1]:
            raise ValueError("inputs are given with feedback=True, expected none: their future is not known")
        given = {"series": series, "inputs": inputs, "known": known, "groups": groups}
        self._given = copy.deepcopy(given)  # `predict` reads it again, whatever has become of the arrays
        self._step = next((step for one in parts if (step := step_of(one.index)) is not None), None)
        self._widths = parts[0].inputs.shape[1], parts[0].known.shape[1]
        training, held = self._places(parts)
        ends = [max((at for n, at in training if n == number), default=0) for number in range(len(parts))]
        reach = self.k + self.horizon
        self._scales = {one.name: scales_of(one, end + reach) for one, end in zip(parts, ends, strict=True)}
        tables = [scaled(one, self._scales[one.name]) for one in parts]

        def source(seed: int, n: int) -> Any:
            drawn = np.random.default_rng([seed, n]).integers(len(training), size=min(self.n_batch, len(training)))
            return self.way.batch(tables, [training[place] for place in drawn])

        self.model = Model(
            self.cell,
            self.n_hidden,
            readout=self.way.n_outputs,
            loss=self.way.loss,
            per_step=True,
            dtype=np.float32,
            seed=self.seed,
        )
        fit = self.model.fit(
            source,
            self.n_updates,
            optimizer=self.optimizer,
            validate=self.way.batch(tables, held) if held else None,
            validate_every=max(1, self.n_updates // 12),
            progress=progress,
        )
        self.history, self._wider = fit.history, np.zeros(self.horizon)
        firsts = {n: min(at for m, at in held if m == n) for n, _ in held}
        self._kept = {one.name: (one.values.copy(), firsts[n]) for n, one in enumerate(parts) if n in firsts}
        if held:
            low, _, high = self.way.quantiles(self.model, tables, held, self.seed)
            self._wider = widening(low, high, came(tables, held, self.k, self.horizon), self.level)
        return self

    def predict(self, series: Any = None, *, inputs: Any = None, known: Any = None, groups: Any = None) -> Any:
        """Return the forecast after the end of a series.

        Parameters
        ----------
        series, inputs, known, groups
            As in `fit`, up to now; `known` goes on for F steps. By default what was fitted. A series is known by its
            name or place: one that was not fitted is scaled by mean and spread of its own past. With `groups`,
            `inputs` and `known` may be mappings from each group to its rows.

        Returns
        -------
        forecast : Forecast, or dict of Forecast
            Where there are several series, one for each under its name, or its place in a list.

        Raises
        ------
        ValueError
            If nothing was fitted, a series has fewer than k values, a gap at its end or other steps than what was
            fitted, the future of what is known is missing, or columns are in another order.
        """
        if self.model is None:
            raise ValueError("nothing was fitted, expected fit before predict")
        given = {"series": series, "inputs": inputs, "known": known, "groups": groups}
        if series is None:
            given = {name: self._given[name] if value is None else value for name, value in given.items()}
        for name in ("inputs", "known"):
            require_same_columns(name, self._given[name], given[name])
        clock = Clock(self.calendar, self.holidays, self.horizon)
        parts = each(given["series"], given["inputs"], given["known"], given["groups"], clock)
        found = {one.name: self._forecast(self.model, one) for one in parts}
        several = given["groups"] is not None or len(parts) > 1
        return found if several else next(iter(found.values()))

    def __repr__(self) -> str:
        fitted = "not fitted" if self.model is None else repr(self.model)
        return f"Forecaster(k={self.k}, horizon={self.horizon}, level={self.level}: {fitted})"

    def _forecast(self, model: Model, one: One) -> Forecast:
        n = len(one.values)
        first = max(0, n - max(10 * self.k, 100))  # before the values that are read, to know the usual step
        index = None if one.index is None else one.index[first:]
        last = One(one.name, one.values[first:], index, one.inputs[first:], one.known[first:n])
        whole = n >= self.k and (self.k == 1 or n - self.k - first in starts(last, self.k - 1, 1))
        if not whole or self._leaps(one):
            raise ValueError(f"series has a gap in, or less than, its last k={self.k} values, expected them to read")
        step = step_of(one.index)
        if step and self._step and not 1 / 1.5 < step / self._step < 1.5:  # months differ in length by less
            raise ValueError(f"series has steps of {step:g} days, expected {self._step:g} as in fit")
        for name, part, width in zip(("inputs", "known"), one[3:], self._widths, strict=True):
            if part.shape[1] != width:
                raise ValueError(
                    f"{name} has {part.shape[1]} columns, the calendar's included, expected {width} as in fit"
                )
        if not np.isfinite(one.inputs[n - self.k :]).all():
            raise ValueError(f"inputs has a gap in its last k={self.k} rows, expected them to read")
        scales = self._scales.get(self._fitted_name(one)) or scales_of(one, len(one.values))
        table: Table = scaled(one, scales)
        low, middle, high = self.way.quantiles(model, [table], [(0, n - self.k)], self.seed)[:, 0]
        wider = self._widening(model, one, table)
        ends = np.sort([low - wider, middle, high + wider], axis=0)
        low, middle, high = scales.value.inverse_transform(ends)
        future = following(one.index, self.horizon)
        return Forecast(middle, low, high, future, one.values[-3 * self.horizon :], self.level)

    def _leaps(self, one: One) -> bool:
        """Return whether a time is left out among those that are read, by the step of what was fitted."""
        steps = steps_of(None if one.index is None else one.index[-self.k :])
        if self._step is None or not len(steps) or on_working_days(instants(one.index[-self.k :])):
            return False
        return bool(steps.max() > 1.5 * self._step and steps.min() < 1.5 * self._step)

    def _fitted_name(self, one: One) -> Any:
        """Return under which name a series was fitted: the only one that was may lose its name, or get one."""
        names = list(self._scales)
        without = len(names) == 1 and (one.name is None or names[0] in (None, 0))
        return names[0] if without else one.name

    def _widening(self, model: Model, one: One, table: Table) -> np.ndarray:
        """Return how much wider the interval must be, by the latest errors where the series goes on from the fitted."""
        fitted, first = self._kept.get(self._fitted_name(one), (np.empty(0), 0))
        goes_on = len(one.values) > len(fitted) > 0
        if not goes_on or not np.array_equal(one.values[: len(fitted)], fitted, equal_nan=True):
            return self._wider
        begins = starts(one._replace(known=one.known[: len(one.values)]), self.k, self.horizon)
        latest = [(0, int(at)) for at in begins[begins >= first][-_LATEST:]]
        low, _, high = self.way.quantiles(model, [table], latest, self.seed)
        return widening(low, high, came([table], latest, self.k, self.horizon), self.level)

    def _places(self, parts: list[One]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the windows to train on and, after a gap in each series, those that are kept from it."""
        training, held, reach = list[tuple[int, int]](), list[tuple[int, int]](), self.k + self.horizon
        for number, one in enumerate(parts):
            begins = starts(one, self.k, self.horizon)
            n_kept = round(self.kept * len(begins))
            last = begins[len(begins) - n_kept :]
            first = begins if not n_kept else begins[begins + reach <= last[0] + self.k]
            training += [(number, int(at)) for at in first]
            held += [(number, int(at)) for at in last]
        if not training:
            what = "series with its inputs" if parts[0].inputs.shape[1] else "series"
            raise ValueError(
                f"{what} has no window to train on, expected several times k+horizon={reach} values without a gap"
            )
        return training, [held[at] for at in np.unique(np.linspace(0, len(held) - 1, 400).astype(int))] if held else []
