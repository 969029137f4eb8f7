"""Claims about an order of conditions, in small forms: two directions, a reversed source, clipping, first weights."""

from functools import partial

import numpy as np

from rnnlab import batches, data, losses, lstm, optimizers, readout, rnn, training, variants
from rnnlab.bidirectional import Bidirectional
from rnnlab.papers.claim import Claim, Number, Order

_N_CLIP, _EVERY = 3000, 100
_N_LETTERS, _LENGTH = 8, 10


def directions(seed: int) -> dict[str, float]:
    """Return errors of networks of one and two directions where half the answer lies ahead and half behind."""

    def draw(rng: np.random.Generator, delay: int = 0) -> data.Batch:
        x = rng.uniform(-1, 1, (30, 32, 1))
        target, mask = np.zeros_like(x), np.zeros((30, 32), bool)
        target[3 + delay : 27 + delay] = (x[:24] + x[6:]) / 2
        mask[3 + delay : 27 + delay] = True
        return data.Batch(x, target, mask, per_step=True)

    found = {}
    for name, cell, n_hidden in (("ahead", rnn, 24), ("both", Bidirectional(rnn), 16), ("late", rnn, 24)):
        source = batches.endless(partial(draw, delay=3 * (name == "late")))
        params = variants.init(cell, np.random.default_rng([seed, 30]), 1, n_hidden, 1)
        objective = variants.Objective(variants.many_to_many, cell, losses.mse)
        fit = training.fit(objective, params, source, optimizers.Adam(0.01), 800, seed=seed, clip=1.0)
        found[name] = float(np.mean(fit.history.loss[-50:]))
    return found


def reversed_source(seed: int) -> dict[str, float]:
    """Return perplexities on new words of an encoder-decoder that copies them, read forward and reversed."""
    found = {}
    for name, step in (("forward", 1), ("reversed", -1)):

        def draw(rng: np.random.Generator, step: int = step) -> data.PairBatch:
            word = rng.integers(0, _N_LETTERS, (_LENGTH, 32))
            read = np.concatenate([np.full((1, 32), _N_LETTERS), word[:-1]])
            x, given = data.one_hot(word[::step], _N_LETTERS), data.one_hot(read, _N_LETTERS + 1)
            return data.PairBatch(x.astype(np.float32), given.astype(np.float32), word)

        rng = np.random.default_rng([seed, 31])
        params = variants.init_encoder_decoder(lstm, rng, _N_LETTERS, _N_LETTERS + 1, 32, _N_LETTERS, dtype=np.float32)
        objective = variants.Objective(variants.encoder_decoder, lstm, losses.softmax_cross_entropy)
        fit = training.fit(objective, params, batches.endless(draw), optimizers.Adam(0.005), 2000, seed=seed, clip=5.0)
        tests = [objective.value(fit.params, draw(np.random.default_rng([seed, 32, n]))) for n in range(20)]
        found[name] = float(np.exp(np.mean(tests)))
    return found


def clipping(seed: int) -> dict[str, float]:
    """Count updates of a tanh network on temporal order, with and without clipping."""
    test = data.temporal_order(np.random.default_rng([seed, 33]), 1000, 20)
    found = {}
    for name, clip in (("clipped", 1.0), ("not clipped", None)):
        rng = np.random.default_rng([seed, 34])
        cell = rnn.Params(rng.normal(0, 0.1, (50, 8)), rng.normal(0, 0.1, (50, 50)), np.zeros(50))
        params = variants.Params(cell, readout.Params(rng.normal(0, 0.1, (4, 50)), np.zeros(4)))
        solved: list[int] = []

        def watch(update, solved=solved):
            if update.n % _EVERY:
                return False
            answers = variants.many_to_one(rnn, update.params, test.x, lengths=test.lengths).y.argmax(axis=1)
            if np.mean(answers != test.target) < 0.01:
                solved.append(update.n)
            return bool(solved)

        objective = variants.Objective(variants.many_to_one, rnn, losses.softmax_cross_entropy)
        source = batches.endless(lambda rng: data.temporal_order(rng, 20, 20))
        with np.errstate(over="ignore"):
            training.fit(
                objective, params, source, optimizers.SGD(0.1), _N_CLIP, seed=seed, clip=clip, callbacks=[watch]
            )
        found[name] = float(solved[0] if solved else _N_CLIP)
    return found


def orthogonal_start(seed: int) -> dict[str, float]:
    """Return the share of wrong digits, read pixel by pixel, after an orthogonal and a Glorot start."""
    digits = data.digits()
    order = np.random.default_rng([seed, 35]).permutation(len(digits.target))
    x, target = digits.x[:, order].astype(np.float32), digits.target[order]
    known = data.Batch(x[:, :1400], target[:1400], per_step=False)
    found = {}
    for scheme in ("orthogonal", "glorot"):
        rng = np.random.default_rng([seed, 36])
        params = variants.init(rnn, rng, 1, 64, 10, scheme=scheme, dtype=np.float32)
        objective = variants.Objective(variants.many_to_one, rnn, losses.softmax_cross_entropy)
        source = batches.Epochs(known, 50)
        fit = training.fit(objective, params, source, optimizers.RMSprop(0.001), 40 * 28, seed=seed, clip=1.0)
        answers = variants.many_to_one(rnn, fit.params, x[:, 1400:]).y.argmax(axis=1)
        found[scheme] = float(np.mean(answers != target[1400:]))
    return found


