"use strict";
// The editor of a virtual tag. Every button is a button of its form; this file only spares clicks:
// choices take effect at once, values of a column are proposed, rules stay open, keys do what the
// buttons do.
(() => {
  const form = () => document.getElementById("draft");

  // A choice that changes which fields there are: the server draws the form anew.
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!form()?.contains(field)) return;
    if (field.matches("[data-render]")) {
      form().requestSubmit(document.getElementById("render"));
    } else if (field.matches("[data-operator]")) {
      const value = field.closest(".row").querySelector("[data-values-of]");
      value.disabled = ["missing", "present"].includes(field.value);
    }
  });

  // What is opened stays open when the form is drawn anew.
  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.("details.rule")) return;
    const open = event.target.querySelector(":scope > [data-open]");
    if (open) open.value = event.target.open ? "1" : "";
  }, true);

  // The values with most money of the column beside the field.
  let proposed = "";
  document.addEventListener("focusin", async (event) => {
    const field = event.target;
    if (!field.matches?.("[data-values-of]")) return;
    const column = document.getElementById(field.dataset.valuesOf)?.value.trim();
    const list = document.getElementById("values");
    if (!list || column === proposed) return;
    proposed = column;
    list.replaceChildren();
    if (!column) return;
    const found = await fetch(`${form().getAttribute("action")}/values?column=${encodeURIComponent(column)}`);
    if (found.ok && column === proposed) list.innerHTML = await found.text();
  });

  const press = (button) => {
    if (!button || button.disabled) return false;
    button.click();
    return true;
  };

  document.addEventListener("keydown", (event) => {
    if (!form()) return;
    const command = event.ctrlKey || event.metaKey;
    const typing = /^(INPUT|TEXTAREA)$/.test(event.target.tagName);
    let done = false;
    if (command && event.key.toLowerCase() === "s") {
      press(document.getElementById("save"));
      done = true;
    } else if (command && !typing && event.key.toLowerCase() === "z") {
      done = press(document.getElementById(event.shiftKey ? "redo" : "undo"));
    } else if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      const rule = event.target.closest?.("details.rule");
      done = press(rule?.querySelector(`[data-move="${event.key === "ArrowUp" ? "up" : "down"}"]`));
    }
    if (done) event.preventDefault();
  });

  // A draft that is not saved is not lost without a word.
  addEventListener("beforeunload", (event) => {
    const kept = document.getElementById("unsaved")?.textContent.trim() !== "not saved";
    const edited = document.getElementById("undo") && !document.getElementById("undo").disabled;
    if (form() && edited && !kept && !form().dataset.leaving) event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#save, [value='save-over']")) form().dataset.leaving = "1";
  });
})();
