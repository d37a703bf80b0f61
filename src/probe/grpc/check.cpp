// Kind `grpc`: grpc.health.v1.Health/Check, one call on a connection of its own. Passes if the
// service is SERVING.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "probe/curl/loop.hpp"
#include "probe/curl/tls_settings.hpp"
#include "probe/curl/transfer.hpp"
#include "probe/excerpt.hpp"
#include "probe/kind.hpp"
#include "probe/setting_reader.hpp"
#include "vipherd/base/socket_address.hpp"
#include "vipherd/wire/grpc_health.hpp"

namespace vipherd::probe::grpc {
namespace {

namespace health = wire::grpc_health;
using model::SettingType;

/// An answer has a few bytes.
constexpr std::size_t kMostBody = 4096;
constexpr std::size_t kMostMessage = 100;
constexpr std::size_t kLongestService = 1024;

struct GrpcSettings {
  std::string service;
  curl::Request request;
};

/// The value of the header of this name, which is written small in HTTP/2.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") return std::nullopt;
  line.remove_prefix(name.size() + 1);
  const std::size_t first = line.find_first_not_of(' ');
  if (first == line.npos) return std::string_view();
  return line.substr(first, line.find_last_not_of(" \r\n") + 1 - first);
}

class GrpcProbe : public Probe, private curl::Transfer::Reader {
 public:
  GrpcProbe(std::shared_ptr<curl::Loop> loop, std::shared_ptr<const GrpcSettings> settings,
            const Asker& asker, Finish finish)
      : settings_(std::move(settings)),
        finish_(std::move(finish)),
        transfer_(std::move(loop), settings_->request, asker, *this) {}

  std::optional<Outcome> start() { return transfer_.start(); }
  std::string awaited() const override {
    return has_headers_ ? "end of the gRPC answer" : transfer_.awaited();
  }

 private:
  bool on_header(std::string_view line) override;
  bool on_body(std::string_view bytes) override;
  void on_end(CURLcode code) override;
  Outcome evaluate(CURLcode code) const;
  Outcome evaluate_status() const;
  Outcome evaluate_message() const;

  std::shared_ptr<const GrpcSettings> settings_;
  Finish finish_;
  bool has_headers_ = false;
  bool http2_ = false;
  bool is_grpc_ = false;
  bool too_much_ = false;
  std::size_t header_bytes_ = 0;
  std::string http_status_;
  std::optional<std::uint32_t> status_;
  std::string message_;
  std::string body_;
  curl::Transfer transfer_;  ///< destroyed first
};

/// Headers and trailers alike.
bool GrpcProbe::on_header(std::string_view line) {
  header_bytes_ += line.size();
  if (line.starts_with("HTTP/")) {
    http2_ = line.starts_with("HTTP/2");
    const std::size_t space = std::min(line.find(' '), line.size());
    http_status_ = line.substr(space).substr(0, 4);
  }
  if (const auto type = value_of(line, "content-type")) {
    is_grpc_ = type->starts_with("application/grpc");
  }
  if (const auto status = value_of(line, "grpc-status")) status_ = health::parse_status(*status);
  if (const auto message = value_of(line, "grpc-message"))
    message_ = health::decode_message(*message);
  if (line == "\r\n") has_headers_ = true;
  too_much_ = too_much_ || header_bytes_ > curl::kMostHeaders;
  return !too_much_ && http2_;
}

bool GrpcProbe::on_body(std::string_view bytes) {
  body_ += bytes;
  too_much_ = too_much_ || body_.size() > kMostBody;
  return !too_much_;
}

void GrpcProbe::on_end(CURLcode code) {
  Outcome outcome = evaluate(code);
  if (outcome.pass) outcome = transfer_.with_expiry(std::move(outcome));
  std::exchange(finish_, nullptr)(std::move(outcome));
}

Outcome GrpcProbe::evaluate(CURLcode code) const {
  if (too_much_) return {false, "the answer is too long for one of a gRPC health service"};
  if (header_bytes_ > 0 && !http2_) return {false, "the server speaks HTTP/1.1, gRPC needs HTTP/2"};
  // A server may answer and reset the stream all the same: its status counts.
  if (code != CURLE_OK && !status_) return transfer_.failure(code, has_headers_);
  if (status_ && *status_ != health::kOk) return evaluate_status();
  if (http_status_ != " 200")
    return {false, "HTTP status" + http_status_ + " instead of a gRPC answer"};
  if (!is_grpc_) return {false, "the answer is not gRPC"};
  if (!status_) return {false, "the gRPC answer has no status"};
  return evaluate_message();
}

Outcome GrpcProbe::evaluate_status() const {
  if (*status_ == health::kNotFound) {
    return {false, "the server knows no service " + excerpt(settings_->service, kMostMessage)};
  }
  if (*status_ == health::kUnimplemented) return {false, "the server has no gRPC health service"};
  return {false, "gRPC status " + health::status_name(*status_) +
                     (message_.empty() ? "" : ": " + excerpt(message_, kMostMessage))};
}

Outcome GrpcProbe::evaluate_message() const {
  const auto serving = health::parse_response(body_);
  if (!serving) return {false, "the gRPC answer holds " + serving.error().what};
  if (*serving == health::kServing) return {true, "SERVING"};
  return {false, health::serving_status_name(*serving) + ", expected SERVING"};
}

class GrpcRunner : public RunnerOf<GrpcSettings> {
 public:
  explicit GrpcRunner(boost::asio::io_context& io) : loops_(io) {}

