#include "frr/vty/saved_config.hpp"

#include "vipherd/base/join.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::frr::vty {
namespace {

constexpr std::size_t kMostRead = std::size_t{16} << 20;

std::string read_saved(const std::string& path) {
  const auto text = files::read(path, kMostRead);
  return text ? *text : "";
}

}  // namespace

std::string warn_of_saved_lines(const std::string& directory) {
  std::string files;
  for (const char* name : {"frr.conf", "bgpd.conf", "ospfd.conf", "ospf6d.conf"}) {
    const std::string path = directory + "/" + name;
    if (wire::vty::has_own_lines(read_saved(path))) append_item(files, path);
  }
  if (files.empty()) return {};
  return files +
         " holds lines of vipherd's (VIPHERD-VTY), saved by an operator: FRR would announce "
         "these VIPs from its start on, whatever the checks say; remove them there";
}

}  // namespace vipherd::frr::vty
