// Writes the configuration of routing software out of what vipherd.toml and a few answers say.
// Pure: text out of values; reads and writes no file and asks no daemon.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/render.hpp"

namespace vipherd::render {

/// The text, or every reason why there is none: what is missing, and which option gives it.
struct Rendered {
  std::string text{};
  std::vector<std::string> errors{};  ///< sentences; empty exactly if there is a text
};

/// The whole frr.conf of a load balancer.
Rendered render_node(const model::Config& config, const model::RenderAnswers& answers);

struct Subject;
/// A kind of router in front of the load balancers.
struct Platform {
  std::string_view name;     ///< as --platform has it
  std::string_view what;     ///< it is, and which versions
  std::string_view comment;  ///< how a line of comment begins
  bool bgp;
  bool ospf;                ///< neither: static routes
  bool unnumbered;          ///< it is known how to do without addresses on links
  bool default_route;       ///< and how to send a default route
  bool own_addresses;       ///< it has to be told its own addresses towards the load balancers
  bool ports;               ///< and its ports also where nothing but BFD is bound to them
  std::string_view tested;  ///< what the tests run it with; empty: it was never run
  std::string_view manual;  ///< where the syntax is from
  std::string (*render)(const Subject& subject);
  bool slashes = false;  ///< its ports have longer names than the kernel's, with slashes
};

/// In the order of the help.
std::span<const Platform> platforms();
/// nullptr if there is none of that name.
const Platform* find_platform(std::string_view name);

/// The configuration of a router that takes VIPs out of `pool` from the load balancers.
Rendered render_router(const Platform& platform, const std::vector<IpPrefix>& pool,
                       const model::RenderAnswers& answers);

/// The text without blank lines and lines that begin with `comment`, whatever their indentation.
std::string without_comments(std::string_view text, std::string_view comment);

/// Lines that tell what turns `before` into `after`, as `diff -u` has them; empty if nothing does.
std::string unified_diff(std::string_view before, std::string_view after,
                         std::string_view before_name, std::string_view after_name);

/// FRR's configuration in a form that does not depend on who wrote it (a person, or `show
/// running-config` of one daemon or all): without comments, each block once, lines in order of the
/// alphabet. To be compared, not to be loaded.
std::string comparable_frr(std::string_view text);

}  // namespace vipherd::render
