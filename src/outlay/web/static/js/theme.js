"use strict";
// The theme chosen by the reader, remembered in this browser. Runs before the first paint, so
// that a dark page does not flash light. Without a choice the system's own decides (tokens.css).
(() => {
  const KEY = "outlay.theme";
  const root = document.documentElement;
  const stored = () => {
    try { return localStorage.getItem(KEY); } catch { return null; }
  };
  const system = () => (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const current = () => root.dataset.theme || system();
  const tell = () => document.dispatchEvent(new CustomEvent("outlay:theme"));

  if (stored()) root.dataset.theme = stored();

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = current() === "dark" ? "light" : "dark";
    root.dataset.theme = next;
    try { localStorage.setItem(KEY, next); } catch { /* private mode: the choice lasts a page */ }
    tell();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tell);
})();
