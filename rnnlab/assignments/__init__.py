"""The course's graded notebooks, one package each: its questions, known mistakes and other right answers.

Every package here has a `NAME`, that of its folder in ``solutions/`` and ``exercises/``, and is found by it:
nothing lists the assignments. `rnnlab.checks` defines what a question is.
"""
