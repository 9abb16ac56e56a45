// Runs before the first paint: the chosen theme and colour pair, or the system's.
"use strict";
(() => {
  const root = document.documentElement;
  for (const name of ["theme", "pair"]) {
    const chosen = localStorage.getItem(`td-${name}`);
    if (chosen) root.dataset[name] = chosen;
  }
})();
