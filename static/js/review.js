/* 审核 by keyboard: J and K move between reports, 1 to 9 choose the 认定 of the one in focus, Enter
   approves it. Without this file everything is done with the list and the buttons. */
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("[data-review]")];
  const busy = (element) => element.closest("input, select, textarea, button, a, summary");

  const judge = (row, place) => {
    const list = row.querySelector("select[data-judge]");
    const option = list?.querySelector(`option[data-key="${place}"]`);
    if (!option) return;
    list.value = option.value;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };

  /* A reason is asked for where the 认定 differs from the 自评. */
  const differs = (row) => {
    const list = row.querySelector("select[data-judge]");
    return Boolean(list && list.value && list.value !== list.dataset.judge);
  };

  const mark = (row) => {
    row.classList.toggle("differs", differs(row));
    const reason = row.querySelector("[data-reason]");
    if (reason) reason.required = differs(row);
  };

  const approve = (row) => {
    const reason = row.querySelector("[data-reason]");
    if (differs(row) && reason && !reason.value.trim()) reason.focus();
    else row.querySelector("button[data-approve]")?.click();
  };

  const step = (from, by) => {
    const all = rows();
    const at = from ? all.indexOf(from) : -1;
    const next = all[Math.min(Math.max(at + by, 0), all.length - 1)];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const row = event.target.closest("[data-review]");
    if (busy(event.target)) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") step(row, key === "j" ? 1 : -1);
    else if (row && /^[1-9]$/.test(key)) judge(row, key);
    else if (row && key === "enter") approve(row);
    else return;
    event.preventDefault();
  });

  document.addEventListener("change", (event) => {
    const row = event.target.closest("[data-review]");
    if (row && "judge" in event.target.dataset) mark(row);
    if (event.target.name === "ticked") count();
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-stock]");
    if (!button) return;
    const field = document.getElementById(button.dataset.into);
    const said = field.value.trim();
    field.value = button.dataset.stock === "" ? "" : said ? `${said}；${button.dataset.stock}` : button.dataset.stock;
    field.focus();
  });

  const count = () => {
    const many = document.querySelectorAll("input[name=ticked]:checked").length;
    for (const place of document.querySelectorAll("[data-ticked]")) place.textContent = many;
  };

  rows().forEach(mark);
  count();
  /* What was turned down first; after an answer the address names the report that comes next. */
  const next = /^#r\d+$/.test(location.hash) ? `[data-review]${location.hash}` : null;
  const start = document.querySelector("[data-review].wrong") ?? (next && document.querySelector(next));
  start?.focus();
})();
