// Each part of the page: what of the status is shown in it, and how.

import * as chain from "./chain.js";
import { age, element, moment, quiet, setText, state, update, updateTable } from "./dom.js";

const kVipsAtOnce = 100;
const kProblemsAtOnce = 20;

const part = (id) => document.getElementById(id);
const sinceOf = (fact) => [fact.state, fact.since, fact.why];
const factState = (fact) => state(chain.toneOf(fact.state), chain.wordOf(fact.state));

// ------------------------------------------------------------------------------------ the whole

const kOverall = {
  healthy: ["good", "✓ healthy"], drained: ["warn", "! drained"], unhealthy: ["bad", "✗ NOT HEALTHY"],
};

export function showOverall(status, health) {
  const [tone, words] = kOverall[health.state] ?? ["plain", health.state];
  const problems = health.problems.length;
  const overall = part("overall");
  overall.className = tone;
  setText(overall, words + (problems > 0 ? `: ${problems} problem${problems === 1 ? "" : "s"}` : ""));
  setText(part("node"), status.node);
  document.title = `${words.slice(0, 1)} ${status.node}: ${health.state}`;
  const up = status.services.filter((service) => service.verdict.state === "up").length;
  const announced = status.vips.filter((vip) => vip.announced.state === "announced").length;
  setText(part("counts"), `${up} of ${status.services.length} services up, ` +
    `${announced} of ${status.vips.length} VIPs announced`);
}

// More of a list on request, in steps; `show` is called again.
function withMore(section, all, size, show) {
  const button = section.querySelector(".more");
  button.size ??= size;
  const left = Math.max(0, all.length - button.size);
  button.hidden = left === 0;
  setText(button, `Show ${Math.min(size, left)} more of ${left}`);
  button.onclick = () => {
    button.size += size;
    show();
  };
  return all.slice(0, button.size);
}

export function showProblems(health) {
  const section = part("problems");
  const all = [...health.problems.map((text) => ({ tone: "bad", word: "problem", text })),
               ...health.notices.map((text) => ({ tone: "warn", word: "notice", text }))];
  const some = withMore(section, all, kProblemsAtOnce, () => showProblems(health));
  update(section.querySelector("ul"), some, (one) => `${one.word} ${one.text}`, (one) => one.text,
    (one) => element("li", {}, state(one.tone, one.word), ` ${one.text}`));
  section.querySelector("p.none").hidden = all.length > 0;
}

function scopeName(scope) {
  return scope.vip ? `VIP ${scope.vip}` : scope.service ? `service ${scope.service}` : "this node";
}

export function showInstructions(instructions) {
  updateTable(part("instructions"), instructions, (one) => `${one.command} ${scopeName(one.scope)}`, (one) => one,
    (one) => [state("warn", one.command), scopeName(one.scope), one.by || "not known", one.reason || "–",
              [age(one.since), " ago"], one.until ? age(one.until, "until") : "undone by hand"]);
}

// --------------------------------------------------------------------------- services and checks

function damping(service) {
  if (!service.damping || service.damping.penalty === 0) return "";
  return `penalty for flapping ${service.damping.penalty}${service.damping.held ? ", held down" : ""}`;
}

function serviceCells(service) {
  const watches = service.watches.map((watch) => quiet(`${watch.kind} ${watch.target}: ${watch.state.state}`));
  const disabled = service.disabled_by ? quiet(`by the ${service.disabled_by}`) : "";
  return [service.name, [factState(service.verdict), disabled], age(service.verdict.since),
          service.health === null ? "–" : `${service.health}%`,
          [`${service.weight}%`, quiet(service.operator_weight === null ? "" : "by the operator")],
          String(service.vips.length), [service.verdict.why, quiet(damping(service))], watches];
}

export function showServices(services) {
  updateTable(part("services"), services, (service) => service.name,
    (service) => [sinceOf(service.verdict), service.health, service.weight, service.operator_weight,
                  service.disabled_by, service.vips.length, damping(service), service.watches], serviceCells);
}

function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function strip(recent, summary) {
  const words = `${summary.count} results, ${summary.failed} failed`;
  const svg = shape("svg", { class: "strip", viewBox: "0 0 180 26", role: "img", "aria-label": words });
  recent.forEach((one, index) => {
    const x = 180 - 6 * (recent.length - index);
    const height = one.pass ? Math.max(2, 20 * one.latency_ms / (summary.most || 1)) : 20;
    svg.append(shape("rect", { class: one.pass ? "pass" : "fail", x: x + 0.5, y: 20.5 - height, width: 4, height }));
    if (!one.pass) svg.append(shape("rect", { class: "mark", x: x + 0.5, y: 23, width: 4, height: 3 }));
  });
  return svg;
}

function latency(summary) {
  return summary ? [chain.milliseconds(summary.median),
                    quiet(`${chain.milliseconds(summary.least)} to ${chain.milliseconds(summary.most)}`)] : "–";
}

