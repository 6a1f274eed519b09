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

  // In the box that finds: arrows go through what was found, Enter opens it.
  const through = (event) => {
    const box = event.target.closest("#panel-content, main");
    const links = [...(box?.querySelectorAll("#found a") ?? [])];
    if (!links.length || !/^(ArrowDown|ArrowUp|Enter)$/.test(event.key)) return;
    const at = links.indexOf(document.activeElement);
    if (event.key === "Enter") {
      if (at < 0) links[0].click();
      else return;
    } else {
      const to = event.key === "ArrowDown" ? at + 1 : at - 1;
      if (to < 0) box.querySelector("[data-find-text]")?.focus();
      else links[Math.min(to, links.length - 1)].focus();
    }
    event.preventDefault();
  };

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "k") {
      if (!document.querySelector("dialog[open]")) follow(document.querySelector("[data-find]"));
      event.preventDefault();
      return;
    }
    if (event.target.closest("[data-find-text], #found")) through(event);
    if (event.defaultPrevented) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (document.querySelector("dialog[open]")) return;

    const key = event.key;
    if (Date.now() < goUntil && /^[a-z0-9]$/.test(key)) {
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
      else if (key === "/" && follow(document.querySelector("[data-find]"))) event.preventDefault();
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
