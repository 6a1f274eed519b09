// The meaning of a term: opens after a moment of hovering or at keyboard focus, closes when left.
// Without this file a click, tap or Enter opens it, since it is a popover with its own button.
(() => {
  const WAIT = 350;
  const GAP = 6;
  let timer = 0;
  let held = null;

  const tipOf = (button) => document.getElementById(button.getAttribute("popovertarget") ?? "");
  const isOpen = (tip) => tip.matches(":popover-open");

  // Where CSS places a popover by the button that opened it, nothing is reckoned here.
  const placed = CSS.supports("position-area: bottom");

  function place(button, tip) {
    if (placed) return;
    const at = button.getBoundingClientRect();
    const width = tip.offsetWidth;
    const height = tip.offsetHeight;
    const left = Math.max(GAP, Math.min(at.left, innerWidth - width - GAP));
    const below = at.bottom + GAP + height <= innerHeight || at.top < height + GAP;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? at.bottom + GAP : at.top - GAP - height}px`;
  }

  function open(button) {
    const tip = tipOf(button);
    if (!tip || isOpen(tip)) return;
    tip.showPopover({ source: button });
    place(button, tip);
    held = button;
  }

  function closeSoon(button) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const tip = tipOf(button);
      // Somebody who reaches for the link inside, or clicked to keep it, still reads.
      if (!tip || !isOpen(tip) || tip.matches(":hover, :focus-within") || held !== button) return;
      tip.hidePopover();
    }, 200);
  }

  const termOf = (event) => event.target.closest?.("button.term");

  document.addEventListener("pointerover", (event) => {
    const button = termOf(event);
    if (!button || event.pointerType === "touch") return;
    clearTimeout(timer);
    timer = setTimeout(() => open(button), WAIT);
  });
  document.addEventListener("pointerout", (event) => {
    const button = termOf(event);
    if (button && event.pointerType !== "touch") closeSoon(button);
  });
  document.addEventListener("focusin", (event) => {
    const button = termOf(event);
    if (button?.matches(":focus-visible")) open(button);
  });
  document.addEventListener("focusout", (event) => {
    const button = termOf(event);
    if (button) closeSoon(button);
  });
  // A click toggles by itself; where it has just been opened by hovering, it stays.
  document.addEventListener(
    "click",
    (event) => {
      const button = termOf(event);
      const tip = button && tipOf(button);
      if (tip && isOpen(tip) && held === button) event.preventDefault();
    },
    true,
  );
  document.addEventListener(
    "toggle",
    (event) => {
      const tip = event.target;
      if (!tip.classList?.contains("term-tip")) return;
      if (event.newState === "closed") {
        held = null;
        return;
      }
      const button =
        held ??
        document.activeElement?.closest?.(`[popovertarget="${tip.id}"]`) ??
        document.querySelector(`[popovertarget="${tip.id}"]`);
      if (button) place(button, tip);
    },
    true,
  );
  addEventListener("scroll", () => held && tipOf(held)?.hidePopover(), { passive: true });
})();
