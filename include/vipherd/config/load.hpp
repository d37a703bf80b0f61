// Turns the text of configuration files into a valid model::Config, or into the list of
// everything that is wrong with them. Pure: reads no file, asks no name server. Never
// corrects what it reads, never stops at the first error.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/model/config.hpp"
#include "vipherd/model/render.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::config {

/// One file: the main one first, then those of conf.d in order.
struct Source {
  std::string path;
  std::string text;
};

/// One thing that is wrong. `message` names the key and says what was expected.
struct ConfigError {
  std::string file;        ///< empty if no file could be read
  std::uint32_t line = 0;  ///< from 1; 0 without a file
  std::uint32_t column = 0;
  std::string message;
  friend bool operator==(const ConfigError&, const ConfigError&) = default;
};

/// "FILE:LINE:COLUMN: MESSAGE", as compilers write it; without a file the message alone.
std::string to_string(const ConfigError& error);

struct Loaded {
  std::optional<model::Config> config;  ///< present exactly if there are no errors
  std::vector<ConfigError> errors;      ///< in the order of the files, then by line and column
};

/// `schemas` are the kinds of check there are; `hostname` is node.name unless configured.
Loaded parse(std::span<const Source> sources, std::span<const model::CheckSchema> schemas,
             std::string_view hostname);

/// The table [render], which parse() has found to be without errors.
model::RenderAnswers parse_render(std::span<const Source> sources);

/// What cleaning up after a dead agent needs to know, out of a configuration that may be invalid or
/// of which a file is missing: what is there and valid, and the defaults for the rest.
struct Salvaged {
  std::optional<std::uint8_t> route_protocol{};  ///< if the key is there and valid
  bool uncertain = false;  ///< it may have been there: its value or a file is invalid
  Duration detach_delay = model::VipsConfig{}.detach_delay;
  model::FrrConfig frr{};
  model::ApiConfig api{};
};
Salvaged salvage(std::span<const Source> sources);

/// Empty, or why this cannot be the protocol number of our routes ("which belongs to …").
std::string route_protocol_obstacle(std::int64_t number);

}  // namespace vipherd::config
