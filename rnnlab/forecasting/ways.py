"""The two ways to forecast several steps: all at once, or one after the other with forecasts read again."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnlab import losses
from rnnlab.data.batch import Batch
from rnnlab.forecasting.tables import Table, cut
from rnnlab.model import Model

_Place = tuple[int, int]  # number of the series, and where the window begins


@dataclass(frozen=True)
class Direct:
    """All steps at once: the network goes on through the steps to come, of which it reads only what is known."""

    k: int
    horizon: int
    levels: tuple[float, float, float]
    relative: bool = False  # whether values are read and forecast as differences from the last one of the window

    @property
    def loss(self) -> Any:
        """The loss that it is trained with."""
        return losses.Quantiles(self.levels)

    @property
    def n_outputs(self) -> int:
        """How many outputs there are at a step."""
        return len(self.levels)

    def inputs(self, tables: list[Table], places: list[_Place]) -> np.ndarray:
        """Return what the network reads: (k + F, M, 1 + C + K + 1)."""
        first = tables[places[0][0]]
        n_measured, n_known = 1 + first.inputs.shape[1], first.known.shape[1]
        x = np.zeros((self.k + self.horizon, len(places), n_measured + n_known + 1), np.float32)
        x[self.k :, :, -1] = 1
        for row, (number, start) in enumerate(places):
            measured, known = cut(tables[number], start, self.k, self.horizon, 0)
            x[: self.k, row, :n_measured] = measured
            x[: self.k, row, 0] -= self._base(tables[number], start)
            x[:, row, n_measured:-1] = known
        return x

    def batch(self, tables: list[Table], places: list[_Place]) -> Batch:
        """Return windows with their targets, of which only those of the steps to come count."""
        x = self.inputs(tables, places)
        target = np.zeros((*x.shape[:2], 1), np.float32)
        base = [self._base(tables[number], start) for number, start in places]
        target[self.k :, :, 0] = came(tables, places, self.k, self.horizon).T - np.array(base, np.float32)
        mask = np.zeros(x.shape[:2], bool)
        mask[self.k :] = True
        return Batch(x, target, mask, per_step=True)

    def quantiles(self, model: Model, tables: list[Table], places: list[_Place], seed: int) -> np.ndarray:
        """Return low, middle and high: (3, M, F)."""
        y = model.predict(self.inputs(tables, places))[self.k :]
        base = np.array([self._base(tables[number], start) for number, start in places], np.float32)
        return np.sort(y, axis=2).transpose(2, 1, 0) + base[:, None]  # levels that cross say that they are the same

    def _base(self, table: Table, start: int) -> float:
        return float(table.values[start + self.k - 1]) if self.relative else 0.0


@dataclass(frozen=True)
class Feedback:
    """One step after the other: what is drawn from the forecast of a step is read as the value of the next."""

    k: int
    horizon: int
    levels: tuple[float, float, float]
    n_paths: int = 100

    @property
    def loss(self) -> Any:
        """The loss that it is trained with."""
        return losses.gaussian

    @property
    def n_outputs(self) -> int:
        """How many outputs there are at a step: mean and spread."""
        return 2

    def batch(self, tables: list[Table], places: list[_Place]) -> Batch:
        """Return windows whose target is, at every step, the next value."""
        x, target = [], []
        n = self.k + self.horizon - 1
        for number, start in places:
            known = tables[number].known[start + 1 : start + 1 + n]
            values = tables[number].values[start : start + 1 + n]
            x.append(np.column_stack([values[:-1], known]))
            target.append(values[1:, None])
        return Batch(np.stack(x, axis=1), np.stack(target, axis=1), per_step=True)

    def quantiles(self, model: Model, tables: list[Table], places: list[_Place], seed: int) -> np.ndarray:
        """Return low, middle and high of many courses: (3, M, F)."""
        rng, n = np.random.default_rng(seed), len(places)
        read, known = [], []
        for number, start in places:
            table = tables[number]
            rows = np.zeros((self.k + self.horizon - 1, table.known.shape[1]), np.float32)
            rows[:] = table.known[start + 1 : start + self.k + self.horizon]
            read.append(np.column_stack([table.values[start : start + self.k], rows[: self.k]]))
            known.append(rows[self.k :])
        x, ahead = np.stack(read, axis=1), np.stack(known, axis=1)
        steps = model.steps()
        for x_t in x[:-1]:
            steps.read(x_t)
        y = steps.read(x[-1]).repeat(self.n_paths, axis=0)
        steps.repeat(self.n_paths)
        courses = np.empty((self.horizon, n * self.n_paths), np.float32)
        for step in range(self.horizon):
            courses[step] = y[:, 0] + np.exp(y[:, 1] / 2) * rng.standard_normal(len(y)).astype(np.float32)
            if step + 1 < self.horizon:
                y = steps.read(np.column_stack([courses[step], ahead[step].repeat(self.n_paths, axis=0)]))
        return np.quantile(courses.reshape(self.horizon, n, self.n_paths), self.levels, axis=2).transpose(0, 2, 1)


def came(tables: list[Table], places: list[_Place], k: int, horizon: int) -> np.ndarray:
    """Return what came after the windows: (M, F)."""
    return np.array([tables[number].values[start + k : start + k + horizon] for number, start in places])
