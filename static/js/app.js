/* Conveniences only: every page can be read and every form sent without this file.

   data-print            button: opens the print window
   data-copy="text"      button: copies the text; data-copy="#id" copies what that element shows
   data-autosubmit       select: sends its form as soon as it is changed
   data-compact          GET form: leaves empty fields out of the address
   data-many             POST form that may be sent again at once (downloads); all others only once
   .drop                 file field: names the file chosen (templates/django/forms/widgets/file.html)
   data-fill-username    sample mode: puts an account into the log-in form
   data-nav              navigation that scrolls sideways on a telephone: brings the current page into sight
*/
(() => {
  "use strict";

  document.documentElement.classList.add("js");

  const say = (text, tone) => {
    const line = document.createElement("div");
    line.className = `msg msg-${tone}`;
    line.append(Object.assign(document.createElement("p"), { textContent: text }));
    document.getElementById("alerts")?.replaceChildren(line);
  };

  /* navigator.clipboard exists on https and localhost only; many intranets serve plain http. */
  const copy = async (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      await navigator.clipboard.writeText(text);
      return true;
    }
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  };

  const copied = async (button) => {
    const wanted = button.dataset.copy;
    const text = wanted.startsWith("#") ? document.querySelector(wanted).innerText : wanted;
    const done = await copy(text).catch(() => false);
    const before = button.dataset.label ?? button.textContent;
    button.dataset.label = before;
    button.textContent = done ? "已复制" : "没有复制成功，请手工选取";
    setTimeout(() => { button.textContent = before; }, 2000);
  };

  const fill = (button) => {
    const { fillUsername, fillPassword } = button.dataset;
    document.querySelector("input[name=username]").value = fillUsername;
    document.querySelector("input[name=password]").value = fillPassword;
    document.querySelector("form[data-login] [type=submit]").focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-copy], [data-fill-username]");
    if (!button) return;
    if ("print" in button.dataset) window.print();
    else if ("copy" in button.dataset) copied(button);
    else fill(button);
  });

  document.addEventListener("change", (event) => {
    const field = event.target;
    if ("autosubmit" in field.dataset) field.form.requestSubmit();
    if (field.type === "file") {
      const face = field.closest(".drop")?.querySelector(".drop-face");
      if (!face) return;
      face.dataset.empty ??= face.innerHTML;
      const names = [...field.files].map((file) => file.name).join("、");
      face.classList.toggle("chosen", Boolean(names));
      if (names) face.textContent = names;
      else face.innerHTML = face.dataset.empty;
    }
  });

  document.addEventListener("formdata", (event) => {
    if (!("compact" in event.target.dataset)) return;
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });

  /* A second click on a slow evening must not send a second time. htmx forms see to it themselves. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post" || "many" in form.dataset) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    event.submitter?.setAttribute("aria-disabled", "true");
    document.getElementById("loading")?.classList.add("htmx-request");
  });
  window.addEventListener("pageshow", () => {
    document.getElementById("loading")?.classList.remove("htmx-request");
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    }
  });

  /* An answer without the wanted part is another page (logged out, not found, database away): the
     browser goes there itself, so that nobody is left with an empty list or a dead button. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target, requestConfig, pathInfo } = event.detail;
    const page = /^\s*<!doctype html/i.test(xhr.responseText);
    const has = target.id && xhr.responseText.includes(`id="${target.id}"`);
    if (xhr.status < 400 && (has || !page)) return;
    if (xhr.status === 422) return;
    event.detail.shouldSwap = false;
    if (requestConfig.verb === "get") window.location.assign(pathInfo.finalRequestPath);
    else say("这次操作没有成功，请刷新页面后再试。", "err");
  });
  document.addEventListener("htmx:sendError", () => say("连不上服务器，刚才的操作没有完成，请稍后再试。", "err"));

  const strip = document.querySelector("[data-nav]");
  const here = strip?.querySelector("[aria-current]");
  if (here) strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
})();
