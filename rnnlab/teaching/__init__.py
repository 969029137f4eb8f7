"""What an instructor does around the grading: set up a course, collect, look at results, hand back.

Nothing here decides about a mark, so a change here never makes the grader grade again.
"""
