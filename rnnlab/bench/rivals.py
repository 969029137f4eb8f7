"""The same layer in other libraries, with the same weights, as a function for each phase: "fwd" and "fwdbwd"."""

import os
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from rnnlab.bench import numpy_cells

Size = tuple[int, int, int, int]  # T, B, D, H
Phases = dict[str, Callable[[], Any]]
NAMES = ("torch", "jax", "numpy")


def missing(name: str) -> bool:
    """Return True if a rival is not installed."""
    return find_spec(name) is None


def library(name: str) -> Any:
    """Return a rival's module, imported when it is asked for: the library itself never needs it."""
    return import_module(name)


def ours(cell: Any, params: Any, x: np.ndarray, dh: np.ndarray, threads: int = 1) -> Phases:
    """Return our own phases: forward alone keeps no tape, as PyTorch's in its inference mode keeps none."""

    def both() -> Any:
        return cell.backward(cell.forward(params, x, n_threads=threads), dh, n_threads=threads)

    return {"fwd": lambda: cell.forward(params, x, n_threads=threads, tape=False), "fwdbwd": both}


def phases(name: str, kind: str, params: Any, x: np.ndarray, dh: np.ndarray, threads: int = 1) -> Phases:
    """Return a rival's phases: forward without what only a way back needs, and forward with all gradients."""
    return {"torch": _torch, "jax": _jax, "numpy": _numpy}[name](kind, params, x, dh, threads)


def _numpy(kind: str, params: Any, x: np.ndarray, dh: np.ndarray, threads: int) -> Phases:
    def both() -> Any:
        h, kept = numpy_cells.forward(kind, params, x)
        return h, numpy_cells.backward(kind, params, x, h, kept, dh)

    return {"fwd": lambda: numpy_cells.forward(kind, params, x)[0], "fwdbwd": both}


def torch_layer(kind: str, params: Any) -> Any:
    """Return PyTorch's layer with our weights."""
    torch = library("torch")
    n_hidden, n_input = params.w_h.shape[1], params.w_x.shape[1]
    layer = getattr(torch.nn, kind.upper())(n_input, n_hidden, dtype=getattr(torch, params.w_x.dtype.name))
    second = np.zeros_like(params.b_h)
    if kind == "gru":
        second[-n_hidden:] = params.b_hn
    with torch.no_grad():
        for weight, values in zip(layer.parameters(), (params.w_x, params.w_h, params.b_h, second), strict=True):
            weight.copy_(torch.tensor(values))
    return layer


def torch_head(params: Any) -> Any:
    """Return PyTorch's linear layer with the weights of our readout."""
    torch = library("torch")
    n_output, n_hidden = params.w_y.shape
    head = torch.nn.Linear(n_hidden, n_output, dtype=getattr(torch, params.w_y.dtype.name))
    with torch.no_grad():
        for weight, values in zip(head.parameters(), params, strict=True):
            weight.copy_(torch.tensor(values))
    return head


def _torch(kind: str, params: Any, x: np.ndarray, dh: np.ndarray, threads: int) -> Phases:
    torch = library("torch")
    torch.set_num_threads(threads)
    layer = torch_layer(kind, params)
    state, plain_x, its_dh = (
        torch.zeros(1, *dh.shape[1:], dtype=layer.weight_hh_l0.dtype),
        torch.tensor(x),
        torch.tensor(dh),
    )
    states = [state.clone().requires_grad_() for _ in range(2 if kind == "lstm" else 1)]
    first = tuple(states) if kind == "lstm" else states[0]
    own_x = torch.tensor(x, requires_grad=True)
    wanted = [own_x, *states, *layer.parameters()]

    def forward() -> Any:
        with torch.inference_mode():
            return layer(plain_x)[0]

    def both() -> Any:
        h = layer(own_x, first)[0]
        return h, torch.autograd.grad(h, wanted, its_dh)

    return {"fwd": forward, "fwdbwd": both}


def _jax(kind: str, params: Any, x: np.ndarray, dh: np.ndarray, threads: int) -> Phases:
    if threads == 1:  # else it takes as many as there are cores: no flag says how many
        os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    jax = library("jax")
    jax.config.update("jax_enable_x64", True)
    jnp, sigmoid = jax.numpy, jax.nn.sigmoid
    n_hidden = dh.shape[2]

    def run(weights: Any, x: Any, h: Any, c: Any) -> Any:
        w_x, w_h, b_h, b_hn = weights

        def step(state: Any, a: Any) -> Any:
            h, c = state
            u = h @ w_h.T
            if kind == "rnn":
                h = jnp.tanh(a + u)
            elif kind == "gru":
                r, z = jnp.split(sigmoid(a[:, : 2 * n_hidden] + u[:, : 2 * n_hidden]), 2, axis=1)
                n = jnp.tanh(a[:, 2 * n_hidden :] + r * (u[:, 2 * n_hidden :] + b_hn))
                h = (1 - z) * n + z * h
            else:
                i, f, g, o = jnp.split(a + u, 4, axis=1)
                c = sigmoid(f) * c + sigmoid(i) * jnp.tanh(g)
                h = sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        return jax.lax.scan(step, (h, c), x @ w_x.T + b_h)[1]

    def gradients(weights: Any, x: Any, h: Any, c: Any, dh: Any) -> Any:
        states, back = jax.vjp(run, weights, x, h, c)
        return states, back(dh)

    weights = tuple(map(jnp.asarray, (*params[:3], params.b_hn if kind == "gru" else np.zeros(n_hidden, x.dtype))))
    zeros, its_x, its_dh = jnp.zeros(dh.shape[1:], x.dtype), jnp.asarray(x), jnp.asarray(dh)
    compiled, both = jax.jit(run), jax.jit(gradients)
    return {
        "fwd": lambda: compiled(weights, its_x, zeros, zeros).block_until_ready(),
        "fwdbwd": lambda: jax.block_until_ready(both(weights, its_x, zeros, zeros, its_dh)),
    }
