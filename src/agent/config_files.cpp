#include "vipherd/agent/config_files.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <filesystem>
#include <utility>

#include "vipherd/files/files.hpp"

namespace vipherd::agent {
namespace {

namespace fs = std::filesystem;

/// Far above any sensible configuration (10,000 VIPs take 250 kB); guards against a wrong path.
/// What the files may have together is for the config room to say.
constexpr std::size_t kLargestFile = std::size_t{16} << 20;
constexpr std::size_t kMostDropIns = 10'000;

Error cannot_read(const std::string& path, const std::string& why) {
  return fail("cannot read " + path + ": " + why);
}

Result<config::Source> read_file(const std::string& path) {
  auto text = files::read(path, kLargestFile);
  if (!text) return text.error();
  return config::Source{path, std::move(*text)};
}

/// `conf.d/*.toml` beside the main file, in the order of their names.
Result<std::vector<std::string>> list_drop_ins(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path() / "conf.d";
  std::vector<std::string> paths;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  if (error == std::errc::no_such_file_or_directory) return paths;
  if (error) return cannot_read(folder.string(), error.message());
  while (entry != fs::directory_iterator()) {
    const std::string name = entry->path().filename().string();
    if (name.ends_with(".toml") && !name.starts_with('.')) paths.push_back(entry->path().string());
    if (paths.size() > kMostDropIns) {
      return cannot_read(folder.string(), "more than " + std::to_string(kMostDropIns) + " files");
    }
    entry.increment(error);
    if (error) return cannot_read(folder.string(), error.message());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  // The size counts the NUL: with one less, a name of the greatest length is refused.
  if (gethostname(name.data(), name.size()) != 0) return "localhost";
  return name.data();
}

ReadableFiles read_what_is_readable(const std::string& path) {
  ReadableFiles files;
  const auto take = [&files](Result<config::Source> source) {
    if (source) {
      files.sources.push_back(std::move(*source));
    } else {
      files.problems.push_back(source.error().what);
    }
  };
  take(read_file(path));
  const auto drop_ins = list_drop_ins(path);
  if (!drop_ins) files.problems.push_back(drop_ins.error().what);
  if (!drop_ins) return files;
  for (const std::string& drop_in : *drop_ins) take(read_file(drop_in));
  return files;
}

Result<std::vector<config::Source>> read_config_files(const std::string& path) {
  ReadableFiles files = read_what_is_readable(path);
  if (!files.problems.empty()) return fail(files.problems.front());
  return std::move(files.sources);
}

config::Loaded load_config(const std::string& path, std::span<const model::CheckSchema> schemas) {
  const auto sources = read_config_files(path);
  if (!sources) return {std::nullopt, {{"", 0, 0, sources.error().what}}};
  return config::parse(*sources, schemas, host_name());
}

}  // namespace vipherd::agent
