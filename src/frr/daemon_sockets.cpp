#include "frr/daemon_sockets.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "vipherd/base/numbers.hpp"

namespace vipherd::frr {

std::vector<std::string> instance_sockets(const std::string& path) {
  constexpr std::string_view kEnd = ".vty";
  const std::filesystem::path usual(path);
  const std::string begin = usual.stem().string() + "-";
  std::map<std::uint16_t, std::string> found;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(usual.parent_path(), error), end;
       !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(begin) || !name.ends_with(kEnd) ||
        name.size() <= begin.size() + kEnd.size()) {
      continue;
    }
    const auto number = parse_number<std::uint16_t>(
        std::string_view(name).substr(begin.size(), name.size() - begin.size() - kEnd.size()));
    if (number) found[*number] = entry->path().string();
  }
  std::vector<std::string> sockets;
  sockets.reserve(found.size());
  for (auto& [number, socket] : found) sockets.push_back(std::move(socket));
  return sockets;
}

}  // namespace vipherd::frr
