// Words and numbers for people. What is not known is a dash.
const DASH = "–";
const known = (x) => x !== null && x !== undefined && !Number.isNaN(Number(x));
const number = (x, places = 2) => !known(x) ? DASH :
  Number(x).toLocaleString("en-US", { minimumFractionDigits: places, maximumFractionDigits: places }).replace("-", "−");
const signed = (x, places = 2) => !known(x) ? DASH : (Number(x) > 0 ? "+" : "") + number(x, places);
const percent = (x, places = 2) => known(x) ? number(100 * x, places) + " %" : DASH;
const signedPercent = (x, places = 2) => known(x) ? signed(100 * x, places) + " %" : DASH;
const tone = (x) => !known(x) || Number(x) === 0 ? "" : Number(x) > 0 ? "up" : "down";
const money = (x) => number(x, known(x) && Math.abs(x) < 10 ? 4 : 2);
const compact = (x) => !known(x) ? DASH : Math.abs(x) >= 1e5 ? number(x / (Math.abs(x) >= 1e6 ? 1e6 : 1e3), Math.abs(x) >= 1e6 ? 3 : 1) + (Math.abs(x) >= 1e6 ? "M" : "k") : number(x, Math.abs(x) < 10 ? 2 : 0);
const decimal = (text) => {
  if (text === null || text === undefined) return DASH;
  const [whole, part] = String(text).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",").replace("-", "−") + (part ? "." + part : "");
};

function moment(seconds, withTime = true) {
  const text = new Date(seconds * 1000).toISOString();
  return withTime ? text.slice(0, 16).replace("T", " ") : text.slice(0, 10);
}

function span(ns) {
  if (ns > 0 && ns < 6e10) return `${number(ns / 1e9, ns < 1e9 ? 3 : 0)} s`;
  const minutes = Math.round(ns / 6e10), days = Math.floor(minutes / 1440), hours = Math.floor((minutes % 1440) / 60);
  if (days > 9) return days + " days";
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const $ = (id) => document.getElementById(id);

// An element; text is always text, never markup, for it may come from a strategy.
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") made.className = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

function pairs(rows) {
  return el("dl", { class: "pairs" }, ...rows.flatMap(([name, value, kind]) => [el("dt", {}, name), el("dd", { class: kind || "" }, value)]));
}

const tip = {
  show(text, event) {
    const box = $("tip");
    box.textContent = text; box.hidden = false;
    const { width, height } = box.getBoundingClientRect();
    box.style.left = Math.min(event.clientX + 14, innerWidth - width - 8) + "px";
    box.style.top = Math.min(event.clientY + 14, innerHeight - height - 8) + "px";
  },
  hide() { $("tip").hidden = true; },
};
