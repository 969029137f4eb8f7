"""More wrong calls by name: settings that are on or off, series with labels, tokens, optimizers, scores."""

import numpy as np
from wrong_calls import BATCH, PARAMS, X, fit

from rnnlab import (
    activations,
    analysis,
    batches,
    checkpoint,
    data,
    forecasting,
    initializers,
    lstm,
    metrics,
    optimizers,
    rnn,
    sampling,
    variants,
)
from rnnlab.bidirectional import Bidirectional
from rnnlab.forecasting import Linear, Mean, Scaler, Seasonal, backtest
from rnnlab.model import Model

WEIGHTS = {"w": np.ones(2), "b": np.ones(1)}
ADAM = optimizers.Adam(0.1)
LETTERS = data.Vocabulary.of(["ab"], ("<start>", "<end>"))
WAVE = np.sin(np.arange(60.0))


class Halves:
    def forward(self, params, x, state=None, *, lengths=None): ...

    def __repr__(self):
        return "half a cell"


def update(grads, state=None, optimizer=ADAM, params=WEIGHTS):
    return optimizer.update(params, grads, optimizer.init(params) if state is None else state)


CALLS = {
    "a resumption in words": (lambda: fit(resume="no"), TypeError, "resume is 'no', expected True or False"),
    "progress in words": (lambda: fit(progress="no"), TypeError, "progress is 'no', expected True or False"),
    "a tape in words": (
        lambda: lstm.forward(PARAMS.cell, X, tape="no"),
        TypeError,
        "tape is 'no', expected True or False",
    ),
    "lengths in words": (
        lambda: batches.Epochs(BATCH, 2, by_length="no"),
        TypeError,
        "by_length is 'no', expected True or False",
    ),
    "feedback in words": (
        lambda: forecasting.Forecaster(feedback="no"),
        TypeError,
        "feedback is 'no', expected True or False",
    ),
    "fitting again in words": (
        lambda: backtest({"a": Seasonal(1, 1)}, WAVE, n_train=30, horizon=1, refit="no"),
        TypeError,
        "refit is 'no', expected True or False",
    ),
    "a dtype that is none": (
        lambda: lstm.init(0, 2, 3, dtype="floaty"),
        TypeError,
        "dtype is 'floaty', expected float64 or float32",
    ),
    "a dtype of vectors that is none": (
        lambda: data.one_hot([0], 2, dtype="nope"),
        TypeError,
        "dtype is 'nope', expected one of numbers, such as float64",
    ),
    "a forget bias of nothing": (
        lambda: lstm.init(0, 2, 3, forget_bias=None),
        ValueError,
        "forget_bias is None, expected a number, or 3 of them",
    ),
    "a forget bias that is not finite": (
        lambda: lstm.init(0, 2, 3, forget_bias=np.nan),
        ValueError,
        "forget_bias is nan, expected finite numbers",
    ),
    "weights of half a unit": (
        lambda: initializers.glorot(0, 2.5, 3),
        ValueError,
        "n_out is 2.5, expected a whole number of at least 1",
    ),
    "one state for two directions": (
        lambda: Bidirectional(rnn).forward(Bidirectional(rnn).init(0, 2, 4), X, np.zeros((3, 4))),
        TypeError,
        "state is not a pair, expected one state for each direction: (ahead, reverse)",
    ),
    "an activation of nothing": (lambda: activations.tanh(None), TypeError, "a has dtype object, expected floats"),
    "an activation of complex numbers": (
        lambda: activations.sigmoid(1j),
        TypeError,
        "a has dtype complex128, expected floats",
    ),
    "the radius of NaN": (
        lambda: analysis.spectral_radius(np.full((2, 2), np.nan)),
        ValueError,
        "w[0, 0] is nan, expected finite numbers",
    ),
    "gates that were not kept": (
        lambda: analysis.gate_statistics(lstm, lstm.forward(PARAMS.cell, X, tape=False)),
        ValueError,
        "the tape holds no gates, expected one of a forward without tape=False",
    ),
    "a class of functions that want an object": (
        lambda: Model(Halves, 2),
        TypeError,
        "cell is the class Halves, expected one whose functions are static",
    ),
    "a cell that cannot go back": (
        lambda: Model(Halves(), 2),
        TypeError,
        "cell is half a cell, without backward, expected a cell such as rnnlab.lstm, or layers of one",
    ),
    "a batch before the first": (
        lambda: batches.Epochs(BATCH, 2)(0, -1),
        TypeError,
        "n is -1, expected a whole number of 0 or more",
    ),
    "a batch as its own source": (
        lambda: batches.endless(BATCH),
        TypeError,
        "draw is Batch, expected a function from a generator to a batch",
    ),
    "a gradient too many": (
        lambda: update({**WEIGHTS, "z": np.ones(1)}),
        ValueError,
        "grads.z is there, expected gradients of the weights only",
    ),
    "a gradient in a list": (
        lambda: update([1.0, 2.0], params=np.ones(2)),
        ValueError,
        "grads is in parts, expected an array of shape (2,)",
    ),
    "a complex gradient": (
        lambda: update({"w": np.ones(2) * 1j, "b": np.ones(1)}),
        TypeError,
        "grads have dtype complex128, expected float64",
    ),
    "a gradient in words": (
        lambda: update({"w": np.array(["a", "b"]), "b": np.ones(1)}),
        TypeError,
        "grads.w is array(['a', 'b'], dtype='<U1'), expected an array of numbers",
    ),
    "a masked gradient": (
        lambda: update({"w": np.ma.array([1.0, 1e9], mask=[0, 1]), "b": np.ones(1)}),
        ValueError,
        "grads is a masked array with masked entries, expected numbers and a mask of its own",
    ),
    "weights too short for a square": (
        lambda: update(np.zeros(2, np.float16), params=np.ones(2, np.float16)),
        TypeError,
        "params have dtype float16, expected float64 or float32",
    ),
    "the state of another optimizer": (
        lambda: update(WEIGHTS, state=optimizers.SGD(0.1).init(WEIGHTS)),
        TypeError,
        f"state is {optimizers.SGD(0.1).init(WEIGHTS)!r:.60}, expected what init or update of this optimizer returned",
    ),
    "the norm of words": (
        lambda: optimizers.global_norm({"w": "abc"}),
        TypeError,
        "grads.w is 'abc', expected an array of numbers",
    ),
    "a schedule's class": (
        lambda: optimizers.SGD(optimizers.Cosine),
        TypeError,
        "lr is the class Cosine, expected a number or a schedule such as cosine(0.1, 1000)",
    ),
    "an interval in words": (
        lambda: metrics.coverage(["a"], ["b"], ["c"]),
        TypeError,
        "low has dtype <U1, expected numbers",
    ),
    "a metric without a number": (
        lambda: Model("rnn", 2).fit(BATCH, 1, validate=BATCH, metrics={"a": lambda y, target, mask: None}),
        TypeError,
        "metric 'a' returned None, expected one number",
    ),
    "masked weights in a file": (
        lambda: checkpoint.save("never.npz", {"w": np.ma.array([1.0, 2.0], mask=[0, 1])}),
        ValueError,
        "values.w is a masked array with masked entries, expected numbers and a mask of its own",
    ),
    "scores in words": (lambda: sampling.draw(0, ["a"]), TypeError, "logits has dtype <U1, expected floats"),
    "a cell in place of a step": (
        lambda: sampling.generate(lstm, None, [1], 2, 0),
        TypeError,
        f"step is {lstm!r:.60}, expected a function such as sampling.stepper(cell, params)",
    ),
    "a step without its state": (
        lambda: sampling.generate(lambda state, tokens: np.zeros((1, 3)), None, [1], 2, 0),
        TypeError,
        "step returned ndarray, expected a pair: scores (B, V) and the next state",
    ),
    "a network that scores other tokens than it reads": (
        lambda: sampling.stepper(lstm, variants.init(lstm, 0, 3, 4, 5)),
        ValueError,
        "params read 3 numbers and score 5 tokens, expected as many: one-hot tokens",
    ),
    "notes on another keyboard": (
        lambda: sampling.generate_notes(lstm, variants.init(lstm, 0, 3, 4, 2), np.zeros((1, 3)), 2, 0),
        ValueError,
        "start has shape (1, 3), expected (B, K=2), as many keys as params has outputs",
    ),
    "no texts": (lambda: data.Vocabulary.of(None), TypeError, "texts is None, expected several texts, such as [text]"),
    "a number as a text": (lambda: LETTERS.encode(5), TypeError, "text is 5, expected a string or tokens"),
    "tokens in lists of their own": (
        lambda: LETTERS.encode([["a"], ["b"]]),
        TypeError,
        "text has ['a'] at place 0, expected tokens: letters, words or numbers",
    ),
    "an accent in Unicode's other way": (
        lambda: data.Vocabulary.of(["caf\u00e9"]).encode("cafe\u0301"),
        ValueError,
        "token 'e' at place 3 is unknown, expected one of the 4 known; all are known in "
        "unicodedata.normalize('NFC', text)",
    ),
    "sequences by name": (
        lambda: data.pad({"a": [1]}),
        TypeError,
        "sequences is {'a': [1]}, expected a list of sequences of numbers",
    ),
    "padding of nothing": (lambda: data.pad([[1]], fill=None), TypeError, "fill is None, expected a number"),
    "lengths in a table": (
        lambda: data.length_mask([[1, 2]], 3),
        ValueError,
        "lengths has shape (1, 2), expected (B,)",
    ),
    "three of a pair": (
        lambda: data.pair_batch([("a", "b", "a")], LETTERS, LETTERS),
        ValueError,
        "pairs[0] is ('a', 'b', 'a'), expected a source and its target",
    ),
    "a source without a token": (
        lambda: data.pair_batch([("a", "b"), ("", "b")], LETTERS, LETTERS),
        ValueError,
        "pairs[1] has an empty source, expected one token at least",
    ),
    "a score's endless step": (
        lambda: data.write_score("never.mid", np.eye(2, 88), step=np.inf),
        ValueError,
        "step is inf, expected at least 0.015625",
    ),
    "a sound in words": (
        lambda: data.write_wave("never.wav", "abc"),
        TypeError,
        "sound has dtype <U3, expected floats",
    ),
    "a rate in words": (
        lambda: data.write_wave("never.wav", [0.0], rate="8k"),
        ValueError,
        "rate is '8k', expected a whole number of at least 1",
    ),
    "times in words": (
        lambda: data.windows([1.0, 2, 3], 1, time=["2026-01-01", "2026-01-02", "2026-01-03"]),
        ValueError,
        "time has shape (3,) and dtype <U10, expected (3,) of times; pandas.to_datetime(time) reads text",
    ),
    "a label that NumPy would write out": (
        lambda: data.windows([1.0, 2, 3], 1, groups=["a", np.nan, "a"]),
        ValueError,
        "groups has a missing label at 1, expected one for every value",
    ),
    "a date that is none in a calendar": (
        lambda: forecasting.calendar(np.array(["NaT", "2026-01-01"], "M8[h]")),
        ValueError,
        "times is missing at 0, expected a date everywhere",
    ),
    "a range turned round": (
        lambda: data.adding(0, 2, 4, low=1.0, high=0.0),
        ValueError,
        "high is 0.0, expected a number above low=1",
    ),
    "a range in words": (
        lambda: data.first_element_baselines(low="0"),
        ValueError,
        "low is '0', expected a finite number",
    ),
    "noise of no spread": (
        lambda: data.latch(0, 2, variance=np.nan),
        ValueError,
        "variance is nan, expected a number from 0",
    ),
    "one weight for all lags": (
        lambda: data.echo(0, 2, weights=0.5),
        TypeError,
        "weights is 0.5, expected a mapping from lags, such as {3: 0.5, 8: -0.25}",
    ),
    "a holiday in another form": (
        lambda: forecasting.calendar(np.array(["2026-01-01"], "M8[D]"), [], ["20260101"]),
        ValueError,
        "holidays has '20260101', expected dates such as '2026-12-24'",
    ),
    "a holiday that is missing": (
        lambda: forecasting.Forecaster(holidays=np.array(["NaT"], "M8[D]")),
        ValueError,
        f"holidays has {np.datetime64('NaT', 'D')!r}, expected dates such as '2026-12-24'",
    ),
    "no holidays": (
        lambda: forecasting.Forecaster(holidays=None),
        TypeError,
        "holidays is None, expected several dates such as '2026-12-24'",
    ),
    "a holiday between two weeks": (
        lambda: forecasting.calendar(np.arange("2026-12-07", "2027-01-12", 7, dtype="M8[D]"), [], ["2026-12-25"]),
        ValueError,
        "holidays has 2026-12-25, between two times of the series, the one before on 2026-12-21: expected days of the "
        "series; known= marks the weeks or months that are unlike others",
    ),
    "a scaler of other columns": (
        lambda: Scaler.fit(np.ones((3, 2))).transform(np.ones((3, 3))),
        ValueError,
        "values has shape (3, 3), expected (N, C=2), as many columns as were fitted",
    ),
    "a mean of fewer values": (
        lambda: Mean(5, 1).fit(WAVE).predict([1.0, 2.0]),
        ValueError,
        "series has 2 values, expected at least k=5",
    ),
    "weights that nothing decides": (
        lambda: Linear(3, 1, ridge=0).fit(np.ones(50)),
        ValueError,
        "ridge is 0, which leaves open what the weights of this series are, expected more",
    ),
    "nothing to compare": (
        lambda: backtest({}, WAVE, n_train=30, horizon=1),
        ValueError,
        "forecasters is empty, expected at least one",
    ),
    "a forecaster's class": (
        lambda: backtest({"a": Seasonal}, WAVE, n_train=30, horizon=1),
        TypeError,
        "forecasters['a'] is the class Seasonal, expected an object with fit and predict",
    ),
}
