"""The modules that run a network: what an assignment hides in which the student writes one."""

NETWORKS = (
    "rnnlab.rnn",
    "rnnlab.gru",
    "rnnlab.lstm",
    "rnnlab.kernels.rnn",
    "rnnlab.kernels.gru",
    "rnnlab.kernels.lstm",
    "rnnlab.stack",
    "rnnlab.bidirectional",
    "rnnlab.variants",
    "rnnlab.sampling",
    "rnnlab.training",
    "rnnlab.bptt",
    "rnnlab.rtrl",
    "rnnlab.analysis",
    "rnnlab.fused",
    "rnnlab.kernels.train_step",
)
