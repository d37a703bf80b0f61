// What all of the core's functions work on: one event being applied to the state.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/state.hpp"
#include "vipherd/model/action.hpp"

namespace vipherd::core {

struct Turn {
  State& state;
  TimePoint now;         ///< the moment of the event
  model::Actions out{};  ///< to be carried out, in this order

  void note(model::LogLevel level, std::string text,
            std::optional<model::StateChange> change = std::nullopt) {
    out.emplace_back(model::action::Note{level, std::move(text), std::move(change)});
  }
};

}  // namespace vipherd::core
