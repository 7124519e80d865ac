/* Tooltips of charts, which the server draws as SVG. */
"use strict";

(() => {
  const DAY = 86400000; // milliseconds
  const SVG = "http://www.w3.org/2000/svg";
  const longDate = (time) => new Date(time).toUTCString().slice(5, 16).replace(/^0/, ""); // 3 Sep 2026, as the page
  const points = new Intl.NumberFormat(document.documentElement.dataset.locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const toTime = (day) => Date.parse(`${day}T00:00:00Z`);

  const describe = (data, day) => {
    const index = data.days.indexOf(day);
    const lines = data.series.map(({ name, scores, recomputed }) => {
      const score = scores[index] ?? recomputed?.[index];
      if (score === null || score === undefined) return "";
      const range = data.ranges?.[index];
      const value = points.format(score) + (range ? ` (${points.format(range[0])} to ${points.format(range[1])})` : "");
      return data.series.length > 1 ? `${name} ${value}` : scores[index] === null ? `${value}, computed later` : value;
    });
    const notes = [...data.marks, ...data.annotations].filter((note) => note.day === day).map((note) => note.label);
    return [longDate(toTime(day)), ...lines.filter(Boolean), ...notes];
  };

  const activate = (plot) => {
    const data = JSON.parse(plot.querySelector("script").textContent);
    if (data.days.length < 2) return;
    const svg = plot.querySelector("svg");
    const first = toTime(data.days[0]);
    const span = toTime(data.days.at(-1)) - first;
    const cursor = document.createElementNS(SVG, "line");
    cursor.setAttribute("class", "cursor");
    cursor.setAttribute("y1", 0);
    cursor.setAttribute("y2", svg.viewBox.baseVal.height);
    const tooltip = document.createElement("div");
    tooltip.className = "tooltip";
    tooltip.setAttribute("aria-hidden", "true"); // the table has the same values
    const hide = () => { tooltip.hidden = true; cursor.remove(); };

    const show = (event) => {
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * data.width;
      const share = Math.min(Math.max((x - data.left) / (data.right - data.left), 0), 1);
      const time = first + Math.round((share * span) / DAY) * DAY;
      const day = new Date(time).toISOString().slice(0, 10);
      if (!data.days.includes(day)) return hide();
      const at = data.left + ((time - first) / span) * (data.right - data.left);
      cursor.setAttribute("x1", at);
      cursor.setAttribute("x2", at);
      svg.append(cursor);
      tooltip.replaceChildren(...describe(data, day).map((text) => Object.assign(document.createElement("div"), { textContent: text })));
      tooltip.hidden = false;
      const left = (at / data.width) * box.width;
      tooltip.style.insetInlineStart = `${Math.min(Math.max(left - tooltip.offsetWidth / 2, 0), box.width - tooltip.offsetWidth)}px`;
    };

    hide();
    plot.append(tooltip);
    plot.addEventListener("pointermove", show);
    plot.addEventListener("pointerdown", show);
    plot.addEventListener("pointerleave", hide);
  };

  for (const plot of document.querySelectorAll("[data-chart]")) activate(plot);
})();
