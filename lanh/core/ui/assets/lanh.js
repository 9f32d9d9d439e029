// Keys, and nothing that a page needs: every page works without this file.
(() => {
  "use strict";
  const at = (selector) => document.querySelector(selector);
  const typing = (target) =>
    target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  let go = false;
  let row = -1;

  const move = (step) => {
    const rows = [...document.querySelectorAll("[data-rows] tbody tr, [data-rows] > li")];
    if (!rows.length) return;
    row = Math.max(0, Math.min(rows.length - 1, row + step));
    const link = rows[row].querySelector("a, button");
    rows.forEach((item, place) => item.classList.toggle("here", place === row));
    (link || rows[row]).focus();
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey && event.key === "Enter") {
      const form = event.target.closest("form");
      if (form) form.requestSubmit();
      return;
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = {
      "/": () => at("[data-key-search]"),
      "?": () => at("#keys"),
    };
    const press = go ? null : at(`[data-press="${CSS.escape(event.key)}"]`);
    if (press) {
      event.preventDefault();
      press.click();
      if (press.type === "radio") press.focus();
    } else if (go) {
      go = false;
      const link = at(`[data-key="${CSS.escape(event.key)}"]`);
      if (link) link.click();
    } else if (event.key === "g") {
      go = true;
      setTimeout(() => { go = false; }, 1200);
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (keys[event.key]) {
      const found = keys[event.key]();
      if (!found) return;
      event.preventDefault();
      if (found.showModal) found.showModal();
      else { found.focus(); found.select(); }
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
  });

  for (const open of document.querySelectorAll("[data-opens]")) {
    open.hidden = false;
    open.addEventListener("click", () => at(`#${open.dataset.opens}`).showModal());
  }

  const faults = at("#faults");
  if (faults) faults.focus();
})();
