#include "config/tables/services.hpp"

#include <algorithm>
#include <map>

#include "config/routable.hpp"
#include "config/tables/checks.hpp"
#include "config/tables/service_tables.hpp"
#include "vipherd/base/name.hpp"
#include "vipherd/model/vip_owners.hpp"

namespace vipherd::config {
namespace {

/// What a check connects to where the VIP is no choice.
constexpr std::string_view kOtherAddress = "an address that is always here, such as 127.0.0.1";

/// The last component of a path.
std::string name_of(const Value& value, const std::string& parent) {
  return value.path().substr(parent.size() + 1);
}

class ServiceReader {
 public:
  ServiceReader(Errors& errors, const ServiceRules& rules) : errors_(errors), rules_(rules) {}

  model::ServiceConfig read(std::string name, const Value& value);

 private:
  std::optional<IpAddress> read_vip(const Value& value) const;
  /// An element of `vips`: an address, or a table with one and what it announces for itself.
  struct ListedVip {
    IpAddress address;
    std::optional<Table> own{};
  };
  std::optional<ListedVip> read_listed_vip(const Value& element) const;
  std::vector<ListedVip> read_vips(const Table& table);
  std::vector<model::CheckConfig> read_checks(const Table& table,
                                              const model::ServiceConfig& service);
  void evaluate_needs(const Table& table, const model::ServiceConfig& service) const;
  void evaluate_attachment(const Table& table, const Given& given,
                           model::ServiceConfig& service) const;
  void evaluate_targets(const Table& table, const model::ServiceConfig& service) const;
  void evaluate_address_alone(const Table& table, const model::ServiceConfig& service) const;

