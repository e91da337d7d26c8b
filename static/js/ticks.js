/* data-tick="name" on a button: ticks all boxes of that name, or none where all are ticked. */
(() => {
  "use strict";

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick]");
    if (!button) return;
    const boxes = [...document.querySelectorAll(`input[type=checkbox][name="${button.dataset.tick}"]:not(:disabled)`)];
    const wanted = !boxes.every((box) => box.checked);
    for (const box of boxes) {
      if (box.checked === wanted) continue;
      box.checked = wanted;
      box.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });
})();
