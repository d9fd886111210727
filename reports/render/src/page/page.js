// What the page does beyond showing: a cursor on each chart that follows the pointer or the arrow keys and reads the values
// out, and a button that copies the repeat command, and on a live page the news of the run. Everything is readable without it.
"use strict";

function readChart(plot) {
  const data = JSON.parse(document.getElementById(plot.dataset.chart).textContent);
  const readout = plot.parentElement.querySelector(".readout");
  const cursor = document.createElement("div");
  cursor.className = "cursor";
  cursor.hidden = true;
  plot.append(cursor);
  let at = -1;

  const frame = () => {
    const svg = [...plot.querySelectorAll("svg")].find((one) => one.getBoundingClientRect().width > 0);
    const scale = svg.getBoundingClientRect().width / Number(svg.dataset.width);
    const px = (name) => Number(svg.dataset[name]) * scale;
    return { left: px("left"), right: px("right"), top: px("top"), bottom: px("bottom") };
  };
  const show = (index) => {
    at = Math.max(0, Math.min(data.xs.length - 1, index));
    const { left, right, top, bottom } = frame();
    const share = (data.xs[at] - data.from) / (data.to - data.from);
    cursor.style.left = `${left + share * (right - left)}px`;
    cursor.style.top = `${top}px`;
    cursor.style.height = `${bottom - top}px`;
    cursor.hidden = false;
    const values = data.lines.map((line) => `${line.name}: ${line.values[at] ?? "–"}`);
    readout.textContent = `${data.xs[at].toFixed(data.digits)} ${data.unit} · ${values.join(" · ")}`;
  };
  const hide = () => {
    cursor.hidden = true;
    at = -1;
  };
  plot.addEventListener("pointermove", (event) => {
    const { left, right } = frame();
    const share = (event.clientX - plot.getBoundingClientRect().left - left) / (right - left);
    const x = data.from + share * (data.to - data.from);
    const step = data.xs.length > 1 ? data.xs[1] - data.xs[0] : 1;
    show(Math.round((x - data.xs[0]) / step));
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.round(data.xs.length / 10));
    const moves = { ArrowLeft: at - 1, ArrowRight: at + 1, PageUp: at - page, PageDown: at + page, Home: 0, End: data.xs.length - 1 };
    if (event.key === "Escape") hide();
    if (!(event.key in moves)) return;
    event.preventDefault();
    show(moves[event.key]);
  });
}

function readTimeline(plot) {
  const readout = plot.parentElement.querySelector(".readout");
  let at = -1;
  const events = () => {
    const svg = [...plot.querySelectorAll("svg")].find((one) => one.getBoundingClientRect().width > 0);
    return [...svg.querySelectorAll(".event")];
  };
  const show = (index) => {
    const all = events();
    at = Math.max(0, Math.min(all.length - 1, index));
    all.forEach((event, place) => event.classList.toggle("on", place === at));
    readout.textContent = all[at].dataset.told;
  };
  plot.addEventListener("pointerover", (event) => {
    const row = event.target.closest(".event");
    if (row) show(events().indexOf(row));
  });
  plot.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: Infinity };
    if (!(event.key in moves)) return;
    event.preventDefault();
    show(moves[event.key]);
    events()[at].scrollIntoView({ block: "nearest" });
  });
}

function copyCommand(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      // Without leave to write the clipboard, the command is selected for the reader's own keys.
      getSelection().selectAllChildren(code);
    }
  });
}

function attach() {
  document.querySelectorAll(".plot[data-chart]").forEach(readChart);
  document.querySelectorAll(".timeline").forEach(readTimeline);
  document.querySelectorAll("button[data-copy]").forEach(copyCommand);
}

// Puts the new content in place of the old: what was unfolded stays so, and the focus stays where it was.
function renew(text) {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const place = (one) => [...document.querySelectorAll("details, [tabindex]")].indexOf(one);
  const unfolded = [...document.querySelectorAll("details[open]")].map(place);
  const focused = place(document.activeElement);
  document.querySelectorAll("body > header, body > main").forEach((old) => old.remove());
  document.querySelector("footer").before(...fresh.querySelectorAll("body > header, body > main"));
  const all = [...document.querySelectorAll("details, [tabindex]")];
  unfolded.forEach((at) => all[at]?.setAttribute("open", ""));
  attach();
  all[focused]?.focus({ preventScroll: true });
  document.title = fresh.title;
}

async function follow() {
  let shown = "";
  for (;;) {
    try {
      const state = await (await fetch("/state")).text();
      // Whoever reads a chart right now is not interrupted.
      const isReading = document.querySelector(".plot:hover, .plot:focus") !== null;
      if (state !== shown && !isReading) {
        renew(await (await fetch("/")).text());
        shown = state;
      }
    } catch {
      document.title = "the server is gone";
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

attach();
if ("live" in document.body.dataset) follow();
