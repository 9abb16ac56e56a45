// The small pictures: months, rolling Sharpe, how far trades went, luck, parameters.
function mix(value, most) {
  const share = Math.min(1, Math.abs(value) / (most || 1));
  return `color-mix(in srgb, var(--${value >= 0 ? "up" : "down"}) ${Math.round(10 + 60 * share)}%, var(--bg1))`;
}

function months(report) {
  const rows = report.daily.monthly, most = Math.max(...rows.map(([, , r]) => Math.abs(r ?? 0)), 1e-9);
  const years = [...new Set(rows.map(([year]) => year))], at = new Map(rows.map(([year, month, r]) => [year * 12 + month, r]));
  const cell = (r, total) => {
    const made = el("td", { class: (total ? "total " : "") + (known(r) ? "" : "none"), title: known(r) ? signedPercent(r, 3) : "" }, known(r) ? signed(100 * r, Math.abs(r) < 0.00995 ? 2 : 1) : "");
    if (known(r) && !total) made.style.background = mix(r, most);
    return made;
  };
  $("months").append(el("div", { class: "heat" }, el("table", {},
    el("thead", {}, el("tr", {}, el("th", {}, "%"), ...MONTH_NAMES.map((name) => el("th", {}, name)), el("th", {}, "year"))),
    el("tbody", {}, ...years.map((year) => {
      const own = MONTH_NAMES.map((_, i) => at.get(year * 12 + i + 1)), total = own.reduce((grown, r) => grown * (1 + (r ?? 0)), 1) - 1;
      return el("tr", {}, el("th", { scope: "row" }, String(year)), ...own.map((r) => cell(r)), cell(total, true));
    })))));
  // A short run has more to say day by day.
  const { day, returns } = report.daily, largest = Math.max(...returns.map((r) => Math.abs(r ?? 0)), 1e-9);
  if (day.length > 62) return;
  $("months").append(el("div", { class: "days" }, ...day.map((d, i) => {
    const made = el("div", { title: signedPercent(returns[i], 3) }, el("small", {}, moment(d * 86400, false).slice(5)), known(returns[i]) ? signed(100 * returns[i], 2) : DASH);
    if (known(returns[i])) made.style.background = mix(returns[i], largest);
    return made;
  })));
}

function rolling(report) {
  const { day, rolling_sharpe: sharpe, rolling_window: window } = report.daily, values = Float64Array.from(sharpe, (x) => x ?? NaN);
  if (values.filter((x) => !isNaN(x)).length < 3) { $("rolling-plot").replaceWith(el("p", { class: "empty" }, "There are too few days for a rolling Sharpe ratio.")); return null; }
  const shape = flat(values);
  const legend = (bar) => {
    const i = bar < 0 ? values.length - 1 : bar;
    $("rolling-legend").replaceChildren(key(colour("accent"), `${window} days`, number(values[i])));
  };
  const plot = new TimePlot($("rolling-plot"), {
    count: day.length, time: day.map((d) => d * 86400), seconds: 86400, onHover: legend, least: 5, label: `Sharpe ratio of the last ${window} days, day by day`,
    panes: [{ share: 1, format: (v) => number(v, 1), range: (a, b) => { const [low, high] = shape.range(a, b); return [Math.min(0, low), Math.max(0, high)]; },
      draw: (p, box) => { p.context.fillStyle = colour("line-strong"); p.context.fillRect(0, Math.round(box.y(0)), p.inner, 1); p.line(shape, box, colour("accent")); } }],
  });
  legend(-1);
  return plot;
}

// One dot a trade: across, how far the price went; up, what came of it; both in % of the entry.
function scatter(canvas, report, which, onOpen) {
  const dots = report.trades.map((t) => ({ t, x: 100 * Math.abs(Number(t[which]) / Number(t.entry_price) - 1), y: 100 * t.rate }));
  const label = which === "worst" ? "against it" : "for it", c = canvas.getContext("2d"), height = Number(canvas.getAttribute("height"));
  canvas.style.height = height + "px";
  canvas.setAttribute("aria-label", `Result of every trade beside how far the price went ${label} while it was held`);
  const wide = Math.max(...dots.map((d) => d.x), 0.01) * 1.05, high = Math.max(...dots.map((d) => d.y), 0), low = Math.min(...dots.map((d) => d.y), 0), room = (high - low || 1) * 0.08;
  let hovered = null;
  const paint = () => {
    const scale = devicePixelRatio || 1, width = canvas.clientWidth, left = 16, right = width - 56, top = 8, bottom = height - 28;
    if (!width) return;
    canvas.width = width * scale; canvas.height = height * scale; c.setTransform(scale, 0, 0, scale, 0, 0);
    c.font = "11px Inter, system-ui, sans-serif"; c.textBaseline = "middle";
    const x = (v) => left + (v / wide) * (right - left), y = (v) => bottom - ((v - low + room) / (high - low + 2 * room)) * (bottom - top);
    for (const v of niceTicks(low - room, high + room, 4)) { c.fillStyle = colour(v === 0 ? "line-strong" : "line"); c.fillRect(left, Math.round(y(v)), right - left, 1); c.fillStyle = colour("text3"); c.textAlign = "left"; c.fillText(signed(v, 2) + " %", right + 6, y(v)); }
    for (const v of niceTicks(0, wide, 4)) { c.fillStyle = colour("text3"); c.textAlign = "center"; c.fillText(number(v, 2) + " %", Math.max(left + 16, x(v)), height - 13); }
    c.globalAlpha = dots.length > 1000 ? 0.35 : 0.75;
    for (const d of dots) { d.px = x(d.x); d.py = y(d.y); c.fillStyle = colour(d.y >= 0 ? "up" : "down"); c.beginPath(); c.arc(d.px, d.py, dots.length > 1000 ? 2 : 3.5, 0, 7); c.fill(); }
    c.globalAlpha = 1;
    if (hovered) { c.strokeStyle = colour("text1"); c.lineWidth = 1.5; c.beginPath(); c.arc(hovered.px, hovered.py, 6, 0, 7); c.stroke(); }
  };
  canvas.addEventListener("pointermove", (event) => {
    const near = dots.map((d) => [Math.hypot(d.px - event.offsetX, d.py - event.offsetY), d]).reduce((p, q) => (q[0] < p[0] ? q : p), [14, null])[1];
    if (near) tip.show(`Trade #${near.t.number}, ${near.t.sign > 0 ? "long" : "short"}\n${moment(near.t.entry_ns / 1e9)}\n${number(near.x, 2)} % ${label}, result ${signed(near.y, 2)} %`, event); else tip.hide();
    if (near !== hovered) { hovered = near; paint(); }
  });
  canvas.addEventListener("pointerleave", () => { hovered = null; tip.hide(); paint(); });
  canvas.addEventListener("click", () => { if (hovered) onOpen(hovered.t); });
  new ResizeObserver(paint).observe(canvas);
  return { draw: paint };
}