  struct Owner {
    std::string path;
    Place place;
  };
  Errors& errors_;
  const ServiceRules& rules_;
  std::map<IpAddress, Owner> owners_;
};

/// The names of services and checks appear in logs, paths and commands.
void evaluate_name(const std::string& name, const Value& value, Errors& errors) {
  if (is_name(name)) return;
  errors.add(value.key_place(), value.path() + ": expected " + std::string(kNameRule));
}

/// An address with or without the length of a host route; nothing, with an error, otherwise.
std::optional<IpAddress> parse_host_route(const std::string& text, const Value& value) {
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) {
    value.error(address.error().what);
    return std::nullopt;
  }
  const std::string length = std::to_string(address->host_length());
  if (slash == std::string::npos || text.substr(slash + 1) == length) return *address;
  value.error("expected a host route, that is an address alone or with /" + length + ", got \"" +
              text + "\"");
  return std::nullopt;
}

std::optional<IpAddress> ServiceReader::read_vip(const Value& value) const {
  const auto text = value.text("an address such as \"10.10.10.10\"");
  if (!text) return std::nullopt;
  const auto vip = parse_host_route(*text, value);
  if (!vip) return std::nullopt;
  if (const auto what = unroutable(*vip)) {
    value.error("expected an address that can be announced, got " + vip->to_string() + " (" +
                std::string(*what) + ")");
    return std::nullopt;
  }
  const bool inside =
      rules_.pool.empty() || std::any_of(rules_.pool.begin(), rules_.pool.end(),
                                         [&](const IpPrefix& p) { return p.contains(*vip); });
  if (!inside) {
    value.error("expected an address of the pool (vips.pool), got " + vip->to_string());
    return std::nullopt;
  }
  return *vip;
}

std::optional<ServiceReader::ListedVip> ServiceReader::read_listed_vip(const Value& element) const {
  if (!element.node().is_table()) {
    const auto vip = read_vip(element);
    return vip ? std::optional(ListedVip{*vip}) : std::nullopt;
  }
  Table own(errors_, element);
  own.allow(keys_of(vip_rows()));
  const Value* address = own.find("address");
  if (address == nullptr) {
    own.error("has no address, expected { address = \"10.10.10.10\", ... }");
    return std::nullopt;
  }
  const auto vip = read_vip(*address);
  return vip ? std::optional(ListedVip{*vip, std::move(own)}) : std::nullopt;
}

std::vector<ServiceReader::ListedVip> ServiceReader::read_vips(const Table& table) {
  std::vector<ListedVip> vips;
  const std::string expected = "an array of addresses such as [\"10.10.10.10\"]";
  const Value* list = table.find("vips");
  if (list == nullptr) {
    table.error("has no vips, expected vips = [\"10.10.10.10\", ...]");
    return vips;
  }
  const auto elements = list->elements(expected);
  if (!elements) return vips;
  if (elements->empty()) list->error("expected " + expected + ", got an empty one");
  for (const Value& element : *elements) {
    auto vip = read_listed_vip(element);
    if (!vip) continue;
    const IpAddress address = vip->address;
    const auto [owner, added] = owners_.try_emplace(address, Owner{table.path(), element.place()});
    if (added) {
      vips.push_back(std::move(*vip));
    } else {
      element.error(address.to_string() + " is a VIP of " + owner->second.path + " already, at " +
                    errors_.name(owner->second.place));
    }
  }
  return vips;
}

std::vector<model::CheckConfig> ServiceReader::read_checks(const Table& table,
                                                           const model::ServiceConfig& service) {
  std::vector<model::CheckConfig> checks;
  const Value* value = table.find("checks");
  if (value == nullptr) {
    table.error("has no checks, expected a table [" + table.path() + ".checks.NAME]");
    return checks;
  }
  const Table list(errors_, *value);
  const auto entries = list.in_order();
  if (entries.empty() && value->node().is_table()) {
    table.error("has no checks, expected a table [" + table.path() + ".checks.NAME]");
  }
  checks.reserve(entries.size());
  for (const Value* entry : entries) {
    std::string name = name_of(*entry, list.path());
    evaluate_name(name, *entry, errors_);
    Table check(errors_, *entry);
    if (entry->node().is_table()) {
      checks.push_back(read_check(std::move(name), check, service, rules_.schemas));
    } else {
      checks.emplace_back();  // counts for `needs`
    }
  }
  std::sort(checks.begin(), checks.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  if (!checks.empty() && std::ranges::all_of(checks, &model::CheckConfig::advisory)) {
    table.error("has only advisory checks, expected one that decides");
  }
  return checks;
}

void ServiceReader::evaluate_needs(const Table& table, const model::ServiceConfig& service) const {
  // Without any check that is the error to fix.
  if (service.checks.empty()) return;
  const auto deciding = static_cast<std::size_t>(
      std::ranges::count(service.checks, false, &model::CheckConfig::advisory));
  if (service.needs.count <= std::max<std::size_t>(deciding, 1)) return;
  const bool some_advise = deciding < service.checks.size();
  table.find("needs")->error("expected at most the number of checks, " + std::to_string(deciding) +
                             (some_advise ? " without the advisory ones" : "") + ", got " +
                             std::to_string(service.needs.count));
}

bool is_one_of(const std::vector<IpAddress>& vips, const IpAddress& address) {
  return std::ranges::find(vips, address.unmapped()) != vips.end();
}

/// A detached VIP is answered by another node: such a check would find this one healthy.
void ServiceReader::evaluate_targets(const Table& table,
                                     const model::ServiceConfig& service) const {
  if (service.attach == model::AttachPolicy::always) return;
  for (const model::CheckConfig& check : service.checks) {
    const std::optional<SocketAddress>& target = check.settings.target;
    if (!target || !is_one_of(service.vips, target->address)) continue;
    const Table checks(errors_, *table.find("checks"));
    const bool possible = !traits_of(rules_.announcer).attachment_announces;
    checks.find(check.name)
        ->error("connects to the VIP " + target->address.unmapped().to_string() +
                ", which other nodes answer while it is detached here: expected " +
                (possible ? "attach = \"always\" in " + table.path() : std::string(kOtherAddress)));
  }
}

/// With frr.announcer = "connected" a VIP's address is its announcement, and nothing else is said.
void ServiceReader::evaluate_address_alone(const Table& table,
                                           const model::ServiceConfig& service) const {
  if (!traits_of(rules_.announcer).attachment_announces) return;
  const std::string why(kAddressAlone);
  if (service.attach == model::AttachPolicy::always && table.find("attach") != nullptr) {
    table.find("attach")->error(why +
                                ", expected \"when-up\": let the service listen on the wildcard "
                                "address, or set net.ipv4.ip_nonlocal_bind and "
                                "net.ipv6.ip_nonlocal_bind");
  }
  for (const model::CheckConfig& check : service.checks) {
    if (check.vip_targets.empty()) continue;
    const Table checks(errors_, *table.find("checks"));
    const Table found(errors_, *checks.find(check.name));
    found.find("via_vip")->error(why +
                                 ", so the VIP is not here before the check has passed: expected " +
                                 std::string(kOtherAddress));
  }
}

/// A check of the VIP itself needs it to be here at all times.
void ServiceReader::evaluate_attachment(const Table& table, const Given& keys,
                                        model::ServiceConfig& service) const {
  const auto via_vip = std::ranges::find_if(
      service.checks, [](const model::CheckConfig& check) { return !check.vip_targets.empty(); });
  const bool implied = via_vip != service.checks.end();
  const bool given = keys.contains("attach");
  if (given && implied && service.attach == model::AttachPolicy::when_up) {
    table.find("attach")->error("check " + via_vip->name +
                                " has via_vip = true, which needs attach = \"always\"");
    return;
  }
  if (implied) service.attach = model::AttachPolicy::always;
  if (given || table.find("attach") == nullptr) evaluate_targets(table, service);
}

model::ServiceConfig ServiceReader::read(std::string name, const Value& value) {
  model::ServiceConfig service;
  service.name = std::move(name);
  evaluate_name(service.name, value, errors_);
  Table table(errors_, value);
  if (!value.node().is_table()) return service;
  const Given given = read_table(table, service_rows(), service);
  const std::vector<ListedVip> vips = read_vips(table);
  for (const ListedVip& vip : vips) service.vips.push_back(vip.address);
  service.checks = read_checks(table, service);
  if (given.contains("needs")) evaluate_needs(table, service);
  evaluate_attachment(table, given, service);
  read_announcing(table, errors_, rules_.announcer, service);
  for (const ListedVip& vip : vips) {
    if (vip.own) read_own_route(*vip.own, errors_, rules_.announcer, vip.address, service);
  }
  evaluate_address_alone(table, service);
  service.damping = read_damping(table, errors_);
  read_guard(table, errors_, service.guard);
  read_watch(table, errors_, service.watch);
  return service;
}

/// Nor is another service's VIP always here, be that attached "always" or not: the other service
/// may be disabled, and the check would go on to find another node healthy.
void evaluate_other_targets(const Table& services, Errors& errors,
                            const std::vector<model::ServiceConfig>& read) {
  const model::VipOwners owners(read);
  for (const model::ServiceConfig& service : read) {
    for (const model::CheckConfig& check : service.checks) {
      if (!check.vip_targets.empty()) continue;
      const std::optional<SocketAddress>& target = check.settings.target;
      const std::string* owner = target ? owners.service_of(target->address, check.vrf) : nullptr;
      if (owner == nullptr || *owner == service.name) continue;
      const Table of_service(errors, *services.find(service.name));
      const Table checks(errors, *of_service.find("checks"));
      checks.find(check.name)
          ->error("connects to " + target->address.unmapped().to_string() +
                  ", a VIP of the service " + *owner +
                  ", which another node may answer: expected " + std::string(kOtherAddress));
    }
  }
}

}  // namespace

std::vector<model::ServiceConfig> read_services(const Table& table, Errors& errors,
                                                const ServiceRules& rules) {
  ServiceReader reader(errors, rules);
  std::vector<model::ServiceConfig> services;
  for (const Value* value : table.in_order()) {
    services.push_back(reader.read(name_of(*value, table.path()), *value));
  }
  evaluate_other_targets(table, errors, services);
  std::sort(services.begin(), services.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return services;
}

}  // namespace vipherd::config
