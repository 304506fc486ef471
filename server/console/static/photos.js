// Photos one after the other, large, with zoom, and the look-alike beside it.
"use strict";

(function () {
  const box = () => document.getElementById("lightbox");
  const links = () => [...document.querySelectorAll("a[data-photo]")];
  let at = 0;
  let zoom = 1;

  function show(index) {
    const all = links();
    if (!all.length) return;
    at = (index + all.length) % all.length;
    const link = all[at];
    const dialog = box();
    fill(dialog.querySelector("img[data-main]"), link.href, link.dataset.caption);
    dialog.querySelector("[data-caption]").textContent = link.dataset.caption;
    dialog.querySelector("[data-counter]").textContent = `${at + 1} / ${all.length}`;
    const other = dialog.querySelector("[data-other]");
    other.hidden = !link.dataset.alike;
    fill(other.querySelector("img"), link.dataset.alike || "", link.dataset.alikeCaption || "");
    other.querySelector("[data-alike-caption]").textContent = link.dataset.alikeCaption || "";
    setZoom(1);
    if (!dialog.open) dialog.showModal();
  }

  function fill(image, address, text) {
    if (address) image.src = address;
    else image.removeAttribute("src");
    image.alt = text;
  }

  function setZoom(value) {
    zoom = Math.max(1, Math.min(6, value));
    box().querySelectorAll(".pane").forEach((pane) => {
      const x = (pane.scrollLeft + pane.clientWidth / 2) / Math.max(1, pane.scrollWidth);
      const y = (pane.scrollTop + pane.clientHeight / 2) / Math.max(1, pane.scrollHeight);
      pane.classList.toggle("is-zoomed", zoom > 1);
      pane.firstElementChild.style.width = `${zoom * 100}%`;
      pane.firstElementChild.style.height = `${zoom * 100}%`;
      pane.scrollLeft = x * pane.scrollWidth - pane.clientWidth / 2;
      pane.scrollTop = y * pane.scrollHeight - pane.clientHeight / 2;
    });
  }

  const acts = {
    next: () => show(at + 1),
    previous: () => show(at - 1),
    in: () => setZoom(zoom * 1.5),
    out: () => setZoom(zoom / 1.5),
    close: () => box().close(),
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-photo]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      show(links().indexOf(link));
    }
    const button = event.target.closest("[data-lightbox]");
    if (button) acts[button.dataset.lightbox]();
    if (event.target.closest(".pane img") && !dragged) setZoom(zoom > 1 ? 1 : 2.5);
  });

  document.addEventListener(
    "wheel",
    (event) => {
      if (!event.target.closest(".pane")) return;
      event.preventDefault();
      setZoom(zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2));
    },
    { passive: false },
  );

  // Both panes move together: the same corner of both photos is compared.
  let drag = null;
  let dragged = false;
  document.addEventListener("pointerdown", (event) => {
    const pane = event.target.closest(".pane");
    dragged = false;
    if (pane && zoom > 1) drag = { x: event.clientX, y: event.clientY };
    if (pane) event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [x, y] = [drag.x - event.clientX, drag.y - event.clientY];
    dragged = dragged || Math.abs(x) + Math.abs(y) > 3;
    box().querySelectorAll(".pane").forEach((pane) => pane.scrollBy(x, y));
    drag = { x: event.clientX, y: event.clientY };
  });
  document.addEventListener("pointerup", () => (drag = null));

  const keys = { ArrowRight: "next", j: "next", ArrowLeft: "previous", k: "previous", "+": "in", "=": "in", "-": "out" };
  document.addEventListener("keydown", (event) => {
    const dialog = box();
    if (!dialog || event.ctrlKey || event.metaKey || event.altKey) return;
    if (dialog.open && keys[event.key]) {
      event.preventDefault();
      acts[keys[event.key]]();
    } else if (event.key === "f" && !document.querySelector("dialog[open]") && !event.target.closest("input:not([type=radio]), textarea, select")) {
      event.preventDefault();
      show(0);
    }
  });
})();
