// Keys, live hints, and the order beside the list. Pages work without it; nothing is decided here.
"use strict";
(() => {
  const HINT_MS = 500; // a burst of hints is one request
  const RETRY_MS = [500, 1000, 2000, 5000];
  const QUIET_MS = 40000; // the server says something every 15 s
  const NOT_LOGGED_IN = 4401;
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;

  // ---- live ----
  let tries = 0, heard = 0, socket = null;
  const waiting = new Map();

  function show(state, words) {
    const pill = $("live");
    pill.dataset.state = state;
    pill.querySelector("b").textContent = words;
  }

  function changed(kind) {
    if (waiting.has(kind)) return;
    waiting.set(kind, setTimeout(() => {
      waiting.delete(kind);
      document.body.dispatchEvent(new CustomEvent(`td:${kind}`));
    }, HINT_MS));
  }

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}/ws/live`);
    socket.onopen = () => {
      ["orders", "portfolio"].forEach(changed); // what happened since the page was made
      tries = 0;
      heard = Date.now();
      show("live", "connected");
    };
    socket.onmessage = (event) => {
      heard = Date.now();
      if (event.data === "alive") return;
      changed(event.data);
    };
    socket.onclose = async (event) => {
      show("away", "reconnecting");
      if (event.code === NOT_LOGGED_IN) await renew();
      setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
    };
  }

  async function renew() {
    // Any page renews the session's cookie, or says that it is over.
    const answer = await fetch("/overview/equity", { headers: { "HX-Request": "true" } }).catch(() => null);
    if (answer && answer.status === 401) location.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
  }

  setInterval(() => {
    if (socket && socket.readyState === WebSocket.OPEN && Date.now() - heard > QUIET_MS) socket.close();
  }, 5000);

  function notice(text) {
    $("notice").hidden = !text;
    $("notice").textContent = text;
  }

  document.addEventListener("htmx:afterSwap", () => {
    notice("");
    const fresh = document.querySelector("[data-as-of]");
    if (fresh) $("asof").textContent = fresh.dataset.asOf;
    mark(selected, false);
    if ($("figures") && $("figures").dataset.fills !== "0" && !$("equity")) location.reload();
  });
  for (const event of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(event, () => {
      notice("The cloud does not answer. Your devices keep trading; the figures below are as of the time shown.");
      show("away", "stale");
    });
  }

  // ---- rows ----
  let selected = null;
  const rows = () => [...document.querySelectorAll("tr[data-open]")];

  function mark(key, focus) {
    selected = key;
    for (const row of rows()) {
      const on = row.dataset.key === key;
      row.classList.toggle("selected", on);
      row.tabIndex = on ? 0 : -1;
      if (on && focus) row.focus({ preventScroll: false });
    }
  }

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.dataset.key === selected);
    mark(all[Math.max(0, Math.min(all.length - 1, at + by))].dataset.key, true);
  }

  async function open(row) {
    mark(row.dataset.key, false);
    const answer = await fetch(row.dataset.open, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer) return notice("The cloud does not answer; try again in a moment.");
    if (answer.redirected || answer.status === 401) return renew();
    $("detail").innerHTML = await answer.text();
    $("detail").hidden = false;
  }

  function close() {
    const detail = $("detail");
    if (detail) detail.hidden = true;
  }

  // ---- actions ----
  const flip = (name, first, second) => {
    const now = root.dataset[name] || first;
    root.dataset[name] = now === first ? second : first;
    localStorage.setItem(`td-${name}`, root.dataset[name]);
    document.dispatchEvent(new Event("td:theme"));
  };
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? ["dark", "light"] : ["light", "dark"]);
  const actions = {
    theme: () => flip("theme", ...system()),
    pair: () => flip("pair", "plain", "blind"),
    help: () => $("help").showModal(),
    close,
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button) return actions[button.dataset.do]();
    const row = event.target.closest("tr[data-open]");
    if (row && !event.target.closest("a") && !String(getSelection())) open(row);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#filter select")) event.target.form.requestSubmit();
  });

  let chord = false;
  const go = { o: "/overview", r: "/orders", f: "/fills" };
  const keys = {
    "/": () => $("symbol") && $("symbol").focus(),
    j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1),
    n: () => $("older") && $("older").click(),
    e: () => $("export") && $("export").click(),
    t: actions.theme, c: actions.pair, "?": actions.help, Escape: close,
    Enter: () => {
      const row = rows().find((each) => each.dataset.key === selected);
      if (row) open(row);
    },
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea, button, a, dialog")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (chord && go[event.key]) location.href = go[event.key];
    chord = event.key === "g";
    const act = keys[event.key];
    if (!act || (event.key.startsWith("Arrow") && !rows().length)) return;
    event.preventDefault();
    act();
  });

  connect();
})();