def copying(seed: int) -> dict[str, float]:
    """Return the loss of an LSTM on the copy task after training, where no memory means 10 ln 8 / 120."""

    def draw(rng: np.random.Generator) -> data.Batch:
        batch = data.copying(rng, 16)
        return batch._replace(x=batch.x.astype(np.float32))

    params = variants.init(lstm, np.random.default_rng([seed, 37]), 10, 40, 9, dtype=np.float32)
    objective = variants.Objective(variants.many_to_many, lstm, losses.softmax_cross_entropy)
    source = batches.endless(draw)
    fit = training.fit(objective, params, source, optimizers.RMSprop(0.001, 0.9), 2000, seed=seed, clip=1.0)
    return {"loss": float(np.mean(fit.history.loss[-100:])), "floor": data.copying_baselines()["no memory"]}


CLAIMS = (
    Claim(
        name="bidirectional",
        title="two directions beat one",
        key="schuster1997",
        source="Schuster and Paliwal 1997, abstract",
        status="A",
        says="A bidirectional network does better than one that reads in one direction.",
        setting="answer ½(x[t-3] + x[t+3]) of uniform x, 30 steps; 2 × 16 units against 24, Adam 0.01, 800 "
        "updates; one "
        "direction cannot get below 1/12",
        deviations=("artificial data of our own; theirs and TIMIT were not tried",),
        metric="mean squared error",
        rule=Order("both", "ahead"),
        run=directions,
    ),
    Claim(
        name="reversed-source",
        title="source read backwards",
        key="sutskever2014",
        source="Sutskever, Vinyals and Le 2014, section 3.3",
        status="P",
        says="Reading the source backwards lowers the test perplexity from 5.8 to 4.7.",
        setting="copying 10 letters of 8; encoder and decoder LSTMs of 32 units, Adam 0.005, clipped at 5, 2,000 "
        "updates",
        deviations=("copied letters for English and French, 32 units for 4 × 1,000",),
        metric="perplexity on new words",
        rule=Order("reversed", "forward", published=5.8 / 4.7),
        run=reversed_source,
    ),
    Claim(
        name="clipping",
        title="clipping, large steps",
        key="pascanu2013",
        source="Pascanu, Mikolov and Bengio 2013, section 4.1.1, figure 7",
        status="P",
        says="On temporal order, clipping decides whether a tanh network learns at all.",
        setting="20 to 22 steps, 50 units, all weights from N(0, 0.1), SGD 0.1, batch 20, threshold 1; solved when "
        "less than "
        f"1 % of 1,000 are wrong; looked at every {_EVERY}, at most {_N_CLIP:,}",
        deviations=(
            "a step of 0.1 for 0.01, and so fewer updates",
            "8 symbols for 6, lengths that vary, marks elsewhere",
        ),
        metric=f"updates; {_N_CLIP:,} means not solved",
        rule=Order("clipped", "not clipped"),
        run=clipping,
    ),
    Claim(
        name="orthogonal-start",
        title="orthogonal against Glorot",
        key="vorontsov2017",
        source="Vorontsov, Trabelsi, Kadoury and Pal 2017, Table 1",
        status="P",
        says="On MNIST pixel by pixel, a tanh network is right in 93.24 % after an orthogonal start, in 66.71 % "
        "after Glorot's.",
        setting="8 × 8 digits, 64 steps, 1,400 to learn from, 397 to judge; 64 units, RMSprop 0.001, clipped at 1, "
        "40 epochs",
        deviations=("64 steps for 784, 1,797 pictures for 70,000",),
        metric="share of wrong answers",
        rule=Order("orthogonal", "glorot", published=(100 - 66.71) / (100 - 93.24)),
        run=orthogonal_start,
    ),
    Claim(
        name="copy-floor",
        title="copying: LSTM at the floor",
        key="arjovsky2016",
        source="Arjovsky, Shah and Bengio 2016, from two secondary sources",
        status="S",
        says="Copying 10 symbols over 100 steps, an LSTM stays at the loss of no memory, 10 ln 8 / 120 = 0.1733.",
        setting="40 units, forget bias 1, batch 16, RMSprop 0.001, clipped at 1, 2,000 updates; loss of the last 100",
        deviations=("40 units and 2,000 updates, for more of both",),
        metric="nats a step",
        rule=Number("loss", 10 * float(np.log(8)) / 120, rounding=0.0035),
        run=copying,
    ),
)
