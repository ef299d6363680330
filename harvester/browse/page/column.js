// What the values of one column are like.

import { ask } from "./api.js";
import { figure, grouped, h, percent } from "./dom.js";
import { filtersOf, filtersText, link, linkHere, selected } from "./place.js";
import { plot } from "./plot.js";

const QUANTILES = ["5 %", "25 %", "median", "75 %", "95 %"];

export async function columnView({ subject, params, signal }) {
  const { search, filters } = selected(params);
  const asked = { table: subject, column: params.get("column"), search, filters, log: params.get("scale") === "log" };
  const column = await ask("column", asked, signal);
  const narrowed = search || filters.length;
  return [
    h("p", { class: "crumbs" }, h("a", { href: link("table", subject) }, subject), " › ",
      h("a", { href: link("table", subject, { tab: "columns" }) }, "columns")),
    h("h1", {}, column.name),
    h("p", { class: "doc" }, h("code", {}, column.type), " ", column.doc),
    narrowed ? h("p", { class: "hint" }, `In the ${grouped(column.rows)} rows that fit the filter.`) : null,
    figures(column),
    ...spread(column, asked.log),
    ...frequent(column, subject, params),
    h("p", { class: "hint" }, `${column.seconds.toFixed(2)} s. The number of different values and the quantiles are estimates.`),
  ].filter(Boolean);
}

function figures(column) {
  const of = column.form === "list" || column.form === "bytes" ? "length, " : "";
  const told = column.quantiles.length && column.form !== "moment" ? figure : (text) => text;
  const shown = [
    ["rows", grouped(column.rows)],
    ["filled", `${grouped(column.filled)} (${percent(column.rows ? column.filled / column.rows : null)})`],
    ["different", `about ${grouped(column.distinct)}`],
    [`${of}least`, column.least && told(column.least)],
    ...column.quantiles.map((value, place) => [QUANTILES[place], told(value)]),
    [`${of}greatest`, column.most && told(column.most)],
    ["mean", column.mean === null ? null : figure(column.mean.toPrecision(6))],
    ["standard deviation", column.deviation === null ? null : figure(column.deviation.toPrecision(6))],
  ].filter(([, value]) => value !== null && value !== undefined);
  return h("dl", { class: "figures" }, shown.map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

function spread(column, log) {
  if (!column.histogram) return [];
  const scale = column.form === "number" ? h("p", {},
    h("a", { href: linkHere({ scale: log ? "" : "log" }) }, log ? "Linear scale" : "Logarithmic scale")) : null;
  const left = column.histogram.left_out;
  return [
    h("h2", {}, "Spread"),
    plot(column.histogram, `How ${column.name} is spread`),
    left ? h("p", { class: "hint" }, `${grouped(left)} rows have no place on this scale.`) : null,
    scale,
  ];
}

function frequent(column, table, params) {
  if (!column.top.length) return [];
  const most = column.top[0][1];
  const filter = (value) => link("table", table, { search: params.get("search"),
    filters: filtersText([...filtersOf(params), { column: column.name, operator: "is", value }]) });
  return [
    h("h2", {}, "Frequent values"),
    h("table", { class: "frequent" }, h("tbody", {}, column.top.map(([value, rows]) => h("tr", {},
      h("th", { scope: "row" }, h("a", { href: filter(value) }, value || "(empty text)")),
      h("td", { class: "number" }, grouped(rows)),
      h("td", {}, h("meter", { min: 0, max: most, value: rows, "aria-hidden": "true" })))))),
  ];
}
