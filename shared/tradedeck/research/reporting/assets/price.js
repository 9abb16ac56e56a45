// The two big charts: what the account was worth, and the price with every trade on it.
const LINE_INKS = ["accent", "warn", "paper", "text2"];
const flat = (column) => new Pyramid(column, column, column, column);

function growthPlot(report, columns) {
  const { equity, equity_low, equity_high, benchmark, position, time } = columns, count = equity.length;
  const worth = new Pyramid(equity, equity_high, equity_low, equity), hold = flat(benchmark);
  const fall = new Float64Array(count), start = Number(report.settings.cash);
  const held = Float64Array.from(position, (lots) => lots * report.chart.lot);
  for (let i = 0, peak = start; i < count; i++) { peak = Math.max(peak, equity_high[i]); fall[i] = equity[i] / peak - 1; }
  const under = flat(fall), size = flat(held);
  // Beside a market that moved a lot, a careful strategy looks flat: then it is shown alone at first.
  const wide = ([low, high]) => high - low;
  let beside = wide(hold.range(0, count)) < 6 * wide(worth.range(0, count));
  const legend = (bar) => {
    const i = bar < 0 ? count - 1 : bar, [up, soft, down] = [colour("accent"), colour("text3"), colour("down")];
    $("growth-legend").replaceChildren(key(up, "equity", money(equity[i])), key(soft, "buy and hold", money(benchmark[i])),
      key(down, "drawdown", percent(fall[i])), key(colour("paper"), "position", number(held[i], report.run.size_decimals)));
  };
  const plot = new TimePlot($("growth-plot"), {
    count, time, seconds: report.chart.seconds * report.chart.bucket, onHover: legend,
    label: "Equity of the account beside buying and holding, with the drawdown and the position below",
    panes: [
      { share: 0.66, format: compact,
        range: (a, b) => { const [l1, h1] = worth.range(a, b), [l2, h2] = beside ? hold.range(a, b) : [l1, h1]; return [Math.min(l1, l2), Math.max(h1, h2)]; },
        draw: (p, box) => {
          if (beside) p.line(hold, box, colour("text3"), 1.25);
          p.area(worth, box, colour("accent"), box.low); p.line(worth, box, colour("accent"), 1.75);
        } },
      { share: 0.2, ceiling: 0, format: (v) => percent(v, Math.abs(fall.reduce((m, x) => Math.min(m, x), 0)) < 0.02 ? 2 : 0), range: (a, b) => under.range(a, b),
        draw: (p, box) => { p.area(under, box, colour("down"), 0); p.line(under, box, colour("down"), 1); } },
      { share: 0.14, floor: 0, format: (v) => compact(v), range: (a, b) => size.range(a, b),
        draw: (p, box) => { p.area(size, box, colour("paper"), 0); p.line(size, box, colour("paper"), 1); } },
    ],
  });
  legend(-1);
  const toggle = el("button", { "aria-pressed": String(beside), onclick: () => { beside = !beside; toggle.setAttribute("aria-pressed", String(beside)); plot.draw(); } }, "Buy and hold");
  $("growth-tools").append(toggle);
  tools($("growth-tools"), plot);
  return plot;
}

const key = (ink, name, value) => {
  const mark = el("i"); mark.style.background = ink;
  return el("span", {}, mark, name, el("b", {}, value));
};

function pricePlot(report, columns, onPick) {
  const { open, high, low, close, time } = columns, bucket = report.chart.bucket;
  const prices = new Pyramid(open, high, low, close), places = report.run.price_decimals;
  const own = report.trades.filter((t) => t.market === report.run.symbol);
  // Lines in the units of the price lie over it; others only speak when a bar is asked.
  const level = close[close.length >> 1];
  const lines = columns.lines.map((line, i) => ({ name: line.name, values: line.values, shape: flat(line.values), ink: LINE_INKS[i % LINE_INKS.length] }))
    .filter(({ values }) => { const middle = values[values.length >> 1]; return middle > level / 3 && middle < level * 3; });
  const legend = (bar) => {
    const i = bar < 0 ? (plot && plot.picked >= 0 ? plot.picked : close.length - 1) : bar;
    $("price-legend").replaceChildren(
      el("span", {}, "O", el("b", {}, number(open[i], places))), el("span", {}, "H", el("b", {}, number(high[i], places))),
      el("span", {}, "L", el("b", {}, number(low[i], places))), el("span", {}, "C", el("b", {}, number(close[i], places))),
      ...lines.map(({ name, values, ink }) => key(colour(ink), name, number(values[i], places))),
      ...(bucket > 1 ? [el("span", {}, `finest candle: ${bucket} bars`)] : []));
  };
  const plot = new TimePlot($("price-plot"), {
    count: close.length, time, seconds: report.chart.seconds * bucket, onPick: (bar) => { legend(bar); onPick(bar); }, onHover: legend,
    label: "Price with the entry and exit of every trade. Click a bar, or move with the arrow keys, to see why it traded there or why not.",
    panes: [{
      share: 1, format: (v) => number(v, Math.min(2, places)), range: (a, b) => prices.range(a, b),
      draw: (p, box) => {
        gaps(p, report, bucket);
        candles(p, prices, box);
        for (const { shape, ink } of lines) p.line(shape, box, colour(ink), 1.25);
        trades(p, own, box, bucket);
        notes(p, report.notes, box, bucket);
      },
    }],
  });
  legend(-1);
  tools($("price-tools"), plot);
  return plot;
}

