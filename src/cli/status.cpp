#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "cli/commands.hpp"
#include "cli/http_get.hpp"
#include "cli/status_table.hpp"
#include "vipherd/wire/status_json.hpp"

namespace vipherd::cli {
namespace {

struct Options {
  std::string url = "http://127.0.0.1:9117";
  bool json = false;
};

int show(const Options& options) {
  std::string url = options.url;
  while (url.ends_with('/')) url.pop_back();
  const auto body = http_get(url + "/v1/status");
  if (!body) {
    std::fprintf(stderr, "vipherd: no agent answers: %s\n", body.error().what.c_str());
    return kFailure;
  }
  const auto status = wire::decode_status(*body);
  if (!status) {
    std::fprintf(stderr, "vipherd: %s: %s\n", url.c_str(), status.error().what.c_str());
    return kFailure;
  }
  const std::string text = options.json ? *body : render_status(*status);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return model::judge(*status).healthy ? kOk : kFailure;
}

}  // namespace

Command add_status(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("status", "Show what is checked, attached and announced");
  command->add_option("--url", options->url, "Where the agent's API is (api.listen)")
      ->capture_default_str()
      ->type_name("URL");
  command->add_flag("--json", options->json, "Print the agent's answer as it is");
  command->footer(
      "Exits 0 if every enabled service is up and every VIP of theirs is announced, else 1;\n"
      "also 1 if no agent answers within 5 seconds.");
  return {command, [options] { return show(*options); }};
}

}  // namespace vipherd::cli
