"""The judge's side of the sandbox: start a child, talk to it, bound it, end it."""
