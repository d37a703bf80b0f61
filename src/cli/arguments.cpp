#include "cli/arguments.hpp"

#include <CLI/CLI.hpp>

#include "cli/operate.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/base/printable.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/instruction.hpp"

namespace vipherd::cli {
namespace {

std::string evaluate_service(const std::string& text) {
  return is_name(text) ? "" : "expected " + std::string(kNameRule) + ", got \"" + text + "\"";
}

std::string evaluate_target(const std::string& text) {
  const auto target = parse_target(text);
  return target ? "" : target.error().what;
}

/// `Scope` is what can be a service.
template <class Scope>
CLI::Option* add_service(CLI::App& command, const std::string& about,
                         const std::shared_ptr<Scope>& scope) {
  return command
      .add_option_function<std::string>(
          "service", [scope](const std::string& name) { *scope = model::scope::Service{name}; },
          about)
      ->type_name("SERVICE")
      ->check(evaluate_service);
}

}  // namespace

std::shared_ptr<std::string> add_socket_option(CLI::App& command) {
  auto socket = std::make_shared<std::string>(model::ApiConfig{}.control_socket);
  command.add_option("--socket", *socket, "The agent's control socket (api.control_socket)")
      ->capture_default_str()
      ->type_name("PATH");
  return socket;
}

std::shared_ptr<model::scope::Service> add_required_service_argument(CLI::App& command,
                                                                     const std::string& about) {
  auto service = std::make_shared<model::scope::Service>();
  add_service(command, about, service)->required();
  return service;
}

std::shared_ptr<model::ServiceScope> add_service_argument(CLI::App& command,
                                                          const std::string& about) {
  auto scope = std::make_shared<model::ServiceScope>();
  add_service(command, about, scope);
  return scope;
}

std::shared_ptr<model::Scope> add_target_argument(CLI::App& command, const std::string& about) {
  auto scope = std::make_shared<model::Scope>();
  command
      .add_option_function<std::string>(
          "target",
          [scope](const std::string& text) {
            const auto target = parse_target(text);
            if (target) *scope = *target;
          },
          about)
      ->type_name("SERVICE|VIP")
      ->check(evaluate_target);
  return scope;
}

std::shared_ptr<model::Terms> add_terms_options(CLI::App& command) {
  auto terms = std::make_shared<model::Terms>();
  command.add_option("--reason", terms->reason, "Why: shown by status and events")
      ->type_name("TEXT")
      ->check([](const std::string& text) -> std::string {
        if (text.size() <= model::kLongestReason && printable(text) == text) return "";
        return "expected one line of at most " + std::to_string(model::kLongestReason) + " bytes";
      });
  command
      .add_option_function<std::string>(
          "--for", [terms](const std::string& text) { terms->lasts = *parse_duration(text); },
          "Undone by itself after this time (\"30m\", \"2h\")")
      ->type_name("TIME")
      ->check([](const std::string& text) -> std::string {
        const auto lasts = parse_duration(text);
        if (!lasts) return lasts.error().what;
        if (*lasts >= std::chrono::seconds(1) && *lasts <= model::kLongestFor) return "";
        return "expected 1s to 365d, got \"" + text + "\"";
      });
  return terms;
}

void refuse_empty_values(CLI::App& command) {
  for (CLI::Option* option : command.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    const std::string type = option->get_type_name();
    option->check([type](const std::string& text) {
      return text.empty() ? "expected " + type + ", got an empty text" : "";
    });
  }
}

}  // namespace vipherd::cli
