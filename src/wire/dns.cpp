#include "vipherd/wire/dns.hpp"

#include <ldns/ldns.h>
// Its header makes true the number 1, unless stdbool.h came first: JSON of the source files that
// are compiled together with this one would say 1 for true.
#undef bool
#undef true
#undef false

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <utility>

namespace vipherd::wire::dns {
namespace {

using Bytes = std::vector<std::uint8_t>;
using Packet = std::unique_ptr<ldns_pkt, decltype([](ldns_pkt* packet) { ldns_pkt_free(packet); })>;
using ResourceRecord = std::unique_ptr<ldns_rr, decltype([](ldns_rr* rr) { ldns_rr_free(rr); })>;
using Buffer = std::unique_ptr<ldns_buffer, decltype([](ldns_buffer* b) { ldns_buffer_free(b); })>;
using CString = std::unique_ptr<char, decltype([](char* text) { std::free(text); })>;

/// Numbers from here to 255 are no types of records, but questions and what belongs to a message
/// (RFC 6895 section 3.1); so is OPT.
constexpr std::uint16_t kFirstMetaType = 128;
constexpr std::uint16_t kLastMetaType = 255;

/// What ldns_rcodes lacks or calls by another name than IANA (NOTIMPL).
const std::array<ldns_lookup_table, 3> kMoreRcodes{{{4, "NOTIMP"}, {16, "BADVERS"}, {0, nullptr}}};

/// ldns reads its tables only, but takes them as if it wrote to them.
ldns_lookup_table* more_rcodes() { return const_cast<ldns_lookup_table*>(kMoreRcodes.data()); }

std::uint16_t read_u16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

/// The fields of the header that are no counts (RFC 1035 section 4.1.1, RFC 4035 section 3.2.3).
struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  bool is_response() const { return (flags & 0x8000) != 0; }
  bool is_query_opcode() const { return (flags & 0x7800) == 0; }
  bool authoritative() const { return (flags & 0x0400) != 0; }
  bool truncated() const { return (flags & 0x0200) != 0; }
  bool authenticated() const { return (flags & 0x0020) != 0; }
  std::uint16_t rcode() const { return flags & 0x000f; }
};

/// `message` has a header.
Header read_header(std::span<const std::uint8_t> message) {
  return {read_u16(message, 0), read_u16(message, 2), read_u16(message, 4)};
}

/// The bytes of the only question of a query that encode_query() made; its name is uncompressed.
std::span<const std::uint8_t> question_of(std::span<const std::uint8_t> query) {
  std::size_t end = kHeaderSize;
  while (query[end] != 0) end += std::size_t{1} + query[end];
  constexpr std::size_t kRootTypeAndClass = 5;
  return query.subspan(kHeaderSize, end - kHeaderSize + kRootTypeAndClass);
}

std::uint8_t lower(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte | 0x20) : byte;
}

/// The names without regard to case: the length of a label is never that of a letter.
bool is_same_question(std::span<const std::uint8_t> left, std::span<const std::uint8_t> right) {
  if (left.size() != right.size()) return false;
  const auto name = static_cast<std::ptrdiff_t>(left.size() - 4);
  return std::equal(left.begin(), left.begin() + name, right.begin(),
                    [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); }) &&
         std::equal(left.begin() + name, left.end(), right.begin() + name);
}

/// Names in lower case, nothing compressed.
std::optional<Bytes> data_of(const ldns_rr* rr) {
  const Buffer buffer(ldns_buffer_new(LDNS_MIN_BUFLEN));
  if (!buffer || ldns_rr_rdata2buffer_wire(buffer.get(), rr) != LDNS_STATUS_OK) return std::nullopt;
  const std::uint8_t* begin = ldns_buffer_begin(buffer.get());
  return Bytes(begin, begin + ldns_buffer_position(buffer.get()));
}

std::string text_of(const ldns_rr* rr) {
  std::string text;
  for (std::size_t index = 0; index < ldns_rr_rd_count(rr); ++index) {
    const CString field(ldns_rdf2str(ldns_rr_rdf(rr, index)));
    if (index > 0) text += ' ';
    text += field ? field.get() : "?";
  }
  return text;
}

using Names = std::vector<const ldns_rdf*>;

bool contains(const Names& names, const ldns_rdf* name) {
  return std::ranges::any_of(
      names, [name](const ldns_rdf* one) { return ldns_dname_compare(one, name) == 0; });
}

