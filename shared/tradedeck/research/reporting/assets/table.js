// Every trade: sort by any column, filter, open one on the chart.
const PAGE = 200;

function tradeTable(report, onOpen) {
  const unit = report.run.money, main = report.run.symbol, several = report.run.others.length > 0;
  const price = (t, value) => (t.market === main ? number(value, report.run.price_decimals) : decimal(value));
  const COLUMNS = [
    ["#", (t) => t.number, (t) => t.number], ...(several ? [["market", (t) => t.market, (t) => t.market, "word"]] : []), ["side", (t) => t.sign, (t) => (t.sign > 0 ? "▲ long" : "▼ short"), "word"],
    ["size", (t) => Number(t.size), (t) => decimal(t.size)],
    ["entry (UTC)", (t) => t.entry_bar, (t) => moment(t.entry_ns / 1e9)], ["at", (t) => Number(t.entry_price), (t) => price(t, t.entry_price)],
    ["exit (UTC)", (t) => (t.exit_bar < 0 ? Infinity : t.exit_bar), (t) => (t.exit_bar < 0 ? "open" : moment(t.exit_ns / 1e9))],
    ["at ", (t) => Number(t.exit_price), (t) => price(t, t.exit_price)], ["bars", (t) => t.bars, (t) => number(t.bars, 0)],
    [`profit ${unit}`, (t) => Number(t.profit), (t) => signed(t.profit, 2), "tone"], ["profit %", (t) => t.rate, (t) => signed(100 * t.rate, 2), "tone"],
    [`fees ${unit}`, (t) => Number(t.fees), (t) => number(t.fees, 2)], ["worst", (t) => Number(t.worst), (t) => price(t, t.worst)],
    ["best", (t) => Number(t.best), (t) => price(t, t.best)], ["left by", (t) => t.reason, (t) => t.reason, "word"],
  ];
  let by = 0, down = false, shown = PAGE;
  const box = $("table"), count = el("span"), body = el("tbody");
  const search = el("input", { type: "search", placeholder: "Filter: a date, a reason …", "aria-label": "Filter trades", oninput: () => fill(true) });
  const choice = (label, options) => el("select", { "aria-label": label, onchange: () => fill(true) }, ...options.map((text) => el("option", {}, text)));
  const side = choice("Side", ["long and short", "long", "short"]), end = choice("Result", ["all results", "winners", "losers", "inside gaps", "still open"]);
  $("filters").append(count, search, side, end);
  if (!report.trades.length) { box.append(el("p", { class: "empty" }, "It never traded. Click a bar in the chart above to see why.")); return; }

  const fits = (t) => (side.value === "long and short" || (side.value === "long") === t.sign > 0) &&
    ({ winners: Number(t.profit) > 0, losers: Number(t.profit) < 0, "inside gaps": t.in_gap, "still open": t.exit_bar < 0 }[end.value] ?? true) &&
    (!search.value || `${moment(t.entry_ns / 1e9)} ${t.exit_bar < 0 ? "" : moment(t.exit_ns / 1e9)} ${t.reason} ${t.market} #${t.number}`.toLowerCase().includes(search.value.toLowerCase()));
  const row = (t) => {
    const open = () => onOpen(t);
    return el("tr", { tabindex: 0, onclick: open, onkeydown: (event) => {
      if (event.key === "Enter") open();
      const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (next && event.currentTarget[next]) { event.preventDefault(); event.currentTarget[next].focus(); }
    } }, ...COLUMNS.map(([, value, text, kind]) => {
      const cell = el("td", { class: kind === "tone" ? tone(value(t)) : kind || "" }, String(text(t)));
      if (kind === "word" && t.in_gap && text(t) === t.reason) cell.append(el("span", { class: "flag", title: "Bars are missing while this trade was open" }, "gap"));
      return cell;
    }));
  };
  const heads = COLUMNS.map(([name, , , kind], i) => el("button", { "aria-pressed": "false", onclick: () => { down = by === i ? !down : kind !== "word" && i > 0; by = i; fill(true); } }, name));
  const more = el("button", { class: "more", onclick: () => { shown += PAGE * 5; fill(false); } });

  function fill(again) {
    if (again) shown = PAGE;
    const value = COLUMNS[by][1], found = report.trades.filter(fits).sort((p, q) => { const x = value(p), y = value(q); return (x < y ? -1 : x > y ? 1 : p.number - q.number) * (down ? -1 : 1); });
    heads.forEach((head, i) => { head.setAttribute("aria-pressed", String(i === by)); head.textContent = COLUMNS[i][0] + (i === by ? (down ? " ↓" : " ↑") : ""); });
    body.replaceChildren(...found.slice(0, shown).map(row));
    const sum = found.reduce((total, t) => total + Number(t.profit), 0);
    count.textContent = `${number(found.length, 0)} trades, ${signed(sum, 2)} ${unit}`;
    more.hidden = found.length <= shown;
    more.textContent = `Show more (${number(found.length - shown, 0)} left)`;
  }
  const header = el("tr", {}, ...heads.map((head, i) => el("th", { scope: "col", class: COLUMNS[i][3] === "word" ? "word" : "" }, head)));
  box.append(el("div", { class: "scroll" }, el("table", {}, el("thead", {}, header), body)), more);
  fill(true);
}
