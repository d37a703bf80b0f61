// Ends the agent for a successor that is about to start: everything stays announced.
#include <systemd/sd-bus.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/api/routes.hpp"

namespace vipherd::cli {
namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr auto kPatience = std::chrono::seconds(5);
constexpr auto kAskingPause = std::chrono::milliseconds(10);

struct BusDeleter {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
};
using BusPointer = std::unique_ptr<sd_bus, BusDeleter>;

/// systemd's own socket first, as systemctl does: it needs no dbus-daemon, but root.
BusPointer open_bus() {
  sd_bus* bus = nullptr;
  if (sd_bus_new(&bus) >= 0) {
    BusPointer own(bus);
    if (sd_bus_set_address(bus, "unix:path=/run/systemd/private") >= 0 && sd_bus_start(bus) >= 0) {
      return own;
    }
  }
  bus = nullptr;
  return BusPointer(sd_bus_open_system(&bus) >= 0 ? bus : nullptr);
}

/// A string that sd-bus has allocated.
std::string take(char* text) {
  const std::unique_ptr<char, decltype(&std::free)> owned(text, &std::free);
  return owned ? owned.get() : "";
}

/// Whether systemd stops the unit only to start it again. What cannot be found out is no restart:
/// then everything is withdrawn.
bool is_being_restarted(const std::string& unit) {
  const BusPointer bus = open_bus();
  if (!bus) return false;
  sd_bus_set_method_call_timeout(bus.get(), 2'000'000);
  char* path = nullptr;
  if (sd_bus_path_encode("/org/freedesktop/systemd1/unit", unit.c_str(), &path) < 0) return false;
  const std::string unit_path = take(path);
  sd_bus_message* reply = nullptr;
  if (sd_bus_get_property(bus.get(), kSystemd, unit_path.c_str(), "org.freedesktop.systemd1.Unit",
                          "Job", nullptr, &reply, "(uo)") < 0) {
    return false;
  }
  const std::unique_ptr<sd_bus_message, decltype(&sd_bus_message_unref)> owned(
      reply, &sd_bus_message_unref);
  std::uint32_t id = 0;
  const char* job = nullptr;
  if (sd_bus_message_read(reply, "(uo)", &id, &job) < 0 || id == 0) return false;
  char* type = nullptr;
  if (sd_bus_get_property_string(bus.get(), kSystemd, job, "org.freedesktop.systemd1.Job",
                                 "JobType", nullptr, &type) < 0) {
    return false;
  }
  const std::string kind = take(type);
  return kind == "restart" || kind == "try-restart";
}

/// Until nobody listens at the socket any more.
bool is_gone(const std::string& socket) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (somebody_listens(socket)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kAskingPause);
  }
  return true;
}

int hand_over(const std::string& socket, const std::string& unit) {
  if (!unit.empty() && !is_being_restarted(unit)) {
    out_line(unit + " is not being restarted: nothing is handed over");
    return kOk;
  }
  const auto answer = ask_for_200({socket, ""}, "POST", "/v1/hand-over");
  if (!answer) {
    complain(answer.error().what);
    return kFailure;
  }
  if (!is_gone(socket)) {
    complain("the agent did not end in time");
    return kFailure;
  }
  out_line("the agent has ended, everything stays announced for the next one");
  return kOk;
}

}  // namespace

Command add_hand_over(CLI::App& app) {
  CLI::App* added = app.add_subcommand("hand-over", std::string(api::call::HandOver::kHelp));
  const auto socket = add_socket_option(*added);
  const auto unit = std::make_shared<std::string>();
  added
      ->add_option("--if-restarting", *unit,
                   "Only if systemd stops this unit in order to start it again")
      ->type_name("UNIT");
  added->footer(
      "What ExecStop= of the systemd unit runs, so that \"systemctl restart\" and package upgrades "
      "change\n"
      "no route. The next agent has 60 s to start; then zebra removes what was kept.\n"
      "Exits 0 if the agent has ended or, with --if-restarting, if there was nothing to do; else "
      "1.");
  return {added, [socket, unit] { return hand_over(*socket, *unit); }};
}

}  // namespace vipherd::cli