/// The name that was asked for, and those that CNAMEs lead to from it, in whatever order they are.
Names follow_aliases(const ldns_rdf* asked, const ldns_rr_list* records) {
  Names names{asked};
  // Each round finds a name or is the last one; chains are short.
  constexpr int kMostAliases = 16;
  for (int round = 0; round < kMostAliases; ++round) {
    const std::size_t known = names.size();
    for (std::size_t index = 0; index < ldns_rr_list_rr_count(records); ++index) {
      const ldns_rr* rr = ldns_rr_list_rr(records, index);
      if (ldns_rr_get_type(rr) != LDNS_RR_TYPE_CNAME || ldns_rr_rd_count(rr) != 1) continue;
      const ldns_rdf* alias = ldns_rr_rdf(rr, 0);
      if (contains(names, ldns_rr_owner(rr)) && !contains(names, alias)) names.push_back(alias);
      if (names.size() > kMostAliases) return names;
    }
    if (names.size() == known) break;
  }
  return names;
}

ldns_rr_type ldns_type(std::uint16_t type) { return static_cast<ldns_rr_type>(type); }

/// One record as a zone file would have it.
ResourceRecord parse_record(std::uint16_t type, std::string_view text) {
  const std::string line = ". 0 IN " + type_name(type) + " " + std::string(text);
  ldns_rr* rr = nullptr;
  if (ldns_rr_new_frm_str(&rr, line.c_str(), 0, nullptr, nullptr) != LDNS_STATUS_OK) return nullptr;
  return ResourceRecord(rr);
}

/// The character-strings of a TXT record put together.
std::string joined(std::span<const std::uint8_t> data) {
  std::string text;
  while (!data.empty() && data.size() > data[0]) {
    text.append(reinterpret_cast<const char*>(data.data()) + 1, data[0]);
    data = data.subspan(std::size_t{1} + data[0]);
  }
  return text;
}

}  // namespace

// ------------------------------------------------------------------ names of numbers

Result<std::uint16_t> parse_type(std::string_view name) {
  const auto type = static_cast<std::uint16_t>(ldns_get_rr_type_by_name(std::string(name).c_str()));
  if (type == 0 || type == LDNS_RR_TYPE_OPT || (type >= kFirstMetaType && type <= kLastMetaType)) {
    return fail("expected a type of records such as \"SOA\", \"A\" or \"TXT\", got \"" +
                std::string(name) + "\"");
  }
  return type;
}

std::string type_name(std::uint16_t type) {
  const CString name(ldns_rr_type2str(ldns_type(type)));
  return name ? name.get() : "TYPE" + std::to_string(type);
}

Result<std::uint16_t> parse_rcode(std::string_view name) {
  const std::string text(name);
  for (ldns_lookup_table* table : {more_rcodes(), ldns_rcodes}) {
    const ldns_lookup_table* found = ldns_lookup_by_name(table, text.c_str());
    if (found != nullptr) return static_cast<std::uint16_t>(found->id);
  }
  return fail("expected a response code such as \"NOERROR\", \"NXDOMAIN\" or \"REFUSED\", got \"" +
              std::string(name) + "\"");
}

std::string rcode_name(std::uint16_t rcode) {
  for (ldns_lookup_table* table : {more_rcodes(), ldns_rcodes}) {
    const ldns_lookup_table* found = ldns_lookup_by_id(table, rcode);
    if (found != nullptr) return found->name;
  }
  return "RCODE" + std::to_string(rcode);
}

// ------------------------------------------------------------------ the query

Result<Bytes> encode_query(const Query& query, std::uint16_t id) {
  ldns_rdf* name = nullptr;
  const bool is_text = query.name.find('\0') == std::string::npos && !query.name.empty();
  if (!is_text || ldns_str2rdf_dname(&name, query.name.c_str()) != LDNS_STATUS_OK) {
    return fail("expected a domain name such as \"example.com\", got \"" + query.name + "\"");
  }
  const Packet packet(ldns_pkt_query_new(name, ldns_type(query.type), LDNS_RR_CLASS_IN,
                                         query.recursion_desired ? LDNS_RD : std::uint16_t{0}));
  if (!packet) {
    ldns_rdf_deep_free(name);
    return fail("out of memory");
  }
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_ad(packet.get(), query.authenticated_data);
  ldns_pkt_set_edns_udp_size(packet.get(), kUdpPayload);
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet.get(), &size) != LDNS_STATUS_OK) return fail("out of memory");
  Bytes bytes(wire, wire + size);
  std::free(wire);
  return bytes;
}

