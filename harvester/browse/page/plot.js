// A histogram as a drawing, with the same figures as a table for who cannot see it.

import { figure, grouped, h, s } from "./dom.js";

const WIDTH = 720;
const HEIGHT = 200;

export function plot(spread, label) {
  const { rows } = spread;
  const edges = spread.edges.map(figure);
  const most = Math.max(...rows);
  const step = WIDTH / rows.length;
  const bar = (count, number) => {
    const tall = count ? Math.max(2, (count / most) * HEIGHT) : 0;
    return s("rect", { x: number * step, y: HEIGHT - tall, width: step * 0.96, height: tall },
      s("title", {}, `${edges[number]} to ${edges[number + 1]}: ${grouped(count)} rows`));
  };
  const middle = Math.floor(edges.length / 2);
  const marks = [edges[0], rows.length > 3 ? edges[middle] : "", edges.at(-1)];
  const box = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none" };
  return h("figure", {},
    h("div", { class: "highest" }, `${grouped(most)} rows`),
    s("svg", { ...box, role: "img", "aria-label": label, class: "plot" }, rows.map(bar)),
    h("div", { class: "axis" }, marks.map((mark) => h("span", {}, mark))),
    figuresOf(edges, rows));
}

function figuresOf(edges, rows) {
  return h("details", {}, h("summary", {}, "The same as a table"),
    h("table", { class: "bins" },
      h("thead", {}, h("tr", {}, ["From", "To", "Rows"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, rows.map((count, number) => h("tr", {},
        h("td", { class: "number" }, edges[number]),
        h("td", { class: "number" }, edges[number + 1]),
        h("td", { class: "number" }, grouped(count)))))));
}
