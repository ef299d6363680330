// Rows and columns. Cells are texts; what is long is cut by the program, and by the page once more.

import { h } from "./dom.js";
import { link } from "./place.js";

/**
 * A table of rows; `sorting` gives the head of a column, `opening` the address of a row, and
 * `leading` that of a cell.
 */
export function grid({ columns, rows, label, head = plainHead, opening = null, leading = () => null }) {
  if (!rows.length) return h("p", { class: "hint" }, "No rows.");
  const heads = columns.map(head);
  if (opening) heads.unshift(h("th", { scope: "col" }, h("span", { class: "unseen" }, "Open")));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: "grid" },
      h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, rows.map((row, number) => line(columns, row, number, opening, leading)))));
}

/** A head that only names its column. */
export function plainHead(column) {
  return h("th", { scope: "col", title: column.type, class: column.form }, breakable(column.name));
}

/** A name that may go on in the next line behind each of its underscores. */
export function breakable(name) {
  return name.split(/(?<=_)/).flatMap((part, place) => (place ? [h("wbr"), part] : [part]));
}

function line(columns, row, number, opening, leading) {
  const cells = row.map((value, place) => cell(columns[place], value, leading(columns[place], value, row)));
  if (opening) {
    const label = `Open row ${number + 1}`;
    cells.unshift(h("td", {}, h("a", { class: "open", href: opening(number), "aria-label": label }, "↗")));
  }
  return h("tr", {}, cells);
}

function cell(column, value, address) {
  if (value === null) return h("td", { class: "null" });
  const content = address ? h("a", { href: address }, value) : value;
  return h("td", { class: column.form, title: value.length > 30 ? value : null }, content);
}

/** In the table of changes a key leads to its row. */
export function toRow(columns) {
  const table = columns.findIndex((column) => column.name === "table_name");
  return (column, value, row) =>
    column.name === "key" && table >= 0 ? link("row", row[table], { key: value }) : null;
}
