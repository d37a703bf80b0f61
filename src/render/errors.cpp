// What is missing, or makes no sense: all of it at once, each with the option that gives it.
#include <algorithm>

#include "render/subject.hpp"
#include "vipherd/base/name.hpp"

namespace vipherd::render {
namespace {

class Check {
 public:
  Check(const Subject& subject, const Platform* platform)
      : subject_(subject), answers_(subject.answers), platform_(platform) {}

  std::vector<std::string> all() {
    protocols();
    if (subject_.pool.empty()) {
      add("there is no pool of VIPs: --pool PREFIX, or --config FILE with [vips] pool");
    }
    // Static routes have neither neighbours nor a router's number.
    if (is_static()) {
      static_routes();
    } else {
      identity();
      if (subject_.bgp) bgp();
    }
    if (answers_.interfaces.empty() && needs_interfaces()) {
      add(is_node()
              ? "the uplinks are not known: --interface NAME, for each link to a router"
              : "the ports are not known: --interface NAME, for each link to the load balancers");
    }
    for (const std::string& name : answers_.interfaces) interface(name);
    return std::move(errors_);
  }

 private:
  void add(std::string error) { errors_.push_back(std::move(error)); }
  bool is_node() const { return platform_ == nullptr; }
  bool is_static() const { return !is_node() && !platform_->bgp && !platform_->ospf; }

  void protocols() {
    if (!is_node() && subject_.default_route() && !platform_->default_route) {
      add("--default-route is not known for --platform " + std::string(platform_->name));
    }
    if (platform_ != nullptr && !platform_->ospf && platform_->bgp && !subject_.bgp) {
      add("--platform " + std::string(platform_->name) +
          " speaks no OSPF: --protocol bgp, and BGP on the load balancers");
    }
    if (!subject_.unnumbered()) return;
    if (subject_.ospf) add("links without addresses are for BGP alone: --protocol bgp");
    if (platform_ != nullptr && !platform_->unnumbered) {
      add("--unnumbered is not known for --platform " + std::string(platform_->name));
    }
  }

  void identity() {
    if (!answers_.router_id) {
      add(is_node() ? "the node's router id is missing: --router-id, its IPv4 address on an uplink"
                    : "the router's id is missing: --router-id, one of its IPv4 addresses");
    } else if (!answers_.router_id->is_v4()) {
      add("--router-id " + answers_.router_id->to_string() + ": expected an IPv4 address");
    } else if (std::ranges::any_of(subject_.pool, [this](const IpPrefix& prefix) {
                 return prefix.contains(*answers_.router_id);
               })) {
      add("--router-id " + answers_.router_id->to_string() +
          " is in the pool: no router id may be a VIP, which other nodes have as well");
    }
  }

  void bgp() {
    if (!answers_.node_as) add("the load balancers' AS is missing: --node-as NUMBER");
    if (!answers_.router_as && !(is_node() && subject_.unnumbered())) {
      add("the routers' AS is missing: --router-as NUMBER");
    }
    if (answers_.node_as && answers_.node_as == answers_.router_as) {
      add("--node-as and --router-as are both " + std::to_string(*answers_.node_as) +
          ": expected two ASes, for what is rendered is eBGP");
    }
    if (subject_.unnumbered()) return;
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (subject_.has(family)) neighbors(family == Family::ipv4 ? "IPv4" : "IPv6", family);
    }
  }

  /// Who speaks BGP with whom, in one family.
  void neighbors(const std::string& name, Family family) {
    const bool routers = !of_family(answers_.routers, family).empty();
    const bool nodes = std::ranges::any_of(
        answers_.nodes, [&](const IpPrefix& where) { return where.address.family() == family; });
    const std::string why = "the pool has " + name + " prefixes, but no ";
    if (is_node() && !routers) {
      add(why + "router has an " + name + " address: --router ADDRESS, for each router");
    }
    if (!is_node() && !nodes) {
      add(why + "load balancer has an " + name +
          " address: --nodes PREFIX, their network, or --nodes ADDRESS, for each");
    }
    if (!is_node() && platform_->own_addresses && !routers) {
      add(why + name + " address of the router itself is known: --router ADDRESS");
    }
  }

  void static_routes() {
    for (const IpPrefix& nodes : answers_.nodes) {
      if (!nodes.is_host_route()) {
        add("--nodes " + nodes.to_string() +
            ": a static route leads to addresses, expected that of each load balancer");
      }
    }
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const bool nodes = std::ranges::any_of(
          answers_.nodes, [&](const IpPrefix& node) { return node.address.family() == family; });
      if (subject_.has(family) && !nodes) {
        add(std::string("the pool has ") + (family == Family::ipv4 ? "IPv4" : "IPv6") +
            " prefixes, but no load balancer such an address: --nodes ADDRESS, for each");
      }
    }
  }

  bool needs_interfaces() const {
    if (subject_.ospf || subject_.unnumbered()) return true;
    if (platform_ == nullptr) return false;
    return is_static() || (platform_->ports && subject_.bfd());
  }

  /// It is written where a shell or another language reads it, so not all is taken that the kernel
  /// takes.
  void interface(const std::string& name) {
    // Those of switches: Ethernet1/2, GigabitEthernet0/0/1, ge-0/0/1.0.
    constexpr std::size_t kLongest = 40;
    const bool slashes = !is_node() && platform_->slashes && name.size() <= kLongest;
    const bool plain = !name.empty() && std::ranges::all_of(name, [slashes](char letter) {
      constexpr std::string_view kOthers = "-_.:@";
      if (letter == '/') return slashes;
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
             (letter >= '0' && letter <= '9') || kOthers.find(letter) != kOthers.npos;
    });
    if (!plain || !(slashes || is_device_name(name))) {
      add("--interface \"" + name + "\": expected the name of a network interface");
    }
  }

  const Subject& subject_;
  const model::RenderAnswers& answers_;
  const Platform* platform_;
  std::vector<std::string> errors_;
};

}  // namespace

std::vector<std::string> find_errors(const Subject& subject, const Platform* platform) {
  return Check(subject, platform).all();
}

}  // namespace vipherd::render
