"""Assignment 11, four applications: forecast, music, sentiment and translation, each against its baseline.

How sure is a pass? Each training has two drawings, and only who fails both loses the points. The reference was trained
on single drawings (tests/benchmarks/chance.py): how many of them it failed, the one-sided 95 % bound of the chance of
that, and its square, which bounds the rate of false alarms:

    forecast, better than the mean     0 of 2,000     0.0015     2e-6
    forecast, below the best line      1 of 2,000     0.0024     6e-6
    music, both parts                  0 of 1,200     0.0025     6e-6
    sentiment                          0 of 1,200     0.0025     6e-6
    translation, both parts            0 of 1,200     0.0025     6e-6

That was before every step of a trained answer was looked at, decoders had to read their own words and melodies were
learned that only climb. Since then the reference has failed 0 of 96 and 82 drawings of the forecast, and 0 of 220 of
each part of music and translation, which bounds a failure of both drawings by 1.4e-3 at worst. Changes are looked for
three steps on since then: it passed 70 whole checks of forecast and music each.
"""

from rnnlab.assignments.applications import answers, cases, translation_cases
from rnnlab.assignments.applications.mistakes import MISTAKES
from rnnlab.checks.question import Part, Probe, Question

ALLOWS = (
    "batches",
    "bidirectional",
    "data",
    "embedding",
    "gru",
    "losses",
    "lstm",
    "optimizers",
    "readout",
    "rnn",
    "sampling",
    "stack",
    "training",
    "variants",
)
SECONDS = 60.0  # a first call compiles the layers' loops


def _learnt(name: str, points: float, probe: Probe) -> Part:
    """Return a part that trains: who fails with one drawing has another."""
    return Part(name, points, probe, n_cases=1, tries=2, judges=True)


def _question(id: str, title: str, learn, apply, parts: tuple[Part, ...], arguments) -> Question:
    names = (learn.__name__, apply.__name__)
    seeded = Part(
        "the seed, and nothing else, decides", 0.5, cases.seeded(names[0], arguments), n_cases=2, answer=cases.SEEDED
    )
    return Question(
        id,
        title,
        names,
        dict(zip(names, (learn, apply), strict=True)),
        (*parts, seeded),
        MISTAKES[id],
        untouched_points=0.5,
        seconds=SECONDS,
    )


REVIEW_REACHED = (
    "whether the first word matters",
    "whether the order of two words matters",
    "whether the last word matters",
    "whether what stands after the end matters",
    "whether another review matters",
)

QUESTIONS = (
    _question(
        "11.1",
        "Forecasting: learn_forecast and forecast",
        answers.learn_forecast,
        answers.forecast,
        (
            Part("what a change of one value reaches", 1.5, cases.series_reach, answer=cases.REACHED),
            _learnt("it learns: better than the mean after 120 updates", 0.5, cases.learns_to_forecast),
            _learnt("well below the error of the best line, after 300 updates", 2, cases.beats_autoregression),
        ),
        cases.forecast_arguments,
    ),
    _question(
        "11.2",
        "Music: learn_music and next_note",
        answers.learn_music,
        answers.next_note,
        (
            Part("what a change of one note reaches", 1, cases.notes_reach, answer=cases.REACHED),
            Part("chances that add up to 1", 0.5, cases.sums, answer="the sum of all chances"),
            _learnt("it learns: better than chance after 40 updates", 0.5, cases.learns_music),
            _learnt("better than any table of note pairs, after 80 updates", 2, cases.beats_bigram),
        ),
        cases.music_arguments,
    ),
    _question(
        "11.3",
        "Sentiment: learn_sentiment and sentiment",
        answers.learn_sentiment,
        answers.sentiment,
        (
            Part("what a change of one word reaches", 1.5, cases.words_reach, answer=REVIEW_REACHED),
            Part("probabilities", 0.5, cases.probabilities, n_cases=1, answer="whether reviews differ"),
            _learnt("better than any bag of words, after 200 updates", 2, cases.beats_bag_of_words),
        ),
        cases.sentiment_arguments,
    ),
    _question(
        "11.4",
        "Translation: learn_translation and translate",
        answers.learn_translation,
        answers.translate,
        (
            Part(
                "as many words as asked for",
                1,
                translation_cases.asked_for,
                n_cases=3,
                answer="whether more words begin as fewer do",
            ),
            _learnt("better than word by word, after 200 updates", 1.5, translation_cases.places),
            _learnt("whole numbers that were never seen, after 300 updates", 1.5, translation_cases.whole_numbers),
        ),
        translation_cases.translation_arguments,
    ),
    Question(
        "11.5",
        "A prediction",
        ("predicted_right",),
        {"predicted_right": lambda: 9},
        (Part("the numbers that come out right", 1, lambda ask, draw: ask("predicted_right"), n_cases=1),),
        MISTAKES["11.5"],
    ),
)
