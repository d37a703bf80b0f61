#include "vipherd/setup/import.hpp"

#include <CLI/CLI.hpp>
#include <map>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "vipherd/config/load.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/probe/kinds.hpp"

namespace vipherd::cli {
namespace {

constexpr std::size_t kLongestImport = std::size_t{1} << 20;

struct ImportOptions {
  setup::Texts files{};
  setup::Texts pool{};
  std::optional<setup::Tool> tool{};
};

const std::map<std::string, setup::Tool>& tools() {
  static const std::map<std::string, setup::Tool> kTools{
      {"exabgp", setup::Tool::exabgp},
      {"anycast-healthchecker", setup::Tool::anycast_healthchecker},
      {"keepalived", setup::Tool::keepalived}};
  return kTools;
}

void import_one(setup::Tool tool, const setup::ImportSource& source, setup::Draft& draft) {
  switch (tool) {
    case setup::Tool::exabgp:
      return setup::import_exabgp(source, draft);
    case setup::Tool::anycast_healthchecker:
      return setup::import_anycast_healthchecker(source, draft);
    case setup::Tool::keepalived:
      return setup::import_keepalived(source, draft);
  }
}

/// What is left to do before it can be used; said after it was printed.
int complain_of_rest(const std::string& text) {
  const std::vector<config::Source> sources{{"imported", text}};
  const config::Loaded loaded = config::parse(sources, probe::check_schemas(), "node");
  for (const config::ConfigError& error : loaded.errors) complain(error.message);
  return loaded.errors.empty() ? kOk : kFailure;
}

int run_import(ImportOptions options) {
  setup::Draft draft;
  for (const std::string& path : options.files) {
    const auto text = files::read(path, kLongestImport);
    if (!text) {
      complain(text.error().what);
      return kBadUsage;
    }
    if (!options.tool) options.tool = setup::guess_tool(*text);
    if (!options.tool) {
      complain(path + ": of which tool is it? --from exabgp, anycast-healthchecker or keepalived");
      return kBadUsage;
    }
    import_one(*options.tool, {path, *text}, draft);
  }
  setup::finish_import(draft, *options.tool);
  if (!options.pool.empty()) draft.pool = options.pool;
  const std::string text = setup::to_toml(draft);
  out_text(text);
  return complain_of_rest(text);
}

}  // namespace

Command add_import(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("import", "Print what other tools' files say as a vipherd.toml");
  const auto options = std::make_shared<ImportOptions>();
  command
      ->add_option("file", options->files, "Files of ExaBGP, anycast_healthchecker or keepalived")
      ->type_name("FILE")
      ->required();
  command
      ->add_option_function<std::string>(
          "--from", [options](const std::string& name) { options->tool = tools().at(name); },
          "Of which tool: exabgp, anycast-healthchecker or keepalived; found by what they say")
      ->check(CLI::IsMember(tools()).description(""))
      ->type_name("TOOL");
  command
      ->add_option("--pool", options->pool, "Prefixes of the VIPs; without it, the VIPs themselves")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("PREFIX");
  command->footer(
      "Nothing is written. What has no equivalent is a comment that says so; docs/migrating.md has "
      "more.\n"
      "Exits 0 if the result is a valid configuration, 1 after it was said what is missing, 2 if a "
      "file\n"
      "cannot be read.");
  return {command, [options] { return run_import(*options); }};
}

}  // namespace vipherd::cli
