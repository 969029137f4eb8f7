"""A network with its readout, loss and weights in one object: train, ask, save.

It is a thin layer over the functions of the library. `Model.weights` are plain arrays, `Model.objective` is what
`training.fit` trains, and an option that belongs to the weights, such as a GRU's ``reset``, stays with them.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from rnnlab import _arrays, _pytree, batches, embedding, losses, optimizers, readout, sampling, training
from rnnlab import _model_file as _file
from rnnlab import _model_parts as _parts
from rnnlab._cell import DRAWN, directions, require_ahead
from rnnlab._model_parts import Weights
from rnnlab._model_steps import Steps
from rnnlab._run import Update
from rnnlab._settings import require_float_type, require_seed
from rnnlab.data.batch import has_target_per_step, require_batch

__all__ = ["Model", "Steps", "Weights"]

Metric = Callable[..., float]


class Model:
    """A cell, or layers of one, with a readout and, for tokens, an embedding.

    Parameters
    ----------
    cell : module, Stack, Bidirectional or str
        `rnnlab.lstm`, anything with its functions, or the name "rnn", "gru" or "lstm".
    n_hidden : int or sequence of int, default 32
        H; of a stack it may be one width for each layer, the lowest first.
    readout : int, optional
        O, how many outputs there are. By default as many as the targets of the first training and the loss need.
    embedding : (int, int), optional
        How many tokens there are, and the length of their vectors: the input is then of whole numbers, (T, B).
    loss : function, default losses.mse
        Of `rnnlab.losses`.
    per_step : bool, optional
        Whether every step answers, or each sequence once. By default as the first training's targets are.
    options : mapping, optional
        What the cell's ``forward`` takes, such as ``{"reset": "before"}`` or ``{"dropout": 0.5, "rng": 1}``; dropout
        only counts in training.
    dtype : dtype, default float64
        float64 or float32.
    seed : int, default 0
        Decides the first weights and the order of batches.

    Attributes
    ----------
    weights, last : Weights or None
        The best weights of the last training, by its validation, and the last ones; None before the first.
    metrics : dict of lists
        What each metric was at each validation of the last training.

    Examples
    --------
    >>> from rnnlab import data, gru
    >>> batch = data.adding(np.random.default_rng(0), n_batch=200, n_steps=4)
    >>> model = Model(gru, n_hidden=8)
    >>> trained = model.fit(batch, 300, optimizer=optimizers.Adam(0.02))
    >>> model
    Model(gru, n_hidden=8, readout=1, loss=mse: 281 numbers)
    >>> bool(model.evaluate(batch)["loss"] < 0.02), model.predict(batch.x[:, :3]).shape
    (True, (3, 1))
    """

    def __init__(
        self,
        cell: Any,
        n_hidden: int | Sequence[int] = 32,
        *,
        readout: int | None = None,
        embedding: tuple[int, int] | None = None,
        loss: Callable[..., Any] = losses.mse,
        per_step: bool | None = None,
        options: Mapping[str, Any] | None = None,
        dtype: DTypeLike = np.float64,
        seed: int = 0,
    ) -> None:
        self.cell, self.n_hidden = _parts.cell_of(cell), _parts.require_width(n_hidden)
        self.n_output = None if readout is None else _arrays.require_count("readout", readout)
        if embedding is not None and (not isinstance(embedding, tuple | list) or len(embedding) != 2):
            raise TypeError(f"embedding is {embedding!r:.60}, expected (number of tokens, length of their vectors)")
        self.tokens = None if embedding is None else tuple(_arrays.require_count("embedding", n) for n in embedding)
        self.loss = _parts.require_loss(loss, self.n_output)
        self.per_step = None if per_step is None else bool(_arrays.require_flags("per_step", per_step, ()))
        self.options = _parts.settled(self.cell, options)
        self.dtype, self.seed = require_float_type(dtype), require_seed("seed", seed)
        self.weights: Weights | None = None
        self.last: Weights | None = None
        self.metrics: dict[str, list[float]] = {}

    @property
    def objective(self) -> Any:
        """The loss as a function of weights and a batch, as `training.fit` takes it."""
        if self.per_step is None:
            raise ValueError("per_step is None and nothing was trained, expected True or False")
        return _parts.Objective(self.cell, self.loss, self.per_step, self.options)

    def build(self, n_input: int | None = None) -> "Model":
        """Draw first weights, as the first `fit` does by itself.

        Parameters
        ----------
        n_input : int, optional
            D; with an embedding it is the length of the vectors.

        Returns
        -------
        model : Model
        """
        if self.n_output is None:
            raise ValueError("readout is None, expected how many outputs there are")
        rng, table = np.random.default_rng(self.seed), None
        if self.tokens is not None:
            table, n_input = embedding.init(rng, *self.tokens, dtype=self.dtype), self.tokens[1]
        if n_input is None:
            raise ValueError("n_input is None, expected how many numbers there are at each step")
        width: Any = self.n_hidden[-1] if isinstance(self.n_hidden, tuple) else self.n_hidden
        cell = self.cell.init(rng, n_input, self.n_hidden, dtype=self.dtype)
        head = readout.init(rng, directions(self.cell) * width, self.n_output, dtype=self.dtype)
        self.weights = self.last = Weights(table, cell, head)
        return self

    def fit(
        self,
        batch: Any,
        n_updates: int = 1000,
        *,
        n_batch: int = 32,
        optimizer: optimizers.Optimizer | None = None,
        clip: float | None = 1.0,
        validate: Any = None,
        validate_every: int = 100,
        metrics: Mapping[str, Metric] | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        callbacks: Sequence[Callable[[Update], Any]] = (),
        save_to: str | Path | None = None,
        save_every: int = 1000,
        resume: bool = False,
        progress: bool = False,
    ) -> training.Fit:
        """Train, from the weights that there are; `weights` and `last` are then the best and the last.

        Parameters
        ----------
        batch : data.Batch or callable
            All rows, of which every update reads some; or a source of batches, such as `batches.endless` returns.
        n_updates : int, default 1000
            How many updates.
        n_batch : int, default 32
            Rows of an update, at most.
        optimizer : optimizers.Optimizer, default Adam(0.01)
            The rule of the step.
        clip : float, default 1
            Shorten longer gradients to this norm; None leaves them.
        validate : data.Batch, optional
            Rows that are not trained on.
        validate_every : int, default 100
            Updates between validations.
        metrics : mapping from str to function, optional
            Of `rnnlab.metrics`, measured at each validation; see the attribute `metrics`.
        patience, min_delta, callbacks, save_to, save_every, resume, progress
            As in `training.fit`.

        Returns
        -------
        fit : training.Fit
        """
        source, first = (batch, batch(self.seed, 0)) if callable(batch) else (None, batch)
        require_batch("batch", first)
        if source is None:
            source = batches.Epochs(batch, min(_arrays.require_count("n_batch", n_batch), np.shape(batch.x)[1]))
        self._begin(first)
        _parts.require_measures(metrics, validate)
        self.metrics = {name: [] for name in metrics or {}}
        objective = self.objective

        def measure(weights: Weights) -> float:
            for name, metric in (metrics or {}).items():
                y = objective.answers(weights, validate.x, validate.lengths)
                found = metric(y, validate.target, objective.counts(validate, y))
                self.metrics[name].append(_parts.measured(name, found))
            return float(objective.value(weights, validate))

        fit = training.fit(
            objective, self.weights, source, optimizers.Adam(0.01) if optimizer is None else optimizer, n_updates,
            seed=self.seed, clip=clip, validate=None if validate is None else measure, validate_every=validate_every,
            patience=patience, min_delta=min_delta, save_to=save_to, save_every=save_every, resume=resume,
            progress=progress, callbacks=callbacks,
        )  # fmt: skip
        self.weights, self.last = fit.params, fit.last
        return fit

    def _begin(self, batch: Any) -> None:
        """Learn from the first batch what was left open."""
        per_step = has_target_per_step(batch)
        if self.per_step is None:
            self.per_step = per_step
        if self.n_output is None:
            self.n_output = _parts.n_outputs(self.loss, batch)
        if self.weights is None:
            self.build(None if self.tokens else int(np.shape(batch.x)[-1]))

    def predict(self, x: ArrayLike, lengths: ArrayLike | None = None) -> np.ndarray:
        """Return the outputs for sequences.

        Parameters
        ----------
        x : (T, B, D) array, or (T, B) of tokens
            Sequences, time first.
        lengths : (B,) array of int, optional
            Steps of each row.

        Returns
        -------
        y : (T, B, O) array, or (B, O) where each sequence is answered once
        """
        return np.asarray(self.objective.answers(self._trained(), x, lengths))

    def evaluate(self, batch: Any, metrics: Mapping[str, Metric] | None = None) -> dict[str, float]:
        """Return the loss on a batch, under the name "loss", and each metric.

        Parameters
        ----------
        batch, metrics
            As `validate` and `metrics` of `fit`.

        Returns
        -------
        found : dict of float
        """
        require_batch("batch", batch)
        _parts.require_measures(metrics, batch)
        y, found = self.predict(batch.x, batch.lengths), {"loss": self.objective.value(self._trained(), batch)}
        counts = self.objective.counts(batch, y)
        return found | {name: _parts.measured(name, m(y, batch.target, counts)) for name, m in (metrics or {}).items()}

    def steps(self, state: Any = None) -> "Steps":
        """Return a reader that takes one step at a time and carries its state.

        Parameters
        ----------
        state : state, optional
            The state before the first step; zeros by default.

        Returns
        -------
        steps : Steps
        """
        require_ahead("steps", self.cell)
        return Steps(self, state)

    def generate(
        self,
        start: ArrayLike,
        n: int,
        rng: np.random.Generator,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
    ) -> np.ndarray:
        """Return tokens drawn one after the other, each read before the next is drawn.

        Parameters
        ----------
        start : (B,) array of int
            The token that each row reads first.
        n : int
            How many tokens.
        rng, temperature, top_k, top_p
            As in `sampling.draw`.

        Returns
        -------
        tokens : (n, B) array of int

        Raises
        ------
        ValueError
            If the network reads in both directions, does not score every token, or an option does not fit.
        """
        require_ahead("generate", self.cell)
        chances = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        if self.tokens is None:
            options = {name: value for name, value in self.options.items() if name not in DRAWN}
            step: Any = sampling.stepper(self.cell, self._trained(), **options)
            return sampling.generate(step, None, start, n, rng, **chances)  # type: ignore[arg-type]
        if self.n_output != self.tokens[0]:
            raise ValueError(f"readout is {self.n_output}, expected a score for each of {self.tokens[0]} tokens")
        return sampling.generate(self._step, None, start, n, rng, **chances)  # type: ignore[arg-type]

    def _step(self, state: Any, x_t: ArrayLike) -> tuple[np.ndarray, Any]:
        """Return the outputs after one more step, and the state."""
        weights = self._trained()
        x = _arrays.as_array("x_t", x_t)[None]
        if weights.embedding is not None:
            x = embedding.forward(weights.embedding, x).x
        options = {name: value for name, value in self.options.items() if name not in DRAWN}
        tape = self.cell.forward(weights.cell, x, state, **options)
        return readout.forward(weights.readout, tape.h[-1]).y, tape.h_n

    def summary(self) -> str:
        """Return a table of all arrays with their shapes and numbers.

        Returns
        -------
        table : str

        Examples
        --------
        >>> print(Model("gru", 4, readout=1).build(n_input=2).summary())
        part     array  shape     numbers
        cell     w_x    (12, 2)        24
        cell     w_h    (12, 4)        48
        cell     b_h    (12,)          12
        cell     b_hn   (4,)            4
        readout  w_y    (1, 4)          4
        readout  b_y    (1,)            1
                        in all         93
        """
        return _file.table(self._trained())

    def __repr__(self) -> str:
        count = sum(np.size(leaf) for _, leaf in _pytree.leaves(self.weights))
        kind, loss = _file.name_of(self.cell), getattr(self.loss, "__name__", repr(self.loss))
        tokens = f", embedding={self.tokens}" if self.tokens else ""
        numbers = f"{count:,} numbers" if count else "no weights yet"
        return f"Model({kind}, n_hidden={self.n_hidden}{tokens}, readout={self.n_output}, loss={loss}: {numbers})"

    def save(self, path: str | Path) -> None:
        """Write the model to one file, without code: weights, shapes and settings.

        Parameters
        ----------
        path : str or Path
            Such as ``"model.npz"``.

        Raises
        ------
        ValueError
            If there are no weights yet.
        """
        self._trained()
        _file.save(path, self)

    @classmethod
    def load(cls, path: str | Path, *, cell: Any = None, loss: Callable[..., Any] | None = None) -> "Model":
        """Return a model that was saved.

        Parameters
        ----------
        path : str or Path
            What `save` wrote.
        cell : module, optional
            The cell, where it is none of the library's: a file holds no code.
        loss : function, optional
            The loss, where it is none of the library's.

        Returns
        -------
        model : Model

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is no model, or its cell or loss has to be given.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     Model("gru", 4, readout=1, per_step=False).build(n_input=2).save(Path(folder, "model.npz"))
        ...     Model.load(Path(folder, "model.npz"))
        Model(gru, n_hidden=4, readout=1, loss=mse: 93 numbers)
        """
        return _file.load(path, cls, cell, loss)

    def _trained(self) -> Weights:
        if self.weights is None:
            raise ValueError("the model has no weights yet, expected fit, build or load before")
        return self.weights

    def __getstate__(self) -> dict[str, Any]:
        held = _parts.Objective(self.cell, self.loss, bool(self.per_step), {})
        return {**self.__dict__, "cell": held}  # a cell may be a module, which no pickle holds

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({**state, "cell": state["cell"].cell})
