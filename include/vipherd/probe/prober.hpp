// Runs probes and reports how they ended. Owns the probes in flight, nothing else: when to
// probe and what a result means is decided by the core.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "vipherd/model/config.hpp"
#include "vipherd/model/event.hpp"
#include "vipherd/model/vip_owners.hpp"

namespace vipherd::probe {

struct Kind;

class Prober {
 public:
  /// `sink` receives ProbeFinished, never from within a method of Prober.
  Prober(boost::asio::io_context& io, model::EventSink sink);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// A kind besides those of kinds.cpp, of which there is none of that type. Outlives the prober.
  void add_kind(const Kind& kind);
  /// The VIPs of the node, which a probe must not ask unless they are here at all times. For probes
  /// that start from now on; none before the first call.
  void set_vips(model::VipOwners vips);
  /// Exactly one ProbeFinished follows, at the latest after config->timeout, unless it is
  /// cancelled. A probe of the same check still in flight is cancelled first.
  void start(const model::CheckId& check, std::uint64_t generation,
             std::shared_ptr<const model::CheckConfig> config);
  void cancel(const model::CheckId& check);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vipherd::probe
