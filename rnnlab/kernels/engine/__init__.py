"""The engine: kernels that say themselves which vector instructions they want. `tiers` decides when they run.

`vectors` writes LLVM instructions for whole registers, `activations` and `products` are built from it, and `rnn`,
`gru` and `lstm` each hold one cell's loops over time.
"""
