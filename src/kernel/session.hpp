// The conversation with the kernel behind an Attacher: one socket for requests, one for the
// monitor. One job at a time (a batch of changes, or a dump), in the order they were asked for.
// What is present is said by the dump and the monitor alone; acks only say what failed.
//
// A change that the monitor reports while a dump is under way is part of the snapshot: the
// monitor is read empty before the snapshot is given, so that a snapshot is true at its moment.
//
// Leases are renewed for what the table knows as ours, except where a detach is on its way.
// Whatever else is asked for goes first: the kernel takes the longer for a renewal the more
// addresses it has.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kernel/netlink_socket.hpp"
#include "kernel/vip_table.hpp"
#include "vipherd/kernel/attacher.hpp"

namespace vipherd::kernel {

class Session : public std::enable_shared_from_this<Session> {
 public:
  struct Options {
    /// Room for the changes of one turn of the loop, by far: about 1 KiB each.
    int monitor_buffer = 32 * 1024 * 1024;
  };

  Session(boost::asio::io_context& io, Means means, model::EventSink sink, Options options);

  Result<void> start();
  void read(Attacher::Interest interest);
  void attach(const IpAddress& vip);
  void detach(const IpAddress& vip);
  void flush();
  std::optional<Duration> renewal_pace() const;
  void renew();
  /// No event is given any more.
  void close();

 private:
  enum class Verb : std::uint8_t { attach, detach, renew };
  struct Change {
    Verb verb;
    IpAddress vip;
  };
  struct Read {
    Attacher::Interest interest;
  };
  using Job = std::variant<Change, Read>;

  /// Changes sent and not answered yet; the first has the sequence number `first`. One that takes
  /// several requests is in here as often.
  struct Batch {
    std::uint32_t first = 0;
    std::vector<Change> changes;
    std::size_t answered = 0;
  };
  struct Dump {
    std::string_view
        noun;  ///< of what is being asked for: links first, which say what VRFs there are
    std::deque<VipTable::Part> parts{};  ///< to be asked for then
    std::uint32_t sequence = 0;
    std::string spoilt;  ///< why it has to be made again; empty: it is sound
    std::uint32_t attempt = 1;
    /// What the monitor said meanwhile. What is in a dump may be older than its removal.
    std::vector<wire::rtnetlink::Body> changes;
  };

  void wait_for_answers();
  void wait_for_changes();
  /// What each handler does last: gives the events to the sink.
  void deliver();
  void deliver_later();

  void start_jobs();
  void send_batch();
  /// The monitor has the last word on what may be asked for.
  void heed_monitor();
  /// Appends what the change takes to the batch; nothing if it must not be asked for any more.
  void append_requests(Batch& batch, wire::rtnetlink::Bytes& out, const Change& change);
  /// In a turn of the loop of its own.
  void renew_later();
  /// Fills the list of what is to be renewed, when no dump is under way.
  void list_renewals();
  /// At most kMostRenewals of them, when nothing else is to be done.
  void send_renewals();
  void send(Batch batch, const wire::rtnetlink::Bytes& datagram);
  /// "the address of 10.10.10.10"
  std::string described(const IpAddress& vip) const;
  void fail_change(const Change& change, const std::string& reason);

  void start_dump(Read read);
  /// Asks for the table from its beginning.
  void request_dump();
  void request(std::string_view noun, const wire::rtnetlink::Bytes& bytes);
  void request_next_part();
  void end_dump();
  void repeat_dump();

  /// Reads at most `most` datagrams; false if there may be more.
  bool take_answers(std::size_t most);
  void take_answer(const wire::rtnetlink::Message& message);
  void take_dump_message(const wire::rtnetlink::Message& message);
  void take_ack(const Change& change, const wire::rtnetlink::Ack& ack);

  bool take_changes(std::size_t most);
  void take_change(const wire::rtnetlink::Message& message);
  void take_link(const wire::rtnetlink::LinkMessage& link);
  void take_body(const wire::rtnetlink::Body& body);

  /// What is known may be wrong: makes the dump under way again, or asks to be read again.
  void doubt(const std::string& reason);

  boost::asio::io_context& io_;
  Means means_;
  model::EventSink sink_;
  Options options_;
  bool closed_ = false;

  std::uint32_t loopback_ = 0;
  bool loopback_up_ = false;
  std::optional<NetlinkSocket> requests_;
  std::optional<NetlinkSocket> monitor_;
  boost::asio::posix::stream_descriptor requests_ready_;
  boost::asio::posix::stream_descriptor monitor_ready_;
  boost::asio::steady_timer dump_delay_;
  std::vector<std::uint8_t> buffer_;

  std::deque<Job> jobs_;
  std::optional<Batch> batch_;
  std::optional<Dump> dump_;
  std::uint32_t sequence_ = 0;
  std::unique_ptr<VipTable> table_;
  std::set<IpAddress> released_;  ///< a detach is on its way: not to be renewed
  std::optional<TimePoint> renewed_at_;
  bool renewal_due_ = false;
  bool renewal_posted_ = false;
  std::deque<IpAddress> renewals_;
  bool stale_reported_ = false;

  std::vector<model::Event> events_;  ///< for the sink, when the handler is done
};

}  // namespace vipherd::kernel
