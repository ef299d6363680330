// All tables at a glance.

import { h, grouped } from "./dom.js";
import { link } from "./place.js";

export function homeView({ about }) {
  const about_runs = (table) => table.name.startsWith("meta.");
  return [
    h("h1", {}, "Tables"),
    cards(about.tables.filter((table) => !about_runs(table))),
    h("h2", {}, "About the runs"),
    cards(about.tables.filter(about_runs)),
  ];
}

function cards(tables) {
  return h("ul", { class: "cards" }, tables.map((table) =>
    h("li", { class: table.rows ? null : "empty" },
      h("a", { href: link("table", table.name) }, table.name),
      h("span", { class: "figure" }, `${grouped(table.rows)} ${table.rows === 1 ? "row" : "rows"}`),
      h("p", {}, table.doc))));
}
