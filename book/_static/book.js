// An equation wider than the page scrolls; with a tab stop, the arrow keys can scroll it too.
(() => {
  const update = () =>
    document.querySelectorAll(".katex-display, .rf-scroll").forEach((box) => {
      if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    });
  addEventListener("load", update);
  addEventListener("resize", update);
})();
