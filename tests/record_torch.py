"""What PyTorch computes, and its recording.

    python tests/record_torch.py

writes tests/data/torch_*.npz, so that the comparison runs also where PyTorch is not installed. Cells are drawn by
`cells.draw`; the loss is the sum of h ⊙ dh over valid steps and of h_n ⊙ dh_n. Networks of several layers and both
directions are PyTorch's own, with its first weights; the loss is the sum of h ⊙ dh.
"""

from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
SEED = 7
TWINS = ("rnn-tanh", "rnn-relu", "gru-after", "lstm")


def twin(name, drawn):
    """Outputs and all gradients by PyTorch, as a dict of arrays."""
    import torch

    torch.set_num_threads(1)  # two would wait for each other on arrays so small
    params, n_input = drawn.params, drawn.x.shape[2]
    n_hidden = params.w_h.shape[1]
    kind = name.partition("-")[0]
    options = {"nonlinearity": drawn.cell.options["activation"]} if kind == "rnn" else {}
    dtype = torch.tensor(drawn.x).dtype
    network = getattr(torch.nn, kind.upper())(n_input, n_hidden, dtype=dtype, **options)
    hidden_bias = np.zeros_like(params.b_h)
    if kind == "gru":
        hidden_bias[2 * n_hidden :] = params.b_hn
    weights = [params.w_x, params.w_h, params.b_h, hidden_bias]
    with torch.no_grad():
        for parameter, value in zip(network.parameters(), weights, strict=True):
            parameter.copy_(torch.tensor(value))

    x = torch.tensor(drawn.x, requires_grad=True)
    start = [torch.tensor(part[None], requires_grad=True) for part in drawn.cell.parts(drawn.state)]
    state = start[0] if len(start) == 1 else tuple(start)
    if drawn.lengths is None:
        h, last = network(x, state)
    else:
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(drawn.lengths), enforce_sorted=False)
        packed, last = network(packed, state)
        h, _ = torch.nn.utils.rnn.pad_packed_sequence(packed, total_length=len(x))  # 0 in the padding
    last = drawn.cell.parts(last)
    loss = (h * torch.tensor(drawn.dh)).sum()
    for part, dpart in zip(last, drawn.cell.parts(drawn.dh_n), strict=True):
        loss = loss + (part[0] * torch.tensor(dpart)).sum()
    loss.backward()

    found = {"h": h, "dx": x.grad}
    found |= {f"h_n{k}": part[0] for k, part in enumerate(last)}
    found |= {f"dh_0{k}": part.grad[0] for k, part in enumerate(start)}
    dw_x, dw_h, db_x, db_h = (parameter.grad for parameter in network.parameters())
    found |= {"dw_x": dw_x, "dw_h": dw_h, "db_h": db_x}
    if kind == "gru":
        found["db_hn"] = db_h[2 * n_hidden :]
    return {key: value.detach().numpy() for key, value in found.items()}


def ours(drawn):
    """The same by rnnlab."""
    tape = drawn.forward()
    dparams, dx, dh_0 = drawn.backward(tape)
    n_steps = len(drawn.x)
    lengths = np.full(drawn.x.shape[1], n_steps) if drawn.lengths is None else drawn.lengths
    h = np.where((np.arange(n_steps)[:, None] < lengths)[:, :, None], tape.h[1:], 0)
    found = {"h": h, "dx": dx}
    found |= {f"h_n{k}": part for k, part in enumerate(drawn.cell.parts(tape.h_n))}
    found |= {f"dh_0{k}": part for k, part in enumerate(drawn.cell.parts(dh_0))}
    return found | {f"d{field}": value for field, value in dparams._asdict().items()}


def network(name, seed=SEED, n_steps=6, n_batch=4, n_input=3, n_hidden=5):
    """PyTorch's network of this name from `networks`: its weights, an input, and what it makes of it."""
    import torch
    from networks import NETWORKS

    about = NETWORKS[name]
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    options = {"num_layers": about.n_layers, "bidirectional": about.both, "dtype": torch.float64}
    theirs = getattr(torch.nn, about.kind)(n_input, n_hidden, **options)
    x = torch.randn(n_steps, n_batch, n_input, dtype=torch.float64, requires_grad=True)
    h, _ = theirs(x)
    dh = torch.randn_like(h)
    (h * dh).sum().backward()
    found = {"x": x, "dh": dh, "h": h, "dx": x.grad}
    found |= {f"weights_{key}": value for key, value in theirs.state_dict().items()}
    found |= {f"gradient_{key}": value.grad for key, value in theirs.named_parameters()}
    return {key: value.detach().numpy() for key, value in found.items()}


def record():
    import torch
    from cells import draw
    from networks import NETWORKS

    DATA.mkdir(exist_ok=True)
    for name in NETWORKS:
        np.savez(DATA / f"torch_{name}.npz", torch_version=torch.__version__, seed=SEED, **network(name))
    for name in TWINS:
        for padded in (False, True):
            drawn = draw(name, SEED, padded=padded)
            given = {f"given_{field}": value for field, value in drawn.params._asdict().items()}
            given |= {"given_x": drawn.x, "given_dh": drawn.dh}
            given |= {f"given_state{k}": part for k, part in enumerate(drawn.cell.parts(drawn.state))}
            given |= {f"given_dh_n{k}": part for k, part in enumerate(drawn.cell.parts(drawn.dh_n))}
            if padded:
                given["given_lengths"] = drawn.lengths
            file = DATA / f"torch_{name}{'_padded' if padded else ''}.npz"
            np.savez(file, torch_version=torch.__version__, seed=SEED, **given, **twin(name, drawn))


if __name__ == "__main__":
    record()
