"""Text of others, made safe for a terminal."""


def clean(text: str) -> str:
    """Return text of one line that no terminal takes for anything but text."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
