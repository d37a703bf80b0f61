#include "relay/filters.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <net/if_arp.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "relay/libbpf_log.hpp"
#include "relay/netlink.hpp"
#include "relay/program.hpp"

namespace vipherd::relay {
namespace {

enum Handle : std::uint32_t { kQdiscFound = 0x76697001, kQdiscMade = 0x76697002 };

struct Filter {
  Handle handle = kQdiscFound;
  std::uint32_t program = 0;
};

bpf_tc_hook hook_at(unsigned interface, bpf_tc_attach_point point) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = static_cast<int>(interface);
  hook.attach_point = point;
  return hook;
}

bpf_tc_opts options_of(Handle handle) {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = kFilterPriority;
  return options;
}

constexpr Direction direction_of(bpf_tc_attach_point point) {
  return point == BPF_TC_INGRESS ? Direction::ingress : Direction::egress;
}

std::uint32_t id_of(int program) {
  bpf_prog_info info{};
  std::uint32_t size = sizeof info;
  return bpf_obj_get_info_by_fd(program, &info, &size) == 0 ? info.id : 0;
}

/// What stands at our place; a filter of another name is not ours. libbpf calls a filter by its
/// program's name, and puts its id behind it.
Result<std::optional<Filter>> find_filter(unsigned interface, bpf_tc_attach_point point) {
  const auto filters = read_filters(interface, direction_of(point));
  if (!filters) return filters.error();
  const std::string name = point == BPF_TC_INGRESS ? kIngressName : kEgressName;
  for (const auto& each : *filters) {
    if (each.priority != kFilterPriority || !each.program.starts_with(name + ":")) continue;
    if (each.handle != kQdiscMade && each.handle != kQdiscFound) continue;
    return std::optional(Filter{Handle{each.handle}, each.program_id});
  }
  return std::optional<Filter>{};
}

Result<bool> has_filters(unsigned interface) {
  for (const Direction direction : {Direction::ingress, Direction::egress}) {
    const auto filters = read_filters(interface, direction);
    if (!filters) return filters.error();
    if (!filters->empty()) return true;
  }
  return false;
}

Error failed(const std::string& what, const std::string& interface, int code) {
  return fail(what + " " + interface + ": " + std::strerror(std::abs(code)) + last_words());
}

Result<void> put(unsigned interface, const std::string& name, bpf_tc_attach_point point,
                 Handle handle, int program) {
  const auto found = find_filter(interface, point);
  if (!found) return found.error();
  const std::optional<Filter>& standing = *found;
  if (standing && standing->program == id_of(program)) return {};
  const bpf_tc_hook hook = hook_at(interface, point);
  bpf_tc_opts options = options_of(standing ? standing->handle : handle);
  options.prog_fd = program;
  if (standing) options.flags = BPF_TC_F_REPLACE;
  const int code = bpf_tc_attach(&hook, &options);
  if (code == 0) return {};
  return failed(point == BPF_TC_INGRESS ? "attaching the relay to the ingress of"
                                        : "attaching the relay to the egress of",
                name, code);
}

void remove_qdisc(unsigned interface) {
  bpf_tc_hook both = hook_at(interface, bpf_tc_attach_point(BPF_TC_INGRESS | BPF_TC_EGRESS));
  bpf_tc_hook_destroy(&both);
}

/// What was removed, with its handle.
template <class Match>
Result<std::optional<Handle>> take(unsigned interface, bpf_tc_attach_point point, Match matches) {
  const auto found = find_filter(interface, point);
  if (!found) return found.error();
  const std::optional<Filter>& standing = *found;
  if (!standing || !matches(*standing)) return std::optional<Handle>{};
  const bpf_tc_hook hook = hook_at(interface, point);
  const bpf_tc_opts options = options_of(standing->handle);
  const int code = bpf_tc_detach(&hook, &options);
  if (code == 0 || code == -ENOENT || code == -ENODEV) return std::optional(standing->handle);
  return failed("taking the relay from", "interface " + std::to_string(interface), code);
}

template <class Ingress, class Egress>
Result<bool> take_both(unsigned interface, Ingress at_ingress, Egress at_egress) {
  quiet_libbpf();
  const auto ingress = take(interface, BPF_TC_INGRESS, at_ingress);
  const auto egress = take(interface, BPF_TC_EGRESS, at_egress);
  if (!ingress) return ingress.error();
  if (!egress) return egress.error();
  if (*ingress != kQdiscMade && *egress != kQdiscMade) {
    return ingress->has_value() || egress->has_value();
  }
  const auto others = has_filters(interface);
  if (!others) return others.error();
  if (*others) return true;
  remove_qdisc(interface);
  return true;
}

}  // namespace

Result<void> put_filters(const std::string& interface, const Descriptors& programs) {
  quiet_libbpf();
  const unsigned index = ::if_nametoindex(interface.c_str());
  if (index == 0) return fail("there is no interface " + interface);
  const auto link = read_link(index);
  if (!link) return link.error();
  if (link->hardware != ARPHRD_ETHER) {
    return fail("interface " + interface + " is no Ethernet: the relay cannot use it");
  }
  bpf_tc_hook hook = hook_at(index, BPF_TC_INGRESS);
  const int made = bpf_tc_hook_create(&hook);
  if (made != 0 && made != -EEXIST) return failed("adding a clsact qdisc to", interface, made);
  const Handle handle = made == 0 ? kQdiscMade : kQdiscFound;
  auto done = put(index, interface, BPF_TC_INGRESS, handle, programs.ingress);
  if (done) done = put(index, interface, BPF_TC_EGRESS, handle, programs.egress);
  if (done || made != 0) return done;
  const auto others = has_filters(index);
  if (others && !*others) remove_qdisc(index);
  return done;
}

Result<void> remove_filters(unsigned interface, const Descriptors& programs) {
  const auto is = [](std::uint32_t id) {
    return [id](const Filter& filter) { return filter.program == id; };
  };
  const auto done = take_both(interface, is(id_of(programs.ingress)), is(id_of(programs.egress)));
  if (!done) return done.error();
  return {};
}

Result<bool> remove_any_filters(unsigned interface) {
  const auto any = [](const Filter&) { return true; };
  return take_both(interface, any, any);
}

}  // namespace vipherd::relay
