// Requests from this host, as a client sends them: which nodes answer, and is it as it should be?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/commands.hpp"
#include "cli/json_output.hpp"
#include "cli/output.hpp"
#include "cli/spread_page.hpp"
#include "cli/table.hpp"
#include "vipherd/spread/requests.hpp"
#include "vipherd/wire/url.hpp"

namespace vipherd::cli {
namespace {

constexpr std::size_t kNarrowest = 40;
constexpr double kUsualPause = 2;  // seconds
constexpr double kLeastPause = 0.5;
constexpr std::size_t kMostRequests = 100'000;
/// Rounds that are compared keep their ports: from this one on, below those that kernels choose.
constexpr std::uint16_t kFirstPort = 20'000;
constexpr std::size_t kMostCompared = 10'000;

struct SpreadOptions {
  std::string target;
  spread::Options round;
  spread::Weights weights;
  CLI::Option* watched = nullptr;
  double pause = kUsualPause;
  std::shared_ptr<bool> json;
};

bool is_ipv6(const spread::Target& target) {
  if (target.url.empty()) return !target.server.address.is_v4();
  const auto url = wire::parse_url(target.url);
  return url && url->host.starts_with('[');
}

SpreadReport report_of(const SpreadOptions& options, const spread::Round& round) {
  SpreadReport report;
  report.target = options.target;
  report.sent = {options.round.requests, is_ipv6(options.round.target),
                 options.round.target.url.empty()};
  report.weights = options.weights;
  report.tally = spread::count(round);
  report.test = spread::chi_square(report.tally, report.weights);
  report.meaning = spread::meaning_of(report.tally, report.weights, report.sent);
  return report;
}

const char* word_of(spread::Finding finding) {
  switch (finding) {
    case spread::Finding::as_expected:
      return "as_expected";
    case spread::Finding::uneven:
      return "uneven";
    case spread::Finding::one_node:
      return "one_node";
    case spread::Finding::unexpected:
      return "unexpected_node";
    case spread::Finding::too_few:
      return "too_few";
    case spread::Finding::no_answer:
      return "no_answer";
  }
  return "";
}

nlohmann::ordered_json json_of(const SpreadReport& report) {
  using Json = nlohmann::ordered_json;
  Json object{{"target", report.target},
              {"requests", report.sent.requests},
              {"answered", report.tally.answered},
              {"failed", report.tally.failed}};
  object["nodes"] = Json::array();
  for (const auto& [node, share] : spread::expected_shares(report.tally, report.weights)) {
    const auto found = report.tally.nodes.find(node);
    const std::size_t requests = found == report.tally.nodes.end() ? 0 : found->second;
    object["nodes"].push_back(
        {{"node", node},
         {"requests", requests},
         {"share", static_cast<double>(requests) /
                       static_cast<double>(std::max<std::size_t>(report.tally.answered, 1))},
         {"expected_share", share}});
  }
  object["errors"] = Json::array();
  for (const auto& [reason, times] : report.tally.errors) {
    object["errors"].push_back({{"reason", reason}, {"requests", times}});
  }
  object["chi_square"] = nullptr;
  if (report.test) {
    object["chi_square"] = {{"statistic", report.test->statistic},
                            {"degrees_of_freedom", report.test->degrees_of_freedom},
                            {"p_value", report.test->p_value}};
  }
  object["finding"] = word_of(report.meaning.finding);
  object["meaning"] = report.meaning.sentences;
  if (report.moves) {
    object["moved"] = {{"compared", report.moves->compared}, {"moved", report.moves->moved}};
  }
  return object;
}

std::size_t page_width() { return std::max(terminal_width(kUsualWidth), kNarrowest); }

int exit_code_of(const SpreadReport& report) {
  const bool well = report.meaning.finding == spread::Finding::as_expected;
  return well && report.tally.failed == 0 ? kOk : kFailure;
}

int refuse(const std::string& why) {
  complain(why);
  return kBadUsage;
}

int send_once(const SpreadOptions& options) {
  const auto round = spread::send_round(options.round);
  if (!round) return refuse(round.error().what);
  const SpreadReport report = report_of(options, *round);
  if (*options.json) {
    out_json(json_of(report));
  } else {
    out_page(render_spread(report, page_width()));
  }
  return exit_code_of(report);
}

/// Until it is interrupted.
int send_rounds(const SpreadOptions& options) {
  // Without a value CLI11 sets 0.
  const double pause = options.pause < kLeastPause ? kUsualPause : options.pause;
  Screen screen;
  spread::Round before;
  for (;;) {
    auto round = spread::send_round(options.round);
    if (!round) return refuse(round.error().what);
    SpreadReport report = report_of(options, *round);
    if (!before.empty()) report.moves = spread::moves_between(before, *round);
    before = std::move(*round);
    if (*options.json) {
      out_json(json_of(report));
      std::fflush(stdout);
    } else if (!screen.show(render_spread(report, page_width()))) {
      return kFailure;
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(pause));
  }
}

int run_spread(SpreadOptions options) {
  const auto target = spread::parse_target(options.target);
  if (!target) return refuse(target.error().what);
  options.round.target = *target;
  const bool dns = target->url.empty();
  if (dns && (!options.round.header.empty() || !options.round.body.empty())) {
    return refuse("--header and --body are for HTTP: DNS tells the node in a TXT record");
  }
  if (options.watched->count() == 0) return send_once(options);
  if (options.round.requests > kMostCompared) {
    return refuse("with --watch at most " + std::to_string(kMostCompared) +
                  " requests: each needs a source port of its own");
  }
  options.round.first_port = kFirstPort;
  return send_rounds(options);
}

void add_what_is_sent(CLI::App& command, SpreadOptions& options) {
  command.add_option("target", options.target, "http(s)://VIP/PATH, or dns:NAME@VIP[:PORT]")
      ->required()
      ->type_name("TARGET");
  command.add_option("-n,--requests", options.round.requests, "How many, each on a new connection")
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, kMostRequests))
      ->type_name("NUMBER");
  command
      .add_option_function<std::string>(
          "--from",
          [&options](const std::string& text) { options.round.from = *IpAddress::parse(text); },
          "From this address of this host")
      ->type_name("ADDRESS")
      ->check([](const std::string& text) {
        const auto address = IpAddress::parse(text);
        return address ? "" : address.error().what;
      });
  auto* header = command.add_option("--header", options.round.header, "It names the node");
  auto* body = command.add_option("--body", options.round.body,
                                  "What it finds (its first group, if any) names the node");
  header->type_name("NAME")->excludes(body);
  body->type_name("REGEX");
  command.add_flag("--insecure", options.round.insecure, "HTTPS: whatever the certificate is");
}

}  // namespace

