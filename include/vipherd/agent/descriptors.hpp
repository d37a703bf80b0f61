// This process's limit on file descriptors, and whether a configuration can do with it.
#pragma once

#include <cstdint>
#include <string>

#include "vipherd/model/config.hpp"

namespace vipherd::agent {

/// Raises the soft limit to the hard one and returns it. Nothing here uses select(), which is why
/// the soft limit of 1024 is still usual.
std::uint64_t raise_descriptor_limit();

/// Empty, or a sentence: what the checks may need, what there is, and what to do about it.
std::string descriptor_shortage(const model::Config& config, std::uint64_t limit);

}  // namespace vipherd::agent
