"use strict";
// The keyboard map. A key does what a link or control on the page does: it looks for the element
// that carries the key (data-key, data-go) and follows it, so that page and keys cannot disagree.
(() => {
  const WAIT_MS = 1200;
  let goUntil = 0;

  const isTyping = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

  const openDialog = (id) => {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  };

  const follow = (element) => {
    if (!element) return false;
    if (element.matches("input, select, textarea")) {
      element.focus();
      element.select?.();
    } else {
      element.click();
    }
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;

    const key = event.key;
    if (Date.now() < goUntil && /^[a-z]$/.test(key)) {
      goUntil = 0;
      if (follow(document.querySelector(`[data-go="${key}"]`))) event.preventDefault();
      return;
    }
    if (key === "g") {
      goUntil = Date.now() + WAIT_MS;
    } else if (key === "?") {
      openDialog("help");
      event.preventDefault();
    } else if (key === "t") {
      follow(document.querySelector("[data-theme-toggle]"));
    } else if (key === "c") {
      follow(document.querySelector("[data-density-toggle]"));
    } else if (key === "Escape") {
      const menu = document.querySelector("details.menu[open]");
      if (menu) menu.open = false;
      else follow(document.querySelector('[data-key="Escape"]'));
    } else if (/^[a-z0-9/]$/.test(key)) {
      if (follow(document.querySelector(`[data-key="${key}"]`))) event.preventDefault();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-help-open]")) {
      event.preventDefault();
      event.stopPropagation();
      openDialog("help");
    }
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) openDialog(opener.dataset.dialogOpen);
    const dialog = event.target.closest("dialog");
    if (dialog && (event.target === dialog || event.target.closest("[data-dialog-close]"))) {
      dialog.close();
    }
  }, true);
})();
