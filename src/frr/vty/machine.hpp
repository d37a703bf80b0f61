// The life of vipherd's connection with one daemon's VTY socket (bgpd, ospfd or ospf6d), for one
// VRF, as a pure machine: resume(state, input, desired) -> effects. Decides what is written and
// when, what is asked afterwards, deadlines and retries; does no I/O and reads no clock.
//
//   waiting -> connecting -> opening -> ready <-> preparing, writing, reading, asking
//      ^______any failure or deadline, after a backoff of 50 ms to 1 s_____________|
//
// What a daemon holds is read in its running configuration: on opening, at every audit, and when it
// is asked for a VIP and does not have what was written. What is wanted is compared with all of it,
// so one line that another program removed or changed brings everything else to light that is not
// as it should be. Between two readings the machine adds what it wrote itself. What an earlier run
// left is touched only where that VIP is named, or when the desired are complete. FRR reads one
// command after the other and answers each; a batch of them is written at once and the next one
// only when all are answered (several commands joined by newlines are one unknown command to it).
//
// bgpd: a network statement for each VIP with a route-map of ours. The route-map is written first,
// in a batch of its own, because a statement takes the map as it finds it.
//
// ospfd, ospf6d: prefix-lists that lines of the operator refer to. FRR looks at a changed list only
// after MinLSInterval (5 s; always in ospf6d's redistribution), but at once when the line that
// refers to it is given again. That line may have been changed meanwhile, so the configuration is
// read before each change; entries that are needed are added before others go.
//
// What was written is then looked at: only a path that is best or an LSA proves it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "frr/backoff.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/model/config.hpp"
#include "vipherd/model/vrf.hpp"
#include "vipherd/wire/vty/config.hpp"

namespace vipherd::frr::vty {

enum class Daemon : std::uint8_t { bgpd, ospfd, ospf6d };
std::string_view to_string(Daemon daemon);

/// A daemon's part for one VRF: an instance of its own, told over a connection of its own.
struct Instance {
  Daemon daemon;
  std::string vrf;  ///< empty: the default one
  // NOLINTNEXTLINE(google-explicit-constructor): most are in the default VRF
  Instance(Daemon which, std::string in_vrf = {}) : daemon(which), vrf(std::move(in_vrf)) {}
  friend auto operator<=>(const Instance&, const Instance&) = default;
};
/// "bgpd", "bgpd in VRF blue".
std::string to_string(const Instance& instance);
/// Whether it is the one that is to carry this VIP.
bool carries(const Instance& instance, const IpAddress& vip, const model::Vrfs& vrfs);

/// What is wanted of all daemons.
struct DesiredRoutes {
  model::Vrfs vrfs;  ///< of the VIPs named in this session
  /// A VIP with its route, or one that is to go. Others are left as they are unless `complete`.
  std::map<IpAddress, std::optional<model::RouteAttributes>> vips;
  bool complete = false;  ///< what is not in `vips` is to go, too
};

/// One answer of a batch.
struct Answer {
  std::uint8_t status = 0;
  std::string text;
};

namespace input {
struct Start {};
/// The stream asked for by effect::Open is connected.
struct Opened {};
struct Failed {
  std::string reason;
};
/// All answers to the batch sent last.
struct Answered {
  std::vector<Answer> answers;
};
/// The deadline armed last has passed.
struct DeadlinePassed {};
/// The desired for these VIPs have changed.
struct Changed {
  std::set<IpAddress> vips;
};
/// What is desired of any VIP may have changed.
struct ChangedAll {};
/// To be given every kAudit: others may have changed what the daemon holds.
struct Audit {};
/// Answered by a Found, if the daemon is ready and carries the VIP.
struct Inspect {
  IpAddress vip;
};
struct Close {};
}  // namespace input
using Input =
    std::variant<input::Start, input::Opened, input::Failed, input::Answered, input::DeadlinePassed,
                 input::Changed, input::ChangedAll, input::Audit, input::Inspect, input::Close>;

namespace effect {
struct Open {};
/// In one write; that many answers are awaited.
struct Send {
  std::vector<std::string> commands;
};
struct Hangup {};
/// Replaces the deadline armed before. With `silence` it counts from the last answer.
struct ArmDeadline {
  Duration after{};
  bool silence = false;
};
struct Disarm {};
/// The daemon can be told.
struct Ready {
  std::string description;   ///< "bgpd of FRR 8.4.4"
  bool holds_lines = false;  ///< something of ours was there already, in whatever VRF
};
/// It cannot be told, or not any more; another attempt follows by itself.
struct Down {
  std::string reason;
  bool was_ready = false;
};
/// What the daemon holds of a VIP.
struct Found {
  IpAddress vip;
  wire::vty::Holding holding;
};
/// All that is wanted has been written, and nothing waits.
struct Settled {};
}  // namespace effect
using Effect =
    std::variant<effect::Open, effect::Send, effect::Hangup, effect::ArmDeadline, effect::Disarm,
                 effect::Ready, effect::Down, effect::Found, effect::Settled>;
/// To be performed in this order.
using Effects = std::vector<Effect>;

/// A daemon that says nothing for this long is hung, or as good as that.
inline constexpr Duration kSilence = std::chrono::seconds(5);
/// How often the running configuration is compared with what is wanted, unasked.
inline constexpr Duration kAudit = std::chrono::seconds(5);
/// A daemon is busy with a batch for milliseconds, and with its own work in between.
inline constexpr std::size_t kBatch = 128;
/// ospfd and ospf6d need up to 25 ms for one entry of a prefix-list of 1,000.
inline constexpr std::size_t kListBatch = 32;
/// ospf6d 8.4 builds the LSA of an interface's prefixes in 4 KiB, which is 197 of them, and drops
/// most of what is beyond.
inline constexpr std::size_t kMostAdvertised = 190;
/// What was written is looked at after this (bgpd collects changes for 50 ms), then after four
/// times as long, and a last time after four times that. After that the core asks.
inline constexpr Duration kLook = std::chrono::milliseconds(60);
inline constexpr std::uint32_t kLooks = 3;

/// A command and whom it is for.
struct Command {
  enum class Kind : std::uint8_t {
    frame,  ///< leads to the instance of the next ones, or out of it
    add,    ///< a network statement or an entry
    remove,
    prepare  ///< a line of a route-map
  };
  Kind kind = Kind::frame;
  std::string text;
  IpAddress vip{};     ///< of a network statement
  std::string name{};  ///< of the route-map
  friend bool operator==(const Command&, const Command&) = default;
};

struct State {
  enum class Step : std::uint8_t {
    idle,
    waiting,
    connecting,
    opening,
    ready,
    preparing,
    writing,
    reading,
    asking,
    closed
  };

