// Ends the agent for a successor that is about to start: everything stays announced.
#include <systemd/sd-bus.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "cli/waiting.hpp"
#include "vipherd/api/routes.hpp"

namespace vipherd::cli {
namespace {

constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr Duration kHandOverTimeout = std::chrono::seconds(5);
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

/// Until nothing listens at the socket any more.
bool is_gone(const std::string& socket, Duration timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (is_listened_to(socket)) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kAskingPause);
  }
  return true;
}

struct HandOverOptions {
  std::shared_ptr<std::string> socket;
  std::string unit;
  Duration timeout = kHandOverTimeout;
  std::shared_ptr<bool> json;
};

int end_with(const HandOverOptions& options, bool handed_over, const std::string& sentence) {
  if (*options.json) {
    out_json({{"handed_over", handed_over}, {"message", sentence}});
  } else {
    out_line(sentence);
  }
  return kOk;
}

int hand_over(const HandOverOptions& options) {
  if (!options.unit.empty() && !is_being_restarted(options.unit)) {
    return end_with(options, false,
                    options.unit + " is not being restarted: nothing is handed over");
  }
  const auto answer = ask_for_200({*options.socket, ""}, "POST", "/v1/hand-over");
  if (!answer) {
    complain(answer.error().what);
    return kFailure;
  }
  if (!is_gone(*options.socket, options.timeout)) {
    complain("the agent did not end in time");
    return kFailure;
  }
  return end_with(options, true,
                  "the agent has ended, everything stays announced for the next one");
}

}  // namespace

Command add_hand_over(CLI::App& app) {
  CLI::App* added = app.add_subcommand("hand-over", std::string(api::call::HandOver::kHelp));
  const auto options = std::make_shared<HandOverOptions>();
  options->socket = add_socket_option(*added);
  added
      ->add_option("--if-restarting", options->unit,
                   "Only if systemd stops this unit in order to start it again")
      ->type_name("UNIT");
  add_timeout_option(*added, options->timeout);
  options->json = add_json_option(*added);
  added->footer(
      "What ExecStop= of the systemd unit runs, so that \"systemctl restart\" and package upgrades "
      "change\n"
      "no route. The next agent has 60 s to start; then zebra removes what was kept.\n"
      "Exits 0 if the agent has ended or, with --if-restarting, if there was nothing to do; else "
      "1.");
  return {added, [options] { return hand_over(*options); }};
}

}  // namespace vipherd::cli
