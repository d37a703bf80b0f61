// What the doctor has to say of a host: rules, of which each is a row that never changes, and
// findings, which are what a rule has seen here. Plain values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vipherd::doctor {

/// What the host is: a load balancer that announces VIPs, or a router in front of them.
enum class Role : std::uint8_t { node, router };
enum class Severity : std::uint8_t {
  problem,  ///< an operator has to act
  notice    ///< harmless for now, or a matter of taste that costs something
};
/// How sure a finding is.
enum class Certainty : std::uint8_t {
  looked_up,   ///< what is wrong was read, and it is wrong in any case
  likely,      ///< what was read is wrong for most hosts; what would tell could not be read
  cannot_tell  ///< what would tell could not be read: the finding says why
};

enum class Roles : std::uint8_t { node, router, both };
bool concerns(Roles roles, Role role);

struct Rule {
  std::string_view id;  ///< kebab-case, stable
  Severity severity = Severity::problem;
  Roles roles = Roles::both;
  std::string_view why;   ///< what it leads to, a sentence
  std::string_view cure;  ///< what to do, a sentence
};

std::string_view to_string(Role role);
std::string_view to_string(Roles roles);
std::string_view to_string(Severity severity);
std::string_view to_string(Certainty certainty);

/// Every rule, by topic.
struct Topic {
  std::string_view name;
  std::span<const Rule* const> rules;
};
std::span<const Topic> topics();

struct Finding {
  const Rule* rule = nullptr;
  Certainty certainty = Certainty::looked_up;
  std::string seen;  ///< what was read, or why it could not be; may hold what others wrote
  /// What fixes it: kernel settings ("net.ipv4.tcp_mtu_probing", "1"), which are set and written
  /// into one file, and shell commands. Neither: it needs a person.
  std::vector<std::pair<std::string, std::string>> sysctls{};
  std::vector<std::string> commands{};
  friend bool operator==(const Finding&, const Finding&) = default;
};

struct Report {
  std::string host;
  Role role = Role::node;
  std::vector<Finding> findings;
  std::size_t problems() const;  ///< without those that cannot be told
  std::size_t notices() const;
  std::size_t unknown() const;
};

/// For a person.
std::string render_text(const Report& report);
/// `{"host", "role", "problems", "notices", "unknown", "findings": [{"id", ...}]}`
std::string render_json(const Report& report);
/// A shell script that fixes what can be fixed so; the rest is told in its comments.
std::string render_script(const Report& report);

}  // namespace vipherd::doctor
