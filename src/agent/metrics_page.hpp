// /metrics. The text is made on a thread of its own: of 10,000 VIPs it takes longer than a probe
// may wait. The loop pays for the status and the copy of the counts that it is made of.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "vipherd/api/server.hpp"
#include "vipherd/base/duration.hpp"
#include "vipherd/files/worker.hpp"
#include "vipherd/metrics/counts.hpp"
#include "vipherd/model/status.hpp"

namespace vipherd::agent {

class MetricsPage {
 public:
  explicit MetricsPage(boost::asio::io_context& io);

  metrics::Counts& counts() { return counts_; }
  /// Several that ask while one text is made are all answered with it, and so are those that ask
  /// within ten times as long as its status took the loop: a client that asks however often takes a
  /// tenth of the loop.
  void answer(const std::function<model::Status()>& status, api::Reply reply);
  /// No client is answered any more.
  void close();

 private:
  void tell(const api::Response& response);

  api::Response latest_;
  TimePoint latest_until_{};

  metrics::Counts counts_;
  std::vector<api::Reply> waiting_;
  bool closed_ = false;
  files::Worker worker_;
};

}  // namespace vipherd::agent
