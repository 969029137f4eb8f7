"""Sequences in scikit-learn: a forecaster and a classifier for a `Pipeline`, `GridSearchCV` and all else that it has.

A row of X is a sequence: k steps one after the other, as `data.windows` gives them, or k steps of C numbers each with
``n_channels=C``. The network reads it step by step and answers once. Inputs and numeric targets are scaled by mean and
spread of what is fitted, and forecasts are scaled back.
"""

import numbers
from types import ModuleType
from typing import Any

import numpy as np

from rnnlab import losses, optimizers
from rnnlab._cell import Portable
from rnnlab._spread import mean_and_spread
from rnnlab.data.batch import Batch
from rnnlab.model import Model

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state, compute_class_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as error:
    message = "estimators need scikit-learn 1.6 or later: install it with  pip install 'rnnlab[data]'"
    raise ImportError(message) from error

__all__ = ["SequenceClassifier", "SequenceForecaster"]


class _Sequences(Portable, BaseEstimator):
    """What both estimators have in common."""

    def __init__(
        self,
        cell: Any = "gru",
        *,
        n_hidden: int = 32,
        n_channels: int = 1,
        n_updates: int = 300,
        n_batch: int = 32,
        lr: float = 0.01,
        clip: float = 1.0,
        random_state: Any = None,
    ) -> None:
        self.cell = cell
        self.n_hidden = n_hidden
        self.n_channels = n_channels
        self.n_updates = n_updates
        self.n_batch = n_batch
        self.lr = lr
        self.clip = clip
        self.random_state = random_state

    def __sklearn_clone__(self) -> Any:
        """Return an unfitted copy. A cell that is a module is the same in it: modules are not copied."""
        params = self.get_params(deep=False)
        cell = params.pop("cell")
        from sklearn.base import clone

        copied = {name: clone(value, safe=False) for name, value in params.items()}
        return type(self)(cell if isinstance(cell, ModuleType | str) else clone(cell, safe=False), **copied)

    def _train(self, x: np.ndarray, target: np.ndarray, loss: Any, n_output: int) -> None:
        """Fit the network to rows of sequences."""
        n_channels = self.n_channels
        whole = isinstance(n_channels, numbers.Integral) and not isinstance(n_channels, bool)
        if not whole or n_channels < 1 or x.shape[1] % n_channels:
            raise ValueError(f"n_channels is {n_channels!r}, expected a divisor of the {x.shape[1]} columns of X")
        steps = x.reshape(len(x), -1, n_channels)
        self._mean, self._spread = mean_and_spread(steps, (0, 1))
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        self.model_ = Model(self.cell, self.n_hidden, readout=n_output, loss=loss, per_step=False, seed=seed)
        batch = Batch(self._read(x), target, per_step=False)
        schedule = optimizers.Adam(optimizers.cosine(self.lr, self.n_updates))
        fit = self.model_.fit(batch, self.n_updates, n_batch=self.n_batch, optimizer=schedule, clip=self.clip)
        self.loss_curve_ = fit.history.loss.tolist()
        self.n_iter_ = len(self.loss_curve_)

    def _read(self, x: np.ndarray) -> np.ndarray:
        """Return rows as the network reads them: (k, M, C)."""
        steps = x.reshape(len(x), -1, self.n_channels)
        return np.ascontiguousarray(((steps - self._mean) / self._spread).swapaxes(0, 1))

    def _answer(self, x: Any) -> np.ndarray:
        check_is_fitted(self)
        checked = validate_data(self, x, dtype=np.float64, reset=False)
        return self.model_.predict(self._read(checked))


