"use strict";
// Dashboards: panels take their places on the grid, and can be moved and sized with pointer and
// keyboard. Without this file the panels stand below each other, and places are numbers in a form.
(() => {
  const COLUMNS = 12;
  const board = () => document.getElementById("board");
  const tiles = () => [...(board()?.querySelectorAll(".tile[data-id]") ?? [])];
  const boxOf = (tile) => Object.fromEntries([..."xywh"].map((key) => [key, Number(tile.dataset[key])]));

  // Style attributes are refused by the server's policy; properties set from here are not.
  const place = () => {
    if (!board()) return;
    for (const tile of tiles()) {
      const { x, y, w, h } = boxOf(tile);
      tile.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
    }
    board().classList.add("placed");
  };

  // --- moving ---------------------------------------------------------------------------------
  const meet = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

  // What a moved panel stands on moves down, and what that meets: as the server does it.
  const settle = (boxes, moved) => {
    const found = new Map([[moved, boxes.get(moved)]]);
    const others = [...boxes].filter(([id]) => id !== moved)
      .sort(([, a], [, b]) => a.y - b.y || a.x - b.x);
    for (const [id, box] of others) {
      const next = { ...box };
      while ([...found.values()].some((other) => meet(next, other))) next.y += 1;
      found.set(id, next);
    }
    return found;
  };

  let before = new Map();
  const remember = () => { before = new Map(tiles().map((tile) => [tile.dataset.id, boxOf(tile)])); };

  const apply = (boxes) => {
    for (const tile of tiles()) {
      const box = boxes.get(tile.dataset.id);
      for (const key of "xywh") tile.dataset[key] = box[key];
    }
    place();
  };

  const put = (tile, changes, start = before) => {
    const box = { ...start.get(tile.dataset.id), ...changes };
    box.w = Math.min(Math.max(box.w, 1), COLUMNS);
    box.h = Math.min(Math.max(box.h, 1), 24);
    box.x = Math.min(Math.max(box.x, 0), COLUMNS - box.w);
    box.y = Math.min(Math.max(box.y, 0), 400);
    apply(settle(new Map(start).set(tile.dataset.id, box), tile.dataset.id));
    told(tile);
    return box;
  };

  const told = (tile) => {
    const { x, y, w, h } = boxOf(tile);
    const name = tile.querySelector("h2")?.textContent.trim();
    const box = document.getElementById("moved");
    if (box) box.textContent = `${name}: column ${x + 1}, row ${y + 1}, ${w} wide, ${h} high`;
  };

  const changed = () => {
    const form = document.getElementById("layout-form");
    if (!form) return;
    const layout = Object.fromEntries(tiles().map((tile) => [tile.dataset.id, boxOf(tile)]));
    form.elements.layout.value = JSON.stringify(layout);
    form.hidden = false;
  };

  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", (event) => {
    const button = event.target.closest?.("[data-move]");
    const step = steps[event.key];
    if (!button || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const tile = button.closest(".tile");
    remember();
    const { x, y, w, h } = boxOf(tile);
    put(tile, event.shiftKey ? { w: w + step[0], h: h + step[1] } : { x: x + step[0], y: y + step[1] });
    changed();
    button.focus();
    tile.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest?.("[data-move], [data-resize]");
    if (!handle || event.button !== 0) return;
    const tile = handle.closest(".tile");
    const sizing = handle.hasAttribute("data-resize");
    const grid = board().getBoundingClientRect();
    const column = grid.width / COLUMNS;
    const row = parseFloat(getComputedStyle(board()).getPropertyValue("--row")) || 64;
    const from = { x: event.clientX, y: event.clientY + scrollY };
    const start = boxOf(tile);
    let moved = false;
    remember();
    const origin = new Map(before);
    handle.setPointerCapture(event.pointerId);
    tile.classList.add("moving");
    const move = (now) => {
      const dx = Math.round((now.clientX - from.x) / column);
      const dy = Math.round((now.clientY + scrollY - from.y) / row);
      if (!dx && !dy && !moved) return;
      moved = true;
      put(tile, sizing ? { w: start.w + dx, h: start.h + dy } : { x: start.x + dx, y: start.y + dy }, origin);
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      tile.classList.remove("moving");
      if (moved) changed();
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
    event.preventDefault();
    if (!sizing) handle.focus();
  });

  // --- full screen, links, what failed ----------------------------------------------------------
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-fullscreen]")) {
      document.documentElement.requestFullscreen?.().catch(() => {});
    }
    const link = event.target.closest?.("[data-copy-link]");
    if (link) {
      const said = link.textContent;
      navigator.clipboard.writeText(new URL(link.dataset.copyLink, location.href).href).then(
        () => { link.textContent = "Copied"; }, () => { link.textContent = "Cannot copy"; });
      setTimeout(() => { link.textContent = said; }, 1500);
    }
    const annotate = event.target.closest?.("[data-annotate]");
    if (annotate) {
      event.preventDefault();
      event.stopPropagation();
      const on = annotate.getAttribute("aria-pressed") !== "true";
      annotate.setAttribute("aria-pressed", String(on));
      const menu = annotate.closest("details.menu");
      if (menu) menu.open = false;
      const card = annotate.closest(".card");
      card?.querySelector(".annotate-hint")?.remove();
      if (on && card?.querySelector("[data-chart]")) {
        const hint = document.createElement("p");
        hint.className = "note tile-note annotate-hint";
        hint.setAttribute("role", "status");
        hint.textContent = "Click a day of the chart, or ";
        const form = hint.appendChild(document.createElement("a"));
        form.href = annotate.href;
        form.textContent = "write it by hand";
        card.querySelector("[data-chart]").before(hint);
        window.htmx?.process(hint);
      } else if (on) {
        location.assign(annotate.href);
      }
    }
  }, true);

  document.addEventListener("outlay:annotate", (event) => {
    const { day, button } = event.detail;
    const address = new URL(button.href);
    address.searchParams.set("from", day);
    button.setAttribute("aria-pressed", "false");
    button.closest(".card")?.querySelector(".annotate-hint")?.remove();
    delete document.getElementById("panel").dataset.closed;
    htmx.ajax("GET", address.pathname + address.search,
      { target: "#panel-body", select: "#panel-content", swap: "innerHTML", push: "false" });
  });

  document.addEventListener("submit", (event) => {
    const asked = event.target.dataset.confirm;
    if (asked && !confirm(asked)) { event.preventDefault(); event.stopPropagation(); }
  }, true);

  // A panel that could not be fetched says so; the others stand.
  const failed = (body) => {
    const box = document.createElement("div");
    box.className = "tile-content";
    box.dataset.tile = "failed";
    const state = box.appendChild(document.createElement("div"));
    state.className = "state failed small";
    state.setAttribute("role", "alert");
    const text = state.appendChild(document.createElement("p"));
    text.textContent = "This panel could not be fetched: the server did not answer.";
    const retry = state.appendChild(document.createElement("button"));
    retry.type = "button";
    retry.className = "button";
    retry.textContent = "Try again";
    retry.addEventListener("click", () => {
      htmx.ajax("GET", body.getAttribute("hx-get"), { target: body, swap: "innerHTML", push: "false" });
    });
    body.replaceChildren(box);
  };
  document.addEventListener("htmx:finally:request", (event) => {
    const body = event.detail?.ctx?.sourceElement ?? event.target;
    if (!body?.matches?.(".tile-body[hx-get]")) return;
    body.removeAttribute("aria-busy");
    requestAnimationFrame(() => {
      if (body.isConnected && body.querySelector('[data-tile="loading"]')) failed(body);
    });
  });

  // The fields of a panel's form that its kind has.
  const fields = () => {
    const form = document.getElementById("panel-form");
    if (!form) return;
    const kind = form.elements.kind.value;
    form.dataset.kind = kind;
    form.dataset.own = String(!form.elements.view.value);
  };
  document.addEventListener("change", (event) => { if (event.target.form?.id === "panel-form") fields(); });

  const refresh = () => { place(); fields(); };
  document.addEventListener("DOMContentLoaded", refresh);
  document.addEventListener("htmx:after:swap", refresh);
})();
