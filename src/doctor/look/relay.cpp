// What the relay needs: its key, and what firewall there is. What MPTCP needs, of the same host.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "doctor/look/parts.hpp"
#include "vipherd/files/files.hpp"

namespace vipherd::doctor {
namespace {

/// Without a unit it is not known who runs the agent: then the file has to be a key, no more.
Result<std::optional<std::string>> look_at_key(const std::string& path, const UnitFacts& unit) {
  auto unreadable = why_unreadable(unit, path);
  if (!unreadable || *unreadable) return unreadable;
  // Root reads what the agent can read; another user may not, and then cannot tell.
  auto text = files::read(path, model::kRelayKeyLimit);
  if (!text) {
    if (::access(path.c_str(), R_OK) != 0) return text.error();
    return std::optional(text.error().what);
  }
  const auto key = model::to_relay_key(std::move(*text));
  if (key) return std::optional<std::string>();
  return std::optional(path + " " + key.error().what);
}

bool all_are_heard(const Result<model::RelayStatus>& status) {
  return status && std::ranges::all_of(status->siblings, [](const model::SiblingStatus& sibling) {
           return sibling.state.state != model::SiblingState::silent;
         });
}

}  // namespace

RelayFacts look_at_relay(const model::RelayConfig& relay, const Result<UnitFacts>& unit,
                         Result<model::RelayStatus> status) {
  RelayFacts facts;
  if (!all_are_heard(status)) facts.nftables = output_of("nft --json list ruleset");
  facts.status = std::move(status);
  if (relay.key_file.empty()) return facts;
  facts.key = look_at_key(relay.key_file, unit ? *unit : UnitFacts{});
  struct stat file {};
  if (stat(relay.key_file.c_str(), &file) == 0) facts.key_mode = file.st_mode;
  return facts;
}

MptcpFacts look_at_mptcp() {
  return {.endpoints = output_of("ip -json mptcp endpoint show"),
          .limits = output_of("ip -json mptcp limits show"),
          .rules_v4 = output_of("ip -json -4 rule show"),
          .rules_v6 = output_of("ip -json -6 rule show")};
}

}  // namespace vipherd::doctor
