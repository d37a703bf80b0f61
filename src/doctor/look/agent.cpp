// The agent's control socket, and its unit.
#include <grp.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <cerrno>
#include <cstring>

#include "doctor/look/parts.hpp"

namespace vipherd::doctor {
namespace {

std::vector<std::string> members_of(const group& entry) {
  std::vector<std::string> members;
  for (char** member = entry.gr_mem; member != nullptr && *member != nullptr; ++member) {
    members.emplace_back(*member);
  }
  return members;
}

Result<std::optional<AgentFacts::Socket>> look_at_control(const std::string& path) {
  if (path.empty()) return std::optional<AgentFacts::Socket>();
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == ENOENT) return std::optional<AgentFacts::Socket>();
    return fail(path + ": " + std::strerror(errno));
  }
  AgentFacts::Socket socket;
  socket.mode = status.st_mode;
  if (const group* entry = getgrgid(status.st_gid); entry != nullptr) {
    socket.group = entry->gr_name;
    socket.members = members_of(*entry);
  }
  return std::optional(socket);
}

}  // namespace

AgentFacts look_at_agent(const model::ApiConfig& api) {
  AgentFacts facts;
  facts.systemd = sd_booted() > 0;
  if (facts.systemd) facts.unit = look_at_agents_unit();
  facts.control = look_at_control(api.control_socket);
  return facts;
}

}  // namespace vipherd::doctor
