#include "wire/netlink/filter_message.hpp"

#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>

namespace vipherd::wire::rtnetlink {

using netlink::aligned;
using netlink::read;
using netlink::read_text;
using netlink::View;
using netlink::visit_attributes;

Bytes encode_filter_dump_request(std::uint32_t index, std::uint32_t parent,
                                 std::uint32_t sequence) {
  netlink::MessageWriter writer(RTM_GETTFILTER, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  tcmsg message{};
  message.tcm_ifindex = static_cast<int>(index);
  message.tcm_parent = parent;
  writer.header(message);
  return writer.bytes();
}

std::optional<Body> decode_filter(const nlmsghdr& header, View payload) {
  tcmsg message{};
  if (!read(payload, message)) return std::nullopt;
  FilterMessage filter{.removed = header.nlmsg_type == RTM_DELTFILTER,
                       .index = static_cast<std::uint32_t>(message.tcm_ifindex),
                       .parent = message.tcm_parent,
                       .priority = message.tcm_info >> 16,
                       .handle = message.tcm_handle};
  View options;
  bool sound = visit_attributes(payload.subspan(aligned(sizeof message)),
                                [&](std::uint16_t type, View value) {
                                  if (type == TCA_KIND) filter.kind = read_text(value);
                                  if (type == TCA_OPTIONS) options = value;
                                });
  // Other kinds number their options differently.
  if (sound && filter.kind == "bpf") {
    bool size_right = true;
    sound = visit_attributes(options, [&](std::uint16_t type, View value) {
      if (type == TCA_BPF_NAME) filter.program = read_text(value);
      if (type == TCA_BPF_ID) size_right = read(value, filter.program_id) && size_right;
    });
    sound = sound && size_right;
  }
  if (!sound) return std::nullopt;
  return filter;
}

}  // namespace vipherd::wire::rtnetlink
