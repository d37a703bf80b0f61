#include "frr/zapi/session_machine.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "frr/zapi/session_steps.hpp"

namespace vipherd::frr::zapi {
namespace {

namespace event = model::event;
using Step = SessionState::Step;

std::string type_name(const SessionState& state) {
  return std::string(model::to_string(state.route_type));
}

/// FRR's own daemon that claims the type, for the reader of the refusal.
std::string owner(model::RouteType type) {
  switch (type) {
    case model::RouteType::openfabric:
      return "fabricd";
    case model::RouteType::babel:
      return "babeld";
  }
  return "";
}

/// Ends the attempt or the session and arms the next attempt. A reason is news only once.
SessionEffects retry(SessionState& state, const std::string& reason, bool tell = true) {
  SessionEffects effects{effect::Hangup{}};
  if (state.established()) {
    state.resuming = false;  // what was kept went with the session
    effects.push_back(effect::Emit{event::SpeakerDown{state.session, reason}});
  } else if (tell && state.last_reason != reason) {
    const bool news = state.reported.size() < kMostReasons && state.reported.insert(reason).second;
    effects.push_back(effect::Emit{event::SpeakerUnreachable{reason, news}});
    state.last_reason = reason;
  }
  state.before_barrier.clear();
  state.after_barrier.clear();
  state.barriers = 0;
  state.elsewhere.clear();
  state.vrfs.clear();
  state.queued.clear();
  state.step = Step::waiting;
  effects.push_back(effect::ArmDeadline{next_backoff(state.attempts, state.random)});
  return effects;
}

SessionEffects connect(SessionState& state) {
  state.step = Step::connecting;
  state.replies.clear();
  state.version.clear();
  state.unchecked.clear();
  state.vrf_ids.clear();
  return {effect::ArmDeadline{kStepDeadline}, effect::Open{}};
}

SessionEffects probe(SessionState& state) {
  state.step = Step::probing;
  wire::zapi::Bytes bytes;
  wire::zapi::encode_probe(bytes);
  return {effect::ArmDeadline{kStepDeadline}, effect::Send{std::move(bytes)}};
}

/// The dialect as far as this reply tells it: none before the last one.
Result<std::optional<wire::zapi::Dialect>> find_dialect(SessionState& state,
                                                        const wire::zapi::ProbeReply& reply) {
  if (state.named) return wire::zapi::ends_probe(reply) ? state.named : std::nullopt;
  state.replies.push_back(reply);
  return wire::zapi::identify_dialect(state.replies);
}

SessionEffects on_probe_reply(SessionState& state, const wire::zapi::Message& message) {
  const auto reply = wire::zapi::decode_probe_reply(message);
  if (!reply) return {};  // told to everybody, as CLIENT_CLOSE_NOTIFY is
  const auto dialect = find_dialect(state, *reply);
  if (!dialect) return retry(state, dialect.error().what);
  if (!*dialect) return {};
  state.dialect = **dialect;
  state.step = Step::checking;
  return {effect::ArmDeadline{kStepDeadline}, effect::ReadClients{}};
}

SessionEffects greet(SessionState& state) {
  state.step = Step::greeting;
  wire::zapi::Bytes bytes;
  wire::zapi::encode_hello(bytes, state.dialect, state.route_type);
  return {effect::ArmDeadline{kStepDeadline}, effect::Send{std::move(bytes)}};
}

/// Until established, an ERROR is zebra's answer to HELLO or to the request for notifications.
SessionEffects refused_hello(SessionState& state) {
  return retry(state,
               "zebra refused HELLO of the ZAPI of FRR " + std::string(state.dialect.versions));
}

SessionEffects on_greeting(SessionState& state, const wire::zapi::Message& message) {
  if (message.command == state.dialect.error) return refused_hello(state);
  if (message.command != state.dialect.capabilities) return {};
  if (!state.named) {
    const auto confirmed = wire::zapi::confirm_dialect(state.dialect, message.body.size());
    if (!confirmed) return retry(state, confirmed.error().what);
    state.dialect = *confirmed;
  }
  state.step = Step::verifying;
  return {effect::ArmDeadline{kStepDeadline}, effect::ReadClients{}};
}

std::string describe_session(const SessionState& state) {
  const std::string dialect =
      std::string(state.dialect.versions) + (state.named ? ", as configured" : "");
  std::string text = state.version.empty() ? "FRR " + dialect + " by its ZAPI"
                                           : "FRR " + state.version + " (ZAPI of " + dialect + ")";
  if (!state.unchecked.empty()) {
    text += "; a second client of type " + type_name(state) +
            " would not be noticed: " + state.unchecked;
  }
  return text;
}

SessionEffects establish(SessionState& state) {
  state.step = Step::established;
  state.sightings = 0;
  state.reported.clear();
  state.last_reason.clear();
  ++state.session;
  SessionEffects effects{effect::ArmDeadline{kSettled}};
  if (state.resuming) {
    wire::zapi::Bytes bytes;
    append_restart(state, bytes);
    effects.push_back(effect::Send{std::move(bytes)});
  }
  effects.push_back(
      effect::Emit{event::SpeakerUp{state.session, describe_session(state), state.resuming}});
  return effects;
}

/// Whether zebra's list shows another client that would take our routes along.
bool second_client(const SessionState& state, const ZebraClients& told) {
  const std::ptrdiff_t own = state.step == Step::verifying ? 1 : 0;
  const std::string type = type_name(state);
  return std::ranges::count_if(told.clients, [&](const wire::vty::Client& client) {
           return client.route_type == type && client.instance == 0;  // of any session
         }) > own;
}

SessionEffects on_clients(SessionState& state, const Result<ZebraClients>& told) {
  if (told) {
    state.version = told->version;
    state.unchecked.clear();
    if (second_client(state, *told)) {
      return retry(state,
                   "zebra has another client of route type " + type_name(state) +
                       " (a second vipherd, or " + owner(state.route_type) +
                       "): if either closed, the routes of both would be withdrawn",
                   ++state.sightings >= kSightingsToReport);
    }
  } else {
    state.unchecked = told.error().what;
  }
  return state.step == Step::checking ? greet(state) : establish(state);
}

SessionEffects on_session_message(SessionState& state, const wire::zapi::Message& message) {
  if (wire::zapi::answers_barrier(state.dialect, message)) return on_barrier(state);
  if (is_about_vrf(state, message)) return on_vrf(state, message);
  if (message.command == state.dialect.error) {
    const auto code = wire::zapi::decode_error(message.body);
    // It crossed the news that the VRF is no more.
    if (code && *code == wire::zapi::kErrorNoVrf && message.vrf != wire::zapi::kDefaultVrf)
      return {};
    return retry(state, "zebra refused a message (ZAPI error " +
                            (code ? std::to_string(*code) : "unknown") + ")");
  }
  if (message.command != state.dialect.route_notify_owner) return {};
  const auto notification = wire::zapi::decode_route_notification(message.body);
  // Only host routes are ours, and a note that is not understood changes nothing that is known.
  if (!notification || !notification->prefix.is_host_route()) return {};
  if (find_vrf(state, notification->prefix.address) != message.vrf) return {};
  return {effect::Emit{
      event::RouteStatus{state.session, notification->prefix.address, notification->outcome}}};
}

SessionEffects close(SessionState& state) {
  SessionEffects effects{effect::Hangup{}, effect::Disarm{}};
  if (state.established() || state.step == Step::leaving) {
    effects.push_back(effect::Emit{event::SpeakerDown{state.session, "closed by the agent"}});
  }
  state.step = Step::closed;
  return effects;
}

SessionEffects on_leaving_message(SessionState& state, const wire::zapi::Message& message) {
  if (!wire::zapi::answers_barrier(state.dialect, message) || --state.barriers > 0) return {};
  return close(state);
}

SessionEffects on_message(SessionState& state, const wire::zapi::Message& message) {
  switch (state.step) {
    case Step::probing:
      return on_probe_reply(state, message);
    case Step::greeting:
      return on_greeting(state, message);
    case Step::verifying:
      if (is_about_vrf(state, message)) return on_vrf(state, message);
      return message.command == state.dialect.error ? refused_hello(state) : SessionEffects{};
    case Step::established:
      return on_session_message(state, message);
    case Step::leaving:
      return on_leaving_message(state, message);
    case Step::idle:
    case Step::waiting:
    case Step::connecting:
    case Step::checking:
    case Step::closed:
      return {};
  }
  return {};
}

SessionEffects on_deadline(SessionState& state) {
  const std::string late = " did not answer within " + format_duration(kStepDeadline);
  switch (state.step) {
    case Step::waiting:
      return connect(state);
    case Step::connecting:
      return retry(state, "zserv.api" + late);
    case Step::probing:
      return retry(state,
                   "zebra" + late + " to the ZAPI probe: hung, not a zebra, or older than FRR 7.5");
    case Step::checking:
    case Step::verifying:
      return retry(state, "zebra.vty" + late);
    case Step::greeting:
      return retry(state, "zebra" + late + " to HELLO");
    case Step::established:
      return on_session_deadline(state);
    case Step::leaving:
      return close(state);
    case Step::idle:
    case Step::closed:
      return {};
  }
  return {};
}

bool has_stream(Step step) {
  return step != Step::idle && step != Step::waiting && step != Step::closed;
}

struct Resume {
  SessionState& state;

