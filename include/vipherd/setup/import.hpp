// Configurations of other tools, as far as they can be said in vipherd's words. What cannot becomes
// a remark above the service that it was of, so that it is not believed to be taken over. Pure:
// values out of text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/setup/draft.hpp"

namespace vipherd::setup {

enum class Tool : std::uint8_t { exabgp, anycast_healthchecker, keepalived };

struct ImportSource {
  std::string path;  ///< for remarks, and for a name where the file has none
  std::string text;
};

/// nullopt if it looks like none of them.
std::optional<Tool> guess_tool(std::string_view text);

/// Adds the services of one file. `healthcheck` as ExaBGP 4 and 5 have it: the options of its
/// `process` sections, or a file of options.
void import_exabgp(const ImportSource& source, Draft& draft);
/// The sections of one file of its conf.d, with its own defaults.
void import_anycast_healthchecker(const ImportSource& source, Draft& draft);
/// The virtual_servers; each becomes what the real server has to check of itself.
void import_keepalived(const ImportSource& source, Draft& draft);

/// Fills in the pool from the VIPs, and the remarks that all have in common.
void finish_import(Draft& draft, Tool tool);

}  // namespace vipherd::setup
