#include "vipherd/frr/announcer.hpp"

#include <utility>

#include "frr/connected/announcer.hpp"
#include "frr/vty/announcer.hpp"
#include "frr/zapi/announcer.hpp"

namespace vipherd::frr {

std::unique_ptr<Announcer> make_announcer(boost::asio::io_context& io,
                                          const model::FrrConfig& config, bool resuming,
                                          model::EventSink sink) {
  switch (config.announcer) {
    case model::Announcer::vty:
      return std::make_unique<vty::VtyAnnouncer>(io, config, std::move(sink));
    case model::Announcer::zapi:
      return std::make_unique<zapi::ZapiAnnouncer>(io, config, resuming, std::move(sink));
    case model::Announcer::connected:
      return std::make_unique<connected::ConnectedAnnouncer>(io, config, std::move(sink));
  }
  return nullptr;
}

}  // namespace vipherd::frr
