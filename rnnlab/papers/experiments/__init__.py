"""One module for each claim or small family of claims; a module's ``CLAIMS`` are found by `rnnlab.papers.claims`."""
