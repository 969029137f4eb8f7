"""How fast the cells are beside other libraries, measured so that a busy machine disturbs both alike."""
