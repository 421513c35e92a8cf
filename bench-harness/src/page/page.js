// Draws the charts of the page from the data embedded in it. A failure is told on the page, for people and for the test.
"use strict";
(() => {
  const colours = ["#1f6fb4", "#d9541e", "#2a8a3e", "#7b3fa0", "#b8860b", "#00838f", "#ad1457", "#555555"];
  const charts = JSON.parse(document.getElementById("charts").textContent);

  const nines = (x) => {
    const share = 100 * (1 - 10 ** -x);
    return "p" + (x === 0 ? "0" : share.toFixed(Math.max(0, Math.ceil(x) - 2)));
  };
  const milliseconds = (value) => (value == null ? "–" : value >= 100 ? value.toFixed(0) : value.toPrecision(3)) + " ms";
  const plain = (value) => (value == null ? "–" : String(Math.round(value)));

  const draw = (chart) => {
    const place = document.getElementById(chart.place);
    const isLatency = chart.kind === "latency";
    const data = uPlot.join(chart.series.map((line) => [line.x, line.y]));
    const series = chart.series.map((line) => ({
      label: line.label,
      stroke: colours[line.colour % colours.length],
      width: 1.5,
      points: { show: line.x.length < 3 },
      spanGaps: true,
      value: (_plot, value) => (chart.unit === "ms" ? milliseconds(value) : plain(value)),
    }));
    new uPlot(
      {
        title: chart.title,
        width: 540,
        height: 300,
        scales: { x: { time: false }, y: { distr: isLatency ? 3 : 1, range: isLatency ? undefined : (_p, _low, high) => [0, high * 1.05 || 1] } },
        axes: [
          isLatency
            ? { splits: () => [0, 1, 2, 3, 4, 5, 6], values: (_plot, splits) => splits.map(nines) }
            : { label: "seconds", labelSize: 18 },
          { label: chart.unit, labelSize: 18, size: 60 },
        ],
        series: [{ label: isLatency ? "percentile" : "s", value: (_plot, x) => (x == null ? "–" : isLatency ? nines(x) : x.toFixed(1)) }, ...series],
      },
      data,
      place,
    );
  };

  // How many canvases have a pixel that is not empty: for the test of the page.
  const inked = () =>
    [...document.querySelectorAll("canvas")].filter((canvas) => {
      const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
      return pixels.some((byte) => byte !== 0);
    }).length;

  try {
    charts.forEach(draw);
    // uPlot draws in a microtask, which has run when a frame is due.
    requestAnimationFrame(() => {
      document.body.dataset.drawn = charts.length;
      if (location.hash === "#check") document.body.dataset.inked = inked();
    });
  } catch (error) {
    document.body.dataset.failed = String(error);
    document.body.prepend("The charts could not be drawn: " + error);
  }
})();
