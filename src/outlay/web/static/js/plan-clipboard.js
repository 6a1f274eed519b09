"use strict";
// The clipboard of the plan grid: cells go out and come in as other spreadsheets write them.
(() => {
  const { money, Grid, gridOf } = window.outlayPlan;

  Object.assign(Grid.prototype, {
    copy(event) {
      const lines = this.range().map(({ row, columns }) => columns.map((c) => {
        if (!c) return row.name;
        return row.values[c] === null ? "" : money.text(row.values[c], this.model.digits);
      }).join("\t"));
      event.clipboardData.setData("text/plain", lines.join("\n"));
      event.preventDefault();
      const cells = this.cells().length;
      this.say(cells === 1 ? "1 cell copied" : `${cells.toLocaleString("en")} cells copied`);
    },

    paste(text, decimal = "") {
      const cells = money.table(text);
      const other = this.otherLine(cells);
      if (other) { this.refuse(`Nothing was pasted: ${other}`); return; }
      const read = money.block(cells, { ...this.options, decimal });
      if (read.wrong) {
        const first = read.wrong[0];
        const more = read.wrong.length > 1 ? ` (and ${read.wrong.length - 1} more)` : "";
        this.refuse(`Nothing was pasted: “${first.text.slice(0, 40)}” in row ${first.row + 1}, column ${first.column + 1} ${first.why}${more}`);
        return;
      }
      const found = this.fitted(read.values);
      if (found.wrong) { this.refuse(`Nothing was pasted: ${found.wrong}`); return; }
      const notes = [];
      if (read.guessed) notes.push(`“${read.decimal}” was read as the decimal mark`);
      const count = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
      if (found.sums) notes.push(`${count(found.sums, "sum")} not taken, since sums follow from the amounts`);
      if (read.blanks) notes.push(`${count(read.blanks, "empty cell")} passed over`);
      if (read.rounded) notes.push(`${count(read.rounded, "amount")} rounded to ${this.model.digits} decimals`);
      this.changed(found.changes, notes.join(". "));
      this.pasted = read.guessed ? { text, decimal: read.decimal === "." ? "," : ".", depth: this.model.done.length } : null;
      this.tools();
    },

    // From the first column on, a block brings the names of its lines: they must be those here.
    otherLine(cells) {
      if (Math.min(this.at.c, this.from.c) > 0 || cells[0].length < 2) return "";
      const shown = this.shown();
      const top = shown.findIndex((row) => row.at === Math.min(this.at.r, this.from.r));
      for (const [index, line] of cells.entries()) {
        const name = line.shift().trim();
        const here = shown[top + index]?.name;
        if (here !== undefined && name !== here) return `line ${index + 1} is “${name.slice(0, 40)}” there and “${here}” here`;
      }
      return "";
    },

    // Where the amounts of a block go, beginning at the selection's corner.
    fitted(values) {
      const shown = this.shown();
      const top = shown.findIndex((row) => row.at === Math.min(this.at.r, this.from.r));
      const left = Math.max(1, Math.min(this.at.c, this.from.c));
      const changes = [];
      let sums = 0;
      if (values.length === 1 && values[0].length === 1) {
        const amounts = this.cells().filter(({ row, c }) => this.model.isEditable(row, c));
        if (amounts.length > 1) return { changes: amounts.map((one) => ({ ...one, to: values[0][0] })).filter((one) => one.to !== null), sums };
      }
      const wide = Math.max(...values.map((row) => row.length));
      if (top + values.length > shown.length || left + wide > this.model.columns.length) {
        return { wrong: `the block has ${values.length} rows and ${wide} columns; from here ${shown.length - top} rows and ${this.model.columns.length - left} columns are left` };
      }
      values.forEach((line, r) => line.forEach((to, c) => {
        if (to === null) return;
        const row = shown[top + r];
        if (this.model.isEditable(row, left + c)) changes.push({ row, c: left + c, to });
        else sums += 1;
      }));
      if (!changes.length) return { wrong: this.host.dataset.fixed || "sums follow from the amounts below them" };
      this.from = { r: shown[top].at, c: left };
      this.select({ r: shown[top + values.length - 1].at, c: left + wide - 1 }, { extend: true });
      return { changes, sums };
    },

    // The other reading of a block whose decimal mark was a guess.
    reread() {
      const { pasted } = this;
      if (!pasted || this.model.done.length !== pasted.depth) return;
      this.model.undo();
      this.paste(pasted.text, pasted.decimal);
    },
  });

  const inGrid = (event) => {
    const grid = gridOf(document.activeElement);
    return grid && !grid.input && document.activeElement.closest("table") ? grid : null;
  };

  document.addEventListener("copy", (event) => inGrid(event)?.copy(event));
  document.addEventListener("cut", (event) => {
    const grid = inGrid(event);
    if (!grid) return;
    grid.copy(event);
    grid.run("clear");
  });
  document.addEventListener("paste", (event) => {
    const grid = inGrid(event);
    if (!grid) return;
    event.preventDefault();
    if (!grid.model.editable) grid.refuse(grid.host.dataset.fixed ?? "");
    else grid.paste(event.clipboardData.getData("text/plain"));
  });
})();
