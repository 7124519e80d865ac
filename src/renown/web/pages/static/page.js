/* Charts that can be read point by point; without this script they are drawn all the same. */
"use strict";

(() => {
  const SECONDS = 86400;
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const when = (day) => Date.parse(`${day}T00:00:00Z`) / 1000;
  const written = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
  const points = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

  const behind = (told) => (chart) => {
    const { ctx, bbox } = chart;
    ctx.save();
    for (const span of told.spans) {
      const from = chart.valToPos(when(span.first), "x", true);
      const to = chart.valToPos(when(span.last) + SECONDS, "x", true);
      ctx.fillStyle = style("--warn-wash");
      ctx.fillRect(from, bbox.top, Math.max(to - from, 2), bbox.height);
    }
    const line = (colour, dash, path) => {
      ctx.beginPath(); ctx.strokeStyle = colour; ctx.setLineDash(dash); ctx.lineWidth = 1.5 * devicePixelRatio;
      path(); ctx.stroke();
    };
    for (const mark of told.marks) {
      const at = chart.valToPos(when(mark.day), "x", true);
      line(style("--warn"), [3, 6], () => { ctx.moveTo(at, bbox.top); ctx.lineTo(at, bbox.top + bbox.height); });
    }
    if (told.goal !== null) {
      const at = chart.valToPos(told.goal, "y", true);
      if (at >= bbox.top && at <= bbox.top + bbox.height) {
        line(style("--soft"), [8, 8], () => { ctx.moveTo(bbox.left, at); ctx.lineTo(bbox.left + bbox.width, at); });
      }
    }
    ctx.restore();
  };

  // Where nobody points at a day, the key tells the latest.
  const latest = (chart) => chart.setLegend({ idx: chart.data[0].length - 1 }, false);

  const draw = (plot) => {
    const told = JSON.parse(plot.querySelector("script").textContent);
    if (told.days.length < 2) return;
    const still = plot.querySelector("svg");
    const size = () => ({ width: plot.clientWidth, height: Math.max(200, Math.min(320, plot.clientWidth * 0.42)) });
    const axis = { stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false } };
    const room = told.goal === null ? [] : [told.goal];
    const options = {
      ...size(),
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      scales: { y: { range: (_chart, low, high) => {
        const near = room.filter((goal) => Math.abs(goal - high) <= Math.max(10, high - low));
        const [from, to] = [Math.min(low, ...near), Math.max(high, ...near)];
        return [Math.max(0, Math.floor(from - 1)), Math.min(101, Math.ceil(to + 1))];
      } } },
      axes: [{ ...axis, values: (_chart, days) => days.map((day) => short.format(day * 1000)), space: 70 }, { ...axis, size: 36 }],
      series: [
        { value: (_chart, day) => (day === null ? "" : written.format(day * 1000)), label: "Day" },
        ...told.series.map((one, place) => ({
          label: one.name, stroke: style(`--s${place % 8}`), width: 2.5, points: { show: told.days.length < 10 },
          value: (_chart, score) => (score === null ? "" : points.format(score)),
        })),
      ],
      hooks: { drawClear: [behind(told)], ready: [latest], setCursor: [(chart) => chart.cursor.idx ?? latest(chart)] },
    };
    const box = document.createElement("div");
    box.setAttribute("aria-hidden", "true");
    plot.append(box);
    const chart = new uPlot(options, [told.days.map(when), ...told.series.map((one) => one.scores)], box);
    still.classList.add("hidden");
    const key = plot.nextElementSibling;
    if (key.matches("[data-key]")) key.hidden = true; // the chart has one of its own, with values
    new ResizeObserver(() => chart.setSize(size())).observe(plot);
  };

  for (const plot of document.querySelectorAll("[data-chart]")) draw(plot);

  // Pages on a wall look for news by themselves, every so many seconds.
  const again = document.querySelector("[data-again]");
  if (again) setTimeout(() => location.reload(), again.dataset.again * 1000);
})();
