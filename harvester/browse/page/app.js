// Which view stands in the page: the address says it, and nothing else.

import { onReplaced, overview, Told } from "./api.js";
import { h, grouped, size } from "./dom.js";
import { link, place } from "./place.js";
import { changesView } from "./changes.js";
import { columnView } from "./column.js";
import { homeView } from "./home.js";
import { rowView } from "./row.js";
import { sqlView } from "./sql.js";
import { forget, tableView } from "./table.js";

const VIEWS = {
  "": homeView,
  changes: changesView,
  column: columnView,
  row: rowView,
  sql: sqlView,
  table: tableView,
};
/** Milliseconds after which a question is worth telling that it is under way. */
const SOON = 250;

const main = document.getElementById("main");
const busy = document.getElementById("busy");
const news = document.getElementById("news");
let about = null;
let asking = new AbortController();
let shown = "";

async function show() {
  asking.abort();
  const mine = new AbortController();
  asking = mine;
  const later = setTimeout(() => { busy.hidden = false; }, SOON);
  main.setAttribute("aria-busy", "true");
  const { view, subject, params } = place();
  try {
    const content = await (VIEWS[view] ?? nothing)({ about, subject, params, signal: mine.signal });
    if (asking === mine) put(content, `${view}/${subject}`);
  } catch (error) {
    if (asking === mine) put(fault(error), "");
  } finally {
    clearTimeout(later);
    if (asking === mine) {
      busy.hidden = true;
      main.removeAttribute("aria-busy");
    }
  }
}

/** Puts a view into the page; where it is the same one as before, the focus stays where it was. */
function put(content, name) {
  const focused = document.activeElement?.id;
  main.replaceChildren(...[content].flat());
  mark();
  const title = main.querySelector("h1")?.textContent;
  document.title = title ? `${title} · harvester` : "harvester";
  if (shown === name && focused) document.getElementById(focused)?.focus({ preventScroll: true });
  else if (shown) {
    main.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  shown = name || "fault";
}

function fault(error) {
  if (error.name === "AbortError") return h("p", { class: "hint" }, "Stopped.");
  if (!(error instanceof Told)) console.error(error);
  return h("div", { role: "alert", class: "fault" }, h("h1", {}, "That did not work"), h("pre", {}, error.message));
}

function nothing() {
  throw new Told("There is no such view.");
}

/** Marks where in the navigation one is. */
function mark() {
  const { view, subject } = place();
  for (const one of document.querySelectorAll("header nav a, #tables a")) {
    const there = one.getAttribute("href");
    const current = one.closest("#tables") ? there === link("table", subject) : there === `#${view}`;
    if (current) one.setAttribute("aria-current", "page");
    else one.removeAttribute("aria-current");
  }
}

function tell() {
  const runs = `${grouped(about.runs)} ${about.runs === 1 ? "run" : "runs"}`;
  const last = about.last_run ? `, the last one ${about.last_run} UTC` : "";
  document.getElementById("database").textContent = `${about.name} · ${size(about.bytes)} · ${runs}${last}`;
  const items = about.tables.map((table) =>
    h("li", {}, h("a", { href: link("table", table.name) }, h("span", {}, table.name), h("small", {}, grouped(table.rows)))));
  document.getElementById("tables").replaceChildren(h("ul", {}, items));
}

/** Looks whether a run has replaced the database, and shows the new one. */
async function look(quietly = true) {
  try {
    about = await overview();
  } catch (error) {
    if (!quietly) main.replaceChildren(fault(error));
    return;
  }
  tell();
  if (!about.replaced) return;
  forget();
  news.textContent = "A run has published a new database: this page shows it now.";
  news.hidden = false;
  await show();
}

document.getElementById("stop").addEventListener("click", () => asking.abort());
document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
addEventListener("hashchange", () => {
  news.hidden = true;
  show();
});
addEventListener("focus", () => look());
onReplaced(() => look());
await look(false);
if (about) await show();
