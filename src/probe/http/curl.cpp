#include "probe/http/curl.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "vipherd/base/numbers.hpp"
#include "vipherd/wire/http_response.hpp"

namespace vipherd::probe::http {
namespace {

/// What is known of the answer so far; of the last one, if redirects are followed.
struct Answer {
  int status = 0;
  bool http2 = false;
  bool headers_complete = false;
  std::size_t header_bytes = 0;  ///< of all answers
  std::size_t body_bytes = 0;
  std::string body;
};

/// Why the transfer was stopped before its end.
enum class Stop : std::uint8_t { none, enough, too_many_headers, wrong_version, not_http };

/// 0 unless the line is a status line: "HTTP/1.1 200 OK", "HTTP/2 200".
int parse_status_line(std::string_view line) {
  if (!line.starts_with("HTTP/")) return 0;
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  line.remove_prefix(space + 1);
  return take_number<int>(line).value_or(0);
}

class CurlProbe : public Probe, private curl::Transfer::Reader {
 public:
  CurlProbe(std::shared_ptr<curl::Loop> loop, std::shared_ptr<const HttpSettings> settings,
            const Asker& asker, Finish finish)
      : settings_(std::move(settings)),
        request_(*std::get<CurlRequest>(settings_->request)),
        finish_(std::move(finish)),
        headers_(request_.method == "HEAD", 0),
        transfer_(std::move(loop), request_, asker, *this) {}

  std::optional<Outcome> start() { return transfer_.start(); }
  std::string awaited() const override {
    return (answer_.headers_complete ? "end of the response body" : transfer_.awaited()) +
           transfer_.redirected();
  }

 private:
  bool on_header(std::string_view line) override;
  bool on_body(std::string_view bytes) override;
  void on_end(CURLcode code) override;
  void on_headers_end();
  Outcome evaluate(CURLcode code) const;

  const std::shared_ptr<const HttpSettings> settings_;
  const curl::Request& request_;  ///< among the settings
  Finish finish_;
  Answer answer_;
  /// Evaluates the headers of HTTP/1 as it does without curl, which takes much for an answer.
  wire::HttpResponseReader headers_;
  Stop stop_ = Stop::none;
  curl::Transfer transfer_;  ///< destroyed first
};

bool CurlProbe::on_header(std::string_view line) {
  answer_.header_bytes += line.size();
  if (answer_.header_bytes > curl::kMostHeaders) {
    stop_ = Stop::too_many_headers;
    return false;
  }
  if (const int status = parse_status_line(line)) {
    const std::size_t seen = answer_.header_bytes;
    if (answer_.headers_complete) headers_ = wire::HttpResponseReader(request_.method == "HEAD", 0);
    answer_ = {};
    answer_.header_bytes = seen;
    answer_.status = status;
    answer_.http2 = line.starts_with("HTTP/2");
  }
  if (!answer_.http2 && !answer_.headers_complete &&
      headers_.take(line) == wire::HttpResponseReader::State::not_http) {
    stop_ = Stop::not_http;
    return false;
  }
  const bool last = line == "\r\n" || line == "\n";
  const bool interim = answer_.status >= 100 && answer_.status <= 199;
  // Trailers come like headers.
  if (last && !interim && !answer_.headers_complete) on_headers_end();
  return stop_ == Stop::none;
}

void CurlProbe::on_headers_end() {
  answer_.headers_complete = true;
  if (request_.version == curl::HttpVersion::http2 && !answer_.http2) {
    stop_ = Stop::wrong_version;
  } else if ((request_.redirects == 0 || answer_.status / 100 != 3) &&
             !settings_->statuses.contains(answer_.status)) {
    stop_ = Stop::enough;
  }
}

bool CurlProbe::on_body(std::string_view bytes) {
  const std::size_t room =
      settings_->expectation.kept() - std::min(settings_->expectation.kept(), answer_.body.size());
  answer_.body.append(bytes.substr(0, std::min(room, bytes.size())));
  answer_.body_bytes += bytes.size();
  if (answer_.body_bytes >= settings_->expectation.body_limit) stop_ = Stop::enough;
  return stop_ == Stop::none;
}

void CurlProbe::on_end(CURLcode code) {
  Outcome outcome = evaluate(code);
  if (outcome.pass) outcome = transfer_.with_expiry(std::move(outcome));
  // Those speak of redirects themselves.
  const bool named = code == CURLE_TOO_MANY_REDIRECTS || code == CURLE_UNSUPPORTED_PROTOCOL;
  if (!outcome.pass && !named) outcome.reason += transfer_.redirected();
  std::exchange(finish_, nullptr)(std::move(outcome));
}

Outcome CurlProbe::evaluate(CURLcode code) const {
  switch (stop_) {
    case Stop::too_many_headers:
      return {false, "response headers larger than 64 KiB"};
    case Stop::not_http:
      return {false, "the answer is not HTTP"};
    case Stop::wrong_version:
      return {false, "the server speaks HTTP/1.1, expected HTTP/2"};
    case Stop::none:
      if (code != CURLE_OK) return transfer_.failure(code, answer_.headers_complete);
      break;
    case Stop::enough:
      break;
  }
  // For curl an answer may also end with the connection, wherever that is.
  if (!answer_.headers_complete) {
    return {false, "the connection was closed before the response headers ended"};
  }
  if (!settings_->statuses.contains(answer_.status))
    return {false, unexpected(answer_.status, settings_->statuses)};
  const bool whole = code == CURLE_OK && answer_.body_bytes <= settings_->expectation.body_limit;
  return settings_->expectation.evaluate(answer_.status, answer_.body, whole);
}

}  // namespace

std::unique_ptr<Probe> start_curl_probe(std::shared_ptr<curl::Loop> loop,
                                        std::shared_ptr<const HttpSettings> settings,
                                        const Asker& asker, const Finish& finish) {
  return curl::start_or_finish(
      std::make_unique<CurlProbe>(std::move(loop), std::move(settings), asker, finish), finish);
}

}  // namespace vipherd::probe::http
