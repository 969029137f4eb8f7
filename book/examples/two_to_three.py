import numpy as np

from rnnlab import batches, data, gru, losses, optimizers, training, variants

N_UPDATES = 3000


def draw(rng, n_batch=32):
    x = rng.uniform(-1, 1, (2, n_batch, 1))
    target = np.stack([x[0] + x[1], x[0] - x[1], x[0] * x[1]])
    return data.PairBatch(x, np.concatenate([np.zeros_like(target[:1]), target[:-1]]), target)


params = variants.init_encoder_decoder(gru, np.random.default_rng(0), 1, 1, n_hidden=32, n_output=1)
objective = variants.Objective(variants.encoder_decoder, gru, losses.mse)
trained = training.fit(objective, params, batches.endless(draw), optimizers.Adam(0.005), N_UPDATES, progress=True)
print("error:", objective.value(trained.params, draw(np.random.default_rng(1), 1000)))
