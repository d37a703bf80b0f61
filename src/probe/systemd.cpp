// Kind `systemd`: a unit is active, says systemd over D-Bus.
#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "probe/bus.hpp"
#include "probe/kind.hpp"
#include "probe/unit_state.hpp"
#include "vipherd/base/unit_name.hpp"

namespace vipherd::probe {
namespace {

namespace asio = boost::asio;
using model::setting_or;
using model::SettingFault;
using model::Settings;
using model::SettingType;
using Texts = std::vector<std::string>;

/// The deadline of a probe is the Prober's; D-Bus only must not wait for ever.
constexpr auto kAnswerWithin = std::chrono::hours(2);

/// org.freedesktop.systemd1(5), ActiveState.
constexpr std::array<std::string_view, 8> kStates{"active",      "reloading",  "inactive",
                                                  "failed",      "activating", "deactivating",
                                                  "maintenance", "refreshing"};

Texts expected(const Settings& settings) {
  return setting_or<Texts>(settings, "expect", {"active", "reloading"});
}

class SystemdProbe : public Probe {
 public:
  SystemdProbe(Bus& bus, const Settings& settings, Finish finish) : finish_(std::move(finish)) {
    const auto unit = setting_or<std::string>(settings, "unit", {});
    auto slot = ask_unit_state(bus, unit, kAnswerWithin,
                               [this, unit, expect = expected(settings)](Result<UnitState> state) {
                                 end(unit, expect, state);
                               });
    if (slot) {
      slot_ = std::move(*slot);
    } else {
      std::exchange(finish_, nullptr)(could_not_run(slot.error().what));
    }
  }
  std::string awaited() const override { return "answer from systemd"; }
  /// It is busy, with a reload of all units for instance; the service has nothing to do with it.
  model::Failure silence() const override { return model::Failure::not_run; }

 private:
  void end(const std::string& unit, const Texts& expect, const Result<UnitState>& state) {
    const auto finish = std::exchange(finish_, nullptr);
    if (!state) {
      finish(could_not_run(state.error().what));
      return;
    }
    const bool pass = state->load != "not-found" && std::ranges::count(expect, state->active) > 0;
    finish({pass, in_words(unit, *state)});
  }

  Finish finish_;
  BusSlot slot_;
};

class SystemdRunner : public Runner {
 public:
  explicit SystemdRunner(asio::io_context& io) : io_(io) {}
  std::unique_ptr<Probe> start(const Settings& settings, const Asker& /*asker*/,
                               Finish finish) override {
    auto bus = Bus::connected(io_);
    if (!bus) {
      finish(could_not_run(bus.error().what));
      return nullptr;
    }
    bus_ = std::move(*bus);
    return std::make_unique<SystemdProbe>(*bus_, settings, std::move(finish));
  }

 private:
  asio::io_context& io_;
  std::shared_ptr<Bus> bus_;  ///< of the last probe, kept for the next
};

std::vector<SettingFault> validate(const Settings& settings) {
  std::vector<SettingFault> faults;
  const auto unit = setting_or<std::string>(settings, "unit", {});
  if (!is_unit_name(unit)) {
    faults.push_back({"unit", "expected a unit with its suffix such as \"nginx.service\", got \"" +
                                  unit + "\""});
  }
  const Texts expect = expected(settings);
  if (expect.empty()) {
    faults.push_back({"expect", "expected at least one state, such as [\"active\"]"});
  }
  for (const std::string& state : expect) {
    if (std::ranges::count(kStates, state) > 0) continue;
    std::string known;
    for (const std::string_view each : kStates)
      known += (known.empty() ? "" : ", ") + std::string(each);
    faults.push_back({"expect", "expected states of " + known + "; got \"" + state + "\""});
  }
  return faults;
}

}  // namespace

Kind systemd_kind() {
  return {{"systemd",
           "passes while a systemd unit is active",
           {{"unit", SettingType::text, true, "the unit, \"nginx.service\""},
            {"expect", SettingType::texts, false,
             "the states that pass; default: [\"active\", \"reloading\"]"}},
           validate,
           {},
           {},
           0},  // all share one connection
          [](asio::io_context& io) -> std::unique_ptr<Runner> {
            return std::make_unique<SystemdRunner>(io);
          }};
}

}  // namespace vipherd::probe
