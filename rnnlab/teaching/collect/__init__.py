"""What students handed in, out of a learning platform's archive and into ``submitted/``.

`arriving` reads archives and folders within bounds, `patterns` knows how the platforms name files, `matching` finds the
student on the class list, `collecting` decides what is taken and puts it in its place.
"""
