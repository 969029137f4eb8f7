(() => {
  const begin = (figure) => {
    const bar = figure.querySelector(".rf-controls");
    const { n, at, parts } = JSON.parse(figure.querySelector("script").textContent);
    const elements = figure.querySelectorAll("*");
    let timer = 0;

    const digit = (text, i) => (text[i] === "!" ? 60 : text.charCodeAt(i)) - 39;
    // The value at the present position: `axes` are the controls it depends on, `index` picks among equal values.
    const pick = (axes, values, index) => {
      let k = 0;
      for (const axis of axes) k = k * n[axis] + at[axis];
      return values[index ? digit(index, k) : k];
    };
    // Numbers of a path are packed two characters each, in tenths.
    const unpack = (form, code) => {
      let i = 0;
      return form.replace(/#/g, () => (digit(code, i++) * 88 + digit(code, i++) - 600) / 10);
    };
    const draw = () => {
      for (const [i, name, axes, values, index, form] of parts) {
        let value = pick(axes, values, index);
        if (form) value = unpack(form, value);
        if (!name) elements[i].innerHTML = value;
        else if (value === null) elements[i].removeAttribute(name);
        else elements[i].setAttribute(name, value);
      }
      for (const play of bar.querySelectorAll("[data-play]")) play.textContent = timer ? "Pause" : "Play";
      figure.dispatchEvent(new Event("rf:change", { bubbles: true }));
    };
    const stop = () => {
      clearInterval(timer);
      timer = 0;
    };
    const move = (c, k) => {
      at[c] = Math.max(0, Math.min(n[c] - 1, k));
      if (at[c] === n[c] - 1) stop();
      draw();
    };

    [...bar.children].forEach((box, c) => {
      box.addEventListener("input", ({ target }) => move(c, +target.value));
      box.addEventListener("click", ({ target }) => {
        const button = target.closest("button");
        if (!button) return;
        const { to, by } = button.dataset;
        const playing = timer;
        stop();
        if (to) move(c, +to);
        else if (by) move(c, at[c] + +by);
        else if (playing) draw();
        else {
          timer = setInterval(() => move(c, at[c] + 1), 900);
          move(c, (at[c] + 1) % n[c]);
        }
      });
      box.addEventListener("keydown", (event) => {
        const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!by || event.target.min || figure.matches(".rf-predict")) return;
        event.preventDefault();
        stop();
        move(c, at[c] + by);
      });
    });
    figure.dataset.on = "";
    bar.hidden = false;
    draw();
  };

  const all = () => document.querySelectorAll(".rf-live:not([data-on])").forEach(begin);
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", all);
  else all();
})();
