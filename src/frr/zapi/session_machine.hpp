// The life of the session with zebra as a pure machine: resume(state, input) -> effects. Decides
// everything about connecting, refusing, deadlines and retries; does no I/O and reads no clock.
//
//   waiting -> connecting -> probing -> checking -> greeting -> verifying -> established
//      ^____________any failure or deadline, after a backoff of 50 ms to 1 s__________|
//
// Before HELLO the probe finds the ZAPI version, because a HELLO of the wrong form is accepted by
// zebra and makes it silent; unless the operator has named one. Its answer also proves that zebra's
// main loop runs, so that zebra.vty exists if it ever will.
//
// zebra removes the routes of a type when any client that claimed it in HELLO closes. So a second
// client of our type must never say HELLO: its list of clients is read before (checking). Two
// agents that check in the same moment see nothing of each other and both say HELLO; therefore
// the list is read again (verifying), and no route is announced before it shows us alone. Both
// then close and try again after backoffs that differ by chance. What remains is that one of them
// had verified before the other said HELLO, or that FRR's own daemon of our type is started later:
// the closing of the other then removes our routes. zebra tells us so only route by route (REMOVED;
// its CLIENT_CLOSE_NOTIFY goes to clients of other types alone), and the core announces them again.
//
// A client is in the list until zebra has flushed its routes. So an agent that replaces a killed
// one never has its first routes flushed with those of the dead, but it may be told of their
// removal (REMOVED) right after it connected.
//
// zebra tells its VRFs right behind CAPABILITIES, so they are known before the session is, and
// every later change. A route in a VRF that zebra does not know is refused; so what is wanted in
// VRFs other than the default one is remembered as long as the session lasts, and told as soon as
// the VRF is there: later than the session, or anew, with another number and without any route.
//
// Without zebra.vty the check is impossible. Announcing matters more than detecting a mistake in
// the set-up, so the session goes on and says so in SpeakerUp. An answer that does not come
// in time is no such case: zebra is busy or hung, and the attempt is repeated.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "frr/backoff.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/vrf.hpp"
#include "vipherd/wire/vty/vty.hpp"
#include "vipherd/wire/zapi/zapi.hpp"

