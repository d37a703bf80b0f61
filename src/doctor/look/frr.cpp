// FRR's files, sockets, and what its daemons say.
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "doctor/look/parts.hpp"
#include "vipherd/files/files.hpp"
#include "vipherd/frr/ask.hpp"
#include "vipherd/wire/vty/bgp.hpp"
#include "vipherd/wire/vty/config.hpp"
#include "vipherd/wire/vty/ospf.hpp"
#include "vipherd/wire/vty/vty.hpp"

namespace vipherd::doctor {
namespace {

namespace vty = wire::vty;

constexpr Duration kLimit = std::chrono::seconds(1);
constexpr const char* kEnabledFile = "/etc/frr/daemons";

std::set<std::string> vrfs_in(const LookAt& what) {
  std::set<std::string> vrfs;
  if (what.config) {
    for (const model::ServiceConfig& service : what.config->services) vrfs.insert(service.vrf);
  }
  if (vrfs.empty()) vrfs.insert("");
  return vrfs;
}

Result<IpAddress> bgp_id(const Result<std::string>& summary) {
  if (!summary) return summary.error();
  const auto peers = vty::parse_bgp_summary(*summary);
  if (!peers) return peers.error();
  if (!peers->router_id) return fail("bgpd does not tell its router id");
  return *peers->router_id;
}

Result<IpAddress> ospf_id(const Result<std::string>& lsas) {
  if (!lsas) return lsas.error();
  const auto topology = vty::parse_ospf_topology(*lsas);
  if (!topology) return topology.error();
  return topology->router_id;
}

Result<IpAddress> ospf6_id(const Result<std::string>& process) {
  if (!process) return process.error();
  const auto parsed = vty::parse_ospf6_process(*process);
  if (!parsed) return parsed.error();
  return parsed->router_id;
}

/// What follows `enable` and the running configuration, of each VRF.
std::vector<std::string> questions(const std::string& daemon, const std::string& vrf) {
  if (daemon == "bgpd") return {vty::show_bgp_summary_command(vrf)};
  if (daemon == "ospfd") {
    return {vty::show_ospf(vty::kOspfNeighbours, vrf), vty::show_ospf("database network", vrf)};
  }
  if (daemon == "ospf6d") {
    return {vty::show_ospf6(vty::kOspf6Neighbours, vrf), vty::show_ospf6(vty::kOspf6Process, vrf)};
  }
  return {};
}

void take(DaemonFacts& facts, const std::string& daemon, const std::string& vrf,
          const std::vector<Result<std::string>>& texts, std::size_t at) {
  if (daemon == "bgpd") {
    facts.neighbours.emplace(vrf, texts[at]);
    facts.router_ids.emplace(vrf, bgp_id(texts[at]));
  } else if (daemon == "ospfd") {
    facts.neighbours.emplace(vrf, texts[at]);
    facts.network_lsas.emplace(vrf, texts[at + 1]);
    facts.router_ids.emplace(vrf, ospf_id(texts[at + 1]));
  } else if (daemon == "ospf6d") {
    facts.neighbours.emplace(vrf, texts[at]);
    facts.router_ids.emplace(vrf, ospf6_id(texts[at + 1]));
  }
}

DaemonFacts ask_daemon(const LookAt& what, const std::string& daemon) {
  std::vector<std::string> commands{std::string(vty::kEnable), std::string(vty::kShowConfig)};
  std::map<std::string, std::size_t> begins;
  for (const std::string& vrf : vrfs_in(what)) {
    begins[vrf] = commands.size();
    for (const std::string& question : questions(daemon, vrf)) commands.push_back(question);
  }
  const frr::Answers answers = frr::ask(what.frr.vty_socket(daemon), commands, kLimit);
  DaemonFacts facts;
  facts.absent = answers.absent;
  facts.running = answers.texts[1];
  for (const auto& [vrf, at] : begins) {
    if (facts.running) take(facts, daemon, vrf, answers.texts, at);
  }
  return facts;
}

Result<std::string> read_saved() {
  std::string all;
  bool found = false;
  for (const char* name : {"frr.conf", "zebra.conf", "bgpd.conf", "ospfd.conf", "ospf6d.conf"}) {
    const auto text = files::read_if_there(std::string("/etc/frr/") + name, kMostOfFile);
    if (!text) return text.error();
    if (!*text) continue;
    found = true;
    all += **text + "\n";
  }
  if (!found) return fail("there is no configuration file of FRR in /etc/frr");
  return Result<std::string>(boost::system::in_place_value, std::move(all));
}

}  // namespace

FrrFacts look_at_frr(const LookAt& what) {
  FrrFacts facts;
  const auto enabled = files::read_if_there(kEnabledFile, kMostOfFile);
  facts.enabled = files::read(kEnabledFile, kMostOfFile);
  facts.saved = read_saved();
  for (const char* daemon : {"zebra", "bgpd", "ospfd", "ospf6d", "bfdd"}) {
    facts.daemons.emplace(daemon, ask_daemon(what, daemon));
  }
  facts.installed = !enabled || *enabled || !facts.daemons["zebra"].absent;
  const auto version =
      frr::ask(what.frr.vty_socket("zebra"), {std::string(vty::kShowVersion)}, kLimit).texts[0];
  facts.version = version ? vty::parse_version(*version) : Result<std::string>(version.error());
  if (access(what.frr.zserv_socket.c_str(), R_OK | W_OK) == 0) {
    facts.zserv = Result<void>();
  } else {
    facts.zserv_absent = errno == ENOENT || errno == ENOTDIR;
    facts.zserv = fail(what.frr.zserv_socket + ": " + std::strerror(errno));
  }
  return facts;
}

}  // namespace vipherd::doctor
