import numpy as np

from rnnlab import batches, data, losses, lstm, optimizers, sampling, training, variants

N_UPDATES, text = 2000, data.read_text("LICENSE-CONTENT")
letters = data.Vocabulary.of([text])
index, n = letters.encode(text), len(letters)
params = variants.init(lstm, np.random.default_rng(0), n_input=n, n_hidden=128, n_output=n, dtype=np.float32)
objective = variants.Objective(variants.many_to_many, lstm, losses.softmax_cross_entropy)
source = batches.endless(lambda rng: data.excerpts(rng, index, n_batch=32, n_steps=64, n_tokens=n))
trained = training.fit(objective, params, source, optimizers.Adam(0.01), N_UPDATES, clip=1.0, progress=True)
step = sampling.stepper(lstm, trained.params)
drawn = sampling.generate(step, None, index[:1], 400, np.random.default_rng(1), temperature=0.5)
print("".join(letters.decode(drawn)))
