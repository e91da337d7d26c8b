/* 导入; without this file everything is typed, ticked and sent all the same.

   data-paste-table="html"   textarea: keeps the table of the clipboard, cells merged as they are, in
                             the hidden field of that name, as long as the text stays as pasted
   data-picks="id"           field that belongs to a choice: typing into it takes that choice
   data-day="id"             field of a day that belongs to a select: typing takes 指定最后一日
   data-guard                form: the browser asks before it leaves with something unsaved
*/
(() => {
  "use strict";

  const KEPT = ["colspan", "rowspan"];
  const MOST = 1_200_000;

  /* Word brings styles many times as long as the table itself: its rows and cells are enough. */
  const bare = (html) => {
    // taken out of the text already: the policy of the page holds for what is parsed, and complains
    const plain = html
      .replace(/<(style|script|xml)\b[\s\S]*?<\/\1>/gi, "")
      .replace(/\sstyle=("[^"]*"|'[^']*'|[^\s>]+)/gi, "");
    const page = new DOMParser().parseFromString(plain, "text/html");
    const tables = [...page.querySelectorAll("table")].filter((table) => !table.parentElement.closest("table"));
    for (const table of tables) {
      for (const dead of table.querySelectorAll("script, style, img, svg, object, iframe, link, meta")) dead.remove();
      for (const part of [table, ...table.querySelectorAll("*")]) {
        for (const { name } of [...part.attributes]) if (!KEPT.includes(name.toLowerCase())) part.removeAttribute(name);
      }
    }
    return tables.map((table) => table.outerHTML).join("\n");
  };

  const area = document.querySelector("[data-paste-table]");
  const hidden = area?.form.elements[area.dataset.pasteTable];
  area?.addEventListener("paste", (event) => {
    const html = event.clipboardData?.getData("text/html") ?? "";
    if (!/<table/i.test(html) || area.value.trim()) return;
    const table = bare(html);
    if (!table || table.length > MOST) return;
    // after the browser has put the text in, and its own input event is over
    setTimeout(() => {
      hidden.value = table;
      hidden.dataset.of = area.value;
    });
  });
  area?.addEventListener("input", () => {
    if (hidden.dataset.of !== undefined && area.value !== hidden.dataset.of) {
      hidden.value = "";
      delete hidden.dataset.of;
    }
  });

  document.addEventListener("input", (event) => {
    const { picks, day } = event.target.dataset ?? {};
    if (picks) document.getElementById(picks).checked = true;
    if (day && event.target.value) document.getElementById(day).value = "date";
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.id?.startsWith("kind-") || field.value !== "date") return;
    field.parentElement.querySelector("[data-day]")?.focus();
  });

  const isChanged = (field) => {
    if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
    if (field.tagName === "SELECT") {
      const first = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(first, 0);
    }
    return field.type !== "hidden" && field.type !== "file" && field.value !== field.defaultValue;
  };
  let sent = null;
  document.addEventListener("submit", (event) => { sent = event.target; });
  window.addEventListener("pageshow", () => { sent = null; });
  window.addEventListener("beforeunload", (event) => {
    const left = [...document.querySelectorAll("form[data-guard]")].some(
      (form) => form !== sent && [...form.elements].some(isChanged),
    );
    if (left) event.preventDefault();
  });
})();
