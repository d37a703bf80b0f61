#include "vipherd/probe/unit_state.hpp"

#include <string_view>
#include <utility>

namespace vipherd::probe {
namespace {

constexpr const char* kService = "org.freedesktop.systemd1.Service";
constexpr const char* kProperties = "org.freedesktop.DBus.Properties";

Error not_understood() { return fail("systemd's answer is not understood"); }

/// name, description, load, active, sub, followed unit, path, job's id, type and path
Result<UnitState> read_unit(sd_bus_message* reply, const std::string& unit) {
  const char* load = nullptr;
  const char* active = nullptr;
  const char* sub = nullptr;
  const char* path = nullptr;
  const char* skipped = nullptr;
  std::uint32_t job = 0;
  if (sd_bus_message_enter_container(reply, 'a', "(ssssssouso)") <= 0) return not_understood();
  const int result = sd_bus_message_read(reply, "(ssssssouso)", &skipped, &skipped, &load, &active,
                                         &sub, &skipped, &path, &job, &skipped, &skipped);
  if (result < 0) return not_understood();
  if (result == 0) return fail("systemd does not take " + unit + " for the name of a unit");
  return UnitState{load, active, sub, path};
}

}  // namespace

std::string in_words(const std::string& unit, const UnitState& state) {
  if (state.load == "not-found") return "there is no unit " + unit;
  if (state.load == "masked") return unit + " is masked";
  // "failed (failed)" says no more than "failed".
  const bool plain = state.sub.empty() || state.sub == state.active;
  return unit + " is " + state.active + (plain ? "" : " (" + state.sub + ")");
}

Result<BusSlot> ask_unit_state(Bus& bus, const std::string& unit, Duration timeout,
                               std::function<void(Result<UnitState>)> done) {
  auto message = bus.method(kManagerPath, kManager, "ListUnitsByNames");
  if (!message) return message.error();
  if (sd_bus_message_append(message->get(), "as", 1U, unit.c_str()) < 0) {
    return fail(unit + " is no name of a unit");
  }
  return bus.call(*message, timeout, [unit, done = std::move(done)](Result<sd_bus_message*> reply) {
    done(reply ? read_unit(*reply, unit) : Result<UnitState>(reply.error()));
  });
}

Result<BusSlot> ask_main_process(Bus& bus, const std::string& path, Duration timeout,
                                 std::function<void(Result<pid_t>)> done) {
  auto message = bus.method(path.c_str(), kProperties, "Get");
  if (!message) return message.error();
  if (sd_bus_message_append(message->get(), "ss", kService, "MainPID") < 0) return not_understood();
  return bus.call(*message, timeout,
                  [done = std::move(done)](const Result<sd_bus_message*>& reply) {
                    if (!reply) {
                      done(reply.error());
                      return;
                    }
                    std::uint32_t pid = 0;
                    if (sd_bus_message_read(*reply, "v", "u", &pid) < 0) {
                      done(not_understood());
                      return;
                    }
                    done(static_cast<pid_t>(pid));
                  });
}

Result<UnitChange> read_change(sd_bus_message& signal) {
  sd_bus_message* message = &signal;
  UnitChange change;
  if (sd_bus_message_skip(message, "s") < 0 ||
      sd_bus_message_enter_container(message, 'a', "{sv}") < 0) {
    return not_understood();
  }
  for (;;) {
    const int entered = sd_bus_message_enter_container(message, 'e', "sv");
    if (entered < 0) return not_understood();
    if (entered == 0) return change;
    const char* name = nullptr;
    if (sd_bus_message_read(message, "s", &name) < 0) return not_understood();
    const std::string_view property(name);
    const char* text = nullptr;
    std::uint32_t number = 0;
    int result = 0;
    if (property == "ActiveState" || property == "SubState") {
      result = sd_bus_message_read(message, "v", "s", &text);
      if (result >= 0) (property == "ActiveState" ? change.active : change.sub) = text;
    } else if (property == "MainPID") {
      result = sd_bus_message_read(message, "v", "u", &number);
      change.main_process = static_cast<pid_t>(number);
    } else {
      result = sd_bus_message_skip(message, "v");
    }
    if (result < 0 || sd_bus_message_exit_container(message) < 0) return not_understood();
  }
}

}  // namespace vipherd::probe
