// An equation wider than the page scrolls; with a tab stop, the arrow keys can scroll it too.
(() => {
  const update = () =>
    document.querySelectorAll(".katex-display, .rf-scroll").forEach((box) => {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  addEventListener("load", update);
  addEventListener("resize", update);
  addEventListener("rf:change", update);
})();

// Quotations in search results are fetched from the pages, which a browser refuses to do on a disk.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Mark the words that led here from the search. Sphinx would, but takes a page for the search page if it holds the
// search scripts, and in this theme every page does.
if (!location.pathname.endsWith("/search.html")) addEventListener("load", SphinxHighlight.highlightSearchWords);
