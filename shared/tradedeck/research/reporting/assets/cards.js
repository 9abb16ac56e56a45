// Headline figures, the tables of figures, and everything that is words.
function cards(report) {
  const f = report.figures, unit = report.run.money, short = f.days < 90;
  const ahead = known(f.benchmark_return) ? f.total_return - f.benchmark_return : null;
  const year = short ? `a year made of ${f.days} day${f.days === 1 ? "" : "s"}` : `${f.days} days`;
  const rows = [
    ["Profit after costs", signed(f.profit, 2), tone(f.profit), `${signedPercent(f.total_return)} · buy and hold ${signedPercent(f.benchmark_return)}`],
    ["Sharpe", number(f.sharpe), tone(f.sharpe), known(f.probabilistic_sharpe) ? `${percent(f.probabilistic_sharpe, 0)} sure it is above 0` : "too few days to say"],
    ["Growth a year", signedPercent(f.cagr, 1), tone(f.cagr), year],
    ["Deepest fall", percent(f.max_drawdown), f.max_drawdown > 0 ? "down" : "", `longest ${span(f.longest_drawdown_ns)}`],
    ["Winning trades", percent(f.win_rate, 1), "", `${number(f.trades, 0)} trades, factor ${number(f.profit_factor)}`],
    ["A trade earns", signed(f.expectancy, 2), tone(f.expectancy), `held ${number(f.average_bars, 0)} bars on average`],
    ["Fees", number(f.fees, 2), "", `in the market ${percent(f.exposure, 0)}`],
  ];
  $("cards").replaceChildren(...rows.map(([name, value, kind, more], i) =>
    el("dl", { class: "card" + (i ? "" : " first") }, el("dt", {}, name), el("dd", { class: kind }, value, i ? null : el("i", {}, unit)), el("small", {}, more))));
  if (ahead !== null) $("cards").firstChild.title = `${signedPercent(ahead)} against buying and holding`;
}

function costs(report) {
  const c = report.costs, rows = [["Fees", c.fees, "accent"], ["Slippage", c.slippage, "warn"], ["Funding", c.funding, "paper"], ["Borrowing", c.borrow, "text2"]];
  const most = Math.max(...rows.map(([, value]) => Math.abs(Number(value))), 1e-12), gross = Number(c.gross), spent = rows.reduce((sum, [, value]) => sum + Number(value), 0);
  $("costs").replaceChildren(
    el("div", { class: "bars" }, ...rows.map(([name, value, ink]) => {
      const bar = el("i"); bar.style.width = (100 * Math.abs(Number(value))) / most + "%"; bar.style.background = `var(--${ink})`;
      return el("div", { class: "row" }, el("span", {}, name), el("span", {}, number(value, 2)), el("div", { class: "track" }, bar));
    })),
    pairs([["Profit before costs", signed(gross, 2), tone(gross)], ["Costs", number(-spent, 2)], ["Profit after costs", signed(report.figures.profit, 2), tone(report.figures.profit)],
      ["Traded, over mean equity", number(report.figures.turnover, 1) + " times"], ...byMarket(c.markets)]));
}

// Of several markets each one's profit and what it cost.
function byMarket(markets) {
  const all = Object.entries(markets), spent = (c) => ["fees", "slippage", "funding", "borrow"].reduce((sum, name) => sum + Number(c[name]), 0);
  return all.length < 2 ? [] : all.map(([name, c]) => [name, `${signed(Number(c.gross) - spent(c), 2)} after costs of ${number(spent(c), 2)}`, tone(Number(c.gross) - spent(c))]);
}

function dataTrust(report) {
  const d = report.data, place = $("data");
  place.append(el("p", { class: "says" }, el("strong", {}, d.missing ? `${percent(d.completeness, 3)} of the bars are there. ` : "Every bar of the regular grid is there. "),
    d.missing ? `${number(d.missing, 0)} are missing in ${number(d.gaps.length, 0)} gaps; ${number(d.trades_in_gaps, 0)} trades were open across one: what happened to them then, nobody knows.`
      : "No trade was open while data was missing."));
  place.append(pairs([["bars", number(report.run.bars, 0)], ["bars without volume", number(d.no_volume, 0)],
    ...d.gaps.slice(0, 8).map((gap) => [`${moment(gap.start_ns / 1e9)} to ${moment(gap.end_ns / 1e9)}`, `${number(gap.missing, 0)} missing`, "warn"]),
    ...(d.gaps.length > 8 ? [["more gaps", number(d.gaps.length - 8, 0)]] : [])]));
}