function candles(plot, prices, box) {
  const { context: c } = plot, { size, open, high, low, close } = prices.level(plot.a, plot.b, plot.inner / 4);
  const wide = Math.max(1, (plot.inner / (plot.b - plot.a)) * size), body = Math.max(1, Math.min(16, Math.floor(wide * 0.7)));
  const inks = [colour("down"), colour("up")];
  for (let i = Math.max(0, Math.floor(plot.a / size)); i <= Math.min(close.length - 1, Math.ceil(plot.b / size)); i++) {
    const x = plot.x((i + 0.5) * size), rises = close[i] >= open[i];
    const top = box.y(Math.max(open[i], close[i])), bottom = box.y(Math.min(open[i], close[i]));
    c.fillStyle = inks[Number(rises)];
    c.globalAlpha = 0.75;
    c.fillRect(Math.round(x) - 0.5, box.y(high[i]), 1, Math.max(1, box.y(low[i]) - box.y(high[i])));
    c.fillRect(Math.round(x - body / 2), top, body, Math.max(1, bottom - top));
  }
  c.globalAlpha = 1;
}

// Entry ▲ or ▼, exit a ring, and between them a line in the colour of the result.
function trades(plot, all, box, bucket) {
  const { context: c } = plot;
  const seen = all.filter((t) => t.entry_bar / bucket < plot.b && (t.exit_bar < 0 ? Infinity : t.exit_bar / bucket) > plot.a);
  const many = seen.length > 300, up = colour("up"), down = colour("down"), edge = colour("bg1");
  for (const t of seen) {
    const x1 = plot.x(Math.floor(t.entry_bar / bucket) + 0.5), x2 = t.exit_bar < 0 ? plot.inner : plot.x(Math.floor(t.exit_bar / bucket) + 0.5);
    const y1 = box.y(Number(t.entry_price)), y2 = box.y(Number(t.exit_price)), ink = Number(t.profit) >= 0 ? up : down;
    c.strokeStyle = ink; c.lineWidth = many ? 1 : 1.5; c.setLineDash(t.in_gap ? [2, 3] : many ? [] : [5, 3]);
    c.beginPath(); c.moveTo(x1, y1); c.lineTo(x2, y2); c.stroke(); c.setLineDash([]);
    if (many) continue;
    const s = 6, d = t.sign > 0 ? 1 : -1;
    c.fillStyle = t.sign > 0 ? up : down; c.strokeStyle = edge; c.lineWidth = 1.5;
    c.beginPath(); c.moveTo(x1, y1 + d * 3); c.lineTo(x1 - s, y1 + d * (3 + s * 1.7)); c.lineTo(x1 + s, y1 + d * (3 + s * 1.7)); c.closePath(); c.fill(); c.stroke();
    if (t.exit_bar >= 0) { c.fillStyle = edge; c.strokeStyle = ink; c.lineWidth = 2; c.beginPath(); c.arc(x2, y2, 4, 0, 7); c.fill(); c.stroke(); }
  }
}

function notes(plot, all, box, bucket) {
  const { context: c } = plot;
  c.fillStyle = colour("warn");
  for (const note of all) {
    const place = Math.floor(note.bar / bucket);
    if (note.price === null || place < plot.a || place > plot.b) continue;
    const x = plot.x(place + 0.5), y = box.y(note.price);
    c.beginPath(); c.moveTo(x, y - 5); c.lineTo(x + 5, y); c.lineTo(x, y + 5); c.lineTo(x - 5, y); c.closePath(); c.fill();
  }
}

function gaps(plot, report, bucket) {
  const { context: c } = plot;
  c.fillStyle = colour("warn");
  for (const gap of report.data.gaps.slice(0, 2000)) {
    const x = plot.x(plot.at(gap.end_ns / 1e9));
    if (x >= 0 && x <= plot.inner) { c.globalAlpha = 0.35; c.fillRect(x - 1.5, 0, 3, plot.height); c.globalAlpha = 1; }
  }
}
