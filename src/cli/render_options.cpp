#include "cli/render_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <map>

#include "vipherd/base/join.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/numbers.hpp"
#include "vipherd/render/render.hpp"

namespace vipherd::cli {
namespace {

using Options = std::shared_ptr<RenderOptions>;
using Texts = std::vector<std::string>;

/// The words of an option and what they mean.
template <class T>
using Meanings = std::map<std::string, T>;

template <class T>
void add_words(CLI::App& command, const std::string& option, const std::string& about,
               const Meanings<T>& meanings, const std::string& type, std::optional<T>& target) {
  command
      .add_option_function<std::string>(
          option, [meanings, &target](const std::string& word) { target = meanings.at(word); },
          about)
      ->check(CLI::IsMember(meanings).description(""))
      ->type_name(type);
}

void add_as(CLI::App& command, const std::string& option, const std::string& about,
            std::optional<std::uint32_t>& target) {
  command
      .add_option_function<std::string>(
          option,
          [&target](const std::string& text) { target = parse_number<std::uint32_t>(text); }, about)
      ->check([](const std::string& text) {
        const auto number = parse_number<std::uint32_t>(text);
        const bool sound = number && *number > 0 && *number < 4'294'967'295;
        return sound ? "" : "expected an AS number of 1 to 4294967294, got \"" + text + "\"";
      })
      ->type_name("NUMBER");
}

/// May be given several times, or with commas.
template <class T, class Parse>
void add_list(CLI::App& command, const std::string& option, const std::string& about,
              const std::string& type, Parse parse, std::vector<T>& target) {
  command
      .add_option_function<Texts>(
          option,
          [parse, &target](const Texts& texts) {
            for (const std::string& text : texts) {
              if (auto value = parse(text)) target.push_back(std::move(*value));
            }
          },
          about)
      ->delimiter(',')
      ->allow_extra_args(false)  // what follows a value is no further one
      ->check([parse](const std::string& text) {
        const auto value = parse(text);
        return value ? "" : value.error().what;
      })
      ->type_name(type);
}

Result<std::string> parse_interface(const std::string& text) {
  // Which letters it may have depends on the platform (ge-0/0/1.0), which looks at them itself.
  const auto visible = [](unsigned char letter) { return std::isgraph(letter) != 0; };
  if (!text.empty() && std::ranges::all_of(text, visible))
    return {boost::system::in_place_value, text};
  return fail("expected the name of a network interface, got \"" + text + "\"");
}

std::string platform_names() { return join(render::platforms(), ", ", &render::Platform::name); }

void add_network_options(CLI::App& command, const Options& options) {
  using model::RenderTimers;
  using model::Routing;
  static const Meanings<bool> kYesNo{{"yes", true}, {"no", false}};
  model::RenderAnswers& answers = options->answers;
  add_words<Routing>(command, "--protocol", "bgp, ospf or both; as frr.protocols unless given",
                     {{"bgp", Routing::bgp}, {"ospf", Routing::ospf}, {"both", Routing::both}},
                     "PROTOCOL", answers.protocol);
  add_as(command, "--node-as", "The AS of all load balancers", answers.node_as);
  add_as(command, "--router-as", "The AS of the routers in front of them", answers.router_as);
  add_list(
      command, "--router", "An address of a router on the nodes' segment; several", "ADDRESS",
      [](const std::string& text) { return IpAddress::parse(text); }, answers.routers);
  add_list(
      command, "--nodes", "The network, or an address, of load balancers; several", "PREFIX",
      [](const std::string& text) { return IpPrefix::parse(text); }, answers.nodes);
  add_list(command, "--interface", "A link of this machine to the other side; several", "NAME",
           &parse_interface, answers.interfaces);
  command
      .add_option_function<std::string>(
          "--router-id",
          [&answers](const std::string& text) {
            answers.router_id = IpAddress::parse(text).value();
          },
          "Of this machine: an IPv4 address of its own")
      ->check([](const std::string& text) {
        const auto address = IpAddress::parse(text);
        return address && address->is_v4() ? "" : "expected an IPv4 address, got \"" + text + "\"";
      })
      ->type_name("ADDRESS");
  add_words<RenderTimers>(command, "--timers", "tuned (the default), seconds or default",
                          {{"tuned", RenderTimers::tuned},
                           {"seconds", RenderTimers::seconds},
                           {"default", RenderTimers::standard}},
                          "TIMERS", answers.timers);
  add_words<bool>(command, "--bfd", "yes (unless --timers default) or no", kYesNo, "YES|NO",
                  answers.bfd);
  add_words<bool>(command, "--unnumbered", "yes: BGP over links without addresses", kYesNo,
                  "YES|NO", answers.unnumbered);
  add_words<bool>(command, "--default-route", "yes: the nodes learn it from the routers", kYesNo,
                  "YES|NO", answers.default_route);
  command
      .add_option_function<std::string>(
          "--vrf",
          [&answers](const std::string& name) { answers.vrf = name == "default" ? "" : name; },
          "Of the node's services; as they have it unless they differ")
      ->check([](const std::string& text) {
        return is_device_name(text) ? "" : "expected the name of a VRF, got \"" + text + "\"";
      })
      ->type_name("NAME");
}

}  // namespace

std::shared_ptr<RenderOptions> add_render_options(CLI::App& command) {
  auto options = std::make_shared<RenderOptions>();
  command
      .add_option_function<std::string>(
          "side", [options](const std::string& side) { options->node = side == "node"; },
          "node: a load balancer; router: what stands in front of them")
      ->check(CLI::IsMember({"node", "router"}).description(""))
      ->type_name("node|router")
      ->required();
  command.add_option("--platform", options->platform, "Of a router: " + platform_names())
      ->check([](const std::string& text) {
        return render::find_platform(text) != nullptr
                   ? ""
                   : "expected one of " + platform_names() + ", got \"" + text + "\"";
      })
      ->type_name("PLATFORM");
  command
      .add_option_function<std::string>(
          "--config",
          [options](const std::string& path) {
            options->config = path;
            options->config_given = true;
          },
          "vipherd's configuration, with its table [render] [" + options->config + "]")
      ->type_name("FILE");
  add_list(
      command, "--pool", "Instead of vips.pool, for a router without vipherd; several", "PREFIX",
      [](const std::string& text) { return IpPrefix::parse(text); }, options->pool);
  add_network_options(command, options);
  command.add_flag_callback(
      "--no-comments", [options] { options->comments = false; }, "Only what is in force");
  command.add_option("--output", options->output, "Write it there, in one step")->type_name("FILE");
  command.add_flag("--diff", options->diff, "Show what it would change, and write nothing");
  command
      .add_option_function<std::string>(
          "--against",
          [options](const std::string& path) {
            options->against = path;
            options->diff = true;
          },
          "Compare with this, or with what FRR's daemons run (\"running\")")
      ->type_name("FILE|running");
  return options;
}

model::RenderAnswers merge(const model::RenderAnswers& options, model::RenderAnswers table,
                           bool node) {
  if (!node) {
    table.router_id.reset();
    table.interfaces.clear();
    table.vrf.reset();
  }
  const auto choose = [](const auto& given, auto& otherwise) {
    if (given) otherwise = given;
  };
  const auto choose_list = [](const auto& given, auto& otherwise) {
    if (!given.empty()) otherwise = given;
  };
  choose(options.protocol, table.protocol);
  choose(options.node_as, table.node_as);
  choose(options.router_as, table.router_as);
  choose_list(options.routers, table.routers);
  choose_list(options.nodes, table.nodes);
  choose_list(options.interfaces, table.interfaces);
  choose(options.router_id, table.router_id);
  choose(options.unnumbered, table.unnumbered);
  choose(options.default_route, table.default_route);
  choose(options.timers, table.timers);
  choose(options.bfd, table.bfd);
  choose(options.vrf, table.vrf);
  return table;
}

}  // namespace vipherd::cli
