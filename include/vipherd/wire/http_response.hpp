// The answer to one HTTP/1 request, as it comes, byte by byte if need be (RFC 9112). Bounded:
// keeps a line that is not complete yet and as much of the body as it is told to, nothing else.
// Trusts no byte it is given, knows no sockets. What stands in most header fields is not its
// business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vipherd::wire {

class HttpResponseReader {
 public:
  enum class State : std::uint8_t {
    headers,            ///< the last line of the header section has not come
    body,               ///< they have; the body has not ended
    complete,           ///< nothing that may follow belongs to the answer
    not_http,           ///< what came is no answer of HTTP/1
    headers_too_large,  ///< headers, or trailers, of more than kMostHeaders bytes
    malformed_body,     ///< chunks that are none
    cut_off,            ///< the connection ended in the middle
  };
  static constexpr std::size_t kMostHeaders = std::size_t{64} << 10;

  /// `head`: the answer is to a HEAD request and has no body. Of the body, the first `keep` bytes
  /// are kept.
  explicit HttpResponseReader(bool head = false, std::size_t keep = 0) : head_(head), keep_(keep) {}

  /// More of the answer. Nothing changes any more once it is complete or wrong.
  State take(std::string_view bytes);
  /// The connection was closed: the end of a body whose length was not said, or too early.
  State end();

  State state() const { return state_; }
  bool has_begun() const { return header_bytes_ > 0 || !line_.empty(); }
  int status() const { return status_; }  ///< 0 until its line has come; never an interim one
  std::size_t body_bytes() const { return body_bytes_; }
  const std::string& body() const { return body_; }

 private:
  /// What the next bytes are.
  enum class Part : std::uint8_t {
    status_line,
    field,
    counted_body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailer,
    body_until_close,
  };

  bool take_line(std::string_view& bytes);
  void on_line(std::string_view line);
  void on_status_line(std::string_view line);
  void on_field(std::string_view line);
  void on_content_length(std::string_view value);
  void on_headers_end();
  void on_chunk_size(std::string_view line);
  void take_body(std::string_view& bytes);
  void count_header(std::size_t bytes);

  State state_ = State::headers;
  Part part_ = Part::status_line;
  bool head_;
  bool chunked_ = false;
  bool until_close_ = false;  ///< a transfer coding that only the end of the connection ends
  int status_ = 0;
  int line_status_ = 0;  ///< also of an interim answer
  std::size_t keep_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::optional<std::uint64_t> length_;
  std::uint64_t left_ = 0;  ///< of the body, or of the chunk
  std::string line_;        ///< the beginning of a line whose end has not come
  std::string body_;
};

}  // namespace vipherd::wire
