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
})();
