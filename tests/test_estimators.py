# ruff: noqa: E402
"""The estimators are what scikit-learn expects, and go where its own go."""

import pickle

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn", minversion="1.6")

from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, TimeSeriesSplit, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from rnnlab import data, lstm
from rnnlab.estimators import SequenceClassifier, SequenceForecaster
from rnnlab.stack import Stack

# Checks that are skipped by scikit-learn itself where an environment variable is not set.
NOT_RUN = {"check_array_api_input"}
X, Y = data.windows(np.sin(np.arange(200) / 4), k=8, horizon=range(1, 4))
QUICK = {"n_hidden": 8, "n_updates": 60, "random_state": 0}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [SequenceForecaster, SequenceClassifier])
def test_scikit_learns_own_checks_pass(kind):
    results = check_estimator(kind(n_updates=200), on_fail=None, on_skip=None)
    assert len(results) > 40
    failed = {result["check_name"]: result["exception"] for result in results if result["status"] == "failed"}
    assert failed == {}
    skipped = {result["check_name"] for result in results if result["status"] == "skipped"}
    assert skipped <= NOT_RUN


def test_a_forecaster_answers_with_as_many_numbers_as_it_was_taught():
    several, one = SequenceForecaster(**QUICK).fit(X, Y), SequenceForecaster(**QUICK).fit(X, Y[:, 0])
    assert several.predict(X).shape == Y.shape
    assert one.predict(X).shape == (len(X),)
    assert one.score(X, Y[:, 0]) > 0.9
    assert len(one.loss_curve_) == one.n_iter_ == 60


def test_it_stands_in_a_pipeline_and_a_search():
    pipeline = make_pipeline(StandardScaler(), SequenceForecaster(**QUICK))
    grid = {"sequenceforecaster__cell": ["rnn", "gru"], "sequenceforecaster__n_hidden": [4, 8]}
    search = GridSearchCV(pipeline, grid, cv=TimeSeriesSplit(2)).fit(X, Y)
    assert search.best_score_ > 0.5
    assert set(search.best_params_) == set(grid)
    scores = cross_val_score(SequenceForecaster(**QUICK), X, Y, cv=TimeSeriesSplit(2))
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("cell", ["lstm", lstm, Stack(lstm, 2)])
def test_cells_and_layers_can_be_copied_searched_and_pickled(cell):
    estimator = clone(SequenceForecaster(cell, **QUICK)).fit(X, Y)
    assert estimator.get_params()["cell"] == cell
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.predict(X), estimator.predict(X))


def test_channels_are_read_step_by_step():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 5, 2))
    estimator = SequenceForecaster("rnn", n_channels=2, **QUICK).fit(x.reshape(60, 10), x[:, -1, 1])
    read = estimator._read(x.reshape(60, 10)) * estimator._spread + estimator._mean
    np.testing.assert_allclose(read, x.swapaxes(0, 1))
    with pytest.raises(ValueError, match="n_channels is 3, expected a divisor of the 10 columns of X"):
        SequenceForecaster("rnn", n_channels=3).fit(x.reshape(60, 10), x[:, -1, 1])


def test_a_classifier_weighs_its_classes_and_keeps_their_names():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(150, 5))
    y = np.where(x[:, 0] > 1.2, "rare", "usual")
    plain = SequenceClassifier("lstm", **QUICK).fit(x, y)
    weighted = SequenceClassifier("lstm", class_weight="balanced", **QUICK).fit(x, y)
    assert set(plain.predict(x)) <= {"rare", "usual"}
    np.testing.assert_allclose(plain.predict_proba(x).sum(axis=1), 1)
    assert weighted.predict_proba(x)[:, 0].mean() > plain.predict_proba(x)[:, 0].mean()


def test_estimators_do_not_divide_by_a_rounding_error():
    x, y = np.full((20, 5), 14.62), np.full(20, 0.1)
    estimator = SequenceForecaster(n_hidden=2, n_updates=1, random_state=0).fit(x, y)
    near = estimator.predict(x + 1e-6)
    np.testing.assert_allclose(near, estimator.predict(x), atol=1e-5)
