#include "vipherd/wire/http_response.hpp"

#include <algorithm>

#include "vipherd/base/numbers.hpp"

namespace vipherd::wire {
namespace {

/// The extensions of a chunk are not read; this is what they may take.
constexpr std::size_t kLongestChunkLine = 4096;
constexpr std::string_view kVersion = "HTTP/1.";

bool is_digit(char c) { return c >= '0' && c <= '9'; }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char one, char other) { return to_lower(one) == other; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// False as soon as it is known that this will not become a status line.
bool may_be_status_line(std::string_view beginning) {
  const std::size_t known = std::min(beginning.size(), kVersion.size());
  return beginning.substr(0, known) == kVersion.substr(0, known);
}

}  // namespace

HttpResponseReader::State HttpResponseReader::take(std::string_view bytes) {
  while (!bytes.empty() && (state_ == State::headers || state_ == State::body)) {
    switch (part_) {
      case Part::status_line:
      case Part::field:
      case Part::chunk_size:
      case Part::chunk_end:
      case Part::trailer:
        if (!take_line(bytes)) return state_;
        break;
      case Part::counted_body:
      case Part::chunk_data:
      case Part::body_until_close:
        take_body(bytes);
        break;
    }
  }
  return state_;
}

HttpResponseReader::State HttpResponseReader::end() {
  if (state_ == State::body && part_ == Part::body_until_close) {
    state_ = State::complete;
  } else if (state_ == State::headers || state_ == State::body) {
    state_ = State::cut_off;
  }
  return state_;
}

/// One line from `bytes` and from what was kept of it, or false if its end is not there.
bool HttpResponseReader::take_line(std::string_view& bytes) {
  const std::size_t newline = bytes.find('\n');
  const std::size_t length = newline == std::string_view::npos ? bytes.size() : newline + 1;
  std::string_view line = bytes.substr(0, length);
  bytes.remove_prefix(length);
  if (part_ != Part::chunk_size && part_ != Part::chunk_end) {
    count_header(length);
  } else if (line_.size() + length > kLongestChunkLine) {
    state_ = State::malformed_body;
  }
  if (state_ != State::headers && state_ != State::body) return false;
  if (newline == std::string_view::npos) {
    line_ += line;
    if (part_ == Part::status_line && !may_be_status_line(line_)) state_ = State::not_http;
    return false;
  }
  std::string whole;
  if (!line_.empty()) {
    whole = std::move(line_);
    line_.clear();
    whole += line;
    line = whole;
  }
  line.remove_suffix(1);
  // RFC 9112 section 2.2: a line may also end in the LF alone.
  if (line.ends_with('\r')) line.remove_suffix(1);
  on_line(line);
  return true;
}

void HttpResponseReader::on_line(std::string_view line) {
  switch (part_) {
    case Part::status_line:
      on_status_line(line);
      break;
    case Part::field:
      line.empty() ? on_headers_end() : on_field(line);
      break;
    case Part::chunk_size:
      on_chunk_size(line);
      break;
    case Part::chunk_end:
      part_ = Part::chunk_size;
      if (!line.empty()) state_ = State::malformed_body;
      break;
    case Part::trailer:
      if (line.empty()) state_ = State::complete;
      break;
    case Part::counted_body:
    case Part::chunk_data:
    case Part::body_until_close:
      break;
  }
}

/// RFC 9112 section 4, but the reason may be missing with the space before it.
void HttpResponseReader::on_status_line(std::string_view line) {
  constexpr std::size_t kCode = kVersion.size() + 2;  // behind "HTTP/1.1 "
  const bool sound = line.size() >= kCode + 3 && may_be_status_line(line) &&
                     is_digit(line[kVersion.size()]) && line[kVersion.size() + 1] == ' ' &&
                     line[kCode] >= '1' && line[kCode] <= '9' && is_digit(line[kCode + 1]) &&
                     is_digit(line[kCode + 2]) &&
                     (line.size() == kCode + 3 || line[kCode + 3] == ' ');
  if (!sound) {
    state_ = State::not_http;
    return;
  }
  line_status_ = parse_number<int>(line.substr(kCode, 3)).value_or(0);
  part_ = Part::field;
  length_.reset();
  chunked_ = until_close_ = false;
}

void HttpResponseReader::on_field(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return;  // a folded line (section 5.2)
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || line.find('\0') != std::string_view::npos) {
    state_ = State::not_http;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equals_ignoring_case(name, "content-length")) on_content_length(value);
  if (!equals_ignoring_case(name, "transfer-encoding")) return;
  // Only the last coding says how the body ends (section 6.3).
  const std::size_t comma = value.rfind(',');
  chunked_ = equals_ignoring_case(
      trimmed(value.substr(comma == std::string_view::npos ? 0 : comma + 1)), "chunked");
  until_close_ = !chunked_;
}

void HttpResponseReader::on_content_length(std::string_view value) {
  const auto length = parse_number<std::uint64_t>(value);
  // Two lengths that differ would make two answers of one.
  if (!length || (length_ && *length_ != *length)) state_ = State::not_http;
  length_ = length;
}

void HttpResponseReader::on_headers_end() {
  const bool interim = line_status_ >= 100 && line_status_ <= 199 && line_status_ != 101;
  if (interim) {
    part_ = Part::status_line;
    return;
  }
  status_ = line_status_;
  state_ = State::body;
  const bool bodiless = head_ || status_ == 101 || status_ == 204 || status_ == 304;
  if (bodiless) {
    state_ = State::complete;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (!length_ || until_close_) {
    part_ = Part::body_until_close;
  } else {
    part_ = Part::counted_body;
    left_ = *length_;
    if (left_ == 0) state_ = State::complete;
  }
}

void HttpResponseReader::on_chunk_size(std::string_view line) {
  const auto size = take_number<std::uint64_t>(line, 16);
  const bool sound = size && (line.empty() || line.find_first_of("; \t") == 0);
  if (!sound) state_ = State::malformed_body;
  left_ = size.value_or(0);
  part_ = left_ == 0 ? Part::trailer : Part::chunk_data;
}

void HttpResponseReader::take_body(std::string_view& bytes) {
  const bool counted = part_ != Part::body_until_close;
  const std::size_t size =
      counted ? static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()))
              : bytes.size();
  body_.append(bytes.substr(0, std::min(size, keep_ - std::min(keep_, body_.size()))));
  body_bytes_ += size;
  bytes.remove_prefix(size);
  if (!counted) return;
  left_ -= size;
  if (left_ > 0) return;
  if (part_ == Part::chunk_data) {
    part_ = Part::chunk_end;
  } else {
    state_ = State::complete;
  }
}

void HttpResponseReader::count_header(std::size_t bytes) {
  header_bytes_ += bytes;
  if (header_bytes_ > kMostHeaders) state_ = State::headers_too_large;
}

}  // namespace vipherd::wire
