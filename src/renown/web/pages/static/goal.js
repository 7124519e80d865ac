/* Sliders for a what-if simulation, computed by the API; without scripts the form has a button. */
"use strict";

(() => {
  const DEBOUNCE = 150; // milliseconds after the last input until the score is requested
  const form = document.querySelector("[data-what-if-url]");
  if (!form) return;
  const scoreAfter = form.querySelector("[data-score-after]");
  const change = form.querySelector("[data-change]");
  const fields = [...form.querySelectorAll("[data-key], [data-factor]")];
  const toChange = (field) => ("factor" in field.dataset ? `all=x${Math.floor(field.value)}` : `${field.dataset.key}=+${Math.floor(field.value)}`);
  const score = new Intl.NumberFormat(document.documentElement.dataset.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const signed = new Intl.NumberFormat(document.documentElement.dataset.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
  let timer = 0;
  let latest = 0;

  const update = async () => {
    const number = ++latest;
    form.setAttribute("aria-busy", "true");
    const changes = fields.filter((field) => Number(field.value) > Number(field.min));
    const query = new URLSearchParams(changes.map((field) => ["change", toChange(field)]));
    try {
      const response = await fetch(`${form.dataset.whatIfUrl}?${query}`);
      if (number !== latest) return; // a later request is in progress
      if (response.status === 429) return updateAfter(1000); // rate limited: retry
      const data = await response.json();
      if (!response.ok) throw new Error(data.error.message);
      scoreAfter.textContent = score.format(data.score_after);
      change.textContent = signed.format(data.move);
    } catch (error) {
      change.textContent = String(error.message || error);
    }
    form.removeAttribute("aria-busy");
  };
  const updateAfter = (wait) => { clearTimeout(timer); timer = setTimeout(update, wait); };

  for (const field of fields) {
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = field.min;
    slider.max = field.dataset.max;
    slider.value = field.value;
    slider.setAttribute("aria-label", field.labels[0].textContent.trim());
    slider.addEventListener("input", () => { field.value = slider.value; updateAfter(DEBOUNCE); });
    field.addEventListener("input", () => { slider.value = field.value; updateAfter(DEBOUNCE); });
    field.after(slider);
  }
  // The field suggests the reader's own time zone; the page shows it on request.
  const zone = document.querySelector("[data-time-zone]");
  if (zone && !new URLSearchParams(location.search).has("tz")) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone;

  for (const button of form.querySelectorAll("button")) button.hidden = true;
})();
