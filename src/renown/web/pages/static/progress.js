/* Follow the progress of a first score by server-sent events; without scripts the page reloads itself. */
"use strict";

(() => {
  const root = document.querySelector("[data-progress-url]");
  const status = document.querySelector("[data-status]");
  const number = new Intl.NumberFormat(document.documentElement.dataset.locale);
  const events = new EventSource(root.dataset.progressUrl);

  const show = (progress) => {
    document.querySelector("[data-waiting]").hidden = progress.stage !== "waiting";
    for (const name of ["posts", "people", "days"]) document.querySelector(`[data-${name}]`).textContent = number.format(progress[name]);
    for (const item of document.querySelectorAll("[data-step]")) {
      const step = Number(item.dataset.step);
      item.classList.toggle("done", step < progress.step);
      if (step !== progress.step) item.removeAttribute("aria-current");
      else if (!item.hasAttribute("aria-current")) {
        item.setAttribute("aria-current", "step");
        status.textContent = item.querySelector("strong").textContent;
      }
    }
  };

  events.onmessage = (event) => {
    const progress = JSON.parse(event.data);
    if (progress.stage === "done") location.replace(root.dataset.pageUrl);
    else if (progress.stage === "failed") location.reload();
    else show(progress);
  };
  // Too many streams are open, or the server restarts: reload, as without scripts.
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000);
  };
})();
