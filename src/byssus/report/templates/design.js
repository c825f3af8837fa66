"use strict";
(() => {
  const root = document.documentElement;

  // Theme: the reader's system decides until the button is pressed; a browser may refuse to remember.
  const button = document.getElementById("theme");
  const remembered = (value) => {
    try {
      if (value !== undefined) localStorage.setItem("byssus-theme", value);
      return localStorage.getItem("byssus-theme");
    } catch (refused) {
      if (refused instanceof DOMException) return null;
      throw refused;
    }
  };
  const setTheme = (dark) => {
    root.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = remembered();
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    remembered(chosen);
    setTheme(chosen === "dark");
  });
  system.addEventListener("change", (event) => { if (!chosen) setTheme(event.matches); });
  setTheme(chosen ? chosen === "dark" : system.matches);

  // On paper what is folded away cannot be opened.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.printed:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });

  // Contents: mark what stands at the top of the window.
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const places = [...links.keys()].map((id) => document.getElementById(id)).filter((place) => place?.matches("section"));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target);
    const current = places.filter((place) => seen.has(place)).pop();
    if (!current) return;
    for (const [id, link] of links) {
      if (id === current.id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "0px 0px -85% 0px" });
  places.forEach((place) => watch.observe(place));
})();
