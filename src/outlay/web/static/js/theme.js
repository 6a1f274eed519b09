"use strict";
// The theme and the density chosen by the reader, remembered in this browser. Runs before the first
// paint, so that a dark page does not flash light. Without a choice the system's own theme decides
// (tokens.css), and rows are comfortable.
(() => {
  const THEME = "outlay.theme";
  const DENSITY = "outlay.density";
  const root = document.documentElement;
  const stored = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const keep = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* private mode: it lasts a page */ }
  };
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const current = () => root.dataset.theme || system();
  const tell = () => document.dispatchEvent(new CustomEvent("outlay:theme"));

  if (stored(THEME)) root.dataset.theme = stored(THEME);
  if (stored(DENSITY)) root.dataset.density = stored(DENSITY);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) {
      root.dataset.theme = current() === "dark" ? "light" : "dark";
      keep(THEME, root.dataset.theme);
      tell();
    } else if (event.target.closest("[data-density-toggle]")) {
      root.dataset.density = root.dataset.density === "compact" ? "comfortable" : "compact";
      keep(DENSITY, root.dataset.density);
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
})();
