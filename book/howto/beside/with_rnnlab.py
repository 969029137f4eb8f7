from rnnlab import data
from rnnlab.forecasting import Forecaster, backtest

SEED = 0
load = data.read_frame("book/examples/load.csv")["load"]
clock = ("hour", "weekday")
network = Forecaster("gru", k=48, horizon=24, calendar=clock, n_updates=150, seed=SEED)
(score,) = backtest({"network": network}, load, n_train=24 * 70, horizon=24, step=12)
mae, coverage = score.mae, score.coverage
