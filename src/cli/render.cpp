#include "vipherd/render/render.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <system_error>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/render_options.hpp"
#include "vipherd/agent/config_files.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/frr/running_config.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

constexpr const char* kRunning = "running";
constexpr std::size_t kMostRead = std::size_t{16} << 20;
constexpr Duration kRunningLimit = std::chrono::seconds(5);

struct Known {
  std::optional<model::Config> config{};
  model::RenderAnswers table{};
};

/// vipherd.toml with its table [render]; nothing, after it was said why, if it cannot be used.
std::optional<Known> read_known(const std::string& path) {
  const auto sources = agent::read_config_files(path);
  if (!sources) {
    complain(sources.error().what);
    return std::nullopt;
  }
  config::Loaded loaded = config::parse(*sources, probe::check_schemas(), agent::host_name());
  for (const config::ConfigError& error : loaded.errors) err_line(config::to_string(error));
  if (!loaded.config) return std::nullopt;
  return Known{std::move(loaded.config), config::parse_render(*sources)};
}

/// A router without vipherd has no vipherd.toml: the pool is an option there.
bool needs_config(const RenderOptions& options) {
  return options.node || options.config_given || options.pool.empty();
}

std::optional<render::Rendered> render_text(const RenderOptions& options, const Known& known) {
  const model::RenderAnswers answers = merge(options.answers, known.table, options.node);
  if (options.node) {
    if (!options.platform.empty()) {
      complain("--platform is of a router: a node runs FRR");
      return std::nullopt;
    }
    if (!options.pool.empty()) {
      complain("--pool is for a router: a node's is vips.pool of its configuration");
      return std::nullopt;
    }
    return render::render_node(*known.config, answers);
  }
  if (options.platform.empty()) {
    complain("which router? --platform PLATFORM");
    return std::nullopt;
  }
  const auto& pool = options.pool.empty() ? known.config->vips.pool : options.pool;
  return render::render_router(*render::find_platform(options.platform), pool, answers);
}

std::string default_file(const RenderOptions& options) {
  return options.node || options.platform == "frr" ? "/etc/frr/frr.conf" : "";
}

int show_diff(const std::string& before, const std::string& after, const std::string& name) {
  const std::string diff = render::unified_diff(before, after, name, "rendered");
  out_text(diff);
  return diff.empty() ? kOk : kFailure;
}

int compare(const RenderOptions& options, const std::string& text, std::string_view comment,
            const model::FrrConfig& frr) {
  const std::string against = options.against.empty() ? default_file(options) : options.against;
  if (against.empty()) {
    complain("compare with what? --against FILE");
    return kBadUsage;
  }
  if (against == kRunning) {
    if (default_file(options).empty()) {
      complain("--against running: only FRR's daemons can be asked");
      return kBadUsage;
    }
    const auto running = frr::read_running_config(frr, kRunningLimit);
    if (!running) {
      complain("cannot ask FRR's daemons: " + running.error().what);
      return kBadUsage;
    }
    return show_diff(render::comparable_frr(*running), render::comparable_frr(text), kRunning);
  }
  const auto in_place = files::read(against, kMostRead);
  if (!in_place) {
    complain(in_place.error().what);
    return kBadUsage;
  }
  return show_diff(options.comments ? *in_place : render::without_comments(*in_place, comment),
                   text, against);
}

/// FRR's file belongs to frr:frr and is not for all users: the owner of the old one owns the new.
int write_output(const std::string& path, const std::string& text) {
  struct stat before {};
  const bool replaced = ::stat(path.c_str(), &before) == 0;
  if (const auto written = files::replace(path, text); !written) {
    complain(written.error().what);
    return kFailure;
  }
  if (!replaced) return kOk;
  if (::chown(path.c_str(), before.st_uid, before.st_gid) == 0 &&
      ::chmod(path.c_str(), before.st_mode & 07777) == 0) {
    return kOk;
  }
  complain(path + " is written, but cannot keep its owner and mode: " +
           std::generic_category().message(errno));
  return kFailure;
}

int run_render(const RenderOptions& options) {
  Known known;
  if (needs_config(options)) {
    auto read = read_known(options.config);
    if (!read) return kBadUsage;
    known = std::move(*read);
  }
  auto rendered = render_text(options, known);
  if (!rendered) return kBadUsage;
  for (const std::string& error : rendered->errors) complain(error);
  if (!rendered->errors.empty()) return kBadUsage;
  const render::Platform* platform = render::find_platform(options.node ? "frr" : options.platform);
  std::string text = std::move(rendered->text);
  if (!options.comments) text = render::without_comments(text, platform->comment);
  if (options.diff) {
    const model::FrrConfig frr = known.config ? known.config->frr : model::FrrConfig{};
    return compare(options, text, platform->comment, frr);
  }
  if (options.output.empty()) {
    out_text(text);
    return kOk;
  }
  return write_output(options.output, text);
}

}  // namespace

Command add_render(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "render", "Write the configuration of FRR on a node, or of a router in front of it");
  const auto options = add_render_options(*command);
  command->footer(
      "What vipherd.toml does not know of the network is answered by options, or by its table\n"
      "[render] (docs/configuration.md), which the agent reads past; options win. What is missing\n"
      "is listed, all at once. Nothing is written but to --output FILE, and no daemon is told.\n"
      "\n"
      "Timers: \"tuned\" has four OSPF hellos a second, which only FRR and Cumulus know; "
      "\"seconds\" one\n"
      "each second, for nodes whose router is another one; \"default\" leaves FRR's.\n"
      "\n"
      "Examples:\n"
      "  vipherd render node --protocol bgp --node-as 65001 --router-as 65000 \\\n"
      "    --router 192.168.100.1,fd00:192::1 --router-id 192.168.100.2\n"
      "  vipherd render node --diff            what would change in /etc/frr/frr.conf?\n"
      "  vipherd render node --against running and in what the daemons run?\n"
      "  vipherd render node --protocol ospf --interface eth1 --router-id 192.168.100.2 \\\n"
      "    --output /etc/frr/frr.conf\n"
      "  vipherd render router --platform bird --pool 10.10.10.0/24 --protocol bgp \\\n"
      "    --node-as 65001 --router-as 65000 --nodes 192.168.100.0/24 \\\n"
      "    --router 192.168.100.1 --router-id 192.168.100.1 --interface eth0\n"
      "\n"
      "Exit codes: 0 written, or no difference; 1 there is one, or it cannot be written;\n"
      "2 bad configuration or usage, or nothing to compare with. See docs/render.md.");
  return {command, [options] { return run_render(*options); }};
}

}  // namespace vipherd::cli
