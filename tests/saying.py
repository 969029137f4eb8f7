"""Error messages, word for word."""

from contextlib import contextmanager

import pytest


@contextmanager
def says(error, message):
    """Expect the error with exactly this message."""
    with pytest.raises(error) as caught:
        yield
    assert str(caught.value) == message
