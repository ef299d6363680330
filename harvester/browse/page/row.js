// One row whole: every value with its meaning, its versions, and what runs did to it.

import { ask } from "./api.js";
import { h } from "./dom.js";
import { grid } from "./grid.js";
import { link } from "./place.js";

export async function rowView({ subject, params, signal }) {
  const key = params.get("key") ?? "";
  const row = await ask("row", { table: subject, key }, signal);
  const head = [
    h("p", { class: "crumbs" }, h("a", { href: link("table", subject) }, subject)),
    h("h1", {}, key),
  ];
  const now = row.values ? values(row) : [h("p", { class: "hint" }, "This row is not in the table now.")];
  return [...head, ...now, ...past("Versions", ["run", "valid from", "valid to"], row.versions),
    ...past("Changes", ["run", "change", "columns"], row.changes)];
}

function values(row) {
  const filled = row.columns.map((column, place) => [column, row.values[place]]).filter(([, value]) => value !== null);
  const line = ([column, value]) => h("tr", {},
    h("th", { scope: "row" }, column.name, h("small", {}, column.doc)),
    h("td", {}, whole(column, value)));
  const empty = row.columns.length - filled.length;
  return [
    h("table", { class: "values" }, h("tbody", {}, filled.map(line))),
    empty ? h("p", { class: "hint" }, `${empty} more columns are empty.`) : null,
  ].filter(Boolean);
}

/** A nested value is laid out; what was cut is no JSON any more and stays as it is. */
function whole(column, value) {
  if (column.form !== "list" && column.form !== "json") return value;
  try {
    return h("pre", { tabindex: "0" }, JSON.stringify(JSON.parse(value), null, 1));
  } catch {
    return h("pre", {}, value);
  }
}

function past(title, names, rows) {
  const columns = names.map((name) => ({ name, type: "", form: "text" }));
  return rows.length ? [h("h2", {}, title), grid({ columns, rows, label: title })] : [];
}
