import pandas
from sklearn.linear_model import Ridge
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.conformal import ConformalIntervals
from sktime.forecasting.model_evaluation import evaluate
from sktime.performance_metrics.forecasting import MeanAbsoluteError
from sktime.performance_metrics.forecasting.probabilistic import EmpiricalCoverage
from sktime.split import ExpandingWindowSplitter

load = pandas.read_csv("book/examples/load.csv", index_col=0, parse_dates=True)["load"].asfreq("h")
regression = make_reduction(Ridge(), window_length=48, strategy="direct")
interval = ConformalIntervals(regression, initial_window=24 * 50, sample_frac=0.1)
splits = ExpandingWindowSplitter(initial_window=24 * 70, fh=list(range(1, 25)), step_length=12)
measures = [MeanAbsoluteError(), EmpiricalCoverage(coverage=0.8)]
scores = evaluate(interval, splits, load, strategy="no-update_params", scoring=measures)
mae, coverage = scores["test_MeanAbsoluteError"].mean(), scores["test_EmpiricalCoverage"].mean()
