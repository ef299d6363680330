// What each run changed.

import { ask } from "./api.js";
import { h, grouped } from "./dom.js";
import { filtersText, link } from "./place.js";

export async function changesView({ signal }) {
  const { runs } = await ask("changes", {}, signal);
  return [
    h("h1", {}, "Changes"),
    h("p", { class: "doc" }, "What each run added, changed, removed and brought back; the newest run first."),
    runs.length ? h("ol", { class: "runs" }, runs.map(run)) : h("p", { class: "hint" }, "No run yet."),
  ];
}

function run(one) {
  const whole = one.status === "complete" ? null : h("strong", { class: "warn" }, ` ${one.status}`);
  return h("li", {},
    h("h2", {}, `${one.began} UTC`, h("small", {}, ` ${one.job} · ${one.run_id}`), whole),
    one.changes.length
      ? h("ul", { class: "chips" }, one.changes.map((change) => h("li", { class: change.change }, to(one, change))))
      : h("p", { class: "hint" }, "Nothing changed."));
}

function to(one, change) {
  const is = (column, value) => ({ column, operator: "is", value });
  const filters = [is("run_id", one.run_id), is("table_name", change.table), is("change", change.change)];
  const address = link("table", "meta.changes", { filters: filtersText(filters), columns: "key,columns,table_name" });
  return h("a", { href: address }, `${change.table}: ${grouped(change.rows)} ${change.change}`);
}
