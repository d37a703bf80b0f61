// The options of `vipherd render`.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/render.hpp"

namespace vipherd::cli {

struct RenderOptions {
  bool node = true;  ///< else: a router
  std::string platform{};
  std::string config = kDefaultConfig;
  bool config_given = false;
  std::vector<IpPrefix> pool{};
  model::RenderAnswers answers{};
  std::string output{};  ///< empty: standard output
  bool diff = false;
  std::string against{};  ///< a file, or "running"
  bool comments = true;
};

/// Filled when the command line is parsed.
std::shared_ptr<RenderOptions> add_render_options(CLI::App& command);

/// What is given on the command line, and for the rest what the table [render] has. For a router
/// without what is there about the node alone: its id, its interfaces and its VRF.
model::RenderAnswers merge(const model::RenderAnswers& options, model::RenderAnswers table,
                           bool node);

}  // namespace vipherd::cli
