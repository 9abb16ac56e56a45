// The curve of profit, drawn by lightweight-charts in the page's own colours.
"use strict";
(() => {
  const box = document.getElementById("equity");
  if (!box) return;
  const reading = document.getElementById("reading");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  const faded = (name, alpha) => `${colour(name)}${alpha}`;
  const chart = LightweightCharts.createChart(box, {
    autoSize: true,
    layout: { attributionLogo: false, fontFamily: "Inter, sans-serif", fontSize: 11 },
    handleScale: { axisPressedMouseMove: false },
    localization: { priceFormatter: (value) => value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 }) },
  });
  const series = chart.addSeries(LightweightCharts.BaselineSeries, {
    baseValue: { type: "price", price: 0 }, lineWidth: 2, priceLineVisible: false,
  });
  let exact = new Map();

  function paint() {
    chart.applyOptions({
      layout: { background: { color: colour("bg1") }, textColor: colour("text3") },
      grid: { vertLines: { color: faded("line", "66") }, horzLines: { color: faded("line", "66") } },
      rightPriceScale: { borderColor: colour("line"), scaleMargins: { top: 0.12, bottom: 0.12 } },
      timeScale: { borderColor: colour("line"), timeVisible: true, secondsVisible: false },
      crosshair: {
        vertLine: { color: colour("line-strong"), labelBackgroundColor: colour("bg3") },
        horzLine: { color: colour("line-strong"), labelBackgroundColor: colour("bg3") },
      },
    });
    series.applyOptions({
      topLineColor: colour("up"), topFillColor1: faded("up", "40"), topFillColor2: faded("up", "08"),
      bottomLineColor: colour("down"), bottomFillColor1: faded("down", "08"), bottomFillColor2: faded("down", "40"),
    });
  }

  async function load() {
    const answer = await fetch(box.dataset.url, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer || !answer.ok) return;
    const { points } = await answer.json();
    const first = exact.size === 0;
    exact = new Map(points);
    // Drawing needs floats; the figures that are read keep every digit.
    series.setData(points.map(([time, profit]) => ({ time, value: Number(profit) })));
    if (first) chart.timeScale().fitContent();
    box.dataset.points = points.length;
  }

  chart.subscribeCrosshairMove(({ time }) => {
    const profit = exact.get(time);
    reading.textContent = profit === undefined ? "" : `${new Date(time * 1000).toISOString().slice(0, 16).replace("T", " ")}  ${profit}`;
  });
  document.addEventListener("td:theme", paint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  document.body.addEventListener("td:portfolio", load);
  paint();
  load();
})();
