/* Sliders that ask the server for the ranking they make; without this script the form asks by its button. */
"use strict";

(() => {
  const form = document.querySelector("[data-try]");
  const said = form.querySelector("[data-said]");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const names = new Map();
  let waiting = 0;
  let asking = null;

  const address = () => {
    const told = [...new FormData(form)].filter(([, text]) => text !== "" && text !== "1" && text !== "1.0");
    const query = new URLSearchParams(told).toString();
    return form.getAttribute("action") + (query && `?${query}`);
  };

  /* Rows of one person have one name before and after, so that the browser moves them. */
  const name = (within) => {
    for (const row of within.querySelectorAll("tbody:not(.asked) [data-row]")) {
      if (!names.has(row.dataset.row)) names.set(row.dataset.row, `row-${names.size}`);
      row.style.viewTransitionName = names.get(row.dataset.row);
    }
  };

  const put = (page) => {
    const there = document.querySelector("[data-outcome]");
    const fresh = page.querySelector("[data-outcome]");
    const change = () => { name(fresh); there.replaceWith(fresh); };
    if (document.startViewTransition && !still.matches) {
      name(there);
      document.startViewTransition(change);
    } else change();
  };

  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(address(), { signal: asking.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!answer.ok) { said.textContent = page.querySelector("main h1 + p")?.textContent ?? answer.statusText; return; }
      put(page);
      history.replaceState(null, "", address());
      said.textContent = "The ranking is that of these weights; the address is the link to it.";
    } catch (error) {
      if (error.name !== "AbortError") said.textContent = "The ranking cannot be asked for at the moment; try the button.";
    }
  };

  const soon = () => { clearTimeout(waiting); waiting = setTimeout(ask, 250); };

  for (const slider of form.querySelectorAll("[data-slides]")) {
    const field = document.getElementById(slider.dataset.slides);
    slider.hidden = false;
    slider.addEventListener("input", () => { field.value = slider.value; soon(); });
    field.addEventListener("input", () => { slider.value = field.value; soon(); });
  }
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); ask(); });
})();
