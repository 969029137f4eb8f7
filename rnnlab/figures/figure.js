(() => {
  const begin = (figure) => {
    figure.dataset.on = "";
    const one = (query) => figure.querySelector(query);
    const bar = one(".rf-controls");
    bar.hidden = false;

    if (figure.matches(".rf-predict")) {
      const late = [...figure.querySelectorAll(".rf-answer, .rf-reveal")];
      late.forEach((box) => (box.hidden = true));
      bar.addEventListener("click", ({ target }) => {
        if (!target.dataset.verdict) return;
        for (const button of bar.children) button.setAttribute("aria-pressed", String(button === target));
        late.forEach((box) => (box.hidden = false));
        one(".rf-answer b").textContent = target.dataset.verdict;
        figure.dispatchEvent(new CustomEvent("rf:change", { bubbles: true }));
      });
      return;
    }

    const { n, at, texts, parts, said } = JSON.parse(one("script[type]").textContent);
    const root = one(".rf-scroll").firstElementChild;
    const elements = [root, ...root.querySelectorAll("*")];
    const boxes = [...bar.children];
    let timer = 0;

    const pick = (axes, values, index) => {
      const k = [...axes].reduce((sum, axis) => sum * n[axis] + at[axis], 0);
      return values[index ? index.charCodeAt(k) - 35 : k];
    };
    const fill = (form, code) => {
      let i = 0;
      const next = () => code.charCodeAt(i++) - 35;
      return form.replace(/#/g, () => (next() * 92 + next() - 600) / 10);
    };

    const show = (box, c) => {
      const text = texts[c][at[c]];
      const output = box.querySelector("output");
      if (output) output.innerHTML = text;
      for (const control of box.querySelectorAll("input, button")) {
        const { to, by } = control.dataset;
        if (control.type === "range") {
          control.value = at[c];
          control.setAttribute("aria-valuetext", output.textContent);
        } else if (to) control.setAttribute("aria-pressed", String(at[c] === +to));
        else if (by) control.setAttribute("aria-disabled", String(at[c] === (by > 0 ? n[c] - 1 : 0)));
        else if ("flip" in control.dataset) control.setAttribute("aria-pressed", String(at[c] > 0));
        else control.textContent = timer ? "Pause" : "Play";
      }
    };

    const draw = () => {
      for (const [i, name, axes, values, index, form] of parts) {
        let value = pick(axes, values, index);
        if (form) value = fill(form, value);
        if (!name) elements[i].textContent = value;
        else if (value === null) elements[i].removeAttribute(name);
        else elements[i].setAttribute(name, value);
      }
      one(".rf-said").innerHTML = said.map((word) => (word.big ? word : pick(...word))).join(" ");
      boxes.forEach(show);
      figure.dispatchEvent(new CustomEvent("rf:change", { bubbles: true }));
    };
    const move = (c, k) => {
      at[c] = Math.max(0, Math.min(n[c] - 1, k));
      if (at[c] === n[c] - 1) stop();
      draw();
    };
    const stop = () => (timer = clearInterval(timer) || 0);
    const play = (c) => {
      if (timer) return stop(), draw();
      timer = setInterval(() => move(c, at[c] + 1), 900);
      move(c, at[c] === n[c] - 1 ? 0 : at[c] + 1);
    };

    boxes.forEach((box, c) => {
      box.addEventListener("input", ({ target }) => move(c, +target.value));
      box.addEventListener("click", ({ target }) => {
        const button = target.closest("button");
        if (!button) return;
        const { to, by, flip } = button.dataset;
        if (!to && !by && flip === undefined) return play(c);
        stop();
        move(c, to ? +to : by ? at[c] + +by : 1 - at[c]);
      });
    });
    figure.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || event.target.closest("input, .rf-scroll")) return;
      const c = Math.max(0, boxes.indexOf(event.target.closest(".rf-control")));
      event.preventDefault();
      stop();
      move(c, at[c] + by);
    });
    boxes.forEach(show);
  };

  const all = () => document.querySelectorAll(".rf-live:not([data-on])").forEach(begin);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", all);
  else all();
})();
