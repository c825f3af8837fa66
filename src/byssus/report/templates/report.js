"use strict";
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll(".plot")];

  // Figures: the page gives text, axes and grid the colours of the theme.
  const colours = () => {
    const read = (name) => getComputedStyle(root).getPropertyValue(name).trim();
    return { ink: read("--ink"), soft: read("--soft"), line: read("--line"), paper: read("--paper") };
  };
  const themed = (layout) => {
    const { ink, soft, line, paper } = colours();
    const out = { ...layout, paper_bgcolor: paper, plot_bgcolor: paper,
      modebar: { bgcolor: paper, color: soft, activecolor: ink },
      font: { ...layout.font, color: ink, family: getComputedStyle(document.body).fontFamily } };
    for (const key of Object.keys(layout)) {
      if (/^[xy]axis/.test(key)) {
        out[key] = { ...layout[key], color: ink, linecolor: ink, showline: true, gridcolor: line, gridwidth: 0.5,
          ticks: layout[key].showticklabels === false ? "" : "outside", tickcolor: ink };
      }
    }
    return out;
  };
  const narrow = matchMedia("(max-width: 44rem)");
  const draw = (plot) => {
    const figure = plot.figure ??= JSON.parse(plot.querySelector("script").textContent);
    Plotly.react(plot, figure.data, themed(figure.layout), {
      responsive: true, displaylogo: false, displayModeBar: narrow.matches ? false : "hover",
      modeBarButtonsToRemove: ["lasso2d", "select2d", "sendChartToCloud"],
    }).then(() => {
      // The plot's label and its CSV tell a screen reader more than the shapes do.
      for (const shape of document.querySelectorAll(".plot svg, #js-plotly-tester")) shape.setAttribute("aria-hidden", "true");
    });
  };

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
    plots.forEach(draw);
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

  // Downloads: what the page holds packed leaves it as a file, so that the page may travel alone.
  const unpacked = async (packed, type) => {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return URL.createObjectURL(new Blob([await new Response(stream).blob()], { type }));
  };
  for (const figure of document.querySelectorAll("figure")) {
    figure.querySelector(".take-svg").href = figure.querySelector("img.print").src;
    figure.querySelector(".take-svg").download = `${figure.id}.svg`;
    const link = figure.querySelector(".take-csv");
    if (link.dataset.gzip === undefined) continue;
    link.addEventListener("click", async (event) => {
      if (link.href.startsWith("blob:")) return;
      event.preventDefault();
      link.href = await unpacked(link.dataset.gzip, "text/csv");
      link.download = `${figure.id}.csv`;
      link.click();
    });
  }
  for (const taker of document.querySelectorAll("button.export")) {
    taker.addEventListener("click", async () => {
      const link = document.createElement("a");
      link.href = await unpacked(taker.dataset.packed, taker.dataset.type);
      link.download = taker.dataset.name;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  // Tables: each heading sorts; numbers by value, missing ones last. The samples of a long table stay together.
  for (const table of document.querySelectorAll("table.sortable")) {
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
        for (const body of table.tBodies) {
          const rows = [...body.rows].filter((row) => !row.classList.contains("sample")).sort((a, b) => {
            const [x, y] = [key(a), key(b)];
            if (x === null || y === null) return (x === null) - (y === null);
            const order = typeof x === "number" ? x - y : x.localeCompare(y, undefined, { numeric: true });
            return up ? order : -order;
          });
          body.append(...rows);
        }
      });
    });
  }

  // The filter of all numbers: each word must stand in a row or be the name of its sample.
  const filter = document.getElementById("filter");
  const everything = document.getElementById("everything");
  const bodies = [...(everything?.querySelectorAll("tbody") ?? [])].map((body) => ({
    body,
    rows: [...body.rows].slice(1).map((row) => ({ row, text: `${body.dataset.sample} ${row.textContent}`.toLowerCase() })),
  }));
  filter?.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    let all = 0;
    for (const { body, rows } of bodies) {
      let here = 0;
      for (const { row, text } of rows) {
        row.hidden = !words.every((word) => text.includes(word));
        here += row.hidden ? 0 : 1;
      }
      body.hidden = here === 0;
      shown += here;
      all += rows.length;
    }
    if (words.length) everything.open = true;
    document.getElementById("filtered").textContent = words.length ? `${shown} of ${all}` : "";
  });

  // A link into a folded part opens it.
  const unfold = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    if (target.closest("tbody[hidden]")) {
      filter.value = "";
      filter.dispatchEvent(new Event("input"));
    }
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();

  // On paper what is folded away cannot be opened; all numbers are left to the file.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details.printed:not([open])")];
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; });

  // What to cite.
  const copy = document.getElementById("copy");
  copy?.addEventListener("click", async () => {
    const said = document.getElementById("copied");
    const block = document.getElementById("bibtex");
    try {
      await navigator.clipboard.writeText(block.textContent);
      said.textContent = "Copied.";
    } catch (refused) {
      getSelection().selectAllChildren(block);
      said.textContent = `The browser did not let the page copy (${refused.name}); the text is selected.`;
    }
  });

  // Contents: mark what stands at the top of the window.
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const places = [...links.keys()].map((id) => document.getElementById(id)).filter((place) => place?.matches("section, figure"));
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target);
    const current = places.filter((place) => seen.has(place)).pop();
    if (!current) return;
    for (const [id, link] of links) {
      if (id === current.id) {
        link.setAttribute("aria-current", "location");
        // Of figures that stand under one heading, only those in sight are unfolded.
        document.querySelectorAll("nav details").forEach((fold) => { fold.open = fold.contains(link); });
      }
      else link.removeAttribute("aria-current");
    }
  }, { rootMargin: "0px 0px -85% 0px" });
  places.forEach((place) => watch.observe(place));
})();