void set_id(std::span<std::uint8_t> query, std::uint16_t id) {
  query[0] = static_cast<std::uint8_t>(id >> 8);
  query[1] = static_cast<std::uint8_t>(id & 0xff);
}

// ------------------------------------------------------------------ the answer

bool is_answer(std::span<const std::uint8_t> message, std::span<const std::uint8_t> query) {
  if (message.size() < kHeaderSize) return false;
  const Header header = read_header(message);
  if (header.id != read_u16(query, 0) || !header.is_response() || !header.is_query_opcode()) {
    return false;
  }
  if (header.questions == 0) return header.rcode() != kNoError;
  const auto asked = question_of(query);
  const std::size_t end = std::min(message.size(), kHeaderSize + asked.size());
  return header.questions == 1 &&
         is_same_question(message.subspan(kHeaderSize, end - kHeaderSize), asked);
}

Result<Answer> parse_answer(std::span<const std::uint8_t> message, const Query& query) {
  if (message.size() < kHeaderSize) return fail("it has no header");
  const Header header = read_header(message);
  Answer answer{
      header.rcode(), header.authoritative(), header.truncated(), header.authenticated(), {}};
  // A server may cut wherever it likes.
  if (answer.truncated) return answer;
  ldns_pkt* parsed = nullptr;
  const ldns_status status = ldns_wire2pkt(&parsed, message.data(), message.size());
  if (status != LDNS_STATUS_OK) return fail(ldns_get_errorstr_by_id(status));
  const Packet packet(parsed);
  if (ldns_pkt_edns(packet.get())) {
    answer.rcode =
        static_cast<std::uint16_t>(answer.rcode | ldns_pkt_edns_extended_rcode(packet.get()) << 4);
  }
  const ldns_rr_list* questions = ldns_pkt_question(packet.get());
  if (ldns_rr_list_rr_count(questions) != 1) return answer;
  const ldns_rr_list* records = ldns_pkt_answer(packet.get());
  const Names names = follow_aliases(ldns_rr_owner(ldns_rr_list_rr(questions, 0)), records);
  for (std::size_t index = 0; index < ldns_rr_list_rr_count(records); ++index) {
    ldns_rr* rr = ldns_rr_list_rr(records, index);
    if (ldns_rr_get_type(rr) != ldns_type(query.type) ||
        ldns_rr_get_class(rr) != LDNS_RR_CLASS_IN || !contains(names, ldns_rr_owner(rr))) {
      continue;
    }
    // ldns takes a record without any data, which there is in updates only.
    const ldns_rr_descriptor* fields = ldns_rr_descript(query.type);
    if (ldns_rr_rd_count(rr) < ldns_rr_descriptor_minimum(fields)) {
      return fail("a record has too little data");
    }
    ldns_rr2canonical(rr);
    auto data = data_of(rr);
    if (!data) return fail("a record cannot be read");
    answer.records.push_back({std::move(*data), text_of(rr)});
  }
  return answer;
}

// ------------------------------------------------------------------ what is expected of it

Result<Expectation> Expectation::parse(std::uint16_t type, std::string_view text) {
  Expectation expectation;
  expectation.text_ = text;
  if (type == LDNS_RR_TYPE_TXT && !text.starts_with('"')) return expectation;
  const bool one_line = std::ranges::all_of(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
  // ldns would close an open quotation by itself.
  const bool is_closed = type != LDNS_RR_TYPE_TXT || (text.size() > 1 && text.ends_with('"'));
  const ResourceRecord rr = one_line && is_closed ? parse_record(type, text) : nullptr;
  if (rr && ldns_rr_rd_count(rr.get()) > 0) {
    ldns_rr2canonical(rr.get());
    expectation.data_ = data_of(rr.get());
  }
  if (expectation.data_) return expectation;
  return fail("expected the data of a record of type " + type_name(type) + ", got \"" +
              std::string(text) + "\"");
}

std::string Expectation::text() const { return data_ ? text_ : "\"" + text_ + "\""; }

bool Expectation::is_met_by(const Record& record) const {
  return data_ ? record.data == *data_ : joined(record.data) == text_;
}

}  // namespace vipherd::wire::dns
