// Elements, and tables of which only the rows that changed are made anew. What others wrote is always
// set as text, never parsed.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

const kGlyphs = { good: "✓", warn: "!", bad: "✗", plain: "–", unknown: "?" };

// A state: a sign, a word and a colour.
export function state(tone, word) {
  return element("span", { class: `state ${tone}` }, element("span", { "aria-hidden": "true" }, kGlyphs[tone]),
    `\u00a0${word}`);
}

// On a line of its own.
export function quiet(...parts) {
  return parts[0] === "" ? "" : element("span", { class: "quiet" }, ...parts);
}

// ---------------------------------------------------------------------------------------- times

let ahead = 0;  // of this machine's clock the agent's, in ms

export function setClock(agentTime) {
  ahead = Date.parse(agentTime) - Date.now();
}

// A span in two units at most: "15s", "3m 20s", "2h 5m", "4d 1h".
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const units = [["d", 86400], ["h", 3600], ["m", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  if (first < 0) return "0s";
  const [name, size] = units[first];
  const rest = first < 3 ? Math.floor((seconds % size) / units[first + 1][1]) : 0;
  return Math.floor(seconds / size) + name + (rest > 0 ? ` ${rest}${units[first + 1][0]}` : "");
}

function ageOf(time) {
  const now = Date.now() + ahead;
  const then = Date.parse(time.dateTime);
  return time.dataset.age === "until" ? `in ${span(then - now)}` : span(now - then);
}

// How long ago (or, "until", how far ahead) that is; tick() keeps it right. The exact time is its title.
export function age(when, direction = "since") {
  if (!when || when.startsWith("1970-")) return "–";
  const made = element("time", { datetime: when, "data-age": direction, title: when });
  made.textContent = ageOf(made);
  return made;
}

// 24 hours, and 2026-01-31: Sweden writes so.
const kDate = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short" });
const kTime = new Intl.DateTimeFormat("sv-SE", { timeStyle: "medium" });

// Of this machine's time zone; the date only if it is another day.
export function clock(when) {
  const day = kDate.format(new Date(when));
  const today = day === kDate.format(new Date(Date.now() + ahead));
  return (today ? "" : `${day} `) + kTime.format(new Date(when));
}

export function moment(when) {
  return element("time", { datetime: when, title: when }, clock(when));
}

export function tick() {
  for (const time of document.querySelectorAll("time[data-age]")) {
    const text = ageOf(time);
    if (time.textContent !== text) time.textContent = text;
  }
}

// --------------------------------------------------------------------------------------- tables

// A row of cells, each a list of nodes and texts; the first one names the row.
function makeRow(table, cells) {
  const titles = [...table.tHead.rows[0].cells].map((title) => title.textContent);
  const row = element("tr", { role: "row" });
  cells.forEach((cell, index) => {
    const content = element("div", {}, ...[cell].flat().filter((part) => part !== null && part !== ""));
    row.append(index === 0 ? element("th", { role: "rowheader", scope: "row" }, content)
      : element("td", { role: "cell", "data-of": titles[index] }, ...(content.hasChildNodes() ? [content] : [])));
  });
  return row;
}

// Brings the children of `parent` into the order of `items`. `shown(item)` is everything that is shown
// of it: an element stays as it is while that does.
export function update(parent, items, key, shown, make) {
  const old = new Map();
  const wanted = new Set(items.map(key));
  for (const child of [...parent.children]) {
    if (wanted.has(child.dataset.key) && !old.has(child.dataset.key)) old.set(child.dataset.key, child);
    else child.remove();
  }
  let next = parent.firstElementChild;
  for (const item of items) {
    const name = key(item);
    const signature = JSON.stringify(shown(item));
    let child = old.get(name);
    old.delete(name);
    if (!child || child.signature !== signature) {
      const made = make(item);
      made.dataset.key = name;
      made.signature = signature;
      if (child) {
        if (child === next) next = made;
        child.replaceWith(made);
      }
      child = made;
    }
    if (child === next) next = child.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

// The same for the table of a section, which says that there is nothing if there is not.
export function updateTable(section, items, key, shown, cells) {
  const table = section.querySelector("table");
  update(table.tBodies[0], items, key, shown, (item) => makeRow(table, cells(item)));
  section.querySelector("p.none").hidden = items.length > 0;
}

// Sets a text only if it is another one: a screen reader reads what is set.
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}
