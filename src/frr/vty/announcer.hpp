// Announces VIPs by network statements in bgpd and prefix-lists in ospfd and ospf6d, over the VTY
// sockets of these daemons. What is written is in FRR's running configuration: it outlives the
// agent, is found again by its names, and nothing else is ever removed.
//
// One session stands for all daemons of frr.protocols: it begins when the first of them can be told
// and ends when none can. In between one that was lost and returns is told again by itself, so that
// the death of ospfd takes nothing from what bgpd announces. A VIP counts as installed when every
// daemon that carries its family holds it, and as removed when every one that can be asked holds it
// no more.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "vipherd/frr/announcer.hpp"
#include "vipherd/model/config.hpp"

namespace vipherd::frr::vty {

class VtyAnnouncer final : public Announcer {
 public:
  VtyAnnouncer(boost::asio::io_context& io, const model::FrrConfig& config, model::EventSink sink);
  /// Closes the connections and leaves what is announced; no event follows.
  ~VtyAnnouncer() override;
  VtyAnnouncer(const VtyAnnouncer&) = delete;
  VtyAnnouncer& operator=(const VtyAnnouncer&) = delete;

  void start() override;
  void use_vrfs(const std::set<std::string>& vrfs) override;
  void announce(const IpAddress& vip, const std::string& vrf,
                const model::RouteAttributes& route) override;
  void withdraw(const IpAddress& vip, const std::string& vrf) override;
  void flush() override;
  /// Answered within 5 s: by then a daemon that is silent has been given up.
  void inspect(const IpAddress& vip, const std::string& vrf) override;
  void complete() override;
  /// Without `keep` everything of ours is removed first, within a second.
  void close(bool keep) override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace vipherd::frr::vty
