// Reading all there is: links, which say what VRFs there are, then each part of the table.
#include <cerrno>
#include <utility>

#include "kernel/vips/machine.hpp"
#include "vipherd/base/describe_errno.hpp"

namespace vipherd::kernel {
namespace {

namespace rtnetlink = wire::rtnetlink;

constexpr std::string_view kLink = "link";

/// A route or an address that is there.
bool is_present(const rtnetlink::Body& body) {
  if (const auto* route = std::get_if<rtnetlink::RouteMessage>(&body)) return !route->removed;
  if (const auto* address = std::get_if<rtnetlink::AddressMessage>(&body)) return !address->removed;
  return false;
}

}  // namespace

void Machine::request_dump() {
  table_->forget();
  table_->vrfs().forget();
  dump_->changes.clear();
  step_ = Step::dumping;
  request(kLink, rtnetlink::encode_vrf_dump_request(++sequence_));
}

void Machine::request_next_part() {
  const VipTable::Part part = dump_->parts.front();
  dump_->parts.pop_front();
  request(table_->object_name(), table_->encode_dump_request(part, ++sequence_));
}

void Machine::request(std::string_view object, rtnetlink::Bytes bytes) {
  dump_->object = object;
  dump_->sequence = sequence_;
  effects_.emplace_back(effect::Send{std::move(bytes)});
}

void Machine::on_dump_message(const rtnetlink::Message& message) {
  // Other links come and go without harm: with VIPs in none of them nothing is missed.
  if (message.dump_interrupted && (dump_->object != kLink || table_->vrfs().is_any_used())) {
    need_resync("the " + std::string(dump_->object) + "s changed while they were read");
  }
  if (const auto* link = std::get_if<rtnetlink::LinkMessage>(&message.body)) {
    table_->vrfs().apply(*link);
  } else if (is_present(message.body)) {
    table_->apply(message.body);
  } else if (const auto* done = std::get_if<rtnetlink::Done>(&message.body)) {
    on_part_ended(done->error);
  } else if (const auto* ack = std::get_if<rtnetlink::Ack>(&message.body)) {
    on_part_ended(ack->error);
  }
}

void Machine::on_part_ended(int error) {
  // A namespace in which no address was ever set has no table local.
  if (error != 0 && error != ENOENT) {
    need_resync("cannot read the " + std::string(dump_->object) + "s: " + describe_errno(error));
    return repeat_dump();
  }
  if (dump_->object == kLink) {
    const auto parts = table_->parts();
    dump_->parts.assign(parts.begin(), parts.end());
  }
  dump_->parts.empty() ? drain(AfterDrain::snapshot) : request_next_part();
}

void Machine::end_dump() {
  for (const rtnetlink::Body& body : dump_->changes) {
    if (const std::string reason = table_->resync_reason(body); !reason.empty()) {
      need_resync(reason);
    }
    table_->apply(body);
  }
  if (!dump_->inconsistent.empty()) return repeat_dump();
  dump_.reset();
  // What was sent before the dump has been answered: only what is queued is still on its way.
  released_.clear();
  for (const Job& job : jobs_) {
    const auto* queued = std::get_if<Request>(&job);
    if (queued != nullptr && queued->verb == Verb::detach) released_.insert(queued->vip);
  }
  events_.emplace_back(model::event::KernelSnapshot{table_->snapshot()});
  next();
}

void Machine::repeat_dump() {
  if (++dump_->attempt <= kEagerDumps) return drain(AfterDrain::dump);
  if (!std::exchange(stale_reported_, true)) {
    events_.emplace_back(model::event::KernelStale{dump_->inconsistent});
  }
  dump_->sequence = ++sequence_;  // late messages of this attempt are not taken for the next
  step_ = Step::delayed;
  effects_.emplace_back(effect::ArmDelay{kDumpDelay});
}

void Machine::on(input::DelayPassed& /*passed*/) {
  if (step_ == Step::delayed) drain(AfterDrain::dump);
}

}  // namespace vipherd::kernel
