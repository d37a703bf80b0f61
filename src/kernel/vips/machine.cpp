#include "kernel/vips/machine.hpp"

#include <cerrno>
#include <utility>

#include "vipherd/base/describe_errno.hpp"

namespace vipherd::kernel {

using namespace model;
namespace rtnetlink = wire::rtnetlink;

Machine::Machine(const Method& method, std::uint32_t loopback, bool loopback_up)
    : loopback_(loopback), loopback_up_(loopback_up), table_(make_table(method, loopback)) {}

Effects Machine::resume(Input input) {
  std::visit([this](auto& value) { on(value); }, input);
  return std::exchange(effects_, {});
}

std::vector<Event> Machine::take_events() {
  if (step_ == Step::changing) return {};
  return std::exchange(events_, {});
}

// ------------------------------------------------------------------ what is asked of it

void Machine::on(input::Read& read) {
  stale_reported_ = false;
  for (Job& job : jobs_) {
    if (auto* queued = std::get_if<input::Read>(&job)) {
      *queued = std::move(read);
      return;
    }
  }
  jobs_.emplace_back(std::move(read));
  next();
}

void Machine::on(input::Attach& attach) {
  released_.erase(attach.vip);
  jobs_.emplace_back(Request{Verb::attach, attach.vip});
}

void Machine::on(input::Detach& detach) {
  released_.insert(detach.vip);
  jobs_.emplace_back(Request{Verb::detach, detach.vip});
}

void Machine::on(input::Flush& /*flush*/) { next(); }

// ------------------------------------------------------------------ jobs

void Machine::next() {
  if (step_ != Step::idle) return;
  if (!jobs_.empty()) {
    auto* read = std::get_if<input::Read>(&jobs_.front());
    if (read == nullptr) return go_on(AfterDrain::changes);
    table_->set_interest(std::move(read->interest));
    jobs_.pop_front();
    dump_ = Dump{};
    return drain(AfterDrain::dump);
  }
  const bool to_renew = renewal_due_ || !renewals_.empty();
  if (to_renew && !std::exchange(turn_asked_, true)) effects_.emplace_back(effect::NextTurn{});
}

void Machine::drain(AfterDrain then) {
  step_ = Step::draining;
  after_drain_ = then;
  effects_.emplace_back(effect::DrainMonitor{});
}

/// Where a removal is blind, the monitor has the last word on what may be asked for.
void Machine::go_on(AfterDrain then) {
  if (table_->detach_is_blind()) return drain(then);
  then == AfterDrain::changes ? send_changes() : send_renewals();
}

void Machine::on(input::Drained& drained) {
  if (step_ != Step::draining) return;
  step_ = Step::idle;
  constexpr auto kTooMany = "changes come faster than they can be read";
  if (!drained.complete) need_resync(kTooMany);
  switch (std::exchange(after_drain_, AfterDrain::nothing)) {
    case AfterDrain::nothing:
      return;
    case AfterDrain::changes:
      return send_changes();
    case AfterDrain::renewals:
      return send_renewals();
    case AfterDrain::dump:
      // What the monitor held is older than the dump, and may have had gaps after an overrun.
      dump_->inconsistent = drained.complete ? "" : kTooMany;
      return request_dump();
    case AfterDrain::snapshot:
      return end_dump();
  }
}

// ------------------------------------------------------------------ changes

void Machine::send_changes() {
  Batch batch;
  batch.first = sequence_ + 1;
  rtnetlink::Bytes datagram;
  while (!jobs_.empty() && batch.requests.size() < kMostInBatch) {
    const auto* request = std::get_if<Request>(&jobs_.front());
    if (request == nullptr) break;
    append(batch, datagram, *request);
    jobs_.pop_front();
  }
  send(std::move(batch), std::move(datagram));
}

void Machine::send(Batch batch, rtnetlink::Bytes datagram) {
  if (batch.requests.empty()) return next();
  batch_ = std::move(batch);
  step_ = Step::changing;
  effects_.emplace_back(effect::Send{std::move(datagram)});
}

void Machine::append(Batch& batch, rtnetlink::Bytes& out, const Request& request) {
  const IpAddress& vip = request.vip;
  const bool ours = table_->state_of(vip) == KernelRoute::ours;
  const std::uint32_t first = sequence_ + 1;
  Result<std::size_t> count = 0;
  switch (request.verb) {
    case Verb::attach:
      count = table_->append_attach(out, vip, first);
      if (!count) return fail_request(request, count.error().what);
      if (*count == 0) need_resync(vip.to_string() + " was local already");
      break;
    case Verb::detach:
      if (table_->detach_is_blind() && !ours) {
        return need_resync(described(vip) + " was gone already");
      }
      count = table_->append_detach(out, vip, first);
      if (*count == 0) need_resync(described(vip) + " was gone already");
      break;
    case Verb::renew:
      if (!ours || released_.contains(vip)) return;
      count = table_->append_renewal(out, vip, first);
      break;
  }
  sequence_ += static_cast<std::uint32_t>(*count);
  batch.requests.insert(batch.requests.end(), *count, request);
}

void Machine::on(input::SendFailed& failed) {
  if (step_ == Step::dumping) {
    need_resync("cannot read the " + std::string(dump_->object) + "s: " + failed.reason);
    return repeat_dump();
  }
  if (step_ != Step::changing) return;
  step_ = Step::idle;
  const Batch batch = *std::exchange(batch_, std::nullopt);
  for (const Request& request : batch.requests) fail_request(request, failed.reason);
  next();
}

void Machine::on(input::Answer& answer) {
  const rtnetlink::Message& message = answer.message;
  if (dump_) {
    if (message.sequence == dump_->sequence) on_dump_message(message);
    return;
  }
  const auto* ack = std::get_if<rtnetlink::Ack>(&message.body);
  if (!batch_ || ack == nullptr) return;
  // Unsigned: a sequence number before the first is a very large offset.
  const std::uint32_t offset = message.sequence - batch_->first;
  if (offset >= batch_->requests.size()) return;
  on_ack(batch_->requests[offset], *ack);
  if (++batch_->answered < batch_->requests.size()) return;
  batch_.reset();
  step_ = Step::idle;
  next();
  // What the kernel did is told in the same turn as that it did it.
  if (step_ == Step::idle) drain(AfterDrain::nothing);
}

/// Nothing says what was in there: the changes under way count as answered.
void Machine::on(input::AnswersLost& lost) {
  need_resync(lost.reason);
  if (step_ == Step::dumping) return repeat_dump();
  if (step_ != Step::changing) return;
  batch_.reset();
  step_ = Step::idle;
  next();
}

void Machine::on_ack(const Request& request, const rtnetlink::Ack& ack) {
  if (ack.error == 0) return;
  if (request.verb == Verb::attach && ack.error == EEXIST) {
    return need_resync(request.vip.to_string() + " was local already");
  }
  if (request.verb != Verb::renew && ack.error == table_->gone_error()) {
    return need_resync(described(request.vip) + " was gone already");
  }
  std::string reason = describe_errno(ack.error);
  if (!ack.text.empty()) reason += " (" + ack.text + ")";
  fail_request(request, reason);
}

void Machine::fail_request(const Request& request, const std::string& reason) {
  switch (request.verb) {
    case Verb::attach:
      events_.emplace_back(event::AttachFailed{request.vip, reason});
      return;
    case Verb::detach:
      released_.erase(request.vip);
      events_.emplace_back(event::DetachFailed{request.vip, reason});
      return;
    case Verb::renew:
      return need_resync("cannot renew " + described(request.vip) + ": " + reason);
  }
}

std::string Machine::described(const IpAddress& vip) const {
  return "the " + std::string(table_->object_name()) + " of " + vip.to_string();
}

}  // namespace vipherd::kernel