function checkCells({ service, check }) {
  const summary = chain.summaryOf(check.recent);
  const last = check.last
    ? [state(check.last.pass ? "good" : "bad", check.last.pass ? "pass" : "fail"), ` ${check.last.reason}`,
       check.last.warning ? state("warn", `warning: ${check.last.warning}`) : "",
       quiet(check.fails > 0 ? `${check.fails} failed one after another` : "")]
    : "not probed yet";
  return [[`${service.name}/${check.name}`, quiet(check.type + (check.advisory ? ", advisory" : ""))],
          factState(check.verdict), age(check.verdict.since),
          summary ? strip(check.recent, summary) : "–", latency(summary), last];
}

export function showChecks(services) {
  const all = services.flatMap((service) => service.checks.map((check) => ({ service, check })));
  updateTable(part("checks"), all, ({ service, check }) => `${service.name}/${check.name}`,
    ({ check }) => [sinceOf(check.verdict), check.recent, check.last?.pass, check.last?.reason, check.last?.warning,
                    check.fails], checkCells);
}

// ------------------------------------------------------------------------- VIPs and neighbours

function vipCells({ vip, tone, path, why }) {
  const wanted = chain.wantedOf(vip);
  const advertised = chain.advertisedOf(vip);
  return [vip.vip, vip.service || "–", state(tone, path), [state(wanted.tone, wanted.word), quiet(wanted.detail ?? "")],
          [factState(vip.attached), quiet("for ", age(vip.attached.since))],
          [state(chain.announcedTone(vip), chain.wordOf(vip.announced.state)),
           quiet("for ", age(vip.announced.since))],
          [state(advertised.tone, advertised.word), ...chain.daemonLines(vip).map((line) => quiet(line))], why];
}

// Of what is shown: when the daemons were asked is not.
const vipShown = ({ vip, tone, path, why }) => [tone, path, why, vip.service, vip.wanted, vip.held, vip.drain?.step,
  vip.drain?.connections, sinceOf(vip.attached), sinceOf(vip.announced), sinceOf(vip.reach), chain.daemonLines(vip)];

export function showVips(status) {
  const services = new Map(status.services.map((service) => [service.name, service]));
  const views = chain.inOrder(status.vips.map((vip) => chain.viewOf(vip, services, status.zebra)));
  const words = part("filter").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const found = words.length === 0 ? views : views.filter((view) => chain.matches(view, words));
  const some = withMore(part("vips"), found, kVipsAtOnce, () => showVips(status));
  updateTable(part("vips"), some, ({ vip }) => vip.vip, vipShown, vipCells);
  setText(part("shown"), some.length === views.length ? `all ${views.length}`
    : `${some.length} of ${words.length > 0 ? `${found.length} found, of ` : ""}${views.length}`);
}

export function showNeighbours(vips) {
  updateTable(part("neighbours"), chain.neighboursOf(vips), (one) => one.key, (one) => one,
    (one) => [one.neighbour, one.daemon, String(one.vips), [age(one.seen), " ago"]]);
}

// ------------------------------------------------------------------------------------- the relay

// With the section go its links, where no relay is configured.
export function showRelay(relay) {
  for (const one of [part("relay"), document.querySelector('a[href="#relay"]').parentElement]) one.hidden = relay === null;
  if (relay === null) return;
  const fact = part("relay-state");
  fact.replaceChildren(factState(relay.state), ` for ${relay.own.join(" and ") || "no address"}: ${relay.state.why}`);
  updateTable(part("relay"), relay.siblings, (one) => one.address, (one) => one,
    (one) => [one.address, factState(one.state), age(one.state.since),
              one.round_trip_ms === null ? "–" : chain.milliseconds(one.round_trip_ms),
              String(one.passed_on + one.forwarded), String(one.accepted), String(one.unowned), String(one.dropped),
              `${one.connections_passed_on} passed on, ${one.connections_accepted} accepted, ${one.connections_unowned} unowned`,
              one.state.why]);
}

// --------------------------------------------------------------------------- events, the agent

const kLevels = { info: "plain", debug: "plain", warning: "warn", error: "bad" };

export function showEvents(events) {
  updateTable(part("events"), events, (event) => String(event.id), (event) => event.id,
    (event) => [moment(event.at), state(kLevels[event.level] ?? "plain", `${event.kind} ${event.state ?? ""}`.trim()),
                event.text, event.by ?? ""]);
}

export function showAgent(status) {
  const rows = [["agent", status.agent], ["zebra", status.zebra], ["configuration", status.config]];
  const section = part("agent");
  const table = section.querySelector("table");
  update(table.tBodies[0], rows, ([name]) => name, ([, fact]) => sinceOf(fact), ([name, fact]) =>
    element("tr", { role: "row" }, element("th", { role: "rowheader", scope: "row" }, name),
      ...[factState(fact), age(fact.since), fact.why].map((content, index) =>
        element("td", { role: "cell", "data-of": ["State", "For", "Why"][index] }, element("div", {}, content)))));
  const weight = status.operator_weight === null ? "" : `, weight ${status.operator_weight}% by the operator`;
  const reaction = status.last_reaction_ms === null ? ""
    : `; the last change was sent to FRR ${chain.milliseconds(status.last_reaction_ms)} after its cause`;
  setText(part("about"), `vipherd ${status.version}, announcer ${status.announcer}${weight}${reaction}`);
}