  State(Instance where, std::uint32_t seed)
      : instance(std::move(where)), daemon(instance.daemon), random(seed) {}

  Instance instance;
  Daemon daemon;
  std::uint32_t random;  ///< for the spread of the backoffs
  Step step = Step::idle;
  std::uint32_t attempts = 0;  ///< failed in a row
  wire::vty::BgpConfig bgp;    ///< what bgpd holds of ours
  wire::vty::OspfConfig ospf;  ///< what ospfd or ospf6d held of ours when last read
  std::size_t removed = 0;     ///< statements and entries, since the start
  /// VRFs for which the daemon's configuration had lines of ours when last read; outlives
  /// connections.
  std::set<std::string> vrfs_seen;
  std::set<IpAddress> dirty;  ///< the desired state may differ from what the daemon holds
  bool all_dirty = false;     ///< ... for any VIP
  bool untidy = false;        ///< bgpd may have route-maps of ours that nothing uses any more
  bool audit = false;         ///< the running configuration is to be read and compared
  bool comparing = false;     ///< ... and is being read for that
  /// Route-maps written but not read back yet, and what they should be.
  std::map<std::string, wire::vty::RouteMapEntries> written_maps;
  /// Route-maps that were written and whose network statements have to be given again: bgpd applies
  /// a changed map by itself only after its delay timer, 5 s by default.
  std::set<std::string> rewritten;
  /// bgpd has made nothing of the statements of these; if they stand in its configuration all the
  /// same, they are taken out and given again: it may have missed that zebra has the route.
  std::set<IpAddress> without_effect;
  std::set<IpAddress> given_again;  ///< ... of which this is about to be done
  /// How this daemon writes a map that was just given to it, where it writes it differently.
  std::map<std::string, wire::vty::RouteMapEntries> spelled;
  std::map<std::string, std::string> refused_maps;  ///< name -> what bgpd said
  std::map<IpAddress, std::string> refused;         ///< VIP -> what the daemon said
  std::vector<Command> script;                      ///< the batch under way
  std::vector<Command> last_lists;                  ///< the change of lists before this one
  std::set<IpAddress> working;                      ///< VIPs the batch is for
  std::map<IpAddress, std::uint32_t> unproven;      ///< written, with the looks taken so far
  bool look_now = false;
  std::set<IpAddress> questions;                     ///< the core's
  std::map<std::string, std::set<IpAddress>> asked;  ///< question -> VIPs it is about

  /// The daemon was reached and is being told.
  bool is_ready() const {
    return step == Step::ready || step == Step::preparing || step == Step::writing ||
           step == Step::reading || step == Step::asking;
  }
};

Effects resume(State& state, const Input& input, const DesiredRoutes& desired);

}  // namespace vipherd::frr::vty