Command add_spread(CLI::App& app) {
  const auto options = std::make_shared<SpreadOptions>();
  CLI::App* command =
      app.add_subcommand("spread", "Send requests as a client, and see which nodes answer");
  add_what_is_sent(*command, *options);
  command
      ->add_option_function<std::string>(
          "--weights",
          [options](const std::string& text) { options->weights = *spread::parse_weights(text); },
          "What is expected of which node; without it: the same of all that answer")
      ->type_name("NODE=NUMBER,...")
      ->check([](const std::string& text) {
        const auto weights = spread::parse_weights(text);
        return weights ? "" : weights.error().what;
      });
  options->watched =
      command->add_option("--watch", options->pause, "Round after round: what moved?")
          ->expected(0, 1)
          ->type_name("SECONDS")
          ->default_str("2")
          ->check(CLI::Range(kLeastPause, 3600.0));
  options->json = add_json_option(*command);
  command->footer(
      "Runs on a client of the VIPs; asks no agent. Over HTTP the first line of the answer names\n"
      "the node, unless --header or --body says where its name is; over DNS the TXT record of "
      "NAME.\n"
      "With --watch each request keeps its source port from round to round, so that one that\n"
      "another node answers was moved by a change of routes.\n"
      "Exits 0 if all requests were answered and spread as expected, 2 if it cannot be sent, "
      "else 1.");
  return {command, [options] { return run_spread(*options); }};
}

}  // namespace vipherd::cli
