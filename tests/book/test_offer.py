"""The bound book on the site: linked where it is made, and no dead link where it is not."""

import pytest
from built import needs_book, text
from rnnbook.bound import offer

ABOUT = '<p>To take away.</p><ul class="downloads" hidden=""></ul><p>Thanks.</p>'


@pytest.fixture
def site(tmp_path):
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "about.html").write_text(ABOUT)
    return tmp_path


def test_what_is_made_is_linked_and_stays_so(site, tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x" * 1_500_000)
    kinds = [(tmp_path / "a.pdf", "PDF"), (tmp_path / "a.epub", "EPUB")]
    for _ in range(2):
        offer.main(site, kinds)
        page = (site / "book" / "about.html").read_text()
        assert page.count("<li>") == 1
        assert '<ul class="downloads"><li><a href="../downloads/a.pdf" download>PDF</a> (1.5 MB)</li></ul>' in page
        assert (site / "downloads" / "a.pdf").is_file()


def test_a_page_without_a_place_for_links_is_an_error(site):
    (site / "book" / "about.html").write_text("<p></p>")
    with pytest.raises(ValueError, match="has no list of the class downloads"):
        offer.main(site, [])


@needs_book
def test_the_page_about_the_book_has_the_place():
    assert len(offer.PLACE.findall(text("book/about.html"))) == 1
