"use strict";
(() => {
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const views = tabs.map((tab) => document.getElementById(tab.getAttribute("aria-controls")));
  const hint = document.getElementById("hint");
  const places = new Map();
  let at = 0;

  const picture = () => views[at].querySelector("svg");
  const place = () => {
    const svg = picture();
    if (svg && !places.has(svg)) fit();
    return places.get(svg);
  };
  const show = () => {
    const svg = picture();
    const p = places.get(svg);
    if (p) svg.style.transform = `translate(${p.x}px,${p.y}px) scale(${p.k})`;
  };
  const fit = () => {
    const svg = picture();
    if (!svg) return;
    const room = views[at].getBoundingClientRect();
    const [, , w, h] = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.setAttribute("width", w);
    svg.setAttribute("height", h);
    const k = Math.min(1.4, Math.max(0.35, Math.min(room.width / w, room.height / h)));
    places.set(svg, { k, x: Math.max(8, (room.width - w * k) / 2), y: Math.max(8, Math.min(24, (room.height - h * k) / 2)) });
    show();
  };
  const zoom = (factor, x, y) => {
    const p = place();
    if (!p) return;
    const k = Math.min(8, Math.max(0.05, p.k * factor));
    p.x = x - ((x - p.x) * k) / p.k;
    p.y = y - ((y - p.y) * k) / p.k;
    p.k = k;
    show();
  };
  const choose = (n, focus) => {
    at = (n + tabs.length) % tabs.length;
    tabs.forEach((tab, k) => {
      tab.setAttribute("aria-selected", String(k === at));
      tab.tabIndex = k === at ? 0 : -1;
      views[k].hidden = k !== at;
    });
    if (focus) tabs[at].focus();
    place();
  };
  const go = (key) => {
    const n = tabs.findIndex((tab) => tab.dataset.key === key);
    if (n >= 0) choose(n, false);
    return n >= 0;
  };

  tabs.forEach((tab, k) => {
    tab.addEventListener("click", () => choose(k, false));
    tab.addEventListener("keydown", (e) => {
      if (e.key === "ArrowRight") choose(k + 1, true);
      if (e.key === "ArrowLeft") choose(k - 1, true);
      if (e.key === "Home") choose(0, true);
      if (e.key === "End") choose(tabs.length - 1, true);
    });
  });
  const middle = () => {
    const room = views[at].getBoundingClientRect();
    return [room.width / 2, room.height / 2];
  };
  document.getElementById("in").addEventListener("click", () => zoom(1.25, ...middle()));
  document.getElementById("out").addEventListener("click", () => zoom(0.8, ...middle()));
  document.getElementById("fit").addEventListener("click", fit);

  let held = null; // where the pointer is while it drags
  let far = 0; // how far it has dragged: what ends a drag is no click
  document.querySelectorAll(".stage").forEach((stage) => {
    stage.addEventListener("wheel", (e) => {
      e.preventDefault();
      const room = stage.getBoundingClientRect();
      zoom(Math.exp(-e.deltaY * 0.0016), e.clientX - room.left, e.clientY - room.top);
    }, { passive: false });
    stage.addEventListener("pointerdown", (e) => {
      held = { x: e.clientX, y: e.clientY };
      far = 0;
    });
    stage.addEventListener("pointermove", (e) => {
      if (!held) return;
      const p = place();
      p.x += e.clientX - held.x;
      p.y += e.clientY - held.y;
      far += Math.abs(e.clientX - held.x) + Math.abs(e.clientY - held.y);
      held = { x: e.clientX, y: e.clientY };
      show();
    });
    stage.addEventListener("click", (e) => {
      const link = e.target.closest("a");
      if (!link) return;
      e.preventDefault();
      if (far > 4) return;
      const to = link.getAttribute("xlink:href") || "";
      if (to.startsWith("#")) go(to.slice(1));
    });
  });
  addEventListener("pointerup", () => { held = null; });
  addEventListener("keydown", (e) => {
    if (e.target.closest("[role=tab]") || e.ctrlKey || e.metaKey || e.altKey) return;
    const p = place();
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[e.key];
    if (step && p) { p.x += step[0]; p.y += step[1]; show(); e.preventDefault(); }
    if (e.key === "+" || e.key === "=") zoom(1.25, ...middle());
    if (e.key === "-") zoom(0.8, ...middle());
    if (e.key === "0") fit();
    if (e.key === "Escape") choose(0, true);
  });

  // What graphviz writes as a tooltip is shown at once, and to the keyboard too.
  document.querySelectorAll(".stage a").forEach((link) => {
    const text = (link.getAttribute("xlink:title") || "").trim();
    link.removeAttribute("xlink:title");
    if (!text) return;
    const name = link.textContent.trim().replace(/\s+/g, " ");
    const leads = link.hasAttribute("xlink:href");
    link.setAttribute("aria-label", `${name}. ${text}`);
    link.setAttribute("role", leads ? "link" : "img");
    link.setAttribute("tabindex", "0");
    if (leads) link.style.cursor = "pointer";
    link.addEventListener("keydown", (e) => {
      if (leads && (e.key === "Enter" || e.key === " ")) {
        e.preventDefault();
        if (go(link.getAttribute("xlink:href").slice(1))) tabs[at].focus();
      }
    });
    const tell = (x, y) => {
      hint.textContent = text;
      hint.hidden = false;
      const size = hint.getBoundingClientRect();
      hint.style.left = `${Math.min(x + 14, innerWidth - size.width - 8)}px`;
      hint.style.top = `${Math.min(y + 14, innerHeight - size.height - 8)}px`;
    };
    link.addEventListener("pointermove", (e) => tell(e.clientX, e.clientY));
    link.addEventListener("pointerleave", () => { hint.hidden = true; });
    link.addEventListener("focus", () => { const r = link.getBoundingClientRect(); tell(r.left, r.bottom); });
    link.addEventListener("blur", () => { hint.hidden = true; });
  });
  document.querySelectorAll(".stage title").forEach((title) => title.remove());
  addEventListener("resize", show);
  choose(0, false);
})();