class SequenceForecaster(RegressorMixin, _Sequences):
    """A recurrent network that answers a sequence with one number or several.

    Parameters
    ----------
    cell : str, Stack, Bidirectional or module, default "gru"
        "rnn", "gru", "lstm", or a cell or layers of one.
    n_hidden : int, default 32
        H.
    n_channels : int, default 1
        C, how many numbers of a row are read at each step.
    n_updates, n_batch : int, default 300 and 32
        As in `model.Model.fit`.
    lr : float, default 0.01
        First step size of Adam; it falls to 0.
    clip : float, default 1
        Shorten longer gradients to this norm.
    random_state : int, RandomState or None, default None
        Decides first weights and the order of batches.

    Attributes
    ----------
    model_ : model.Model
        The network.
    loss_curve_ : list of float
        The loss before each update.

    Examples
    --------
    >>> from rnnlab import data
    >>> x, y = data.windows(np.sin(np.arange(300) / 4), k=12, horizon=3)
    >>> forecaster = SequenceForecaster("gru", n_hidden=12, random_state=0).fit(x[:200], y[:200])
    >>> bool(forecaster.score(x[200:], y[200:]) > 0.95)
    True
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "SequenceForecaster":
        """Train on rows of sequences.

        Parameters
        ----------
        X : (M, k·C) array
            Rows of k steps of C numbers.
        y : (M,) or (M, F) array
            What each is to be answered with.

        Returns
        -------
        self : SequenceForecaster
        """
        x, target = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        target = np.asarray(target, float)
        self._single = target.ndim == 1
        target = target.reshape(len(target), -1)
        self._target_mean, self._target_spread = mean_and_spread(target)
        self._train(x, (target - self._target_mean) / self._target_spread, losses.mse, target.shape[1])
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Return the answers.

        Parameters
        ----------
        X : (M, k·C) array
            Rows of sequences.

        Returns
        -------
        y : (M,) or (M, F) array
        """
        y = self._answer(X) * self._target_spread + self._target_mean
        return y[:, 0] if self._single else y


class SequenceClassifier(ClassifierMixin, _Sequences):
    """A recurrent network that says of which class a sequence is.

    Parameters
    ----------
    cell : str, Stack, Bidirectional or module, default "gru"
        "rnn", "gru", "lstm", or a cell or layers of one.
    n_hidden : int, default 32
        H.
    n_channels : int, default 1
        C, how many numbers of a row are read at each step.
    n_updates, n_batch : int, default 300 and 32
        As in `model.Model.fit`.
    lr : float, default 0.01
        First step size of Adam; it falls to 0.
    clip : float, default 1
        Shorten longer gradients to this norm.
    class_weight : dict, "balanced" or None, default None
        How much the rows of each class count.
    random_state : int, RandomState or None, default None
        Decides first weights and the order of batches.

    Attributes
    ----------
    classes_ : array
        The classes, sorted.
    model_ : model.Model
        The network.
    loss_curve_ : list of float
        The loss before each update.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(200, 6))
    >>> y = np.where(x[:, 0] > 0, "up", "down")  # the first number, five steps ago
    >>> classifier = SequenceClassifier("lstm", n_hidden=12, random_state=0).fit(x[:150], y[:150])
    >>> bool(classifier.score(x[150:], y[150:]) > 0.9)
    True
    """

    def __init__(
        self,
        cell: Any = "gru",
        *,
        n_hidden: int = 32,
        n_channels: int = 1,
        n_updates: int = 300,
        n_batch: int = 32,
        lr: float = 0.01,
        clip: float = 1.0,
        class_weight: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            cell,
            n_hidden=n_hidden,
            n_channels=n_channels,
            n_updates=n_updates,
            n_batch=n_batch,
            lr=lr,
            clip=clip,
            random_state=random_state,
        )
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any) -> "SequenceClassifier":
        """Train on rows of sequences.

        Parameters
        ----------
        X : (M, k·C) array
            Rows of k steps of C numbers.
        y : (M,) array
            The class of each.

        Returns
        -------
        self : SequenceClassifier
        """
        x, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_, index = np.unique(labels, return_inverse=True)
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=labels)
        self._train(x, index, _Weighted(tuple(float(weight) for weight in weights)), len(self.classes_))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return how likely each class is.

        Parameters
        ----------
        X : (M, k·C) array
            Rows of sequences.

        Returns
        -------
        chances : (M, n_classes) array
        """
        scores = self._answer(X)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    def predict(self, X: Any) -> np.ndarray:
        """Return the likeliest class.

        Parameters
        ----------
        X : (M, k·C) array
            Rows of sequences.

        Returns
        -------
        y : (M,) array
        """
        best = self._answer(X).argmax(axis=1)
        return np.asarray(self.classes_[best])


class _Weighted:
    """The cross-entropy of classes with weights: a value that can be pickled and named."""

    def __init__(self, weights: tuple[float, ...]) -> None:
        self.weights = weights

    def __call__(self, y: Any, target: Any, mask: Any = None) -> tuple[float, np.ndarray]:
        return losses.softmax_cross_entropy(y, target, mask, class_weights=self.weights)
