"use strict";
// Saving what was changed in the plan grid: one reason for the batch, what others changed meanwhile
// shown with a choice for each amount, and a warning before unsaved amounts are left behind.
(() => {
  const { money, gridOf } = window.outlayPlan;
  let saving = null;

  const dirty = () => [...document.querySelectorAll("[data-plan-grid]")]
    .some((host) => gridOf(host)?.model.unsaved.size);

  const byId = (id) => document.getElementById(id);

  const problem = (dialog, text) => {
    const box = dialog.querySelector("[data-problem]");
    box.textContent = text;
    box.hidden = !text;
  };

  const open = (grid) => {
    const { model } = grid;
    const dialog = byId("plan-save");
    if (!dialog || !model.unsaved.size) return;
    const lines = new Set([...model.unsaved.values()].map(({ row }) => row.key)).size;
    const count = model.unsaved.size;
    dialog.querySelector("[data-summary]").textContent =
      `${count.toLocaleString("en")} ${count === 1 ? "amount" : "amounts"} in ${lines} ${lines === 1 ? "line" : "lines"}, `
      + `together ${money.signed(model.unsavedTotal(), model.digits)} ${model.currency}`;
    problem(dialog, "");
    saving = grid;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector("[name=reason]").focus();
  };

  const send = async (grid, reason, effect) => {
    const { model } = grid;
    const answer = await fetch(grid.host.dataset.save, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify({ revision: Number(model.revision), reason, effect, edits: model.edits() }),
    });
    const kind = answer.headers.get("Content-Type") ?? "";
    const said = kind.includes("json") ? await answer.json() : {};
    return { status: answer.status, said };
  };

  const save = async (dialog, grid, reason, effect) => {
    const button = dialog.querySelector("[data-save-now]");
    button.disabled = true;
    let found;
    try {
      found = await send(grid, reason, effect);
    } catch {
      problem(dialog, "The server did not answer. Nothing was lost: the amounts are still in the grid, save them again.");
      return;
    } finally {
      button.disabled = false;
    }
    const { status, said } = found;
    if (status === 200) saved(dialog, grid, said);
    else if (status === 409 && said.conflicts && !said.conflicts.length && said.revision > Number(grid.model.revision)) {
      // Others touched these cells and left them as they were: what was seen still holds.
      grid.model.revision = String(said.revision);
      await save(dialog, grid, reason, effect);
    } else if (status === 409 && said.conflicts) conflict(dialog, grid, said, { reason, effect });
    else problem(dialog, `${said.problem ?? `The server answered ${status}.`} Nothing was saved; the amounts are still in the grid.`);
  };

  const saved = (dialog, grid, said) => {
    const { model } = grid;
    model.revision = String(said.revision);
    for (const cell of said.cells) model.settle(cell.line, cell.month, cell.amount);
    if (!said.others) heading(model);
    grid.tools();
    grid.tell();
    grid.refuse("");
    if (dialog.open) dialog.close();
    byId("plan-save")?.querySelector("form").reset();
    grid.say(`Saved: ${said.saved} ${said.saved === 1 ? "adjustment" : "adjustments"}`
      + (said.others ? ". Others changed other amounts meanwhile: load the page again to see them" : ""));
    grid.cell(grid.at).focus({ preventScroll: true });
  };

  // The figures over the grid, and the revision that would be submitted, are those of before.
  const heading = (model) => {
    const year = model.total?.values.at(-1);
    const [whole, adjusted] = [byId("plan-total"), byId("plan-adjusted")];
    if (year === undefined || year === null || !whole || !adjusted) return;
    whole.dataset.amount = money.text(year, model.digits);
    whole.firstChild.textContent = `${money.shown(year, model.digits)} `;
    adjusted.textContent = money.signed(year - money.units(adjusted.dataset.baseline, model.digits), model.digits);
    for (const field of document.querySelectorAll('main input[name="revision"]')) field.value = model.revision;
  };

  const cell = (tag, text, className = "") => {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    return element;
  };

  const choice = (name, value, text, checked) => {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name, value, checked });
    label.append(input, text);
    const holder = document.createElement("td");
    holder.className = "num";
    holder.append(label);
    return holder;
  };

  // Somebody else changed the same cells: each is shown with both amounts, and one is chosen.
  const conflict = (dialog, grid, said, asked) => {
    const { model } = grid;
    if (dialog.open) dialog.close();
    const box = byId("plan-conflict");
    const shown = (text) => money.shown(money.units(text, model.digits), model.digits);
    box.querySelector("tbody").replaceChildren(...said.conflicts.map((one, index) => {
      const row = document.createElement("tr");
      const head = cell("th", `${one.name}, ${one.month}`);
      head.scope = "row";
      row.append(head, choice(`keep-${index}`, "mine", shown(one.mine), true),
        choice(`keep-${index}`, "theirs", shown(one.theirs), false),
        cell("td", [one.who, one.when, one.reason].filter(Boolean).join(" · ")));
      return row;
    }));
    problem(box, "");
    box.answer = { grid, said, asked };
    box.showModal();
    box.querySelector("input")?.focus();
  };

  const settle = async (box) => {
    const { grid, said, asked } = box.answer;
    const { model } = grid;
    const changes = [];
    said.conflicts.forEach((one, index) => {
      const found = model.cell(one.line, one.month);
      if (!found) return;
      model.settle(one.line, one.month, one.theirs);
      if (box.querySelector(`[name="keep-${index}"]:checked`).value === "theirs") {
        changes.push({ ...found, to: found.row.saved[found.c] });
      }
    });
    if (changes.length) model.change(changes);
    model.revision = String(said.revision);
    if (model.unsaved.size) { await save(box, grid, asked.reason, asked.effect); return; }
    box.close();
    grid.tools();
    grid.say("The amounts of the other person were taken; nothing is left to save");
  };

  document.addEventListener("plan:save", (event) => open(gridOf(event.target)));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-plan-save]")) {
      event.preventDefault();
      event.stopPropagation();
      const reason = form.elements.reason.value.trim();
      if (!saving || !reason) { problem(byId("plan-save"), "Say why the amounts change: the reason is kept with them."); return; }
      save(byId("plan-save"), saving, reason, form.elements.effect.value);
    } else if (form.matches("[data-plan-settle]")) {
      event.preventDefault();
      event.stopPropagation();
      settle(byId("plan-conflict"));
    }
  }, true);

  addEventListener("beforeunload", (event) => { if (dirty()) event.preventDefault(); });
  // Pages are exchanged without a reload: that leaves unsaved amounts behind as well.
  document.addEventListener("htmx:before:request", (event) => {
    const ctx = event.detail?.ctx;
    if (ctx?.target !== document.body || !dirty()) return;
    if (!confirm("The plan has amounts that are not saved. Leave without saving them?")) event.preventDefault();
  });
})();
