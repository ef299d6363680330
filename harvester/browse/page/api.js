// Questions to the program behind the page.

/** What the user should read: the question was not answered. */
export class Told extends Error {}

const listeners = [];
let current = null;

/** Calls back when the answers come from another database file than before. */
export function onReplaced(listener) {
  listeners.push(listener);
}

/** The answer to one question. */
export async function ask(what, question = {}, signal = undefined) {
  const body = JSON.stringify(question);
  const headers = { "Content-Type": "application/json" };
  return read(() => fetch(`answers/${what}`, { method: "POST", headers, body, signal }));
}

/** The database and its tables. */
export async function overview() {
  const told = await read(() => fetch("answers/overview"), false);
  const replaced = current !== null && current !== told.snapshot;
  current = told.snapshot;
  return { ...told, replaced };
}

async function read(send, watched = true) {
  let answer;
  try {
    const response = await send();
    if (!response.ok) throw new Told(await response.text());
    answer = await response.json();
  } catch (error) {
    if (error instanceof Told || error.name === "AbortError") throw error;
    throw new Told("Nobody answers: start `harvester browse` again, and open the address that it prints.");
  }
  if (answer.error) throw new Told(answer.error);
  if (watched && current !== null && answer.snapshot !== current) listeners.forEach((tell) => tell());
  return answer;
}
