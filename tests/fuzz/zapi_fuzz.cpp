// The bytes that zebra sends: framing and every decoder, and a whole session machine fed with
// them. What is decoded must hold what its type promises.
#include <cstdint>
#include <string_view>

#include "frr/zapi/session_machine.hpp"
#include "vipherd/base/assert.hpp"
#include "vipherd/wire/zapi/zapi.hpp"

namespace {

using namespace vipherd;
namespace zapi = wire::zapi;

void check_decoders(const zapi::Message& message) {
  VIPHERD_ASSERT(message.size() <= zapi::kMaxMessageSize);
  if (const auto reply = zapi::decode_probe_reply(message)) {
    VIPHERD_ASSERT(reply->command == message.command && reply->vrf == message.vrf);
  }
  if (const auto error = zapi::decode_error(message.body)) VIPHERD_ASSERT(message.body.size() == 4);
  if (const auto told = zapi::decode_route_notification(message.body)) {
    VIPHERD_ASSERT(told->prefix.length <= told->prefix.address.host_length());
  }
  if (const auto name = zapi::decode_vrf_name(message.body)) {
    VIPHERD_ASSERT(!name->empty() && name->size() < message.body.size());
  }
}

/// Whatever zebra says, the machine keeps its promises: routes are told of only in a session,
/// and nothing is done without a deadline.
void feed(frr::zapi::SessionState& state, const frr::zapi::SessionInput& input) {
  const bool before = state.established();
  bool armed = false;
  const frr::zapi::SessionEffects effects = resume(state, input);
  for (const frr::zapi::SessionEffect& effect : effects) {
    if (std::holds_alternative<frr::zapi::effect::ArmDeadline>(effect)) armed = true;
    const auto* emit = std::get_if<frr::zapi::effect::Emit>(&effect);
    if (emit == nullptr) continue;
    const bool note = std::holds_alternative<model::event::RouteStatus>(emit->event);
    VIPHERD_ASSERT(!note || (before && state.established()));
  }
  VIPHERD_ASSERT(before == state.established() || armed);
}

/// One session, with a zebra that is found out about or with one whose dialect is named.
void run_session(zapi::ByteView stream, std::string_view dialect) {
  frr::zapi::SessionState state(model::RouteType::openfabric, 1, zapi::find_dialect(dialect));
  const IpAddress blue = *IpAddress::parse("10.10.10.11");
  feed(state, frr::zapi::input::Start{});
  feed(state, frr::zapi::input::Opened{});
  while (true) {
    const auto message = zapi::next_message(stream);
    if (!message || !*message) break;
    VIPHERD_ASSERT((*message)->size() <= stream.size());
    check_decoders(**message);
    feed(state, frr::zapi::input::Received{**message});
    // zebra.vty shows us alone; in any other step this is ignored.
    feed(state, frr::zapi::input::ClientsRead{frr::zapi::ZebraClients{}});
    if (state.established()) {
      feed(state, frr::zapi::input::Announce{blue, "blue", {}});
      VIPHERD_ASSERT(state.queued.empty() != state.vrf_ids.contains("blue"));
      feed(state, frr::zapi::input::Flush{});
    }
    stream = stream.subspan((*message)->size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const std::string_view dialect : {"", "7.5", "10.7"}) run_session({data, size}, dialect);
  return 0;
}
