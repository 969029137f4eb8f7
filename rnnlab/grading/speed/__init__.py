"""How fast grading is, beside nbgrader alone, and where the time goes."""
