import numpy as np

from rnnlab import batches, data, losses, lstm, optimizers, training, variants

N_STEPS, N_UPDATES = 100, 2000
params = variants.init(lstm, np.random.default_rng(0), n_input=2, n_hidden=32, n_output=1, dtype=np.float32)
objective = variants.Objective(variants.many_to_one, lstm, losses.mse)
source = batches.endless(lambda rng: data.adding(rng, n_batch=32, n_steps=N_STEPS))
trained = training.fit(objective, params, source, optimizers.Adam(0.01), N_UPDATES, clip=1.0, progress=True)
test = data.adding(np.random.default_rng(1), n_batch=1000, n_steps=N_STEPS)
print("error:", objective.value(trained.params, test), "always predicting the mean:", data.adding_baselines()["mean"])
