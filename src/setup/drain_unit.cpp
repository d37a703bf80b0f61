#include "vipherd/setup/drain_unit.hpp"

#include <chrono>

namespace vipherd::setup {
namespace {

using namespace std::chrono_literals;

constexpr const char* kBinary = "/usr/sbin/vipherd";
/// What it takes to hear that an agent hangs (5 s), and to be killed.
constexpr Duration kBeyondTimeout = 10s;
/// TimeoutStopSec= of vipherd.service, and the same as above.
constexpr Duration kOwnStop = 20s + kBeyondTimeout;
/// Nothing stays out for ever because its service was stopped and not started by systemd: its
/// checks decide then.
constexpr const char* kUndoneAfter = "15m";

std::string socket_option(const DrainUnit& wanted) {
  return wanted.socket.empty() ? "" : " --socket " + wanted.socket;
}

/// A reason is one argument, in quotes that both systemd and sh take.
std::string quoted(const std::string& text) { return "\"" + text + "\""; }

std::string drain_command(const DrainUnit& wanted, const std::string& target) {
  return std::string(kBinary) + " drain " + target + socket_option(wanted) + " --wait --timeout " +
         format_duration(wanted.timeout) + " --for " + kUndoneAfter +
         " --unless-drained --reason " + quoted(drain_reason(wanted.unit));
}

std::string resume_command(const DrainUnit& wanted, const std::string& target) {
  return std::string(kBinary) + " resume " + target + socket_option(wanted) + " --if-reason " +
         quoted(drain_reason(wanted.unit));
}

std::string drain_line(const DrainUnit& wanted, const std::string& target) {
  return "ExecStop=-/bin/sh -c 'systemctl is-active --quiet " + wanted.unit + " || exit 0; exec " +
         drain_command(wanted, target) + "'\n";
}

std::string resume_line(const DrainUnit& wanted, const std::string& target) {
  return "ExecStart=-" + resume_command(wanted, target) + "\n";
}

/// Whole seconds, which every systemd reads alike.
std::string stop_limit(const DrainUnit& wanted, Duration beyond) {
  const auto all = wanted.timeout * static_cast<int>(wanted.targets.size()) + beyond;
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(all).count()) + "s";
}

}  // namespace

std::string drain_unit_name(const std::string& unit) {
  return "vipherd-drain-" + unit.substr(0, unit.rfind('.')) + ".service";
}

std::string drain_reason(const std::string& unit) { return unit + " stops"; }

std::string drain_unit_text(const DrainUnit& wanted) {
  const std::string name = drain_unit_name(wanted.unit);
  std::string text =
      "# /etc/systemd/system/" + name + ", by `vipherd integrate " + wanted.unit + "`.\n";
  text += "# Before systemd stops " + wanted.unit +
          " (systemctl stop or restart, an upgrade, a shutdown) this drains what it\n"
          "# serves, and brings it back after the start. It begins to work with\n"
          "#   systemctl daemon-reload && systemctl enable --now " +
          name +
          "\n"
          "# and is taken away by\n"
          "#   systemctl disable " +
          name + " && rm /etc/systemd/system/" + name +
          " && systemctl daemon-reload\n"
          "\n[Unit]\n"
          "Description=vipherd: drain before " +
          wanted.unit +
          " stops, resume after it has started\n"
          "Documentation=man:vipherd(8)\n"
          "# Stopped and restarted with it; started by it ([Install]). What is started after it is "
          "stopped before it.\n"
          "PartOf=" +
          wanted.unit +
          "\n"
          "After=" +
          wanted.unit +
          " vipherd.service\n"
          "\n[Service]\n"
          "Type=oneshot\n"
          "RemainAfterExit=yes\n"
          "# \"-\": whatever happens here, " +
          wanted.unit +
          " stops and starts. Only what is drained for this reason returns:\n"
          "# what an operator has drained stays drained.\n";
  for (const std::string& target : wanted.targets) text += resume_line(wanted, target);
  text +=
      "# Not when the service has died: then its checks have withdrawn it. An agent that does not "
      "run fails at once,\n"
      "# one that hangs within 5 s.\n";
  for (const std::string& target : wanted.targets) text += drain_line(wanted, target);
  text +=
      "TimeoutStartSec=10s\n"
      "# The last bound of what a stop may be held up.\n"
      "TimeoutStopSec=" +
      stop_limit(wanted, kBeyondTimeout) +
      "\n"
      "\n[Install]\n"
      "WantedBy=" +
      wanted.unit + "\n";
  return text;
}

std::string own_drop_in_text(const DrainUnit& wanted) {
  std::string text = std::string("# /etc/systemd/system/") + kOwnDropIn +
                     ", by `vipherd integrate vipherd.service`.\n"
                     "# \"systemctl stop vipherd\" and a shutdown drain before they withdraw. It "
                     "begins to work with\n"
                     "#   systemctl daemon-reload\n"
                     "\n[Service]\n"
                     "# After the unit's own ExecStop=, which hands over if this is a restart: "
                     "then no agent is left to drain.\n";
  for (const std::string& target : wanted.targets) {
    text += std::string("ExecStop=-") + drain_command(wanted, target) + "\n";
  }
  text +=
      "# The next agent, also after a reboot, begins with what is drained: this drain is over "
      "then.\n";
  for (const std::string& target : wanted.targets) {
    text += std::string("ExecStartPost=-") + resume_command(wanted, target) + "\n";
  }
  // The agent's own stop comes after all that.
  text += "TimeoutStopSec=" + stop_limit(wanted, kOwnStop) + "\n";
  return text;
}

}  // namespace vipherd::setup
