// Reads the configuration's files. Owns nothing; what the files say is checked by the config
// room.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "vipherd/base/result.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/model/settings.hpp"

namespace vipherd::agent {

/// This machine's name, of up to 64 bytes (HOST_NAME_MAX); "localhost" if the kernel tells none.
std::string host_name();

/// The file itself, then every `conf.d/*.toml` beside it in the order of their names. A
/// missing conf.d is an empty one. Fails if a file cannot be read or is no regular file.
Result<std::vector<config::Source>> read_config_files(const std::string& path);

/// The same, without what cannot be read: for the clean-up, which has to do with what there is.
struct ReadableFiles {
  std::vector<config::Source> sources;
  std::vector<std::string> problems;  ///< sentences
};
ReadableFiles read_what_is_readable(const std::string& path);

/// Reads and checks in one step, with this machine's host name; a file that cannot be read is
/// an error like any other.
config::Loaded load_config(const std::string& path, std::span<const model::CheckSchema> schemas);

}  // namespace vipherd::agent
