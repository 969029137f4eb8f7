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

// The list of questions, filtered by every word that is typed. The box is hidden until this script can serve it.
(() => {
  const box = document.querySelector(".list-filter");
  if (!box) return;
  box.hidden = false;
  const items = [...document.querySelectorAll(".learner-questions > li")];
  const filter = () => {
    const words = box.querySelector("input").value.toLowerCase().split(/\s+/).filter(Boolean);
    items.forEach((item) => (item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word))));
    items.forEach((item) => (item.parentElement.hidden = !item.parentElement.querySelector("li:not([hidden])")));
    items.forEach((item) => (item.closest("section").hidden = !item.closest("section").querySelector(":scope > ul:not([hidden])")));
    const shown = items.filter((item) => !item.hidden).length;
    box.querySelector("[role=status]").textContent = words.length ? `${shown} of ${items.length} questions` : "";
  };
  box.addEventListener("input", filter);
  filter(); // a browser may bring back what was typed before
})();

// Escape puts a term's definition away until the pointer or the focus comes again.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelectorAll(".term").forEach((term) => term.classList.add("closed"));
});
["pointerover", "focusin"].forEach((arrival) =>
  addEventListener(arrival, (event) => event.target.closest?.(".term")?.classList.remove("closed")));

// Quotations in search results are fetched from the pages, which a browser refuses to do on a disk.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
