// Puts the page together once its data is unpacked.
async function start() {
  const report = JSON.parse(new TextDecoder().decode(await inflate($("report").textContent.trim())));
  const columns = await columnsOf(report.chart);
  $("title").textContent = report.title;
  $("span").textContent = `${report.span} · ${number(report.run.bars, 0)} bars of ${span(report.run.timeframe_ns)} · ${report.run.venue}`;
  cards(report); costs(report); dataTrust(report); resultTrust(report); tables(report); months(report);
  const why = new Why(report, columns), drawn = [];
  if (!report.run.bars) {
    for (const id of ["growth", "chart", "time", "trades", "risk"]) $(id).remove();
    $("cards").after(el("p", { class: "panel empty" }, "There are no bars in this run. Choose dates for which there is data."));
    document.body.dataset.ready = "yes";
    return;
  }
  const price = pricePlot(report, columns, (bar) => why.show(bar));
  const open = (trade) => {
    const from = trade.entry_bar / why.bucket, to = (trade.exit_bar < 0 ? report.run.bars : trade.exit_bar) / why.bucket, room = Math.max(30, (to - from) * 0.8);
    price.show(from - room, to + room);
    price.pick(Math.floor(from), false);
    $("chart").scrollIntoView({ block: "start" });
  };
  drawn.push(price, growthPlot(report, columns), rolling(report), scatter($("mae"), report, "worst", open), scatter($("mfe"), report, "best", open));
  tradeTable(report, open);
  for (const outlook of report.outlooks) { const [panel, plot] = fan(outlook); $("luck").append(panel); drawn.push(plot); }
  if (report.heat) $("luck").append(heat(report));
  why.invite();
  // The newest trades first: a whole year of candles says little.
  const last = report.trades[Math.max(0, report.trades.length - 6)], many = 400;
  if (report.run.bars / why.bucket > many) price.show(Math.max(0, (last ? last.entry_bar / why.bucket : columns.close.length) - 30), Math.max(many, (last ? last.entry_bar / why.bucket : columns.close.length) + many));
  dress(drawn.filter(Boolean));
  document.body.dataset.ready = "yes";
}

async function columnsOf(chart) {
  const [offsets, open, high, low, close, equity, equity_low, equity_high, benchmark, position, ...lines] = await Promise.all(
    [chart.time, chart.prices.open, chart.prices.high, chart.prices.low, chart.prices.close, chart.equity, chart.equity_low, chart.equity_high, chart.benchmark, chart.position, ...chart.lines].map(unpack));
  return { time: offsets.map((x) => x + chart.origin_s), open, high, low, close, equity, equity_low, equity_high, benchmark, position,
    lines: lines.map((values, i) => ({ name: chart.lines[i].name, values })) };
}

// Dark or light: the system's choice until somebody makes one. Paper is always light.
function dress(drawn) {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const redraw = () => drawn.forEach((plot) => (plot.paint ? plot.paint() : plot.draw()));
  const isDark = () => (root.dataset.theme || (system.matches ? "dark" : "light")) === "dark";
  $("theme").addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; redraw(); });
  system.addEventListener("change", redraw);
  let before;
  addEventListener("beforeprint", () => { before = root.dataset.theme; root.dataset.theme = "light"; redraw(); });
  addEventListener("afterprint", () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; redraw(); });
}

if (location.hash === "#dark" || location.hash === "#light") document.documentElement.dataset.theme = location.hash.slice(1);
start().catch((problem) => {
  $("main").prepend(el("p", { class: "empty down" }, `This page could not be drawn: ${problem.message}. It needs a browser of 2023 or newer; the JSON beside it holds the same figures.`));
});
