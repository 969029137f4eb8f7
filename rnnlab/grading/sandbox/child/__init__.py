"""What runs on the far side of the sandbox: sent there as source text, standard library only."""
