"use strict";
// Forms that act as soon as a choice is made, lists that filter while one types, and links whose
// page opens in the side panel. Without this file each of them is an ordinary form or link.
(() => {
  // <form data-auto>: a changed choice is a submit. Text boxes wait for Enter.
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-auto]") || event.target.matches('[type="text"]')) return;
    if (event.target.matches('[type="date"]') && !event.target.value) return;
    form.requestSubmit();
  });

  // Empty fields are not part of an address: what is not chosen is not said.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "get") return;
    for (const field of form.elements) {
      if (field.name && !field.value && !field.disabled) {
        field.disabled = true;
        setTimeout(() => { field.disabled = false; }, 0);
      }
    }
  }, true);

  // <input data-narrow="#list">: shows the entries that hold the text.
  document.addEventListener("input", (event) => {
    const list = event.target.dataset?.narrow && document.querySelector(event.target.dataset.narrow);
    if (!list) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const entry of list.querySelectorAll("[data-text]")) {
      entry.hidden = !entry.dataset.text.toLowerCase().includes(wanted);
    }
  });

  // <a data-panel>: the page's #panel-content is shown in the dialog instead of a page of its own.
  document.addEventListener("htmx:after:swap", () => {
    const panel = document.getElementById("panel");
    const filled = document.querySelector("#panel-body #panel-content");
    if (panel && filled && !panel.open && !panel.dataset.closed) panel.showModal();
  });
  document.addEventListener("close", (event) => {
    if (event.target.id === "panel") document.getElementById("panel-body").replaceChildren();
  }, true);

  // <button data-copy>: copies the address of what is shown.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = button.dataset.copy === "address" ? location.href : button.dataset.copy;
    const said = button.textContent;
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Cannot copy";
    }
    setTimeout(() => { button.textContent = said; }, 1500);
  });
})();
