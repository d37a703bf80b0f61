// What systemd says of a unit, read from D-Bus messages. Asks for it, connects nowhere.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "vipherd/base/result.hpp"
#include "vipherd/probe/bus.hpp"

namespace vipherd::probe {

/// The words are systemd's: LoadState, ActiveState and SubState.
struct UnitState {
  std::string load;
  std::string active;
  std::string sub;
  std::string path;  ///< its D-Bus object, known by the name that the unit has beside its aliases
  friend bool operator==(const UnitState&, const UnitState&) = default;
};

/// "nginx.service is active (running)", "there is no unit ngin.service".
std::string in_words(const std::string& unit, const UnitState& state);

/// By Manager.ListUnitsByNames, which also knows units that are not loaded, or not there.
Result<BusSlot> ask_unit_state(Bus& bus, const std::string& unit, Duration timeout,
                               std::function<void(Result<UnitState>)> done);

/// Asks for the main process of the service at this path; 0 if there is none.
Result<BusSlot> ask_main_process(Bus& bus, const std::string& path, Duration timeout,
                                 std::function<void(Result<pid_t>)> done);

/// What PropertiesChanged tells, as far as it concerns us.
struct UnitChange {
  std::optional<std::string> active;
  std::optional<std::string> sub;
  std::optional<pid_t> main_process;
};
/// Fails on anything that is not as systemd sends it.
Result<UnitChange> read_change(sd_bus_message& signal);

}  // namespace vipherd::probe
