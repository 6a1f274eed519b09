"use strict";
// The plan grid as a spreadsheet: one cell has the focus, a range may be selected, typing edits,
// the clipboard speaks with other spreadsheets. Without this file the table is a table, and each
// line has a form of its own.
(() => {
  const { money, Model } = window.outlayPlan;
  const grids = new WeakMap();
  const START = /^[\d(=+.,\-−]$/;
  const PAGE = 15;

  class Grid {
    constructor(host) {
      this.host = host;
      this.model = new Model(host);
      this.box = host.querySelector(".plan-box");
      this.at = { r: 0, c: 1 };
      this.from = { r: 0, c: 1 };
      this.selected = [];
      this.input = null;
      this.rowOf = new Map(this.model.rows.map((row) => [row.element, row]));
      this.roles();
      this.listen();
      // What the server left folded stays so.
      for (const row of this.model.rows) row.open = row === this.model.total || !row.children.every((child) => child.element.hidden);
      this.fold();
      this.select(this.at, { focus: false });
      host.classList.add("ready");
      for (const button of host.querySelectorAll("[data-plan-do], [data-plan-about]")) button.hidden = button.dataset.planDo === "reread";
      this.tools();
    }

    get options() { return { digits: this.model.digits, currency: this.model.currency }; }

    // A table that scripts made a grid: rows and cells say where they are, also when rows are hidden.
    roles() {
      const { table, rows, columns } = this.model;
      table.setAttribute("role", "treegrid");
      table.setAttribute("aria-multiselectable", "true");
      table.setAttribute("aria-rowcount", String(rows.length + 1));
      table.setAttribute("aria-colcount", String(columns.length));
      for (const part of [table.tHead, ...table.tBodies, table.tFoot]) part?.setAttribute("role", "rowgroup");
      const head = table.tHead.rows[0];
      head.setAttribute("role", "row");
      head.setAttribute("aria-rowindex", "1");
      [...head.cells].forEach((cell, c) => {
        cell.setAttribute("role", "columnheader");
        cell.setAttribute("aria-colindex", String(c + 1));
      });
      rows.forEach((row, r) => {
        row.element.setAttribute("role", "row");
        row.element.setAttribute("aria-rowindex", String(r + 2));
        if (row !== this.model.total) row.element.setAttribute("aria-level", String(row.depth + 1));
        if (row.children.length && row !== this.model.total) row.element.setAttribute("aria-expanded", "true");
        row.cells.forEach((cell, c) => {
          cell.setAttribute("role", c ? "gridcell" : "rowheader");
          cell.setAttribute("aria-colindex", String(c + 1));
          cell.setAttribute("tabindex", "-1");
          if (c && !this.model.isEditable(row, c)) cell.setAttribute("aria-readonly", "true");
          for (const inner of cell.querySelectorAll("a, button")) inner.setAttribute("tabindex", "-1");
        });
      });
    }

    listen() {
      const { table } = this.model;
      table.addEventListener("keydown", (event) => { if (!this.input) this.key(event); });
      table.addEventListener("mousedown", (event) => this.press(event));
      table.addEventListener("mouseover", (event) => this.drag(event));
      table.addEventListener("dblclick", (event) => {
        const place = this.place(event.target);
        if (place?.c && !this.input) this.edit(null);
      });
      table.addEventListener("focusin", (event) => {
        const place = this.place(event.target);
        if (place && !this.input && (place.r !== this.at.r || place.c !== this.at.c)) this.select(place, { focus: false });
      });
      table.addEventListener("click", (event) => {
        const button = event.target.closest("[data-plan-fold]");
        if (button) this.toggle(this.place(button).r);
      });
      // The link gets its address from where one is, just before it is followed.
      this.host.addEventListener("click", (event) => {
        if (!event.target.closest("[data-plan-about]") || this.going) return;
        event.preventDefault();
        event.stopPropagation();
        this.about();
      }, true);
      this.host.addEventListener("click", (event) => {
        const button = event.target.closest("[data-plan-do]");
        if (button) this.run(button.dataset.planDo);
      });
      this.host.addEventListener("plan:changed", () => { this.tools(); this.tell(); });
    }

    place(target) {
      const cell = target.closest?.("th, td");
      const row = cell && this.rowOf.get(cell.parentElement);
      return row ? { r: row.at, c: row.cells.indexOf(cell) } : null;
    }

    cell({ r, c }) { return this.model.rows[r].cells[c]; }

    shown() { return this.model.rows.filter((row) => !row.element.hidden); }

    // ---- selection ----

    select(to, { extend = false, focus = true } = {}) {
      const before = this.cell(this.at);
      this.at = to;
      if (!extend) this.from = to;
      before.setAttribute("tabindex", "-1");
      const now = this.cell(to);
      now.setAttribute("tabindex", "0");
      for (const one of this.selected) { one.classList.remove("selected"); one.removeAttribute("aria-selected"); }
      this.selected = this.range().flatMap(({ row, columns }) => columns.map((c) => row.cells[c]));
      for (const one of this.selected) { one.classList.add("selected"); one.setAttribute("aria-selected", "true"); }
      if (focus) {
        now.focus({ preventScroll: true });
        now.scrollIntoView({ block: "nearest", inline: "nearest" });
      }
      this.leaving = false;
      this.tell();
    }

    // The selected rows (those in sight) with the columns of the selection.
    range() {
      const [top, foot] = [Math.min(this.at.r, this.from.r), Math.max(this.at.r, this.from.r)];
      const [left, right] = [Math.min(this.at.c, this.from.c), Math.max(this.at.c, this.from.c)];
      const columns = Array.from({ length: right - left + 1 }, (_, index) => left + index);
      return this.shown().filter((row) => row.at >= top && row.at <= foot).map((row) => ({ row, columns }));
    }

    cells() {
      return this.range().flatMap(({ row, columns }) => columns.filter(Boolean).map((c) => ({ row, c })));
    }

    move(rows, columns, extend, far = false) {
      const shown = this.shown();
      const now = shown.findIndex((row) => row.at === this.at.r);
      const last = this.model.columns.length - 1;
      const r = far && rows ? (rows < 0 ? 0 : shown.length - 1) : Math.min(Math.max(now + rows, 0), shown.length - 1);
      const c = far && columns ? (columns < 0 ? 1 : last) : Math.min(Math.max(this.at.c + columns, 0), last);
      this.select({ r: shown[r].at, c }, { extend });
    }

    // Tab goes on in the next row; beyond the last cell (or after Esc) it leaves the grid.
    tab(back) {
      if (this.leaving) return false;
      const last = this.model.columns.length - 1;
      const shown = this.shown();
      let row = shown.findIndex((one) => one.at === this.at.r);
      let c = this.at.c + (back ? -1 : 1);
      if (c > last) { c = 1; row += 1; }
      if (c < 1) { c = last; row -= 1; }
      if (row < 0 || row >= shown.length) return false;
      this.select({ r: shown[row].at, c });
      return true;
    }

    press(event) {
      if (event.button || event.target.closest("a, button, input")) return;
      const place = this.place(event.target);
      if (!place) return;
      event.preventDefault();
      // What is being typed belongs to the cell that one leaves.
      if (!this.finish(true)) return;
      this.select(place, { extend: event.shiftKey });
      this.pressed = true;
      addEventListener("mouseup", () => { this.pressed = false; }, { once: true });
    }

    drag(event) {
      const place = this.pressed && this.place(event.target);
      if (place) this.select(place, { extend: true });
    }

    // ---- keys ----

    key(event) {
      if (event.target.closest("input")) return;
      const { key, shiftKey: shift } = event;
      const command = event.ctrlKey || event.metaKey;
      if (event.altKey || (!command && key === "?")) return;
      const taken = command ? this.commandKey(key, shift) : this.plainKey(key, shift);
      if (taken === "page") return;
      // Letters that are keys of the page do nothing while one is in the grid.
      if (taken || (!command && key.length === 1)) {
        event.stopPropagation();
        if (taken) event.preventDefault();
      }
    }

    plainKey(key, shift) {
      const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-PAGE, 0], PageDown: [PAGE, 0] };
      if (moves[key]) this.move(...moves[key], shift);
      else if (key === "Home") this.move(0, -1, shift, true);
      else if (key === "End") this.move(0, 1, shift, true);
      else if (key === "Tab") return this.tab(shift);
      else if (key === "Enter" && this.at.c === 0) this.open();
      else if (key === " " && this.at.c === 0) this.toggle(this.at.r);
      else if (key === "Enter") this.move(shift ? -1 : 1, 0, false);
      else if (key === "F2" && shift) this.about();
      else if (key === "F2") this.edit(null);
      else if (key === "Delete" && shift) this.run("baseline");
      else if (key === "Delete" || key === "Backspace") this.run("clear");
      else if (key === "Escape") { this.select(this.at); this.leaving = true; }
      else if (START.test(key) && this.at.c) this.edit(key);
      else return false;
      return true;
    }

    commandKey(key, shift) {
      const far = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      const letter = key.toLowerCase();
      const runs = { z: shift ? "redo" : "undo", y: "redo", r: "right", d: "down", s: "save" };
      if (far[key]) this.move(...far[key], shift, true);
      else if (key === "Home") this.select({ r: this.shown()[0].at, c: 1 }, { extend: shift });
      else if (key === "End") this.select({ r: this.shown().at(-1).at, c: this.model.columns.length - 1 }, { extend: shift });
      else if (letter === "a") this.all();
      else if (runs[letter]) this.run(runs[letter]);
      else return letter === "k" ? "page" : false;
      return true;
    }

    all() {
      const shown = this.shown();
      this.from = { r: shown[0].at, c: 0 };
      this.select({ r: shown.at(-1).at, c: this.model.columns.length - 1 }, { extend: true, focus: false });
      this.cell(this.at).focus({ preventScroll: true });
    }

    // ---- rows that fold ----

    toggle(r) {
      const row = this.model.rows[r];
      if (!row.children.length || row === this.model.total) return;
      row.open = !row.open;
      this.fold();
      if (this.model.rows[this.at.r].element.hidden) this.select({ r, c: this.at.c });
    }

    fold() {
      for (const row of this.model.rows) {
        let seen = true;
        for (let one = row.parent; one; one = one.parent) seen &&= one.open;
        row.element.hidden = !seen;
        if (!row.children.length || row === this.model.total) continue;
        row.element.setAttribute("aria-expanded", String(row.open));
        const button = row.element.querySelector("[data-plan-fold]");
        button?.setAttribute("aria-expanded", String(row.open));
      }
    }

    foldTo(depth) {
      for (const row of this.model.rows) if (row !== this.model.total) row.open = row.depth < depth;
      this.fold();
      this.select({ r: this.shown()[0].at, c: 1 }, { focus: false });
    }

    open() {
      const row = this.model.rows[this.at.r];
      if (row.children.length) this.toggle(this.at.r);
      else row.element.querySelector("a")?.click();
    }

    // What is kept of an amount, beside the grid.
    about() {
      const link = this.host.querySelector("[data-plan-about]");
      const row = this.model.rows[this.at.r];
      const column = this.model.columns[this.at.c];
      if (!row.leaf || !column.single) { this.refuse("An amount of a line and month has a history; sums follow from them"); return; }
      const { lines, version } = this.host.dataset;
      const address = `${lines}/${encodeURIComponent(row.key)}/months/${column.months[0]}${version ? `?version=${version}` : ""}`;
      link.href = address;
      link.setAttribute("hx-get", address);
      this.going = true;
      link.click();
      this.going = false;
    }

    // ---- editing ----

    edit(typed) {
      const row = this.model.rows[this.at.r];
      if (!this.model.parts(row, this.at.c).length) {
        this.refuse(this.host.dataset.fixed ?? "");
        return;
      }
      const cell = this.cell(this.at);
      const input = document.createElement("input");
      input.type = "text";
      input.className = "plan-input";
      input.inputMode = "decimal";
      input.autocomplete = "off";
      input.setAttribute("aria-label", `${row.name}, ${this.model.columns[this.at.c].head.textContent.trim()}`);
      input.value = typed ?? money.text(row.values[this.at.c], this.model.digits);
      this.input = input;
      this.kept = typed === null;
      cell.classList.add("editing");
      cell.append(input);
      input.focus({ preventScroll: true });
      if (typed === null) input.select();
      input.addEventListener("keydown", (event) => this.editKey(event));
      input.addEventListener("blur", () => this.finish(true, true));
    }

    editKey(event) {
      event.stopPropagation();
      const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
      const { key, shiftKey: shift } = event;
      const command = event.ctrlKey || event.metaKey;
      let go = null;
      if (key === "Enter") go = () => this.move(shift ? -1 : 1, 0, false);
      else if (key === "Tab") go = () => this.tab(shift);
      else if (moves[key] && !this.kept) go = () => this.move(...moves[key], false);
      else if (key === "Escape") { event.preventDefault(); this.finish(false); return; }
      else if (command && key.toLowerCase() === "s") go = () => this.run("save");
      if (!go) return;
      event.preventDefault();
      const many = this.cells().length > 1 && /^\s*[+=]|%\s*$/.test(this.input.value);
      if (this.finish(true) && !(many && key === "Enter")) go();
    }

    // Ends the editing; false where what was typed is no amount, and the box stays open.
    finish(keep, left = false) {
      const input = this.input;
      if (!input) return true;
      const typed = input.value;
      const entry = keep && typed.trim() ? money.entry(typed, this.options) : null;
      if (entry?.wrong && !left) {
        input.setAttribute("aria-invalid", "true");
        this.refuse(entry.wrong);
        return false;
      }
      this.input = null;
      const cell = input.parentElement;
      cell.classList.remove("editing");
      input.remove();
      if (!left) cell.focus({ preventScroll: true });
      if (entry?.wrong) this.refuse(`${entry.wrong}. The amount was left as it was`);
      else if (entry) this.enter(entry, /^\s*[+=]|%\s*$/.test(typed));
      else this.refuse("");
      return true;
    }

    // A plain amount is for the cell it was typed into; +5%, +1000 and =1200 are for everything that
    // is selected: the amounts, or one sum that is handed down.
    enter(entry, all) {
      const { model } = this;
      const cells = all ? this.cells() : [{ row: model.rows[this.at.r], c: this.at.c }];
      const amounts = cells.filter(({ row, c }) => model.isEditable(row, c));
      if (!amounts.length && cells.length > 1) {
        this.refuse("Several sums cannot be changed at once: choose one sum, or the amounts below it");
        return;
      }
      const targets = amounts.length ? amounts : cells;
      this.changed(targets.flatMap(({ row, c }) => model.changes(row, c, entry)));
    }

    changed(changes, note = "") {
      const count = this.model.change(changes);
      this.refuse("");
      if (count > 1 || note) this.say([count === 1 ? "1 amount changed" : `${count.toLocaleString("en")} amounts changed`, note].filter(Boolean).join(". "));
    }

    amounts() {
      const found = this.cells().filter(({ row, c }) => this.model.isEditable(row, c));
      if (!found.length) this.refuse(this.host.dataset.fixed || "Sums are not changed this way: choose amounts");
      return found;
    }

    run(what) {
      const { model } = this;
      if (what === "undo" || what === "redo") this.replay(what);
      else if (what === "clear") this.changed(this.amounts().map((one) => ({ ...one, to: 0n })));
      else if (what === "baseline") this.changed(this.amounts().map(({ row, c }) => ({ row, c, to: row.base[c] })));
      else if (what === "right" || what === "down") this.fill(what === "right");
      else if (what === "save") this.host.dispatchEvent(new CustomEvent("plan:save", { bubbles: true, detail: { model } }));
      else if (what.startsWith("fold:")) this.foldTo(Number(what.slice(5)));
      else if (what === "reread") this.reread();
    }

    replay(what) {
      const step = this.model[what]();
      if (!step) { this.say(what === "undo" ? "Nothing to undo" : "Nothing to do again"); return; }
      const rows = step.map((one) => one.row.at);
      const columns = step.map((one) => one.c);
      for (const one of step) for (let up = one.row.parent; up; up = up.parent) up.open = true;
      this.fold();
      this.from = { r: Math.min(...rows), c: Math.min(...columns) };
      this.select({ r: Math.max(...rows), c: Math.max(...columns) }, { extend: true });
      this.say(`${what === "undo" ? "Undone" : "Done again"}: ${step.length === 1 ? "1 amount" : `${step.length} amounts`}`);
    }

    // The first column (row) of the selection into the others; a single one takes its neighbour's.
    fill(right) {
      const range = this.range();
      const columns = (range[0]?.columns ?? []).filter(Boolean);
      const changes = [];
      const rows = range.map(({ row }) => row);
      const amounts = new Set(this.amounts().map(({ row, c }) => `${row.at} ${c}`));
      const put = (row, c, to) => { if (amounts.has(`${row.at} ${c}`) && to !== null && to !== undefined) changes.push({ row, c, to }); };
      if (right) {
        const months = columns.filter((c) => this.model.columns[c].single);
        const first = months.length > 1 ? months[0] : this.beside(months[0]);
        for (const row of rows) for (const c of months) if (c !== first) put(row, c, row.values[first]);
      } else {
        const lines = rows.filter((row) => row.leaf);
        const first = lines.length > 1 ? lines[0] : this.above(lines[0]);
        for (const row of lines) for (const c of columns) if (row !== first) put(row, c, first?.values[c]);
      }
      this.changed(changes);
    }

    beside(c) {
      for (let at = c - 1; at > 0; at -= 1) if (this.model.columns[at].single) return at;
      return -1;
    }

    above(row) {
      return row && this.shown().filter((one) => one.leaf && one.at < row.at).at(-1);
    }

    // ---- what is told ----

    tools() {
      const { model, host } = this;
      const set = (name, on) => {
        for (const button of host.querySelectorAll(`[data-plan-do="${name}"]`)) button.disabled = !on;
      };
      set("undo", model.done.length);
      set("redo", model.undone.length);
      set("save", model.unsaved.size);
      const again = host.querySelector('[data-plan-do="reread"]');
      if (again) again.hidden = !(this.pasted && this.pasted.depth === model.done.length);
      const mark = host.querySelector("[data-plan-unsaved]");
      if (!mark) return;
      const count = model.unsaved.size;
      mark.hidden = !count;
      mark.textContent = `${count.toLocaleString("en")} unsaved, ${money.signed(model.unsavedTotal(), model.digits)} ${model.currency}`;
    }

    // The line under the grid: where one is, or what the selection adds up to.
    tell() {
      const line = this.host.querySelector("[data-plan-where]");
      if (!line) return;
      const cells = this.cells().filter(({ row, c }) => row.values[c] !== null);
      const { digits, currency } = this.model;
      if (cells.length > 1) {
        // Amounts beside their own sums would count twice.
        const amounts = cells.filter(({ row, c }) => row.leaf && this.model.columns[c].single);
        const counted = amounts.length ? amounts : cells;
        const sum = counted.reduce((all, { row, c }) => all + row.values[c], 0n);
        line.textContent = `${counted.length.toLocaleString("en")} ${amounts.length ? "amounts" : "sums"}, together ${money.shown(sum, digits)} ${currency}`;
        return;
      }
      const row = this.model.rows[this.at.r];
      const head = this.model.columns[this.at.c].head.textContent.trim();
      const parts = [this.at.c ? `${row.name}, ${head}` : row.name];
      if (this.model.isEditable(row, this.at.c)) {
        const difference = row.values[this.at.c] - row.base[this.at.c];
        parts.push(`baseline ${money.shown(row.base[this.at.c], digits)}`);
        parts.push(difference ? `adjusted by ${money.signed(difference, digits)}` : "not adjusted");
      } else if (this.at.c && this.model.parts(row, this.at.c).length) {
        parts.push("a sum: a new amount is handed down to its parts");
      }
      line.textContent = parts.join(" · ");
    }

    say(text) {
      const status = this.host.querySelector("[data-plan-status]");
      if (status) status.textContent = text;
    }

    refuse(text) {
      const box = this.host.querySelector("[data-plan-problem]");
      if (!box) return;
      box.textContent = text ? `${text[0].toUpperCase()}${text.slice(1)}.` : "";
      box.hidden = !text;
    }
  }

  const gridOf = (element) => {
    const host = element?.closest?.("[data-plan-grid]");
    return host ? grids.get(host) : null;
  };

  const begin = () => {
    for (const host of document.querySelectorAll("[data-plan-grid]")) {
      if (!grids.has(host)) grids.set(host, new Grid(host));
    }
  };
  Object.assign(window.outlayPlan, { Grid, gridOf });
  document.addEventListener("outlay:script", begin);
  document.addEventListener("htmx:after:swap", begin);
})();
