/* 一表填报: conveniences on top of a form that works without them.

   Saving    1.5 s after typing stops, when a row is left and when the page goes out of sight; every
             key stroke is kept in this browser until the server has it, per person and row.
   Excel     a block of cells pasted into a field fills the rows below, text and value; can be undone.
   Keys      Enter in a field of one line goes to the same field of the next row.
   Telling   what is missing, 与上期一字不差, the counts on the button, what colleagues wrote.
   The server says all of it again; nothing here decides whether a row may be sent. */
(() => {
  "use strict";

  const form = document.getElementById("sheet");
  if (!form) return;
  const PAUSE = 1500;
  const RETRY = 15000;
  const SETTLE = 300;
  const EXPLAINED = new Set(["behind", "difficult"]);
  const LABELS = {
    text: "本期进展", unchanged: "无新增进展的理由", value: "完成值", self_assessment: "自评",
    problems: "存在问题", next_step: "下一步措施", whole_text: "汇总进展",
  };
  const NAMED_AT_MOST = 6;
  const { save, login, person, submits } = form.dataset;
  const note = document.getElementById("saved");
  const words = (text) => (text ?? "").split(/\s+/).filter(Boolean).join("\n");
  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };
  let leaving = false;

  /* What is kept in this browser ------------------------------------------------------------- */
  const keyOf = (duty) => `fengong:sheet:${person}:${duty}`;
  const keep = (row, submitted = false) => {
    const kept = { fields: row.fields(), at: Date.now(), stamp: row.node.dataset.stamp, submitted };
    try {
      localStorage.setItem(keyOf(row.duty), JSON.stringify(kept));
      return true;
    } catch {
      return false;
    }
  };
  const kept = (duty) => {
    try {
      return JSON.parse(localStorage.getItem(keyOf(duty)));
    } catch {
      return null;
    }
  };
  const forget = (duty) => {
    try {
      localStorage.removeItem(keyOf(duty));
    } catch { /* nothing was kept either */ }
  };

  /* Rows -------------------------------------------------------------------------------------- */
  const rowOf = (node) => {
    const duty = node.dataset.duty;
    const field = (name) => node.querySelector(`[data-field="${name}"]`);
    const row = {
      node, duty, field,
      name: node.dataset.name,
      editable: !node.classList.contains("is-read"),
      linked: node.classList.contains("is-linked"),
      handedIn: ["signing", "submitted", "approved"].includes(node.dataset.state),
      wrong: {},       // what the server said, until its field is typed in again
      dirty: false,
      left: false,     // somebody was in it and went on
    };
    if (!row.editable) return row;
    row.base = JSON.parse(node.dataset.base);
    row.fields = () => {
      const same = field("same")?.checked ?? false;
      const found = {};
      for (const name of ["text", "value", "self_assessment", "problems", "next_step", "whole_text"]) {
        found[name] = field(name)?.value ?? "";
      }
      found.unchanged = same ? field("reason").value : "";
      found.falling_confirmed = field("falling_confirmed")?.checked ? "on" : "";
      return found;
    };
    return row;
  };
  const rows = [...form.querySelectorAll(".duty")].map(rowOf);
  const editable = rows.filter((row) => row.editable);
  const rowAt = (node) => rows.find((row) => row.node === node?.closest?.(".duty"));

  const number = (text) => text.normalize("NFKC").replace(/[\s,，]/g, "");
  const plain = (fields) => {
    const told = {};
    for (const [name, value] of Object.entries(fields)) told[name] = words(value);
    told.value = number(told.value);
    if (told.value && Number.isFinite(Number(told.value))) told.value = String(Number(told.value));
    told.falling_confirmed = "";
    if (told.unchanged) told.text = "";
    return told;
  };
  const alike = (one, other) => {
    const [a, b] = [plain(one), plain(other)];
    return Object.keys(a).every((name) => a[name] === (b[name] ?? ""));
  };

  const missing = (row, fields) => {
    const found = {};
    if (row.linked) return found;
    if (!fields.unchanged && !fields.text.trim()) found.text = "请填写本期进展。";
    if (fields.value.trim() && !/^\d+(\.\d+)?$/.test(number(fields.value))) {
      found.value = "完成值只填数字，单位不用写。";
    }
    if (!fields.self_assessment) found.self_assessment = "请选择自评。";
    if (EXPLAINED.has(fields.self_assessment)) {
      const said = row.field("self_assessment").selectedOptions[0].text;
      if (!fields.problems.trim()) found.problems = `自评为“${said}”时请填写存在问题。`;
      if (!fields.next_step.trim()) found.next_step = `自评为“${said}”时请填写下一步措施。`;
    }
    return found;
  };

  /* What is seen here as well is judged anew with each key; the rest stays until its field changes. */
  const unseen = (row, wrong) => {
    const seen = missing(row, row.fields());
    return Object.fromEntries(Object.entries(wrong).filter(([name]) => !(name in seen)));
  };

  const judge = (row) => {
    const fields = row.fields();
    row.changed = !alike(fields, row.base);
    row.lacks = row.changed ? { ...missing(row, fields), ...row.wrong } : {};
    row.ready = row.changed && !row.linked && !Object.keys(row.lacks).length;
    row.todo = row.linked ? Object.keys(row.lacks).length > 0 : !row.ready && (row.changed || !row.handedIn);
    return fields;
  };

  const grow = (area) => {
    if (CSS.supports("field-sizing", "content")) return;
    area.style.height = "auto";
    area.style.height = `${area.scrollHeight + 2}px`;
  };

  const stateText = (row) => {
    const cell = row.node.querySelector("[data-state]");
    row.stateAtFirst ??= [...cell.childNodes].map((child) => child.cloneNode(true));
    const lacks = Object.keys(row.lacks).length;
    if (!row.changed) {
      const first = row.node.dataset.state;
      if (["ready", "lacking"].includes(first)) cell.replaceChildren(make("span", { className: "todo", textContent: "○ 未填" }));
      else cell.replaceChildren(...row.stateAtFirst.map((child) => child.cloneNode(true)));
    } else if (row.linked && !lacks) {
      cell.replaceChildren(...row.stateAtFirst.map((child) => child.cloneNode(true)));
    } else if (lacks) {
      cell.replaceChildren(make("span", { className: "lack", textContent: `缺 ${lacks} 处` }));
    } else {
      const tick = make("i", { className: "bi bi-check2" });
      tick.setAttribute("aria-hidden", "true");
      const reported = Object.values(row.base).some(Boolean);
      cell.replaceChildren(make("span", { className: "done" }, tick, reported ? " 已改" : " 已填"));
    }
  };

  const errors = (row) => {
    for (const place of row.node.querySelectorAll("[data-err]")) {
      const name = place.dataset.err;
      const said = row.left ? row.lacks[name] ?? "" : "";
      place.textContent = said;
      place.hidden = !said;
      const field = row.field(name);
      if (said) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  };

  const show = (row) => {
    const fields = judge(row);
    const explained = !row.linked && (EXPLAINED.has(fields.self_assessment) || fields.problems.trim() || fields.next_step.trim());
    row.node.classList.toggle("is-same", Boolean(fields.unchanged));
    row.node.classList.toggle("is-explained", Boolean(explained));
    row.node.querySelector("tr.fill").classList.toggle("has-issue", Boolean(explained));
    const fold = row.node.querySelector(".issue-fold");
    if (fold && explained) fold.open = true;
    const asked = row.node.querySelector("[data-explained]");
    if (asked) {
      const said = EXPLAINED.has(fields.self_assessment) ? row.field("self_assessment").selectedOptions[0].text : "滞后或有困难";
      asked.textContent = `自评为${said}时必填`;
    }
    const falling = /数值确有减少/.test(row.lacks.value ?? "") || fields.falling_confirmed;
    row.node.classList.toggle("is-falling", Boolean(falling));
    const last = words(row.node.dataset.last);
    const repeated = !fields.unchanged && last && words(fields.text) === last;
    const told = row.node.querySelector(".repeated");
    if (told) told.hidden = !repeated;
    stateText(row);
    errors(row);
  };

  const count = () => {
    const ready = editable.filter((row) => row.ready).length;
    const todo = editable.filter((row) => row.todo);
    const counts = document.getElementById("counts");
    if (counts) counts.textContent = `（${ready} 项已填，${todo.length} 项未填）`;
    for (const place of document.querySelectorAll("[data-ready]")) place.textContent = String(ready);
    const named = [];
    for (const row of todo) {
      const names = Object.keys(LABELS).filter((name) => name in row.lacks);
      for (const name of names) named.push([row, `d${row.duty}-${name}`, ` ${LABELS[name]}`, 0]);
      if (!names.length) named.push([row, `d${row.duty}-text`, "", 1]);
    }
    named.sort((a, b) => a[3] - b[3]);
    const place = document.getElementById("lacking");
    if (!place) return;
    // drawn anew under a pressed mouse button, a link would not be clicked
    const told = JSON.stringify(named.map(([, id, label]) => [id, label]));
    if (place.dataset.told === told) return;
    place.dataset.told = told;
    place.hidden = !named.length;
    place.replaceChildren("还差：");
    named.slice(0, NAMED_AT_MOST).forEach(([row, id, label], index) => {
      if (index) place.append("、");
      place.append(make("a", { href: `#${id}`, textContent: `${row.name}${label}` }));
    });
    if (named.length > NAMED_AT_MOST) place.append(`，另有 ${named.length - NAMED_AT_MOST} 处`);
  };

  /* Saving ------------------------------------------------------------------------------------ */
  const token = () => {
    const cookie = document.cookie.split("; ").find((each) => each.startsWith("csrftoken="));
    return cookie ? cookie.slice("csrftoken=".length) : form.elements.csrfmiddlewaretoken.value;
  };
  const say = (text, tone, link) => {
    note.className = `save-note ${tone ?? ""}`;
    note.replaceChildren(text);
    if (link) note.append(" ", link);
  };
  const relogin = () => make("a", {
    href: `${login}?next=${encodeURIComponent(location.pathname + location.search)}`,
    target: "_blank", rel: "opener", textContent: "重新登录",
  });
  const failed = (row, link) => {
    const here = keep(row) ? "已记在本机" : "也没能记在本机，请先不要关闭本页";
    if (link) say(`登录已过期，未能保存，${here}；`, "bad", relogin());
    else say(`未能保存，${here}，恢复后自动补存`, "bad");
  };

  const body = (row, fields) => {
    const data = new URLSearchParams();
    const at = (name) => `d${row.duty}-${name}`;
    data.set("unit", form.elements.unit.value);
    data.set("person", person);
    for (const name of ["text", "value", "self_assessment", "problems", "next_step", "whole_text", "falling_confirmed"]) {
      data.set(at(name), fields[name]);
    }
    if (fields.unchanged) {
      data.set(at("same"), "on");
      data.set(at("reason"), fields.unchanged);
    }
    data.set(at("version"), form.elements[at("version")].value);
    data.set(at("was"), form.elements[at("was")].value);
    return data;
  };

  const others = (row, found) => {
    const place = row.node.querySelector("[data-clash]");
    const mine = row.fields();
    const boxes = found.map((other) => {
      const { fields } = other;
      const lines = [fields.text];
      if (fields.value) lines.push(`完成值 ${fields.value}`);
      if (fields.problems) lines.push(`存在问题：${fields.problems}`);
      if (fields.next_step) lines.push(`下一步措施：${fields.next_step}`);
      const theirs = make("div", {},
        make("p", { className: "clash-who", textContent: `${other.who} ${other.when}${other.handed_in ? " 报送的" : " 也写了这一项，还没有提交"}` }),
        ...lines.map((text) => make("p", { className: "said", textContent: text })));
      const own = make("div", {},
        make("p", { className: "clash-who", textContent: "您写的（仍在上面的格子里，没有丢）" }),
        make("p", { className: "said", textContent: mine.text }));
      return make("div", { className: other.handed_in ? "clash-box" : "clash-box other" },
        make("div", { className: "clash-cols" }, theirs, own));
    });
    if (!boxes.length && place.querySelector(".clash-box:not(.other)")) return;
    place.replaceChildren(...boxes);
    place.closest("tr").hidden = !boxes.length;
  };

  const accepted = (row, sent, answer) => {
    row.node.dataset.stamp = answer.stamp;
    row.wrong = unseen(row, answer.wrong);
    others(row, answer.others);
    if (JSON.stringify(row.fields()) === sent) {
      row.dirty = false;
      forget(row.duty);
    }
    show(row);
    count();
    if (!editable.some((each) => each.dirty)) {
      const tick = make("i", { className: "bi bi-check2" });
      tick.setAttribute("aria-hidden", "true");
      note.className = "save-note";
      note.replaceChildren(tick, ` 已自动保存 ${answer.saved}`);
    }
  };

  let again = 0;
  const later = () => {
    clearTimeout(again);
    again = setTimeout(flush, RETRY);
  };
  const send = async (row, keepalive) => {
    const fields = row.fields();
    const sent = JSON.stringify(fields);
    let response;
    try {
      response = await fetch(save, {
        method: "POST", body: body(row, fields), keepalive, redirect: "manual",
        credentials: "same-origin", headers: { "X-CSRFToken": token(), Accept: "application/json" },
      });
    } catch {
      if (!leaving) failed(row);
      later();
      return false;
    }
    const isJson = (response.headers.get("Content-Type") ?? "").includes("json");
    if (response.ok && isJson) {
      accepted(row, sent, await response.json());
      return true;
    }
    if (isJson) {
      const answer = await response.json();
      keep(row);
      row.stuck = sent;
      say(`${row.name}没有保存：${answer.reason} 已记在本机。`, "bad");
      return true;
    }
    failed(row, response.type === "opaqueredirect" || response.status === 403);
    later();
    return false;
  };

  let sending = null;
  const flush = () => {
    clearTimeout(timer);
    sending ??= (async () => {
      for (const row of editable) {
        if (leaving) break;
        if (row.dirty && row.stuck !== JSON.stringify(row.fields()) && !(await send(row, false))) break;
      }
      sending = null;
      if (!leaving && editable.some((row) => row.dirty && row.stuck !== JSON.stringify(row.fields()))) schedule();
    })();
    return sending;
  };
  let timer = 0;
  const schedule = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, PAUSE);
  };
  const touch = (row, name) => {
    delete row.wrong[name === "falling_confirmed" ? "value" : name === "reason" || name === "same" ? "unchanged" : name];
    if (name === "same") delete row.wrong.text;
    row.dirty = true;
    if (!keep(row)) say("本机记不下来，请等“已自动保存”出现再关闭本页", "bad");
    show(row);
    count();
    schedule();
  };

  form.addEventListener("input", (event) => {
    const row = rowAt(event.target);
    const name = event.target.dataset.field;
    if (!row?.editable || !name) return;
    if (event.target.tagName === "TEXTAREA") grow(event.target);
    touch(row, name);
  });
  form.addEventListener("change", (event) => {
    const row = rowAt(event.target);
    if (row?.editable && event.target.dataset.field === "same" && !event.target.checked) row.field("text").focus();
  });
  form.addEventListener("focusout", (event) => {
    const row = rowAt(event.target);
    if (!row?.editable) return;
    if (!row.node.contains(event.relatedTarget)) {
      row.left ||= row.changed;
      // not before the click that left the row has arrived: rows below must not move under it
      setTimeout(() => { show(row); count(); }, SETTLE);
    }
    if (row.dirty && !leaving) flush();
  });
  const hurry = () => {
    if (leaving) return;
    for (const row of editable) if (row.dirty) send(row, true);
  };
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") hurry();
    else if (editable.some((row) => row.dirty)) flush();
  });
  window.addEventListener("online", flush);
  window.addEventListener("focus", () => { if (editable.some((row) => row.dirty)) flush(); });

  form.addEventListener("submit", () => {
    leaving = true;
    clearTimeout(timer);
    clearTimeout(again);
    form.elements.csrfmiddlewaretoken.value = token();
    for (const row of editable) {
      if (row.dirty) keep(row, true);
      const file = row.node.querySelector("input[type=file]");
      if (file && !file.files.length) file.disabled = true;
    }
  });
  window.addEventListener("pageshow", (event) => {
    leaving = false;
    for (const file of form.querySelectorAll("input[type=file]")) file.disabled = false;
    if (event.persisted) location.reload();
  });

  /* What an earlier visit could not save ------------------------------------------------------- */
  const fill = (row, fields) => {
    for (const name of ["text", "value", "self_assessment", "problems", "next_step", "whole_text"]) {
      const field = row.field(name);
      if (field && fields[name] !== undefined) field.value = fields[name];
      if (field?.tagName === "TEXTAREA") grow(field);
    }
    if (row.field("same")) {
      row.field("same").checked = Boolean(fields.unchanged);
      if (fields.unchanged) row.field("reason").value = fields.unchanged;
    }
    if (row.field("falling_confirmed")) row.field("falling_confirmed").checked = fields.falling_confirmed === "on";
  };
  const clock = (at) => {
    const day = new Date(at);
    const two = (part) => String(part).padStart(2, "0");
    return `${two(day.getMonth() + 1)}-${two(day.getDate())} ${two(day.getHours())}:${two(day.getMinutes())}`;
  };
  const offer = (row) => {
    const copy = kept(row.duty);
    if (!copy) return;
    const reached = copy.submitted && copy.stamp !== row.node.dataset.stamp;
    if (reached || (row.editable && alike(copy.fields, row.fields()))) {
      forget(row.duty);
      return;
    }
    const box = make("div", { className: "restore" });
    const shown = Object.entries(LABELS)
      .filter(([name]) => name !== "self_assessment" && name !== "unchanged" && copy.fields[name])
      .map(([name, label]) => make("p", { className: "said", textContent: `${label}：${copy.fields[name]}` }));
    const drop = make("button", { type: "button", className: "btn btn-line btn-low", textContent: "不要了" });
    drop.addEventListener("click", () => { forget(row.duty); box.remove(); });
    const acts = make("p", { className: "acts" }, drop);
    if (row.editable) {
      const take = make("button", { type: "button", className: "btn btn-line btn-low", textContent: "恢复" });
      take.addEventListener("click", () => {
        fill(row, copy.fields);
        box.remove();
        touch(row, "text");
        row.field("text")?.focus();
      });
      acts.prepend(take);
    }
    box.append(make("p", { className: "clash-who", textContent: `本机记有 ${clock(copy.at)} 写的、没有存上的内容：` }), ...shown, acts);
    row.node.querySelector(".c-text").append(box);
  };

  /* Excel --------------------------------------------------------------------------------------- */
  const cellsOf = (text) => {
    const table = [];
    let line = [];
    let cell = "";
    let quoted = false;
    for (let at = 0; at < text.length; at += 1) {
      const sign = text[at];
      if (quoted) {
        if (sign !== '"') cell += sign;
        else if (text[at + 1] === '"') { cell += '"'; at += 1; } else quoted = false;
      } else if (sign === '"' && cell === "") quoted = true;
      else if (sign === "\t") { line.push(cell); cell = ""; }
      else if (sign === "\n" || sign === "\r") {
        if (sign === "\r" && text[at + 1] === "\n") at += 1;
        table.push([...line, cell]);
        line = [];
        cell = "";
      } else cell += sign;
    }
    if (cell !== "" || line.length) table.push([...line, cell]);
    return table;
  };
  /* Word and 记事本 put line breaks on the clipboard too: only cells are spread over rows. */
  const block = (data) => {
    const text = data.getData("text/plain");
    const html = data.getData("text/html");
    if (html ? !/<t(able|d)\b/i.test(html) : !text.includes("\t")) return null;
    const table = cellsOf(text);
    return table.length ? table : null;
  };
  const bar = (text, undo) => {
    document.getElementById("pasted")?.remove();
    const button = make("button", { type: "button", className: "btn btn-line btn-low", textContent: "撤销" });
    const line = make("div", { className: "msg msg-ok pasted", id: "pasted" }, make("p", { textContent: text }), button);
    line.setAttribute("role", "status");
    button.addEventListener("click", () => { undo(); line.remove(); });
    form.querySelector(".sheet-foot").prepend(line);
  };
  const put = (row, name, text) => {
    const field = row.editable && !row.linked ? row.field(name) : null;
    if (!field) return false;
    if (field.tagName === "SELECT") {
      const option = [...field.options].find((each) => each.text === text.trim());
      if (!option) return false;
      field.value = option.value;
    } else field.value = name === "value" ? text.trim() : text;
    if (name === "text" && row.field("same")) row.field("same").checked = false;
    return true;
  };
  const ORDER = ["text", "value", "self_assessment", "problems", "next_step"];
  const spread = (start, name, table) => {
    const columns = name === "text" || name === "value" ? ORDER.slice(ORDER.indexOf(name)) : [name];
    const before = [];
    let filled = 0;
    let skipped = 0;
    const from = rows.indexOf(start);
    table.forEach((line, index) => {
      const row = rows[from + index];
      if (!row) {
        skipped += line.some((cell) => cell.trim()) ? 1 : 0;
        return;
      }
      const was = row.editable ? row.fields() : null;
      const done = line.slice(0, columns.length).filter((cell, at) => cell.trim() && put(row, columns[at], cell));
      if (done.length) {
        before.push([row, was]);
        filled += 1;
        row.left = true;
        for (const area of row.node.querySelectorAll("textarea")) grow(area);
        columns.forEach((column) => touch(row, column));
      } else if (line.some((cell) => cell.trim())) skipped += 1;
    });
    const more = skipped ? `，另有 ${skipped} 行没有可填的地方` : "";
    bar(`已填入 ${filled} 项${more}。请核对各项是否对应。`, () => {
      for (const [row, was] of before) {
        fill(row, was);
        columns.forEach((column) => touch(row, column));
      }
    });
  };
  form.addEventListener("paste", (event) => {
    const row = rowAt(event.target);
    const name = event.target.dataset?.field;
    if (!row?.editable || !["text", "value", "problems", "next_step", "whole_text"].includes(name)) return;
    const table = block(event.clipboardData);
    if (!table) return;
    event.preventDefault();
    if (table.length === 1 && table[0].length === 1) {
      event.target.setRangeText(table[0][0], event.target.selectionStart, event.target.selectionEnd, "end");
      grow(event.target);
      touch(row, name);
      return;
    }
    spread(row, name, table);
  });

  /* Keys ---------------------------------------------------------------------------------------- */
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.altKey || event.metaKey) return;
    const { target } = event;
    const name = target.dataset?.field;
    const row = rowAt(target);
    if (!row?.editable || !name) return;
    if (target.tagName === "TEXTAREA" && !event.ctrlKey) return;
    event.preventDefault();
    const step = event.shiftKey ? -1 : 1;
    for (let at = rows.indexOf(row) + step; rows[at]; at += step) {
      const next = rows[at].editable ? rows[at].field(name) : null;
      if (next && next.offsetParent) {
        next.focus();
        if (next.select) next.select();
        return;
      }
    }
    if (step > 0) document.getElementById("submit")?.focus();
  });

  form.addEventListener("click", (event) => {
    const link = event.target.closest("#lacking a");
    if (link) {
      const field = document.getElementById(link.hash.slice(1));
      const row = rowAt(field);
      if (row && !field.offsetParent) row.field("same")?.focus();
      else field?.focus();
      return;
    }
    const pull = event.target.closest("[data-pull]");
    if (!pull) return;
    const row = rowAt(pull);
    const area = row.field("whole_text");
    const { text, unchanged } = row.fields();
    const mine = unchanged ? row.node.dataset.last : text;
    const parts = [mine.trim() && `${pull.dataset.unit}：${mine.trim()}`, pull.dataset.parts];
    area.value = [area.value.trim(), ...parts].filter(Boolean).join("\n");
    grow(area);
    touch(row, "whole_text");
    area.focus();
  });

  for (const row of editable) {
    row.left = row.node.dataset.state === "lacking";
    // what the server said stands on the page already
    const said = [...row.node.querySelectorAll("[data-err]:not([hidden])")];
    row.wrong = unseen(row, Object.fromEntries(said.map((place) => [place.dataset.err, place.textContent])));
    show(row);
    for (const area of row.node.querySelectorAll("textarea")) grow(area);
  }
  for (const row of rows) offer(row);
  count();
})();