namespace vipherd::frr::zapi {

/// What zebra.vty told.
struct ZebraClients {
  std::string version;
  std::vector<wire::vty::Client> clients;
};

namespace input {
struct Start {};
/// The stream asked for by effect::Open is connected.
struct Opened {};
/// The stream could not be connected, or has ended, or is not ZAPI.
struct Failed {
  std::string reason;
};
struct Received {
  wire::zapi::Message message;
};
/// Answers effect::ReadClients; an error means that zebra.vty cannot be read at all.
struct ClientsRead {
  Result<ZebraClients> clients;
};
/// Told to zebra with the next Flush, if there is a session.
struct Announce {
  IpAddress vip;
  std::string vrf;
  model::RouteAttributes route;
};
struct Withdraw {
  IpAddress vip;
  std::string vrf;
};
struct Flush {};
/// Zebra's RIB is to be asked about our route.
struct Inspect {
  IpAddress vip;
  std::string vrf;
};
/// The deadline armed last has passed.
struct DeadlinePassed {};
/// Everything that is wanted was announced in this session.
struct Complete {};
/// Nothing is to stay when the session ends, in any VRF: zebra has had the time of
/// effect::AwaitStaleRemoval, or nothing is wanted any more.
struct EndAllWithTheSession {};
struct Close {
  bool keep = false;  ///< what is announced stays so, for a successor
};
}  // namespace input
using SessionInput =
    std::variant<input::Start, input::Opened, input::Failed, input::Received, input::ClientsRead,
                 input::Announce, input::Withdraw, input::Flush, input::Inspect,
                 input::DeadlinePassed, input::Complete, input::EndAllWithTheSession, input::Close>;

namespace effect {
struct Open {};
struct Send {
  wire::zapi::Bytes bytes;
};
struct ReadClients {};
/// Ask zebra.vty now: zebra has come to every message sent before the question.
struct AskRib {
  IpAddress vip;
  std::string vrf;
};
/// Close the stream and give up reading the clients: nothing more comes of either.
struct Hangup {};
/// Replaces the deadline armed before.
struct ArmDeadline {
  Duration after{};
};
struct Disarm {};
/// EndAllWithTheSession is to follow after this, unless a Hangup comes before.
struct AwaitStaleRemoval {
  Duration after{};
};
struct Emit {
  model::Event event;
};
}  // namespace effect
using SessionEffect =
    std::variant<effect::Open, effect::Send, effect::ReadClients, effect::AskRib, effect::Hangup,
                 effect::ArmDeadline, effect::Disarm, effect::AwaitStaleRemoval, effect::Emit>;
/// To be performed in this order.
using SessionEffects = std::vector<SessionEffect>;

inline constexpr Duration kStepDeadline = std::chrono::seconds(2);
/// A question about the RIB is answered `unknown` if zebra has not come to it by then.
inline constexpr Duration kBarrierDeadline = std::chrono::seconds(1);
/// A session that lived this long was no failed attempt: the backoff begins anew.
inline constexpr Duration kSettled = std::chrono::seconds(5);
/// Our own predecessor, killed a moment ago, is still in zebra's list for some milliseconds: a
/// second client is reported when it has been seen this often in a row.
inline constexpr std::uint32_t kSightingsToReport = 3;
/// Distinct reasons reported until the next success; later ones are dropped.
inline constexpr std::size_t kMostReasons = 16;

struct SessionState {
  enum class Step : std::uint8_t {
    idle,
    waiting,
    connecting,
    probing,
    checking,
    greeting,
    verifying,
    established,
    leaving,  ///< everything was handed over; waiting until zebra has read that
    closed
  };

  /// With `named` that version is spoken whatever the probe says.
  SessionState(model::RouteType type, std::uint32_t seed,
               std::optional<wire::zapi::Dialect> named_dialect = {})
      : route_type(type), named(named_dialect), random(seed) {}

  model::RouteType route_type;
  std::optional<wire::zapi::Dialect> named;
  std::uint32_t random;  ///< for the spread of the backoffs
  Step step = Step::idle;
  wire::zapi::Dialect dialect{};  ///< found by probing; valid from checking on
  std::vector<wire::zapi::ProbeReply> replies;
  std::string version;          ///< as zebra.vty told it; empty if it did not
  std::string unchecked;        ///< why the clients could not be read; empty if they were
  std::uint32_t attempts = 0;   ///< failed in a row
  std::uint32_t sightings = 0;  ///< of a second client, in a row
  std::string last_reason;      ///< told last; empty after a success
  std::set<std::string, std::less<>> reported;  ///< reasons told since the last success
  std::uint64_t session = 0;
  std::set<IpAddress> before_barrier;  ///< to be asked when the barrier sent last is answered
  std::set<IpAddress> after_barrier;   ///< came while it was under way: the next one is theirs
  /// A predecessor has left its routes to us: this session is to confirm or replace them.
  bool resuming = false;
  std::uint32_t barriers = 0;  ///< sent and not answered yet
  model::Vrfs vrfs;            ///< of the VIPs named in this session
  /// zebra's numbers of its VRFs other than the default one, by their names.
  std::map<std::string, std::uint32_t, std::less<>> vrf_ids;
  /// What is wanted in VRFs other than the default one, whether zebra knows them or not.
  std::map<IpAddress, model::RouteAttributes> elsewhere;
  wire::zapi::Bytes queued;  ///< whole messages, not flushed yet

  bool established() const { return step == Step::established; }
};

SessionEffects resume(SessionState& state, const SessionInput& input);

}  // namespace vipherd::frr::zapi
