"use strict";
// Rows that are marked together. Without this file each box is marked by hand and every field of
// the bar is shown.
(() => {
  const boxes = (name) => [...document.querySelectorAll(`input[type="checkbox"][name="${name}"]`)];

  // Cents as integers: sums of binary fractions would drift.
  const cents = (text) => {
    const [whole, part = ""] = text.split(".");
    const sign = whole.startsWith("-") ? -1n : 1n;
    return BigInt(whole) * 100n + sign * BigInt(part.padEnd(2, "0").slice(0, 2));
  };
  const written = (value) => {
    const text = value.toString().padStart(3, "0");
    return `${text.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ",")}.${text.slice(-2)}`;
  };

  const count = (name) => {
    const said = document.querySelector(`[data-mark-count="${name}"]`);
    if (!said) return;
    const all = boxes(name);
    const marked = all.filter((box) => box.checked);
    const sums = new Map();
    for (const box of marked) {
      sums.set(box.dataset.currency, (sums.get(box.dataset.currency) ?? 0n) + cents(box.dataset.net));
    }
    const amounts = [...sums].map(([code, sum]) => `${written(sum)} ${code}`).join(", ");
    said.textContent = marked.length ? `${marked.length} marked, net ${amounts}` : "Mark rows to change them together";
    const whole = document.querySelector(`[data-mark-all="${name}"]`);
    if (whole) {
      whole.checked = marked.length > 0 && marked.length === all.length;
      whole.indeterminate = marked.length > 0 && marked.length < all.length;
    }
  };

  const fields = (choice) => {
    for (const field of choice.form.querySelectorAll("[data-for]")) {
      field.hidden = !field.dataset.for.split(" ").includes(choice.value);
    }
  };

  const start = () => {
    for (const whole of document.querySelectorAll("[data-mark-all]")) {
      whole.hidden = false;
      count(whole.dataset.markAll);
    }
    document.querySelectorAll("select[data-shows]").forEach(fields);
  };

  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.matches?.("[data-mark-all]")) {
      for (const one of boxes(box.dataset.markAll)) one.checked = box.checked;
      count(box.dataset.markAll);
    } else if (box.matches?.('input[type="checkbox"][name]')) {
      count(box.name);
    } else if (box.matches?.("select[data-shows]")) {
      fields(box);
    }
  });
  document.addEventListener("DOMContentLoaded", start);
  document.addEventListener("htmx:after:swap", start);
})();
