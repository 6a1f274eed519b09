"use strict";
// Moving between pages without reloading scripts (htmx), made visible and made honest: a thin line
// while a request runs, focus and scroll as after a real page load, and a failure that says so.
(() => {
  let pathBefore = location.pathname;
  let running = 0;

  const busy = (change) => {
    running = Math.max(0, running + change);
    document.body.setAttribute("aria-busy", String(running > 0));
  };

  // Where a failure is said: within a dialog that is open, since nobody can read the page below it.
  const failureBox = () => {
    const dialog = [...document.querySelectorAll("dialog[open]")].at(-1);
    if (!dialog) return document.getElementById("failure");
    const host = dialog.querySelector("#panel-body") ?? dialog;
    const box = host.querySelector("[data-failure]") ?? document.createElement("div");
    box.dataset.failure = "";
    box.setAttribute("role", "alert");
    host.prepend(box);
    return box;
  };

  const showFailure = (message, url) => {
    const box = failureBox();
    if (!box) return;
    const text = document.createElement("span");
    text.textContent = message;
    const retry = document.createElement("a");
    retry.className = "button";
    retry.href = url || location.href;
    retry.textContent = "Try again";
    box.className = "banner bad";
    box.replaceChildren(text, retry);
    box.hidden = false;
  };

  // The list of pages may be longer than the window: the present page is in sight.
  const showCurrent = () => {
    const current = document.querySelector('#pages [aria-current="page"]');
    current?.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("DOMContentLoaded", showCurrent);

  // Scripts that few pages need are named by the element that needs them, and fetched with it, once.
  const fetched = new Set();
  const fetchScripts = () => {
    for (const host of document.querySelectorAll("[data-scripts]")) {
      for (const address of host.dataset.scripts.trim().split(/\s+/)) {
        if (fetched.has(address)) continue;
        fetched.add(address);
        const script = document.createElement("script");
        script.src = address;
        script.async = false;
        script.addEventListener("load", () => document.dispatchEvent(new Event("outlay:script")));
        document.head.append(script);
      }
    }
  };
  document.addEventListener("DOMContentLoaded", fetchScripts);
  document.addEventListener("htmx:after:swap", fetchScripts);

  document.addEventListener("htmx:before:request", () => busy(1));
  document.addEventListener("htmx:finally:request", () => busy(-1));

  document.addEventListener("htmx:error", (event) => {
    const ctx = event.detail?.ctx;
    showFailure(
      "The server did not answer. The numbers below are those of before.",
      ctx?.request?.action,
    );
  });

  // An error whose answer has not the part that was asked for, or is a whole page where a part
  // belongs: what was there stays, and the answer's own words are said.
  document.addEventListener("htmx:response:error", (event) => {
    const ctx = event.detail?.ctx;
    if (!ctx || ctx.target === document.body) return;
    const answer = new DOMParser().parseFromString(ctx.text, "text/html");
    if (ctx.select ? answer.querySelector(ctx.select) : !answer.getElementById("main")) return;
    ctx.swap = "none";
    const said = answer.querySelectorAll("#main .state > :is(h2, p, .reason)");
    const words = [...said].map((one) => one.textContent.trim()).filter(Boolean).join(": ");
    const again = ctx.request.method === "GET" ? ctx.request.action : location.href;
    showFailure(words || `The server answered ${ctx.response.status}.`, again);
  });

  // A new page takes the dialogs of the old one away; closed properly, or the page stays inert.
  document.addEventListener("htmx:before:swap", (event) => {
    if (event.detail?.ctx?.target !== document.body) return;
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  });

  document.addEventListener("htmx:after:swap", () => {
    for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
    const pages = document.getElementById("pages");
    if (pages?.matches(":popover-open")) pages.hidePopover();
    if (location.pathname === pathBefore) return;
    pathBefore = location.pathname;
    showCurrent();
    scrollTo(0, 0);
    document.getElementById("main")?.focus({ preventScroll: true });
  });
  addEventListener("popstate", () => { pathBefore = location.pathname; });

  // A menu closes when one clicks elsewhere.
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
})();
