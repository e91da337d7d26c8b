/* 统稿; without this file the names are typed and everything is sent all the same.

   data-name="任务总数"   button: writes {任务总数} where somebody was writing last
   data-takes-names      textarea that takes them
   data-guard            form: the browser asks before it leaves with something unsaved
*/
(() => {
  "use strict";

  let last = null;
  document.addEventListener("focusin", (event) => {
    if ("takesNames" in event.target.dataset) last = event.target;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-name]");
    if (!button) return;
    const field = last?.isConnected ? last : document.querySelector("[data-takes-names]");
    if (!field) return;
    field.focus();
    field.setRangeText(`{${button.dataset.name}}`, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const isChanged = (field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
  /* what was turned down stands in the field as it was typed, and is not saved */
  const isLeft = (form) =>
    form.matches(".wrong") || form.querySelector(".wrong") !== null ||
    [...form.querySelectorAll("textarea, [type=checkbox]")].some(isChanged);

  let sent = null;
  document.addEventListener("submit", (event) => { sent = event.target; });
  window.addEventListener("pageshow", () => { sent = null; });
  window.addEventListener("beforeunload", (event) => {
    const left = [...document.querySelectorAll("form[data-guard]")].some((form) => form !== sent && isLeft(form));
    if (left) event.preventDefault();
  });
})();