 private:
  std::unique_ptr<Probe> start_probe(std::shared_ptr<const GrpcSettings> settings,
                                     const Asker& asker, Finish finish) override {
    auto loop = loops_.of(settings->request.tls.ca_file);
    return curl::start_or_finish(
        std::make_unique<GrpcProbe>(std::move(loop), std::move(settings), asker, finish), finish);
  }

  curl::Loops loops_;
};

std::vector<model::SettingSpec> grpc_specs() {
  std::vector<model::SettingSpec> all{
      {kAddress, SettingType::text, true, "numeric address and port, \"127.0.0.1:50051\""},
      {"service", SettingType::text, false,
       "the service to ask for; default: \"\", the server as a whole"},
      {"tls", SettingType::boolean, false, "whether to speak TLS (default false)"},
  };
  curl::append_tls_specs(all);
  return all;
}

/// With TLS, server_name is also what HTTP calls the authority; without, only that.
bool read_whether_tls(SettingReader& reader) {
  if (reader.get("tls", false)) return true;
  for (const char* key : {"verify", "ca_file", "client_cert", "certificate_expires_in"}) {
    if (reader.has(key)) reader.error(key, "expected tls = true beside it");
  }
  return false;
}

model::Preparation prepare_grpc(const model::Settings& given) {
  SettingReader reader(given);
  const SocketAddress address = reader.address(kAddress);
  GrpcSettings settings{reader.text("service"), {}};
  if (settings.service.size() > kLongestService) {
    reader.error("service", "expected at most 1024 bytes");
  }
  curl::Request& request = settings.request;
  request.tls = curl::read_tls(reader);
  const bool tls = read_whether_tls(reader);
  if (!reader.is_valid()) return std::move(reader).refused();
  curl::connect_by_address(request, tls ? "https" : "http", reader.text(kAddress));
  request.url += health::kPath;
  request.version = curl::HttpVersion::http2;
  request.method = "POST";
  request.body = health::encode_request(settings.service);
  request.headers = {"Content-Type: application/grpc", "TE: trailers", "Accept:", "Expect:"};
  return std::move(reader).prepared(std::move(settings), address);
}

}  // namespace

Kind kind() {
  return {{"grpc", "passes when a gRPC server's health service says that it is serving",
           grpc_specs(), prepare_grpc, retarget_by(kAddress), 2},
          make_runner<GrpcRunner>};
}

}  // namespace vipherd::probe::grpc
