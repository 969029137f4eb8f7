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

// The list of questions, filtered by the words that are typed, in either spelling and without their endings. Words that say
// little are passed over, and where no question has all the others, the nearest are shown. The box is hidden until this
// script can serve it.
(() => {
  const box = document.querySelector(".list-filter");
  if (!box) return;
  box.hidden = false;
  const plain = (text) => text.normalize("NFKC").toLowerCase().replaceAll("z", "s");
  const items = [...document.querySelectorAll(".learner-questions > li")];
  const texts = items.map((item) => plain(item.textContent));
  const questions = items.map((item) => plain(item.querySelector("p").textContent));
  const little = new Set(("a an and any are as at be between by can difference do does for from get have how i if in is it its " +
    "many me my of on or should so than that the there this to use using vs was what when where which why will with you your").split(" "));
  const stem = (word) => word.replace(/^(.{4,}?)(?:isations?|is(?:e|es|ed|ing)|ings?|ed|es|ly|s)$/, "$1").replace(/([^ls])\1$/, "$1");
  const sought = (typed) => {
    const all = plain(typed).split(/[^\p{L}\p{N}_]+/u).filter(Boolean);
    const kept = all.filter((word) => word.length > 1 && !little.has(word));
    return [...new Set((kept.length ? kept : all).map(stem))];
  };
  // How many of the words an item has, 0 for an item that is not shown: those with all words are (of more than nine those that
  // are near), and the eight nearest. A word counts the more the fewer items have it, but half if none has, and twice if it
  // stands in the question itself.
  const near = (words) => {
    const begins = words.map((word) => new RegExp("(?<![\\p{L}\\p{N}])" + word, "u"));
    const has = texts.map((text) => begins.map((word) => word.test(text)));
    const found = has.map((ones) => ones.filter(Boolean).length);
    const rare = words.map((_, j) => {
      const having = has.filter((ones) => ones[j]).length;
      return having ? Math.log((items.length + 1) / having) : Math.log(items.length + 1) / 2;
    });
    const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
    const known = has.map((ones) => sum(rare.filter((_, j) => ones[j])));
    const score = known.map((share, i) => share + sum(rare.filter((_, j) => begins[j].test(questions[i]))));
    const close = 0.65 * Math.max(...score);
    const least = Math.max(close, [...score].sort((a, b) => b - a)[7]);
    const enough = Math.max(...known) > sum(rare) / 4;
    const few = found.filter((n) => n === words.length).length < 10;
    return found.map((n, i) => ((n === words.length ? few || score[i] >= close : enough && score[i] >= least) ? n : 0));
  };
  const filter = () => {
    const words = sought(box.querySelector("input").value);
    const found = words.length ? near(words) : items.map(() => 1);
    const most = Math.max(...found);
    items.forEach((item, i) => (item.hidden = !found[i]));
    items.forEach((item) => (item.parentElement.hidden = !item.parentElement.querySelector("li:not([hidden])")));
    items.forEach((item) => (item.closest("section").hidden = !item.closest("section").querySelector(":scope > ul:not([hidden])")));
    const shown = items.filter((item) => !item.hidden).length;
    const up = found.some((n) => n && n < most) ? "up to " : "";
    const less = shown && most < words.length ? `, with ${up}${most} of these ${words.length} words` : "";
    box.querySelector("[role=status]").textContent = words.length ? `${shown} of ${items.length} questions${less}` : "";
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
