#include "vipherd/setup/draft.hpp"

#include <algorithm>
#include <cctype>

#include "config/toml_text.hpp"

namespace vipherd::setup {
namespace {

/// Where comments behind values begin.
constexpr std::size_t kRemarkColumn = 36;

void write_remarks(std::string& out, const Texts& remarks) {
  for (const std::string& remark : remarks) out += remark.empty() ? "#\n" : "# " + remark + "\n";
}

void write_key(std::string& out, const DraftKey& key) {
  std::string line = key.name + " = " + key.value;
  if (!key.remark.empty()) {
    line.resize(std::max(line.size() + 1, kRemarkColumn), ' ');
    line += "# " + key.remark;
  }
  out += line + "\n";
}

void write_service(std::string& out, const DraftService& service) {
  const std::string table = "services." + config::toml_key(service.name);
  out += "\n";
  write_remarks(out, service.remarks);
  out += "[" + table + "]\n";
  write_key(out, {"vips", config::toml_array_of(service.vips)});
  for (const DraftKey& key : service.keys) write_key(out, key);
  for (const DraftCheck& check : service.checks) {
    out += "\n";
    write_remarks(out, check.remarks);
    out += "[" + table + ".checks." + config::toml_key(check.name) + "]\n";
    for (const DraftKey& key : check.keys) write_key(out, key);
  }
}

bool may_be_in_name(char letter) {
  return std::isalnum(static_cast<unsigned char>(letter)) != 0 || letter == '-' || letter == '_';
}

}  // namespace

std::string free_name(const std::vector<DraftService>& taken, const std::string& wanted) {
  std::string name;
  for (const char letter : wanted) name += may_be_in_name(letter) ? letter : '-';
  if (name.empty()) name = "service";
  const auto is_taken = [&](const std::string& other) {
    return std::ranges::any_of(taken, [&](const auto& each) { return each.name == other; });
  };
  if (!is_taken(name)) return name;
  std::size_t number = 2;
  while (is_taken(name + "-" + std::to_string(number))) ++number;
  return name + "-" + std::to_string(number);
}

std::string to_toml(const Draft& draft) {
  std::string out;
  write_remarks(out, draft.remarks);
  if (!draft.protocols.empty()) {
    out += "\n[frr]\n";
    write_key(out, {"protocols", config::toml_array_of(draft.protocols),
                    "what carries the VIPs; name only what you run"});
  }
  out += "\n[vips]\n# Nothing outside these prefixes is ever announced.\n";
  write_key(out, {"pool", config::toml_array_of(draft.pool)});
  for (const DraftService& service : draft.services) write_service(out, service);
  if (!draft.end_remarks.empty()) out += "\n";
  write_remarks(out, draft.end_remarks);
  return out;
}

}  // namespace vipherd::setup
