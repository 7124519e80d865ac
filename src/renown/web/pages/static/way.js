/* Sliders beside the fields of a form; our API computes the score. Without this script the form's button does. */
"use strict";

(() => {
  const PATIENCE = 150; // milliseconds after the last move until the score is asked for
  const form = document.querySelector("[data-try]");
  if (!form) return;
  const then = form.querySelector("[data-then]");
  const move = form.querySelector("[data-move]");
  const fields = [...form.querySelectorAll("[data-key]")];
  const score = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
  let waiting = 0;
  let asked = 0;

  const ask = async () => {
    const mine = ++asked;
    form.setAttribute("aria-busy", "true");
    const changes = fields.filter((field) => Number(field.value) > 0);
    const query = new URLSearchParams(changes.map((field) => ["change", `${field.dataset.key}=+${Math.floor(field.value)}`]));
    try {
      const answer = await fetch(`${form.dataset.try}?${query}`);
      if (mine !== asked) return; // a later question is under way
      if (answer.status === 429) return later(1000);
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error.message);
      then.textContent = score.format(told.score_then);
      move.textContent = signed.format(told.move);
    } catch (error) {
      move.textContent = String(error.message || error);
    }
    form.removeAttribute("aria-busy");
  };
  const later = (wait) => { clearTimeout(waiting); waiting = setTimeout(ask, wait); };

  for (const field of fields) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = 0;
    slider.max = field.dataset.most;
    slider.value = field.value;
    slider.setAttribute("aria-label", field.labels[0].textContent.trim());
    slider.addEventListener("input", () => { field.value = slider.value; later(PATIENCE); });
    field.addEventListener("input", () => { slider.value = field.value; later(PATIENCE); });
    field.after(slider);
  }
  for (const button of form.querySelectorAll("button")) button.hidden = true;
})();
