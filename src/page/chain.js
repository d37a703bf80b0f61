// What the status says, in words and in tones (good, warn, bad, plain, unknown). Touches no document.

// What is not here is neither good nor bad by itself.
const kTones = {
  running: "good", connected: "good", applied: "good", up: "good", watching: "good", announced: "good",
  attached: "good", reached: "good", working: "good", alive: "good",
  down: "bad", disconnected: "bad", rejected: "bad", failed: "bad", losing: "bad", unreached: "bad", partly: "bad",
  lingering: "bad",
  silent: "warn", starting: "warn", stopping: "warn", disabled: "warn", undecided: "warn", waiting: "warn", foreign: "warn",
  unknown: "unknown",
};

// Where the field has another word than the document.
const kWords = {
  losing: "not selected", foreign: "added by another program",
  reached: "to all", partly: "to some", unreached: "to none", lingering: "stale",
};

export const toneOf = (state) => kTones[state] ?? "plain";
export const wordOf = (state) => kWords[state] ?? state;

export function wantedOf(vip) {
  if (vip.drain) {
    const left = vip.drain.connections;
    const connections = left === null ? "" : `, ${left} connection${left === 1 ? "" : "s"} left`;
    return { tone: "warn", word: "drain", detail: vip.drain.step.state + connections };
  }
  if (vip.held) return { tone: "warn", word: "held" };
  return vip.wanted ? { tone: "good", word: "yes" } : { tone: "plain", word: "no" };
}

export function announcedTone(vip) {
  if (vip.drain || vip.held) return "warn";
  return vip.announced.state === "withdrawn" && vip.wanted ? "bad" : toneOf(vip.announced.state);
}

export function advertisedOf(vip) {
  if (vip.reach.state === "unknown" || !vip.reach.state) {
    return vip.announced.state === "announced" ? { tone: "unknown", word: "not known" } : { tone: "plain", word: "no" };
  }
  return { tone: toneOf(vip.reach.state), word: wordOf(vip.reach.state) };
}

// One line a daemon: whom it advertises the VIP to, or why not. That it does not advertise what is
// withdrawn needs no words.
export function daemonLines(vip) {
  if (vip.announced.state !== "announced" && !isAdvertisedBadly(vip)) return [];
  return vip.daemons.map((daemon) => {
    if (daemon.problem !== "") return daemon.problem;
    const to = daemon.neighbours === null ? "not known" : `to ${daemon.neighbours.join(", ") || "no neighbour"}`;
    const others = daemon.others === null ? "" : `; ${daemon.others} other node${daemon.others === 1 ? "" : "s"}`;
    return `${daemon.daemon} ${to}${others}`;
  });
}

const isAdvertisedBadly = (vip) => vip.reach_alarm || ["unreached", "partly", "lingering"].includes(vip.reach.state);

// The first step that does not hold, as `vipherd explain` has it: null if all do.
export function stopOf(vip, service, zebra) {
  if (!service) return { tone: isAdvertisedBadly(vip) ? "bad" : "warn", step: "configuration",
                         why: "no longer configured" };
  if (vip.drain) return { tone: "warn", step: "drain", why: vip.drain.step.why };
  if (service.verdict.state !== "up" && !vip.held) {
    return { tone: service.enabled ? "bad" : "warn", step: `service ${service.name}`, why: service.verdict.why };
  }
  if (!["attached", "foreign"].includes(vip.attached.state)) {
    return { tone: vip.attached.state === "failed" ? "bad" : "warn", step: "local on this node",
             why: vip.attached.why };
  }
  if (zebra.state !== "connected") return { tone: "bad", step: "FRR", why: zebra.why };
  if (vip.announced.state !== "announced") return { tone: "bad", step: "route in zebra", why: vip.announced.why };
  if (isAdvertisedBadly(vip)) {
    const daemon = vip.daemons.find((one) => one.problem !== "");
    return { tone: "bad", step: daemon?.daemon ?? "neighbours", why: vip.reach.why };
  }
  return null;
}

// Everything that is said of a VIP at once. Withdrawn, but still advertised: whatever it is meant to be,
// routers send packets here.
export function viewOf(vip, services, zebra) {
  const stop = stopOf(vip, services.get(vip.service), zebra);
  const stale = vip.reach.state === "lingering" && vip.reach_alarm;
  const tone = stale ? "bad" : stop?.tone ?? (vip.held ? "warn" : vip.reach.state === "reached" ? "good" : "plain");
  const path = stop ? `stops at ${stop.step}` : tone === "plain" ? "not known to whom" : "complete";
  const why = stale ? vip.reach.why : stop?.why ?? (vip.held ? vip.announced.why : "");
  return { vip, tone, path, why };
}

const kOrder = { bad: 0, warn: 1, unknown: 2, plain: 2, good: 3 };

// Those with problems first; else in the order of the configuration.
export function inOrder(views) {
  const groups = [[], [], [], []];
  for (const view of views) groups[kOrder[view.tone]].push(view);
  return groups.flat();
}

export function matches(view, words) {
  const { vip } = view;
  const text = [vip.vip, vip.service, view.path, wantedOf(vip).word, wordOf(vip.attached.state),
                wordOf(vip.announced.state), advertisedOf(vip).word, view.why].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

// One entry for each neighbour of each daemon.
export function neighboursOf(vips) {
  const found = new Map();
  for (const vip of vips) {
    for (const daemon of vip.daemons) {
      for (const neighbour of daemon.neighbours ?? []) {
        const key = `${daemon.daemon} ${neighbour}`;
        const entry = found.get(key) ?? { key, neighbour, daemon: daemon.daemon, vips: 0, seen: "" };
        entry.vips += 1;
        if (daemon.seen_at > entry.seen) entry.seen = daemon.seen_at;
        found.set(key, entry);
      }
    }
  }
  return [...found.values()].sort((a, b) => a.key.localeCompare(b.key, undefined, { numeric: true }));
}

export function milliseconds(value) {
  return value < 10 ? `${value.toFixed(2)}\u00a0ms` : value < 1000 ? `${value.toFixed(0)}\u00a0ms`
    : `${(value / 1000).toFixed(1)}\u00a0s`;
}

// Of the last results of a check: null if there are none.
export function summaryOf(recent) {
  if (!recent || recent.length === 0) return null;
  const times = recent.map((one) => one.latency_ms).sort((a, b) => a - b);
  const failed = recent.filter((one) => !one.pass).length;
  return { count: recent.length, failed, least: times[0], median: times[Math.floor(times.length / 2)],
           most: times[times.length - 1] };
}
