"""The site as a ZIP: unpacked somewhere else, it opens without a server."""

import zipfile

import pytest
from built import needs_book, needs_chromium
from rnnbook.bound import archive


@needs_book
@needs_chromium
@pytest.mark.browser
def test_the_unpacked_site_opens_from_a_disk(visit, tmp_path):
    archive.main(["--out", str(tmp_path / "book.zip")])
    with zipfile.ZipFile(tmp_path / "book.zip") as packed:
        assert {name.split("/")[0] for name in packed.namelist()} == {archive.FOLDER}
        packed.extractall(tmp_path)
    base = (tmp_path / archive.FOLDER).as_uri()
    tab = visit("index.html", base=base)
    tab.wait_for_url("**/book/index.html")
    tab.click("article a[href='00_start.html']")
    assert tab.locator("h1").first.inner_text().startswith("0. Start here")
    assert tab.evaluate("getComputedStyle(document.querySelector('.katex')).fontFamily").startswith("KaTeX")
