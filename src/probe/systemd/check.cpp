// Kind `systemd`: a unit is active, says systemd over D-Bus.
#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/base/join.hpp"
#include "vipherd/base/unit_name.hpp"
#include "vipherd/probe/bus.hpp"
#include "vipherd/probe/unit_state.hpp"

namespace vipherd::probe::systemd {
namespace {

namespace asio = boost::asio;
using model::SettingType;
using Texts = std::vector<std::string>;

/// The deadline of a probe is the Prober's; D-Bus only must not wait for ever.
constexpr auto kAnswerWithin = std::chrono::hours(2);

/// org.freedesktop.systemd1(5), ActiveState.
constexpr std::array<std::string_view, 8> kStates{"active",      "reloading",  "inactive",
                                                  "failed",      "activating", "deactivating",
                                                  "maintenance", "refreshing"};

struct SystemdSettings {
  std::string unit;
  Texts expect;  ///< the states that pass
};

class SystemdProbe : public Probe {
 public:
  SystemdProbe(Bus& bus, std::shared_ptr<const SystemdSettings> settings, Finish finish)
      : settings_(std::move(settings)), finish_(std::move(finish)) {
    auto slot = ask_unit_state(bus, settings_->unit, kAnswerWithin,
                               [this](const Result<UnitState>& state) { end(state); });
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
  void end(const Result<UnitState>& state) {
    const auto settings = settings_;
    const auto finish = std::exchange(finish_, nullptr);
    if (!state) {
      finish(could_not_run(state.error().what));
      return;
    }
    const bool pass =
        state->load != "not-found" && std::ranges::count(settings->expect, state->active) > 0;
    finish({pass, in_words(settings->unit, *state)});
  }

  std::shared_ptr<const SystemdSettings> settings_;
  Finish finish_;
  BusSlot slot_;
};

class SystemdRunner : public RunnerOf<SystemdSettings> {
 public:
  explicit SystemdRunner(asio::io_context& io) : io_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const SystemdSettings> settings,
                                     const Asker& /*asker*/, Finish finish) override {
    auto bus = Bus::connected(io_);
    if (!bus) {
      finish(could_not_run(bus.error().what));
      return nullptr;
    }
    bus_ = std::move(*bus);
    return std::make_unique<SystemdProbe>(*bus_, std::move(settings), std::move(finish));
  }

  asio::io_context& io_;
  std::shared_ptr<Bus> bus_;  ///< of the last probe, kept for the next
};

model::Preparation prepare_systemd(const model::Settings& given) {
  SettingReader reader(given);
  SystemdSettings settings{reader.text("unit"), reader.get("expect", Texts{"active", "reloading"})};
  if (!is_unit_name(settings.unit)) {
    reader.error("unit", "expected a unit with its suffix such as \"nginx.service\", got \"" +
                             settings.unit + "\"");
  }
  if (settings.expect.empty()) {
    reader.error("expect", "expected at least one state, such as [\"active\"]");
  }
  for (const std::string& state : settings.expect) {
    if (std::ranges::count(kStates, state) > 0) continue;
    reader.error("expect", "expected states of " + join(kStates) + "; got \"" + state + "\"");
  }
  return std::move(reader).prepared(std::move(settings));
}

}  // namespace

Kind kind() {
  return {{"systemd",
           "passes while a systemd unit is active",
           {{"unit", SettingType::text, true, "the unit, \"nginx.service\""},
            {"expect", SettingType::texts, false,
             "the states that pass; default: [\"active\", \"reloading\"]"}},
           prepare_systemd,
           {},
           0},  // all share one connection
          make_runner<SystemdRunner>};
}

}  // namespace vipherd::probe::systemd
