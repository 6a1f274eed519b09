"use strict";
// The numbers behind the plan grid: the table that the server wrote, read once; every change with
// its subtotals; undo and redo; what is not saved. Knows nothing of keys, mouse or selection.
(() => {
  const { money } = window.outlayPlan;
  const MOST_STEPS = 200;

  class Model {
    constructor(host) {
      this.host = host;
      this.table = host.querySelector("table");
      this.digits = Number(host.dataset.digits);
      this.currency = host.dataset.currency;
      this.editable = "editable" in host.dataset;
      this.revision = host.dataset.revision;
      this.undone = [];
      this.done = [];
      this.unsaved = new Map();
      this.readColumns();
      this.readRows();
    }

    // Column 0 is the line's name. A column of several months is a sum.
    readColumns() {
      this.columns = [...this.table.tHead.rows[0].cells].map((head) => ({
        head, months: (head.dataset.col ?? "").split(" ").filter(Boolean),
      }));
      const single = new Map();
      this.columns.forEach((column, c) => {
        column.single = column.months.length === 1;
        column.sums = [];
        if (column.single) single.set(column.months[0], c);
      });
      this.columns.forEach((column, c) => {
        if (column.months.length < 2) return;
        column.parts = column.months.map((month) => single.get(month)).filter((at) => at !== undefined);
        for (const at of column.parts) this.columns[at].sums.push(c);
      });
    }

    readRows() {
      const path = [];
      const read = (element, depth) => {
        const cells = [...element.cells];
        const row = {
          element, cells, depth, at: 0, key: element.dataset.key ?? "", children: [],
          leaf: "key" in element.dataset, locked: "locked" in element.dataset,
          name: element.dataset.name ?? "", open: true, parent: null,
          values: cells.map((cell) => ("v" in cell.dataset ? money.units(cell.dataset.v, this.digits) : null)),
        };
        if (row.leaf) {
          row.saved = [...row.values];
          row.base = cells.map((cell, c) => ("b" in cell.dataset ? money.units(cell.dataset.b, this.digits) : row.values[c]));
        }
        return row;
      };
      this.rows = [...this.table.tBodies[0].rows].map((element) => read(element, Number(element.dataset.depth)));
      const foot = this.table.tFoot?.rows[0];
      this.total = foot ? read(foot, -1) : null;
      for (const row of this.rows) {
        while (path.length && path.at(-1).depth >= row.depth) path.pop();
        row.parent = path.at(-1) ?? this.total;
        row.parent?.children.push(row);
        path.push(row);
      }
      if (this.total) this.rows.push(this.total);
      this.rows.forEach((row, r) => { row.at = r; });
    }

    isEditable(row, c) {
      return this.editable && row.leaf && !row.locked && this.columns[c].single;
    }

    // The amounts that a sum is made of and that may be changed.
    parts(row, c) {
      if (this.isEditable(row, c)) return [{ row, c }];
      const columns = this.columns[c].single ? [c] : this.columns[c].parts ?? [];
      const leaves = row.leaf ? [row] : this.leaves(row);
      return leaves.flatMap((leaf) => columns.map((at) => ({ row: leaf, c: at })))
        .filter((part) => this.isEditable(part.row, part.c));
    }

    leaves(row) {
      return row.children.flatMap((child) => (child.leaf ? [child] : this.leaves(child)));
    }

    // What an entry makes of one cell; a sum hands the difference down to its parts.
    changes(row, c, entry) {
      const parts = this.parts(row, c);
      if (this.isEditable(row, c)) return [{ row, c, to: money.apply(entry, row.values[c]) }];
      if (!parts.length || row.values[c] === null) return [];
      const now = parts.map((part) => part.row.values[part.c]);
      const rest = row.values[c] - now.reduce((all, one) => all + one, 0n);
      const fresh = money.spread(now, money.apply(entry, row.values[c]) - rest);
      return parts.map((part, index) => ({ ...part, to: fresh[index] }));
    }

    // Carries changes out as one step that undo takes back. Gives how many amounts changed.
    change(changes) {
      const step = changes
        .map(({ row, c, to }) => ({ row, c, from: row.values[c], to }))
        .filter((one) => one.from !== one.to);
      if (!step.length) return 0;
      this.carry(step, "to");
      this.done.push(step);
      if (this.done.length > MOST_STEPS) this.done.shift();
      this.undone = [];
      this.told();
      return step.length;
    }

    undo() { return this.step(this.done, this.undone, "from"); }

    redo() { return this.step(this.undone, this.done, "to"); }

    step(from, onto, side) {
      const step = from.pop();
      if (!step) return null;
      // Backwards, since a step may name one cell twice.
      this.carry(side === "from" ? [...step].reverse() : step, side);
      onto.push(step);
      this.told();
      return step;
    }

    carry(step, side) {
      for (const one of step) this.put(one.row, one.c, one[side]);
    }

    told() { this.host.dispatchEvent(new CustomEvent("plan:changed", { bubbles: true })); }

    put(row, c, to) {
      const difference = to - row.values[c];
      if (!difference) return;
      for (let one = row; one; one = one.parent) {
        for (const at of [c, ...this.columns[c].sums]) {
          one.values[at] += difference;
          this.show(one, at);
        }
      }
      this.mark(row, c);
    }

    mark(row, c) {
      const key = `${row.key} ${this.columns[c].months[0]}`;
      const unsaved = row.values[c] !== row.saved[c];
      if (unsaved) this.unsaved.set(key, { row, c });
      else this.unsaved.delete(key);
      row.cells[c].classList.toggle("unsaved", unsaved);
      row.cells[c].classList.toggle("adjusted", row.values[c] !== row.base[c]);
      row.element.classList.toggle("touched", row.values.some((value, at) => value !== row.saved[at] && this.columns[at].single));
    }

    show(row, c) {
      const cell = row.cells[c];
      (cell.querySelector(".v") ?? cell).textContent = money.shown(row.values[c], this.digits);
      cell.classList.toggle("negative", row.values[c] < 0n);
    }

    // What a save would say: exact text, and the amount that the page was showing before.
    edits() {
      return [...this.unsaved.values()].map(({ row, c }) => ({
        line: row.key, month: this.columns[c].months[0],
        amount: money.text(row.values[c], this.digits), seen: money.text(row.saved[c], this.digits),
      }));
    }

    cell(line, month) {
      const row = this.rows.find((one) => one.leaf && one.key === line);
      const c = this.columns.findIndex((column) => column.single && column.months[0] === month);
      return row && c > 0 ? { row, c } : null;
    }

    // The server holds these amounts now: `kept` as text.
    settle(line, month, kept) {
      const found = this.cell(line, month);
      if (!found) return;
      found.row.saved[found.c] = money.units(kept, this.digits);
      this.mark(found.row, found.c);
    }

    unsavedTotal() {
      let sum = 0n;
      for (const { row, c } of this.unsaved.values()) sum += row.values[c] - row.saved[c];
      return sum;
    }
  }

  window.outlayPlan.Model = Model;
})();
