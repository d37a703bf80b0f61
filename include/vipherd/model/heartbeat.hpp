// What the relay's siblings tell each other ten times a second (docs/relay.md): that they are
// alive, and whom they hear.
#pragma once

#include <cstdint>

#include "vipherd/base/duration.hpp"

namespace vipherd::model {

struct Heartbeat {
  enum class Kind : std::uint8_t {
    alive,
    handing_over,  ///< silent in a moment, until its successor begins; its kernel goes on
    leaving        ///< the last one
  };
  /// One message of one run of an agent. Numbers grow within a run, which is a number drawn at
  /// random; 0: none.
  struct Mark {
    std::uint64_t run = 0;
    std::uint64_t number = 0;
    friend bool operator==(const Mark&, const Mark&) = default;
  };
  Kind kind = Kind::alive;
  Mark mark{};
  /// The newest that the sender has of the receiver: proof that it hears it, and that this message
  /// is no old one sent again.
  Mark echo{};
  Duration held{};  ///< from hearing that one to sending this one
  friend bool operator==(const Heartbeat&, const Heartbeat&) = default;
};

}  // namespace vipherd::model
