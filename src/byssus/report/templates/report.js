"use strict";
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll(".plot")];

  // Figures: the page gives text, axes and grid the colours of the theme.
  const colours = () => {
    const read = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    return { ink: read("--ink"), line: read("--line"), paper: read("--paper") };
  };
  const themed = (layout) => {
    const { ink, line, paper } = colours();
    const out = { ...layout, paper_bgcolor: paper, plot_bgcolor: paper,
      font: { ...layout.font, color: ink, family: getComputedStyle(document.body).fontFamily } };
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis/.test(key)) {
        out[key] = { ...layout[key], color: ink, linecolor: ink, showline: true, gridcolor: line, gridwidth: 0.5,
          ticks: layout[key].showticklabels === false ? "" : "outside", tickcolor: ink };
      }
    }
    return out;
  };
  const draw = (plot) => {
    const figure = plot.figure ??= JSON.parse(plot.querySelector("script").textContent);
    Plotly.react(plot, figure.data, themed(figure.layout),
      { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d", "sendChartToCloud"] });
  };

  // Theme: the reader's system decides until the button is pressed.
  const button = document.getElementById("theme");
  const setTheme = (dark) => {
    root.dataset.theme = dark ? "dark" : "light";
    button.setAttribute("aria-pressed", String(dark));
    plots.forEach(draw);
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = false;
  button.addEventListener("click", () => { chosen = true; setTheme(root.dataset.theme !== "dark"); });
  system.addEventListener("change", (event) => { if (!chosen) setTheme(event.matches); });
  setTheme(system.matches);

  // Downloads: the links lead to the files beside the page; the page holds them too, in case it travels alone.
  for (const figure of document.querySelectorAll("figure")) {
    figure.querySelector(".take-svg").href = figure.querySelector("img.print").src;
    figure.querySelector(".take-svg").download = `${figure.id}.svg`;
    const link = figure.querySelector(".take-csv");
    if (link.dataset.gzip === undefined) continue;
    link.addEventListener("click", async (event) => {
      if (link.href.startsWith("blob:")) return;
      event.preventDefault();
      const packed = Uint8Array.from(atob(link.dataset.gzip), (letter) => letter.charCodeAt(0));
      const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
      link.href = URL.createObjectURL(new Blob([await new Response(unpacked).blob()], { type: "text/csv" }));
      link.download = `${figure.id}.csv`;
      link.click();
    });
  }

  // Tables: each heading sorts; numbers by value, missing ones last.
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const label = document.createElement("button");
      label.type = "button";
      label.append(...cell.childNodes);
      cell.append(label);
      cell.setAttribute("aria-sort", "none");
      label.addEventListener("click", () => {
        const up = cell.getAttribute("aria-sort") !== "ascending";
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        cell.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => {
          const field = row.cells[column];
          if (cell.classList.contains("number")) return field.dataset.value === undefined ? null : Number(field.dataset.value);
          return field.textContent.trim();
        };
        const rows = [...body.rows].sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          if (x === null || y === null) return (x === null) - (y === null);
          const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
          return up ? order : -order;
        });
        body.append(...rows);
      });
    });
  }

  // Contents: mark the section that is being read.
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const places = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const follow = () => {
    const current = places.filter((place) => place.getBoundingClientRect().top < innerHeight / 3).pop() ?? places[0];
    for (const [id, link] of links) {
      if (current && id === current.id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", follow, { passive: true });
  follow();
})();
