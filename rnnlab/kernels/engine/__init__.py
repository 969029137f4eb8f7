"""The engine: kernels that say themselves which vector instructions they want. `tiers` decides when they run.

`vectors` writes LLVM instructions for whole registers, `activations` and `products` are built from it, and `rnn`,
`gru` and `lstm` each hold one cell's loops over time; `softmax` is the loss of what a cell's readout says.
"""

from rnnlab.kernels.memory import keep_freed

keep_freed()  # the engine runs where there is much to compute, and so many arrays to fill
