#include "agent/metrics_page.hpp"

#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "agent/process_usage.hpp"
#include "vipherd/metrics/page.hpp"
#include "vipherd/wire/json/status.hpp"

namespace vipherd::agent {

MetricsPage::MetricsPage(boost::asio::io_context& io)
    : worker_([&io](std::function<void()> told) { boost::asio::post(io, std::move(told)); }) {}

void MetricsPage::answer(const std::function<model::Status()>& status, api::Reply reply) {
  const TimePoint begin = std::chrono::steady_clock::now();
  if (begin < latest_until_) return reply(latest_);
  waiting_.push_back(std::move(reply));
  if (waiting_.size() > 1) return;
  // For a thread that may outlive this.
  const auto shown = std::make_shared<const model::Status>(status());
  const auto counts = std::make_shared<const metrics::Counts>(counts_);
  const TimePoint end = std::chrono::steady_clock::now();
  const auto text = std::make_shared<std::string>();
  const bool begun = worker_.run(
      [counts, shown, text] { *text = metrics::make_page(*counts, *shown, read_process_usage()); },
      [this, text, until = end + 10 * (end - begin)] {
        latest_ = {200, metrics::kContentType, std::move(*text)};
        latest_until_ = until;
        tell(latest_);
      });
  if (!begun) tell({503, "application/json", wire::encode_error("there can be no thread")});
}

void MetricsPage::tell(const api::Response& response) {
  if (closed_) return;
  for (const api::Reply& reply : std::exchange(waiting_, {})) reply(response);
}

void MetricsPage::close() {
  closed_ = true;
  waiting_.clear();
}

}  // namespace vipherd::agent
