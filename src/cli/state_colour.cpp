#include "cli/state_colour.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace vipherd::cli {
namespace {

using Word = std::pair<std::string_view, Colour>;

/// What is not here is neither good nor bad by itself.
constexpr std::array kStates{
    Word{"running", Colour::green},   Word{"connected", Colour::green},
    Word{"applied", Colour::green},   Word{"up", Colour::green},
    Word{"watching", Colour::green},  Word{"announced", Colour::green},
    Word{"attached", Colour::green},  Word{"reached", Colour::green},
    Word{"down", Colour::red},        Word{"disconnected", Colour::red},
    Word{"rejected", Colour::red},    Word{"failed", Colour::red},
    Word{"losing", Colour::red},      Word{"unreached", Colour::red},
    Word{"partly", Colour::red},      Word{"lingering", Colour::red},
    Word{"starting", Colour::yellow}, Word{"stopping", Colour::yellow},
    Word{"disabled", Colour::yellow}, Word{"undecided", Colour::yellow},
    Word{"waiting", Colour::yellow},  Word{"foreign", Colour::yellow},
    Word{"working", Colour::green},   Word{"alive", Colour::green},
    Word{"silent", Colour::yellow},
};

}  // namespace

Colour colour_of_state(std::string_view state) {
  const auto* const found = std::ranges::find(kStates, state, &Word::first);
  return found == kStates.end() ? Colour::none : found->second;
}

Colour colour_of(model::HealthState state) {
  switch (state) {
    case model::HealthState::healthy:
      return Colour::green;
    case model::HealthState::drained:
      return Colour::yellow;
    case model::HealthState::unhealthy:
      return Colour::red;
  }
  return Colour::none;
}

Colour colour_of_announced(const model::VipStatus& vip) {
  if (vip.drain || vip.held) return Colour::yellow;
  // Withdrawn though it is wanted: something is in the way.
  if (vip.announced.state == model::RouteStep::withdrawn && vip.wanted) return Colour::red;
  return colour_of(vip.announced);
}

}  // namespace vipherd::cli
