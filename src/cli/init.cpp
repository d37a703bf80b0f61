#include "vipherd/setup/init.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

/// One option, given several times or with commas.
CLI::Option* add_texts(CLI::App& command, const std::string& option, const std::string& about,
                       const std::string& type, setup::Texts& target) {
  return command.add_option(option, target, about)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name(type);
}

/// What cannot be in a configuration cannot be in the command: the same errors, of the text that
/// would be printed.
bool report_errors(const std::string& text) {
  const std::vector<config::Source> sources{{"init", text}};
  const config::Loaded loaded = config::parse(sources, probe::check_schemas(), "node");
  for (const config::ConfigError& error : loaded.errors) complain(error.message);
  return !loaded.errors.empty();
}

int run_init(const setup::InitAnswers& answers) {
  if (answers.urls.empty() && answers.unit.empty() && answers.dns_servers.empty()) {
    complain("what is to be checked? --http URL, --dns SERVER or --unit UNIT");
    return kBadUsage;
  }
  if (answers.dns_servers.empty() != answers.dns_name.empty()) {
    complain(answers.dns_name.empty()
                 ? "what is to be asked for? --dns-name NAME, a zone or a name of yours"
                 : "which server is to be asked? --dns ADDRESS:PORT");
    return kBadUsage;
  }
  const std::string text = setup::to_toml(setup::draft_of(answers));
  if (report_errors(text)) return kBadUsage;
  out_text(text);
  return kOk;
}

}  // namespace

Command add_init(CLI::App& app) {
  CLI::App* command = app.add_subcommand("init", "Print a first configuration for your VIPs");
  const auto answers = std::make_shared<setup::InitAnswers>();
  answers->protocols = {"bgp", "ospf"};
  add_texts(*command, "--pool", "Prefixes out of which VIPs may be announced", "PREFIX",
            answers->pool)
      ->required();
  add_texts(*command, "--vip", "The VIPs, IPv4 and IPv6", "ADDRESS", answers->vips)->required();
  add_texts(*command, "--http", "Check: a GET of this URL on this node (http or https)", "URL",
            answers->urls);
  add_texts(*command, "--dns", "Check: ask this DNS server on this node", "ADDRESS[:PORT]",
            answers->dns_servers);
  command->add_option("--dns-name", answers->dns_name, "With --dns: what to ask for")
      ->type_name("NAME");
  command->add_option("--unit", answers->unit, "Watch this unit; without another check, check it")
      ->type_name("UNIT");
  command->add_option("--service", answers->service, "The service's name; web or dns unless given")
      ->type_name("NAME");
  add_texts(*command, "--protocol", "What carries the VIPs: bgp, ospf or both with a comma",
            "PROTOCOL", answers->protocols)
      ->capture_default_str();
  command->footer(
      "It is printed, nothing is written. For instance:\n"
      "  vipherd init --pool 10.10.10.0/24 --vip 10.10.10.10 --http http://127.0.0.1/ --unit "
      "nginx.service\n"
      "Exits 0, or 2 if there would be something wrong with it.");
  return {command, [answers] { return run_init(*answers); }};
}

}  // namespace vipherd::cli
