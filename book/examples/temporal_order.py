import numpy as np

from rnnlab import batches, data, losses, optimizers, rnn, training, variants

N_STEPS, N_UPDATES = 20, 3000
params = variants.init(rnn, np.random.default_rng(0), n_input=8, n_hidden=50, n_output=4, dtype=np.float32)
objective = variants.Objective(variants.many_to_one, rnn, losses.softmax_cross_entropy)
source = batches.endless(lambda rng: data.temporal_order(rng, n_batch=32, n_steps=N_STEPS))
trained = training.fit(objective, params, source, optimizers.SGD(0.05), N_UPDATES, clip=1.0, progress=True)
test = data.temporal_order(np.random.default_rng(1), n_batch=1000, n_steps=N_STEPS)
y = variants.many_to_one(rnn, trained.params, test.x, lengths=test.lengths).y
print("right:", np.mean(y.argmax(axis=1) == test.target), "by chance: 0.25")
