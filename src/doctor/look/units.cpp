// What systemd holds of units, over D-Bus.
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>

#include "doctor/look/parts.hpp"

namespace vipherd::doctor {
namespace {

constexpr const char* kBusName = "org.freedesktop.systemd1";
constexpr const char* kUnitInterface = "org.freedesktop.systemd1.Unit";
constexpr const char* kServiceInterface = "org.freedesktop.systemd1.Service";
constexpr const char* kUnits = "/org/freedesktop/systemd1/unit";
constexpr std::uint64_t kBusTimeoutUs = 2'000'000;

struct Unref {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};

struct Free {
  void operator()(char* text) const { std::free(text); }
};

/// systemd makes the object when it is asked for.
class Unit {
 public:
  Unit(sd_bus* bus, std::string name) : bus_(bus), name_(std::move(name)) {
    char* path = nullptr;
    note(sd_bus_path_encode(kUnits, name_.c_str(), &path));
    const std::unique_ptr<char, Free> owned(path);
    if (path != nullptr) path_ = path;
  }

  std::string text(const char* interface, const char* name) {
    char* value = nullptr;
    note(sd_bus_get_property_string(bus_, kBusName, path_.c_str(), interface, name, nullptr,
                                    &value));
    const std::unique_ptr<char, Free> owned(value);
    return value == nullptr ? "" : value;
  }
  std::vector<std::string> texts(const char* name) {
    char** values = nullptr;
    note(sd_bus_get_property_strv(bus_, kBusName, path_.c_str(), kServiceInterface, name, nullptr,
                                  &values));
    std::vector<std::string> all;
    for (char** value = values; value != nullptr && *value != nullptr; ++value) {
      all.emplace_back(*value);
      std::free(*value);
    }
    std::free(values);
    return all;
  }
  std::uint64_t number(const char* name) {
    std::uint64_t value = 0;
    note(sd_bus_get_property_trivial(bus_, kBusName, path_.c_str(), kServiceInterface, name,
                                     nullptr, 't', &value));
    return value;
  }
  /// Whether a list of commands has any.
  bool has_command(const char* name) {
    sd_bus_message* reply = nullptr;
    constexpr const char* kCommands = "a(sasbttttuii)";
    note(sd_bus_get_property(bus_, kBusName, path_.c_str(), kServiceInterface, name, nullptr,
                             &reply, kCommands));
    const std::unique_ptr<sd_bus_message, Unref> owned(reply);
    if (reply == nullptr) return false;
    if (sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)") <= 0) return false;
    return sd_bus_message_at_end(reply, 0) == 0;
  }
  /// What was asked so far was answered, or why not.
  Result<void> answered() const {
    if (error_ == 0) return {};
    return fail("systemd does not tell of " + name_ + ": " + std::strerror(error_));
  }

 private:
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = -result;
  }
  sd_bus* bus_;
  std::string name_;
  std::string path_;
  int error_ = 0;
};

/// Over the message bus, or, as root may where none runs, over systemd's own socket.
Result<std::unique_ptr<sd_bus, Unref>> open_bus() {
  sd_bus* opened = nullptr;
  const int result = sd_bus_open_system(&opened);
  bool open = result >= 0;
  if (!open && sd_bus_new(&opened) >= 0) {
    open = sd_bus_set_address(opened, "unix:path=/run/systemd/private") >= 0 &&
           sd_bus_start(opened) >= 0;
  }
  std::unique_ptr<sd_bus, Unref> bus(opened);
  if (!open) return fail(std::string("cannot reach systemd over D-Bus: ") + std::strerror(-result));
  sd_bus_set_method_call_timeout(bus.get(), kBusTimeoutUs);
  return bus;
}

}  // namespace

Result<UnitFacts> look_at_agents_unit() {
  const auto bus = open_bus();
  if (!bus) return bus.error();
  Unit unit(bus->get(), "vipherd.service");
  UnitFacts facts;
  facts.load_state = unit.text(kUnitInterface, "LoadState");
  facts.unit_file_state = unit.text(kUnitInterface, "UnitFileState");
  facts.restart = unit.text(kServiceInterface, "Restart");
  facts.user = unit.text(kServiceInterface, "User");
  facts.group = unit.text(kServiceInterface, "Group");
  facts.supplementary_groups = unit.texts("SupplementaryGroups");
  facts.active_state = unit.text(kUnitInterface, "ActiveState");
  // Taken from the unit's file when it is started.
  const std::uint64_t watchdog = unit.number("WatchdogUSec");
  if (watchdog != UINT64_MAX) facts.watchdog_us = watchdog;
  facts.open_files = unit.number("LimitNOFILE");
  facts.stop_timeout_us = unit.number("TimeoutStopUSec");
  facts.ambient_capabilities = unit.number("AmbientCapabilities");
  facts.cleans_up = unit.has_command("ExecStopPost");
  if (const auto answered = unit.answered(); !answered) return answered.error();
  return facts;
}

Result<bool> is_running(const std::string& name) {
  if (sd_booted() <= 0) return false;
  const auto bus = open_bus();
  if (!bus) return bus.error();
  Unit unit(bus->get(), name);
  const std::string state = unit.text(kUnitInterface, "ActiveState");
  if (const auto answered = unit.answered(); !answered) return answered.error();
  constexpr std::array<std::string_view, 3> kRuns{"active", "reloading", "activating"};
  return std::ranges::find(kRuns, state) != kRuns.end();
}

}  // namespace vipherd::doctor
