#include "vipherd/frr/announcer.hpp"

#include <utility>

#include "vipherd/frr/connected_announcer.hpp"
#include "vipherd/frr/vty_announcer.hpp"
#include "vipherd/frr/zapi_announcer.hpp"

namespace vipherd::frr {

std::unique_ptr<Announcer> make_announcer(boost::asio::io_context& io,
                                          const model::FrrConfig& config, bool resuming,
                                          EventSink sink) {
  switch (config.announcer) {
    case model::Announcer::vty:
      return std::make_unique<VtyAnnouncer>(io, config, std::move(sink));
    case model::Announcer::zapi:
      return std::make_unique<ZapiAnnouncer>(io, config, resuming, std::move(sink));
    case model::Announcer::connected:
      return std::make_unique<ConnectedAnnouncer>(io, config, std::move(sink));
  }
  return nullptr;
}

}  // namespace vipherd::frr
