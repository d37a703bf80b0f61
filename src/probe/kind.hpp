// What a kind of check is: its settings, and how one probe of it runs. A new kind is a file
// that defines a `Kind`, and a line in kinds.cpp. A kind keeps no deadline and no count of
// its probes: the Prober does, for all kinds alike.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "vipherd/model/event.hpp"
#include "vipherd/model/settings.hpp"
#include "vipherd/model/vip_owners.hpp"
#include "vipherd/probe/outcome.hpp"

namespace vipherd::probe {

/// Called at most once, from the loop or from within Runner::start. The probe may be destroyed
/// inside the call, and this function with it: move it out first, touch nothing afterwards.
using Finish = std::function<void(Outcome)>;

/// One probe in flight. Destroying it abandons it: it does not finish any more.
class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  virtual ~Probe() = default;
  /// What has not come yet, for "no <connection> within 300 ms".
  virtual std::string awaited() const = 0;
  /// What it says of the service if that has not come by the deadline.
  virtual model::Failure silence() const { return model::Failure::failed; }
};

/// Who asks, and from where.
struct Asker {
  std::string service;
  std::string vrf;  ///< from which to connect, empty for the default one
  std::shared_ptr<const model::VipOwners> vips;

  /// Whether that address would be answered by whichever node has it at the moment. Only a kind
  /// that learns an address while it probes need ask: those of the settings are checked already.
  bool must_not_ask(const IpAddress& address) const {
    return vips && vips->may_be_elsewhere(address, service, vrf);
  }
};

/// Runs the probes of one kind, with whatever they share. Outlives its probes.
class Runner {
 public:
  Runner() = default;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  virtual ~Runner() = default;
  /// `prepared` is what this kind's prepare() has made. `asker` is of no meaning to kinds without a
  /// target. Never blocks.
  virtual std::unique_ptr<Probe> start(const model::Prepared& prepared, const Asker& asker,
                                       Finish finish) = 0;
};

/// A runner that is given the settings as what they are: `Own`, of which prepare() has made one.
template <class Own>
class RunnerOf : public Runner {
 public:
  std::unique_ptr<Probe> start(const model::Prepared& prepared, const Asker& asker,
                               Finish finish) final {
    return start_probe(prepared.as<Own>(), asker, std::move(finish));
  }

 private:
  virtual std::unique_ptr<Probe> start_probe(std::shared_ptr<const Own> settings,
                                             const Asker& asker, Finish finish) = 0;
};

template <class SomeRunner>
std::unique_ptr<Runner> make_runner(boost::asio::io_context& io) {
  return std::make_unique<SomeRunner>(io);
}

struct Kind {
  model::CheckSchema schema;
  std::unique_ptr<Runner> (*make)(boost::asio::io_context& io);  ///< make_runner of its runner
};

/// All kinds, in the order in which people should read of them.
std::span<const Kind> kinds();

}  // namespace vipherd::probe
