#include "vipherd/config/load.hpp"

#include <toml++/toml.h>

#include <array>
#include <list>
#include <map>

#include "config/errors.hpp"
#include "config/table.hpp"
#include "config/tables/sections.hpp"
#include "config/tables/services.hpp"
#include "config/text_limits.hpp"

namespace vipherd::config {
namespace {

constexpr std::array<std::string_view, 8> kSections{"node", "log",      "api",   "frr",
                                                    "vips", "services", "relay", "render"};

/// The sections of all files, each merged into one table. Owns the parsed documents.
class Documents {
 public:
  explicit Documents(std::span<const Source> sources);

  Errors& errors() { return errors_; }
  Table& section(std::string_view name) { return sections_.find(name)->second; }
  /// False if a file could not be parsed: then nothing can be said to be missing.
  bool complete() const { return complete_; }

 private:
  void parse(const Source& source, std::size_t index);
  void merge(std::size_t index, const toml::table& document);

  Errors errors_;
  bool complete_ = true;
  std::size_t bytes_ = 0;
  std::size_t values_ = 0;
  std::list<toml::table> documents_;  // the tables point into them
  std::map<std::string, Table, std::less<>> sections_;
};

Documents::Documents(std::span<const Source> sources) : errors_(sources) {
  for (const std::string_view name : kSections) {
    sections_.emplace(name, Table(errors_, std::string(name)));
  }
  for (std::size_t index = 0; index < sources.size(); ++index) parse(sources[index], index);
}

void Documents::parse(const Source& source, std::size_t index) {
  if (auto found = find_too_much(source.text, bytes_, values_)) {
    errors_.add({index, found->line, found->column}, std::move(found->message));
    complete_ = false;
    return;
  }
  try {
    documents_.push_back(toml::parse(std::string_view(source.text), std::string_view(source.path)));
  } catch (const toml::parse_error& error) {
    const auto& position = error.source().begin;
    errors_.add({index, position.line, position.column},
                "not valid TOML: " + std::string(error.description()));
    complete_ = false;
    return;
  }
  merge(index, documents_.back());
}

void Documents::merge(std::size_t index, const toml::table& document) {
  Table file(errors_, "");
  file.merge(index, document);
  file.allow(kSections);
  for (const std::string_view name : kSections) {
    const Value* value = file.find(name);
    if (value == nullptr) continue;
    Table& target = section(name);
    if (const toml::table* table = value->node().as_table()) {
      if (target.place() == Place{}) target.set_place(value->key_place());
      target.merge(index, *table);
    } else {
      value->expected("a table [" + std::string(name) + "]");
      complete_ = false;
    }
  }
}

void require_pool(Documents& documents) {
  const Table& vips = documents.section("vips");
  if (!documents.complete() || vips.find("pool") != nullptr) return;
  vips.error(
      "has no pool, expected pool = [\"10.10.10.0/24\", ...]: nothing outside it is "
      "ever announced");
}

void require_services(Documents& documents) {
  const Table& services = documents.section("services");
  if (!documents.complete() || !services.in_order().empty()) return;
  services.error("there is no service, expected a table [services.NAME]");
}

/// A stop waits for detach_delay, so it cannot be done in less.
void require_time_to_stop(Documents& documents, const model::Config& config) {
  if (config.vips.detach_delay < config.node.shutdown_timeout) return;
  const Value* delay = documents.section("vips").find("detach_delay");
  const Value* timeout = documents.section("node").find("shutdown_timeout");
  if (delay != nullptr) {
    delay->error("expected less than node.shutdown_timeout (" +
                 format_duration(config.node.shutdown_timeout) + ")");
  } else if (timeout != nullptr) {
    timeout->error("expected more than vips.detach_delay (" +
                   format_duration(config.vips.detach_delay) + ")");
  }
}

}  // namespace

Loaded parse(std::span<const Source> sources, std::span<const model::CheckSchema> schemas,
             std::string_view hostname) {
  Loaded loaded;
  if (sources.empty()) {
    loaded.errors.push_back({"", 0, 0, "there is no configuration file"});
    return loaded;
  }
  Documents documents(sources);
  model::Config config;
  config.node = read_node(documents.section("node"), hostname);
  config.log = read_log(documents.section("log"));
  config.api = read_api(documents.section("api"));
  config.frr = read_frr(documents.section("frr"));
  config.vips = read_vips(documents.section("vips"), config.frr.announcer);
  require_pool(documents);
  require_time_to_stop(documents, config);
  config.services = read_services(documents.section("services"), documents.errors(),
                                  {config.vips.pool, schemas, config.frr.announcer});
  require_services(documents);
  config.relay = read_relay(documents.section("relay"));
  if (config.relay) {
    forbid_vips_as_siblings(documents.section("relay"), config.services, *config.relay);
  }
  read_render(documents.section("render"));  // to find its mistakes

  loaded.errors = documents.errors().sorted();
  if (loaded.errors.empty()) loaded.config = std::move(config);
  return loaded;
}

Salvaged salvage(std::span<const Source> sources) {
  Salvaged salvaged;
  if (sources.empty()) return salvaged;
  Documents documents(sources);
  salvaged.api = read_api(documents.section("api"));
  salvaged.frr = read_frr(documents.section("frr"));
  const Table& table = documents.section("vips");
  model::VipsConfig vips;
  const Given given = read_rows(table, vips_rows(), vips);
  if (given.contains("route_protocol")) salvaged.route_protocol = vips.route_protocol;
  const bool is_there = table.find("route_protocol") != nullptr;
  salvaged.uncertain = !salvaged.route_protocol && (is_there || !documents.complete());
  salvaged.detach_delay = read_vips(table, salvaged.frr.announcer).detach_delay;
  return salvaged;
}

model::RenderAnswers parse_render(std::span<const Source> sources) {
  Documents documents(sources);
  return read_render(documents.section("render"));
}

}  // namespace vipherd::config
