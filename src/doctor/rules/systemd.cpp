// The agent's unit, and who may command the agent.
#include <algorithm>
#include <array>

#include "doctor/rules/findings.hpp"

namespace vipherd::doctor {
namespace {

constexpr Rule kNoSystemd{
    "systemd-absent", Severity::notice, Roles::node,
    "Without systemd nothing restarts an agent that ends, ends one that hangs, or cleans up after "
    "it, "
    "unless something else does.",
    "Nothing, if another supervisor does what deploy/systemd/vipherd.service does."};
constexpr Rule kNoUnit{"unit-missing", Severity::problem, Roles::node,
                       "systemd knows no unit vipherd.service: nothing starts the agent at boot, "
                       "restarts it, or cleans up "
                       "after it.",
                       "Install deploy/systemd/vipherd.service."};
constexpr Rule kNotEnabled{
    "unit-not-enabled", Severity::problem, Roles::node,
    "The agent is not started at boot: after the next one the node announces nothing.",
    "systemctl enable vipherd"};
constexpr Rule kNotActive{
    "unit-not-active", Severity::problem, Roles::node,
    "The agent does not run: the node announces nothing, or what another agent handed over.",
    "systemctl start vipherd; journalctl -u vipherd tells why it ended."};
constexpr Rule kNoWatchdog{
    "unit-watchdog", Severity::problem, Roles::node,
    "An agent that hangs is not ended: its VIPs stay announced, whatever becomes of the services.",
    "WatchdogSec=2s in the unit."};
constexpr Rule kNoRestart{
    "unit-restart", Severity::problem, Roles::node,
    "An agent that ends is not started again: the node announces nothing until it is started.",
    "Restart=always in the unit."};
constexpr Rule kNoCleanUp{
    "unit-clean-up", Severity::problem, Roles::node,
    "What a killed agent leaves in the kernel, or in FRR, stays until the next one starts.",
    "ExecStopPost=/usr/sbin/vipherd cleanup --config /etc/vipherd/vipherd.toml in the unit."};
constexpr Rule kStopTimeout{
    "unit-stop-timeout", Severity::problem, Roles::node,
    "systemd kills the agent before it has withdrawn, waited and detached (node.shutdown_timeout).",
    "A TimeoutStopSec= in the unit that is longer than node.shutdown_timeout."};
constexpr Rule kOpenFiles{
    "unit-open-files", Severity::notice, Roles::node,
    "With many checks at once the agent runs out of file descriptors, and those checks fail.",
    "LimitNOFILE=65536 in the unit."};
constexpr Rule kControlOpen{
    "control-socket-open", Severity::problem, Roles::node,
    "Every user of this host may drain, disable and end the agent.",
    "Restart the agent by its unit, which gives the socket to root and group frr alone."};
constexpr Rule kControlGroup{"control-socket-group", Severity::notice, Roles::node,
                             "Members of this group may command the agent, and FRR.",
                             "Nothing, if these are operators."};

constexpr std::array kSystemdRules{&kNoSystemd,  &kNoUnit,      &kNotEnabled,  &kNotActive,
                                   &kNoWatchdog, &kNoRestart,   &kNoCleanUp,   &kStopTimeout,
                                   &kOpenFiles,  &kControlOpen, &kControlGroup};

constexpr std::uint64_t kFewFiles = 4096;

/// A drop-in, so that an update of the unit is no loss.
std::vector<std::string> drop_in(std::string_view name, std::string_view line) {
  const std::string directory = "/etc/systemd/system/vipherd.service.d";
  return {"mkdir -p " + directory,
          "printf '[Service]\\n" + std::string(line) + "\\n' >" + directory + "/" +
              std::string(name) + ".conf",
          "systemctl daemon-reload"};
}

/// What systemd takes from the unit only when it starts it.
std::vector<std::string> drop_in_for_next_start(std::string_view name, std::string_view line) {
  auto commands = drop_in(name, line);
  commands.emplace_back("# in force from the agent's next start on: systemctl restart vipherd");
  return commands;
}

void look_at_unit(const Facts& facts, const UnitFacts& unit, Findings& found) {
  if (unit.load_state == "masked") {  // nothing of the unit itself is then known
    const bool until_boot = unit.unit_file_state == "masked-runtime";
    found.add(kNotEnabled, "vipherd.service is masked").commands = {
        std::string("systemctl unmask ") + (until_boot ? "--runtime " : "") + "vipherd",
        "systemctl enable vipherd"};
    return;
  }
  if (unit.load_state != "loaded") {
    found.add(kNoUnit, "vipherd.service is " + unit.load_state);
    return;
  }
  if (unit.unit_file_state == "disabled") {
    found.add(kNotEnabled, "vipherd.service is disabled").commands = {"systemctl enable vipherd"};
  }
  if (unit.active_state != "active" && unit.active_state != "reloading") {
    found.add(kNotActive, "vipherd.service is " + unit.active_state).commands = {
        "systemctl start vipherd"};
  }
  if (!unit.watchdog_us) {
    found.cannot_tell(kNoWatchdog, "systemd tells of it only while the unit runs");
  } else if (*unit.watchdog_us == 0) {
    found.add(kNoWatchdog, "WatchdogSec= is not set").commands =
        drop_in_for_next_start("watchdog", "WatchdogSec=2s");
  }
  if (unit.restart != "always") {
    found.add(kNoRestart, "Restart=" + unit.restart).commands =
        drop_in("restart", "Restart=always\\nRestartSec=1s\\nRestartPreventExitStatus=2");
  }
  if (!unit.cleans_up) {
    found.add(kNoCleanUp, "there is no ExecStopPost=").commands = drop_in(
        "clean-up", "ExecStopPost=/usr/sbin/vipherd cleanup --config /etc/vipherd/vipherd.toml");
  }
  const Duration stop = std::chrono::microseconds(
      static_cast<std::int64_t>(std::min<std::uint64_t>(unit.stop_timeout_us, 86'400'000'000)));
  if (facts.config && stop <= facts.config->node.shutdown_timeout) {
    found.add(kStopTimeout, "TimeoutStopSec= is " + format_duration(stop) +
                                ", node.shutdown_timeout " +
                                format_duration(facts.config->node.shutdown_timeout));
  }
  if (unit.open_files < kFewFiles) {
    found.add(kOpenFiles, "LimitNOFILE= is " + std::to_string(unit.open_files)).commands =
        drop_in_for_next_start("files", "LimitNOFILE=65536");
  }
}

void look_at_socket(const AgentFacts::Socket& socket, Findings& found) {
  constexpr std::uint32_t kOthersWrite = 0002;
  constexpr std::uint32_t kGroupWrites = 0020;
  if ((socket.mode & kOthersWrite) != 0)
    found.add(kControlOpen, "the socket may be written by all");
  if ((socket.mode & kGroupWrites) != 0 && !socket.members.empty()) {
    found.add(kControlGroup, "group " + socket.group + " has " + listed(socket.members));
  }
}

}  // namespace

const Topic kSystemdTopic{"The agent's unit", kSystemdRules};

void look_at_systemd(const Facts& facts, Findings& found) {
  if (facts.role != Role::node) return;
  const AgentFacts& agent = facts.agent;
  if (!agent.systemd) {
    found.add(kNoSystemd, "this host was not booted with systemd");
  } else if (!agent.unit) {
    found.cannot_tell(kNoUnit, agent.unit.error().what);
  } else {
    look_at_unit(facts, *agent.unit, found);
  }
  if (!agent.control) {
    found.cannot_tell(kControlOpen, agent.control.error().what);
  } else if (*agent.control) {
    look_at_socket(**agent.control, found);
  }
}

}  // namespace vipherd::doctor
