(() => {
  const figure = document.currentScript.closest("figure");
  const data = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const label = figure.querySelector(".rf-slider");
  const input = label.querySelector("input");
  const lines = [...figure.querySelectorAll(".rf-marks path")];
  const dots = [...figure.querySelectorAll(".rf-marks circle")];

  input.addEventListener("input", () => {
    const at = Number(input.value);
    data.levels[at].forEach((y, i) => {
      const x = dots[i].getAttribute("cx");
      lines[i].setAttribute("d", `M${x},${data.floor} V${y}`);
      dots[i].setAttribute("cy", y);
    });
    label.querySelector("b").textContent = data.positions[at];
    input.setAttribute("aria-valuetext", data.positions[at]);
    figure.querySelector(".rf-said").textContent = data.said[at];
  });
  label.hidden = false;
})();
