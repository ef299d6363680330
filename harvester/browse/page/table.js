// One table: its rows, and its columns.

import { ask } from "./api.js";
import { h, grouped } from "./dom.js";
import { columnList } from "./columns.js";
import { downloads } from "./download.js";
import { filterBar } from "./filters.js";
import { breakable, grid, toRow } from "./grid.js";
import { go, link, linkHere, selected } from "./place.js";

const PAGE = 50;
const known = new Map();

/** Forgets what was known of tables: the database is another one. */
export function forget() {
  known.clear();
}

/** A table with its columns, asked for once. */
export async function tableOf(name, signal) {
  if (!known.has(name)) known.set(name, await ask("table", { table: name }, signal));
  return known.get(name);
}

export async function tableView({ about, subject, params, signal }) {
  const table = await tableOf(subject, signal);
  const inColumns = params.get("tab") === "columns";
  const tab = (title, address, current) =>
    h("a", { href: address, "aria-current": current ? "page" : null }, title);
  const head = [
    h("h1", {}, subject),
    h("p", { class: "doc" }, table.doc),
    h("nav", { class: "tabs", "aria-label": "Views of the table" },
      tab("Rows", link("table", subject), !inColumns),
      tab(`Columns (${table.columns.length})`, link("table", subject, { tab: "columns" }), inColumns)),
  ];
  const rest = inColumns ? columnList(table, await ask("filled", { table: subject }, signal)) : await rowsOf(about, table, params, signal);
  return [...head, ...rest];
}

async function rowsOf(about, table, params, signal) {
  const asked = { ...selected(params), table: table.name };
  asked.columns ??= table.shown;
  const offset = Math.max(0, Number(params.get("from") ?? 0) || 0);
  const page = await ask("rows", { ...asked, limit: PAGE, offset }, signal);
  const total = h("span", { id: "total" }, "…");
  ask("count", asked, signal).then(
    (told) => { total.textContent = grouped(told.rows); },
    () => { total.textContent = "?"; });
  return [
    filterBar(about, table, params),
    chooser(table, asked.columns),
    grid({
      columns: page.columns,
      rows: page.rows,
      label: `Rows of ${table.name}`,
      head: (column) => sortHead(table, column, asked, params),
      opening: page.keys && ((number) => link("row", table.name, { key: page.keys[number] })),
      leading: toRow(page.columns),
    }),
    pager(page.rows.length, offset, total, page.seconds),
    downloads(asked, h("a", { href: link("sql", "", { q: page.sql }) }, "Open in SQL")),
  ];
}

/** The head of a column: a button that sorts, and the way to what the column is like. */
function sortHead(table, column, asked, params) {
  const sorted = asked.sort === column.name ? (asked.descending ? "descending" : "ascending") : "none";
  const arrow = { ascending: " ▲", descending: " ▼", none: "" }[sorted];
  const next = { none: { sort: column.name, way: "" }, ascending: { sort: column.name, way: "down" },
    descending: { sort: "", way: "" } }[sorted];
  const kept = { search: params.get("search"), filters: params.get("filters") };
  const button = h("button", { type: "button", id: `sort-${column.name}`, title: `${column.type}: ${column.doc}`,
    onclick: () => go(linkHere({ ...next, from: "" })) }, breakable(column.name), arrow);
  const more = h("a", { class: "about", href: link("column", table.name, { column: column.name, ...kept }),
    "aria-label": `About ${column.name}` }, "i");
  return h("th", { scope: "col", "aria-sort": sorted, class: column.form }, h("div", {}, button, more));
}

function pager(count, offset, total, seconds) {
  const button = (id, title, from, possible) =>
    h("button", { type: "button", id, disabled: !possible,
      onclick: () => go(linkHere({ from: from || "" })) }, title);
  const range = count ? `Rows ${grouped(offset + 1)} to ${grouped(offset + count)} of ` : "Rows: ";
  return h("div", { class: "pager" },
    button("first", "« First", 0, offset > 0),
    button("previous", "‹ Previous", Math.max(0, offset - PAGE), offset > 0),
    button("next", "Next ›", offset + PAGE, count === PAGE),
    h("span", {}, range, total),
    h("span", { class: "hint" }, `${seconds.toFixed(2)} s`));
}

/** Which columns are shown. */
function chooser(table, shown) {
  const chosen = new Set(shown);
  const apply = () => go(linkHere({ columns: table.columns.map((one) => one.name).filter((name) => chosen.has(name)).join(",") }));
  const box = (column) => h("label", { title: column.doc },
    h("input", { type: "checkbox", checked: chosen.has(column.name), onchange: (event) => {
      if (event.target.checked) chosen.add(column.name);
      else chosen.delete(column.name);
    } }), column.name);
  return h("details", { class: "chooser" },
    h("summary", {}, `Columns: ${shown.length} of ${table.columns.length}`),
    h("div", { class: "boxes" }, table.columns.map(box)),
    h("button", { type: "button", id: "choose", onclick: apply }, "Show these"));
}