  SessionEffects operator()(const input::Start&) const {
    return state.step == Step::idle ? connect(state) : SessionEffects{};
  }
  SessionEffects operator()(const input::Opened&) const {
    return state.step == Step::connecting ? probe(state) : SessionEffects{};
  }
  SessionEffects operator()(const input::Failed& failed) const {
    if (state.step == Step::leaving) return close(state);
    return has_stream(state.step) ? retry(state, failed.reason) : SessionEffects{};
  }
  SessionEffects operator()(const input::Received& received) const {
    return on_message(state, received.message);
  }
  SessionEffects operator()(const input::ClientsRead& read) const {
    const bool asked = state.step == Step::checking || state.step == Step::verifying;
    return asked ? on_clients(state, read.clients) : SessionEffects{};
  }
  SessionEffects operator()(const input::Announce& announcement) const {
    return state.established() ? announce(state, announcement) : SessionEffects{};
  }
  SessionEffects operator()(const input::Withdraw& withdrawal) const {
    return state.established() ? withdraw(state, withdrawal) : SessionEffects{};
  }
  SessionEffects operator()(const input::Flush&) const { return flush(state); }
  SessionEffects operator()(const input::Inspect& question) const {
    if (state.established()) return inspect(state, question.vip, question.vrf);
    return {effect::Emit{
        event::RouteInspected{0, question.vip, model::RibState::unknown, "no session with zebra"}}};
  }
  SessionEffects operator()(const input::DeadlinePassed&) const { return on_deadline(state); }
  SessionEffects operator()(const input::Complete&) const {
    return state.established() ? complete(state) : SessionEffects{};
  }
  SessionEffects operator()(const input::EndAllWithTheSession&) const {
    return state.established() ? end_all_with_the_session(state) : SessionEffects{};
  }
  SessionEffects operator()(const input::Close& close_it) const {
    if (state.step == Step::closed) return {};
    return close_it.keep && state.established() ? hand_over(state) : close(state);
  }
};

}  // namespace

SessionEffects resume(SessionState& state, const SessionInput& input) {
  return std::visit(Resume{state}, input);
}

}  // namespace vipherd::frr::zapi
