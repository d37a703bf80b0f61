// The conversation with the kernel behind an Attacher, as a pure machine: resume(input) -> effects.
// Decides what is sent when, what the answers mean and what has to be read again; owns no socket,
// reads no clock.
//
// One job at a time (a batch of changes, or a dump), in the order they were asked for:
//
//   idle -> draining -> changing | dumping -> ... -> idle
//                          dumping -> delayed -> draining, when dumps went wrong several times
//
// What is present is said by the dump and the monitor alone; acks only say what failed. The monitor
// is drained before a removal that could hit what another program has put in the place of ours.
//
// A change that the monitor reports while a dump is under way is part of the snapshot: the monitor
// is drained before the snapshot is given, so that a snapshot is true at its moment.
//
// Leases are renewed for what the table knows as ours, except where a detach is on its way. All
// that is asked for goes first: the kernel takes the longer for a renewal the more addresses it
// has.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernel/vips/vip_table.hpp"
#include "vipherd/kernel/attacher.hpp"

namespace vipherd::kernel {

namespace input {
struct Read {
  Attacher::Interest interest;
};
struct Attach {
  IpAddress vip;
};
struct Detach {
  IpAddress vip;
};
/// All that was asked for since the last one is to be sent.
struct Flush {};
/// Work was done: leases may be renewed, if it is time.
struct Renew {
  TimePoint now;
};
/// The turn of the loop asked for by effect::NextTurn has come.
struct TurnCame {};
/// A message on the socket of requests.
struct Answer {
  wire::rtnetlink::Message message;
};
struct AnswersLost {
  std::string reason;
};
/// A message of the monitor.
struct Change {
  wire::rtnetlink::Message message;
};
struct ChangesLost {
  std::string reason;
};
/// The end of effect::DrainMonitor; not `complete`: there may be more.
struct Drained {
  bool complete = true;
};
struct SendFailed {
  std::string reason;
};
struct DelayPassed {};
}  // namespace input
using Input =
    std::variant<input::Read, input::Attach, input::Detach, input::Flush, input::Renew,
                 input::TurnCame, input::Answer, input::AnswersLost, input::Change,
                 input::ChangesLost, input::Drained, input::SendFailed, input::DelayPassed>;

namespace effect {
/// In one write, on the socket of requests.
struct Send {
  wire::rtnetlink::Bytes datagram;
};
/// Read all that the monitor has; a Change for each message, then Drained, before anything else.
struct DrainMonitor {};
struct ArmDelay {
  Duration after{};
};
struct NextTurn {};
}  // namespace effect
using Effect = std::variant<effect::Send, effect::DrainMonitor, effect::ArmDelay, effect::NextTurn>;
/// To be performed in this order.
using Effects = std::vector<Effect>;

/// Changes in one write: their acks fit the receive buffer many times over.
inline constexpr std::size_t kMostInBatch = 512;
/// The same for renewals, of which one part is sent in a turn of the loop: the kernel works on them
/// while we write, with 2,000 addresses for 80 us each.
inline constexpr std::size_t kMostRenewals = 32;
/// A lease is renewed after one to two paces, so that it survives as long a delay.
inline constexpr int kPacesInLease = 4;
/// Dumps made again at once; later ones wait.
inline constexpr std::uint32_t kEagerDumps = 5;
inline constexpr auto kDumpDelay = std::chrono::milliseconds(100);

class Machine {
 public:
  /// `loopback` is the index of lo, `loopback_up` whether it is up.
  Machine(const Method& method, std::uint32_t loopback, bool loopback_up);

  Effects resume(Input input);

  /// What has become of it, for the sink, to be taken after resume(). What comes of the changes of
  /// one batch is given together, so that all that follows from it (a start's announcements) can
  /// go out together; until then there is nothing. The kernel answers at once: this is short.
  std::vector<model::Event> take_events();
  bool has_events() const { return step_ != Step::changing && !events_.empty(); }

  /// How often a Renew has to come at least; nullopt: there is nothing to renew.
  std::optional<Duration> renewal_pace() const;
  const VipTable& table() const { return *table_; }

 private:
  enum class Step : std::uint8_t { idle, draining, changing, dumping, delayed };
  enum class AfterDrain : std::uint8_t { nothing, changes, renewals, dump, snapshot };
  enum class Verb : std::uint8_t { attach, detach, renew };
  struct Request {
    Verb verb;
    IpAddress vip;
  };
  using Job = std::variant<Request, input::Read>;

  /// Changes sent and not answered yet; the first has the sequence number `first`. One that takes
  /// several messages is in here as often.
  struct Batch {
    std::uint32_t first = 0;
    std::vector<Request> requests;
    std::size_t answered = 0;
  };
  struct Dump {
    std::string_view
        object;  ///< what is being asked for: links first, which say what VRFs there are
    std::deque<VipTable::Part> parts{};  ///< to be asked for then
    std::uint32_t sequence = 0;
    std::string inconsistent;  ///< why it has to be made again; empty: it is sound
    std::uint32_t attempt = 1;
    /// What the monitor said meanwhile. What is in a dump may be older than its removal.
    std::vector<wire::rtnetlink::Body> changes;
  };

  void on(input::Read& read);
  void on(input::Attach& attach);
  void on(input::Detach& detach);
  void on(input::Flush& flush);
  void on(input::Renew& renew);
  void on(input::TurnCame& turn);
  void on(input::Answer& answer);
  void on(input::AnswersLost& lost);
  void on(input::Change& change);
  void on(input::ChangesLost& lost);
  void on(input::Drained& drained);
  void on(input::SendFailed& failed);
  void on(input::DelayPassed& passed);

  /// Begins the next job if none is under way.
  void next();
  void drain(AfterDrain then);
  void go_on(AfterDrain then);

  void send_changes();
  void send_renewals();
  /// Goes on at once if there is nothing to be sent.
  void send(Batch batch, wire::rtnetlink::Bytes datagram);
  /// Appends what the change takes to the batch; nothing if it must not be asked for any more.
  void append(Batch& batch, wire::rtnetlink::Bytes& out, const Request& request);
  void on_ack(const Request& request, const wire::rtnetlink::Ack& ack);
  void fail_request(const Request& request, const std::string& reason);
  /// "the address of 10.10.10.10"
  std::string described(const IpAddress& vip) const;

  /// Fills the list of what is to be renewed.
  void list_renewals();

  /// Asks for the table from its beginning.
  void request_dump();
  void request(std::string_view object, wire::rtnetlink::Bytes bytes);
  void request_next_part();
  void on_dump_message(const wire::rtnetlink::Message& message);
  void on_part_ended(int error);
  void end_dump();
  void repeat_dump();

  void on_link(const wire::rtnetlink::LinkMessage& link);
  void on_body(const wire::rtnetlink::Body& body);
  /// What is known may be wrong: makes the dump under way again, or asks to be read again.
  void need_resync(const std::string& reason);

  std::uint32_t loopback_;
  bool loopback_up_;
  std::unique_ptr<VipTable> table_;
  Step step_ = Step::idle;
  AfterDrain after_drain_ = AfterDrain::nothing;
  std::deque<Job> jobs_;
  std::optional<Batch> batch_;
  std::optional<Dump> dump_;
  std::uint32_t sequence_ = 0;
  std::set<IpAddress> released_;  ///< a detach is on its way: not to be renewed
  std::optional<TimePoint> renewed_at_;
  bool renewal_due_ = false;
  bool turn_asked_ = false;
  std::deque<IpAddress> renewals_;
  bool stale_reported_ = false;
  Effects effects_;
  std::vector<model::Event> events_;
};

}  // namespace vipherd::kernel
