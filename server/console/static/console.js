// Keys, dialogs and small conveniences of every page. Every page works without this file.
"use strict";

(function () {
  const each = (selector, act, root) => (root || document).querySelectorAll(selector).forEach(act);
  const isTyping = (target) => target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]");

  // Lines that j and k move over: those of the page, in order, that can be seen.
  const lines = () => [...document.querySelectorAll("[data-rows] [data-row]")].filter((line) => line.offsetParent !== null);
  const chosen = () => document.querySelector("[data-row].is-chosen");

  function choose(line) {
    each("[data-row].is-chosen", (other) => other.classList.remove("is-chosen"));
    if (!line) return;
    line.classList.add("is-chosen");
    line.scrollIntoView({ block: "nearest" });
    if (line.tabIndex === -1 && line.id) line.focus({ preventScroll: true });
  }

  function move(step) {
    const all = lines();
    if (!all.length) return;
    const at = all.indexOf(chosen());
    choose(all[Math.max(0, Math.min(all.length - 1, at + step))]);
  }

  function openChosen() {
    const line = chosen();
    const link = line && line.querySelector("a[href]");
    if (link) link.click();
  }

  function decideChosen(value) {
    const line = chosen();
    const details = line && line.querySelector("details.decide");
    if (!details) return;
    details.open = true;
    const note = details.querySelector("[name=note]");
    const button = details.querySelector(`button[value=${value}]`);
    if (note.required && note.value.trim().length < note.minLength) {
      note.dataset.then = value;
      note.focus();
    } else {
      button.focus();
    }
  }

  function toProposal() {
    const bar = document.getElementById("proposal");
    const field = bar && (bar.querySelector("input[type=radio]:checked, input[type=radio]") || bar.querySelector("textarea"));
    if (field) field.focus();
  }

  function showDialog(id) {
    const dialog = document.getElementById(id);
    if (dialog && !dialog.open) dialog.showModal();
  }

  const keys = {
    j: () => move(1),
    k: () => move(-1),
    Enter: openChosen,
    y: () => decideChosen("confirmed"),
    x: () => decideChosen("dismissed"),
    e: toProposal,
    "?": () => showDialog("keys"),
    "/": () => {
      const box = document.querySelector("[data-search]");
      if (box) box.focus();
    },
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && isTyping(event.target)) return event.target.blur();
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.closest("a, button, summary, input")) return;
    const link = /^[a-z]$/.test(event.key) && document.querySelector(`a[data-key="${event.key}"]`);
    const act = link ? () => link.click() : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) showDialog(opener.dataset.dialog);
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    if (event.target.closest("[data-print]")) window.print();
    const adder = event.target.closest("[data-add-field]");
    if (adder) addField(adder);
    const dialog = event.target.closest("dialog.sheet");
    if (dialog && event.target === dialog) dialog.close();
    const line = event.target.closest("[data-rows] [data-row]");
    if (line && !event.target.closest("a, button, summary, input, label, form, select")) {
      const selecting = String(window.getSelection()).length > 0;
      choose(line);
      if (!selecting && line.tagName === "TR") openChosen();
    }
    each("details.menu[open]", (menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  function addField(button) {
    const last = button.parentElement.querySelector("input:last-of-type");
    const field = last.cloneNode();
    field.value = "";
    field.required = false;
    last.after(field);
    if (window.htmx) window.htmx.process(field);
    field.focus();
  }

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-autosubmit]");
    if (form && event.target.matches("select, input[type=date]")) form.requestSubmit();
    const bar = event.target.closest("#proposal");
    if (bar && event.target.name === "proposal") adaptNote(bar, event.target.value);
  });

  // What the server will ask for is asked for here first; the server decides.
  function adaptNote(bar, value) {
    const note = bar.querySelector("textarea[name=note]");
    note.required = value !== "keep";
    note.minLength = value === "keep" ? 0 : 15;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return event.preventDefault();
    const button = event.submitter && event.submitter.dataset.busy ? event.submitter : form.querySelector("[data-busy]");
    if (!button) return;
    button.textContent = button.dataset.busy;
    setTimeout(() => (button.disabled = true), 0);
  });

  function ready() {
    const first = document.querySelector("[data-select-first] [data-row]");
    if (first && !chosen()) choose(first);
    const refusal = document.getElementById("refusal");
    if (refusal) refusal.scrollIntoView({ block: "center" });
    const checked = document.querySelector("#proposal [name=proposal]:checked");
    if (checked) adaptNote(checked.form, checked.value);
    openTarget();
  }

  // A link to a folded visit unfolds it.
  function openTarget() {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
    if (target && target.matches("[data-row]")) choose(target);
  }

  window.addEventListener("hashchange", openTarget);
  document.addEventListener("DOMContentLoaded", ready);
  // After htmx put a decided finding's page in place: go on from the same finding.
  document.addEventListener("htmx:beforeSwap", () => {
    const line = chosen();
    document.body.dataset.chosen = line ? line.id : "";
  });
  document.addEventListener("htmx:afterSettle", () => {
    const again = document.body.dataset.chosen && document.getElementById(document.body.dataset.chosen);
    if (again) choose(again);
    document.dispatchEvent(new CustomEvent("sisir:refreshed"));
  });
})();
