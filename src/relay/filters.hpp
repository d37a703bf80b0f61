// The programs' filters at an interface, and the clsact qdisc that holds them: the one mechanism
// that kernel 6.1 and its successors share (tcx is 6.6's). A filter of ours is known by its
// priority and handle and its program's name. The handle also tells whether the qdisc was made for
// it, so that the program that removes the last one knows what to remove.
#pragma once

#include <cstdint>
#include <string>

#include "vipherd/base/result.hpp"

namespace vipherd::relay {

/// Low numbers come first. Before those that the kernel numbers by itself (49152 and less,
/// downward), so that they see a packet from a sibling as the client sent it; after those that want
/// to be first.
inline constexpr std::uint32_t kFilterPriority = 100;

struct Descriptors {
  int ingress = -1;
  int egress = -1;
};

/// Puts both on the interface, in place of a predecessor's, without a gap. Nothing changes if they
/// are there.
Result<void> put_filters(const std::string& interface, const Descriptors& programs);

/// Removes from the interface what is of these programs; a successor's stays. Nothing there is no
/// failure.
Result<void> remove_filters(unsigned interface, const Descriptors& programs);

/// Removes from the interface what is of any process of this program. True: there was something.
Result<bool> remove_any_filters(unsigned interface);

}  // namespace vipherd::relay