function heat(report) {
  const { name, x_name, y_name, x, y, scores } = report.heat, all = scores.flat().filter(known), low = Math.min(...all), high = Math.max(...all);
  const cell = (score, i, j) => {
    const made = el("td", { class: known(score) ? "" : "none", title: `${x_name} ${x[i]}, ${y_name} ${y[j]}: ${known(score) ? number(score, 3) : "not tried"}` }, known(score) ? number(score, 2) : "");
    if (known(score)) made.style.background = `color-mix(in srgb, var(--accent) ${Math.round(4 + 62 * ((score - low) / (high - low || 1)))}%, var(--bg1))`;
    if (String(report.run.params[x_name]) === x[i] && String(report.run.params[y_name]) === y[j]) made.style.boxShadow = "inset 0 0 0 2px var(--text1)";
    return made;
  };
  return el("div", { class: "panel" }, el("div", { class: "head" }, el("h2", {}, "Parameters around it"), el("p", { class: "hint" }, `${name}; framed: this run. A lone bright cell is luck, a bright field is not.`)),
    el("div", { class: "heat" }, el("table", {}, el("thead", {}, el("tr", {}, el("th", {}, `${y_name} \\ ${x_name}`), ...x.map((text) => el("th", {}, text)))),
      el("tbody", {}, ...scores.map((row, j) => el("tr", {}, el("th", { scope: "row" }, y[j]), ...row.map((score, i) => cell(score, i, j))))))));
}

function fan(outlook) {
  const canvas = el("canvas", { height: "220", role: "img", "aria-label": `Range of outcomes over ${outlook.draws} draws` }), c = canvas.getContext("2d"), { bands, steps } = outlook;
  canvas.style.height = "220px";
  const all = Object.values(bands).flat(), low = Math.min(...all, 1), high = Math.max(...all, 1);
  const paint = () => {
    const scale = devicePixelRatio || 1, width = canvas.clientWidth, right = width - 64, top = 8, bottom = 208;
    if (!width) return;
    canvas.width = width * scale; canvas.height = 220 * scale; c.setTransform(scale, 0, 0, scale, 0, 0);
    c.font = "11px Inter, system-ui, sans-serif"; c.textBaseline = "middle";
    const x = (i) => 16 + (i / Math.max(1, steps.length - 1)) * (right - 16), y = (v) => bottom - ((v - low) / (high - low || 1)) * (bottom - top);
    for (const v of niceTicks(low, high, 4)) { c.fillStyle = colour("line"); c.fillRect(16, Math.round(y(v)), right - 16, 1); c.fillStyle = colour("text3"); c.fillText(signed(100 * (v - 1), 2) + " %", right + 8, y(v)); }
    const path = (p) => bands[p].forEach((v, i) => (i ? c.lineTo(x(i), y(v)) : c.moveTo(x(i), y(v))));
    for (const [p, q, alpha] of [[1, 99, 0.1], [5, 95, 0.14], [25, 75, 0.2]]) {
      c.beginPath(); path(p); bands[q].map((v, i) => [i, v]).reverse().forEach(([i, v]) => c.lineTo(x(i), y(v))); c.closePath();
      c.globalAlpha = alpha; c.fillStyle = colour("accent"); c.fill();
    }
    c.globalAlpha = 1; c.beginPath(); path(50); c.strokeStyle = colour("accent"); c.lineWidth = 1.75; c.stroke();
  };
  new ResizeObserver(paint).observe(canvas);
  const made = el("div", { class: "panel" }, el("div", { class: "head" }, el("h2", {}, "How lucky was it?"), el("p", { class: "hint" }, `${number(outlook.draws, 0)} draws: ${outlook.method}`)), canvas,
    pairs([["ends between (90 % of draws)", `${signedPercent(outlook.final[5] - 1)} and ${signedPercent(outlook.final[95] - 1)}`], ["deepest fall, 1 in 20 worse than", percent(outlook.drawdown[95])],
      ["ends below its start", percent(outlook.loss, 1)], [`ever falls to ${percent(outlook.ruin_level, 0)} of the start`, percent(outlook.ruin, 1)]]));
  return [made, { draw: paint }];
}
