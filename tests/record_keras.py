"""Record what Keras answers, for `test_convert_keras`: weights in its order and the outputs of its own layers.

``python tests/record_keras.py`` writes ``tests/data/keras.npz``. Keras is not among the project's packages: it needs an
environment of its own, with a backend such as JAX.
"""

import os
from pathlib import Path

import numpy as np

os.environ.setdefault("KERAS_BACKEND", "jax")
import keras

LAYERS = {
    "rnn": keras.layers.SimpleRNN(4, return_sequences=True),
    "gru-after": keras.layers.GRU(4, return_sequences=True),
    "gru-before": keras.layers.GRU(4, return_sequences=True, reset_after=False),
    "lstm": keras.layers.LSTM(4, return_sequences=True),
    "both-lstm": keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True)),
}

rng = np.random.default_rng(0)
found = {"x": rng.normal(size=(3, 5, 2)).astype(np.float32), "version": np.array(keras.__version__)}
for name, layer in LAYERS.items():
    network = keras.Sequential([keras.Input((5, 2)), layer])
    weights = [rng.normal(0, 0.5, part.shape).astype(np.float32) for part in layer.get_weights()]
    layer.set_weights(weights)
    found |= {f"{name}/{place}": part for place, part in enumerate(weights)}
    found[f"{name}/y"] = np.asarray(network.predict(found["x"], verbose=0))
np.savez(Path(__file__).parent / "data" / "keras.npz", **found)
