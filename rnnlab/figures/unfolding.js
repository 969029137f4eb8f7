(() => {
  const figure = document.currentScript.closest("figure");
  const { facts, widths } = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const label = figure.querySelector(".rf-slider");
  const input = label.querySelector("input");
  const svg = figure.querySelector(".rf-scroll svg");
  const said = figure.querySelector(".rf-said");
  const steps = [...figure.querySelectorAll(".rf-step")];
  const arrow = (step, weight) => step.querySelector("." + weight);
  const node = (step, letter) => step.querySelector(".rf-" + letter);
  const times = (n) => (n === 1 ? "once" : n === 2 ? "twice" : n + " times");
  let pinned = 0;

  const sub = (n) => String.fromCharCode(0x2080 + n);

  function path(t) {
    const inputs = t === 1 ? "x₁ alone" : t === 2 ? "x₁ and x₂" : `x₁ to x${sub(t)}`;
    const first = t === 1 ? "" : ` On its way there x₁ passes through w_h ${times(t - 1)}, x${sub(t)} not at all.`;
    return `y${sub(t)} depends on h₀ and on ${inputs}; nothing to the right of it can reach it.${first}`;
  }

  function light(t) {
    const last = t || pinned;
    svg.classList.toggle("rf-lit", last > 0);
    svg.querySelectorAll(".rf-on").forEach((part) => part.classList.remove("rf-on"));
    steps.slice(0, last).forEach((step, i) => {
      const parts = [arrow(step, "w-x"), arrow(step, "w-h"), node(step, "x"), node(step, "h")];
      if (i === last - 1) parts.push(arrow(step, "w-y"), node(step, "y"));
      parts.forEach((part) => part.classList.add("rf-on"));
    });
    if (last) svg.querySelector(".rf-node").classList.add("rf-on");
    said.textContent = last ? path(last) : facts[input.value];
  }

  function pin(t) {
    pinned = pinned === t ? 0 : t;
    steps.forEach((step, i) => step.querySelector(".rf-touch").setAttribute("aria-pressed", String(i + 1 === pinned)));
    light(pinned);
  }

  input.addEventListener("input", () => {
    const k = Number(input.value) + 1;
    steps.forEach((step, i) => (step.style.display = i < k ? "" : "none"));
    svg.setAttribute("width", widths[k - 1]);
    svg.setAttribute("viewBox", `0 0 ${widths[k - 1]} ${svg.getAttribute("height")}`);
    label.querySelector("b").textContent = k;
    input.setAttribute("aria-valuetext", k);
    pinned = 0;
    pin(0);
  });
  steps.forEach((step, i) => {
    step.addEventListener("pointerenter", () => light(i + 1));
    step.addEventListener("pointerleave", () => light(0));
    step.addEventListener("focusin", () => light(i + 1));
    step.addEventListener("focusout", () => light(0));
    step.addEventListener("click", () => pin(i + 1));
    step.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      pin(i + 1);
    });
  });
  label.hidden = false;
})();
