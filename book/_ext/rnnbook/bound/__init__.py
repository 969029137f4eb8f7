"""The whole book in one file: on paper, as an e-book, as an archive of the site.

All are made from the built pages, so nothing is run or set a second time.
"""
