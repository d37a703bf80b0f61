// The page's life: asks for the status, follows the events, and says when nothing answers. Every address is
// relative, so that the page works behind a path prefix, too.

import { clock, setClock, setText, tick } from "./dom.js";
import * as parts from "./parts.js";

const kInterval = 5000;        // from one status to the next, if nothing changes
const kHiddenInterval = 30000; // in a hidden tab
const kLeastInterval = 1000;   // if something does, or nothing answers
const kPatience = 4000;        // for an answer
const kMostEvents = 50;

let status = null;
let events = [];               // the newest first
let stream = null;
let timer = 0;
let asking = false;
let changed = false;           // since the status was asked for
let askedAt = 0;
let answering = true;
let answeredAt = null;
let cost = 0;                  // of the last status, in ms

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(kPatience) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

// ------------------------------------------------------------------------------------ the status

async function refresh() {
  if (asking) return;
  asking = true;
  changed = false;
  clearTimeout(timer);
  askedAt = Date.now();
  const answers = await Promise.all([ask("v1/status?recent=1"), ask("health?unhealthy=200")]).catch(() => null);
  answering = answers !== null;
  try {
    if (answering) show(...answers);
    else showNoAnswer();
    if (answering && !document.hidden) await follow();
  } finally {
    cost = answering ? Date.now() - askedAt : 0;
    asking = false;
    schedule();
  }
}

// With very many VIPs neither the agent nor this machine shall be busy with the page alone.
function schedule() {
  clearTimeout(timer);
  if (asking) return;
  const soon = changed || !answering;
  const usual = document.hidden ? kHiddenInterval : soon ? kLeastInterval : kInterval;
  timer = setTimeout(refresh, Math.max(0, askedAt + Math.max(usual, 4 * cost) - Date.now()));
}

function show(newest, health) {
  const begin = performance.now();
  status = newest;
  setClock(status.now);
  parts.showOverall(status, health);
  parts.showProblems(health);
  parts.showInstructions(status.instructions);
  parts.showServices(status.services);
  parts.showChecks(status.services);
  parts.showVips(status);
  parts.showNeighbours(status.vips);
  parts.showRelay(status.relay ?? null);
  parts.showAgent(status);
  tick();
  answeredAt = new Date();
  document.getElementById("no-answer").hidden = true;
  document.documentElement.classList.remove("old");
  document.documentElement.dataset.rendered = (performance.now() - begin).toFixed(1);
}

function showNoAnswer() {
  const since = answeredAt ? `since ${clock(answeredAt)}. What follows is as of then.` : "yet.";
  const banner = document.getElementById("no-answer");
  setText(banner, `✗ The agent has not answered ${since}`);
  banner.hidden = false;
  document.documentElement.classList.add("old");
  document.title = `✗ no answer: ${status?.node ?? "vipherd"}`;
}

// ------------------------------------------------------------------------------------ the events

// The browser reconnects by itself and names the last event; a stream that it gave up is opened anew.
async function follow() {
  if (stream && stream.readyState !== EventSource.CLOSED) return;
  if (events.length === 0) {
    const last = await ask(`v1/events?limit=${kMostEvents}`).catch(() => null);
    if (last === null) return;  // the next time, then
    events = last.events.reverse();
  }
  parts.showEvents(events);
  stream = new EventSource(`v1/events/stream${events.length > 0 ? `?after=${events[0].id}` : ""}`);
  stream.addEventListener("change", (message) => take(JSON.parse(message.data)));
  // It ends when the agent does.
  stream.onerror = () => onChange();
}

let drawing = 0;

// Thousands may come at once: they are drawn together.
function take(event) {
  events = [event, ...events.slice(0, kMostEvents - 1)];
  drawing ||= requestAnimationFrame(() => {
    drawing = 0;
    parts.showEvents(events);
  });
  onChange();
}

function onChange() {
  if (changed) return;
  changed = true;
  schedule();
}

// A browser has few connections to one host, and a stream keeps one: a hidden tab lets it go.
function onVisibility() {
  if (document.hidden) {
    stream?.close();
    stream = null;
    schedule();
  } else {
    refresh();
  }
}

// -------------------------------------------------------------------------------------------------

let filtering = 0;

function onFilter() {
  filtering ||= requestAnimationFrame(() => {
    filtering = 0;
    if (status) parts.showVips(status);
  });
}

document.getElementById("filter").addEventListener("input", onFilter);
document.addEventListener("visibilitychange", onVisibility);
setInterval(tick, 1000);
refresh();
