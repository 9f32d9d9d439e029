// A form that saves itself, grows lines, finds codes. Every act works without this file.
(() => {
  "use strict";
  const form = document.querySelector("[data-entry]");
  if (!form) return;
  document.documentElement.classList.add("scripted");
  const byId = (id) => document.getElementById(id);
  const status = () => byId("entry-status");
  const PAUSE = 2500;
  const RETRY = [4000, 8000, 15000, 30000];
  let touched = new Set();
  let dirty = false;
  let busy = false;
  let timer = 0;
  let failures = 0;

  const tell = (words, kind) => {
    const place = status();
    if (!place || !words) return;
    place.textContent = words;
    place.className = `saved ${kind || "muted"}`;
  };

  // ---- what the server drew becomes what is shown; focus and typed text stay ----------------

  const keyOf = (node) => (node.nodeType === 1 ? node.dataset.block || node.id || "" : "");

  const settle = (control, fresh) => {
    if (control.type === "file") return;
    if (control === document.activeElement || touched.has(control.name)) return;
    if (control.type === "checkbox" || control.type === "radio") control.checked = fresh.checked;
    else if (control.value !== fresh.value) control.value = fresh.value;
  };

  const attributes = (node, fresh) => {
    for (const { name, value } of fresh.attributes) {
      if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
    for (const { name } of [...node.attributes]) {
      if (!fresh.hasAttribute(name)) node.removeAttribute(name);
    }
  };

  // What stands beside a field that searches tells of its words: they are taken over together.
  const besideActive = (node) => node.matches("[data-was], [data-token]")
    && !!node.closest("[data-choose]")?.contains(document.activeElement);

  const merge = (node, fresh) => {
    if (node.matches(".listbox")) return;
    const control = node.matches("input, textarea, select");
    if (control && (node === document.activeElement || besideActive(node))) return;
    attributes(node, fresh);
    if (node.matches("textarea")) { settle(node, fresh); return; }
    const wanted = new Set([...fresh.childNodes].map(keyOf).filter(Boolean));
    const held = new Map([...node.childNodes].filter(keyOf).map((each) => [keyOf(each), each]));
    let at = node.firstChild;
    const passed = (each) => {
      const key = keyOf(each);
      return key ? !wanted.has(key) : true;
    };
    for (const child of [...fresh.childNodes]) {
      const key = keyOf(child);
      let match = key ? held.get(key) : null;
      if (key && match) {
        while (at && at !== match && passed(at)) { const next = at.nextSibling; at.remove(); at = next; }
      } else if (!key && at && !keyOf(at) && at.nodeName === child.nodeName) match = at;
      if (!match) { node.insertBefore(child, at); continue; }
      if (match === at) at = at.nextSibling;
      else node.insertBefore(match, at);
      if (match.nodeType === 1) merge(match, child);
      else if (match.data !== child.data) match.data = child.data;
    }
    while (at) { const next = at.nextSibling; at.remove(); at = next; }
    if (control) settle(node, fresh);
  };

  const take = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-entry]");
    if (!fresh) return false;
    const seen = status() && status().textContent;
    merge(form, fresh);
    if (dirty && seen) tell(seen);
    return true;
  };

  // ---- saving ------------------------------------------------------------------------------

  const body = (act) => {
    const data = new FormData(form);
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    data.set("act", act);
    return data;
  };

  const token = async () => {
    // Signing in again gives a new token against forgery; the open page takes it over.
    const answer = await fetch(location.pathname, { headers: { "X-Lanh-Part": "1" } });
    if (answer.redirected || !answer.ok) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[name=csrfmiddlewaretoken]");
    if (!fresh) return false;
    for (const each of document.querySelectorAll("[name=csrfmiddlewaretoken]")) each.value = fresh.value;
    return true;
  };

  const later = () => {
    const wait = RETRY[Math.min(failures, RETRY.length - 1)];
    failures += 1;
    clearTimeout(timer);
    timer = setTimeout(() => save("save"), wait);
  };

  const save = async (act, data, again) => {
    // The page that shows all answers once more has taken the form's place.
    if (!form.isConnected) return false;
    if (busy && act === "save") { schedule(400); return false; }
    // What was pressed while the form was being saved is done after it, never dropped.
    while (busy) await new Promise((done) => setTimeout(done, 50));
    busy = true;
    clearTimeout(timer);
    touched = new Set();
    const sent = data instanceof Function ? data() : data || body(act);
    tell(form.dataset.saySaving);
    try {
      const answer = await fetch(form.dataset.save, {
        method: "POST", body: sent, headers: { "X-Lanh-Part": "1" },
      });
      if (answer.status === 403 && !again && (await token())) {
        busy = false;
        sent.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
        return await save(act, sent, true);
      }
      if (answer.status === 401 || answer.status === 403 || answer.redirected) {
        tell(form.dataset.sayExpired, "failed");
        return false;
      }
      if (answer.status === 410) { dirty = false; tell(form.dataset.sayGone, "failed"); return false; }
      if (answer.status >= 500) throw new Error("not kept");
      dirty = touched.size > 0;
      failures = 0;
      if (!take(await answer.text())) throw new Error("not a form");
      if (answer.status === 409) { dirty = true; tell(form.dataset.sayElsewhere, "failed"); return false; }
      if (dirty) schedule(PAUSE);
      return answer.ok;
    } catch (fault) {
      dirty = true;
      tell(form.dataset.sayWaiting, "waiting");
      later();
      return false;
    } finally {
      busy = false;
    }
  };

  const schedule = (wait) => {
    clearTimeout(timer);
    timer = setTimeout(() => save("save"), wait);
  };

  form.addEventListener("input", (event) => {
    if (!event.target.name || event.target.type === "file") return;
    touched.add(event.target.name);
    dirty = true;
    schedule(PAUSE);
  });
  form.addEventListener("change", (event) => {
    const target = event.target;
    if (target.dataset.file && target.files.length) {
      const file = target.files[0];
      const data = () => {
        const made = body(`attach:${target.dataset.file}`);
        made.set(target.name, file);
        return made;
      };
      save("attach", data).then((done) => {
        if (!done) return;
        const kept = byId(`f-${target.dataset.file}`);
        if (kept) kept.focus();
      });
    } else if (!target.matches("[role=combobox]")) schedule(60);
  });
  window.addEventListener("online", () => { if (dirty) save("save"); });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  // ---- buttons: lines are added and removed in place, sending is told plainly ---------------

  const first = (name) => {
    const place = byId(`f-${name}`);
    if (place) return place;
    const block = form.querySelector(`[data-block="${CSS.escape(name)}"]`);
    return block && block.querySelector("input:not([type=hidden]), select, textarea, button");
  };

  const acted = async (act) => {
    const on = act.slice(act.indexOf(":") + 1);
    if (!(await save(act))) return;
    if (byId("entry-judged")) schedule(PAUSE);
    const place = act.startsWith("remove:")
      ? form.querySelector(`button[value^="add:${CSS.escape(on.replace(/:\d+$/, ":"))}"]`)
        || form.querySelector(`button[value^="more:${CSS.escape(on.replace(/:\d+$/, ":"))}"]`)
      : first(on);
    if (place) place.focus();
  };

  const shown = (page) => {
    document.title = page.title;
    byId("main").replaceWith(page.getElementById("main"));
    location.hash = "";
    const faults = byId("faults") || byId("f-warnings");
    if (faults) faults.focus();
  };

  const send = async (act) => {
    clearTimeout(timer);
    while (busy) await new Promise((done) => setTimeout(done, 100));
    clearTimeout(timer);
    busy = true;
    tell(form.dataset.saySending);
    try {
      const answer = await fetch(form.action, { method: "POST", body: body(act) });
      const text = await answer.text();
      if (answer.redirected) { dirty = false; location.assign(answer.url); return; }
      const page = new DOMParser().parseFromString(text, "text/html");
      if (answer.status >= 500 || !page.getElementById("main")) throw new Error("not taken");
      const fresh = page.querySelector("[data-entry]");
      dirty = false;
      if (fresh) {
        touched = new Set();
        document.title = page.title;
        merge(form, fresh);
        const faults = byId("faults") || byId("f-warnings");
        if (faults) { faults.focus(); faults.scrollIntoView({ block: "start" }); }
      } else shown(page);
    } catch (fault) {
      dirty = true;
      tell(form.dataset.sayUnsent, "failed");
    } finally {
      busy = false;
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const pressed = event.submitter;
    const main = form.querySelector(".entry-bar .primary");
    const act = pressed ? pressed.value : main.value;
    if (act === "send" || act === "check") send(act);
    else if (act === "save") save(act);
    else acted(act);
  });

  // ---- finding codes ----------------------------------------------------------------------

  let asked = 0;
  let wait = 0;
  const parts = (input) => {
    const box = input.closest("[data-choose]");
    return { box, list: box.querySelector(".listbox"), told: box.querySelector("[data-told]"),
      held: box.querySelector("[data-token]"), was: box.querySelector("[data-was]") };
  };
  const close = (input) => {
    const { list } = parts(input);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (input, item) => {
    const { list } = parts(input);
    for (const each of list.children) each.setAttribute("aria-selected", String(each === item));
    if (!item) { input.removeAttribute("aria-activedescendant"); return; }
    input.setAttribute("aria-activedescendant", item.id);
    item.scrollIntoView({ block: "nearest" });
  };
  const pick = (input, item) => {
    const { held, was } = parts(input);
    held.value = item.dataset.token;
    input.value = item.dataset.words;
    was.value = input.value;
    close(input);
    touched.add(input.name);
    dirty = true;
    schedule(60);
  };
  const part = (name, words, kind) => {
    const made = document.createElement(name);
    made.textContent = words;
    if (kind) made.className = kind;
    return made;
  };
  let eager = null;
  const offer = (input, rows, text) => {
    const { box, list, told } = parts(input);
    list.replaceChildren();
    list.dataset.of = text;
    rows.forEach((row, place) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${place}`;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      item.dataset.token = row.token;
      item.dataset.words = `${row.code} ${row.words}`.trim();
      const why = row.why === "favourite" ? box.dataset.whyFavourite
        : row.why === "recent" ? box.dataset.whyRecent : "";
      item.append(part("b", row.code), part("span", row.words), part("span", why, "why"));
      item.addEventListener("mousedown", (event) => { event.preventDefault(); pick(input, item); });
      list.append(item);
    });
    told.textContent = rows.length ? box.dataset.count.replace("#", rows.length) : box.dataset.none;
    list.hidden = !rows.length;
    input.setAttribute("aria-expanded", String(rows.length > 0));
    if (rows.length && text) mark(input, list.firstElementChild);
    // Who types fast presses Enter before the list is there: its first line is meant.
    if (eager === input && rows.length) pick(input, list.firstElementChild);
    eager = null;
  };
  const look = async (input) => {
    const turn = ++asked;
    const name = parts(input).box.dataset.choose;
    const text = input.value.trim();
    // What is typed may be somebody's name: it goes in the body, never in an address.
    const data = new URLSearchParams({ name, text, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    try {
      const answer = await fetch(form.dataset.suggest, { method: "POST", body: data, headers: { "X-Lanh-Part": "1" } });
      if (turn !== asked || !answer.ok || document.activeElement !== input) return;
      offer(input, (await answer.json()).rows, text);
    } catch (fault) { close(input); }
  };
  const combo = (target) => target instanceof Element && target.matches("[data-choose] [role=combobox]");

  form.addEventListener("input", (event) => {
    if (!combo(event.target)) return;
    clearTimeout(wait);
    wait = setTimeout(() => look(event.target), 160);
  });
  form.addEventListener("focusin", (event) => {
    if (combo(event.target) && !event.target.value) look(event.target);
  });
  form.addEventListener("focusout", (event) => { if (combo(event.target)) { asked += 1; close(event.target); } });
  form.addEventListener("keydown", (event) => {
    const target = event.target;
    if (combo(target)) {
      const { list } = parts(target);
      const items = [...list.children];
      const here = items.findIndex((each) => each.getAttribute("aria-selected") === "true");
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) { look(target); return; }
        const step = event.key === "ArrowDown" ? 1 : -1;
        mark(target, items[(here + step + items.length) % items.length]);
      } else if (event.key === "Enter" && !event.ctrlKey) {
        event.preventDefault();
        const text = target.value.trim();
        if (!list.hidden && here >= 0 && list.dataset.of === text) pick(target, items[here]);
        else if (text && text !== parts(target).was.value) {
          eager = target;
          clearTimeout(wait);
          look(target);
        }
      } else if (event.key === "Escape" && !list.hidden) {
        event.stopPropagation();
        close(target);
      }
      return;
    }
    if (event.key !== "Enter" || event.ctrlKey || !target.matches("input, select")) return;
    // Enter goes on: to the same column of the next line in a table, else it only saves.
    event.preventDefault();
    const cell = target.closest("[data-grid] td");
    if (!cell) { schedule(60); return; }
    const line = event.shiftKey ? cell.parentElement.previousElementSibling : cell.parentElement.nextElementSibling;
    const next = line && line.children[cell.cellIndex];
    const control = next && next.querySelector("input, select");
    if (control) { control.focus(); if (control.select) control.select(); }
    else schedule(60);
  });
})();
