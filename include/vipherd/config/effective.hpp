// The configuration as it is in force: every key with its value, also those that were not written,
// and where each value comes from. Pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "vipherd/config/load.hpp"

namespace vipherd::config {

struct EffectiveValue {
  std::vector<std::string> table;  ///< "services", "web"
  std::string key;
  std::string value;  ///< as TOML
  std::string from;   ///< "FILE:LINE"; empty: the default
  /// Why the key cannot be written so; then it is shown as a comment. Empty: it can.
  std::string note{};
  friend bool operator==(const EffectiveValue&, const EffectiveValue&) = default;
};

/// `config` is what parse() has made of `sources`. In the order of the documentation. What a kind
/// of check understands is there if it was given: its defaults are the kind's own.
std::vector<EffectiveValue> effective_values(const model::Config& config,
                                             std::span<const Source> sources);

/// As TOML, from which parse() makes the same configuration again; each line ends with where its
/// value comes from. Without `defaults` only what was given.
std::string render_effective(std::span<const EffectiveValue> values, bool defaults);

/// "services.web.tag"; names that TOML would not take as they are are quoted.
std::string key_of(const EffectiveValue& value);

}  // namespace vipherd::config