function resultTrust(report) {
  const place = $("checks"), { trials, deflated_sharpe: deflated } = report.luck, f = report.figures;
  place.append(el("p", { class: "says" }, el("strong", {}, `${number(f.trades, 0)} trades over ${number(f.days, 0)} days. `),
    f.trades < 30 ? "That is too few to tell skill from luck." : trials > 1 ? `It is the best of ${number(trials, 0)} variants; better than luck with ${percent(deflated, 1)} probability (deflated Sharpe).` : "Only this one variant was looked at, as far as this report knows."));
  if (!report.checks.length) place.append(el("p", { class: "says" }, "No further checks were asked for. Run the truth check to compare all engines, cut the data short and look for look-ahead."));
  else place.append(el("ul", { class: "checks" }, ...report.checks.map((check) =>
    el("li", {}, el("b", { class: check.passed ? "up" : "down" }, check.passed ? "✓ holds" : "✗ fails"), el("div", {}, check.name), check.detail ? el("span", {}, check.detail) : null))));
  place.append(pairs([["ran as", report.run.tier], ...(report.run.why_tier ? [["because", report.run.why_tier]] : [])]));
}

const FIGURE_TEXT = {
  start: ["Started with", (x) => money(x)], final: ["Ended with", (x) => money(x)], volatility: ["Volatility a year", (x) => percent(x)], sortino: ["Sortino", (x) => number(x)],
  calmar: ["Calmar", (x) => number(x)], omega: ["Omega", (x) => number(x)], value_at_risk: ["Value at risk, a day, 5 %", (x) => percent(x)],
  expected_shortfall: ["Expected shortfall, a day, 5 %", (x) => percent(x)], tail_ratio: ["Tail ratio", (x) => number(x)], skew: ["Skew of days", (x) => number(x)],
  kurtosis: ["Excess kurtosis of days", (x) => number(x)], alpha: ["Alpha to buy and hold, a year", (x) => signedPercent(x)], beta: ["Beta to buy and hold", (x) => number(x, 3)],
  average_win: ["Average win", (x) => signed(x, 2)], average_loss: ["Average loss", (x) => signed(x, 2)], best_trade: ["Best trade", (x) => signed(x, 2)],
  worst_trade: ["Worst trade", (x) => signed(x, 2)], losses_in_a_row: ["Most losses in a row", (x) => number(x, 0)],
};

const fee = (x) => (x === null ? "the venue's own" : percent(x, 3));
const SETTING_TEXT = {
  cash: ["cash", (x) => decimal(x)], maker: ["maker fee", fee], taker: ["taker fee", fee], latency_ns: ["latency", (x) => number(x / 1e6, 0) + " ms"],
  tiers: ["fee tiers", (rows) => rows.map((row) => `${percent(row.maker, 3)} / ${percent(row.taker, 3)} from ${decimal(row.volume)}`).join(", ") || "none"],
  traded: ["traded in the 30 days before", (x) => decimal(x)],
  latency: ["latency drawn on top", (x) => (x === null ? "none" : Object.entries(x).map(([name, value]) => `${name.replaceAll("_", " ")} ${Array.isArray(value) ? value.length : value}`).join(", "))],
};

function assumed(settings) {
  const told = Object.entries(settings).filter(([name]) => name !== "traded" || settings.tiers?.length);
  return told.map(([name, value]) => { const [label, text] = SETTING_TEXT[name] || [name.replaceAll("_", " "), String]; return [label, text(value)]; });
}

function tables(report) {
  $("figures").append(pairs(Object.entries(FIGURE_TEXT).map(([name, [label, text]]) => [label, text(report.figures[name])])));
  $("settings").append(pairs([...Object.entries(report.run.params).map(([name, value]) => [name, String(value)]), ...assumed(report.settings)]));
  const marks = Object.entries(report.fingerprint);
  $("fingerprint").append(el("p", { class: "says" }, marks.length ? "The same code, data and settings give this report again, byte for byte. Check it with the JSON beside this page." : "This report carries no fingerprint."),
    pairs(marks.map(([name, value]) => [name.replaceAll("_", " "), typeof value === "string" ? value : JSON.stringify(value), "code"])));
}
