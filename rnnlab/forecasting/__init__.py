"""Forecasts from end to end: a series to a forecast with its interval, and how good it is beside simple ones.

Everything that forecasts has `fit` and `predict`: a `Forecaster`, which is a network, and the simple `Seasonal`,
`Linear` and `Mean`, which anything worth its time has to beat. `backtest` compares them from many origins.
"""

from rnnlab.forecasting.backtest import Score, backtest, table
from rnnlab.forecasting.baselines import Linear, Mean, Seasonal
from rnnlab.forecasting.forecaster import Forecaster
from rnnlab.forecasting.result import Forecast
from rnnlab.forecasting.scaling import Scaler
from rnnlab.forecasting.series import calendar

__all__ = [
    "Forecast",
    "Forecaster",
    "Linear",
    "Mean",
    "Scaler",
    "Score",
    "Seasonal",
    "backtest",
    "calendar",
    "table",
]
