import numpy as np
import pandas
import torch

K, F, N_TRAIN, N_UPDATES, N_BATCH, LEVELS = 48, 24, 24 * 70, 150, 64, torch.tensor([0.1, 0.5, 0.9])
SEED = 0
torch.manual_seed(SEED)
rng = np.random.default_rng(SEED)
frame = pandas.read_csv("book/examples/load.csv", parse_dates=["time"])
load, time = frame["load"].to_numpy(), frame["time"].dt
turns = [time.hour / 24, time.dayofweek / 7]
clock = np.stack([wave(2 * np.pi * turn) for turn in turns for wave in (np.sin, np.cos)], axis=1)
starts = np.arange(N_TRAIN - K - F + 1)
held = starts[-round(0.15 * len(starts)) :]
starts = starts[starts + K + F <= held[0] + K]
mean, spread = load[: starts[-1] + K + F].mean(), load[: starts[-1] + K + F].std()


def windows(starts):
    x = np.zeros((K + F, len(starts), 6), np.float32)
    x[K:, :, 5] = 1
    for row, at in enumerate(starts):
        x[:K, row, 0] = (load[at : at + K] - mean) / spread
        x[:, row, 1:5] = clock[at : at + K + F]
    target = np.array([(load[at + K : at + K + F] - mean) / spread for at in starts], np.float32)
    return torch.tensor(x), torch.tensor(target)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.head = torch.nn.GRU(6, 32), torch.nn.Linear(32, 3)

    def forward(self, x):
        return self.head(self.gru(x)[0][K:]).transpose(0, 1)  # (rows, F, levels)


def pinball(y, target):
    error = target[:, :, None] - y
    return torch.maximum(LEVELS * error, (LEVELS - 1) * error).mean()


network, best = Network(), (np.inf, None)
optimizer = torch.optim.Adam(network.parameters(), 0.01)
schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, N_UPDATES)
held_x, held_target = windows(held)
for n in range(N_UPDATES):
    x, target = windows(rng.choice(starts, N_BATCH))
    optimizer.zero_grad()
    pinball(network(x), target).backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    if (n + 1) % 12 == 0 or n + 1 == N_UPDATES:
        with torch.no_grad():
            loss = pinball(network(held_x), held_target).item()
        if loss < best[0]:
            best = loss, {name: value.clone() for name, value in network.state_dict().items()}
network.load_state_dict(best[1])
origins = np.arange(N_TRAIN, len(load) - F + 1, 12)
with torch.no_grad():
    answers = [np.sort(network(windows(each)[0]).numpy(), axis=2) for each in (held, origins - K)]
came = windows(held)[1].numpy()
wider = np.sort(np.maximum(answers[0][-60:, :, 0] - came[-60:], came[-60:] - answers[0][-60:, :, 2]), axis=0)[48]
low, middle, high = (mean + spread * (answers[1][:, :, i] + d * wider) for i, d in enumerate((-1, 0, 1)))
truth = np.array([load[at : at + F] for at in origins])
mae, coverage = np.abs(middle - truth).mean(), ((low <= truth) & (truth <= high)).mean()
