// A canvas over time: panes one above the other, zoom, pan, crosshair and keys. x is the bar's place, so gaps take no room.
const AXIS = { right: 76, bottom: 24, top: 10 };
const STEPS = [60, 300, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];
const MONTHS = [1, 3, 6, 12, 24, 60];

class TimePlot {
  // panes: [{ share, range(a, b), draw(plot, box, a, b), format(value) }]; onPick(bar) makes bars clickable.
  constructor(canvas, { count, time, seconds, label, panes, onPick, onHover, least = 20 }) {
    Object.assign(this, { canvas, count, time, seconds, panes, onPick, onHover, least: Math.min(least, count) });
    this.a = 0; this.b = count; this.picked = -1; this.hover = -1;
    this.context = canvas.getContext("2d");
    this.height = Number(canvas.getAttribute("height"));
    canvas.style.height = this.height + "px";
    canvas.setAttribute("aria-label", label);
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  show(a, b) {
    const width = Math.max(this.least, Math.min(this.count, b - a));
    const from = Math.max(0, Math.min(this.count - width, a));
    this.a = from; this.b = from + width;
    this.draw();
  }

  zoom(factor, at = (this.a + this.b) / 2) { this.show(at - (at - this.a) * factor, at + (this.b - at) * factor); }
  pan(share) { const d = (this.b - this.a) * share; this.show(this.a + d, this.b + d); }
  all() { this.show(0, this.count); }

  pick(bar, move = true) {
    this.picked = Math.max(0, Math.min(this.count - 1, bar));
    const edge = (this.b - this.a) * 0.05;
    if (move && (this.picked < this.a + edge || this.picked > this.b - edge)) {
      const half = (this.b - this.a) / 2;
      this.show(this.picked - half, this.picked + half);
    }
    this.draw();
    if (this.onPick) this.onPick(this.picked);
  }

  get inner() { return this.width - AXIS.right; }
  x(place) { return ((place - this.a) / (this.b - this.a)) * this.inner; }
  place(x) { return this.a + (x / this.inner) * (this.b - this.a); }
  bar(x) { return Math.max(0, Math.min(this.count - 1, Math.floor(this.place(x)))); }

  listen() {
    const { canvas } = this;
    const pointers = new Map();
    let moved = 0;
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, event.offsetX); moved = 0; });
    canvas.addEventListener("pointermove", (event) => {
      const before = pointers.get(event.pointerId);
      if (before !== undefined) {
        const others = [...pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
        if (others.length) {
          const was = Math.abs(before - others[0]), is = Math.abs(event.offsetX - others[0]);
          if (is > 4) this.zoom(was / is, this.place((event.offsetX + others[0]) / 2));
        } else {
          const d = this.place(before) - this.place(event.offsetX);
          this.show(this.a + d, this.b + d);
        }
        moved += Math.abs(event.offsetX - before);
        pointers.set(event.pointerId, event.offsetX);
      }
      this.point(event.offsetX < this.inner ? this.bar(event.offsetX) : -1);
    });
    const release = (event) => {
      if (pointers.delete(event.pointerId) && moved < 4 && this.onPick && event.type === "pointerup") this.pick(this.bar(event.offsetX), false);
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("dblclick", () => this.all());
    canvas.addEventListener("wheel", (event) => {
      // An unfocused chart lets the page scroll.
      if (document.activeElement !== canvas && !event.ctrlKey) return;
      event.preventDefault();
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX / 1000);
      else this.zoom(Math.exp(event.deltaY / 400), this.place(event.offsetX));
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      const sign = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      const act = { "+": () => this.zoom(0.6), "=": () => this.zoom(0.6), "-": () => this.zoom(1.6), Home: () => this.all(),
        0: () => this.all(), PageUp: () => this.pan(-0.5), PageDown: () => this.pan(0.5) }[event.key];
      if (sign && this.onPick) this.pick((this.picked < 0 ? Math.round((this.a + this.b) / 2) : this.picked) + sign);
      else if (sign) this.pan(0.1 * sign);
      else if (act) act();
      else return;
      event.preventDefault();
    });
  }

  point(bar) { if (bar !== this.hover) { this.hover = bar; if (this.onHover) this.onHover(bar); this.draw(); } }

  draw() { if (!this.asked) { this.asked = true; requestAnimationFrame(() => { this.asked = false; this.paint(); }); } }

  paint() {
    const { canvas, context: c } = this, scale = window.devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    if (!this.width || !this.count) return;
    canvas.width = Math.round(this.width * scale); canvas.height = Math.round(this.height * scale);
    c.setTransform(scale, 0, 0, scale, 0, 0);
    c.font = "11px Inter, system-ui, sans-serif"; c.textBaseline = "middle";
    const high = this.height - AXIS.bottom, ticks = this.timeTicks();
    c.fillStyle = colour("line");
    for (const [place] of ticks) c.fillRect(Math.round(this.x(place)), 0, 1, high);
    let top = 0;
    for (const pane of this.panes) {
      const room = high * pane.share;
      this.pane(pane, { top: top + AXIS.top, bottom: top + room - 4 });
      top += room;
      c.fillStyle = colour("line"); c.fillRect(0, Math.round(top), this.width, 1);
    }
    c.fillStyle = colour("text3"); c.textAlign = "center";
    for (const [place, text] of ticks) {
      const x = this.x(place);
      if (x > 28 && x < this.inner - 10) c.fillText(text, x, this.height - AXIS.bottom / 2);
    }
    if (this.picked >= 0) this.upright(this.picked, colour("accent"), []);
    if (this.hover >= 0) { this.upright(this.hover, colour("text3"), [3, 3]); this.tag(this.hover); }
  }

  pane(pane, box) {
    const { context: c } = this;
    let [low, high] = pane.range(this.a, this.b);
    if (!(low <= high)) return;
    const margin = (high - low || Math.abs(high) || 1) * 0.04;
    box.low = pane.floor === undefined ? low - margin : Math.min(pane.floor, low);
    box.high = pane.ceiling === undefined ? high + margin : Math.max(pane.ceiling, high);
    if (box.high === box.low) box.high += 1;
    box.y = (value) => box.bottom - ((value - box.low) / (box.high - box.low)) * (box.bottom - box.top);
    c.textAlign = "left";
    for (const value of niceTicks(box.low, box.high, Math.max(2, Math.round((box.bottom - box.top) / 44)))) {
      const y = Math.round(box.y(value));
      c.fillStyle = colour("line"); c.fillRect(0, y, this.inner, 1);
      c.fillStyle = colour("text3"); c.fillText(pane.format(value), this.inner + 8, y);
    }
    c.save();
    c.beginPath(); c.rect(0, box.top - AXIS.top, this.inner, box.bottom - box.top + AXIS.top + 4); c.clip();
    pane.draw(this, box);
    c.restore();
  }

  upright(bar, ink, dash) {
    const { context: c } = this, x = Math.round(this.x(bar + 0.5)) + 0.5;
    if (x < 0 || x > this.inner) return;
    c.strokeStyle = ink; c.setLineDash(dash); c.lineWidth = 1;
    c.beginPath(); c.moveTo(x, 0); c.lineTo(x, this.height - AXIS.bottom); c.stroke(); c.setLineDash([]);
  }

  tag(bar) {
    const { context: c } = this, text = moment(this.time[bar], this.seconds < 86400), wide = c.measureText(text).width + 16;
    const x = Math.max(0, Math.min(this.inner - wide, this.x(bar + 0.5) - wide / 2)), y = this.height - AXIS.bottom + 2;
    c.fillStyle = colour("bg3"); c.fillRect(x, y, wide, AXIS.bottom - 4);
    c.fillStyle = colour("text1"); c.textAlign = "center"; c.fillText(text, x + wide / 2, y + AXIS.bottom / 2 - 2);
  }

  // A curve through every bucket's close, as high and low as it went inside.
  trace(pyramid, box) {
    const { context: c } = this, { size, open, high, low, close } = pyramid.level(this.a, this.b, this.inner * 1.5);
    c.beginPath();
    let pen = false;
    for (let i = Math.max(0, Math.floor(this.a / size) - 1); i <= Math.min(close.length - 1, Math.ceil(this.b / size)); i++) {
      if (isNaN(close[i])) { pen = false; continue; }
      const x = this.x((i + 0.5) * size);
      if (!pen) c.moveTo(x, box.y(open[i])); else c.lineTo(x, box.y(open[i]));
      if (high[i] !== low[i]) { c.lineTo(x, box.y(high[i])); c.lineTo(x, box.y(low[i])); }
      c.lineTo(x, box.y(close[i]));
      pen = true;
    }
  }

  line(pyramid, box, ink, width = 1.5) {
    const { context: c } = this;
    this.trace(pyramid, box);
    c.strokeStyle = ink; c.lineWidth = width; c.lineJoin = "round"; c.stroke();
  }

  area(pyramid, box, ink, base) {
    const { context: c } = this, y = box.y(base);
    this.trace(pyramid, box);
    c.lineTo(this.x(Math.min(this.b, this.count) - 0.5), y); c.lineTo(this.x(Math.max(this.a, 0) + 0.5), y); c.closePath();
    c.globalAlpha = 0.22; c.fillStyle = ink; c.fill(); c.globalAlpha = 1;
  }

  // The first bar at or after a time.
  at(seconds) {
    let low = 0, high = this.count;
    while (low < high) { const middle = (low + high) >> 1; if (this.time[middle] < seconds) low = middle + 1; else high = middle; }
    return low;
  }

  timeTicks() {
    const first = this.time[Math.max(0, Math.floor(this.a))], last = this.time[Math.min(this.count - 1, Math.ceil(this.b) - 1)];
    const room = Math.max(2, Math.floor(this.inner / 120)), step = STEPS.find((one) => (last - first) / one <= room);
    const found = [];
    if (step) {
      for (let t = Math.ceil(first / step) * step; t <= last; t += step) {
        const text = new Date(t * 1000).toISOString();
        found.push([this.at(t), t % 86400 === 0 ? text.slice(8, 10) + " " + MONTH_NAMES[Number(text.slice(5, 7)) - 1] : text.slice(11, 16)]);
      }
    } else {
      const months = MONTHS.find((one) => (last - first) / (one * 2629800) <= room) || 120;
      const start = new Date(first * 1000);
      for (let m = Math.ceil((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months; ; m += months) {
        const t = Date.UTC(Math.floor(m / 12), m % 12) / 1000;
        if (t > last) break;
        if (t >= first) found.push([this.at(t), m % 12 ? MONTH_NAMES[m % 12] : String(Math.floor(m / 12))]);
      }
    }
    return found;
  }
}

const MONTH_NAMES = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function niceTicks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((one) => one * power >= rough);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) found.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return found;
}

function tools(place, plot) {
  place.append(
    el("button", { onclick: () => plot.zoom(0.5), "aria-label": "Zoom in", title: "Zoom in (+)" }, "+"),
    el("button", { onclick: () => plot.zoom(2), "aria-label": "Zoom out", title: "Zoom out (−)" }, "−"),
    el("button", { onclick: () => plot.all(), title: "Show everything (Home)" }, "All"));
}
