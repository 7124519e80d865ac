/* Interactive charts with a tooltip (uPlot); without scripts the page shows a static SVG. */
"use strict";

(() => {
  const SECONDS = 86400;
  const TICK_DAYS = [1, 2, 3, 7, 14, 30, 60, 90]; // days between ticks; never less than a day
  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const toSeconds = (day) => Date.parse(`${day}T00:00:00Z`) / 1000;
  const longDate = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
  const points = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const shortDate = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });

  const drawBackground = (data) => (chart) => {
    const { ctx, bbox } = chart;
    ctx.save();
    for (const gap of data.gaps) {
      const from = chart.valToPos(toSeconds(gap.first), "x", true);
      const to = chart.valToPos(toSeconds(gap.last) + SECONDS, "x", true);
      ctx.fillStyle = style("--warn-wash");
      ctx.fillRect(from, bbox.top, Math.max(to - from, 2), bbox.height);
    }
    const line = (colour, dash, path) => {
      ctx.beginPath(); ctx.strokeStyle = colour; ctx.setLineDash(dash); ctx.lineWidth = 1.5 * devicePixelRatio;
      path(); ctx.stroke();
    };
    for (const annotation of data.annotations) {
      const at = chart.valToPos(toSeconds(annotation.day), "x", true);
      line(style("--warn"), [3, 6], () => { ctx.moveTo(at, bbox.top); ctx.lineTo(at, bbox.top + bbox.height); });
    }
    if (data.goal !== null) {
      const at = chart.valToPos(data.goal, "y", true);
      if (at >= bbox.top && at <= bbox.top + bbox.height) {
        line(style("--soft"), [8, 8], () => { ctx.moveTo(bbox.left, at); ctx.lineTo(bbox.left + bbox.width, at); });
      }
    }
    ctx.restore();
  };

  // Days whose scores were recomputed are a dashed line of their own.
  const parts = (line) => [
    { label: line.name, scores: line.scores },
    ...(line.recomputed ? [{ label: `${line.name}, computed later`, scores: line.recomputed, dash: [6, 6] }] : []),
  ];

  // If the pointer is not on the chart, the legend shows the latest day.
  const showLatest = (chart) => chart.setLegend({ idx: chart.data[0].length - 1 }, false);

  const draw = (plot) => {
    const data = JSON.parse(plot.querySelector("script").textContent);
    if (data.days.length < 2) return;
    const staticChart = plot.querySelector("svg");
    const size = () => ({ width: plot.clientWidth, height: Math.max(200, Math.min(320, plot.clientWidth * 0.42)) });
    const axis = { stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false } };
    const goals = data.goal === null ? [] : [data.goal];
    const options = {
      ...size(),
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      scales: { y: { range: (_chart, low, high) => {
        const near = goals.filter((goal) => Math.abs(goal - high) <= Math.max(10, high - low));
        const [from, to] = [Math.min(low, ...near), Math.max(high, ...near)];
        return [Math.max(0, Math.floor(from - 1)), Math.min(101, Math.ceil(to + 1))];
      } } },
      axes: [{ ...axis, values: (_chart, days) => days.map((day) => shortDate.format(day * 1000)), space: 70, incrs: TICK_DAYS.map((days) => days * SECONDS) }, { ...axis, size: 36 }],
      series: [
        { value: (_chart, day) => (day === null ? "" : longDate.format(day * 1000)), label: "Day" },
        ...data.series.flatMap((line, index) => parts(line).map(({ label, dash }) => ({
          label, dash, stroke: style(`--s${index % 8}`), width: 2.5, points: { show: data.days.length < 10 },
          value: (_chart, score) => (score === null ? "–" : points.format(score)),
        }))),
      ],
      hooks: { drawClear: [drawBackground(data)], ready: [showLatest], setCursor: [(chart) => chart.cursor.idx ?? showLatest(chart)] },
    };
    const box = document.createElement("div");
    box.setAttribute("aria-hidden", "true");
    plot.append(box);
    const chart = new uPlot(options, [data.days.map(toSeconds), ...data.series.flatMap((line) => parts(line).map((part) => part.scores))], box);
    staticChart.classList.add("hidden");
    const legend = plot.nextElementSibling;
    if (legend.matches("[data-legend]")) legend.hidden = true; // the chart has its own legend, with values
    new ResizeObserver(() => chart.setSize(size())).observe(plot);
  };

  for (const plot of document.querySelectorAll("[data-chart]")) draw(plot);

})();
