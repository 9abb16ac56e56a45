// Why it traded at a bar, or why it did not: the same story as why.py tells, from the order log.
class Why {
  constructor(report, columns) {
    Object.assign(this, { report, columns, bucket: report.chart.bucket });
    this.byBar = (list) => { const map = new Map(); list.forEach((bar, i) => { if (!map.has(bar)) map.set(bar, []); map.get(bar).push(i); }); return map; };
    this.placed = this.byBar(report.orders.placed);
    this.ended = this.byBar(report.orders.ended);
    this.filled = this.byBar(report.fills.bar);
    this.noted = this.byBar(report.notes.map((note) => note.bar));
  }

  gather(map, place) {
    const found = [];
    for (let bar = place * this.bucket; bar < (place + 1) * this.bucket; bar++) found.push(...(map.get(bar) || []));
    return found;
  }

  // A size, with the market's name where it is not the main one.
  size(list, i) { return decimal(list.size[i]) + (list.market[i] ? " " + this.report.run.others[list.market[i] - 1] : ""); }

  order(i) {
    const o = this.report.orders;
    return `#${o.number[i]} ${o.sign[i] > 0 ? "buy" : "sell"} ${this.size(o, i)} ${o.kind[i].replace("_", "-")}` +
      (o.price[i] ? ` at ${decimal(o.price[i])}` : "") + (o.stop[i] ? ` when ${decimal(o.stop[i])} trades` : "") + (o.parent[i] ? ` (of #${o.parent[i]})` : "") +
      (o.state[i] === "filled" && o.reason[i].includes("liquidated") ? " (by the venue: the margin was gone)" : "");
  }

  fill(i) {
    const f = this.report.fills;
    return `#${f.order[i]} ${f.sign[i] > 0 ? "bought" : "sold"} ${this.size(f, i)} at ${decimal(f.price[i])} (${f.maker[i] ? "maker" : "taker"})`;
  }

  end(i) { const o = this.report.orders; return `${this.order(i)}: ${o.reason[i] || o.state[i]}`; }

  working(place) {
    const o = this.report.orders, from = place * this.bucket, to = from + this.bucket - 1, found = [];
    for (let i = 0; i < o.placed.length && found.length < 30; i++) if (o.placed[i] < from && (o.ended[i] < 0 || o.ended[i] > to)) found.push(i);
    return found;
  }

  tell(place) {
    const o = this.report.orders, placed = this.gather(this.placed, place), dead = (i) => o.state[i] === "rejected";
    const told = {
      filled: this.gather(this.filled, place).map((i) => this.fill(i)),
      refused: placed.filter(dead).map((i) => this.end(i)),
      asked: placed.filter((i) => !dead(i)).map((i) => this.order(i)),
      working: this.working(place).map((i) => this.order(i)),
      ended: this.gather(this.ended, place).filter((i) => o.state[i] !== "filled" && !dead(i)).map((i) => this.end(i)),
      notes: this.gather(this.noted, place).map((i) => this.report.notes[i].text),
    };
    const held = this.columns.position[place] * this.report.chart.lot, here = this.bucket > 1 ? "in these bars" : "in this bar";
    if (told.filled.length) told.verdict = `It traded: ${told.filled.length} fill${told.filled.length > 1 ? "s" : ""} ${here}.`;
    else if (told.refused.length) told.verdict = "It wanted to trade and was refused.";
    else if (told.asked.length) told.verdict = `It asked ${here}, but nothing was filled in it.`;
    else if (place * this.bucket < this.report.run.first_bar) told.verdict = `Its lines were still warming up; the first bar it sees is number ${this.report.run.first_bar}.`;
    else if (told.working.length) told.verdict = `It asked for nothing new; ${told.working.length} of its orders were working and none was reached.`;
    else told.verdict = "It asked for nothing here and held " + (held ? number(held, this.report.run.size_decimals) + " " + this.report.run.base : "nothing") + ".";
    told.held = held;
    return told;
  }

  show(place) {
    const told = this.tell(place), { run } = this.report, list = (name, items) => items.length ? [el("h4", {}, name), el("ul", {}, ...items.map((text) => el("li", {}, text)))] : [];
    $("why").replaceChildren(
      el("h3", {}, this.bucket > 1 ? `Bars ${place * this.bucket} to ${(place + 1) * this.bucket - 1}` : `Bar ${place}`),
      el("p", { class: "at" }, moment(this.columns.time[place], this.report.chart.seconds < 86400) + " UTC"),
      el("p", { class: "verdict" }, told.verdict),
      ...list("Filled", told.filled), ...list("Refused", told.refused), ...list("Asked for", told.asked), ...list("Working", told.working),
      ...list("Ended", told.ended), ...list("Notes", told.notes), el("h4", {}, "After its close"),
      pairs([...this.columns.lines.map(({ name, values }) => [name, isNaN(values[place]) ? "warming up" : number(values[place], run.price_decimals)]),
        ["position", number(told.held, run.size_decimals) + " " + run.base], ["equity", money(this.columns.equity[place]) + " " + run.money]]));
  }

  invite() {
    $("why").replaceChildren(el("h3", {}, "Why did it trade here, or why not?"),
      el("p", { class: "at" }, "Click any bar. What the strategy asked for, what was refused and why, what was working, and what its lines said."),
      el("p", { class: "at" }, el("kbd", {}, "←"), " ", el("kbd", {}, "→"), " next bar   ", el("kbd", {}, "+"), " ", el("kbd", {}, "−"), " zoom   ", el("kbd", {}, "Home"), " all"));
  }
}
