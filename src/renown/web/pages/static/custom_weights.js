/* Sliders for custom weights that update the ranking; without scripts the form has a button. */
"use strict";

(() => {
  const form = document.querySelector("[data-weights]");
  const status = form.querySelector("[data-status]");
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const names = new Map();
  let timer = 0;
  let request = null;

  const address = () => {
    const fields = [...new FormData(form)].filter(([, text]) => text !== "" && text !== "1" && text !== "1.0");
    const query = new URLSearchParams(fields).toString();
    return form.getAttribute("action") + (query && `?${query}`);
  };

  /* Give the rows of one person the same transition name before and after, so that the browser animates them. */
  const nameRows = (parent) => {
    for (const row of parent.querySelectorAll("tbody:not(.selected) [data-row]")) {
      if (!names.has(row.dataset.row)) names.set(row.dataset.row, `row-${names.size}`);
      row.style.viewTransitionName = names.get(row.dataset.row);
    }
  };

  const showResult = (page) => {
    const before = document.querySelector("[data-result]");
    const after = page.querySelector("[data-result]");
    const change = () => { nameRows(after); before.replaceWith(after); };
    if (document.startViewTransition && !reducedMotion.matches) {
      nameRows(before);
      document.startViewTransition(change);
    } else change();
  };

  const update = async () => {
    request?.abort();
    request = new AbortController();
    try {
      const response = await fetch(address(), { signal: request.signal });
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      if (!response.ok) { status.textContent = page.querySelector("main h1 + p")?.textContent ?? response.statusText; return; }
      showResult(page);
      history.replaceState(null, "", address());
      status.textContent = "The ranking is up to date; the address of this page is a link to it.";
    } catch (error) {
      if (error.name !== "AbortError") status.textContent = "The ranking could not be updated; try the button.";
    }
  };

  const debounce = () => { clearTimeout(timer); timer = setTimeout(update, 250); };

  for (const slider of form.querySelectorAll("[data-slider-for]")) {
    const field = document.getElementById(slider.dataset.sliderFor);
    slider.hidden = false;
    slider.addEventListener("input", () => { field.value = slider.value; debounce(); });
    field.addEventListener("input", () => { slider.value = field.value; debounce(); });
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); update(); });
})();
