// DNS messages (RFC 1035) as a client of a server needs them: one query, and what its answer says.
// Pure and bounded; trusts no byte it is given, knows no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vipherd/base/result.hpp"

namespace vipherd::wire::dns {

/// The size of UDP answers that we ask for: what passes everywhere without fragments.
inline constexpr std::uint16_t kUdpPayload = 1232;
inline constexpr std::size_t kHeaderSize = 12;
inline constexpr std::uint16_t kNoError = 0;

/// A type of records that can be asked for: "SOA", "AAAA", "TYPE65".
Result<std::uint16_t> parse_type(std::string_view name);
std::string type_name(std::uint16_t type);

/// "NOERROR", "SERVFAIL": IANA's names of the response codes, in any case.
Result<std::uint16_t> parse_rcode(std::string_view name);
std::string rcode_name(std::uint16_t rcode);

struct Query {
  std::string name;  ///< absolute, with or without the last dot
  std::uint16_t type = 0;
  bool recursion_desired = false;
  /// Asks whether the answer was validated (the AD bit, RFC 6840 section 5.7). Signatures are not
  /// asked for (the DO bit): it is the server that validates.
  bool authenticated_data = false;
};

/// Fails if the name is none.
Result<std::vector<std::uint8_t>> encode_query(const Query& query, std::uint16_t id);

/// Gives a query that encode_query() has made another id.
void set_id(std::span<std::uint8_t> query, std::uint16_t id);

/// Whether a message answers the query, by its id and its question. An error may be
/// answered without the question.
bool is_answer(std::span<const std::uint8_t> message, std::span<const std::uint8_t> query);

struct Record {
  /// As in a message, but names uncompressed and in lower case: equal if the data is.
  std::vector<std::uint8_t> data;
  std::string text;  ///< the presentation form of the data
  friend bool operator==(const Record&, const Record&) = default;
};

struct Answer {
  std::uint16_t rcode = kNoError;  ///< with EDNS, all 12 bits
  bool authoritative = false;
  bool truncated = false;
  bool authenticated = false;
  /// Those of the type and name that was asked for, or of the name that CNAMEs lead to. None are
  /// read from a truncated answer.
  std::vector<Record> records;
  friend bool operator==(const Answer&, const Answer&) = default;
};

/// Reads the answer to `query`; what fails is malformed.
Result<Answer> parse_answer(std::span<const std::uint8_t> message, const Query& query);

/// Data that is expected of a record.
class Expectation {
 public:
  /// The data in presentation form: "192.0.2.1", "10 mail.example.com". For TXT the text itself
  /// will do, too, without quotes: it is compared with the record's strings put together.
  static Result<Expectation> parse(std::uint16_t type, std::string_view text);
  bool is_met_by(const Record& record) const;
  /// The data in presentation form, as it was given.
  std::string text() const;

 private:
  std::string text_;
  std::optional<std::vector<std::uint8_t>> data_;  ///< none: the text itself is compared
};

}  // namespace vipherd::wire::dns
