// The agent's unit as systemd has it, and its control socket.
#include <grp.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>

#include "doctor/look/parts.hpp"

namespace vipherd::doctor {
namespace {

constexpr const char* kBusName = "org.freedesktop.systemd1";
constexpr const char* kUnitInterface = "org.freedesktop.systemd1.Unit";
constexpr const char* kServiceInterface = "org.freedesktop.systemd1.Service";
/// The path of vipherd.service; systemd makes the object when it is asked for.
constexpr const char* kUnitPath = "/org/freedesktop/systemd1/unit/vipherd_2eservice";
constexpr std::uint64_t kBusTimeoutUs = 2'000'000;

struct Unref {
  void operator()(sd_bus* bus) const { sd_bus_flush_close_unref(bus); }
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};

class Unit {
 public:
  explicit Unit(sd_bus* bus) : bus_(bus) {}

  std::string text(const char* interface, const char* name) {
    char* value = nullptr;
    note(sd_bus_get_property_string(bus_, kBusName, kUnitPath, interface, name, nullptr, &value));
    const std::unique_ptr<char, decltype(&std::free)> owned(value, &std::free);
    return value == nullptr ? "" : value;
  }
  std::uint64_t number(const char* name) {
    std::uint64_t value = 0;
    note(sd_bus_get_property_trivial(bus_, kBusName, kUnitPath, kServiceInterface, name, nullptr,
                                     't', &value));
    return value;
  }
  /// Whether a list of commands has any.
  bool has_command(const char* name) {
    sd_bus_message* reply = nullptr;
    constexpr const char* kCommands = "a(sasbttttuii)";
    note(sd_bus_get_property(bus_, kBusName, kUnitPath, kServiceInterface, name, nullptr, &reply,
                             kCommands));
    const std::unique_ptr<sd_bus_message, Unref> owned(reply);
    if (reply == nullptr) return false;
    if (sd_bus_message_enter_container(reply, 'a', "(sasbttttuii)") <= 0) return false;
    return sd_bus_message_at_end(reply, 0) == 0;
  }
  int error() const { return error_; }

 private:
  void note(int result) {
    if (result < 0 && error_ == 0) error_ = -result;
  }
  sd_bus* bus_;
  int error_ = 0;
};

/// Over the message bus, or, as root may where none runs, over systemd's own socket.
int open_bus(sd_bus** bus) {
  const int result = sd_bus_open_system(bus);
  if (result >= 0) return result;
  if (sd_bus_new(bus) < 0) return result;
  if (sd_bus_set_address(*bus, "unix:path=/run/systemd/private") >= 0 && sd_bus_start(*bus) >= 0) {
    return 0;
  }
  return result;
}

std::vector<std::string> members_of(const group& entry) {
  std::vector<std::string> members;
  for (char** member = entry.gr_mem; member != nullptr && *member != nullptr; ++member) {
    members.emplace_back(*member);
  }
  return members;
}

Result<std::optional<AgentFacts::Socket>> look_at_control(const std::string& path) {
  if (path.empty()) return std::optional<AgentFacts::Socket>();
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<AgentFacts::Socket>();
    return fail(path + ": " + std::strerror(errno));
  }
  AgentFacts::Socket socket;
  socket.mode = status.st_mode;
  if (const group* entry = getgrgid(status.st_gid); entry != nullptr) {
    socket.group = entry->gr_name;
    socket.members = members_of(*entry);
  }
  return std::optional(socket);
}

}  // namespace

Result<UnitFacts> look_at_agents_unit() {
  sd_bus* opened = nullptr;
  const int result = open_bus(&opened);
  const std::unique_ptr<sd_bus, Unref> bus(opened);
  if (result < 0) {
    return fail(std::string("cannot reach systemd over D-Bus: ") + std::strerror(-result));
  }
  sd_bus_set_method_call_timeout(bus.get(), kBusTimeoutUs);
  Unit unit(bus.get());
  UnitFacts facts;
  facts.load_state = unit.text(kUnitInterface, "LoadState");
  facts.unit_file_state = unit.text(kUnitInterface, "UnitFileState");
  facts.restart = unit.text(kServiceInterface, "Restart");
  facts.user = unit.text(kServiceInterface, "User");
  facts.active_state = unit.text(kUnitInterface, "ActiveState");
  // Taken from the unit's file when it is started.
  const std::uint64_t watchdog = unit.number("WatchdogUSec");
  if (watchdog != UINT64_MAX) facts.watchdog_us = watchdog;
  facts.open_files = unit.number("LimitNOFILE");
  facts.stop_timeout_us = unit.number("TimeoutStopUSec");
  facts.cleans_up = unit.has_command("ExecStopPost");
  if (unit.error() != 0) {
    return fail(std::string("systemd does not tell of vipherd.service: ") +
                std::strerror(unit.error()));
  }
  return facts;
}

AgentFacts look_at_agent(const model::ApiConfig& api) {
  AgentFacts facts;
  facts.systemd = sd_booted() > 0;
  if (facts.systemd) facts.unit = look_at_agents_unit();
  facts.control = look_at_control(api.control_socket);
  return facts;
}

}  // namespace vipherd::doctor
