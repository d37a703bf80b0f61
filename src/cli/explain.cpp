#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/arguments.hpp"
#include "cli/ask.hpp"
#include "cli/chain.hpp"
#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "vipherd/base/ip_prefix.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

struct ExplainOptions {
  std::shared_ptr<std::string> socket;
  std::string vip;
  std::shared_ptr<bool> json;
};

const char* word_of(LinkState state) {
  switch (state) {
    case LinkState::holds:
      return "ok";
    case LinkState::broken:
      return "broken";
    case LinkState::unknown:
      return "unknown";
    case LinkState::waits:
      return "waits";
  }
  return "";
}

nlohmann::ordered_json time_of(WallTime time) {
  if (time == WallTime{}) return nullptr;
  return format_wall_time(time);
}

nlohmann::ordered_json json_of(const Chain& chain, const model::Status& status) {
  auto links = nlohmann::ordered_json::array();
  for (const Link& link : chain.links) {
    links.push_back({{"link", link.name},
                     {"holds", word_of(link.state)},
                     {"state", link.fact.state},
                     {"since", time_of(link.fact.since)},
                     {"seen", time_of(link.seen)},
                     {"why", link.fact.reason}});
  }
  return {{"vip", chain.vip},
          {"node", status.node},
          {"complete", chain.whole},
          {"verdict", conclusion_of(chain)},
          {"links", std::move(links)}};
}

int explain(const ExplainOptions& options) {
  const auto vip = IpAddress::parse(options.vip);
  if (!vip) {
    complain(vip.error().what);
    return kBadUsage;
  }
  // The agent asks the daemons now: what it knew may be as old as its last round.
  const Endpoint endpoint{*options.socket, ""};
  auto body = ask_for_200(endpoint, "POST", "/v1/vips/" + vip->to_string() + "/observe");
  // Of what is no VIP here the status tells as much.
  if (!body) body = ask_for_200(endpoint, "GET", "/v1/status");
  const auto status = body ? wire::decode_status(*body) : body.error();
  if (!status) {
    complain(status.error().what);
    return kFailure;
  }
  const Chain chain = chain_of(*status, vip->to_string());
  if (*options.json) {
    out_json(json_of(chain, *status));
  } else {
    out_text(render(chain, *status));
  }
  return chain.whole ? kOk : kFailure;
}

}  // namespace

Command add_explain(CLI::App& app) {
  const auto options = std::make_shared<ExplainOptions>();
  CLI::App* added =
      app.add_subcommand("explain", "Follow one VIP from its checks to each neighbour of FRR");
  options->socket = add_socket_option(*added);
  added->add_option("vip", options->vip, "The VIP's address")->required()->type_name("VIP");
  options->json = add_json_option(*added);
  added->footer(
      "One line a link of the chain; the first broken one is marked, and those after it hang on "
      "it.\nFRR's daemons are asked now; SEEN is how long ago each answered.\n"
      "Exits 0 if the path is complete, 1 if it stops, is not known, or no agent answers.");
  return {added, [options] { return explain(*options); }};
}

}  // namespace vipherd::cli
