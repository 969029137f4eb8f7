"""The proof that marks mean what they say: submissions that must earn nothing, lose nothing, or get a reason."""
