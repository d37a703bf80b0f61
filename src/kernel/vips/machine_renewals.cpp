// Leases of addresses are begun anew, in parts, when nothing else is to be done.
#include <utility>

#include "kernel/vips/machine.hpp"

namespace vipherd::kernel {

std::optional<Duration> Machine::renewal_pace() const {
  if (!table_->lease()) return std::nullopt;
  return *table_->lease() / kPacesInLease;
}

void Machine::on(input::Renew& renew) {
  const auto pace = renewal_pace();
  if (!pace || (renewed_at_ && renew.now < *renewed_at_ + *pace)) return;
  if (renewal_due_ || !renewals_.empty()) return;
  renewed_at_ = renew.now;
  renewal_due_ = true;
  next();
}

void Machine::on(input::TurnCame& /*turn*/) {
  turn_asked_ = false;
  // Otherwise next() asks for another turn when what is under way is done.
  if (step_ != Step::idle || !jobs_.empty()) return;
  if (std::exchange(renewal_due_, false)) list_renewals();
  if (!renewals_.empty()) go_on(AfterDrain::renewals);
}

void Machine::list_renewals() {
  for (const model::KernelVip& entry : table_->snapshot()) {
    if (entry.route == model::KernelRoute::ours) renewals_.push_back(entry.vip);
  }
}

void Machine::send_renewals() {
  Batch batch;
  batch.first = sequence_ + 1;
  wire::rtnetlink::Bytes datagram;
  while (!renewals_.empty() && batch.requests.size() < kMostRenewals) {
    const Request request{Verb::renew, renewals_.front()};
    renewals_.pop_front();
    append(batch, datagram, request);
  }
  send(std::move(batch), std::move(datagram));
}

}  // namespace vipherd::kernel
