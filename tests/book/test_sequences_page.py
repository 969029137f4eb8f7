"""The chapter on sequences: its gradients, its numbers worked by hand, and what its text says of its cells."""

import io
import itertools
import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import redirect_stdout

import chapters
import numpy as np
import pytest

from rnnlab import data, gradcheck

CHAPTER = "01_sequences"


def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a table with a column of ones, targets, and weights that are not the best."""
    rng = np.random.default_rng(0)
    return np.column_stack([rng.normal(size=(9, 3)), np.ones(9)]), rng.normal(size=9), rng.normal(size=4)


def squares(w: np.ndarray) -> float:
    X, p, _ = drawn()
    return float(np.sum((X @ w - p) ** 2))


def by_entries(X: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    return np.array(
        [
            sum(2 * (sum(X[m, i] * w[i] for i in range(len(w))) - p[m]) * X[m, j] for m in range(len(X)))
            for j in range(len(w))
        ]
    )


def by_matrices(X: np.ndarray, p: np.ndarray, w: np.ndarray) -> np.ndarray:
    return 2 * X.T @ (X @ w - p)


def check_line(gradient: Callable) -> gradcheck.Report:
    X, p, w = drawn()
    return gradcheck.check(squares, w, gradient(X, p, w))


GRADIENTS = {"grad-line-entry": by_entries, "grad-line": by_matrices}


@pytest.fixture(scope="module")
def page():
    with redirect_stdout(io.StringIO()):
        return chapters.run(CHAPTER)


def printed(text: str) -> str:
    """Return what the cell that contains `text` prints."""
    return chapters.printed(CHAPTER, text)


def numbers(text: str) -> list[float]:
    return [float(found) for found in re.findall(r"-?\d+\.?\d*", text)]


def test_every_displayed_gradient_has_a_check():
    assert chapters.gradient_labels(CHAPTER) == set(GRADIENTS)


@pytest.mark.parametrize("label", GRADIENTS)
def test_a_displayed_gradient_agrees_with_central_differences(label):
    report = check_line(GRADIENTS[label])
    assert report.ok, f"{label}: {report}"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda X, p, w: X.T @ (X @ w - p),  # without the 2
        lambda X, p, w: 2 * X.T @ (X @ w),  # without the targets
        lambda X, p, w: 2 * X.T @ (p - X @ w),  # the wrong sign
        lambda X, p, w: by_matrices(X, p, w) - 2 * X[-1] * (X[-1] @ w - p[-1]),  # without the last window
        lambda X, p, w: np.append(by_matrices(X, p, w)[:-1], 0.0),  # without the constant
    ],
)
def test_a_dropped_term_is_noticed(wrong):
    assert not check_line(wrong).ok


def test_the_best_line_is_the_only_minimum_by_the_proof(page):
    X, p = page.table(page.co2[:60], 3)
    w = np.linalg.lstsq(X, p)[0]
    assert np.abs(X.T @ (X @ w - p)).max() < 1e-6
    least = np.sum((X @ w - p) ** 2)
    for v in np.random.default_rng(0).normal(size=(20, 4)):
        there = np.sum((X @ (w + v) - p) ** 2)
        assert there > least
        assert there - least == pytest.approx(np.sum((X @ v) ** 2), rel=1e-6)


def test_the_problem_worked_by_hand_is_what_the_cell_prints():
    first, second = printed("s = np.array([2, 4, 3").splitlines()
    assert numbers(first) == [2, -1, 2, -1, 2, -1, 2, 2.714]
    assert set(numbers(second)) == {0.0}
    text = chapters.text(CHAPTER)
    assert r"\frac{19}{7} = 2.714" in text
    assert "2, −1, 2, −1, 2, −1, 2" in text
    assert round(19 / 7, 3) == 2.714


def test_the_line_worked_by_hand_is_what_the_cell_prints(page):
    first, second = printed("for k in (1, 2):").splitlines()
    assert numbers(first) == [0.2895, 3.6579, 1.421]
    assert numbers(second) == [1, 0, 1, 0]
    text = chapters.text(CHAPTER)
    s, p = page.s[:-1], page.s[1:]
    for sign, value in (("s_m^2", s @ s), ("s_m", s.sum()), ("s_m p_m", s @ p), ("p_m", p.sum())):
        assert rf"$\sum {sign} = {value:.0f}$" in text
    for shown in (r"\frac{22}{76} = 0.2895", "= 3.6579$", "$1.421$", "131\\, w_0 + 29\\, w_1 &= 144"):
        assert shown in text
    assert (7 * 144 - 29 * 34, 7 * 131 - 29**2) == (22, 76)


def test_windows_are_counted_by_the_formula(page):
    for n, k, horizon in itertools.product((8, 20, 100), (1, 2, 5), (1, 3, 5)):
        if n >= k + horizon:
            x, p = data.windows(np.arange(n), k, horizon)
            assert len(x) == len(p) == n - k - horizon + 1
            assert (p - x[:, -1] == horizon).all()
    assert len(data.windows(np.arange(100), 10, 5)[0]) == 86
    assert "$100 - 10 - 5 + 1 = 86$" in chapters.text(CHAPTER)
    assert [len(data.windows(page.s, 2, horizon)[0]) for horizon in (1, 3)] == [6, 4]
    assert printed('"to", x.T').splitlines()[-1] == "(4, 2) to (2, 4, 1)"


def test_reviews_with_the_same_words_have_opposite_verdicts():
    batch = data.sentiment(np.random.default_rng(0), 4000)
    verdicts = defaultdict(set)
    for review, verdict in zip(data.read_sentences(batch), batch.target[:, 0], strict=True):
        verdicts[tuple(sorted(review.split()))].add(float(verdict))
    assert any(len(found) == 2 for found in verdicts.values())
    one, other = re.findall(r"^> (the film .*?)\\?$", chapters.text(CHAPTER), re.M)
    assert sorted(one.split()) == sorted(other.split())
    assert set(one.split()) <= set(data.SENTIMENT_WORDS)
    assert printed("data.sentiment_baselines()").split()[-1] == "0.0000"
    assert (batch.lengths.min(), batch.lengths.max()) == (4, 13)


def test_shuffled_persistence_is_twice_the_variance_exactly(page):
    series = np.array([3.0, 1.0, 4.0, 1.5, 9.0])
    every = [page.persistence(np.array(order)) for order in itertools.permutations(series)]
    assert np.mean(every) == pytest.approx(2 * series.var(ddof=1), rel=1e-12)
    found, expected = numbers(printed("for _ in range(4000)"))[0], 2 * 309 / 308
    assert found == pytest.approx(expected, abs=0.01)
    assert min(page.eight) > 1
    assert page.persistence(page.sunspots) < 0.4 * page.variance


def test_persistence_beats_the_mean_at_three_horizons_only(page):
    assert [h for h, share in page.share.items() if share < 1] == [1, 10, 11]
    assert max(page.share, key=page.share.get) == 5
    (source,) = [source for source in chapters.cells(CHAPTER) if "figures.interactive" in source]
    assert "start=10" in source
    assert "At 10 and 11 years persistence is good again" in chapters.text(CHAPTER)


def test_the_moving_figure_names_its_position_and_is_small(page):
    figure, said = page.pairs(10)
    assert said == "10 years: 0.64 of the variance, better than the mean."
    assert page.pairs(1)[1].startswith("1 year: 0.35")
    assert page.pairs(5)[1].endswith("worse than the mean.")
    assert figure.canvas.width <= 385


def test_the_error_of_a_line_comes_from_weights_of_the_past_alone(page):
    for series, k, cut in ((page.co2, 12, page.cut), (page.sunspots, 9, page.test)):
        X, p = page.table(series[:cut], k)
        w = np.linalg.solve(X.T @ X, X.T @ p)
        later = [series[t - k : t] @ w[:-1] + w[-1] - series[t] for t in range(cut, len(series))]
        assert page.ar_error(series, k, cut) == pytest.approx(np.mean(np.square(later)), rel=1e-6)


def test_a_line_beats_the_other_baselines_on_carbon_dioxide(page):
    order = ["mean", "1 year", "1 month", "AR(12)", "AR(24)"]
    assert sorted(page.errors, key=page.errors.get, reverse=True) == order
    rise = page.later - page.co2[page.cut - 12 : -12]
    assert rise.mean() ** 2 > 0.5 * page.errors["1 year"]


def test_the_length_chosen_beforehand_is_not_the_luckiest(page):
    assert (page.chosen, page.luckiest) == (2, 9)
    assert page.judged[8] < page.judged[1] < page.judged[0]
    assert (np.diff(page.fitted) <= 1e-9).all()
    assert page.judged[23] > page.judged[8]


def test_a_random_split_flatters_what_has_learned_nothing(page):
    random, by_time = numbers(printed("def look_up"))
    assert random < 2
    assert by_time > 50 * random
    assert max(page.found) < 2
    assert all(page.inside)  # "for every one"
    # Without training windows that share values with the one asked for, the flattery is gone.
    months = np.arange(len(page.co2) - 12)
    asked = months[200:260]
    far = months[(months < 188) | (months > 272)]
    x, p = data.windows(page.co2, 12)
    nearest = ((x[asked][:, None] - x[far]) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean((p[far][nearest] - p[asked]) ** 2) > 2 * random


def test_a_matrix_times_a_one_hot_vector_is_a_column():
    last = numbers(printed("data.Vocabulary.of").splitlines()[-1])
    assert last[:2] == last[2:] == [2, 0]


def test_copying_scores_high_and_has_no_skill(page):
    sine = np.sin(2 * np.pi * np.arange(500) / 100)
    assert page.r_squared(sine) == pytest.approx(1 - 2 * (1 - np.cos(2 * np.pi / 100)), abs=1e-4)
    assert np.median([page.r_squared(walk) for walk in page.walks]) > 0.97


def test_solutions_do_what_is_asked(page):
    fitted, rule = numbers(printed("lags = (1, 12, 13)"))
    assert page.ar_error(page.co2, 24, page.cut) < rule < fitted < page.ar_error(page.co2, 12, page.cut)
    leaky, honest = (float(line.split()[-1]) for line in printed("as above, in ppm²").splitlines())
    assert leaky < 0.8 * honest
    assert honest == pytest.approx(page.ar_error(page.co2, 12, page.cut), abs=5e-4)
    x, p = page.windows_of_table(np.column_stack([np.arange(10), np.arange(10) ** 2]), 4)
    assert x.shape == (4, 6, 2)
    assert (x[-1, :, 0] + 1 == p).all()


def test_pytorch_takes_the_turned_windows():
    torch = pytest.importorskip("torch")
    x, p = data.windows(np.arange(20.0), 5)
    pairs = torch.utils.data.TensorDataset(torch.tensor(x), torch.tensor(p))
    assert len(pairs) == len(x)
    assert len(torch.utils.data.Subset(pairs, range(10))) == 10
    net = torch.nn.RNN(1, 3, dtype=torch.float64)
    assert net(torch.tensor(x.T[:, :, None]))[0].shape == (5, len(x), 3)


def test_code_that_readers_see_fits_the_page():
    fences = re.findall(r"^```\{code-cell\}[^\n]*\n(.*?)^```$", chapters.text(CHAPTER), re.M | re.S)
    for body in (body for body in fences if not body.startswith(":tags:")):
        lines = body.rstrip().splitlines()
        assert len(lines) <= 12, body
        assert max(map(len, lines)) <= 60, body


def test_the_graded_prediction_is_not_given_away():
    for paragraph in chapters.text(CHAPTER).split("\n\n"):
        if "walk" in paragraph:
            assert not re.search(r"\bfour\b|\b4\b|horizon|ahead", paragraph), paragraph
