"""Grading: from a folder of notebooks to a gradebook whose every mark can be trusted."""
