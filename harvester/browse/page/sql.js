// Questions in SQL.

import { ask, Told } from "./api.js";
import { h, grouped } from "./dom.js";
import { downloads } from "./download.js";
import { grid } from "./grid.js";
import { go, link } from "./place.js";

export async function sqlView({ about, params, signal }) {
  const asked = params.get("q") ?? "";
  const box = h("textarea", { id: "sql", rows: 7, spellcheck: "false", autocapitalize: "off", "aria-label": "SQL" });
  box.value = asked;
  const run = () => {
    const address = link("sql", "", { q: box.value });
    if (address === location.hash) dispatchEvent(new HashChangeEvent("hashchange"));
    else go(address);
  };
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      run();
    }
  });
  const submit = (event) => {
    event.preventDefault();
    run();
  };
  return [
    h("h1", {}, "SQL"),
    h("form", { class: "sql", onsubmit: submit }, box,
      h("p", {}, h("button", { id: "run", class: "main" }, "Run"), h("span", { class: "hint" }, " or Ctrl+Enter. Nothing can be changed here."))),
    ...(asked.trim() ? await answer(asked, signal) : []),
    examples(about),
  ];
}

async function answer(sql, signal) {
  let told;
  try {
    told = await ask("sql", { sql }, signal);
  } catch (error) {
    if (!(error instanceof Told)) throw error;
    return [h("div", { role: "alert", class: "fault" }, h("pre", {}, error.message))];
  }
  const number = `${told.more ? "The first " : ""}${grouped(told.rows.length)} ${told.rows.length === 1 ? "row" : "rows"}`;
  return [
    h("p", { role: "status" }, `${number} in ${told.seconds.toFixed(2)} s`),
    grid({ columns: told.columns, rows: told.rows, label: "What the query found" }),
    downloads({ sql }),
  ];
}

function examples(about) {
  const item = ({ title, sql }) => h("li", {}, h("a", { href: link("sql", "", { q: sql }) }, title));
  return h("section", { class: "examples" }, h("h2", {}, "Examples"), h("ul", {}, about.examples.map(item)));
}
