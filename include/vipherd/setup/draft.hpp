// A vipherd.toml that is about to be written for a person: what there is, with remarks that become
// comments. Pure: text out of values. Says nothing of whether it is right; that is for
// config::parse() to say of the text.
#pragma once

#include <string>
#include <vector>

namespace vipherd::setup {

using Texts = std::vector<std::string>;

/// A key with its value as TOML writes it, and what stands behind it as a comment.
struct DraftKey {
  std::string name;
  std::string value;
  std::string remark{};
};

struct DraftCheck {
  std::string name;  ///< letters, digits, "-" and "_", as in a configuration
  std::vector<DraftKey> keys{};
  Texts remarks{};  ///< lines above the check
};

struct DraftService {
  std::string name;
  Texts vips{};
  std::vector<DraftKey> keys{};
  std::vector<DraftCheck> checks{};
  Texts remarks{};
};

struct Draft {
  Texts remarks{};    ///< lines at the top
  Texts protocols{};  ///< frr.protocols; empty: not written
  Texts pool{};
  std::vector<DraftService> services{};
  Texts end_remarks{};
};

/// Never two with one name: the second `web` is `web-2`. What a name cannot have becomes "-".
std::string free_name(const std::vector<DraftService>& taken, const std::string& wanted);

std::string to_toml(const Draft& draft);

}  // namespace vipherd::setup
