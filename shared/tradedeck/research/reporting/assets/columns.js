// Columns that travelled as differences of whole steps, deflated: see columns.py.
const MISSING = -(2 ** 31);

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

async function unpack(column) {
  const steps = new Int32Array(await inflate(column.data));
  const out = new Float64Array(column.n);
  for (let i = 0, whole = 0; i < column.n; i++) {
    whole = (whole + steps[i]) | 0;
    out[i] = whole === MISSING ? NaN : whole * column.step;
  }
  return out;
}

// Coarser and coarser views of a column of bars, so that drawing costs what the screen is wide, not what the data is long.
class Pyramid {
  constructor(open, high, low, close) {
    this.levels = [{ size: 1, open, high, low, close }];
    const FOLD = 4;
    for (let top = this.levels[0]; top.close.length > 2048; top = this.levels[this.levels.length - 1]) {
      const n = Math.ceil(top.close.length / FOLD);
      const next = { size: top.size * FOLD, open: new Float64Array(n), high: new Float64Array(n), low: new Float64Array(n), close: new Float64Array(n) };
      for (let i = 0; i < n; i++) {
        const from = i * FOLD, to = Math.min(from + FOLD, top.close.length);
        let high = NaN, low = NaN;
        for (let j = from; j < to; j++) {
          if (!(high >= top.high[j])) high = isNaN(top.high[j]) ? high : top.high[j];
          if (!(low <= top.low[j])) low = isNaN(top.low[j]) ? low : top.low[j];
        }
        next.open[i] = top.open[from]; next.close[i] = top.close[to - 1]; next.high[i] = high; next.low[i] = low;
      }
      this.levels.push(next);
    }
  }

  // The finest level with at most `most` entries between a and b.
  level(a, b, most) {
    return this.levels.find((one) => (b - a) / one.size <= most) || this.levels[this.levels.length - 1];
  }

  // Lowest and highest between a and b, as exact as one screen needs.
  range(a, b) {
    const { size, low, high } = this.level(a, b, 3000);
    let least = Infinity, most = -Infinity;
    for (let i = Math.max(0, Math.floor(a / size)); i <= Math.min(low.length - 1, Math.ceil(b / size)); i++) {
      if (low[i] < least) least = low[i];
      if (high[i] > most) most = high[i];
    }
    return [least, most];
  }
}
