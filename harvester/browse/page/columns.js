// The columns of a table, with what they mean.

import { h, percent } from "./dom.js";
import { link } from "./place.js";

export function columnList(table, measured) {
  const of = (column) => measured.columns[column.name];
  const line = (column) => h("tr", {},
    h("th", { scope: "row" }, h("a", { href: link("column", table.name, { column: column.name }) }, column.name)),
    h("td", { class: "type" }, column.type),
    h("td", {}, meter(of(column).filled)),
    h("td", { class: "example" }, of(column).example ?? ""),
    h("td", {}, column.doc));
  const heads = ["Column", "Type", "Filled", "Example", "Meaning"];
  return [
    h("table", { class: "columns" },
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, table.columns.map(line))),
    h("p", { class: "hint" }, `Filled and example: by ${measured.measured_on}.`),
  ];
}

function meter(share) {
  if (share === null) return "";
  return [h("meter", { min: 0, max: 1, value: share, "aria-hidden": "true" }), ` ${percent(share)}`];
}
