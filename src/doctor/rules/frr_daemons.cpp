// FRR's daemons: enabled, running, to be reached with our rights, and of a version that vipherd
// knows.
#include <algorithm>
#include <array>

#include "doctor/rules/frr_tools.hpp"
#include "vipherd/base/lines.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kDisabled{
    "frr-daemon-disabled", Severity::problem, Roles::both,
    "FRR's scripts do not start the daemon: after the next restart of FRR it is missing.",
    "DAEMON=yes in /etc/frr/daemons, and restart FRR."};
constexpr Rule kAbsent{
    "frr-daemon-absent", Severity::problem, Roles::both,
    "The daemon does not run: nothing is announced, or learned, by its protocol.",
    "systemctl status frr; the daemon's log says why it ended."};
constexpr Rule kSilent{"frr-daemon-silent", Severity::problem, Roles::both,
                       "The daemon cannot be asked, so nothing is known of its configuration.",
                       "Run the doctor as root, or as a member of group frrvty."};
constexpr Rule kZserv{"frr-zserv", Severity::problem, Roles::node,
                      "zebra's socket for routes is not there: vipherd cannot announce anything.",
                      "systemctl status frr; the path is frr.zserv_socket in vipherd.toml."};
constexpr Rule kClosed{"frr-socket-rights", Severity::problem, Roles::node,
                       "The agent runs as a user who may not open these sockets: it cannot "
                       "announce anything, or not see "
                       "to whom it is advertised.",
                       "Run the agent as user frr, as deploy/systemd/vipherd.service does; "
                       "Debian's FRR gives that user "
                       "these rights."};
constexpr Rule kNoFrr{"frr-missing", Severity::notice, Roles::router,
                      "There is no FRR here, so nothing but the kernel was looked at: another "
                      "routing daemon needs its own "
                      "settings for several next hops.",
                      "deploy/routers has complete configurations for BIRD and GoBGP."};
constexpr Rule kVersion{
    "frr-version", Severity::problem, Roles::node,
    "vipherd does not know how this FRR numbers its messages: unless it kept the numbers of a "
    "known one "
    "it is refused, and nothing is announced.",
    "Run an FRR of docs/frr.md, \"Versions\"; or try frr.dialect on a node that serves nothing."};

constexpr std::array kDaemonRules{&kDisabled, &kAbsent, &kSilent, &kZserv,
                                  &kClosed,   &kNoFrr,  &kVersion};

void look_at_enabled(const Facts& facts, const std::string& daemon, Findings& found) {
  // zebra has no line there: it is always started.
  if (daemon == "zebra") return;
  if (!facts.frr.enabled) return found.cannot_tell(kDisabled, facts.frr.enabled.error().what);
  std::string_view text = *facts.frr.enabled;
  while (!text.empty()) {
    const std::string_view line = trim(cut_line(text));
    if (line == daemon + "=yes") return;
  }
  found.add(kDisabled, "/etc/frr/daemons does not say " + daemon + "=yes").commands = {
      "sed -i '/^" + daemon + "=/d' /etc/frr/daemons", "echo " + daemon + "=yes >>/etc/frr/daemons",
      "systemctl restart frr  # this ends all sessions for a moment"};
}

/// A daemon's configuration that starts BFD sessions; the fourth that FRR has of it, `bfd` at the
/// margin, is bfdd's own.
bool uses_bfd(const Facts& facts, std::string_view daemon) {
  const auto config = config_of(facts, daemon);
  return config && std::ranges::any_of(*config, [](const ConfigLine& line) {
           std::string_view rest = line.text;
           while (!rest.empty()) {
             if (cut_word(rest) == "bfd") return line.text != line.head;
           }
           return false;
         });
}

void look_at_running(const Facts& facts, const std::string& daemon, Findings& found) {
  const DaemonFacts* state = daemon_of(facts, daemon);
  if (state == nullptr || state->running) return;
  if (state->absent) {
    found.add(kAbsent, daemon + " does not run: " + state->running.error().what);
  } else {
    found.cannot_tell(kSilent, daemon + ": " + state->running.error().what);
  }
}

void look_at_zebra(const Facts& facts, Findings& found) {
  if (facts.frr_config.traits().speaks_zapi && !facts.frr.zserv) {
    const std::string& why = facts.frr.zserv.error().what;
    if (facts.frr.zserv_absent) {
      found.add(kZserv, why);
    } else {
      found.cannot_tell(kZserv, why);
    }
  }
  if (!facts.frr.closed.empty() && facts.agent.unit) {
    found.add(kClosed, "user " + facts.agent.unit->user + ": " + listed(facts.frr.closed));
  }
  if (!facts.frr_config.dialect.empty()) return;
  if (!facts.frr.version) return;  // said of zebra already
  const std::string& version = *facts.frr.version;
  const bool known = std::ranges::any_of(model::kFrrVersions, [&](std::string_view one) {
    return version == one || version.starts_with(std::string(one) + ".");
  });
  if (!known) found.add(kVersion, "zebra is of FRR " + version, Certainty::likely);
}

}  // namespace

const Topic kDaemonTopic{"FRR's daemons", kDaemonRules};

void look_at_daemons(const Facts& facts, Findings& found) {
  if (facts.role == Role::router && !facts.frr.installed) {
    found.add(kNoFrr, "neither /etc/frr/daemons nor zebra's socket is there");
    return;
  }
  for (const std::string& daemon : needed_daemons(facts)) {
    look_at_enabled(facts, daemon, found);
    look_at_running(facts, daemon, found);
  }
  const auto uses = [&](const std::string& daemon) { return uses_bfd(facts, daemon); };
  const DaemonFacts* bfdd = daemon_of(facts, "bfdd");
  const bool runs = bfdd != nullptr && bfdd->running;  // of one that does not more is said
  if (runs && std::ranges::any_of(needed_daemons(facts), uses)) {
    look_at_enabled(facts, "bfdd", found);
  }
  if (facts.role == Role::node) look_at_zebra(facts, found);
}

}  // namespace vipherd::doctor
