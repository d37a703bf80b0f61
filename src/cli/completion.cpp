#include "cli/completion.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>

#include "cli/ask.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::cli {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(300);

bool is_shown(const CLI::Option& option) { return !option.get_group().empty(); }

/// A word that begins with a dash, taken for an option of the command.
const CLI::Option* option_of(const CLI::App& command, const std::string& word) {
  return word.starts_with("-") ? command.get_option_no_throw(word) : nullptr;
}

/// Whether the next word belongs to it. What may do without a value is taken to do without.
bool wants_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0 && option.get_items_expected_min() > 0;
}

/// What has been typed of one command.
struct Typed {
  const CLI::Option* open = nullptr;  ///< the option whose value is being typed
  std::size_t positionals = 0;
  std::string socket;
};

Typed read_words(const CLI::App& command, std::span<const std::string> words) {
  Typed typed;
  for (const std::string& word : words) {
    if (typed.open != nullptr) {
      if (typed.open->check_lname("socket")) typed.socket = word;
      typed.open = nullptr;
    } else if (const CLI::Option* option = option_of(command, word)) {
      if (wants_value(*option)) typed.open = option;
    } else if (!word.starts_with("-")) {
      ++typed.positionals;
    }
  }
  return typed;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    if (!is_shown(*option)) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

const CLI::Option* positional(const CLI::App& command, std::size_t index) {
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_positional() && index-- == 0) return option;
  }
  return nullptr;
}

/// "LEVEL:{debug,info}" -> debug, info: how CLI11 shows what CLI::IsMember takes.
std::vector<std::string> listed_values(const std::string& type) {
  const std::size_t begin = type.find('{');
  const std::size_t end = type.find('}', begin);
  std::vector<std::string> values;
  if (begin == type.npos || end == type.npos) return values;
  return CLI::detail::split(type.substr(begin + 1, end - begin - 1), ',');
}

void add(std::vector<std::string>& target, const std::vector<std::string>& more) {
  target.insert(target.end(), more.begin(), more.end());
}

/// By the name that the help has for the kind of value.
std::vector<std::string> values_of(const CLI::Option& option, const AskForNames& ask,
                                   const std::string& socket) {
  const std::string type = option.get_type_name();
  const auto has = [&](const char* word) { return type.find(word) != type.npos; };
  if (has("{")) return listed_values(type);
  if (has("FILE") || has("PATH")) return {kFileNames};
  std::vector<std::string> values;
  if (!has("SERVICE") && !has("VIP") && !has("CHECK")) return values;
  const KnownNames names = ask(socket);
  if (has("SERVICE")) add(values, names.services);
  if (has("VIP")) add(values, names.vips);
  if (has("CHECK")) add(values, names.checks);
  return values;
}

std::vector<std::string> in_command(const CLI::App& command, std::span<const std::string> words,
                                    const AskForNames& ask) {
  const Typed typed = read_words(command, words.first(words.size() - 1));
  if (typed.open != nullptr) return values_of(*typed.open, ask, typed.socket);
  if (words.back().starts_with("-")) return option_names(command);
  const CLI::Option* next = positional(command, typed.positionals);
  return next == nullptr ? std::vector<std::string>{} : values_of(*next, ask, typed.socket);
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

const CLI::App* command_called(const CLI::App& app, const std::string& name) {
  const auto all = commands_of(app);
  const auto found =
      std::ranges::find(all, name, [](const CLI::App* each) { return each->get_name(); });
  return found == all.end() ? nullptr : *found;
}

std::vector<std::string> at_the_beginning(const CLI::App& app, const std::string& typed) {
  if (typed.starts_with("-")) return option_names(app);
  std::vector<std::string> names;
  for (const CLI::App* command : commands_of(app)) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

KnownNames names_from_agent(const std::string& socket) {
  KnownNames names;
  Endpoint endpoint{socket.empty() ? model::ApiConfig{}.control_socket : socket, ""};
  endpoint.patience = kPatience;
  const auto body = ask_for_200(endpoint, "GET", "/v1/status");
  const auto status = body ? wire::decode_status(*body) : body.error();
  if (!status) return names;
  for (const model::ServiceStatus& service : status->services) {
    names.services.push_back(service.name);
    for (const model::CheckStatus& check : service.checks) {
      names.checks.push_back(service.name + "/" + check.name);
    }
  }
  for (const model::VipStatus& vip : status->vips) names.vips.push_back(vip.vip);
  return names;
}

}  // namespace

std::vector<std::string> completions(const CLI::App& app, std::span<const std::string> words,
                                     const AskForNames& ask) {
  if (words.empty()) return {};
  std::vector<std::string> found;
  if (words.size() == 1) {
    found = at_the_beginning(app, words[0]);
  } else if (const CLI::App* command = command_called(app, words[0])) {
    found = in_command(*command, words.subspan(1), ask);
  }
  if (found == std::vector<std::string>{kFileNames}) return found;
  std::erase_if(found, [&](const std::string& word) { return !word.starts_with(words.back()); });
  std::ranges::sort(found);
  return found;
}

int complete(const CLI::App& app, std::span<const std::string> words) {
  for (const std::string& word : completions(app, words, names_from_agent)) out_line(word);
  return kOk;
}

}  // namespace vipherd::cli
