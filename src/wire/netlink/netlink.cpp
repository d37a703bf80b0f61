#include "wire/netlink/netlink.hpp"

#include <algorithm>

#include "vipherd/base/assert.hpp"

namespace vipherd::wire::netlink {

std::string read_text(View value) {
  return {value.begin(), std::find(value.begin(), value.end(), std::uint8_t{0})};
}

MessageWriter::MessageWriter(std::uint16_t type, int flags, std::uint32_t sequence) {
  nlmsghdr* header = mnl_nlmsg_put_header(buffer_.data());
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(flags);
  header->nlmsg_seq = sequence;
}

void MessageWriter::attribute(std::uint16_t type, View payload) {
  const bool fits =
      mnl_attr_put_check(message(), buffer_.size(), type, payload.size(), payload.data());
  VIPHERD_ASSERT(fits);
}

void MessageWriter::text(std::uint16_t type, std::string_view text) {
  Bytes bytes(text.begin(), text.end());
  bytes.push_back(0);
  attribute(type, bytes);
}

void MessageWriter::nested_text(std::uint16_t outer, std::uint16_t type, std::string_view inner) {
  nlattr* nest = mnl_attr_nest_start_check(message(), buffer_.size(), outer);
  VIPHERD_ASSERT(nest != nullptr);
  text(type, inner);
  mnl_attr_nest_end(message(), nest);
}

void MessageWriter::append_to(Bytes& out) const {
  VIPHERD_ASSERT(out.size() % kAlign == 0);
  nlmsghdr header{};
  read(buffer_, header);
  out.insert(out.end(), buffer_.begin(), buffer_.begin() + header.nlmsg_len);
}

Bytes MessageWriter::bytes() const {
  Bytes out;
  append_to(out);
  return out;
}

std::optional<Framed> first_message(View buffer) {
  nlmsghdr header{};
  if (!read(buffer, header) || header.nlmsg_len < sizeof(header) ||
      header.nlmsg_len > buffer.size()) {
    return std::nullopt;
  }
  return Framed{header, buffer.first(header.nlmsg_len).subspan(sizeof(header)),
                buffer.subspan(std::min(aligned(header.nlmsg_len), buffer.size()))};
}

}  // namespace vipherd::wire::netlink
