(() => {
  const begin = (box) => {
    const { notes, names } = JSON.parse(box.querySelector("script").textContent);
    const bar = box.querySelector(".rf-controls");
    const play = bar.querySelector("[data-play]");
    const tempo = bar.querySelector("input");
    const tabs = [...bar.querySelectorAll("[data-to]")];
    const rolls = [...box.querySelectorAll("[data-roll]")];
    const said = box.querySelector(".rf-said");
    let at = 0, audio = null, timer = 0;

    const mark = (step, on) => {
      const line = rolls[at].querySelector("[data-cursor]");
      line.setAttribute("transform", `translate(${step * line.dataset.cursor} 0)`);
      line.setAttribute("class", on ? "" : "off");
    };
    const show = (text) => {
      play.textContent = audio ? "Stop" : "Play";
      said.textContent = text || `${names[at]}: ${notes[at].length} notes.`;
    };
    const stop = () => {
      clearInterval(timer);
      if (audio) audio.close();
      audio = null;
      mark(0, false);
      show();
    };
    const tone = (pitch, from, seconds) => {
      const wave = audio.createOscillator();
      const level = audio.createGain(), { gain } = level;
      wave.type = "triangle";
      wave.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
      gain.setValueAtTime(0, from);
      gain.linearRampToValueAtTime(.1, from + .02);
      gain.setTargetAtTime(.03, from + .02, .5);
      gain.setTargetAtTime(0, from + seconds - .06, .03);
      wave.connect(level).connect(audio.destination);
      wave.start(from);
      wave.stop(from + seconds + .2);
    };
    const start = () => {
      audio = new AudioContext();
      const beat = 60 / tempo.value;
      const first = audio.currentTime + .1;
      for (const [from, long, pitch] of notes[at]) tone(pitch, first + from * beat, long * beat);
      const end = Math.max(...notes[at].map(([from, long]) => from + long));
      timer = setInterval(() => {
        const step = Math.max(0, (audio.currentTime - first) / beat);
        if (step > end) stop();
        else mark(step, true);
      }, 50);
      show(`Playing ${names[at]}, ${tempo.value} quarters a minute.`);
    };
    const choose = (to) => {
      stop();
      at = (to + rolls.length) % rolls.length;
      rolls.forEach((roll, i) => (roll.hidden = i !== at));
      tabs.forEach((button, i) => button.setAttribute("aria-pressed", i === at));
      show();
    };

    play.addEventListener("click", () => (audio ? stop() : start()));
    tempo.addEventListener("input", () => {
      bar.querySelector("output").textContent = tempo.value;
      if (audio) stop();
    });
    tabs.forEach((button, i) => button.addEventListener("click", () => choose(i)));
    tabs[0].parentNode.addEventListener("keydown", (e) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
      if (!by) return;
      e.preventDefault();
      choose(at + by);
      tabs[at].focus();
    });
    box.dataset.on = "";
    bar.hidden = false;
    choose(0);
  };

  document.querySelectorAll(".rf-player:not([data-on])").forEach(begin);
})();
