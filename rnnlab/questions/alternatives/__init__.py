"""Other right answers, a module for each assignment, and the mutants of the reference that change nothing."""
