#include "vipherd/frr/flush.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "frr/zapi/announcer.hpp"

namespace vipherd::frr {
namespace {

namespace event = model::event;

constexpr Duration kFlushDeadline = std::chrono::seconds(5);

/// A zebra that ended leaves no file or one that refuses connections. Any other error is the
/// session's to tell.
bool is_absent(boost::asio::io_context& io, const std::string& path) {
  using boost::asio::local::stream_protocol;
  if (path.size() >= sizeof(sockaddr_un::sun_path)) return false;
  stream_protocol::socket socket(io);
  boost::system::error_code error;
  socket.open(stream_protocol(), error);
  if (!error) socket.non_blocking(true, error);
  if (!error) socket.connect(stream_protocol::endpoint(path), error);
  return error == boost::system::errc::no_such_file_or_directory ||
         error == boost::asio::error::connection_refused;
}

}  // namespace

Result<void> flush_routes(const model::FrrConfig& config) {
  boost::asio::io_context io;
  if (is_absent(io, config.zserv_socket)) return {};
  std::optional<Result<void>> outcome;
  zapi::ZapiAnnouncer* session = nullptr;
  // A question is asked only for its answer: then zebra has read what was sent before it, and we
  // what zebra had to say by then.
  const auto ask = [&] { session->inspect(IpAddress::parse("127.0.0.1").value(), ""); };
  bool ended = false;
  zapi::ZapiAnnouncer announcer(io, config, /*resuming=*/false, [&](const model::Event& event) {
    if (std::holds_alternative<event::SpeakerUp>(event)) {
      ask();
    } else if (std::holds_alternative<event::RouteInspected>(event)) {
      // Otherwise the routes would be kept once more: zebra has passed the earlier session's
      // request on to this one. By now all VRFs for which it may be in force are known.
      if (std::exchange(ended, true)) {
        outcome = Result<void>();
      } else {
        session->end_all_with_the_session();
        ask();
      }
    } else if (const auto* refused = std::get_if<event::SpeakerUnreachable>(&event)) {
      outcome = Result<void>(fail(refused->reason));
    } else if (const auto* lost = std::get_if<event::SpeakerDown>(&event)) {
      outcome = Result<void>(fail(lost->reason));
    }
    if (outcome) io.stop();
  });
  session = &announcer;
  announcer.start();
  io.run_for(kFlushDeadline);
  if (!outcome) return fail("zebra did not answer within " + format_duration(kFlushDeadline));
  return *outcome;  // the announcer closes
}

}  // namespace vipherd::frr
